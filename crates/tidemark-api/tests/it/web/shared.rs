//! `/s/` and `/l/`: pages for everybody who has a link.

use crate::browser::{EMAIL, Reply, World};
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use http::header::{
    ACCESS_CONTROL_ALLOW_ORIGIN, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_SECURITY_POLICY,
    CONTENT_TYPE, ETAG, HOST, REFERRER_POLICY, SET_COOKIE, X_CONTENT_TYPE_OPTIONS,
};
use http::{Method, StatusCode};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use std::time::Duration;
use tidemark_api::http::Origin;
use tidemark_core::media;
use tidemark_core::model::{Link, LinkChange, Path, Timestamp};
use tidemark_core::store::Clock as _;

fn page(link: &Link, rest: &str) -> String {
    format!("/s/{}/{rest}", link.key.0)
}

fn encoded(name: &str) -> String {
    utf8_percent_encode(name, NON_ALPHANUMERIC).to_string()
}

async fn get(world: &World, path: &str) -> Reply {
    world.browser().get(path).await
}

/// What whoever guesses gets, and whoever has a link that is dead.
fn assert_dead(reply: &Reply) {
    assert_eq!(reply.status, StatusCode::NOT_FOUND);
    assert_eq!(reply.header("x-robots-tag"), "noindex, nofollow, noarchive");
    assert!(reply.body.contains("This link leads nowhere. It may be mistyped, or no longer be shared."));
}

#[tokio::test]
async fn a_file_has_a_page_with_its_size_date_and_text() {
    let world = World::with_ann().await;
    world.put("/Notes/to <do>.txt", b"1 < 2 & </code><script>alert(1)</script>").await;
    let link = world.share("/notes/To <Do>.txt").await;
    let shown = get(&world, &page(&link, "anything")).await;
    assert_eq!(shown.status, StatusCode::OK);
    for text in [
        "<h1><bdi>to &#60;do&#62;.txt</bdi></h1>",
        "40 B · 14 November 2023",
        "<code>1 &#60; 2 &#38; &#60;/code&#62;&#60;script&#62;alert(1)&#60;/script&#62;</code>",
        &format!("href=\"/s/{}/to%20%3Cdo%3E.txt?dl=1\"", link.key.0),
    ] {
        assert!(shown.body.contains(text), "{text} in {}", shown.body);
    }
    assert!(!shown.body.contains("<script"));
    assert_eq!(shown.header("x-robots-tag"), "noindex, nofollow, noarchive");
}

/// Nothing tells whose it is: no name, address, number, app, or place in the tree.
#[tokio::test]
async fn nothing_tells_whose_it_is() {
    let world = World::with_ann().await;
    world.put("/Secret plans/dir/a.txt", b"text").await;
    let folder = world.share("/Secret plans/dir").await;
    let file = world.share("/Secret plans/dir/a.txt").await;
    for path in
        [page(&folder, "dir"), page(&folder, "dir/a.txt"), page(&file, "a.txt"), page(&file, "a.txt?raw=1")]
    {
        let reply = get(&world, &path).await;
        assert_eq!(reply.status, StatusCode::OK, "{path}");
        let headers = format!("{:?}", reply.headers);
        for told in ["Ann", EMAIL, "Camera", "Secret", "00000001"] {
            assert!(
                !reply.body.contains(told) && !headers.contains(told),
                "{told} in {headers} {}",
                reply.body
            );
        }
        assert!(!reply.headers.contains_key(SET_COOKIE));
    }
}

