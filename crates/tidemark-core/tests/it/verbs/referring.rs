//! References, and copies of what they stand for: within a tree, and from one tree into another.

use super::run;
use crate::world::{World, content};
use expect_test::expect;
use std::time::Duration;
use tidemark_core::cloud::{COPY_ENTRIES_MAX, Reach, RelocateError, Scope};
use tidemark_core::model::{
    Account, AppKey, EntryId, Path, Proof, Reference, SecretHash, Seq, Timestamp, VersionReference,
};
use tidemark_core::store::{AccountChange, AccountStore, AppChange, GrantStore, NewGrant};

const LIFE: Duration = Duration::from_secs(1_000_000);

fn path(text: &str) -> Path {
    Path::parse(text).expect("a good path")
}

fn app() -> AppKey {
    AppKey("app".into())
}

impl World {
    /// One that Ada's permission stands behind.
    async fn reference(&self, scope: &Scope, at: &str) -> Reference {
        self.permit().await;
        let found = self.cloud.refer(scope, &app(), &path(at), LIFE).await.expect("memory does not fail");
        found.expect("it is there").0
    }

    async fn permit(&self) {
        let (ada, token) = (self.account.id, SecretHash([1; 32]));
        if !self.accounts.has_grant(ada, &app()).await.expect("memory does not fail") {
            let given = self
                .accounts
                .add_grant(NewGrant::lasting(ada, &app(), Proof::Bearer, token, Timestamp(0)))
                .await;
            given.expect("memory does not fail");
        }
    }

    async fn tree_of(&self, account: &Account) -> Scope {
        self.cloud.scope(account, Reach::Whole).await.expect("memory does not fail")
    }

    /// What became of a copy: its path and number, or why there is none.
    async fn copied(&self, scope: &Scope, reference: &Reference, to: &str) -> String {
        super::text(self.cloud.copy_reference(scope, &app(), reference, &path(to)).await)
    }

    async fn listed(&self, scope: &Scope, at: &str) -> Vec<String> {
        let listing = self.cloud.list(scope, &path(at), 100, false).await.expect("a folder");
        listing.children.iter().map(super::shown).collect()
    }
}

