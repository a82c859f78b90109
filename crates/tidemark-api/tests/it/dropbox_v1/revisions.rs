//! `/revisions` and `/restore`.

use crate::world::World;
use expect_test::expect;
use std::time::Duration;

#[tokio::test]
async fn revisions_are_told_newest_first_with_deletions() {
    let world = World::new().await;
    let one = world.file("/a.txt", "1").await;
    let two = world.file("/a.txt", "22").await;
    world.advance(Duration::from_secs(61));
    world.post("/1/fileops/delete", "root=auto&path=/a.txt").await;
    let three = world.file("/A.txt", "333").await;
    let answer = world.get("/1/revisions/auto/a.txt?rev_limit=1000").await;
    expect![[r#"
        [
          {
            "bytes": 3,
            "client_mtime": "Wed, 05 Feb 2014 09:08:04 +0000",
            "icon": "page_white_text",
            "is_dir": false,
            "mime_type": "text/plain",
            "modified": "Wed, 05 Feb 2014 09:08:04 +0000",
            "path": "/A.txt",
            "rev": "400000001",
            "revision": 4,
            "root": "dropbox",
            "size": "3 bytes",
            "thumb_exists": false
          },
          {
            "bytes": 0,
            "client_mtime": "Wed, 05 Feb 2014 09:08:04 +0000",
            "icon": "page_white_text",
            "is_deleted": true,
            "is_dir": false,
            "mime_type": "text/plain",
            "modified": "Wed, 05 Feb 2014 09:08:04 +0000",
            "path": "/A.txt",
            "rev": "300000001",
            "revision": 3,
            "root": "dropbox",
            "size": "0 bytes",
            "thumb_exists": false
          },
          {
            "bytes": 2,
            "client_mtime": "Wed, 05 Feb 2014 09:07:03 +0000",
            "icon": "page_white_text",
            "is_dir": false,
            "mime_type": "text/plain",
            "modified": "Wed, 05 Feb 2014 09:07:03 +0000",
            "path": "/A.txt",
            "rev": "200000001",
            "revision": 2,
            "root": "dropbox",
            "size": "2 bytes",
            "thumb_exists": false
          },
          {
            "bytes": 1,
            "client_mtime": "Wed, 05 Feb 2014 09:07:03 +0000",
            "icon": "page_white_text",
            "is_dir": false,
            "mime_type": "text/plain",
            "modified": "Wed, 05 Feb 2014 09:07:03 +0000",
            "path": "/A.txt",
            "rev": "100000001",
            "revision": 1,
            "root": "dropbox",
            "size": "1 bytes",
            "thumb_exists": false
          }
        ]"#]]
    .assert_eq(&serde_json::to_string_pretty(&answer.json()).unwrap());
    let revs = |answer: &crate::world::Answer| -> Vec<String> {
        let list = answer.json();
        list.as_array().unwrap().iter().map(|entry| entry["rev"].as_str().unwrap().to_owned()).collect()
    };
    let all = revs(&answer);
    assert_eq!((&all[0], &all[2], &all[3]), (&three, &two, &one));
    assert_eq!(revs(&world.get("/1/revisions/auto/a.txt?rev_limit=2").await), all[..2]);
    assert_eq!(revs(&world.get("/1/revisions/auto/a.txt?rev_limit=5000").await), all);
    assert_eq!(revs(&world.post("/1/revisions/auto/a.txt", "").await), all);
}

#[tokio::test]
async fn ten_revisions_are_told_by_default() {
    let world = World::new().await;
    for n in 0..12 {
        world.put("/1/files_put/auto/a", format!("{n}")).await;
    }
    assert_eq!(world.get("/1/revisions/auto/a").await.json().as_array().map(Vec::len), Some(10));
}

#[tokio::test]
async fn folders_and_places_without_a_past_have_no_revisions() {
    let world = World::new().await;
    world.folder("/dir").await;
    world.get("/1/revisions/auto/dir").await.refuses(404);
    world.get("/1/revisions/auto/").await.refuses(404);
    let answer = world.get("/1/revisions/auto/Never").await;
    expect![[r#"404 {"error":"Path '/never' not found"}"#]].assert_eq(&answer.shown());
    for bad in ["0", "-1", "x", "1.5"] {
        world.get(&format!("/1/revisions/auto/dir?rev_limit={bad}")).await.refuses(400);
    }
}

#[tokio::test]
async fn restoring_makes_a_new_revision_with_the_old_bytes() {
    let world = World::new().await;
    let one = world.file("/a.txt", "one").await;
    world.file("/a.txt", "two!").await;
    let answer = world.post("/1/restore/auto/a.txt", &format!("rev={one}")).await;
    expect![[r#"200 {"path":"/a.txt","is_dir":false,"bytes":3,"size":"3 bytes","rev":"300000001","revision":3,"modified":"Wed, 05 Feb 2014 09:07:03 +0000","client_mtime":"Wed, 05 Feb 2014 09:07:03 +0000","mime_type":"text/plain","icon":"page_white_text","thumb_exists":false,"root":"dropbox"}"#]].assert_eq(&answer.shown());
    assert_eq!(world.get("/1/files/auto/a.txt").await.text(), "one");
    let now = answer.field("rev");
    world.post("/1/fileops/delete", "root=auto&path=/a.txt").await;
    let answer = world.get(&format!("/1/restore/auto/a.txt?rev={one}")).await;
    assert_eq!(answer.status, 200, "works while it is deleted, and by GET");
    assert_ne!(answer.field("rev"), now);
    let again = world.post("/1/restore/auto/a.txt", &format!("rev={one}")).await;
    assert_eq!(again.field("rev"), answer.field("rev"), "it is that already");
}

#[tokio::test]
async fn what_cannot_be_restored_is_refused() {
    let world = World::new().await;
    let other = world.file("/b", "b").await;
    let rev = world.file("/a", "a").await;
    world.post("/1/restore/auto/a", "").await.refuses(400);
    world.post("/1/restore/auto/a", "rev=zzz").await.refuses(400);
    let answer = world.post("/1/restore/auto/a", &format!("rev={other}")).await;
    expect![[r#"400 {"error":{"rev":"Unable to restore this rev at this path"}}"#]]
        .assert_eq(&answer.shown());
    world.post("/1/restore/auto/a", "rev=ffff00000001").await.refuses(404);
    world.post("/1/restore/auto/never", &format!("rev={rev}")).await.refuses(404);
}
