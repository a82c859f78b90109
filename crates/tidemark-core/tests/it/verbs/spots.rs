//! Saying where by identity, and what a caller supposes of what is there.

use super::check;
use crate::world::{World, content};
use expect_test::expect;
use tidemark_core::cloud::{Condition, Put, PutError, RelocateError, Spot};
use tidemark_core::model::{ClientTimes, EntryId, Name, Path};

#[test]
fn an_entry_is_the_same_wherever_it_is() {
    check(
        "mkdir /a
         put /a/f one
         mkdir /b
         mv #2 #3/g
         stat #2
         put #2 two
         respell #2 #3/G
         mv #3 #1/inside
         stat #2
         ls #3
         cp #2 #0/copy
         stat #0
         rm #3
         stat #2
         put #2 three
         ls #3
         stat #99",
        &expect![[r#"
            mkdir /a
                /a/ @1 #1
            put /a/f one
                /a/f @2 #2 3 bytes
            mkdir /b
                /b/ @3 #3
            mv #2 #3/g
                /b/g @4 #2 3 bytes
            stat #2
                /b/g @4 #2 3 bytes
            put #2 two
                /b/g @5 #2 3 bytes
            respell #2 #3/G
                /b/G @6 #2 3 bytes
            mv #3 #1/inside
                /a/inside/ @7 #3
            stat #2
                /a/inside/G @6 #2 3 bytes
            ls #3
                /a/inside/G @6 #2 3 bytes
            cp #2 #0/copy
                /copy @8 #8 3 bytes
            stat #0
                // @0 #0
            rm #3
                /a/inside/ @9 #3 gone
            stat #2
                nothing
            put #2 three
                refused: the root of the path is gone
            ls #3
                refused: there is nothing at the path
            stat #99
                nothing
        "#]],
    );
}

#[test]
fn a_name_in_a_folder_needs_the_folder() {
    check(
        "mkdir /a
         put #1/f one
         put-strict #1/f two
         add-strict #1/F three
         mkdir #1/f
         put #2/x one
         mkdir #9/x
         mv #1 #1/x
         mv #0 #1/x
         rm #0
         rm #1
         put #1/g one
         mkdir #1/g",
        &expect![[r#"
            mkdir /a
                /a/ @1 #1
            put #1/f one
                /a/f @2 #2 3 bytes
            put-strict #1/f two
                /a/f @3 #2 3 bytes
            add-strict #1/F three
                refused: something else is at the path
            mkdir #1/f
                refused: there is already something at /a/f
            put #2/x one
                refused: the root of the path is gone
            mkdir #9/x
                refused: there is nothing at the path
            mv #1 #1/x
                refused: a folder cannot go into itself
            mv #0 #1/x
                refused: the root cannot be moved, made or deleted
            rm #0
                refused: the root cannot be moved, made or deleted
            rm #1
                /a/ @4 #1 gone
            put #1/g one
                refused: the root of the path is gone
            mkdir #1/g
                refused: there is nothing at the path
        "#]],
    );
}

#[test]
fn what_is_not_as_supposed_stays() {
    check(
        "mkdir /a
         put /a/f one
         rm-if #2 1
         put /a/f two
         rm-if #2 2
         rmdir /a
         rm-if #2 3
         rmdir #1
         mkdir /b
         rm-if /b 9",
        &expect![[r#"
            mkdir /a
                /a/ @1 #1
            put /a/f one
                /a/f @2 #2 3 bytes
            rm-if #2 1
                refused: it has changed
            put /a/f two
                /a/f @3 #2 3 bytes
            rm-if #2 2
                refused: it has changed
            rmdir /a
                refused: the folder is not empty
            rm-if #2 3
                /a/f @4 #2 3 bytes gone
            rmdir #1
                /a/ @5 #1 gone
            mkdir /b
                /b/ @6 #6
            rm-if /b 9
                refused: it has changed
        "#]],
    );
}

/// Who reaches one folder only finds nothing beside it, whatever identity they guess.
#[tokio::test]
async fn identities_out_of_reach_are_of_nothing() {
    let world = World::new().await;
    let (cloud, whole, app) = (&world.cloud, world.whole().await, world.app_folder().await);
    let secret = cloud.create_folder(&whole, &Path::parse("/secret").unwrap()).await.unwrap().entry.id;
    let inside = |name: &str| Spot::In { folder: secret, name: Name::new(name).unwrap() };
    assert_eq!(cloud.stat(&app, secret).await.unwrap(), None);
    assert_eq!(cloud.stat(&app, EntryId::ROOT).await.unwrap(), None);
    assert!(cloud.list(&app, secret, 10, false).await.is_err());
    assert!(matches!(cloud.delete(&app, secret).await, Err(RelocateError::NotFound)));
    assert!(matches!(cloud.delete(&app, app.root).await, Err(RelocateError::RootNotAllowed)));
    assert!(matches!(cloud.create_folder(&app, inside("x")).await, Err(RelocateError::NotFound)));
    let own = cloud.create_folder(&app, &Path::parse("/own").unwrap()).await.unwrap().entry.id;
    assert!(matches!(cloud.move_to(&app, own, inside("x"), false).await, Err(RelocateError::NotFound)));
    assert!(matches!(
        cloud.copy_to(&app, secret, Spot::In { folder: own, name: Name::new("x").unwrap() }).await,
        Err(RelocateError::NotFound)
    ));
    let condition = Condition::Overwrite;
    let put = Put {
        at: inside("x"),
        content: content("x"),
        condition,
        autorename: false,
        times: ClientTimes::default(),
    };
    assert!(matches!(cloud.put_file(&app, &put).await, Err(PutError::RootGone)));
    assert!(cloud.list(&whole, secret, 10, false).await.unwrap().children.is_empty());
}
