//! What the compiler cannot check: who may import whom, whether documents tell the truth, what was forgotten.
//!
//! A check returns its complaints. Each says what is wrong and where, so that it can be mended without reading
//! the check.

mod dependencies;
mod documents;
mod endpoints;
mod modules;
mod secrets;
mod sources;

use anyhow::Result;

use crate::output;

pub(crate) use endpoints::{BOX_EVENTS, DROPBOX_V1, Protocol};

/// A check: complaints, of which none is the good answer.
type Check = fn() -> Result<Vec<String>>;

const CHECKS: [(&str, Check); 10] = [
    ("crates import only whom they may", dependencies::direction),
    ("protocol adapters don't import one another", dependencies::adapters),
    ("stores are named where they are chosen only", dependencies::stores),
    ("documents name what exists", documents::names),
    ("links in documents resolve", documents::links),
    ("a word of the glossary means one thing", documents::glossary),
    ("the table of endpoints equals the routes", endpoints::documented),
    ("every source file belongs to a crate or its tests", modules::reachable),
    ("secrets are compared in constant time", secrets::check),
    ("sources are finished and of a readable size", sources::check),
];

/// `cargo xtask tidy`.
pub(crate) fn run() -> Result<bool> {
    Ok(run_all()?.1 == 0)
}

/// Runs every check and tells about it; returns how many held and how many did not.
pub(crate) fn run_all() -> Result<(usize, usize)> {
    let mut held = 0;
    for (name, check) in CHECKS {
        held += usize::from(report(name, &check()?));
    }
    Ok((held, CHECKS.len() - held))
}

/// Tells the outcome of a check; returns whether it held.
pub(crate) fn report(name: &str, complaints: &[String]) -> bool {
    output::line(&format!("    {} {name}", if complaints.is_empty() { "ok    " } else { "FAILED" }));
    for complaint in complaints {
        output::line(&format!("           {complaint}"));
    }
    complaints.is_empty()
}
