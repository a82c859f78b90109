//! Forgotten files: a source that no `mod` names is neither compiled nor tested, and nobody says so.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::workspace::{self, Metadata, has_extension};

/// The files from which the modules of a crate, or of its one test binary, are reached.
const ROOTS: [&str; 4] = ["src/lib.rs", "src/main.rs", "tests/it/main.rs", "build.rs"];

/// Every source file of every crate is reached from one of its roots.
pub(super) fn reachable() -> Result<Vec<String>> {
    let metadata = Metadata::load()?;
    let mut complaints = Vec::new();
    for package in metadata.members() {
        let folder = package.folder()?;
        let mut reached = BTreeSet::new();
        let more_roots = ["src/bin", "benches", "examples"];
        let mut roots: Vec<PathBuf> = ROOTS.iter().map(|root| folder.join(root)).collect();
        for more in more_roots {
            roots.extend(workspace::files(&folder.join(more).to_string_lossy())?);
        }
        for root in roots.iter().filter(|root| workspace::root().join(root).exists()) {
            follow(root, true, &mut reached)?;
        }
        for path in workspace::files(&folder.to_string_lossy())? {
            if has_extension(&path, &["rs"]) && !reached.contains(&path) {
                complaints.push(format!("no module names {}", path.display()));
            }
        }
    }
    Ok(complaints)
}

/// Follows `mod name;` from a file. A root's modules lie beside it, any other file's in the folder of its name.
fn follow(file: &Path, is_root: bool, reached: &mut BTreeSet<PathBuf>) -> Result<()> {
    if !reached.insert(file.to_owned()) {
        return Ok(());
    }
    let beside = is_root || file.ends_with("mod.rs");
    let folder =
        if beside { file.parent().unwrap_or(Path::new("")).to_owned() } else { file.with_extension("") };
    for name in module_names(&workspace::read(file)?) {
        let choices = [folder.join(format!("{name}.rs")), folder.join(&name).join("mod.rs")];
        for choice in choices.iter().filter(|choice| workspace::root().join(choice).exists()) {
            follow(choice, false, reached)?;
        }
    }
    Ok(())
}

fn module_names(source: &str) -> Vec<String> {
    source
        .lines()
        .filter_map(|line| {
            let line = line.trim();
            let line =
                line.strip_prefix("pub").map_or(line, |rest| match rest.trim_start().strip_prefix('(') {
                    Some(scoped) => scoped.split_once(')').map_or(rest, |(_, rest)| rest),
                    None => rest,
                });
            line.trim_start().strip_prefix("mod ")?.strip_suffix(';').map(str::to_owned)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::module_names;

    #[test]
    fn finds_modules_of_every_visibility() {
        let source =
            "mod a;\npub mod b;\npub(crate) mod c;\n    mod d;\nmod inline {\nlet model = 1;\n// mod e;\n";
        assert_eq!(module_names(source), ["a", "b", "c", "d"]);
    }
}
