//! What the program prints: results on standard output, complaints on standard error.

use serde::Serialize;
use std::io::{self, Write};
use tidemark_core::model::Timestamp;

/// Prints a line. That nobody reads it (any more) is no failure.
pub(crate) fn line(text: &str) {
    let _ = writeln!(io::stdout(), "{text}");
}

/// Prints a value as one line of JSON, for programs.
pub(crate) fn json(value: &impl Serialize) {
    line(&serde_json::to_string(value).expect("plain structs can be serialized"));
}

/// Prints rows under a head, in columns.
pub(crate) fn table<const N: usize>(head: [&str; N], rows: &[[String; N]]) {
    let head = head.map(str::to_owned);
    let mut widths = [0; N];
    for row in rows.iter().chain([&head]) {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    for row in [&head].into_iter().chain(rows) {
        let cells = row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}"));
        line(cells.collect::<Vec<_>>().join("  ").trim_end());
    }
}

/// A day, as it is in UTC.
pub(crate) fn day(time: Timestamp) -> String {
    let time = jiff::Timestamp::from_millisecond(time.0).unwrap_or_default();
    time.strftime("%Y-%m-%d").to_string()
}

/// The same to the minute, in one word.
pub(crate) fn minute(time: Timestamp) -> String {
    let time = jiff::Timestamp::from_millisecond(time.0).unwrap_or_default();
    time.strftime("%Y-%m-%dT%H:%MZ").to_string()
}

/// Says what went wrong.
pub(crate) fn complain(text: &str) {
    let _ = writeln!(io::stderr(), "tidemark: {text}");
}
