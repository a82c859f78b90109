//! What a reader is told who follows by identity.
//!
//! Over the random histories of `delta`: replaying a feed gives exactly the tree. Here: how each change looks, also from a
//! part of the tree, and where a reader goes on.

use crate::world::{World, content};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tidemark_core::cloud::{Cloud, Condition, Feed, Put, Report, Scope, Sight, Situated, Spot, Update};
use tidemark_core::model::{
    AppKey, ClientTimes, Content, Draft, EntryId, Epoch, LinkChange, Name, NamespaceId, Path, Seq,
};
use tidemark_core::store::{Appended, Head, JournalStore, Snapshot, StoreError};

/// What a follower holds of an entry: the folder it stands in, its name, its bytes if it is a file, its last change.
pub(crate) type Held = (EntryId, String, Option<Content>, Seq);

/// Replays a whole tree's feed from its beginning, in pages of these sizes.
pub(crate) async fn replay(
    cloud: &Cloud,
    scope: &Scope,
    mut limits: impl Iterator<Item = usize>,
) -> BTreeMap<EntryId, Held> {
    let (mut held, mut live, mut after) = (BTreeMap::new(), BTreeMap::new(), Seq::ZERO);
    loop {
        let limit = limits.next().expect("endless");
        let Feed { told, until, head } = cloud.feed(scope, after, limit).await.expect("memory does not fail");
        assert!(told.len() <= limit && until > after || until == head, "it goes on, and keeps its limit");
        assert!(told.iter().is_sorted_by(|one, next| one.change.seq < next.change.seq), "in order, and once");
        for Report { change, item: Situated { entry, around }, sight } in told {
            assert!(change.seq > after && change.seq <= until);
            assert_eq!(sight, Sight::Whole, "nothing lies outside of a whole tree");
            assert_eq!(around.last().map(|folder| Some(folder.id)), Some(entry.parent));
            if change.act.is_note() {
                continue;
            }
            assert_eq!(entry.seq, change.seq);
            let parent = entry.parent.expect("the root is not told");
            let bytes = entry.file().map(|file| file.content);
            live.insert(entry.id, entry.live);
            held.insert(entry.id, (parent, entry.name.to_string(), bytes, entry.seq));
        }
        after = until;
        if until == head {
            break;
        }
    }
    // What lies in a deleted folder went with it.
    let is_there = |mut id: EntryId| loop {
        match held.get(&id) {
            None => break id == EntryId::ROOT,
            Some(_) if !live[&id] => break false,
            Some((parent, ..)) => id = *parent,
        }
    };
    let there: Vec<EntryId> = held.keys().copied().filter(|id| is_there(*id)).collect();
    held.retain(|id, _| there.contains(id));
    held
}

/// `act #id path sight`, a line for each report.
fn shown(reports: &[Report]) -> Vec<String> {
    let line = |report: &Report| {
        let Report { change, item: Situated { entry, around }, sight } = report;
        let around: String = around.iter().skip(1).map(|folder| format!("{}/", folder.name)).collect();
        let live = if entry.live { "" } else { " gone" };
        format!("{:?} #{} /{around}{}{live} {sight:?}", change.act, entry.id.0, entry.name)
    };
    reports.iter().map(line).collect()
}

fn path(text: &str) -> Path {
    Path::parse(text).expect("good")
}

async fn put(cloud: &Cloud, scope: &Scope, at: impl Into<Spot>, text: &str) -> EntryId {
    let (condition, times) = (Condition::Overwrite, ClientTimes::default());
    let put = Put { at: at.into(), content: content(text), condition, autorename: false, times };
    cloud.put_file(scope, &put).await.expect("it fits").entry.id
}

