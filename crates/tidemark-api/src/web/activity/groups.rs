//! Which changes are told as one: a folder of photographs that is uploaded is one piece of work, not five hundred.

use std::time::Duration;
use tidemark_core::cloud::Report;
use tidemark_core::model::{Act, Change};

/// Changes with more time between them than this are told apart.
const APART_MAX: Duration = Duration::from_secs(60 * 60);

/// Reports in the order of the journal, in groups of which each is told in one line. Every report is in one of them, and the
/// order stays.
pub(super) fn grouped(told: &[Report]) -> impl DoubleEndedIterator<Item = &[Report]> {
    told.chunk_by(belong_together)
}

/// Whether somebody did the same twice in one folder, without pausing for long.
fn belong_together(earlier: &Report, later: &Report) -> bool {
    let parent = |report: &Report| report.item.entry.parent;
    let (before, after) = (&earlier.change, &later.change);
    before.act == after.act
        && before.author == after.author
        && parent(earlier) == parent(later)
        && after.time.since(before.time) <= APART_MAX
        && is_told_with_others(before)
        && is_told_with_others(after)
}

/// Whether nothing is lost if only the name is told, beside those of others. A name that something had before would be; and
/// whoever sees what was shared should see each.
fn is_told_with_others(change: &Change) -> bool {
    match change.act {
        Act::Create | Act::Copy | Act::Edit | Act::Revert | Act::Modify | Act::Delete | Act::Restore => true,
        Act::Move => match (&change.left, &change.at) {
            (Some(left), Some(at)) => left.parent != at.parent && left.name == at.name,
            _ => false,
        },
        Act::Share | Act::Unshare | Act::Purge | Act::Withdraw | Act::Reinstate => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::story::{moved, story};
    use super::*;
    use tidemark_core::model::Timestamp;

    /// The names in each group.
    fn names(told: &[Report]) -> Vec<String> {
        let name = |report: &Report| report.item.entry.name.as_str().to_owned();
        grouped(told).map(|group| group.iter().map(name).collect::<Vec<_>>().join(" ")).collect()
    }

    #[test]
    fn the_same_act_in_the_same_folder_is_one_group() {
        assert!(names(&[]).is_empty());
        assert_eq!(names(&story(&[(Act::Create, 1, "a")])), ["a"]);
        let told = story(&[
            (Act::Create, 1, "a"),
            (Act::Create, 1, "b"),
            (Act::Create, 2, "c"),
            (Act::Create, 1, "d"),
            (Act::Delete, 1, "a"),
            (Act::Delete, 1, "b"),
            (Act::Edit, 1, "d"),
            (Act::Edit, 1, "d"),
        ]);
        assert_eq!(names(&told), ["a b", "c", "d", "a b", "d d"]);
    }

    #[test]
    fn others_and_pauses_part_them() {
        let mut told = story(&[(Act::Create, 1, "a"), (Act::Create, 1, "b"), (Act::Create, 1, "c")]);
        let hour = i64::try_from(APART_MAX.as_millis()).unwrap();
        for (times, expected) in [
            ([0, hour, 2 * hour], vec!["a b c"]),
            ([0, hour + 1, hour + 2], vec!["a", "b c"]),
            // A clock that was set back.
            ([9 * hour, 0, 0], vec!["a b c"]),
        ] {
            for (report, time) in told.iter_mut().zip(times) {
                report.change.time = Timestamp(time);
            }
            assert_eq!(names(&told), expected);
        }
        told[1].change.author.0 += 1;
        assert_eq!(names(&told), ["a", "b", "c"]);
    }

    #[test]
    fn renamings_and_links_are_told_alone() {
        for act in [Act::Share, Act::Unshare] {
            assert_eq!(names(&story(&[(act, 1, "a"), (act, 1, "b")])), ["a", "b"]);
        }
        let came = |from: &[(u64, &str)]| {
            let told = story(&[(Act::Move, 1, "a"), (Act::Move, 1, "b")]);
            let told = told.into_iter().zip(from);
            names(&told.map(|(report, (parent, name))| moved(report, *parent, name)).collect::<Vec<_>>())
        };
        assert_eq!(came(&[(2, "a"), (3, "b")]), ["a b"], "from wherever they come");
        assert_eq!(came(&[(1, "z"), (1, "y")]), ["a", "b"], "they were renamed");
        assert_eq!(came(&[(2, "a"), (2, "z")]), ["a", "b"], "one was moved and renamed");
    }
}
