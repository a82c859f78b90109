//! What the system does only when it is in trouble.

use std::time::Duration;

use notify::event::{EventAttributes, Flag};

use super::*;
use crate::disk::Calls;

fn observer(folder: &Path) -> (Observer, Receiver<Raw>) {
    let (raw, arrived) = sync_channel(BACKLOG_MAX);
    let (told, shared) = (Arc::new(Told::default()), Arc::new(Shared::default()));
    let root = Root::open(folder, Calls::Best).expect("opened");
    let observer = Observer {
        watcher: watcher(&raw, &shared).expect("a watcher"),
        root: Arc::new(root),
        told,
        shared,
        raw,
        unwatched: BTreeSet::new(),
    };
    (observer, arrived)
}

fn overflow() -> notify::Result<Event> {
    let mut attrs = EventAttributes::new();
    attrs.set_flag(Flag::Rescan);
    Ok(Event { kind: EventKind::Other, paths: Vec::new(), attrs })
}

#[tokio::test]
async fn after_an_overflow_everything_is_watched() {
    // A folder came while nothing could be told of it.
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (mut observer, arrived) = observer(folder.path());
    let told = Arc::clone(&observer.told);
    std::fs::create_dir_all(folder.path().join("unseen/deep")).expect("made");
    observer.take(overflow()).expect("goes on");
    assert_eq!(told.next().await, Noticed::Overflow);
    std::fs::write(folder.path().join("unseen/deep/f"), "").expect("written");
    let raw = arrived.recv_timeout(Duration::from_secs(30)).expect("told");
    let Raw::Event(event) = raw else { panic!("an event") };
    observer.take(event).expect("goes on");
    assert_eq!(told.next().await, Noticed::Changed(LocalPath::parse("unseen/deep/f").expect("a path")));
}

#[tokio::test]
async fn what_finds_no_room_counts_as_an_overflow() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (observer, arrived) = observer(folder.path());
    let (told, shared, raw) =
        (Arc::clone(&observer.told), Arc::clone(&observer.shared), observer.raw.clone());
    shared.lost.store(true, Ordering::Release);
    raw.try_send(Raw::Look).expect("room");
    let watching = std::thread::spawn(move || observer.run(&arrived));
    assert_eq!(told.next().await, Noticed::Overflow);
    shared.stop.store(true, Ordering::Release);
    raw.try_send(Raw::Look).expect("room");
    watching.join().expect("the thread ends when it should");
}

#[test]
fn limits_say_what_to_raise() {
    let limits = [
        (notify::ErrorKind::MaxFilesWatch, "max_user_watches"),
        (notify::ErrorKind::Io(io::Error::from_raw_os_error(EMFILE)), "max_user_instances"),
    ];
    for (kind, sysctl) in limits {
        let refused = refusal(notify::Error::new(kind)).expect("an error").told("watch", &LocalPath::root());
        assert_eq!(refused.fault, DiskFault::TooMany);
        let source = refused.source.expect("says more").to_string();
        assert!(source.contains(sysctl), "{source}");
    }
}

#[tokio::test]
async fn a_limit_that_is_reached_later_ends_the_watch() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (observer, arrived) = observer(folder.path());
    let (told, raw) = (Arc::clone(&observer.told), observer.raw.clone());
    let error = notify::Error::new(notify::ErrorKind::MaxFilesWatch);
    raw.try_send(Raw::Event(Err(error))).expect("room");
    observer.run(&arrived);
    assert_eq!(told.next().await, Noticed::Ended);
}

#[test]
fn reading_is_no_news() {
    use notify::event::{CreateKind, DataChange};
    assert!(!is_change(EventKind::Access(AccessKind::Open(AccessMode::Any))));
    assert!(!is_change(EventKind::Access(AccessKind::Close(AccessMode::Read))));
    assert!(is_change(EventKind::Access(AccessKind::Close(AccessMode::Write))));
    assert!(is_change(EventKind::Create(CreateKind::File)));
    assert!(is_change(EventKind::Modify(ModifyKind::Data(DataChange::Any))));
}
