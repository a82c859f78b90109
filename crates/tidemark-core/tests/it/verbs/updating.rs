//! Changing place, name and what is said together; replacing one certain file; older versions.

use super::check;
use crate::world::{World, content};
use expect_test::expect;
use tidemark_core::cloud::{
    Condition, Put, PutError, RelocateError, RevertError, Spot, Update, UpdateError, WithdrawError,
};
use tidemark_core::model::{ClientTimes, EntryId, Name, Path, Rev, Seq, Timestamp};

fn path(text: &str) -> Path {
    Path::parse(text).expect("good")
}

fn put(at: impl Into<Spot>, text: &str, condition: Condition) -> Put {
    Put { at: at.into(), content: content(text), condition, autorename: false, times: ClientTimes::default() }
}

fn named(name: &str) -> Update {
    Update { name: Name::new(name).ok(), ..Update::default() }
}

#[tokio::test]
async fn place_and_description_change_together() {
    let world = World::new().await;
    let (cloud, scope) = (&world.cloud, world.whole().await);
    let folder = cloud.create_folder(&scope, &path("/f")).await.unwrap().entry.id;
    let file = cloud.put_file(&scope, &put(path("/a"), "x", Condition::Add)).await.unwrap().entry.id;
    let times = ClientTimes { created: Some(Timestamp(5)), modified: Some(Timestamp(6)) };
    let update = Update { folder: Some(folder), description: Some("mine".into()), times, ..named("B") };
    let item = cloud.update(&scope, file, &update).await.unwrap();
    assert_eq!((item.path.as_str(), item.entry.description.as_deref()), ("/f/B", Some("mine")));
    assert_eq!((item.entry.seq, item.entry.appeared), (Seq(4), Seq(3)), "one change for each");
    let there = cloud.stat(&scope, file).await.unwrap().unwrap();
    assert_eq!(there, item, "the answer is what is there");
    // What is so already is no change; what is not mentioned stays.
    assert_eq!(cloud.update(&scope, file, &update).await.unwrap(), item);
    assert_eq!(cloud.update(&scope, file, &Update::default()).await.unwrap(), item);
    let only = ClientTimes { created: None, modified: Some(Timestamp(7)) };
    let item = cloud.update(&scope, file, &Update { times: only, ..Update::default() }).await.unwrap();
    assert_eq!(item.entry.file().unwrap().times, ClientTimes { modified: Some(Timestamp(7)), ..times });
    assert_eq!(item.entry.description.as_deref(), Some("mine"));
    let gone = Update { description: Some("".into()), ..named("b") };
    let item = cloud.update(&scope, file, &gone).await.unwrap();
    assert_eq!(
        (item.path.as_str(), item.entry.description),
        ("/f/b", None),
        "another spelling is another name"
    );
}

/// Whoever puts or restores bytes and says nothing of when the file was made leaves that as it is; saying again what is so
/// is no change.
#[tokio::test]
async fn when_a_file_was_made_outlives_its_bytes() {
    let world = World::new().await;
    let (cloud, scope) = (&world.cloud, world.whole().await);
    let times = ClientTimes { created: Some(Timestamp(5)), modified: Some(Timestamp(6)) };
    let first = Put { times, ..put(path("/a"), "one", Condition::Add) };
    let first = cloud.put_file(&scope, &first).await.unwrap();
    let modified = ClientTimes { created: None, modified: times.modified };
    let same = Put { times: modified, ..put(path("/a"), "one", Condition::Overwrite) };
    assert_eq!(cloud.put_file(&scope, &same).await.unwrap(), first);
    let made = ClientTimes { modified: None, ..times };
    let second = cloud.put_file(&scope, &put(path("/a"), "two", Condition::Overwrite)).await.unwrap();
    assert_eq!(second.entry.file().unwrap().times, made);
    let named = Name::new("b").unwrap();
    let third = put(first.entry.id, "three", Condition::Replace(None));
    let third = cloud.put_file_as(&scope, &third, Some(&named)).await.unwrap();
    assert_eq!(third.entry.file().unwrap().times, made);
    assert_eq!(cloud.stat(&scope, first.entry.id).await.unwrap(), Some(third));
    let fourth = cloud.put_file(&scope, &put(path("/b"), "four", Condition::Overwrite)).await.unwrap();
    let rev = fourth.entry.rev(scope.namespace);
    cloud.put_file(&scope, &put(path("/b"), "five", Condition::Overwrite)).await.unwrap();
    let restored = cloud.restore(&scope, &path("/b"), rev).await.unwrap();
    assert_eq!(restored.entry.file().unwrap().times, made);
    let third = ClientTimes { created: Some(Timestamp(7)), modified: None };
    let same = Put { times: third, ..put(path("/b"), "four", Condition::Overwrite) };
    assert_eq!(cloud.put_file(&scope, &same).await.unwrap(), restored, "equal bytes are left alone");
    let same = Put { condition: Condition::Update(restored.entry.rev(scope.namespace)), ..same };
    assert_eq!(cloud.put_file(&scope, &same).await.unwrap(), restored);
    let remade = Put { condition: Condition::Replace(None), ..same };
    assert_eq!(cloud.put_file(&scope, &remade).await.unwrap().entry.file().unwrap().times, third);
}

