//! `POST /download`: an archive of what was chosen.

use crate::browser::{Browser, World};
use axum::body::{Body, to_bytes};
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, COOKIE, HOST, LOCATION};
use http::{HeaderMap, Request, Response, StatusCode};
use std::io::{Cursor, Read};
use tower::ServiceExt;
use zip::ZipArchive;

/// What the page of files sends, and what it gets.
async fn download(browser: &Browser, form_token: &str, paths: &[&str]) -> (StatusCode, HeaderMap, Vec<u8>) {
    let (parts, body) = ask(browser, form_token, paths).await.into_parts();
    (parts.status, parts.headers, to_bytes(body, 64 << 20).await.unwrap().to_vec())
}

async fn ask(browser: &Browser, form_token: &str, paths: &[&str]) -> Response<Body> {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.append_pair("form_token", form_token).append_pair("paths", &paths.join("\r\n"));
    let cookies: Vec<String> =
        browser.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let request = Request::post("/download")
        .header(HOST, "files.example:8765")
        .header(COOKIE, cookies.join("; "))
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from(form.finish()))
        .unwrap();
    browser.router.clone().oneshot(request).await.unwrap()
}

async fn form_token(browser: &mut Browser) -> String {
    browser.get("/links").await.field("form_token")
}

/// Names and contents, in the order of the archive; a folder's content is nothing.
fn unpacked(bytes: Vec<u8>) -> Vec<(String, Vec<u8>)> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).unwrap();
    (0..archive.len())
        .map(|index| {
            let mut file = archive.by_index(index).unwrap();
            let mut content = Vec::new();
            file.read_to_end(&mut content).unwrap();
            (file.name().unwrap().into_owned(), content)
        })
        .collect()
}

fn names(bytes: Vec<u8>) -> Vec<String> {
    unpacked(bytes).into_iter().map(|(name, _)| name).collect()
}

/// A folder comes with all that is in it, each folder before its content, under the folder's name.
#[tokio::test]
async fn a_folder_is_sent_as_an_archive() {
    let world = World::with_ann().await;
    for path in ["/Photos/b.jpg", "/Photos/2026/é a.jpg", "/Photos/2026/deep/x", "/other.txt"] {
        world.put(path, path.as_bytes()).await;
    }
    // Larger than what is passed on at once.
    let large: Vec<u8> = (0..9_000_000_u32).flat_map(u32::to_le_bytes).take(9_000_000).collect();
    world.put("/Photos/z.bin", &large).await;
    let mut ann = world.signed_in().await;
    let token = form_token(&mut ann).await;
    let (status, headers, bytes) = download(&ann, &token, &["/Photos"]).await;
    assert_eq!((status, &headers[CONTENT_TYPE]), (StatusCode::OK, &"application/zip".parse().unwrap()));
    assert_eq!(headers[CONTENT_DISPOSITION], "attachment; filename=\"Photos.zip\"");
    let expected: Vec<(String, Vec<u8>)> = vec![
        ("Photos/".into(), vec![]),
        ("Photos/2026/".into(), vec![]),
        ("Photos/2026/deep/".into(), vec![]),
        ("Photos/2026/deep/x".into(), b"/Photos/2026/deep/x".to_vec()),
        ("Photos/2026/é a.jpg".into(), "/Photos/2026/é a.jpg".as_bytes().to_vec()),
        ("Photos/b.jpg".into(), b"/Photos/b.jpg".to_vec()),
        ("Photos/z.bin".into(), large),
    ];
    assert!(unpacked(bytes) == expected);
}

/// Several things stand beside one another in an archive that is called like the folder they are in; all of it is called Tidemark.
#[tokio::test]
async fn several_are_sent_together() {
    let world = World::with_ann().await;
    for path in ["/dir/a", "/dir/b", "/dir/sub/c"] {
        world.put(path, b"x").await;
    }
    let mut ann = world.signed_in().await;
    let token = form_token(&mut ann).await;
    let (_, headers, bytes) = download(&ann, &token, &["/dir/a", "/dir/sub"]).await;
    assert_eq!(headers[CONTENT_DISPOSITION], "attachment; filename=\"dir.zip\"");
    assert_eq!(names(bytes), ["a", "sub/", "sub/c"]);
    let (_, headers, bytes) = download(&ann, &token, &["/"]).await;
    assert_eq!(headers[CONTENT_DISPOSITION], "attachment; filename=\"Tidemark.zip\"");
    assert_eq!(names(bytes), ["dir/", "dir/a", "dir/b", "dir/sub/", "dir/sub/c"]);
}