#[tokio::test]
async fn kinds_are_shown_as_far_as_that_is_harmless() {
    let world = World::with_ann().await;
    let long = "é".repeat(40 << 10);
    for (name, bytes, expected) in [
        ("a.png", b"png".as_slice(), Some("<img src=\"")),
        ("a.JPG", b"jpg", Some("<img src=\"")),
        ("a.mp3", b"mp3", Some("<audio controls")),
        ("a.mp4", b"mp4", Some("<video controls")),
        ("IMG_1.MOV", b"mov", Some("<video controls")),
        ("a.json", b"{}", Some("<code>{}</code>")),
        ("README", b"read me", Some("<code>read me</code>")),
        ("page.html", b"<b>", Some("<code>&#60;b&#62;</code>")),
        ("a.tif", b"tif", Some("a.tif?view=1\" alt=\"a.tif\">")),
        ("a.svg", b"<svg/>", Some("<code>&#60;svg/&#62;</code>")),
        ("long.txt", long.as_bytes(), Some("This is the beginning of the file.")),
        ("bytes.txt", b"\xff\xfe", None),
        ("nul.txt", b"a\0b", None),
        ("a.pdf", b"%PDF", Some("?raw=1\">Open</a>")),
        ("a.XLSX", b"sums", Some("?preview=1\">Open preview</a>")),
        ("a.exe", b"MZ", None),
        ("empty.png", b"", Some("The file is empty.")),
        ("empty.txt", b"", Some("The file is empty.")),
        ("empty.xlsx", b"", Some("The file is empty.")),
    ] {
        world.put(&format!("/{name}"), bytes).await;
        let shown = get(&world, &page(&world.share(&format!("/{name}")).await, name)).await;
        assert!(shown.body.contains(expected.unwrap_or("There is no preview of this file.")), "{name}");
        assert_eq!(shown.body.contains("There is no preview"), expected.is_none(), "{name}");
        assert!(shown.body.len() < 80 << 10, "{name}");
    }
}

/// To be looked at or to be saved, in parts or not, with what makes foreign bytes harmless.
#[tokio::test]
async fn bytes_come_sandboxed() {
    let world = World::with_ann().await;
    world.put("/é \"x\".txt", b"0123456789").await;
    let link = world.share("/é \"x\".txt").await;
    let raw = get(&world, &page(&link, "x?raw=1")).await;
    assert_eq!((raw.status, raw.body.as_str()), (StatusCode::OK, "0123456789"));
    assert_eq!(raw.header(CONTENT_TYPE), "text/plain; charset=utf-8");
    assert!(raw.header(CONTENT_SECURITY_POLICY).starts_with("sandbox; default-src 'none'"));
    assert_eq!(raw.header(REFERRER_POLICY), "no-referrer");
    assert_eq!(raw.header(X_CONTENT_TYPE_OPTIONS), "nosniff");
    assert_eq!(raw.header(ACCESS_CONTROL_ALLOW_ORIGIN), "*");
    assert_eq!(raw.header("x-robots-tag"), "noindex, nofollow, noarchive");
    assert!(!raw.headers.contains_key(CONTENT_DISPOSITION));

    let saved = get(&world, &page(&link, "x?dl=1")).await;
    assert_eq!(saved.body, "0123456789");
    assert_eq!(
        saved.header(CONTENT_DISPOSITION),
        "attachment; filename=\"_ _x_.txt\"; filename*=UTF-8''%C3%A9%20%22x%22.txt"
    );
    let etag = raw.header(ETAG).to_owned();
    let ask = async |method, headers: &[(&str, &str)]| {
        world.browser().send(method, &page(&link, "x?dl=1"), headers, "").await
    };
    let part = ask(Method::GET, &[("range", "bytes=2-4"), ("if-range", &etag)]).await;
    assert_eq!((part.status, part.body.as_str()), (StatusCode::PARTIAL_CONTENT, "234"));
    assert_eq!(part.header(CONTENT_RANGE), "bytes 2-4/10");
    let same = ask(Method::GET, &[("if-none-match", &etag)]).await;
    assert_eq!((same.status, same.body.as_str()), (StatusCode::NOT_MODIFIED, ""));
    assert_eq!(ask(Method::GET, &[("if-match", "\"other\"")]).await.status, StatusCode::PRECONDITION_FAILED);
    let beyond = ask(Method::GET, &[("range", "bytes=10-")]).await;
    assert_eq!(
        (beyond.status, beyond.header(CONTENT_RANGE)),
        (StatusCode::RANGE_NOT_SATISFIABLE, "bytes */10")
    );
    let head = ask(Method::HEAD, &[]).await;
    assert_eq!((head.status, head.body.as_str(), head.header(CONTENT_LENGTH)), (StatusCode::OK, "", "10"));
    let bad = get(&world, &page(&link, "x?dl=maybe")).await;
    assert_eq!(bad.status, StatusCode::BAD_REQUEST);
}

