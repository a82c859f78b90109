//! Sources: finished, and short enough to have one subject.

use std::path::Path;

use anyhow::Result;

use crate::workspace::{self, has_extension};

/// A file beyond this has more than one subject.
const LINES_MAX: usize = 800;
const CODE: [&str; 6] = ["rs", "py", "js", "css", "html", "sh"];
/// Written in two parts, so that this file does not find itself.
const UNFINISHED: [&str; 3] = [concat!("dbg", "!("), concat!("todo", "!("), concat!("unimplemented", "!(")];

/// No file is too long, and none says that it is unfinished.
pub(super) fn check() -> Result<Vec<String>> {
    let mut complaints = Vec::new();
    for path in workspace::files("")?.iter().filter(|path| has_extension(path, &CODE)) {
        complaints.extend(complain(path, &workspace::read(path)?));
    }
    Ok(complaints)
}

fn complain(path: &Path, text: &str) -> Vec<String> {
    let mut complaints = Vec::new();
    let lines = text.lines().count();
    if lines > LINES_MAX {
        complaints.push(format!("{} has {lines} lines; the limit is {LINES_MAX}", path.display()));
    }
    for (index, line) in text.lines().enumerate() {
        for word in UNFINISHED.iter().filter(|word| line.contains(**word)) {
            complaints.push(format!("{}:{} is unfinished: {word}", path.display(), index + 1));
        }
    }
    complaints
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn complains_about_length_and_gaps() {
        let path = Path::new("a.rs");
        assert!(complain(path, &"x\n".repeat(LINES_MAX)).is_empty());
        assert_eq!(complain(path, &"x\n".repeat(LINES_MAX + 1)).len(), 1);
        assert_eq!(
            complain(path, &format!("ok\n{})\n", UNFINISHED[1])),
            [format!("a.rs:2 is unfinished: {}", UNFINISHED[1])]
        );
    }
}
