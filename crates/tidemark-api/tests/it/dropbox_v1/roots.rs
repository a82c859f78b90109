//! What `auto`, `dropbox` and `sandbox` mean to whom.

use crate::world::World;
use expect_test::expect;
use tidemark_core::model::Access;

#[tokio::test]
async fn an_app_folder_is_all_that_its_app_sees() {
    let mut world = World::new().await;
    world.file("/private.txt", "x").await;
    let full = world.token.clone();
    world.token = world.token_for(&world.account, "Sketch Pad", Access::AppFolder).await;
    world.file("/drawing.txt", "mine").await;
    let answer = world.get("/1/metadata/sandbox/drawing.txt").await;
    expect![[r#"200 {"path":"/drawing.txt","is_dir":false,"bytes":4,"size":"4 bytes","rev":"400000001","revision":4,"modified":"Wed, 05 Feb 2014 09:07:03 +0000","client_mtime":"Wed, 05 Feb 2014 09:07:03 +0000","mime_type":"text/plain","icon":"page_white_text","thumb_exists":false,"root":"app_folder"}"#]].assert_eq(&answer.shown());
    world.get("/1/metadata/auto/private.txt").await.refuses(404);
    let answer = world.get("/1/metadata/dropbox/drawing.txt").await;
    expect![[r#"403 {"error":"The app may use its own folder only"}"#]].assert_eq(&answer.shown());
    world.post("/1/fileops/delete", "root=dropbox&path=/private.txt").await.refuses(403);
    let root = world.get("/1/metadata/auto").await.json();
    assert_eq!((&root["path"], &root["root"], root.get("rev")), (&"/".into(), &"app_folder".into(), None));

    world.token = full;
    assert_eq!(world.get("/1/files/dropbox/Apps/Sketch%20Pad/drawing.txt").await.text(), "mine");
    // The app's folder is known by what it is, not by what it is called.
    world.post("/1/fileops/move", "root=auto&from_path=/Apps/Sketch Pad&to_path=/Drawings").await;
    assert_eq!(world.get("/1/files/auto/Drawings/drawing.txt").await.text(), "mine");
}

#[tokio::test]
async fn what_left_an_app_folder_is_out_of_its_sight_from_then_on() {
    let mut world = World::new().await;
    let full = world.token.clone();
    let pad = world.token_for(&world.account, "Sketch Pad", Access::AppFolder).await;
    world.token = pad.clone();
    let shown = world.file("/Diary/monday.txt", "shown").await;

    world.token = full;
    world.post("/1/fileops/move", "root=auto&from_path=/Apps/Sketch Pad/Diary&to_path=/Private").await;
    let secret = world.file("/Private/monday.txt", "a secret").await;
    world.file("/Private/tuesday.txt", "another").await;

    world.token = pad;
    let revisions = world.get("/1/revisions/auto/Diary/monday.txt").await;
    let revisions = revisions.json();
    let of = |field: &str| -> Vec<_> {
        revisions.as_array().unwrap().iter().map(|revision| revision[field].clone()).collect()
    };
    assert_eq!(of("rev")[1..], [shown.as_str()], "{revisions}");
    assert_eq!(of("bytes")[1..], [5], "{revisions}");
    world.get(&format!("/1/files/auto/Diary/monday.txt?rev={secret}")).await.refuses(404);
    world.get(&format!("/1/metadata/auto/Diary/monday.txt?rev={secret}")).await.refuses(404);
    world.post("/1/restore/auto/Diary/monday.txt", &format!("rev={secret}")).await.refuses(400);
    world.get("/1/revisions/auto/Diary/tuesday.txt").await.refuses(404);
    let was = world.get(&format!("/1/files/auto/Diary/monday.txt?rev={shown}")).await;
    assert_eq!(was.text(), "shown");
}

#[tokio::test]
async fn the_sandbox_of_a_full_app_is_a_folder_of_its_own() {
    let world = World::new().await;
    let answer = world.put("/1/files_put/sandbox/a.txt", "x").await;
    assert_eq!((answer.field("path"), answer.field("root")), ("/a.txt".into(), "app_folder".into()));
    assert_eq!(world.get("/1/metadata/dropbox/Apps/Watcher/a.txt").await.field("root"), "dropbox");
    assert_eq!(world.get("/1/metadata/auto/Apps/Watcher/a.txt").await.status, 200);
}

#[tokio::test]
async fn other_words_are_no_roots() {
    let world = World::new().await;
    for uri in
        ["/1/metadata/app_folder/a", "/1/metadata/AUTO", "/1/metadata", "/1/metadata/", "/1/metadata/a%75to"]
    {
        world.get(uri).await.refuses(400);
    }
    let answer = world.post("/1/fileops/delete", "root=elsewhere&path=/a").await;
    expect![[
        r#"400 {"error":{"root":"parameter \"root\" is not one of auto, sandbox, dropbox: \"elsewhere\""}}"#
    ]]
    .assert_eq(&answer.shown());
}
