//! `/activity`: what happened in somebody's files.

use crate::browser::{Browser, EMAIL, PASSWORD, World};
use http::StatusCode;
use std::time::Duration;
use tidemark_core::model::Path;

fn path(text: &str) -> Path {
    Path::parse(text).unwrap()
}

/// Newest first, in words, with the way there.
#[tokio::test]
async fn what_happened_is_told() {
    let world = World::with_ann().await;
    let mut ann = world.signed_in().await;
    assert!(ann.get("/activity").await.body.contains("Nothing yet"));
    world.put("/Füchse & <b>/a b.txt", b"one").await;
    let tree = world.tree().await;
    world.clock.advance(Duration::from_secs(180));
    world.put("/Füchse & <b>/a b.txt", b"two").await;
    world
        .cloud
        .move_to(&tree, &path("/Füchse & <b>/a b.txt"), &path("/Füchse & <b>/c.txt"), false)
        .await
        .unwrap();
    world.cloud.delete(&tree, &path("/Füchse & <b>/c.txt")).await.unwrap();
    world.put("/gone/d.txt", b"three").await;
    world.cloud.delete(&tree, &path("/gone")).await.unwrap();
    let page = ann.get("/activity").await;
    assert_eq!(page.status, StatusCode::OK);
    let told = [
        "deleted <a href=\"/files\"><bdi>/gone</bdi>",
        "added <bdi>/gone/d.txt</bdi>",
        "deleted <a href=\"/files/F%C3%BCchse%20%26%20%3Cb%3E\"><bdi>/Füchse &#38; &#60;b&#62;/c.txt</bdi>",
        "renamed “a b.txt” to <a",
        "changed <a",
        "added <a",
        "created the folder <a",
    ];
    let mut rest = page.body.as_str();
    for text in told {
        let at = rest.find(text).unwrap_or_else(|| panic!("{text}: {rest}"));
        rest = &rest[at + text.len()..];
    }
    assert!(rest.contains("3 minutes ago"), "{rest}");
    assert!(!page.body.contains("<b>/"));

    world.account("bob@example.org").await;
    let mut bob = world.browser();
    bob.sign_in("bob@example.org", PASSWORD).await;
    assert!(bob.get("/activity").await.body.contains("Nothing yet"), "it is nobody else's business");
    assert_eq!(world.browser().get("/activity").await.location(), "/login?continue=/activity");
}

/// All pages, from the first to the last.
async fn pages(ann: &mut Browser) -> Vec<String> {
    let (mut next, mut pages) = ("/activity".to_owned(), Vec::new());
    loop {
        let page = ann.get(&next).await;
        assert_eq!(page.status, StatusCode::OK);
        let older = page.body.split("href=\"/activity?").nth(1);
        let older = older.map(|rest| format!("/activity?{}", rest.split('"').next().unwrap()));
        pages.push(page.body);
        match older {
            Some(older) => next = older,
            None => return pages,
        }
    }
}

/// The files that pages tell of, and how many lines each page has.
fn told(pages: &[String]) -> (Vec<String>, Vec<usize>) {
    let (mut files, mut lines) = (Vec::new(), Vec::new());
    for page in pages {
        let names = page.split("<bdi>").skip(1).map(|rest| rest.split("</bdi>").next().unwrap());
        let names = names.filter(|name| name.ends_with(".txt"));
        files.extend(names.map(|name| name.rsplit('/').next().unwrap().to_owned()));
        lines.push(page.matches("<bdi>You</bdi>").count());
    }
    (files, lines)
}

fn downwards(count: u32) -> Vec<String> {
    (0..count).rev().map(|n| format!("{n}.txt")).collect()
}

