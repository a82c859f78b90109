//! `/fileops/copy`, `/fileops/move`, `/fileops/create_folder`, `/fileops/delete`.

use crate::world::World;
use expect_test::expect;
use std::time::Duration;
use tidemark_core::model::Access;

#[tokio::test]
async fn a_folder_is_created_with_the_folders_around_it() {
    let world = World::new().await;
    let answer = world.post("/1/fileops/create_folder", "root=auto&path=/A/b").await;
    expect![[r#"200 {"path":"/A/b","is_dir":true,"bytes":0,"size":"0 bytes","rev":"200000001","revision":2,"modified":"Wed, 05 Feb 2014 09:07:03 +0000","icon":"folder","thumb_exists":false,"root":"dropbox"}"#]].assert_eq(&answer.shown());
    assert_eq!(world.get("/1/metadata/auto/a?list=false").await.field("path"), "/A");
    let answer = world.post("/1/fileops/create_folder", "root=auto&path=a/B/").await;
    expect![[r#"403 {"error":"A file with that name already exists at path '/A/b'"}"#]]
        .assert_eq(&answer.shown());
    world.file("/file", "x").await;
    world.post("/1/fileops/create_folder", "root=auto&path=/FILE").await.refuses(403);
    world.post("/1/fileops/create_folder", "root=auto&path=/file/sub").await.refuses(403);
    world.post("/1/fileops/create_folder", "root=auto&path=/").await.refuses(403);
}

#[tokio::test]
async fn a_file_moves() {
    let world = World::new().await;
    world.file("/a.txt", "hello").await;
    world.advance(Duration::from_secs(61));
    let answer = world.post("/1/fileops/move/", "root=auto&from_path=a.txt&to_path=New/B.jpg").await;
    expect![[r#"200 {"path":"/New/B.jpg","is_dir":false,"bytes":5,"size":"5 bytes","rev":"300000001","revision":3,"modified":"Wed, 05 Feb 2014 09:08:04 +0000","client_mtime":"Wed, 05 Feb 2014 09:08:04 +0000","mime_type":"image/jpeg","icon":"page_white_picture","thumb_exists":true,"root":"dropbox"}"#]].assert_eq(&answer.shown());
    assert_eq!(world.get("/1/metadata/auto/a.txt").await.json()["is_deleted"], true);
    assert_eq!(world.get("/1/files/auto/new/b.jpg").await.text(), "hello");
}

#[tokio::test]
async fn folders_move_and_copy_with_all_they_hold() {
    let world = World::new().await;
    world.file("/a/b/c", "c").await;
    let answer = world.post("/1/fileops/copy", "root=dropbox&from_path=/A&to_path=/copy").await;
    expect![[r#"200 {"path":"/copy","is_dir":true,"bytes":0,"size":"0 bytes","rev":"400000001","revision":4,"modified":"Wed, 05 Feb 2014 09:07:03 +0000","icon":"folder","thumb_exists":false,"root":"dropbox"}"#]].assert_eq(&answer.shown());
    assert_eq!(world.post("/1/fileops/move", "from_path=/a&to_path=/moved").await.status, 200);
    for path in ["copy", "moved"] {
        assert_eq!(world.get(&format!("/1/files/auto/{path}/b/c")).await.text(), "c");
    }
    world.get("/1/files/auto/a/b/c").await.refuses(404);
}

#[tokio::test]
async fn what_exists_is_never_replaced() {
    let world = World::new().await;
    world.file("/a", "a").await;
    world.folder("/dir").await;
    for verb in ["copy", "move"] {
        let ask = |from, to| {
            let form = format!("root=auto&from_path={from}&to_path={to}");
            let world = &world;
            async move { world.post(&format!("/1/fileops/{verb}"), &form).await }
        };
        let answer = ask("/a", "/Dir").await;
        assert_eq!(answer.shown(), r#"403 {"error":"A file with that name already exists at path '/dir'"}"#);
        ask("/a", "/a").await.refuses(403);
        ask("/a", "/A").await.refuses(403);
        ask("/dir", "/dir/sub").await.refuses(403);
        ask("/", "/x").await.refuses(403);
        ask("/a", "/").await.refuses(403);
        ask("/a", "/a/x").await.refuses(403);
        let answer = ask("/Never", "/x").await;
        assert_eq!(answer.shown(), r#"404 {"error":"Path '/never' not found"}"#);
    }
    assert_eq!(world.get("/1/files/auto/a").await.text(), "a");
}

#[tokio::test]
async fn a_copy_needs_exactly_one_source() {
    let world = World::new().await;
    world.file("/a", "a").await;
    world.post("/1/fileops/copy", "root=auto&to_path=/b").await.refuses(400);
    world.post("/1/fileops/copy", "root=auto&to_path=/b&from_path=/a&from_copy_ref=x").await.refuses(400);
    world.post("/1/fileops/copy", "root=auto&to_path=/b&from_copy_ref=x").await.refuses(404);
    world.get("/1/fileops/copy?root=auto&to_path=/b&from_copy_ref=x").await.refuses(404);
    assert_eq!(world.get("/1/fileops/copy?root=auto&to_path=/b&from_path=/a").await.field("path"), "/b");
}

#[tokio::test]
async fn more_than_ten_thousand_entries_cannot_be_copied_at_once_but_moved() {
    let world = World::new().await;
    for n in 0..1000 {
        world.file(&format!("/all/0/{n}"), "x").await;
    }
    for n in 1..10 {
        let form = format!("root=auto&from_path=/all/0&to_path=/all/{n}");
        assert_eq!(world.post("/1/fileops/copy", &form).await.status, 200);
    }
    let answer = world.post("/1/fileops/copy", "root=auto&from_path=/all&to_path=/more").await;
    expect![[r#"406 {"error":"There are too many files and folders to copy at once"}"#]]
        .assert_eq(&answer.shown());
    assert_eq!(world.post("/1/fileops/move", "root=auto&from_path=/all&to_path=/more").await.status, 200);
    assert_eq!(world.get("/1/files/auto/more/9/999").await.text(), "x");
    assert_eq!(world.post("/1/fileops/delete", "root=auto&path=/more").await.status, 200);
}

#[tokio::test]
async fn a_copy_counts_against_the_quota() {
    let world = World::with_quota(10).await;
    world.file("/a", "123456").await;
    world.post("/1/fileops/copy", "root=auto&from_path=/a&to_path=/b").await.refuses(507);
}

#[tokio::test]
async fn deleting_tells_what_was_deleted() {
    let world = World::new().await;
    world.file("/Dir/a.txt", "hello").await;
    world.advance(Duration::from_secs(61));
    let answer = world.post("/1/fileops/delete", "root=auto&path=/dir/A.txt").await;
    expect![[r#"200 {"path":"/Dir/a.txt","is_dir":false,"bytes":0,"size":"0 bytes","rev":"300000001","revision":3,"modified":"Wed, 05 Feb 2014 09:08:04 +0000","client_mtime":"Wed, 05 Feb 2014 09:08:04 +0000","mime_type":"text/plain","icon":"page_white_text","thumb_exists":false,"root":"dropbox","is_deleted":true}"#]].assert_eq(&answer.shown());
    let answer = world.post("/1/fileops/delete", "root=auto&path=dir").await;
    expect![[r#"200 {"path":"/Dir","is_dir":true,"bytes":0,"size":"0 bytes","rev":"400000001","revision":4,"modified":"Wed, 05 Feb 2014 09:08:04 +0000","icon":"folder","thumb_exists":false,"root":"dropbox","is_deleted":true}"#]].assert_eq(&answer.shown());
    for path in ["/dir", "/dir/a.txt", "/never"] {
        world.post("/1/fileops/delete", &format!("root=auto&path={path}")).await.refuses(404);
    }
    world.post("/1/fileops/delete", "root=auto&path=/").await.refuses(403);
}

/// A name gets other letters for who asks for identities; everybody else is told that the place is taken.
#[tokio::test]
async fn a_name_is_spelled_anew_for_who_knows_what_is_there() {
    let world = World::new().await;
    world.file("/dir/a", "a").await;
    let form = "root=auto&from_path=/dir&to_path=/DIR";
    world.post("/1/fileops/move", form).await.refuses(403);
    let answer = world.post("/1/fileops/move", &format!("{form}&include_identity=true")).await;
    assert_eq!(answer.field("path"), "/DIR");
    assert_eq!(world.get("/1/files/auto/dir/a").await.text(), "a");
    // Its own letters are none: there is nothing to be done.
    world
        .post("/1/fileops/move", "root=auto&from_path=/dir&to_path=/DIR&include_identity=true")
        .await
        .refuses(403);
}

/// Our own clients delete and move what they know, and nothing that has changed since they were told.
#[tokio::test]
async fn what_changed_since_a_cursor_stays() {
    let world = World::new().await;
    world.file("/dir/sub/a", "a").await;
    world.file("/dir/b", "b").await;
    let cursor = async || world.post("/1/delta/latest_cursor", "").await.field("cursor");
    let old = cursor().await;
    // What left the folder changed it, too.
    world.post("/1/fileops/move", "root=auto&from_path=/dir/b&to_path=/b").await;
    let head = world.head().await;
    for (uri, form) in [
        ("/1/fileops/delete", "root=auto&path=/dir"),
        ("/1/fileops/move", "root=auto&from_path=/dir&to_path=/elsewhere"),
        // It is looked at before where it should go.
        ("/1/fileops/move", "root=auto&from_path=/dir&to_path=/b"),
    ] {
        let answer = world.post(uri, &format!("{form}&as_of={old}")).await;
        expect![[r#"412 {"error":"It has changed since the cursor"}"#]].assert_eq(&answer.shown());
    }
    let gone = format!("root=auto&path=/dir/b&as_of={old}");
    world.post("/1/fileops/delete", &gone).await.refuses(404);
    assert_eq!(world.head().await, head);
    // As of now it may go, and what did not change might have gone before.
    let form = format!("root=auto&from_path=/dir/sub/a&to_path=/dir/a&as_of={old}");
    assert_eq!(world.post("/1/fileops/move", &form).await.field("path"), "/dir/a");
    let form = format!("root=auto&path=/dir&as_of={}", cursor().await);
    assert_eq!(world.post("/1/fileops/delete", &form).await.field("path"), "/dir");
}

/// A page that is not the last leaves its reader in the middle of something.
#[tokio::test]
async fn whoever_has_not_been_told_all_knows_nothing_for_certain() {
    let world = World::new().await;
    for n in 0..2001 {
        world.file(&format!("/{n:04}"), "x").await;
    }
    let first = world.post("/1/delta", "").await;
    assert_eq!(first.json()["has_more"], true);
    let form = format!("root=auto&path=/0000&as_of={}", first.field("cursor"));
    world.post("/1/fileops/delete", &form).await.refuses(412);
    let last = world.post("/1/delta", &format!("cursor={}", first.field("cursor"))).await;
    let form = format!("root=auto&path=/0000&as_of={}", last.field("cursor"));
    assert_eq!(world.post("/1/fileops/delete", &form).await.status, 200);
}

/// Without one there would be no condition, so whatever is no cursor into this tree is refused.
#[tokio::test]
async fn what_is_no_cursor_of_ones_own_is_refused() {
    let mut world = World::new().await;
    world.file("/a", "a").await;
    let (ada, own) = (world.token.clone(), world.post("/1/delta", "").await.field("cursor"));
    let bo = world.person("bo@example.org").await;
    world.token = world.token_for(&bo, "Other", Access::Full).await;
    let other = world.post("/1/delta/latest_cursor", "").await.field("cursor");
    world.token = ada;
    for bad in ["", "x", &own[1..], &other] {
        for (uri, form) in [
            ("/1/fileops/delete", "root=auto&path=/a"),
            ("/1/fileops/move", "root=auto&from_path=/a&to_path=/c"),
        ] {
            let answer = world.post(uri, &format!("{form}&as_of={bad}")).await;
            expect![[r#"400 {"error":{"as_of":"The cursor is invalid"}}"#]].assert_eq(&answer.shown());
        }
    }
    // Another app of the same person may have told it.
    world.token = world.token_for(&world.account, "Notes", Access::AppFolder).await;
    let narrow = world.post("/1/delta/latest_cursor", "").await.field("cursor");
    world.token = world.token_for(&world.account, "Another", Access::Full).await;
    let answer = world.post("/1/fileops/delete", &format!("root=auto&path=/a&as_of={narrow}")).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
}