#[tokio::test]
async fn every_change_is_told_as_it_was() {
    let world = World::new().await;
    let (cloud, whole) = (&world.cloud, world.whole().await);
    let folder = cloud.create_folder(&whole, &path("/f")).await.expect("free").entry.id;
    let file = put(cloud, &whole, path("/f/a"), "one").await;
    put(cloud, &whole, file, "two").await;
    let update = Update {
        folder: Some(EntryId::ROOT),
        name: Name::new("b").ok(),
        description: Some("mine".into()),
        ..Update::default()
    };
    cloud.update(&whole, file, &update).await.expect("free");
    cloud.revert(&whole, file, Seq(2), None).await.expect("it had that version");
    let app = AppKey("app".into());
    cloud.share(&whole, file, &app, &LinkChange::default()).await.expect("there");
    cloud.share(&whole, file, &app, &LinkChange::default()).await.expect("the same again");
    cloud.copy_to(&whole, file, &path("/f/copy")).await.expect("free");
    cloud.delete(&whole, file).await.expect("there");
    cloud.untrash(&whole, file, &Default::default()).await.expect("free");
    cloud.delete(&whole, folder).await.expect("there");
    cloud.purge(&whole, folder).await.expect("deleted");
    let feed = cloud.feed(&whole, Seq::ZERO, 100).await.expect("memory does not fail");
    let expected = [
        "Create #1 /f Whole",
        "Create #2 /f/a Whole",
        "Edit #2 /f/a Whole",
        "Move #2 /b Whole",
        "Modify #2 /b Whole",
        "Revert #2 /b Whole",
        "Share #2 /b Whole",
        "Copy #8 /f/copy Whole",
        "Delete #2 /b gone Whole",
        "Restore #2 /b Whole",
        "Delete #1 /f gone Whole",
    ];
    assert_eq!(shown(&feed.told), expected);
    assert_eq!((feed.until, feed.head), (Seq(12), Seq(12)), "a purge is not told, and is passed over");
    let contents: Vec<_> =
        feed.told[1..6].iter().map(|report| report.item.entry.file().unwrap().content).collect();
    assert_eq!(contents, ["one", "two", "two", "two", "one"].map(content));
    let versions = cloud.versions(&whole, file, None, 9).await.unwrap().unwrap();
    assert_eq!(versions.iter().map(|version| version.seq.0).collect::<Vec<_>>(), [6, 3, 2]);
}

/// Who sees one folder is told what comes and goes there, by its own names, and nothing of what is beside it.
#[tokio::test]
async fn a_part_is_told_what_it_sees() {
    let world = World::new().await;
    let (cloud, app, whole) = (&world.cloud, world.app_folder().await, world.whole().await);
    let start = cloud.head(&app).await.expect("memory does not fail");
    let outside = put(cloud, &whole, path("/outside"), "one").await;
    put(cloud, &whole, path("/secret"), "one").await;
    let inside = put(cloud, &app, path("/inside"), "one").await;
    cloud
        .move_to(&whole, outside, Spot::In { folder: app.root, name: Name::new("in").unwrap() }, false)
        .await
        .unwrap();
    cloud.move_to(&whole, inside, &path("/taken out"), false).await.unwrap();
    put(cloud, &whole, inside, "unseen").await;
    cloud.move_to(&whole, app.root, &path("/elsewhere"), false).await.unwrap();
    let feed = cloud.feed(&app, start, 100).await.expect("memory does not fail");
    let expected = ["Create #5 /inside Whole", "Move #3 /in Came", "Move #5 /inside gone Went"];
    assert_eq!(shown(&feed.told), expected);
    assert_eq!(feed.until, feed.head, "the rest is none of its business");
    let told = feed.told.last().unwrap();
    assert_eq!(told.item.entry.parent, Some(app.root), "where it went is not told");
}