#[tokio::test]
async fn what_cannot_be_updated_stays_as_it_is() {
    let world = World::new().await;
    let (cloud, scope) = (&world.cloud, world.whole().await);
    let folder = cloud.create_folder(&scope, &path("/f")).await.unwrap().entry.id;
    let file = cloud.put_file(&scope, &put(path("/a"), "x", Condition::Add)).await.unwrap().entry.id;
    let head = cloud.head(&scope).await.unwrap();
    let said = Update { description: Some("said".into()), ..Update::default() };
    let refuse =
        async |entry: EntryId, update: Update| cloud.update(&scope, entry, &update).await.unwrap_err();
    use UpdateError::Relocate;
    let taken = refuse(file, Update { name: Name::new("F").ok(), ..said.clone() }).await;
    assert!(matches!(taken, Relocate(RelocateError::Exists(_))), "{taken}");
    let changed = refuse(file, Update { seq: Some(Seq(1)), ..said.clone() }).await;
    assert!(matches!(changed, Relocate(RelocateError::Changed)), "{changed}");
    for nowhere in [EntryId(99), file] {
        let error = refuse(file, Update { folder: Some(nowhere), ..said.clone() }).await;
        assert!(matches!(error, UpdateError::NoFolder), "{error}");
    }
    let cycle = refuse(folder, Update { folder: Some(folder), ..said.clone() }).await;
    assert!(matches!(cycle, Relocate(RelocateError::IntoItself)), "{cycle}");
    assert!(matches!(refuse(EntryId::ROOT, said.clone()).await, Relocate(RelocateError::RootNotAllowed)));
    assert!(matches!(refuse(EntryId(99), said).await, Relocate(RelocateError::NotFound)));
    assert_eq!(cloud.head(&scope).await.unwrap(), head, "nothing was done by half");
}

#[tokio::test]
async fn one_certain_file_is_replaced_or_none() {
    let world = World::new().await;
    let (cloud, scope) = (&world.cloud, world.whole().await);
    let folder = cloud.create_folder(&scope, &path("/f")).await.unwrap().entry.id;
    let file = cloud.put_file(&scope, &put(path("/f/a"), "x", Condition::Add)).await.unwrap().entry.id;
    let replace = async |entry: EntryId, seq: Option<u64>, text: &str| {
        cloud.put_file(&scope, &put(entry, text, Condition::Replace(seq.map(Seq)))).await
    };
    assert!(matches!(replace(file, Some(1), "y").await, Err(PutError::Changed)));
    assert_eq!(replace(file, Some(2), "yy").await.unwrap().entry.seq, Seq(3));
    cloud.update(&scope, file, &named("b")).await.unwrap();
    assert_eq!(replace(file, None, "zzz").await.unwrap().path.as_str(), "/f/b", "wherever it is");
    assert_eq!(replace(file, None, "zzz").await.unwrap().entry.seq, Seq(5), "the same bytes are no change");
    let times = ClientTimes { created: None, modified: Some(Timestamp(9)) };
    let again = Put { times, ..put(file, "zzz", Condition::Replace(None)) };
    let item = cloud.put_file(&scope, &again).await.unwrap();
    assert_eq!((item.entry.seq, item.entry.file().unwrap().times), (Seq(6), times), "unless more is said");
    assert!(matches!(replace(folder, None, "y").await, Err(PutError::NotFound)));
    cloud.delete(&scope, file).await.unwrap();
    assert!(matches!(replace(file, None, "y").await, Err(PutError::RootGone)));
}