/// Whoever has a link may read it, so a page of theirs may, too, from the short form on; and it may be told that it is dead.
#[tokio::test]
async fn programs_in_browsers_may_read() {
    let world = World::with_ann().await;
    world.put("/a.txt", b"text").await;
    let link = world.share("/a.txt").await;
    for path in [
        page(&link, "a.txt?raw=1"),
        page(&link, "a.txt"),
        page(&link, "a.txt?dl=maybe"),
        format!("/l/{}?raw=1", link.key.0),
        "/s/abcdefghij01234/x".to_owned(),
        "/l/abcdefghij01234".to_owned(),
    ] {
        let origin = [("origin", "https://elsewhere.example")];
        let reply = world.browser().send(Method::GET, &path, &origin, "").await;
        assert_eq!(reply.header(ACCESS_CONTROL_ALLOW_ORIGIN), "*", "{path}");
        assert!(reply.header("access-control-expose-headers").contains("content-range"), "{path}");
        let asked =
            [("origin", "https://elsewhere.example"), ("access-control-request-headers", "range,if-range")];
        let allowed = world.browser().send(Method::OPTIONS, &path, &asked, "").await;
        assert_eq!(allowed.status, StatusCode::NO_CONTENT, "{path}");
        assert_eq!(allowed.header("access-control-allow-methods"), "GET, HEAD, OPTIONS");
        assert_eq!(allowed.header("access-control-allow-headers"), "range,if-range");
    }
    let own = world.signed_in().await.get("/links").await;
    assert!(!own.headers.contains_key(ACCESS_CONTROL_ALLOW_ORIGIN), "what a cookie opens stays closed");
}

/// What browsers would make a page of is saved, however it is asked for.
#[tokio::test]
async fn documents_are_never_rendered_here() {
    let world = World::with_ann().await;
    for name in ["a.html", "a.svg", "a.xhtml", "a.xml", "A.HTM"] {
        world.put(&format!("/{name}"), b"<script>alert(1)</script>").await;
        let link = world.share(&format!("/{name}")).await;
        let raw = get(&world, &page(&link, &format!("{name}?raw=1"))).await;
        assert_eq!(raw.header(CONTENT_DISPOSITION), "attachment", "{name}");
        assert!(raw.header(CONTENT_SECURITY_POLICY).starts_with("sandbox;"));
        assert!(!get(&world, &page(&link, name)).await.body.contains("<script"));
    }
}

/// Under the same rules as the bytes, and no rougher a page.
#[tokio::test]
async fn what_is_made_of_a_file_is_contained() {
    let world = World::with_ann().await;
    world.put("/dir/Sums.xlsx", b"picture of sums").await;
    world.put("/dir/a.jpg", b"picture of a").await;
    let (folder, file) = (world.share("/dir").await, world.share("/dir/Sums.xlsx").await);
    for (path, mime_type, body) in [
        (page(&folder, "dir/sums.xlsx?preview=1"), "text/html; charset=utf-8", "<p>picture of sums</p>"),
        (page(&file, "Sums.xlsx?preview=1"), "text/html; charset=utf-8", "<p>picture of sums</p>"),
        (page(&folder, "dir/a.jpg?thumb=1"), "image/jpeg", "Jpeg in 640x480 of picture of a"),
    ] {
        let made = get(&world, &path).await;
        assert_eq!((made.status, made.body.as_str()), (StatusCode::OK, body), "{path}");
        assert_eq!(made.header(CONTENT_TYPE), mime_type);
        assert!(made.header(CONTENT_SECURITY_POLICY).starts_with("sandbox; default-src 'none'"));
        assert_eq!(made.header(REFERRER_POLICY), "no-referrer");
        assert_eq!(made.header(X_CONTENT_TYPE_OPTIONS), "nosniff");
        assert_eq!(made.header("x-robots-tag"), "noindex, nofollow, noarchive");
        assert!(!made.headers.contains_key(SET_COOKIE) && !format!("{:?}", made.headers).contains("Ann"));
        let known = [("if-none-match", made.header(ETAG))];
        let begun = world.imaging.begun();
        let same = world.browser().send(Method::GET, &path, &known, "").await;
        assert_eq!((same.status, same.body.as_str()), (StatusCode::NOT_MODIFIED, ""));
        let (bare, _) = path.split_once('?').unwrap();
        let bytes = get(&world, &format!("{bare}?raw=1")).await;
        assert_ne!(bytes.header(ETAG), made.header(ETAG), "nobody takes one for the other");
        assert_eq!(world.imaging.begun(), begun);
    }
    world.cloud.revoke_link(world.tree().await.account, folder.id).await.unwrap();
    assert_dead(&get(&world, &page(&folder, "dir/a.jpg?thumb=1")).await);
    assert_dead(&get(&world, &page(&folder, "dir/sums.xlsx?preview=1")).await);
}

