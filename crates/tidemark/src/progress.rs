//! How far a transfer is, for people who watch: a bar on standard error, if that is a terminal.

use crate::words;
use indicatif::{ProgressBar, ProgressStyle};
use std::io::IsTerminal;
use std::time::Duration;

/// Whether bars are shown.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bars {
    shown: bool,
}

/// One transfer's bar. It is gone when this is.
pub(crate) struct Bar(Option<ProgressBar>);

const TEMPLATE: &str = "{msg} {wide_bar} {decimal_bytes}/{decimal_total_bytes} {decimal_bytes_per_sec} {eta}";
/// The longest name that stands beside a bar, in characters.
const NAME_MAX: usize = 40;
/// What is done sooner needs no bar.
const SIZE_MIN: u64 = 1 << 20;

impl Bars {
    /// None in pipes, and none for who wants quiet.
    pub(crate) fn new(quiet: bool) -> Bars {
        Bars { shown: !quiet && std::io::stderr().is_terminal() }
    }

    /// A bar for so many bytes.
    pub(crate) fn begin(self, name: &str, total: u64) -> Bar {
        if !self.shown || total < SIZE_MIN {
            return Bar(None);
        }
        let bar = ProgressBar::new(total);
        bar.set_style(ProgressStyle::with_template(TEMPLATE).expect("the template is one"));
        bar.set_message(short(name));
        bar.enable_steady_tick(Duration::from_millis(250));
        Bar(Some(bar))
    }
}

impl Bar {
    /// So many bytes are done.
    pub(crate) fn at(&self, bytes: u64) {
        if let Some(bar) = &self.0 {
            bar.set_position(bytes);
        }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        if let Some(bar) = self.0.take() {
            bar.finish_and_clear();
        }
    }
}

/// A name that can be shown, and leaves room for the bar: its end tells more than its middle.
fn short(name: &str) -> String {
    let name = words::shown(name);
    let length = name.chars().count();
    if length <= NAME_MAX {
        return name.into_owned();
    }
    let end: String = name.chars().skip(length + 1 - NAME_MAX).collect();
    format!("…{end}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_leave_room() {
        assert_eq!(short("a.txt"), "a.txt");
        let name = short(&format!("{}\u{1b}end.txt", "ü".repeat(300)));
        assert!(name.starts_with('…') && name.ends_with("\\u{1b}end.txt"), "{name}");
        assert_eq!(name.chars().count(), NAME_MAX);
    }
}
