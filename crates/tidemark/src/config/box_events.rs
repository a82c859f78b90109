//! `[box]`: what an operator may choose about the Box Content API.

use super::Count;
use anyhow::bail;
use clap::Args;
use serde::Deserialize;
use std::time::Duration;
use tidemark_api::box_events::Settings;

/// As flags and file say it.
#[derive(Clone, Copy, Args, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct BoxFlags {
    /// How long a quiet long poll is held, in seconds; some programs give up after a minute [default: 50]
    #[arg(long = "box-realtime-hold", value_name = "SECONDS", env = "TIDEMARK_BOX_REALTIME_HOLD")]
    realtime_hold: Option<u64>,
    /// How far back events are told, in days [default: 60]
    #[arg(long = "box-event-retention", value_name = "DAYS", env = "TIDEMARK_BOX_EVENT_RETENTION")]
    event_retention: Option<Count>,
}

/// The longest that a poll may be held, in seconds: what the old service did.
const HOLD_MAX: u64 = 600;

/// Flags first, then the file, then the defaults.
pub(crate) fn resolve(flags: BoxFlags, file: BoxFlags) -> anyhow::Result<Settings> {
    const DAY: Duration = Duration::from_secs(24 * 60 * 60);
    let default = Settings::default();
    let hold = flags.realtime_hold.or(file.realtime_hold);
    if let Some(said) = hold.filter(|said| !(1..=HOLD_MAX).contains(said)) {
        bail!("--box-realtime-hold takes 1 to {HOLD_MAX} seconds, and not {said}");
    }
    let days = flags.event_retention.or(file.event_retention);
    Ok(Settings {
        realtime_hold: hold.map_or(default.realtime_hold, Duration::from_secs),
        event_retention: days.map_or(default.event_retention, |days| DAY * days.0.get()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_come_before_the_file_and_the_file_before_the_defaults() {
        let file: BoxFlags = toml::from_str("realtime-hold = 20\nevent-retention = 7").unwrap();
        let seconds = |flags: BoxFlags, file: BoxFlags| {
            let settings = resolve(flags, file).unwrap();
            (settings.realtime_hold.as_secs(), settings.event_retention.as_secs() / 86_400)
        };
        assert_eq!(seconds(BoxFlags { realtime_hold: Some(5), ..BoxFlags::default() }, file), (5, 7));
        assert_eq!(seconds(BoxFlags::default(), BoxFlags::default()), (50, 60));
        for said in [0, 601] {
            let flags = BoxFlags { realtime_hold: Some(said), ..BoxFlags::default() };
            assert!(resolve(flags, file).is_err(), "{said}");
        }
        assert!(toml::from_str::<BoxFlags>("event-retention = 0").is_err());
    }
}