#[tokio::test]
async fn what_cannot_be_made_is_told() {
    let world = World::with_ann().await;
    for (path, bytes) in
        [("/dir/a.xlsx", "no sums"), ("/dir/a.jpg", "no pic"), ("/dir/a.txt", "picture"), ("/dir/0.png", "")]
    {
        world.put(path, bytes.as_bytes()).await;
    }
    let folder = world.share("/dir").await;
    for rest in [
        "a.xlsx?preview=1",
        "a.jpg?thumb=1",
        "a.txt?thumb=1",
        "a.txt?preview=1",
        "a.jpg?preview=1",
        "0.png?thumb=1",
    ] {
        let refused = get(&world, &page(&folder, &format!("dir/{rest}"))).await;
        assert_eq!(refused.status, StatusCode::UNSUPPORTED_MEDIA_TYPE, "{rest}");
        assert!(refused.body.contains("No preview can be made of this file."), "{rest}");
    }
    assert_eq!(world.imaging.begun(), 2, "names decide first");
    assert_eq!(get(&world, &page(&folder, "dir/a.jpg?thumb=maybe")).await.status, StatusCode::BAD_REQUEST);
    for rest in ["dir?thumb=1", "dir?preview=1"] {
        assert!(
            get(&world, &page(&folder, rest)).await.body.contains("1 picture, 3 files"),
            "a folder is a page"
        );
    }
    world.put("/dir/b.jpg", b"picture of b").await;
    world.imaging.break_down(true);
    let failed = get(&world, &page(&folder, "dir/b.jpg?thumb=1")).await;
    assert_eq!(failed.status, StatusCode::SERVICE_UNAVAILABLE);
}

/// Whoever has a link cannot have any number wait.
#[tokio::test]
async fn so_many_wait_for_previews() {
    let world = World::with_ann().await;
    world.put("/a.jpg", b"picture").await;
    let (link, most) = (world.share("/a.jpg").await, media::Limits::default().guests_waiting_per_account);
    world.imaging.hold();
    let path = page(&link, "a.jpg?thumb=1");
    let mut asked: FuturesUnordered<_> = (0..=most).map(|_| get(&world, &path)).collect();
    let refused = asked.next().await.unwrap();
    assert_eq!((refused.status, refused.header("retry-after")), (StatusCode::TOO_MANY_REQUESTS, "5"));
    world.imaging.let_go(1);
    let mut answered = 0;
    while let Some(reply) = asked.next().await {
        assert_eq!(reply.status, StatusCode::OK);
        answered += 1;
    }
    assert_eq!((answered, world.imaging.begun()), (most, 1));
}

/// Programs of old replace the beginning of the address; what they ask for then is the bytes.
#[tokio::test]
async fn the_host_for_downloads_sends_bytes() {
    let world = World::with_ann().await;
    world.put("/dir/a.txt", b"text").await;
    let (file, folder) = (world.share("/dir/a.txt").await, world.share("/dir").await);
    for host in ["dl.files.example", "DL.dropboxusercontent.com:443"] {
        let ask = async |path: String| {
            let request = http::Request::builder().uri(path).header(HOST, host);
            let request = request.body(axum::body::Body::empty()).unwrap();
            let response = tower::ServiceExt::oneshot(world.router.clone(), request).await.unwrap();
            axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap()
        };
        assert_eq!(ask(page(&file, "a.txt")).await, "text");
        assert_eq!(ask(page(&folder, "dir/a.txt")).await, "text");
        assert!(ask(page(&folder, "dir")).await.starts_with(b"<!doctype html>"), "a folder has no bytes");
    }
    let absolute =
        world.browser().send(Method::GET, &format!("http://dl.x{}", page(&file, "a.txt")), &[], "").await;
    assert_eq!(absolute.body, "text");
}

