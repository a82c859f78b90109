//! The day, as conflict copies tell it.

use std::time::SystemTime;

use jiff::Timestamp;

/// The day in universal time, as `2026-11-21`.
pub(super) fn today(now: SystemTime) -> String {
    Timestamp::try_from(now).unwrap_or(Timestamp::UNIX_EPOCH).strftime("%Y-%m-%d").to_string()
}
