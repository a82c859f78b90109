//! Revisions, and restoring them.

use super::{check, run};
use crate::world::World;
use expect_test::expect;
use std::future::poll_fn;
use tidemark_core::model::Path;

#[test]
fn a_history_belongs_to_its_path() {
    check(
        "put /a.txt 1
         put /a.txt 22
         rm /a.txt
         put /a.txt 333
         mv /a.txt /b.txt
         revs /a.txt
         revs /b.txt
         revs /none
         mkdir /d
         revs /d
         stat-rev /a.txt 2
         stat-rev /a.txt 3
         stat-rev /b.txt 2
         stat-rev /b.txt 5",
        &expect![[r#"
            put /a.txt 1
                /a.txt @1 #1 1 bytes
            put /a.txt 22
                /a.txt @2 #1 2 bytes
            rm /a.txt
                /a.txt @3 #1 2 bytes gone
            put /a.txt 333
                /a.txt @4 #4 3 bytes
            mv /a.txt /b.txt
                /b.txt @5 #4 3 bytes
            revs /a.txt
                /a.txt @5 #4 3 bytes gone
                /a.txt @4 #4 3 bytes
                /a.txt @3 #1 2 bytes gone
                /a.txt @2 #1 2 bytes
                /a.txt @1 #1 1 bytes
            revs /b.txt
                /b.txt @5 #4 3 bytes
            revs /none
                nothing
            mkdir /d
                /d/ @6 #6
            revs /d
                nothing
            stat-rev /a.txt 2
                /a.txt @2 #1 2 bytes
            stat-rev /a.txt 3
                /a.txt @3 #1 2 bytes gone
            stat-rev /b.txt 2
                nothing
            stat-rev /b.txt 5
                /b.txt @5 #4 3 bytes
        "#]],
    );
}

#[test]
fn a_history_survives_the_folder_around_it() {
    check(
        "put /a/x 1
         rm /a
         revs /a/x
         put /a/x 22
         revs /a/x
         restore /a/x 2
         rm /a
         put /a/y 1
         rm /a
         mkdir /a
         revs /a/x",
        &expect![[r#"
            put /a/x 1
                /a/x @2 #2 1 bytes
            rm /a
                /a/ @3 #1 gone
            revs /a/x
                /a/x @3 #2 1 bytes gone
                /a/x @2 #2 1 bytes
            put /a/x 22
                /a/x @5 #5 2 bytes
            revs /a/x
                /a/x @5 #5 2 bytes
                /a/x @2 #2 1 bytes
            restore /a/x 2
                /a/x @6 #5 1 bytes
            rm /a
                /a/ @7 #4 gone
            put /a/y 1
                /a/y @9 #9 1 bytes
            rm /a
                /a/ @10 #8 gone
            mkdir /a
                /a/ @11 #11
            revs /a/x
                /a/x @7 #5 1 bytes gone
                /a/x @6 #5 1 bytes
                /a/x @5 #5 2 bytes
                /a/x @2 #2 1 bytes
        "#]],
    );
}

#[test]
fn a_history_does_not_follow_the_folder_around_it() {
    check(
        "put /a/x 1
         mv /a /b
         put /b/x 22
         revs /a/x
         revs /b/x
         stat-rev /a/x 2
         stat-rev /a/x 4
         restore /a/x 4",
        &expect![[r#"
            put /a/x 1
                /a/x @2 #2 1 bytes
            mv /a /b
                /b/ @3 #1
            put /b/x 22
                /b/x @4 #2 2 bytes
            revs /a/x
                /a/x @3 #2 2 bytes gone
                /a/x @2 #2 1 bytes
            revs /b/x
                /b/x @4 #2 2 bytes
                /b/x @2 #2 1 bytes
            stat-rev /a/x 2
                /a/x @2 #2 1 bytes
            stat-rev /a/x 4
                nothing
            restore /a/x 4
                refused: the rev is not one of this file's
        "#]],
    );
}

#[test]
fn restoring_makes_old_bytes_the_newest() {
    check(
        "put /a.txt 1
         put /a.txt 22
         restore /a.txt 1
         restore /a.txt 1
         rm /a.txt
         restore /a.txt 2
         revs /a.txt
         rm /a.txt
         restore /a.txt 5
         restore /a.txt 99
         put /b.txt x
         restore /a.txt 8
         restore /none 1
         mkdir /a.txt
         restore /a.txt 1",
        &expect![[r#"
            put /a.txt 1
                /a.txt @1 #1 1 bytes
            put /a.txt 22
                /a.txt @2 #1 2 bytes
            restore /a.txt 1
                /a.txt @3 #1 1 bytes
            restore /a.txt 1
                /a.txt @3 #1 1 bytes
            rm /a.txt
                /a.txt @4 #1 1 bytes gone
            restore /a.txt 2
                /a.txt @5 #1 2 bytes
            revs /a.txt
                /a.txt @5 #1 2 bytes
                /a.txt @4 #1 1 bytes gone
                /a.txt @3 #1 1 bytes
                /a.txt @2 #1 2 bytes
                /a.txt @1 #1 1 bytes
            rm /a.txt
                /a.txt @6 #1 2 bytes gone
            restore /a.txt 5
                /a.txt @7 #1 2 bytes
            restore /a.txt 99
                refused: there is no such file or rev
            put /b.txt x
                /b.txt @8 #8 1 bytes
            restore /a.txt 8
                refused: the rev is not one of this file's
            restore /none 1
                refused: there is no such file or rev
            mkdir /a.txt
                refused: there is already something at /a.txt
            restore /a.txt 1
                /a.txt @9 #1 1 bytes
        "#]],
    );
}

#[test]
fn restoring_makes_the_folders_that_are_missing() {
    check(
        "put /a/b/x 1
         rm /a
         restore /a/b/x 3
         stat /a/b/x
         ls /a",
        &expect![[r#"
            put /a/b/x 1
                /a/b/x @3 #3 1 bytes
            rm /a
                /a/ @4 #1 gone
            restore /a/b/x 3
                /a/b/x @7 #7 1 bytes
            stat /a/b/x
                /a/b/x @7 #7 1 bytes
            ls /a
                /a/b/ @6 #6
        "#]],
    );
}

/// However long the past of a path is, looking into it keeps no other request waiting.
#[tokio::test]
async fn a_long_past_is_looked_into_bit_by_bit() {
    let world = World::new().await;
    run(&world, &"mkdir /a/a/a\nrm /a\n".repeat(9)).await;
    let (scope, path) = (world.whole().await, Path::parse("/a/a/a/a").expect("good"));
    let mut looking = std::pin::pin!(world.cloud.stat(&scope, &path));
    let mut polls = 0;
    let found = poll_fn(|cx| {
        polls += 1;
        looking.as_mut().poll(cx)
    });
    assert_eq!(found.await.expect("memory does not fail"), None, "nothing ever was there");
    assert!(polls > 18, "nine pasts of two folders, in {polls} goes");
}