#[tokio::test]
async fn versions_go_with_their_file() {
    let world = World::with_quota(Some(10)).await;
    let (cloud, scope) = (&world.cloud, world.whole().await);
    let file = cloud.put_file(&scope, &put(path("/a"), "12345678", Condition::Add)).await.unwrap().entry.id;
    cloud.put_file(&scope, &put(file, "2", Condition::Replace(None))).await.unwrap();
    cloud.update(&scope, file, &named("moved")).await.unwrap();
    let other = cloud.put_file(&scope, &put(path("/a"), "other", Condition::Add)).await.unwrap().entry;
    let versions = async |from: Option<Seq>, limit| {
        let found = cloud.versions(&scope, file, from, limit).await.unwrap();
        found.map(|found| {
            found.iter().map(|version| (version.seq.0, version.content.size)).collect::<Vec<_>>()
        })
    };
    assert_eq!(versions(None, 9).await.unwrap(), [(2, 1), (1, 8)]);
    assert_eq!(versions(None, 1).await.unwrap(), [(2, 1)]);
    assert_eq!(versions(Some(Seq(1)), 9).await.unwrap(), [(1, 8)]);
    assert_eq!(versions(Some(other.seq), 9).await, None, "another file's");
    assert_eq!(versions(Some(Seq(3)), 9).await, None, "a move brought no bytes");
    let revert =
        async |seq: u64, supposed: Option<u64>| cloud.revert(&scope, file, Seq(seq), supposed.map(Seq)).await;
    assert!(matches!(revert(1, None).await, Err(RevertError::OverQuota)));
    cloud.delete(&scope, other.id).await.unwrap();
    assert!(matches!(revert(1, Some(2)).await, Err(RevertError::Changed)));
    assert!(matches!(revert(4, None).await, Err(RevertError::NoVersion)));
    assert_eq!(revert(2, None).await.unwrap().entry.seq, Seq(3), "the present one is so already");
    let item = revert(1, Some(3)).await.unwrap();
    assert_eq!(item.entry.file().unwrap().content, content("12345678"));
    assert_eq!(cloud.stat(&scope, file).await.unwrap().unwrap(), item);
    assert_eq!(versions(None, 9).await.unwrap(), [(6, 8), (2, 1), (1, 8)]);
}