/// What left a part is told as it stood there: nothing that was said or written elsewhere comes back with an old change,
/// and its link is not told either.
#[tokio::test]
async fn what_left_a_part_tells_no_more() {
    let world = World::new().await;
    let (cloud, app, whole) = (&world.cloud, world.app_folder().await, world.whole().await);
    let start = cloud.head(&app).await.expect("memory does not fail");
    let file = put(cloud, &app, path("/file"), "one").await;
    let folder = cloud.create_folder(&app, &path("/folder")).await.expect("free").entry.id;
    let key = AppKey("app".into());
    for entry in [file, folder] {
        cloud.share(&app, entry, &key, &LinkChange::default()).await.expect("there");
    }
    assert_eq!(cloud.links_to(&app, &[file, folder]).await.unwrap().len(), 2);
    let inside = cloud.feed(&app, start, 100).await.expect("memory does not fail");
    assert_eq!(shown(&inside.told).len(), 4);

    let (out, into) = (path("/out"), path("/out/folder"));
    cloud.create_folder(&whole, &out).await.expect("free");
    cloud.move_to(&whole, file, &path("/out/file"), false).await.unwrap();
    cloud.move_to(&whole, folder, &into, false).await.unwrap();
    put(cloud, &whole, file, "a secret").await;
    put(cloud, &whole, path("/out/folder/x"), "a secret").await;
    for entry in [file, folder] {
        let update = Update { description: Some("a secret".into()), ..Update::default() };
        cloud.update(&whole, entry, &update).await.expect("there");
    }
    let feed = cloud.feed(&app, start, 100).await.expect("memory does not fail");
    let expected = [
        format!("Create #{} /file Whole", file.0),
        format!("Create #{} /folder Whole", folder.0),
        format!("Move #{} /file gone Went", file.0),
        format!("Move #{} /folder gone Went", folder.0),
    ];
    assert_eq!(shown(&feed.told), expected);
    for Report { item: Situated { entry, .. }, .. } in &feed.told {
        assert_eq!(entry.description, None);
        match entry.file() {
            Some(state) => assert_eq!((state.content, state.version), (content("one"), Seq(file.0))),
            None => assert_eq!(entry.weight().bytes, 0),
        }
    }
    assert!(cloud.links_to(&app, &[file, folder]).await.unwrap().is_empty());
    assert_eq!(cloud.links_to(&whole, &[file, folder]).await.unwrap().len(), 2);
}

/// A change that brings no bytes is told with the version that the file had then, however often it has changed since.
#[tokio::test]
async fn a_change_tells_the_version_of_its_time() {
    let world = World::new().await;
    let (cloud, scope) = (&world.cloud, world.whole().await);
    let file = put(cloud, &scope, path("/a"), "one").await;
    cloud.move_to(&scope, file, &path("/b"), false).await.unwrap();
    put(cloud, &scope, file, "two").await;
    cloud.delete(&scope, file).await.unwrap();
    cloud.untrash(&scope, file, &Default::default()).await.unwrap();
    put(cloud, &scope, file, "three").await;
    for limit in [1, 100] {
        let (mut versions, mut after) = (Vec::new(), Seq::ZERO);
        while after < Seq(6) {
            let feed = cloud.feed(&scope, after, limit).await.expect("memory does not fail");
            versions.extend(feed.told.iter().map(|report| report.item.entry.file().unwrap().version.0));
            after = feed.until;
        }
        assert_eq!(versions, [1, 1, 3, 3, 3, 6]);
    }
}

/// However long a file's history is, looking for what it was holds no thread; and what brought bytes is not looked for.
#[tokio::test]
async fn a_long_look_back_lets_others_on() {
    let world = World::new().await;
    let (cloud, scope) = (&world.cloud, world.whole().await);
    let file = put(cloud, &scope, path("/a"), "one").await;
    cloud.move_to(&scope, file, &path("/b"), false).await.unwrap();
    for n in 0..2_000 {
        put(cloud, &scope, file, &n.to_string()).await;
    }
    for (after, version, pauses) in [(0, 1, 1), (1, 1, 5), (2, 3, 1)] {
        let (told, paused) = counted(cloud.feed(&scope, Seq(after), 1)).await;
        let told = told.expect("memory does not fail").told;
        assert_eq!(told[0].item.entry.file().unwrap().version, Seq(version));
        assert_eq!(paused, pauses, "after {after}");
    }
    let (told, paused) = counted(cloud.feed_without_versions(&scope, Seq(1), 1)).await;
    let told = told.expect("memory does not fail").told;
    assert_eq!((shown(&told), paused), (vec!["Move #1 /b Whole".to_owned()], 1), "nobody asks what it was");
    assert_eq!(told[0].item.entry.file().unwrap().content, content("one"), "as every change tells");
}

