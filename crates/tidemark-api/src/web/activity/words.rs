//! What is said of changes.

use super::super::page::plain;
use crate::words::count;
use std::collections::HashMap;
use tidemark_core::cloud::Report;
use tidemark_core::model::{Act, EntryId};

/// What somebody did, to be told in a line.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Words {
    /// What was done, to be followed by a path.
    pub(super) did: String,
    /// Whether that is the path of the folder, and not of the one entry that this is about.
    pub(super) is_of_folder: bool,
    /// Behind the path: how often, if not once.
    pub(super) often: Option<String>,
    /// What a list of all of them is called, if there are several.
    pub(super) each: Option<String>,
}

impl Words {
    /// What is said of changes that are [told together](super::groups::grouped).
    pub(super) fn of(group: &[Report]) -> Words {
        let changes = group.len();
        let entries: HashMap<EntryId, &Report> =
            group.iter().map(|report| (report.change.entry, report)).collect();
        let each = if entries.len() == changes {
            format!("The {}", counted(&entries))
        } else {
            format!("The {changes} changes")
        };
        let each = (changes > 1).then_some(each);
        match group {
            [.., latest] if entries.len() == 1 => {
                Words { did: alone(latest), is_of_folder: false, often: often(changes), each }
            }
            _ => Words { did: together(group, &counted(&entries)), is_of_folder: true, often: None, each },
        }
    }
}

fn often(changes: usize) -> Option<String> {
    match changes {
        ..=1 => None,
        2 => Some("twice".to_owned()),
        _ => Some(format!("{changes} times")),
    }
}

/// So many files, folders, or, of both, items.
fn counted(entries: &HashMap<EntryId, &Report>) -> String {
    let folders = entries.values().filter(|report| report.item.entry.is_folder()).count();
    let (one, many) = match folders {
        0 => ("file", "files"),
        _ if folders == entries.len() => ("folder", "folders"),
        _ => ("item", "items"),
    };
    count(entries.len() as u64, one, many)
}

/// What was done to several entries of a folder, whose path follows.
fn together(group: &[Report], counted: &str) -> String {
    let Some(first) = group.first() else { return String::new() };
    let are_folders = group.iter().all(|report| report.item.entry.is_folder());
    match first.change.act {
        Act::Create if are_folders => format!("created {counted} in"),
        Act::Create => format!("added {counted} to"),
        Act::Copy => format!("copied {counted} to"),
        Act::Edit => format!("changed {counted} in"),
        Act::Revert => format!("brought back earlier versions of {counted} in"),
        Act::Modify => format!("changed what is said of {counted} in"),
        Act::Delete => format!("deleted {counted} from"),
        Act::Restore => format!("restored {counted} in"),
        Act::Move => format!("moved {counted} to"),
        // These are told alone, or not at all.
        Act::Share | Act::Unshare | Act::Purge | Act::Withdraw | Act::Reinstate => {
            format!("changed {counted} in")
        }
    }
}

/// What was done to one entry, whose path follows.
fn alone(report: &Report) -> String {
    let (change, entry) = (&report.change, &report.item.entry);
    let verb = match change.act {
        Act::Create if entry.is_folder() => "created the folder",
        Act::Create => "added",
        Act::Copy => "made a copy:",
        Act::Edit => "changed",
        Act::Revert => "brought back an earlier version of",
        Act::Modify => "changed what is said of",
        Act::Delete => "deleted",
        Act::Restore => "restored",
        Act::Share => "shared",
        Act::Unshare => "stopped sharing",
        Act::Move => match (&change.left, &change.at) {
            (Some(left), Some(at)) if left.parent == at.parent => {
                return format!("renamed “{}” to", plain(left.name.as_str()));
            }
            (Some(left), Some(at)) if left.name != at.name => {
                return format!("moved “{}” to", plain(left.name.as_str()));
            }
            _ => "moved here:",
        },
        // These are not told.
        Act::Purge | Act::Withdraw | Act::Reinstate => "changed",
    };
    verb.to_owned()
}

#[cfg(test)]
mod tests {
    use super::super::story::{moved, story};
    use super::*;

    /// All that is said of a group but the path, for which there is a dot, and the list of all.
    fn said(changes: &[(Act, u64, &str)]) -> (String, String) {
        let Words { did, is_of_folder, often, each } = Words::of(&story(changes));
        let path = if is_of_folder { "/." } else { "." };
        let often = often.map(|often| format!(" {often}")).unwrap_or_default();
        (format!("{did} {path}{often}"), each.unwrap_or_default())
    }

    #[test]
    fn several_are_counted_for_what_they_are() {
        use Act::{Copy, Create, Delete, Edit, Modify, Move, Restore, Revert};
        for (changes, text, each) in [
            (vec![(Create, 1, "a")], "added .", ""),
            (vec![(Create, 1, "a/")], "created the folder .", ""),
            (vec![(Create, 1, "a"), (Create, 1, "b")], "added 2 files to /.", "The 2 files"),
            (vec![(Create, 1, "a/"), (Create, 1, "b/")], "created 2 folders in /.", "The 2 folders"),
            (
                vec![(Create, 1, "a/"), (Create, 1, "b"), (Create, 1, "c")],
                "added 3 items to /.",
                "The 3 items",
            ),
            (vec![(Copy, 1, "a"), (Copy, 1, "b")], "copied 2 files to /.", "The 2 files"),
            (vec![(Edit, 1, "a"), (Edit, 1, "b")], "changed 2 files in /.", "The 2 files"),
            (vec![(Edit, 1, "a"), (Edit, 1, "b"), (Edit, 1, "a")], "changed 2 files in /.", "The 3 changes"),
            (vec![(Edit, 1, "a"), (Edit, 1, "a")], "changed . twice", "The 2 changes"),
            (vec![(Edit, 1, "a"); 12], "changed . 12 times", "The 12 changes"),
            (
                vec![(Revert, 1, "a"), (Revert, 1, "b")],
                "brought back earlier versions of 2 files in /.",
                "The 2 files",
            ),
            (
                vec![(Modify, 1, "a"), (Modify, 1, "b/")],
                "changed what is said of 2 items in /.",
                "The 2 items",
            ),
            (vec![(Delete, 1, "a/"), (Delete, 1, "b/")], "deleted 2 folders from /.", "The 2 folders"),
            (vec![(Restore, 1, "a"), (Restore, 1, "b")], "restored 2 files in /.", "The 2 files"),
            (vec![(Move, 1, "a"), (Move, 1, "b")], "moved 2 files to /.", "The 2 files"),
        ] {
            assert_eq!(said(&changes), (text.to_owned(), each.to_owned()));
        }
    }

    #[test]
    fn a_former_name_is_told() {
        for (parent, name, text) in
            [(2, "a", "moved here:"), (1, "b", "renamed “b” to"), (2, "b\u{202e}", "moved “b\u{fffd}” to")]
        {
            let mut told = story(&[(Act::Move, 1, "a")]);
            let report = moved(told.remove(0), parent, name);
            assert_eq!(Words::of(&[report]).did, text);
        }
    }
}
