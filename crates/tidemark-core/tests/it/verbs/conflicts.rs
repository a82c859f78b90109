//! What a put does when something is there.

use super::check;
use expect_test::expect;

#[test]
fn a_put_creates_overwrites_and_leaves_equal_bytes_alone() {
    check(
        "put /Docs/a.txt one
         put /docs/A.TXT one
         put /docs/A.TXT three
         ls /
         ls /DOCS
         usage",
        &expect![[r#"
            put /Docs/a.txt one
                /Docs/a.txt @2 #2 3 bytes
            put /docs/A.TXT one
                /Docs/a.txt @2 #2 3 bytes
            put /docs/A.TXT three
                /Docs/a.txt @3 #2 5 bytes
            ls /
                /Docs/ @1 #1
            ls /DOCS
                /Docs/a.txt @3 #2 5 bytes
            usage
                5 bytes in 2 entries
        "#]],
    );
}

#[test]
fn additions_go_beside_what_is_there() {
    check(
        "add /a.txt one
         add /a.txt one
         add /A.txt two
         add-strict /a.txt two
         mkdir /folder
         put /folder x
         put-strict /folder x
         add /.profile x
         add /.profile y
         ls /",
        &expect![[r#"
            add /a.txt one
                /a.txt @1 #1 3 bytes
            add /a.txt one
                /a (1).txt @2 #2 3 bytes
            add /A.txt two
                /a (2).txt @3 #3 3 bytes
            add-strict /a.txt two
                refused: something else is at the path
            mkdir /folder
                /folder/ @4 #4
            put /folder x
                /folder (1) @5 #5 1 bytes
            put-strict /folder x
                refused: something else is at the path
            add /.profile x
                /.profile @6 #6 1 bytes
            add /.profile y
                /.profile (1) @7 #7 1 bytes
            ls /
                /.profile @6 #6 1 bytes
                /.profile (1) @7 #7 1 bytes
                /a (1).txt @2 #2 3 bytes
                /a (2).txt @3 #3 3 bytes
                /a.txt @1 #1 3 bytes
                /folder/ @4 #4
                /folder (1) @5 #5 1 bytes
        "#]],
    );
}

#[test]
fn updates_go_by_the_rev_they_saw() {
    check(
        "put /a.txt one
         update /a.txt two 1
         update /a.txt three 1
         update /a.txt four 1
         update-strict /a.txt five 1
         update /new.txt x 2
         update /a.txt x 99
         mkdir /d
         update /a.txt x 6",
        &expect![[r#"
            put /a.txt one
                /a.txt @1 #1 3 bytes
            update /a.txt two 1
                /a.txt @2 #1 3 bytes
            update /a.txt three 1
                /a (conflicted copy).txt @3 #3 5 bytes
            update /a.txt four 1
                /a (conflicted copy 2).txt @4 #4 4 bytes
            update-strict /a.txt five 1
                refused: something else is at the path
            update /new.txt x 2
                /new.txt @5 #5 1 bytes
            update /a.txt x 99
                refused: there never was such a rev
            mkdir /d
                /d/ @6 #6
            update /a.txt x 6
                refused: there never was such a rev
        "#]],
    );
}

#[test]
fn files_are_no_folders_and_the_root_is_no_file() {
    check(
        "put /a x
         put /a/b y
         mkdir /a/b
         mkdir /a
         put / x
         mkdir /",
        &expect![[r#"
            put /a x
                /a @1 #1 1 bytes
            put /a/b y
                refused: a folder of the path is a file
            mkdir /a/b
                refused: a folder of the path is a file
            mkdir /a
                refused: there is already something at /a
            put / x
                refused: the root is not a file
            mkdir /
                refused: the root cannot be moved, made or deleted
        "#]],
    );
}

#[test]
fn quota_refuses_growth_only() {
    check(
        "put /big 123456789012345678901234567890
         put /more 12345678901
         put /more 1234567890
         cp /more /again
         mv /more /moved
         put /moved 1
         rm /big
         cp /moved /again
         undelete /big
         put /x 123456789
         usage",
        &expect![[r#"
            put /big 123456789012345678901234567890
                /big @1 #1 30 bytes
            put /more 12345678901
                refused: the account is over its quota
            put /more 1234567890
                /more @2 #2 10 bytes
            cp /more /again
                refused: the account is over its quota
            mv /more /moved
                /moved @3 #2 10 bytes
            put /moved 1
                /moved @4 #2 1 bytes
            rm /big
                /big @5 #1 30 bytes gone
            cp /moved /again
                /again @6 #6 1 bytes
            undelete /big
                /big @7 #1 30 bytes
            put /x 123456789
                refused: the account is over its quota
            usage
                32 bytes in 3 entries
        "#]],
    );
}
