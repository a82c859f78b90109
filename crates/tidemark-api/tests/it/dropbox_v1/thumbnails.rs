//! `/thumbnails`: names of sizes and formats, statuses, headers. The pictures themselves are in the binary's tests.

use crate::world::{Choices, World};
use expect_test::expect;
use futures_util::FutureExt;
use http::Method;
use tidemark_core::media;

#[tokio::test]
async fn a_thumbnail_has_every_documented_header() {
    let world = World::new().await;
    world.file("/Photos/t%C3%A9st.JPG", "picture 1").await;
    let answer = world.get("/1/thumbnails/auto/photos/t%C3%A9st.jpg").await;
    expect![[r#"
        200
        access-control-allow-origin: *
        cache-control: private, max-age=0
        content-length: 26
        content-security-policy: sandbox; default-src 'none'; img-src 'self' data:; media-src 'self' data:; style-src 'unsafe-inline'
        content-type: image/jpeg
        etag: "200000001-64x64-jpeg-1"
        referrer-policy: no-referrer
        x-content-type-options: nosniff
        x-dropbox-metadata: {"path":"/Photos/t\u00e9st.JPG","is_dir":false,"bytes":9,"size":"9 bytes","rev":"200000001","revision":2,"modified":"Wed, 05 Feb 2014 09:07:03 +0000","client_mtime":"Wed, 05 Feb 2014 09:07:03 +0000","mime_type":"image/jpeg","icon":"page_white_picture","thumb_exists":true,"root":"dropbox"}

        Jpeg in 64x64 of picture 1"#]]
    .assert_eq(&answer.shown_whole());
    let metadata = world.get("/1/metadata/auto/Photos/t%C3%A9st.jpg").await.json();
    let header: serde_json::Value =
        serde_json::from_str(answer.header("x-dropbox-metadata").unwrap()).unwrap();
    assert_eq!(header, metadata);
}

#[tokio::test]
async fn every_name_of_a_size_and_a_format_is_known_in_any_case() {
    let world = World::new().await;
    world.file("/a.png", "picture").await;
    for (query, mime_type, text) in [
        ("", "image/jpeg", "Jpeg in 64x64 of picture"),
        ("?size=&format=", "image/jpeg", "Jpeg in 64x64 of picture"),
        ("?size=xs", "image/jpeg", "Jpeg in 32x32 of picture"),
        ("?size=S", "image/jpeg", "Jpeg in 64x64 of picture"),
        ("?size=m&format=JPEG", "image/jpeg", "Jpeg in 128x128 of picture"),
        ("?size=l&format=png", "image/png", "Png in 640x480 of picture"),
        ("?size=XL&format=PNG", "image/png", "Png in 1024x768 of picture"),
        ("?size=small&format=bmp", "image/bmp", "Bmp in 32x32 of picture"),
        ("?size=medium&format=Bmp", "image/bmp", "Bmp in 64x64 of picture"),
        ("?size=large", "image/jpeg", "Jpeg in 128x128 of picture"),
        ("?size=256x256", "image/jpeg", "Jpeg in 256x256 of picture"),
        ("?size=320x240_bestfit", "image/jpeg", "Jpeg in 320x240 of picture"),
        ("?size=480x320_bestfit", "image/jpeg", "Jpeg in 480x320 of picture"),
        ("?size=640x480_BESTFIT", "image/jpeg", "Jpeg in 640x480 of picture"),
        ("?size=960x640_bestfit", "image/jpeg", "Jpeg in 960x640 of picture"),
        ("?size=1024x768_bestfit", "image/jpeg", "Jpeg in 1024x768 of picture"),
    ] {
        let answer = world.get(&format!("/1/thumbnails/auto/a.png{query}")).await;
        let seen = (answer.status.as_u16(), answer.header("content-type"), answer.text());
        assert_eq!(seen, (200, Some(mime_type), text.to_owned()), "{query}");
    }
    assert_eq!(world.post("/1/thumbnails/auto/a.png", "size=xl").await.text(), "Jpeg in 1024x768 of picture");
}

#[tokio::test]
async fn what_has_no_thumbnail_is_told_apart() {
    let world = World::new().await;
    let rev = world.file("/a.jpg", "picture 1").await;
    world.file("/broken.gif", "no picture").await;
    world.file("/empty.webp", "").await;
    world.file("/notes.txt", "picture").await;
    world.file("/film.mp4", "picture").await;
    world.folder("/folder.jpg").await;
    for path in ["missing.jpg", "notes.txt", "film.mp4", "folder.jpg", "", "a.jpg?rev=ffff00000001"] {
        world.get(&format!("/1/thumbnails/auto/{path}")).await.refuses(404);
    }
    for path in ["broken.gif", "empty.webp"] {
        let answer = world.get(&format!("/1/thumbnails/auto/{path}")).await;
        assert_eq!(answer.refuses(415).header("etag"), None);
    }
    world.put("/1/files_put/auto/large.jpg", vec![b'x'; (20 << 20) + 1]).await;
    let begun = world.imaging.begun();
    world.get("/1/thumbnails/auto/large.jpg").await.refuses(415);
    assert_eq!(world.imaging.begun(), begun, "it is not even looked at");
    world.file("/a.jpg", "picture 2").await;
    world.post("/1/fileops/delete", "root=auto&path=a.jpg").await;
    world.get("/1/thumbnails/auto/a.jpg").await.refuses(404);
    let answer = world.get(&format!("/1/thumbnails/auto/a.jpg?rev={rev}")).await;
    assert_eq!(answer.text(), "Jpeg in 64x64 of picture 1", "an old revision still has one");
    assert!(answer.header("x-dropbox-metadata").unwrap().contains(&rev));
}

/// Who has it is told so at no cost; another size, format or revision is another thing.
#[tokio::test]
async fn a_thumbnail_that_is_known_is_not_made_again() {
    let world = World::new().await;
    world.file("/a.jpg", "picture 1").await;
    let tag = world.get("/1/thumbnails/auto/a.jpg").await.header("etag").unwrap().to_owned();
    let begun = world.imaging.begun();
    world.imaging.break_down(true);
    let answer = world.get_with("/1/thumbnails/auto/a.jpg", "if-none-match", &tag).await;
    assert_eq!((answer.status.as_u16(), answer.header("etag"), answer.body.len()), (304, Some(&*tag), 0));
    assert_eq!(answer.header("content-type"), None);
    assert_eq!(world.get("/1/thumbnails/auto/a.jpg").await.status, 200, "it was kept");
    world.post("/1/fileops/copy", "root=auto&from_path=a.jpg&to_path=b.jpg").await;
    assert_eq!(world.get("/1/thumbnails/auto/b.jpg").await.status, 200, "of the bytes, not of the file");
    assert_eq!(world.imaging.begun(), begun);
    world.imaging.break_down(false);
    for query in ["?size=m", "?format=png"] {
        let answer = world.get_with(&format!("/1/thumbnails/auto/a.jpg{query}"), "if-none-match", &tag).await;
        assert_eq!(answer.status, 200, "{query}");
    }
    world.file("/a.jpg", "picture 2").await;
    let answer = world.get_with("/1/thumbnails/auto/a.jpg", "if-none-match", &tag).await;
    assert_eq!(answer.text(), "Jpeg in 64x64 of picture 2");
}

#[tokio::test]
async fn a_decoder_that_cannot_work_is_the_servers_fault() {
    let world = World::new().await;
    world.file("/a.jpg", "picture 1").await;
    world.imaging.break_down(true);
    let answer = world.get("/1/thumbnails/auto/a.jpg").await;
    assert!(answer.refuses(503).header("retry-after").is_some());
}

/// What is too large for a thumbnail says so beforehand.
#[tokio::test]
async fn the_largest_picture_has_20_mb() {
    let world = World::new().await;
    for (size, status, exists) in [(20 << 20, 200, true), ((20 << 20) + 1, 415, false)] {
        let mut picture = b"picture".to_vec();
        picture.resize(size, b' ');
        let entry = world.put("/1/files_put/auto/a.jpg", picture).await.json();
        assert_eq!(entry["thumb_exists"], exists, "{size}");
        assert_eq!(world.get("/1/thumbnails/auto/a.jpg").await.status, status, "{size}");
    }
}

#[tokio::test]
async fn one_account_may_wait_for_so_many() {
    let media = media::Limits { waiting_per_account: 2, ..media::Limits::default() };
    let world = World::with(Choices { media, ..Choices::default() }).await;
    for name in ["a", "b", "c"] {
        world.put(&format!("/1/files_put/auto/{name}.jpg"), format!("picture {name}")).await;
    }
    world.imaging.hold();
    let mut waiting: Vec<_> =
        ["a", "b"].map(|name| Box::pin(world.get_owned(format!("/1/thumbnails/auto/{name}.jpg")))).into();
    for one in &mut waiting {
        assert!(one.now_or_never().is_none());
    }
    let answer = world.get("/1/thumbnails/auto/c.jpg").await;
    assert!(answer.refuses(429).header("retry-after").is_some());
    world.imaging.let_go(9);
    for one in waiting {
        assert_eq!(one.await.status, 200);
    }
    assert_eq!(world.get("/1/thumbnails/auto/c.jpg").await.status, 200);
}

impl World {
    async fn get_owned(&self, uri: String) -> crate::world::Answer {
        self.get(&uri).await
    }
}

#[tokio::test]
async fn other_methods_are_refused() {
    let world = World::new().await;
    for method in [Method::PUT, Method::DELETE] {
        let request = world.ask(method, "/1/thumbnails/auto/a.jpg").body(axum::body::Body::empty()).unwrap();
        world.send(request).await.refuses(405);
    }
}