/// A server that has no other name shows its pages there, however the port is told.
#[tokio::test]
async fn a_server_that_is_called_like_one_for_downloads_shows_pages() {
    let public = Some("https://DL.files.example:8443".to_owned());
    let world = World::configured(|site| site.at(Origin { public, behind_proxy: true }));
    world.account(EMAIL).await;
    world.put("/a.txt", b"text").await;
    let path = page(&world.share("/a.txt").await, "a.txt");
    for (host, is_page) in [
        ("dl.files.example:8443", true),
        ("Dl.Files.Example", true),
        ("dl.elsewhere.example", false),
        ("dl.files.example.org", false),
    ] {
        let shown = get(&world, &format!("http://{host}{path}")).await;
        assert_eq!(shown.body.starts_with("<!doctype html>"), is_page, "{host}");
        assert_eq!(get(&world, &format!("http://{host}{path}?raw=1")).await.body, "text");
    }
}

/// As people write, whatever the protocols do.
#[tokio::test]
async fn one_byte_is_one_byte() {
    let world = World::with_ann().await;
    world.put("/dir/a", b"a").await;
    let link = world.share("/dir").await;
    for path in [page(&link, "dir"), page(&link, "dir/a")] {
        let shown = get(&world, &path).await;
        assert!(shown.body.contains("1 B · ") || shown.body.contains("1 entry, 1 B"), "{}", shown.body);
    }
}

#[tokio::test]
async fn a_folder_is_listed_folders_first() {
    let world = World::with_ann().await;
    for (path, bytes) in
        [("/top/b.txt", "bb"), ("/top/z/deep/c.txt", "ccc"), ("/top/A.txt", "a"), ("/other", "o")]
    {
        world.put(path, bytes.as_bytes()).await;
    }
    let link = world.share("/top").await;
    let shown = get(&world, &page(&link, "top")).await;
    assert!(shown.body.contains("1 folder, 2 files · 6 B in all"), "{}", shown.body);
    let places: Vec<_> =
        [">z<", ">A.txt<", ">b.txt<"].iter().map(|name| shown.body.find(name).expect(name)).collect();
    assert!(places.is_sorted(), "{places:?}");
    assert!(!shown.body.contains("other") && !shown.body.contains("Folders around this"));

    let deep = get(&world, &page(&link, "top/Z/deep")).await;
    assert!(deep.body.contains(&format!("<a href=\"/s/{}/top\"><bdi>top</bdi></a>", link.key.0)));
    assert!(deep.body.contains(&format!("<a href=\"/s/{}/top/z\"><bdi>z</bdi></a>", link.key.0)));
    assert!(deep.body.contains("1 file · 3 B in all"));
    assert_eq!(get(&world, &page(&link, "top/z/deep/c.txt?raw=1")).await.body, "ccc");
    assert!(get(&world, &page(&link, "top/z/deep/c.txt")).await.body.contains("<code>ccc</code>"));
    assert!(shown.body.contains(&format!("href=\"/s/{}/top?dl=1\"", link.key.0)), "all of it is to be had");

    world.cloud.create_folder(&world.tree().await, &Path::parse("/void").unwrap()).await.unwrap();
    let void = get(&world, &page(&world.share("/void").await, "void")).await;
    assert!(void.body.contains("This folder is empty.") && !void.body.contains("Download all"));
}

/// Whatever a folder holds, a page of it costs a page.
#[tokio::test]
async fn a_large_folder_has_pages() {
    let world = World::with_ann().await;
    for n in 0..1_001 {
        world.put(&format!("/many/{n:04} & co"), b"").await;
    }
    let link = world.share("/many").await;
    let (mut path, mut seen, mut pages) = (page(&link, "many"), 0, 0);
    loop {
        let shown = get(&world, &path).await;
        assert_eq!(shown.body.contains("From the beginning"), pages > 0);
        let names = shown.body.split("<bdi>").skip(2).map(|rest| &rest[..4]);
        for name in names {
            assert_eq!(name, format!("{seen:04}"));
            seen += 1;
        }
        pages += 1;
        let Some(at) = shown.body.find("\">More</a>") else { break };
        path = shown.body[..at].rsplit('"').next().unwrap().to_owned();
    }
    assert_eq!((seen, pages), (1_001, 3));
    let beyond = get(&world, &page(&link, "many?after=zzz")).await;
    assert!(beyond.body.contains("There is nothing more in this folder."));
    for odd in ["after=..", "after=%2F", "after=%00", "after="] {
        let shown = get(&world, &page(&link, &format!("many?{odd}"))).await;
        assert!(shown.body.contains("0000 &#38; co"), "{odd}: as if nothing had been said");
    }
}