/// A folder that is filled is a line, with all of its files in it.
#[tokio::test]
async fn what_is_alike_is_told_together() {
    let world = World::with_ann().await;
    let tree = world.tree().await;
    for n in 0..12 {
        world.put(&format!("/Photos/2024/{n} <b>.txt"), n.to_string().as_bytes()).await;
    }
    for n in 0..2 {
        world.cloud.delete(&tree, &path(&format!("/Photos/2024/{n} <b>.txt"))).await.unwrap();
    }
    for n in 0..3 {
        world.put("/Notes.txt", n.to_string().as_bytes()).await;
        world.cloud.create_folder(&tree, &path(&format!("/{n}"))).await.unwrap();
    }
    for n in 3..7 {
        world.put("/Notes.txt", n.to_string().as_bytes()).await;
    }
    world.clock.advance(Duration::from_secs(3_601));
    for n in 0..2 {
        world.put(&format!("/Photos/2024/later {n}.txt"), b"later").await;
    }
    let page = world.signed_in().await.get("/activity").await.body;
    let lines: Vec<&str> = page.split("<bdi>You</bdi> ").skip(1).collect();
    let begin = [
        "added 2 files to <a href=\"/files/Photos/2024\"><bdi>/Photos/2024</bdi></a>",
        "changed <a href=\"/files/Notes.txt\"><bdi>/Notes.txt</bdi></a> 4 times",
        "created the folder <a href=\"/files/2\"><bdi>/2</bdi></a>",
        "changed <a href=\"/files/Notes.txt\">",
        "created the folder <a href=\"/files/1\">",
        "changed <a href=\"/files/Notes.txt\">",
        "added 2 items to <a href=\"/files\"><bdi>All files</bdi></a>",
        "deleted 2 files from <a href=\"/files/Photos/2024\">",
        "added 12 files to <a href=\"/files/Photos/2024\">",
        "created the folder <a href=\"/files/Photos/2024\">",
        "created the folder <a href=\"/files/Photos\">",
    ];
    assert_eq!(lines.len(), begin.len(), "{page}");
    for (line, begin) in lines.iter().zip(begin) {
        assert!(line.starts_with(begin), "{begin}: {line}");
    }
    let photos = lines[8];
    assert!(photos.contains("an hour ago") && photos.contains("<summary>The 12 files</summary>"));
    let each: Vec<&str> = photos.split("<li><div>").skip(1).collect();
    assert_eq!(each.len(), 12);
    for (line, n) in each.iter().zip((0..12).rev()) {
        let link =
            format!("<a href=\"/files/Photos/2024/{n}%20%3Cb%3E.txt\"><bdi>{n} &#60;b&#62;.txt</bdi></a>");
        assert!(line.starts_with(&link) && line.contains("an hour ago"), "{link}: {line}");
    }
    let [file, folder] =
        ["<a href=\"/files/Notes.txt\"><bdi>Notes.txt</bdi>", "<a href=\"/files/0\"><bdi>0/</bdi>"];
    assert!(lines[6].contains(file) && lines[6].contains(folder), "{}", lines[6]);
    assert!(lines[1].contains("<summary>The 4 changes</summary>"));
    assert!(
        lines[7].contains("<li><div><bdi>1 &#60;b&#62;.txt</bdi></div>"),
        "it is not there: {}",
        lines[7]
    );
    assert_eq!(page.matches("<details>").count(), 5, "all of them closed");
}

/// Each change stands on one page, whatever page that is.
#[tokio::test]
async fn a_long_story_is_told_page_by_page() {
    let world = World::with_ann().await;
    for n in 0..120 {
        world.put(&format!("/{}/{n}.txt", n % 2), n.to_string().as_bytes()).await;
    }
    let mut ann = world.signed_in().await;
    assert_eq!(told(&pages(&mut ann).await), (downwards(120), vec![50, 50, 22]));
    for (query, status) in [
        ("before=0", StatusCode::OK),
        ("before=1", StatusCode::OK),
        ("before=18446744073709551615", StatusCode::OK),
        ("before=x", StatusCode::BAD_REQUEST),
        ("before=-1", StatusCode::BAD_REQUEST),
    ] {
        assert_eq!(ann.get(&format!("/activity?{query}")).await.status, status, "{query}");
    }
    assert!(world.people.account(EMAIL).await.is_ok());
}

/// A group that is longer than a page looks goes on with the next one.
#[tokio::test]
async fn a_group_goes_on_with_the_next_page() {
    let world = World::with_ann().await;
    for n in 0..1_100 {
        world.put(&format!("/{n}.txt"), b"the same").await;
    }
    let mut ann = world.signed_in().await;
    assert_eq!(told(&pages(&mut ann).await), (downwards(1_100), vec![1, 1, 1]));
}

/// Each address holds that of its folder, which may be a hundred thousand bytes long; a path that is not linked to any more
/// may be as long, if each of its characters is written as five.
#[tokio::test]
async fn pages_are_bounded_however_deep_files_lie() {
    for (name, links) in [("é".repeat(127), true), ("&".repeat(255), false)] {
        let world = World::with_ann().await;
        let deep = format!("/{name}").repeat(120);
        for n in 0..30 {
            world.put(&format!("{deep}/{n}.txt"), b"").await;
        }
        if !links {
            world.cloud.delete(&world.tree().await, &path(&format!("/{name}"))).await.unwrap();
        }
        let mut ann = world.signed_in().await;
        let pages = pages(&mut ann).await;
        assert_eq!(told(&pages).0, downwards(30));
        assert!(pages.len() < 16, "{} pages, none of which is wasted", pages.len());
        for page in &pages {
            assert!(page.len() < (1 << 20) + (1 << 16), "{} bytes", page.len());
            assert_eq!(page.contains("<bdi>0.txt</bdi></a>"), links && page.contains("<bdi>0.txt</bdi>"));
        }
        let created = pages.iter().flat_map(|page| page.split("created the folder ").skip(1));
        let depths = created.map(|rest| {
            let path = rest.split("<bdi>").nth(1).unwrap().split("</bdi>").next().unwrap();
            path.matches('/').count()
        });
        assert!(depths.eq((1..=120).rev()), "each folder once, the last first");
    }
}
