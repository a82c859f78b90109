//! The one place that prints.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "what the user of a command sees")]

/// Prints a line of the command's report.
pub(crate) fn line(text: &str) {
    println!("{text}");
}

/// Prints a line about something that went wrong.
pub(crate) fn error(text: &str) {
    eprintln!("{text}");
}
