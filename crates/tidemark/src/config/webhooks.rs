//! `[webhooks]`: telling apps of changes.

use super::Count;
use clap::Args;
use serde::Deserialize;
use std::time::Duration;
use tidemark_core::webhooks::Rules;

/// As flags and file say it.
#[derive(Clone, Copy, Args, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct WebhookFlags {
    /// After how many days of nothing but failure a webhook is given up [default: 3]
    #[arg(long = "webhooks-disable-after", value_name = "DAYS", env = "TIDEMARK_WEBHOOKS_DISABLE_AFTER")]
    disable_after: Option<Count>,
}

impl WebhookFlags {
    /// Flags first, then the file, then the defaults.
    pub(crate) fn resolve(self, file: WebhookFlags) -> Rules {
        const DAY: Duration = Duration::from_secs(24 * 60 * 60);
        let default = Rules::default();
        let days = self.disable_after.or(file.disable_after);
        Rules { disable_after: days.map_or(default.disable_after, |days| DAY * days.0.get()), ..default }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_come_before_the_file_and_the_file_before_the_defaults() {
        let days = |flags: &str, file: &str| {
            let [flags, file] = [flags, file].map(|text| toml::from_str::<WebhookFlags>(text).unwrap());
            flags.resolve(file).disable_after.as_secs() / 86_400
        };
        assert_eq!(days("disable-after = 5", "disable-after = 7"), 5);
        assert_eq!(days("", "disable-after = 7"), 7);
        assert_eq!(days("", ""), 3);
        assert!(toml::from_str::<WebhookFlags>("disable-after = 0").is_err());
    }
}