/// What comes of something, and how often it paused for others.
async fn counted<F: Future>(future: F) -> (F::Output, usize) {
    let (mut future, mut paused) = (std::pin::pin!(future), 0);
    std::future::poll_fn(|cx| {
        let polled = future.as_mut().poll(cx);
        paused += usize::from(polled.is_pending());
        polled.map(|output| (output, paused))
    })
    .await
}

/// However many a reader of a part asks for at a time, it is told the same.
#[tokio::test]
async fn pages_of_a_part_tell_everything_once() {
    let world = World::new().await;
    let (cloud, app, whole) = (&world.cloud, world.app_folder().await, world.whole().await);
    let start = cloud.head(&app).await.expect("memory does not fail");
    for n in 0..700 {
        put(cloud, &whole, path(&format!("/beside {n}")), "x").await;
        if n % 100 == 7 {
            put(cloud, &app, path(&format!("/own {n}")), "x").await;
            put(cloud, &app, path(&format!("/own {n}")), "y").await;
        }
    }
    let all = cloud.feed(&app, start, 1_000).await.expect("memory does not fail");
    assert_eq!((all.told.len(), all.until), (14, all.head));
    for limit in [1, 2, 3, 13, 14] {
        let (mut told, mut after) = (Vec::new(), start);
        while after < all.head {
            let feed = cloud.feed(&app, after, limit).await.expect("memory does not fail");
            assert!(feed.told.len() <= limit && feed.until > after);
            (told, after) = (told.into_iter().chain(feed.told).collect(), feed.until);
        }
        assert_eq!(shown(&told), shown(&all.told), "pages of {limit}");
    }
}

/// A follower sleeps until there is something for it, and a position from elsewhere sends it to look.
#[tokio::test(start_paused = true)]
async fn a_follower_is_woken_by_what_it_sees() {
    let world = World::new().await;
    let (app, whole) = (world.app_folder().await, world.whole().await);
    let cloud: &Arc<Cloud> = &world.cloud;
    let head = async || cloud.head(&whole).await.expect("memory does not fail");
    let minute = Duration::from_secs(60);
    for scope in [&app, &whole] {
        let seen = head().await;
        assert!(!cloud.await_feed(scope.clone(), seen, true).unwrap().wait(minute).await, "nothing happens");
        assert!(
            cloud.await_feed(scope.clone(), seen.next(), true).unwrap().wait(minute).await,
            "beyond the head"
        );
        let mut waiting = Box::pin(cloud.await_feed(scope.clone(), seen, true).unwrap().wait(minute));
        assert!(polled_once(&mut waiting).await.is_none());
        let inside = put(cloud, &app, path("/x"), &format!("{}", seen.0)).await;
        assert!(waiting.await, "it is told");
        assert!(cloud.await_feed(scope.clone(), seen, true).unwrap().wait(minute).await, "it is behind");
        cloud.delete(&app, inside).await.unwrap();
    }
    let seen = head().await;
    let waiting = cloud.await_feed(app.clone(), seen, true).unwrap().wait(minute);
    put(cloud, &whole, path("/beside"), "x").await;
    assert!(!waiting.await, "what is beside its folder wakes nobody for good");
}

/// Who looks again and again, because others never rest, is answered at the end of its time all the same.
#[tokio::test(start_paused = true)]
async fn a_restless_tree_keeps_nobody() {
    let world = World::new().await;
    let (cloud, app, whole) = (&world.cloud, world.app_folder().await, world.whole().await);
    let seen = cloud.head(&whole).await.unwrap();
    let wait = cloud.await_feed(app.clone(), seen, true).unwrap().wait(Duration::from_secs(10));
    let mut waiting = Box::pin(wait);
    for second in 0.. {
        put(cloud, &whole, path("/beside"), &second.to_string()).await;
        if let Some(news) = polled_once(&mut waiting).await {
            assert!(!news && second >= 10);
            break;
        }
        assert!(second < 20, "it should have been answered");
        tokio::time::advance(Duration::from_secs(1)).await;
    }
}

