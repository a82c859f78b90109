//! What was deleted, by identity; and what is known of it afterwards by path.

use super::check;
use crate::world::World;
use expect_test::expect;
use tidemark_core::cloud::{Refuge, TrashError};
use tidemark_core::model::Path;

#[test]
fn comes_back_where_it_was() {
    check(
        "mkdir /a
         put /a/f one
         put /b two
         rm /a/f
         rm /b
         trash
         untrash 2
         untrash 3
         trash
         untrash 3
         rm /a
         trash
         untrash 1
         ls /a
         untrash 99
         untrash 0",
        &expect![[r#"
            mkdir /a
                /a/ @1 #1
            put /a/f one
                /a/f @2 #2 3 bytes
            put /b two
                /b @3 #3 3 bytes
            rm /a/f
                /a/f @4 #2 3 bytes gone
            rm /b
                /b @5 #3 3 bytes gone
            trash
                /b @5 #3 3 bytes gone
                /a/f @4 #2 3 bytes gone
            untrash 2
                /a/f @6 #2 3 bytes
            untrash 3
                /b @7 #3 3 bytes
            trash
            untrash 3
                refused: the entry is not in the trash
            rm /a
                /a/ @8 #1 gone
            trash
                /a/ @8 #1 gone
            untrash 1
                /a/ @9 #1
            ls /a
                /a/f @6 #2 3 bytes
            untrash 99
                refused: there is no such entry
            untrash 0
                refused: there is no such entry
        "#]],
    );
}

#[test]
fn takes_a_refuge_only_if_it_must() {
    check(
        "mkdir /a
         put /a/f one
         mkdir /b
         rm /a/f
         untrash 2 3 g
         rm /a/f
         put /a/f other
         untrash 2
         untrash 2 3 g
         rm /a/g
         rm /a
         untrash 2
         untrash 2 99
         untrash 2 3
         ls /b",
        &expect![[r#"
            mkdir /a
                /a/ @1 #1
            put /a/f one
                /a/f @2 #2 3 bytes
            mkdir /b
                /b/ @3 #3
            rm /a/f
                /a/f @4 #2 3 bytes gone
            untrash 2 3 g
                /a/f @5 #2 3 bytes
            rm /a/f
                /a/f @6 #2 3 bytes gone
            put /a/f other
                /a/f @7 #7 5 bytes
            untrash 2
                refused: there is already something at /a/f
            untrash 2 3 g
                /a/g @8 #2 3 bytes
            rm /a/g
                /a/g @9 #2 3 bytes gone
            rm /a
                /a/ @10 #1 gone
            untrash 2
                refused: the folder that it was in is not there
            untrash 2 99
                refused: the folder that it was in is not there
            untrash 2 3
                /b/g @11 #2 3 bytes
            ls /b
                /b/g @11 #2 3 bytes
        "#]],
    );
}

/// It is in no listing, no history and no trash any more, and what was at its path before it is told instead.
#[test]
fn what_was_purged_is_nowhere() {
    check(
        "put /f one
         rm /f
         put /f two
         put /f three
         rm /f
         purge 1
         purge 1
         ls-deleted /
         revs /f
         purge 3
         trash
         stat /f
         ls-deleted /
         revs /f
         undelete /f
         restore /f 3
         put /f four
         revs /f
         purge 9",
        &expect![[r#"
            put /f one
                /f @1 #1 3 bytes
            rm /f
                /f @2 #1 3 bytes gone
            put /f two
                /f @3 #3 3 bytes
            put /f three
                /f @4 #3 5 bytes
            rm /f
                /f @5 #3 5 bytes gone
            purge 1
                gone for good
            purge 1
                refused: there is no such entry
            ls-deleted /
                /f @5 #3 5 bytes gone
            revs /f
                /f @5 #3 5 bytes gone
                /f @4 #3 5 bytes
                /f @3 #3 3 bytes
            purge 3
                gone for good
            trash
            stat /f
                nothing
            ls-deleted /
            revs /f
                nothing
            undelete /f
                refused: there is nothing at the path
            restore /f 3
                refused: there is no such file or rev
            put /f four
                /f @8 #8 4 bytes
            revs /f
                /f @8 #8 4 bytes
            purge 9
                refused: there is no such entry
        "#]],
    );
}

#[test]
fn a_purged_folder_takes_everything_with_it() {
    check(
        "mkdir /a
         put /a/f one
         rm /a
         stat /a/f
         purge 1
         stat /a/f
         revs /a/f
         stat /a
         purge 2
         mkdir /a
         stat /a/f",
        &expect![[r#"
            mkdir /a
                /a/ @1 #1
            put /a/f one
                /a/f @2 #2 3 bytes
            rm /a
                /a/ @3 #1 gone
            stat /a/f
                /a/f @3 #2 3 bytes gone
            purge 1
                gone for good
            stat /a/f
                nothing
            revs /a/f
                nothing
            stat /a
                nothing
            purge 2
                refused: the entry is not in the trash
            mkdir /a
                /a/ @5 #5
            stat /a/f
                nothing
        "#]],
    );
}

/// Whoever reaches one folder only sees its trash only.
#[tokio::test]
async fn an_app_folder_has_its_own_trash() {
    let world = World::new().await;
    let (cloud, whole, app) = (&world.cloud, world.whole().await, world.app_folder().await);
    let path = |text| Path::parse(text).unwrap();
    let mut ids = Vec::new();
    for (scope, at) in [(&whole, "/secret"), (&app, "/own"), (&app, "/another")] {
        let made = cloud.create_folder(scope, &path(at)).await.unwrap();
        cloud.delete(scope, &path(at)).await.unwrap();
        ids.push(made.entry.id);
    }
    let [secret, own, another] = ids[..] else { panic!("three") };
    let trash = cloud.trash(&app, None, 1).await.unwrap();
    assert_eq!(trash.iter().map(|trashed| trashed.item.entry.id).collect::<Vec<_>>(), [another]);
    let rest = cloud.trash(&app, trash[0].position().as_ref(), 9).await.unwrap();
    assert_eq!(rest.iter().map(|trashed| trashed.item.path.as_str()).collect::<Vec<_>>(), ["/own"]);
    assert_eq!(cloud.trash(&whole, None, 9).await.unwrap().len(), 3);
    assert!(matches!(cloud.purge(&app, secret).await, Err(TrashError::NotFound)));
    let refuge = Refuge { folder: Some(app.root), name: None };
    assert!(matches!(cloud.untrash(&app, secret, &refuge).await, Err(TrashError::NotFound)));
    cloud.untrash(&app, own, &Refuge::default()).await.unwrap();
    cloud.purge(&whole, secret).await.unwrap();
}