/// A folder with a long address: each child's would repeat it, and so would each folder's around it.
#[tokio::test]
async fn a_page_is_bounded_however_deep_it_is() {
    let world = World::with_ann().await;
    let name = "\u{1f30a}".repeat(25);
    let deep = format!("/{name}").repeat(60);
    for n in 0..60 {
        world.put(&format!("/top{deep}/{n:02}"), b"").await;
    }
    let link = world.share("/top").await;
    let path = page(&link, &format!("top{}", format!("/{}", encoded(&name)).repeat(60)));
    let shown = get(&world, &path).await;
    assert_eq!(shown.status, StatusCode::OK);
    assert!(shown.body.len() < 2 << 20, "{} bytes", shown.body.len());
    assert_eq!(shown.body.matches("<li>").count(), 10);
    assert!(shown.body.contains("\">More</a>"));
    let crumbs = shown.body.split("<nav").nth(1).unwrap().split("</nav>").next().unwrap();
    assert_eq!((crumbs.matches("<a ").count(), crumbs.matches('\u{2026}').count()), (12, 1));
    assert!(crumbs.contains("<bdi>top</bdi>"), "the outermost");
    let around = page(&link, &format!("top{}", format!("/{}", encoded(&name)).repeat(59)));
    assert!(crumbs.contains(&format!("href=\"{around}\"")), "the nearest");
}

/// A link reaches down from its entry and nowhere else.
#[tokio::test]
async fn nothing_leads_out_of_a_link() {
    let world = World::with_ann().await;
    world.put("/top/dir/a", b"a").await;
    world.put("/top/..%2f", b"odd").await;
    world.put("/secret", b"secret").await;
    let folder = world.share("/top").await;
    for rest in [
        "top/../secret",
        "top/%2e%2e/secret",
        "top/..%2fsecret",
        "top/..%2F..%2Fsecret",
        "top/dir/../../secret",
        "top/..%5csecret",
        "top/./dir",
        "top/secret",
        "top/top/dir",
        "top/dir%2Fa",
        "top/dir%00",
        "top/%ff",
        "top/%2",
        "top/dir/a/b",
        "top/dir/none",
        "top/%0d%0aSet-Cookie:x",
    ] {
        assert_dead(&get(&world, &page(&folder, rest)).await);
        assert_dead(&get(&world, &page(&folder, &format!("{rest}?raw=1"))).await);
    }
    assert_dead(&get(&world, &page(&folder, &format!("top{}", "/a".repeat(200)))).await);
    assert_eq!(get(&world, &page(&folder, "top/..%252f?raw=1")).await.body, "odd");
    let listed = get(&world, &page(&folder, "%2e%2e%2fsecret")).await;
    assert!(listed.body.contains("<h1><bdi>top</bdi></h1>"), "the name is for people");
    let file = world.share("/top/dir/a").await;
    for rest in ["a/", "a"] {
        assert_eq!(get(&world, &page(&file, &format!("{rest}?raw=1"))).await.body, "a");
    }
    for rest in ["a/a", "a/b"] {
        assert_dead(&get(&world, &page(&file, rest)).await);
    }
}