/// What changes no tree wakes those who mind it, and those only; a purge, of which nothing is told, wakes nobody.
#[tokio::test(start_paused = true)]
async fn notes_wake_who_minds_them() {
    let world = World::new().await;
    let (cloud, scope) = (&world.cloud, world.whole().await);
    let file = put(cloud, &scope, path("/x"), "x").await;
    let head = async || cloud.head(&scope).await.unwrap();
    let wait = |seen: Seq, notes: bool| {
        cloud.await_feed(scope.clone(), seen, notes).unwrap().wait(Duration::from_secs(60))
    };
    let seen = head().await;
    let (mut minds, mut other) = (Box::pin(wait(seen, true)), Box::pin(wait(seen, false)));
    assert!(polled_once(&mut minds).await.is_none() && polled_once(&mut other).await.is_none());
    let app = AppKey("app".into());
    cloud.share(&scope, file, &app, &LinkChange::default()).await.unwrap();
    assert_eq!((minds.await, other.await), (true, false));
    let mut minds = Box::pin(wait(head().await, true));
    assert!(polled_once(&mut minds).await.is_none());
    cloud.unshare(&scope, file).await.unwrap();
    assert!(minds.await, "the end of a link is a note, too");
    // Whoever comes later with an old position finds the same.
    let behind = Seq(head().await.0 - 1);
    for notes in [true, false] {
        let found =
            cloud.await_feed(scope.clone(), behind, notes).unwrap().wait(Duration::from_secs(1)).await;
        assert_eq!(found, notes);
    }
    cloud.delete(&scope, file).await.unwrap();
    let mut waiting = Box::pin(wait(head().await, true));
    assert!(polled_once(&mut waiting).await.is_none());
    cloud.purge(&scope, file).await.unwrap();
    assert!(!waiting.await);
}

/// Polls once.
async fn polled_once<F: Future + Unpin>(future: &mut F) -> Option<F::Output> {
    std::future::poll_fn(|cx| match std::pin::Pin::new(&mut *future).poll(cx) {
        std::task::Poll::Ready(output) => std::task::Poll::Ready(Some(output)),
        std::task::Poll::Pending => std::task::Poll::Ready(None),
    })
    .await
}

/// The last change before a time is found however many there are.
#[tokio::test]
async fn a_position_is_found_by_its_time() {
    let world = World::new().await;
    let (cloud, scope) = (&world.cloud, world.whole().await);
    let mut times = Vec::new();
    for n in 0..9 {
        times.push(cloud.now());
        put(cloud, &scope, path(&format!("/{n}")), "x").await;
        world.clock.advance(Duration::from_secs(1));
    }
    for (before, time) in times.into_iter().enumerate() {
        assert_eq!(cloud.last_before(&scope, time).await.unwrap(), Seq(before as u64));
    }
    assert_eq!(cloud.last_before(&scope, cloud.now()).await.unwrap(), Seq(9));
}

/// A store whose snapshots never come.
struct Stuck(Arc<tidemark_core::store::memory::MemoryStore>);

#[async_trait::async_trait]
impl JournalStore for Stuck {
    async fn append(&self, draft: Draft) -> Result<Appended, StoreError> {
        self.0.append(draft).await
    }

    async fn read(&self, _: NamespaceId) -> Result<Box<dyn Snapshot>, StoreError> {
        std::future::pending().await
    }

    async fn head(&self, namespace: NamespaceId) -> Result<Head, StoreError> {
        self.0.head(namespace).await
    }

    async fn kept(&self) -> Result<u64, StoreError> {
        self.0.kept().await
    }

    fn epoch(&self) -> Epoch {
        self.0.epoch()
    }
}

/// There are clients that give up after a minute: whoever looks for longer than it may wait is sent to look for itself.
#[tokio::test(start_paused = true)]
async fn a_look_that_does_not_end_is_no_excuse() {
    let world = World::new().await;
    let whole = world.whole().await;
    put(&world.cloud, &whole, path("/x"), "x").await;
    let slow = Arc::new(world.over(Arc::new(Stuck(world.store.clone()))));
    let begun = tokio::time::Instant::now();
    assert!(slow.await_feed(whole, Seq::ZERO, true).unwrap().wait(Duration::from_secs(50)).await);
    assert_eq!(begun.elapsed(), Duration::from_secs(50));
}