/// New bytes and another name are one commit, of as many changes as there is to tell.
#[test]
fn a_file_is_replaced_and_renamed_at_once() {
    check(
        "put /f/a one
         put /f/b two
         put-as #2 three c
         put-as #2 three d
         put-as #2 three d
         put-as #2 four D
         put-as #2 five B
         put-as #3 five e
         stat #2
         stat /f/c
         put-as #2 0123456789012345678901234567890123456789 g
         stat #2",
        &expect![[r#"
            put /f/a one
                /f/a @2 #2 3 bytes
            put /f/b two
                /f/b @3 #3 3 bytes
            put-as #2 three c
                /f/c @5 #2 5 bytes
            put-as #2 three d
                /f/d @6 #2 5 bytes
            put-as #2 three d
                /f/d @6 #2 5 bytes
            put-as #2 four D
                /f/D @8 #2 4 bytes
            put-as #2 five B
                refused: something else is at the path
            put-as #3 five e
                /f/e @10 #3 4 bytes
            stat #2
                /f/D @8 #2 4 bytes
            stat /f/c
                /f/c @6 #2 4 bytes gone
            put-as #2 0123456789012345678901234567890123456789 g
                refused: the account is over its quota
            stat #2
                /f/D @8 #2 4 bytes
        "#]],
    );
}

/// By identity and by path: a version that was withdrawn is none, until it is put back.
#[tokio::test]
async fn what_is_withdrawn_is_told_nowhere() {
    let world = World::new().await;
    let (cloud, scope) = (&world.cloud, world.whole().await);
    let file = cloud.put_file(&scope, &put(path("/a"), "one", Condition::Add)).await.unwrap().entry.id;
    // It was called otherwise while it had these bytes.
    cloud.move_to(&scope, file, &path("/b"), false).await.unwrap();
    for text in ["two", "three"] {
        cloud.put_file(&scope, &put(path("/b"), text, Condition::Overwrite)).await.unwrap();
    }
    let versions = async || {
        let versions = cloud.versions(&scope, file, None, 9).await.unwrap().unwrap();
        versions.iter().map(|version| version.seq.0).collect::<Vec<_>>()
    };
    let revisions = async |at: &str| {
        let found = cloud.revisions(&scope, &path(at), 9).await.unwrap().unwrap_or_default();
        found.iter().map(|item| item.rev(scope.namespace).seq.0).collect::<Vec<_>>()
    };
    assert_eq!((versions().await, revisions("/b").await), (vec![4, 3, 1], vec![4, 3, 2]));
    let (head, before) = (cloud.head(&scope).await.unwrap(), cloud.stat(&scope, file).await.unwrap());
    cloud.withdraw(&scope, file, Seq(1), None).await.unwrap();
    assert_eq!(cloud.stat(&scope, file).await.unwrap(), before, "the file itself is as it was");
    assert_eq!((versions().await, revisions("/b").await), (vec![4, 3], vec![4, 3]));
    assert_eq!(revisions("/a").await, [0; 0], "where it was before, it left nothing");
    cloud.withdraw(&scope, file, Seq(3), before.map(|item| item.entry.seq)).await.unwrap();
    assert_eq!((versions().await, revisions("/b").await), (vec![4], vec![4]));
    assert_eq!(cloud.versions(&scope, file, Some(Seq(3)), 1).await.unwrap(), None);
    for seq in [1, 2, 3] {
        let rev = Rev { seq: Seq(seq), namespace: scope.namespace };
        assert_eq!(cloud.stat_rev(&scope, &path("/b"), rev).await.unwrap(), None, "{seq}");
        assert!(cloud.restore(&scope, &path("/b"), rev).await.is_err(), "{seq}");
    }
    let reverted = cloud.revert(&scope, file, Seq(3), None).await;
    assert!(matches!(reverted, Err(RevertError::NoVersion)), "{reverted:?}");
    assert!(cloud.copy_version(&scope, file, Seq(3), &path("/c")).await.is_err());
    let feed = cloud.feed(&scope, head, 9).await.unwrap();
    assert!(feed.told.is_empty() && feed.until == feed.head, "nothing is said of it");

    let refused =
        async |version, supposed| cloud.withdraw(&scope, file, Seq(version), supposed).await.unwrap_err();
    assert!(matches!(refused(4, None).await, WithdrawError::Present));
    assert!(matches!(refused(3, None).await, WithdrawError::Withdrawn));
    assert!(matches!(refused(2, None).await, WithdrawError::NoVersion), "a move is none");
    assert!(matches!(refused(99, None).await, WithdrawError::NoVersion));
    assert!(matches!(refused(3, Some(Seq(1))).await, WithdrawError::Changed));
    let nowhere = cloud.withdraw(&scope, EntryId(99), Seq(1), None).await;
    assert!(matches!(nowhere, Err(WithdrawError::NotFound)), "{nowhere:?}");

    let back = cloud.reinstate(&scope, file, Seq(1)).await.unwrap();
    assert_eq!((back.seq, back.content), (Seq(1), content("one")));
    assert_eq!((versions().await, revisions("/b").await), (vec![4, 1], vec![4, 2]));
    let head = cloud.head(&scope).await.unwrap();
    cloud.reinstate(&scope, file, Seq(1)).await.unwrap();
    assert_eq!(cloud.head(&scope).await.unwrap(), head, "it was there already");
    let item = cloud.revert(&scope, file, Seq(1), None).await.unwrap();
    assert_eq!(item.entry.file().unwrap().content, content("one"));
}

/// What comes back from deletion has its bytes, and is no version for that.
#[tokio::test]
async fn coming_back_is_no_version() {
    let world = World::new().await;
    let (cloud, scope) = (&world.cloud, world.whole().await);
    let file = cloud.put_file(&scope, &put(path("/a"), "one", Condition::Add)).await.unwrap().entry.id;
    cloud.delete(&scope, file).await.unwrap();
    let back = cloud.undelete(&scope, &path("/a")).await.unwrap();
    assert_eq!((back.entry.seq, back.entry.file().unwrap().version), (Seq(3), Seq(1)));
    assert_eq!(cloud.versions(&scope, file, Some(Seq(3)), 1).await.unwrap(), None);
}