/// One answer for what never was, has ended, is gone, or belongs to somebody who is shut out.
#[tokio::test]
async fn dead_links_are_all_the_same() {
    let world = World::with_ann().await;
    let nobody = get(&world, "/s/abcdefghij01234/x").await;
    assert_dead(&nobody);
    // But for where whoever signs in comes back to.
    let body = |reply: &Reply, here: &str| {
        assert!(reply.body.contains(&format!("/login?continue={here}\"")), "{}", reply.body);
        reply.body.replace(here, "HERE")
    };
    let nothing = body(&nobody, "/s/abcdefghij01234/x");
    let assert_same = async |link: &Link| {
        let (long, short) = (page(link, "x"), format!("/l/{}", link.key.0));
        let reply = get(&world, &long).await;
        assert_eq!((reply.status, body(&reply, &long)), (nobody.status, nothing.clone()));
        assert_eq!(reply.headers, nobody.headers);
        let reply = get(&world, &short).await;
        assert_eq!((reply.status, body(&reply, &short)), (nobody.status, nothing.clone()));
    };
    world.put("/a", b"a").await;
    let (tree, link) = (world.tree().await, world.share("/a").await);
    assert_eq!(get(&world, &page(&link, "a")).await.status, StatusCode::OK);
    world.people.set_disabled(EMAIL, true).await.unwrap();
    assert_same(&link).await;
    world.people.set_disabled(EMAIL, false).await.unwrap();
    let path = Path::parse("/a").unwrap();
    world.cloud.delete(&tree, &path).await.unwrap();
    assert_same(&link).await;
    world.cloud.undelete(&tree, &path).await.unwrap();
    assert_eq!(get(&world, &page(&link, "a")).await.status, StatusCode::OK);
    let now: Timestamp = world.clock.now();
    let ending = LinkChange::ending(Some(now.plus(Duration::from_secs(1))));
    world.cloud.change_link(tree.account, link.id, &ending).await.unwrap();
    assert_eq!(get(&world, &page(&link, "a")).await.status, StatusCode::OK);
    world.clock.advance(Duration::from_secs(1));
    assert_same(&link).await;
    world.cloud.change_link(tree.account, link.id, &LinkChange::ending(None)).await.unwrap();
    assert_eq!(get(&world, &page(&link, "a")).await.status, StatusCode::OK);
    world.cloud.revoke_link(tree.account, link.id).await.unwrap();
    assert_same(&link).await;
    for path in [
        "/s/short/x",
        "/s/ABCDEFGHIJ01234/x",
        "/s/abcdefghij0123%FF/x",
        "/s//x",
        "/l/short",
        "/l/abcdefghij0123%C3%A9",
        "/l/abcdefghij0123%FF",
        "/l/abcdefghij01234/x",
    ] {
        assert_dead(&get(&world, path).await);
    }
}

#[tokio::test]
async fn the_short_form_leads_to_the_long_one() {
    let world = World::with_ann().await;
    world.put("/a b?#.txt", b"a").await;
    let link = world.share("/a b?#.txt").await;
    let reply = get(&world, &format!("/l/{}", link.key.0)).await;
    let long = format!("/s/{}/a%20b%3F%23.txt", link.key.0);
    assert_eq!((reply.status, reply.location()), (StatusCode::FOUND, long.as_str()));
    assert_eq!(reply.header("x-robots-tag"), "noindex, nofollow, noarchive");
    let slash = get(&world, &format!("/l/{}/", link.key.0)).await;
    assert_eq!(slash.location(), long, "as some programs end addresses");
    let saved = get(&world, &format!("/l/{}?dl=1", link.key.0)).await;
    assert_eq!(saved.location(), format!("{long}?dl=1"));
    assert_eq!(get(&world, saved.location()).await.body, "a");
}

/// Names that would break out of a header, an attribute or a line of text.
#[tokio::test]
async fn hostile_names_do_no_harm() {
    let world = World::with_ann().await;
    let longest = "\u{1f30a}".repeat(255);
    for name in [
        "\"><img src=x onerror=alert(1)>.txt",
        "'; filename=\"x\".txt",
        "photo\u{202e}gpj.exe",
        "..%2f..%2fetc",
        "a?b#c&d=e;f.txt",
        "%0d%0aSet-Cookie: a=b",
        "\u{feff}\u{200b}",
        &longest,
    ] {
        world.put(&format!("/top/{name}"), b"x").await;
        let link = world.share(&format!("/top/{name}")).await;
        let folder = world.share("/top").await;
        for path in [
            page(&link, &encoded(name)),
            page(&folder, "top"),
            page(&folder, &format!("top/{}", encoded(name))),
        ] {
            let shown = get(&world, &path).await;
            assert_eq!(shown.status, StatusCode::OK, "{name}");
            assert!(!shown.body.contains("<img src=x") && !shown.body.contains('\u{202e}'), "{name}");
        }
        let listed = get(&world, &page(&folder, "top")).await;
        let href = listed
            .body
            .split("href=\"")
            // Behind the folder's own.
            .filter(|href| href.contains("?dl=1"))
            .nth(1)
            .unwrap()
            .split('"')
            .next()
            .unwrap();
        let saved = get(&world, href).await;
        assert_eq!((saved.status, saved.body.as_str()), (StatusCode::OK, "x"), "{name}");
        let disposition = saved.header(CONTENT_DISPOSITION);
        assert!(disposition.starts_with("attachment; filename=\""), "{disposition}");
        assert!(!saved.headers.contains_key(SET_COOKIE));
        world.cloud.delete(&world.tree().await, &Path::parse("/top").unwrap()).await.unwrap();
    }
}
