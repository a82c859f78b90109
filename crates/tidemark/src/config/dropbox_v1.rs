//! `[dropbox-v1]`: what an operator may choose about the Dropbox Core API v1.

use super::Count;
use anyhow::bail;
use clap::Args;
use serde::Deserialize;
use std::time::Duration;
use tidemark_api::dropbox_v1::{POLL_TIMEOUT_MAX, Settings};

/// As flags and file say it.
#[derive(Args, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct DropboxV1Flags {
    /// The country that accounts are told, two letters [default: ZZ, for unknown]
    #[arg(long = "v1-country", value_name = "CC", env = "TIDEMARK_V1_COUNTRY")]
    country: Option<String>,
    /// The shortest time that a long poll may ask to wait, in seconds [default: 30]
    #[arg(long = "v1-poll-timeout-min", value_name = "SECONDS", env = "TIDEMARK_V1_POLL_TIMEOUT_MIN")]
    poll_timeout_min: Option<u64>,
    /// How much longer a quiet long poll may wait than it asked to, at random, in seconds [default: 2]
    #[arg(long = "v1-poll-jitter-max", value_name = "SECONDS", env = "TIDEMARK_V1_POLL_JITTER_MAX")]
    poll_jitter_max: Option<u64>,
    /// How long a long poll is told to stay away when too many wait, in seconds [default: 60]
    #[arg(long = "v1-poll-backoff", value_name = "SECONDS", env = "TIDEMARK_V1_POLL_BACKOFF")]
    poll_backoff: Option<u64>,
    /// How many uploads one account may have under way at once, not counting small ones [default: 100]
    #[arg(
        long = "v1-uploads-per-account-max",
        value_name = "NUMBER",
        env = "TIDEMARK_V1_UPLOADS_PER_ACCOUNT_MAX"
    )]
    uploads_per_account_max: Option<Count>,
}

/// Flags first, then the file, then the defaults.
pub(crate) fn resolve(flags: DropboxV1Flags, file: DropboxV1Flags) -> anyhow::Result<Settings> {
    let default = Settings::default();
    let seconds = |said: Option<u64>, default: Duration| said.map_or(default, Duration::from_secs);
    let country = flags.country.or(file.country).unwrap_or(default.country);
    if country.len() != 2 || !country.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        bail!("--v1-country takes two letters, such as GB, and not '{country}'");
    }
    let poll_timeout_min =
        seconds(flags.poll_timeout_min.or(file.poll_timeout_min), default.poll_timeout_min);
    if !(Duration::from_secs(1)..=POLL_TIMEOUT_MAX).contains(&poll_timeout_min) {
        let (said, longest) = (poll_timeout_min.as_secs(), POLL_TIMEOUT_MAX.as_secs());
        bail!("--v1-poll-timeout-min takes 1 to {longest} seconds, and not {said}");
    }
    Ok(Settings {
        poll_timeout_min,
        poll_jitter_max: seconds(flags.poll_jitter_max.or(file.poll_jitter_max), default.poll_jitter_max),
        poll_backoff: seconds(flags.poll_backoff.or(file.poll_backoff), default.poll_backoff),
        uploads_per_account_max: flags
            .uploads_per_account_max
            .or(file.uploads_per_account_max)
            .map_or(default.uploads_per_account_max, Count::as_usize),
        country: country.to_ascii_uppercase(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_come_before_the_file_and_the_file_before_the_defaults() {
        let file: DropboxV1Flags = toml::from_str("country = 'de'\npoll-jitter-max = 0").unwrap();
        let flags = DropboxV1Flags { poll_jitter_max: Some(5), ..DropboxV1Flags::default() };
        let settings = resolve(flags, file).unwrap();
        assert_eq!((settings.country.as_str(), settings.poll_jitter_max.as_secs()), ("DE", 5));
        assert_eq!(settings.poll_timeout_min, Settings::default().poll_timeout_min);
        for country in ["", "D", "DEU", "1A", "é"] {
            let flags = DropboxV1Flags { country: Some(country.into()), ..DropboxV1Flags::default() };
            assert!(resolve(flags, DropboxV1Flags::default()).is_err(), "{country}");
        }
        for seconds in [0, 481] {
            let flags = DropboxV1Flags { poll_timeout_min: Some(seconds), ..DropboxV1Flags::default() };
            assert!(resolve(flags, DropboxV1Flags::default()).is_err(), "{seconds}");
        }
    }
}
