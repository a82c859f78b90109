//! Reports that never were, for the tests.

use tidemark_core::cloud::{Report, Sight, Situated};
use tidemark_core::model::{
    AccountId, Act, Change, ClientTimes, Content, Digest, Entry, EntryId, FileState, Name, Node, Place, Seq,
    Timestamp,
};

/// One change for each: an act, in the folder with this number, on what has this name; the same name is the same entry. What ends
/// with a slash is a folder. One author did all of it in an instant.
pub(super) fn story(changes: &[(Act, u64, &str)]) -> Vec<Report> {
    let report =
        |(number, (act, parent, name)): (u64, &(Act, u64, &str))| report(number, *act, *parent, name);
    (1..).zip(changes).map(report).collect()
}

/// A report of something that stood there, under that name, before it moved.
pub(super) fn moved(mut report: Report, parent: u64, name: &str) -> Report {
    report.change.left = Some(place(parent, name));
    report
}

fn report(number: u64, act: Act, parent: u64, name: &str) -> Report {
    let (seq, time) = (Seq(number), Timestamp(1_700_000_000_000));
    let spelled = name.trim_end_matches('/');
    let id = EntryId(spelled.bytes().fold(1_000, |id, byte| id * 31 + u64::from(byte)));
    let (mut entry, at) = (Entry::root(), place(parent, spelled));
    (entry.id, entry.parent, entry.name) = (id, Some(at.parent), at.name.clone());
    if spelled == name {
        let content = Content { size: 0, address: Digest([0; 32]) };
        entry.node = Node::File(FileState { content, version: seq, times: ClientTimes::default() });
    }
    let change = Change {
        seq,
        entry: id,
        act,
        left: (act == Act::Delete).then(|| at.clone()),
        at: (act != Act::Delete).then_some(at),
        content: None,
        replaced: None,
        withdrawn: None,
        time,
        author: AccountId(1),
    };
    Report { change, item: Situated { entry, around: Vec::new() }, sight: Sight::Whole }
}

fn place(parent: u64, name: &str) -> Place {
    Place { parent: EntryId(parent), name: Name::new(name).unwrap() }
}
