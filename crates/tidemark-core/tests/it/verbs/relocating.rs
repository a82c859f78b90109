//! Moving, copying, deleting and bringing back.

use super::check;
use expect_test::expect;

#[test]
fn a_folder_moves_as_one_change_and_keeps_identities() {
    check(
        "put /a/b/c.txt one
         put /a/d.txt two
         mv /a /x/y
         ls /x/y
         stat /x/y/b/c.txt
         stat /a/b/c.txt
         stat /a
         put /x/y/new.txt z
         stat /a/new.txt
         usage",
        &expect![[r#"
            put /a/b/c.txt one
                /a/b/c.txt @3 #3 3 bytes
            put /a/d.txt two
                /a/d.txt @4 #4 3 bytes
            mv /a /x/y
                /x/y/ @6 #1
            ls /x/y
                /x/y/b/ @2 #2
                /x/y/d.txt @4 #4 3 bytes
            stat /x/y/b/c.txt
                /x/y/b/c.txt @3 #3 3 bytes
            stat /a/b/c.txt
                /a/b/c.txt @6 #3 3 bytes gone
            stat /a
                /a/ @6 #1 gone
            put /x/y/new.txt z
                /x/y/new.txt @7 #7 1 bytes
            stat /a/new.txt
                nothing
            usage
                7 bytes in 6 entries
        "#]],
    );
}

#[test]
fn what_cannot_move_says_why() {
    check(
        "put /a/b x
         put /c y
         mv /none /d
         mv /a /c
         mv /a /a/b/c
         mv /a /a/z
         cp /a /a/z
         mv /c /c/d
         mv /c /a/b/d
         mv / /z
         mv /a /
         mv /c /C
         mv /c /c
         respell /c /C
         ls /",
        &expect![[r#"
            put /a/b x
                /a/b @2 #2 1 bytes
            put /c y
                /c @3 #3 1 bytes
            mv /none /d
                refused: there is nothing at the path
            mv /a /c
                refused: there is already something at /c
            mv /a /a/b/c
                refused: a folder cannot go into itself
            mv /a /a/z
                refused: a folder cannot go into itself
            cp /a /a/z
                refused: a folder cannot go into itself
            mv /c /c/d
                refused: a folder of the path is a file
            mv /c /a/b/d
                refused: a folder of the path is a file
            mv / /z
                refused: the root cannot be moved, made or deleted
            mv /a /
                refused: the root cannot be moved, made or deleted
            mv /c /C
                refused: there is already something at /c
            mv /c /c
                refused: there is already something at /c
            respell /c /C
                /C @4 #3 1 bytes
            ls /
                /a/ @1 #1
                /C @4 #3 1 bytes
        "#]],
    );
}

#[test]
fn a_copy_is_new_entries_with_the_same_bytes() {
    check(
        "put /a/b/c.txt one
         put /a/d.txt two
         cp /a /copies/a
         put /copies/a/d.txt three
         ls /copies/a
         ls /copies/a/b
         stat /a/d.txt
         cp /a/d.txt /e.txt
         usage",
        &expect![[r#"
            put /a/b/c.txt one
                /a/b/c.txt @3 #3 3 bytes
            put /a/d.txt two
                /a/d.txt @4 #4 3 bytes
            cp /a /copies/a
                /copies/a/ @6 #6
            put /copies/a/d.txt three
                /copies/a/d.txt @10 #8 5 bytes
            ls /copies/a
                /copies/a/b/ @7 #7
                /copies/a/d.txt @10 #8 5 bytes
            ls /copies/a/b
                /copies/a/b/c.txt @9 #9 3 bytes
            stat /a/d.txt
                /a/d.txt @4 #4 3 bytes
            cp /a/d.txt /e.txt
                /e.txt @11 #11 3 bytes
            usage
                17 bytes in 10 entries
        "#]],
    );
}

#[test]
fn a_deleted_folder_comes_back_whole() {
    check(
        "put /a/b/c.txt one
         put /a/d.txt two
         rm /a/d.txt
         rm /a
         usage
         ls /
         ls-deleted /
         stat /a/b/c.txt
         rm /a
         undelete /a
         stat /a/b/c.txt
         ls-deleted /a
         undelete /a/d.txt
         undelete /a/d.txt
         usage",
        &expect![[r#"
            put /a/b/c.txt one
                /a/b/c.txt @3 #3 3 bytes
            put /a/d.txt two
                /a/d.txt @4 #4 3 bytes
            rm /a/d.txt
                /a/d.txt @5 #4 3 bytes gone
            rm /a
                /a/ @6 #1 gone
            usage
                0 bytes in 0 entries
            ls /
            ls-deleted /
                /a/ @6 #1 gone
            stat /a/b/c.txt
                /a/b/c.txt @6 #3 3 bytes gone
            rm /a
                refused: there is nothing at the path
            undelete /a
                /a/ @7 #1
            stat /a/b/c.txt
                /a/b/c.txt @3 #3 3 bytes
            ls-deleted /a
                /a/b/ @2 #2
                /a/d.txt @5 #4 3 bytes gone
            undelete /a/d.txt
                /a/d.txt @8 #4 3 bytes
            undelete /a/d.txt
                refused: there is already something at /a/d.txt
            usage
                6 bytes in 4 entries
        "#]],
    );
}

#[test]
fn a_new_folder_at_an_old_path_is_another_one() {
    check(
        "put /a/x one
         rm /a
         put /a/y two
         stat /a/x
         undelete /a
         ls /a
         ls-deleted /",
        &expect![[r#"
            put /a/x one
                /a/x @2 #2 3 bytes
            rm /a
                /a/ @3 #1 gone
            put /a/y two
                /a/y @5 #5 3 bytes
            stat /a/x
                /a/x @3 #2 3 bytes gone
            undelete /a
                refused: there is already something at /a
            ls /a
                /a/y @5 #5 3 bytes
            ls-deleted /
                /a/ @4 #4
        "#]],
    );
}
