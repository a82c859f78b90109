//! What reads bytes from outside, as functions that take any bytes and panic if something is wrong: a crash, an
//! endless loop, or an answer that contradicts itself.
//!
//! Each target is one function, called from two places: the coverage-guided fuzzer (`fuzz/fuzz_targets/`, by hand, for
//! hours) and the tests of this crate (`tests/it`, with every change: the corpus, and some random bytes beside it). It
//! knows the parsers of the API and of core, and nobody imports it.

mod box_form;
mod cursor;
mod etags;
mod multipart;
mod oauth1_base_string;
mod oauth1_header;
mod params;
mod path;
mod range;
mod world;

/// A target by its name, which is also that of its corpus in `fuzz/corpus/` and of its file in `fuzz/fuzz_targets/`.
pub type Target = (&'static str, fn(&[u8]));

/// Every target.
pub const TARGETS: &[Target] = &[
    ("box_form", box_form::run),
    ("cursor", cursor::run),
    ("etags", etags::run),
    ("multipart", multipart::run),
    ("oauth1_base_string", oauth1_base_string::run),
    ("oauth1_header", oauth1_header::run),
    ("params", params::run),
    ("path", path::run),
    ("range", range::run),
];

/// Runs the target with this name.
///
/// # Panics
/// If there is none, or if it finds something.
pub fn run(name: &str, data: &[u8]) {
    let found = TARGETS.iter().find(|(target, _)| *target == name);
    found.expect("a target of this crate").1(data);
}

/// The text, if it is one.
fn text(data: &[u8]) -> Option<&str> {
    std::str::from_utf8(data).ok()
}

/// Every byte that could mean something else as an escape.
fn escaped(text: &str) -> percent_encoding::PercentEncode<'_> {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC)
}