/// A folder with more children than are read at once is sent whole, and folders among them in their places.
#[tokio::test]
async fn a_large_folder_is_sent_whole() {
    let world = World::with_ann().await;
    for number in 0..1_205 {
        world.put(&format!("/many/{number:04}"), b"").await;
        if number % 200 == 0 {
            world.put(&format!("/many/{number:04}-dir/x"), b"").await;
        }
    }
    let mut ann = world.signed_in().await;
    let token = form_token(&mut ann).await;
    let (_, _, bytes) = download(&ann, &token, &["/many"]).await;
    let told = names(bytes);
    let plain = told.iter().filter(|name| !name.contains("-dir") && *name != "many/");
    assert!(plain.eq((0..1_205).map(|number| format!("many/{number:04}")).collect::<Vec<_>>().iter()));
    assert_eq!(told.len(), 1 + 1_205 + 2 * 7);
}

/// What has one name and comes from several folders is told apart, and what is chosen twice is sent once.
#[tokio::test]
async fn equal_names_are_told_apart() {
    let world = World::with_ann().await;
    for path in ["/a/x.txt", "/b/X.txt", "/c/x.txt"] {
        world.put(path, path.as_bytes()).await;
    }
    let mut ann = world.signed_in().await;
    let token = form_token(&mut ann).await;
    let (_, _, bytes) = download(&ann, &token, &["/a/x.txt", "/b/X.txt", "/A/X.TXT", "/c/x.txt"]).await;
    let expected = [("x.txt", "/a/x.txt"), ("X (1).txt", "/b/X.txt"), ("x (2).txt", "/c/x.txt")];
    let expected = expected.map(|(name, content)| (name.to_owned(), content.as_bytes().to_vec()));
    assert_eq!(unpacked(bytes), expected);
}

/// As many as may be chosen fit into the form, with paths of an ordinary length; one more is refused.
#[tokio::test]
async fn a_thousand_are_chosen_at_once() {
    let world = World::with_ann().await;
    let folder = format!("/{}", "Photographs of the harbour ".repeat(6).trim_end());
    let paths: Vec<String> = (0..1_001).map(|number| format!("{folder}/{number:04}")).collect();
    for path in &paths {
        world.put(path, b"").await;
    }
    let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
    let mut ann = world.signed_in().await;
    let token = form_token(&mut ann).await;
    let (status, _, bytes) = download(&ann, &token, &paths[..1_000]).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(names(bytes).len(), 1_000);
    assert_eq!(download(&ann, &token, &paths).await.0, StatusCode::BAD_REQUEST);
}

/// Nobody has more than three made at once: whoever reads none of them keeps what they remember in memory.
#[tokio::test]
async fn an_account_has_few_made_at_once() {
    let world = World::with_ann().await;
    world.put("/large", &vec![7; 20 << 20]).await;
    let mut ann = world.signed_in().await;
    let token = form_token(&mut ann).await;
    let mut unread = Vec::new();
    for _ in 0..3 {
        unread.push(ask(&ann, &token, &["/large"]).await);
    }
    assert!(unread.iter().all(|answer| answer.status() == StatusCode::OK));
    assert_eq!(ask(&ann, &token, &["/large"]).await.status(), StatusCode::TOO_MANY_REQUESTS);
    drop(unread);
    // Whoever hung up is noticed when the next piece is sent to them.
    while ask(&ann, &token, &["/large"]).await.status() != StatusCode::OK {
        tokio::task::yield_now().await;
    }
}

