//! What the program prints: results on standard output, complaints on standard error.

use crate::exit::Failure;
use crate::words;
use serde::Serialize;
use std::future::pending;
use std::io::{self, ErrorKind, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use tidemark_core::model::Timestamp;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// Whether somebody waits for a reader who reads nothing. Whoever prints a line then would wait as well, even to say farewell.
static HUSHED: AtomicBool = AtomicBool::new(false);

/// From now on lines are not printed, or are again.
pub(crate) fn hush(is_hushed: bool) {
    HUSHED.store(is_hushed, Ordering::SeqCst);
}

fn is_hushed() -> bool {
    HUSHED.load(Ordering::SeqCst)
}

/// Prints a line. That nobody reads it (any more) is no failure.
pub(crate) fn line(text: &str) {
    if !is_hushed() {
        let _ = writeln!(io::stdout(), "{text}");
    }
}

/// Draws on the terminal of standard error, as it is.
pub(crate) fn draw(text: &str) {
    if !is_hushed() {
        let mut error = io::stderr().lock();
        let _ = error.write_all(text.as_bytes());
        let _ = error.flush();
    }
}

/// Prints a line of what may be many: once nobody reads them any more, it is time to end.
pub(crate) fn say(text: &str) -> Result<(), Failure> {
    written(writeln!(io::stdout(), "{text}"))
}

/// The same, of a value as JSON.
pub(crate) fn say_json(value: &impl Serialize) -> Result<(), Failure> {
    say(&serde_json::to_string(value).expect("plain structs can be serialized"))
}

/// Writes bytes as they are.
pub(crate) fn bytes(bytes: &[u8]) -> Result<(), Failure> {
    written(io::stdout().write_all(bytes))
}

/// Sees to it that all that was written is on its way.
pub(crate) fn flush() -> Result<(), Failure> {
    written(io::stdout().flush())
}

/// Ends when nobody reads standard output any more, as far as the system tells without being written to: of a pipe it does.
pub(crate) async fn unread() {
    // Its successor is unsafe, for files that may be closed while they are watched; standard output never is.
    #[expect(deprecated)]
    let watched = AsyncFd::with_interest(io::stdout(), Interest::ERROR);
    // A file cannot be watched: it has always somebody.
    let Ok(watched) = watched else { return pending().await };
    match watched.ready(Interest::ERROR).await {
        Ok(_) => {}
        Err(_) => pending().await,
    }
}

fn written(result: io::Result<()>) -> Result<(), Failure> {
    match result {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Err(Failure::Unread),
        Err(error) => Err(Failure::Broken(anyhow::Error::new(error).context("cannot write the output"))),
    }
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

/// Says what went wrong. Whatever of other people's words is in it does nothing to a terminal.
pub(crate) fn complain(text: &str) {
    if !is_hushed() {
        let lines: Vec<_> = text.split('\n').map(words::shown).collect();
        let _ = writeln!(io::stderr(), "tidemark: {}", lines.join("\n"));
    }
}