/// A folder goes into another person's tree whole, with the numbers of that tree, and only the receiver's changes.
#[tokio::test]
async fn a_folder_is_copied_into_another_tree() {
    let world = World::new().await;
    run(
        &world,
        "put /Photos/2024/a.jpg first
         put /Photos/2024/b.jpg second
         mkdir /Photos/empty
         put /Photos/gone.jpg gone
         rm /Photos/gone.jpg",
    )
    .await;
    let mine = world.whole().await;
    let reference = world.reference(&mine, "/photos").await;
    let bo = world.person("bo@example.org", None).await;
    let theirs = world.tree_of(&bo).await;
    let answer = world.copied(&theirs, &reference, "/From Ada/Pictures").await;
    expect!["/From Ada/Pictures/ @2 #2"].assert_eq(&answer);
    let below = [
        world.listed(&theirs, "/from ada/pictures").await,
        world.listed(&theirs, "/From Ada/Pictures/2024").await,
    ];
    expect![[r#"
        [
            [
                "/From Ada/Pictures/2024/ @3 #3",
                "/From Ada/Pictures/empty/ @4 #4",
            ],
            [
                "/From Ada/Pictures/2024/a.jpg @5 #5 5 bytes",
                "/From Ada/Pictures/2024/b.jpg @6 #6 6 bytes",
            ],
        ]
    "#]]
    .assert_debug_eq(&below);
    assert_eq!(world.cloud.usage(&theirs).await.expect("memory does not fail").bytes, 11);
    assert_eq!(world.listed(&mine, "/").await, ["/Photos/ @1 #1"], "nothing happened to the source");
}

/// It stands for the entry and not for the path or the bytes of then.
#[tokio::test]
async fn a_reference_follows_its_entry() {
    let world = World::new().await;
    run(&world, "put /a one").await;
    let mine = world.whole().await;
    let reference = world.reference(&mine, "/a").await;
    run(&world, "mv /a /b/c\nput /a other\nput /b/c longer").await;
    expect!["/copy @6 #6 6 bytes"].assert_eq(&world.copied(&mine, &reference, "/copy").await);
    run(&world, "rm /b").await;
    expect!["refused: there is nothing at the path"].assert_eq(&world.copied(&mine, &reference, "/2").await);
    run(&world, "undelete /b").await;
    expect!["/2 @9 #9 6 bytes"].assert_eq(&world.copied(&mine, &reference, "/2").await);
}

#[tokio::test]
async fn what_is_in_the_way_says_so() {
    let world = World::new().await;
    run(&world, "put /a/b one\nput /file two").await;
    let mine = world.whole().await;
    let reference = world.reference(&mine, "/a").await;
    let deep = "/d".repeat(128);
    let mut answers = String::new();
    for to in ["/", "/A", "/file", "/file/x", "/a/b/c", "/a/x", deep.as_str()] {
        answers += &world.copied(&mine, &reference, to).await;
        answers.push('\n');
    }
    expect![[r#"
        refused: the root cannot be moved, made or deleted
        refused: there is already something at /a
        refused: there is already something at /file
        refused: a folder of the path is a file
        refused: a folder cannot go into itself
        refused: a folder cannot go into itself
        refused: the path is too deep
    "#]]
    .assert_eq(&answers);
}

/// Nor does it go into itself by way of an app's folder, from which what lies around it cannot be seen.
#[tokio::test]
async fn what_is_around_the_receivers_root_is_in_the_way() {
    let world = World::new().await;
    let (own, mine) = (world.app_folder().await, world.whole().await);
    let reference = world.reference(&mine, "/Apps").await;
    let answer = world.copied(&own, &reference, "/x").await;
    assert_eq!(answer, "refused: a folder cannot go into itself");
    let reference = world.reference(&mine, "/Apps/Notes").await;
    assert_eq!(world.copied(&own, &reference, "/x/y").await, "refused: a folder cannot go into itself");
}

/// Who may not use it gets the answer of who made one up.
#[tokio::test]
async fn a_reference_is_of_an_app_a_time_and_a_person_who_is_let_in() {
    let world = World::new().await;
    run(&world, "put /a one").await;
    let mine = world.whole().await;
    let reference = world.reference(&mine, "/a").await;
    let refused = "refused: there is nothing at the path";

    let other = AppKey("other".into());
    let by_another = world.cloud.copy_reference(&mine, &other, &reference, &path("/x")).await;
    assert_eq!(super::text(by_another), refused);
    let reborn = Reference {
        referent: tidemark_core::model::Referent { born: Timestamp(1), ..reference.referent },
        ..reference.clone()
    };
    assert_eq!(world.copied(&mine, &reborn, "/x").await, refused, "the number alone is not the entry");

    let shut = async |disabled| {
        let change = AccountChange::Disabled(disabled);
        world.accounts.change_account(world.account.id, change).await.expect("memory does not fail");
    };
    let bo = world.person("bo@example.org", None).await;
    let theirs = world.tree_of(&bo).await;
    shut(true).await;
    assert_eq!(world.copied(&theirs, &reference, "/x").await, refused);
    shut(false).await;
    assert_eq!(world.copied(&theirs, &reference, "/x").await, "/x @1 #1 3 bytes");

    world.accounts.unlink(world.account.id, &app()).await.expect("memory does not fail");
    assert_eq!(world.copied(&theirs, &reference, "/y").await, refused, "thrown out");
    world.permit().await;
    for disabled in [true, false] {
        let change = AppChange::Disabled(disabled);
        assert!(world.accounts.change_app(&world.app.key, change).await.expect("memory does not fail"));
        let referred = world.cloud.referred(&reference).await.expect("memory does not fail");
        assert_eq!(referred.is_none(), disabled, "shut out");
    }
    world.clock.advance(LIFE);
    assert_eq!(world.copied(&theirs, &reference, "/y").await, refused);
}

/// What its owner takes out of an app's folder is nothing to that app any more.
#[tokio::test]
async fn a_reference_from_an_app_folder_ends_at_its_walls() {
    let world = World::new().await;
    let own = world.app_folder().await;
    run(&world, "put /Apps/Notes/dir/a one").await;
    let reference = world.reference(&own, "/dir/a").await;
    assert_eq!(world.copied(&own, &reference, "/b").await, "/b @5 #5 3 bytes");
    run(&world, "mv /Apps/Notes/dir /private").await;
    assert_eq!(world.copied(&own, &reference, "/c").await, "refused: there is nothing at the path");
    run(&world, "mv /private /Apps/Notes/back").await;
    assert_eq!(world.copied(&own, &reference, "/c").await, "/c @8 #8 3 bytes");
    let nothing = world.cloud.refer(&own, &app(), &path("/"), LIFE).await.expect("memory does not fail");
    assert_eq!(nothing, None, "a root is no entry of the tree");
}

/// The receiver's quota counts, and nobody else's.
#[tokio::test]
async fn the_receiver_must_have_room() {
    let world = World::with_quota(Some(10)).await;
    run(&world, "put /a 1234567").await;
    let mine = world.whole().await;
    let reference = world.reference(&mine, "/a").await;
    assert_eq!(world.copied(&mine, &reference, "/b").await, "refused: the account is over its quota");
    let bo = world.person("bo@example.org", Some(6)).await;
    let theirs = world.tree_of(&bo).await;
    assert_eq!(world.copied(&theirs, &reference, "/b").await, "refused: the account is over its quota");
    let cleo = world.person("cleo@example.org", Some(7)).await;
    let theirs = world.tree_of(&cleo).await;
    assert_eq!(world.copied(&theirs, &reference, "/b").await, "/b @1 #1 7 bytes");
}

#[tokio::test]
async fn more_than_a_copy_may_make_is_refused() {
    let world = World::new().await;
    run(&world, "put /all/0/x y").await;
    let mine = world.whole().await;
    let copy = async |from: &str, to: &str| {
        let copied = world.cloud.copy_to(&mine, &path(from), &path(to)).await;
        copied.map(|_| ()).expect("few enough");
    };
    // Doubled until it is too much: each round adds as many entries again.
    let mut entries = 1;
    let mut round = 0;
    while entries <= COPY_ENTRIES_MAX {
        copy("/all", "/twice").await;
        world
            .cloud
            .move_to(&mine, &path("/twice"), &path(&format!("/all/{}", round + 1)), false)
            .await
            .expect("free");
        let totals = world.cloud.usage(&mine).await.expect("memory does not fail");
        (entries, round) = (totals.entries, round + 1);
    }
    let reference = world.reference(&mine, "/all").await;
    let refused = world.cloud.copy_reference(&mine, &app(), &reference, &path("/more")).await;
    assert!(matches!(refused, Err(RelocateError::TooMany)), "{refused:?}");
}

/// One version stays what it is, whatever becomes of its file, as long as that is there.
#[tokio::test]
async fn a_version_is_copied_and_referred_to() {
    let world = World::new().await;
    let cloud = &world.cloud;
    run(&world, "put /a one\nput /a two\nput /b other").await;
    let scope = world.whole().await;
    let file = cloud.situated(&scope, EntryId(1)).await.unwrap().unwrap().entry;
    let to = path("/copy");
    let copy = cloud.copy_version(&scope, EntryId(1), Seq(1), &to).await.unwrap();
    assert_eq!(copy.entry.file().unwrap().content, content("one"));
    let other = cloud.copy_version(&scope, EntryId(1), Seq(3), &path("/no")).await;
    assert!(matches!(other, Err(RelocateError::NotFound)), "{other:?}");

    let life = Duration::from_secs(60);
    world.permit().await;
    let reference = cloud.refer_version(&scope, &app(), &file, Seq(1), life);
    let bytes = async || cloud.referred_version(&reference).await.unwrap().map(|(_, content)| content);
    run(&world, "put /a three\nmv /a /c").await;
    assert_eq!(bytes().await, Some(content("one")));
    run(&world, "rm /c").await;
    assert_eq!(bytes().await, None);
    run(&world, "untrash 1").await;
    assert_eq!(bytes().await, Some(content("one")));
    let none = VersionReference { version: Seq(3), ..reference.clone() };
    assert_eq!(cloud.referred_version(&none).await.unwrap(), None);
    world.clock.advance(life);
    assert_eq!(bytes().await, None);
}
