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

#[test]
fn what_went_with_a_folder_is_listed_whether_another_is_there_or_not() {
    check(
        "put /Fold/a 1
         put /Fold/sub/b 22
         mkdir /Fold/empty
         put /Fold/early 1
         rm /Fold/early
         ls-deleted /fold
         rm /Fold
         ls /Fold
         ls-deleted /fold
         ls-deleted /fold/SUB
         ls-deleted /fold/empty
         ls-deleted /fold/a
         put /fOLD/a 333
         ls-deleted /fold
         ls-deleted /fold/sub
         rm /fold/a
         rm /fold
         ls-deleted /fold
         restore /Fold/sub/b 4
         ls-deleted /fold
         ls-deleted /fold/sub",
        &expect![[r#"
            put /Fold/a 1
                /Fold/a @2 #2 1 bytes
            put /Fold/sub/b 22
                /Fold/sub/b @4 #4 2 bytes
            mkdir /Fold/empty
                /Fold/empty/ @5 #5
            put /Fold/early 1
                /Fold/early @6 #6 1 bytes
            rm /Fold/early
                /Fold/early @7 #6 1 bytes gone
            ls-deleted /fold
                /Fold/a @2 #2 1 bytes
                /Fold/early @7 #6 1 bytes gone
                /Fold/empty/ @5 #5
                /Fold/sub/ @3 #3
            rm /Fold
                /Fold/ @8 #1 gone
            ls /Fold
                refused: there is nothing at the path
            ls-deleted /fold
                /Fold/a @8 #2 1 bytes gone
                /Fold/early @7 #6 1 bytes gone
                /Fold/empty/ @8 #5 gone
                /Fold/sub/ @8 #3 gone
            ls-deleted /fold/SUB
                /Fold/sub/b @8 #4 2 bytes gone
            ls-deleted /fold/empty
            ls-deleted /fold/a
                refused: there is nothing at the path
            put /fOLD/a 333
                /fOLD/a @10 #10 3 bytes
            ls-deleted /fold
                /fOLD/a @10 #10 3 bytes
                /fOLD/early @7 #6 1 bytes gone
                /fOLD/empty/ @8 #5 gone
                /fOLD/sub/ @8 #3 gone
            ls-deleted /fold/sub
                /Fold/sub/b @8 #4 2 bytes gone
            rm /fold/a
                /fOLD/a @11 #10 3 bytes gone
            rm /fold
                /fOLD/ @12 #9 gone
            ls-deleted /fold
                /fOLD/a @11 #10 3 bytes gone
                /fOLD/early @7 #6 1 bytes gone
                /fOLD/empty/ @8 #5 gone
                /fOLD/sub/ @8 #3 gone
            restore /Fold/sub/b 4
                /Fold/sub/b @15 #15 2 bytes
            ls-deleted /fold
                /Fold/a @11 #10 3 bytes gone
                /Fold/early @7 #6 1 bytes gone
                /Fold/empty/ @8 #5 gone
                /Fold/sub/ @14 #14
            ls-deleted /fold/sub
                /Fold/sub/b @15 #15 2 bytes
        "#]],
    );
}

/// What was moved away is elsewhere; what came into it there never was here.
#[test]
fn what_was_moved_away_is_not_listed_as_deleted_with_its_folder() {
    check(
        "put /a/x 1
         mv /a /b
         put /b/secret 1
         rm /b
         ls-deleted /a
         ls-deleted /b
         put /a/y 1
         rm /a
         ls-deleted /a
         mkdir /a
         put /c 1
         mv /c /a/c
         ls-deleted /a
         rm /a
         put /a 1
         ls-deleted /a",
        &expect![[r#"
            put /a/x 1
                /a/x @2 #2 1 bytes
            mv /a /b
                /b/ @3 #1
            put /b/secret 1
                /b/secret @4 #4 1 bytes
            rm /b
                /b/ @5 #1 gone
            ls-deleted /a
                refused: there is nothing at the path
            ls-deleted /b
                /b/secret @5 #4 1 bytes gone
                /b/x @5 #2 1 bytes gone
            put /a/y 1
                /a/y @7 #7 1 bytes
            rm /a
                /a/ @8 #6 gone
            ls-deleted /a
                /a/y @8 #7 1 bytes gone
            mkdir /a
                /a/ @9 #9
            put /c 1
                /c @10 #10 1 bytes
            mv /c /a/c
                /a/c @11 #10 1 bytes
            ls-deleted /a
                /a/c @11 #10 1 bytes
                /a/y @8 #7 1 bytes gone
            rm /a
                /a/ @12 #9 gone
            put /a 1
                /a @13 #13 1 bytes
            ls-deleted /a
                refused: there is a file at the path
        "#]],
    );
}
