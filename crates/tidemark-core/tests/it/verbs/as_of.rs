//! Deleting and moving as of a position: done if what is there is what was there then, with all below it.

use super::run;
use crate::world::World;
use tidemark_core::cloud::{Proviso, RelocateError};
use tidemark_core::model::{Cursor, Expansion, Path, PathKey, Position, Seq};

/// Whether both are refused for having changed, after this setup, whose last change is `known`, and what came then.
fn is_refused(setup: &str, known: u64, meanwhile: &str, path: &str) -> bool {
    let refused = |line: String| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
        let shown = runtime.block_on(async {
            let world = World::new().await;
            run(&world, setup).await;
            let head = world.cloud.head(&world.whole().await).await.expect("readable");
            assert_eq!(head, Seq(known), "the setup ends there");
            let did = run(&world, meanwhile).await;
            assert!(!did.contains("refused"), "{did}");
            run(&world, &line).await
        });
        let is_refused = shown.contains("refused: it has changed");
        assert!(is_refused || !shown.contains("refused"), "{meanwhile}: {shown}");
        is_refused
    };
    let deleting = refused(format!("rm-as-of {path} {known}"));
    assert_eq!(deleting, refused(format!("mv-as-of {path} /moved {known}")), "{meanwhile}, then {path}");
    deleting
}

const SETUP: &str = "put /f/d/x 1\nput /f/y 1\nput /f/gone 1\nrm /f/gone\nput /else/z 1";

#[test]
fn whatever_changed_below_counts() {
    for meanwhile in [
        "put /f/d/x 12",
        "put /f/new 1",
        "mkdir /f/d/deep/down",
        "rm /f/d/x",
        "undelete /f/gone",
        "cp /else/z /f/z",
        "mv /f/d /f/e",
        "respell /f/d/x /f/d/X",
        // What came and what went.
        "mv /else/z /f/z",
        "mv /f/y /y",
        "mv /f/d/x /else/x",
        // As it was, and yet not the same.
        "put /f/t 1\nrm /f/t",
        "mv /f/y /y\nmv /y /f/y",
        "put /f/y 12\nput /f/y 1",
    ] {
        assert!(is_refused(SETUP, 8, meanwhile, "/f"), "{meanwhile}");
    }
}

#[test]
fn so_does_what_changed_of_it_and_of_the_way_to_it() {
    for meanwhile in ["rm /f\nundelete /f", "mv /f /g\nmv /g /f", "respell /f /F"] {
        assert!(is_refused(SETUP, 8, meanwhile, "/f"), "{meanwhile}");
        assert!(is_refused(SETUP, 8, meanwhile, "/f/d"), "{meanwhile}");
        assert!(is_refused(SETUP, 8, meanwhile, "/f/d/x"), "{meanwhile}");
    }
    assert!(is_refused(SETUP, 8, "put /f/d/x 12", "/f/d/x"));
    assert!(is_refused(SETUP, 8, "rm /f/d/x\nput /f/d/x 1", "/f/d/x"));
}

/// Entries that are older than the position, and yet not those that were at the path then.
#[test]
fn another_folder_in_its_place_is_not_the_one_that_was_known() {
    let two = "put /a/in/x 1\nput /b/in/x 1";
    for path in ["/a", "/a/in", "/a/in/x"] {
        assert!(is_refused(two, 6, "mv /a /c\nmv /b /a", path), "{path}");
    }
}

#[test]
fn what_changed_elsewhere_does_not_count() {
    for meanwhile in
        ["", "put /else/z 12", "mv /else /other", "put /new 1", "cp /f /copy", "purge 5", "rm /else"]
    {
        for path in ["/f", "/f/d", "/f/d/x"] {
            assert!(!is_refused(SETUP, 8, meanwhile, path), "{meanwhile}, then {path}");
        }
    }
    assert!(!is_refused(SETUP, 8, "put /f/y 12\nput /f/d/new 1", "/f/d/x"), "beside it");
}

/// A position vouches for nothing in another life of the store, beyond what the journal has, or inside an expansion; and one
/// in another journal is none.
#[tokio::test]
async fn some_positions_vouch_for_nothing() {
    let world = World::new().await;
    run(&world, SETUP).await;
    let (cloud, scope) = (&world.cloud, world.whole().await);
    let now = cloud.latest_cursor(&scope, PathKey::default(), false).await.expect("readable");
    let at = |seq, expansion| Cursor { position: Some(Position { seq, expansion }), ..now.clone() };
    let head = now.position.as_ref().expect("it has one").seq;
    let other_life = {
        let mut other = now.clone();
        other.epoch.0 += 1;
        other
    };
    let walk = Expansion { folder: tidemark_core::model::EntryId(8), appeared: Seq::ZERO, after: Vec::new() };
    let path = Path::parse("/f").expect("good");
    let delete = async |cursor: &Cursor| {
        let as_of = Some(cloud.as_of(&scope, cursor).expect("a cursor into this tree"));
        cloud.delete_if(&scope, &path, Proviso { as_of, ..Proviso::default() }).await
    };
    for cursor in [
        cloud.first_cursor(&scope, PathKey::default(), false),
        other_life,
        at(head.next(), None),
        at(head, Some(walk)),
        at(Seq::ZERO, None),
    ] {
        let refused = delete(&cursor).await.expect_err("it vouches for nothing").to_string();
        assert_eq!(refused, RelocateError::Changed.to_string(), "{cursor:?}");
    }
    world.store.set_horizon(scope.namespace, head);
    assert!(delete(&at(Seq(head.0 - 1), None)).await.is_err(), "it would be reset");
    let bo = world.person("bo@example.org", None).await;
    let theirs = cloud.scope(&bo, tidemark_core::cloud::Reach::Whole).await.expect("readable");
    assert_eq!(cloud.as_of(&theirs, &now), None);
    // What a cursor looks at does not matter.
    let narrow = Cursor { prefix: Path::parse("/else").expect("good").key(), media: true, ..now.clone() };
    assert!(delete(&narrow).await.is_ok());
}
