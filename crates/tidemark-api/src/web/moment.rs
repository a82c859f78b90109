//! Instants as people read them.

use super::page;
use std::time::Duration;
use tidemark_core::model::Timestamp;

/// An instant, for `<time datetime="{{ exact }}">{{ told }}</time>`.
pub(crate) struct Moment {
    /// To the second, for programs.
    pub(crate) exact: String,
    /// How long ago it was; the day, if that is long.
    pub(crate) told: String,
}

impl Moment {
    /// How an instant is told now.
    pub(crate) fn new(time: Timestamp, now: Timestamp) -> Moment {
        let exact = jiff::Timestamp::from_millisecond(time.0).unwrap_or_default();
        Moment { exact: exact.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(), told: ago(time, now) }
    }
}

fn ago(time: Timestamp, now: Timestamp) -> String {
    let minutes = now.since(time).as_secs() / 60;
    match (minutes, minutes / 60, minutes / (24 * 60)) {
        (0, ..) => "a moment ago".to_owned(),
        (1, ..) => "a minute ago".to_owned(),
        (minutes, 0, _) => format!("{minutes} minutes ago"),
        (_, 1, _) => "an hour ago".to_owned(),
        (_, hours, 0) => format!("{hours} hours ago"),
        (.., 1) => "a day ago".to_owned(),
        (.., days @ ..14) => format!("{days} days ago"),
        _ => format!("on {}", page::date(time)),
    }
}

/// How long something has lasted, such as "3 days".
pub(crate) fn lasting(time: Duration) -> String {
    let counted = |count: u64, what: &str| match count {
        1 => format!("1 {what}"),
        _ => format!("{count} {what}s"),
    };
    match time.as_secs() / 60 {
        minutes @ ..60 => counted(minutes, "minute"),
        minutes @ ..2_880 => counted(minutes / 60, "hour"),
        minutes => counted(minutes / 1_440, "day"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_past_is_told_as_people_tell_it() {
        let then = Timestamp(1_700_000_000_000);
        for (seconds, told) in [
            (0, "a moment ago"),
            (59, "a moment ago"),
            (60, "a minute ago"),
            (3_599, "59 minutes ago"),
            (3_600, "an hour ago"),
            (7_200, "2 hours ago"),
            (86_399, "23 hours ago"),
            (86_400, "a day ago"),
            (13 * 86_400, "13 days ago"),
            (14 * 86_400, "on 14 November 2023"),
        ] {
            let moment = Moment::new(then, then.plus(Duration::from_secs(seconds)));
            assert_eq!((moment.told.as_str(), moment.exact.as_str()), (told, "2023-11-14T22:13:20Z"));
        }
        assert_eq!(Moment::new(then, Timestamp(0)).told, "a moment ago", "a clock that was set back");
        assert!(!Moment::new(Timestamp(i64::MAX), Timestamp(i64::MIN)).told.is_empty());
    }

    #[test]
    fn a_span_is_told_in_its_greatest_unit() {
        let told = [59, 60, 3_600, 172_799, 172_800].map(|seconds| lasting(Duration::from_secs(seconds)));
        assert_eq!(told, ["0 minutes", "1 minute", "1 hour", "47 hours", "2 days"]);
    }
}