/// Only who is signed in, with a form of ours, gets anything; and only what is there.
#[tokio::test]
async fn others_get_nothing() {
    let world = World::with_ann().await;
    world.put("/a", b"x").await;
    let mut ann = world.signed_in().await;
    let token = form_token(&mut ann).await;
    assert_eq!(download(&ann, "forged", &["/a"]).await.0, StatusCode::FORBIDDEN);
    for (paths, status) in [
        (&[][..], StatusCode::BAD_REQUEST),
        (&["/none"], StatusCode::NOT_FOUND),
        (&["/a", "/../a"], StatusCode::NOT_FOUND),
        (&["/a/b"], StatusCode::NOT_FOUND),
    ] {
        assert_eq!(download(&ann, &token, paths).await.0, status, "{paths:?}");
    }
    let mut stranger = world.browser();
    let token = stranger.get("/login").await.field("form_token");
    let (status, headers, _) = download(&stranger, &token, &["/a"]).await;
    assert_eq!(
        (status, &headers[LOCATION]),
        (StatusCode::SEE_OTHER, &"/login?continue=/files".parse().unwrap())
    );
}

async fn get_shared(browser: &Browser, path: &str) -> Response<Body> {
    let cookies: Vec<String> =
        browser.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let request = Request::get(path).header(HOST, "files.example:8765").header(COOKIE, cookies.join("; "));
    browser.router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap()
}

/// Whoever has a link gets a folder of it whole, and nothing beside it.
#[tokio::test]
async fn a_shared_folder_is_sent_as_an_archive() {
    let world = World::with_ann().await;
    for path in ["/Photos/Brittany/b.jpg", "/Photos/Brittany/2026/a.jpg", "/Photos/cover.jpg", "/other.txt"] {
        world.put(path, path.as_bytes()).await;
    }
    let link = world.share("/Photos").await;
    let stranger = world.browser();
    for (path, name, all) in [
        (
            "Photos",
            "Photos.zip",
            &[
                "Photos/",
                "Photos/Brittany/",
                "Photos/Brittany/2026/",
                "Photos/Brittany/2026/a.jpg",
                "Photos/Brittany/b.jpg",
                "Photos/cover.jpg",
            ][..],
        ),
        (
            "Photos/Brittany",
            "Brittany.zip",
            &["Brittany/", "Brittany/2026/", "Brittany/2026/a.jpg", "Brittany/b.jpg"],
        ),
    ] {
        let (parts, body) =
            get_shared(&stranger, &format!("/s/{}/{path}?dl=1", link.key.0)).await.into_parts();
        assert_eq!(parts.status, StatusCode::OK);
        assert_eq!(parts.headers[CONTENT_TYPE], "application/zip");
        let disposition = parts.headers[CONTENT_DISPOSITION].to_str().unwrap();
        assert!(disposition.contains(&format!("filename=\"{name}\"")), "{disposition}");
        assert_eq!(parts.headers["x-robots-tag"], "noindex, nofollow, noarchive");
        assert_eq!(names(to_bytes(body, 1 << 20).await.unwrap().to_vec()), all);
    }
    assert_eq!(world.share("/Photos").await.visits.downloads, 2);
}

/// A password is asked for first; and one owner's links have so many made at once, without keeping the owner waiting.
#[tokio::test]
async fn archives_of_links_keep_the_rules() {
    let world = World::with_ann().await;
    world.put("/dir/large", &vec![7; 20 << 20]).await;
    let password = tidemark_core::model::PasswordHash("x".into());
    let change = tidemark_core::model::LinkChange { password: Some(Some(password)), ..Default::default() };
    let locked = world.share_with("/dir", &change).await;
    let stranger = world.browser();
    let path = format!("/s/{}/dir?dl=1", locked.key.0);
    assert_eq!(get_shared(&stranger, &path).await.status(), StatusCode::UNAUTHORIZED);
    let open = tidemark_core::model::LinkChange { password: Some(None), ..Default::default() };
    world.share_with("/dir", &open).await;
    let mut unread = Vec::new();
    for _ in 0..3 {
        unread.push(get_shared(&stranger, &path).await);
    }
    assert!(unread.iter().all(|answer| answer.status() == StatusCode::OK));
    assert_eq!(get_shared(&stranger, &path).await.status(), StatusCode::TOO_MANY_REQUESTS);
    let mut ann = world.signed_in().await;
    let token = form_token(&mut ann).await;
    assert_eq!(
        ask(&ann, &token, &["/dir"]).await.status(),
        StatusCode::OK,
        "the owner's own are counted apart"
    );
}
