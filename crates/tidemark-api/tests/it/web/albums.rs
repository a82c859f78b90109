//! `/s/`: a shared folder with pictures is an album.

use crate::browser::{Reply, World};
use futures_util::future::join_all;
use http::StatusCode;
use http::header::CONTENT_TYPE;
use tidemark_core::model::{Link, LinkChange};

fn page(link: &Link, rest: &str) -> String {
    format!("/s/{}/{rest}", link.key.0)
}

async fn get(world: &World, path: &str) -> Reply {
    let reply = world.browser().get(path).await;
    assert_eq!(reply.status, StatusCode::OK, "{path}");
    reply
}

/// The address of the link on a page that is heard as `label`.
fn led_to(page: &Reply, label: &str) -> Option<String> {
    let (before, _) = page.body.split_once(&format!("\" aria-label=\"{label}\">"))?;
    Some(before.rsplit("href=\"").next()?.to_owned())
}

/// The address of the rest.
fn led_on(page: &Reply) -> String {
    let (before, _) = page.body.split_once("\">More</a>").unwrap();
    before.rsplit('"').next().unwrap().to_owned()
}

/// The addresses of the small pictures on a page.
fn tiles(page: &Reply) -> Vec<String> {
    let sources = page.body.split("<img src=\"").skip(1).map(|rest| rest.split('"').next().unwrap());
    sources.filter(|source| source.ends_with("?thumb=1")).map(str::to_owned).collect()
}

/// The names on a page in their order: of tiles as they are heard.
fn names(page: &Reply) -> Vec<&str> {
    let main = page.body.split_once("</h1>").unwrap().1;
    let starts = main.split("<li>").skip(1);
    starts.map(|item| item.split("<bdi>").nth(1).unwrap().split("</bdi>").next().unwrap()).collect()
}

/// Folders, the pictures as tiles that are fetched when they come into sight, and the other files.
#[tokio::test]
async fn pictures_are_tiles() {
    let world = World::with_ann().await;
    world.put("/dir/notes.txt", b"text").await;
    let link = world.share("/dir").await;
    let shown = get(&world, &page(&link, "dir")).await;
    assert!(!shown.body.contains("tiles") && !shown.body.contains("album"), "{}", shown.body);
    assert!(shown.body.contains("1 file · 4 B in all"));

    for name in ["b.PNG", "A <i> \"x\".jpg", "0.png", "a.jpg/c.txt", "z/d.txt"] {
        world.put(&format!("/dir/{name}"), if name == "0.png" { b"" } else { b"picture" }).await;
    }
    let shown = get(&world, &page(&link, "dir")).await;
    assert!(shown.body.contains("2 folders, 2 pictures, 2 files · "), "{}", shown.body);
    let names = names(&shown);
    assert_eq!(
        names,
        ["a.jpg", "z", "A &#60;i&#62; &#34;x&#34;.jpg", "b.PNG", "0.png", "notes.txt"],
        "neither folders nor what is empty are pictures"
    );
    let address = format!("/s/{}/dir/b.PNG", link.key.0);
    let tile = format!(
        "<li><a href=\"{address}\"><img src=\"{address}?thumb=1\" alt=\"b.PNG\" loading=\"lazy\">\
         <span aria-hidden=\"true\"><bdi>b.PNG</bdi></span></a></li>"
    );
    assert!(shown.body.contains(&tile), "{}", shown.body);
    assert!(shown.body.contains("alt=\"A &#60;i&#62; &#34;x&#34;.jpg\""));
    assert_eq!(
        (shown.body.matches("<img src=\"/s/").count(), shown.body.matches("?thumb=1").count()),
        (2, 2)
    );
    assert!(shown.body.contains("/dir/notes.txt?dl=1"), "other files are downloaded from the list");
    assert!(!shown.body.contains("/dir/b.PNG?dl=1"), "a picture from its page");
    let picture = get(&world, &address).await;
    assert!(picture.body.contains(&format!("href=\"{address}?dl=1\">Download</a>")), "{}", picture.body);

    let small = get(&world, &format!("{address}?thumb=1")).await;
    assert_eq!(
        (small.header(CONTENT_TYPE), small.body.as_str()),
        ("image/jpeg", "Jpeg in 640x480 of picture")
    );
    for odd in ["thumb=1&size=9999", "thumb=1&width=9999"] {
        assert_eq!(get(&world, &format!("{address}?{odd}")).await.body, small.body, "{odd}");
    }
}

/// Signs that turn the text around them make no picture of a program, in no place where a name stands.
#[tokio::test]
async fn names_of_pictures_do_no_harm() {
    let world = World::with_ann().await;
    for name in ["photo\u{202e}exe.jpg", "\"><script>alert(1)</script>.jpg", "b.jpg"] {
        world.put(&format!("/dir/{name}"), b"p").await;
    }
    let link = world.share("/dir").await;
    for rest in ["dir", "dir/b.jpg"] {
        let shown = get(&world, &page(&link, rest)).await;
        assert!(!shown.body.contains("<script") && !shown.body.contains('\u{202e}'), "{}", shown.body);
    }
    let shown = get(&world, &page(&link, "dir/b.jpg")).await;
    assert!(led_to(&shown, "Next: photo\u{fffd}exe.jpg").is_some(), "{}", shown.body);
}

/// From one to the next and back, past what is no picture, in the order of the tiles, and to the album.
#[tokio::test]
async fn a_picture_leads_to_its_neighbours() {
    let world = World::with_ann().await;
    for name in ["a.jpg", "B.tif", "b.txt", "c.jpg/x.txt", "d.png", "e.avif"] {
        world.put(&format!("/Photos/Sea/{name}"), b"p").await;
    }
    world.put("/Photos/0.jpg", b"p").await;
    let link = world.share("/Photos").await;
    let at = |name: &str| page(&link, &format!("Photos/Sea/{name}"));
    let around = async |name: &str| {
        let shown = get(&world, &at(name)).await;
        let neighbour = |label: &str| {
            let (_, rest) = shown.body.split_once(&format!("aria-label=\"{label}: "))?;
            let name = rest.split('"').next()?;
            assert_eq!(led_to(&shown, &format!("{label}: {name}")), Some(at(name)));
            Some(name.to_owned())
        };
        assert_eq!(led_to(&shown, "Back to the album"), Some(page(&link, "Photos/Sea")), "{name}");
        (neighbour("Previous"), neighbour("Next"))
    };
    let name = |name: &str| Some(name.to_owned());
    assert_eq!(around("a.jpg").await, (None, name("B.tif")));
    assert_eq!(around("b.TIF").await, (name("a.jpg"), name("d.png")));
    assert_eq!(around("d.png").await, (name("B.tif"), None));
    let alone = get(&world, &page(&link, "Photos/0.jpg")).await;
    assert_eq!(led_to(&alone, "Back to the album"), Some(page(&link, "Photos")));
    assert!(!alone.body.contains("Previous") && !alone.body.contains("Next"), "{}", alone.body);
    for rest in ["b.txt", "e.avif", "c.jpg/x.txt"] {
        assert!(
            !get(&world, &at(rest)).await.body.contains("Back to the album"),
            "{rest} is not among the tiles"
        );
    }
    // What lies beside a picture that was shared by itself is nobody's business.
    let single = world.share("/Photos/Sea/B.tif").await;
    let shown = get(&world, &page(&single, "B.tif")).await;
    assert!(shown.body.contains("?view=1"));
    for told in ["a.jpg", "d.png", "Sea", "Previous", "Next", "Back to"] {
        assert!(!shown.body.contains(told), "{told}");
    }
}

/// A page ends with so many pictures; whoever comes from a later one goes back to it.
#[tokio::test]
async fn a_large_album_has_pages() {
    let world = World::with_ann().await;
    for n in 0..230 {
        world.put(&format!("/many/{n:03} & co.jpg"), b"p").await;
    }
    let link = world.share("/many").await;
    let (mut path, mut seen, mut pages) = (page(&link, "many"), 0, Vec::new());
    loop {
        let shown = get(&world, &path).await;
        let told = names(&shown);
        for name in &told {
            assert_eq!(*name, format!("{seen:03} &#38; co.jpg"));
            seen += 1;
        }
        pages.push(told.len());
        if !shown.body.contains(">More</a>") {
            break;
        }
        path = led_on(&shown);
    }
    assert_eq!((seen, pages), (230, vec![100, 100, 30]));

    // From the last page to a picture, over its beginning to one of the page before, and back.
    let last = get(&world, &path).await;
    let tile = last.body.split("<li><a href=\"").nth(1).unwrap().split('"').next().unwrap();
    let picture = get(&world, tile).await;
    assert_eq!(led_to(&picture, "Back to the album"), Some(path.clone()));
    let previous = get(&world, &led_to(&picture, "Previous: 199 &#38; co.jpg").unwrap()).await;
    assert!(previous.body.contains("<h1><bdi>199 &#38; co.jpg</bdi></h1>"));
    assert_eq!(led_to(&previous, "Back to the album"), Some(path));
    assert!(led_to(&previous, "Next: 200 &#38; co.jpg").is_some());
}

/// Guests of a new album ask for all tiles of their pages at once, and nobody's browser asks again for one.
#[tokio::test]
async fn all_tiles_of_a_new_album_come_to_all_who_look() {
    let world = World::with_ann().await;
    for n in 0..200 {
        world.put(&format!("/many/{n:03}.jpg"), format!("picture {n:03}").as_bytes()).await;
    }
    let link = world.share("/many").await;
    let first = get(&world, &page(&link, "many")).await;
    let second = get(&world, &led_on(&first)).await;
    // Three pages: two who look at the first part, one who looks at the second.
    let pages = [&first, &first, &second].map(tiles);
    assert_eq!(pages.each_ref().map(Vec::len), [100, 100, 100]);
    world.imaging.hold();
    let everything = join_all(pages.iter().flatten().map(|path| get(&world, path)));
    let decoder = async {
        // It begins once all of them wait.
        tokio::task::yield_now().await;
        world.imaging.let_go(200);
    };
    let (tiles, ()) = tokio::join!(everything, decoder);
    for (at, tile) in tiles.iter().enumerate() {
        let n = if at < 100 { at } else { at - 100 };
        assert_eq!(tile.body, format!("Jpeg in 640x480 of picture {n:03}"));
    }
    assert_eq!(world.imaging.begun(), 200, "each was made once");
}

/// Whoever may not save anything sees all of it, in the sizes that are made here.
#[tokio::test]
async fn an_album_may_be_for_looking_only() {
    let world = World::with_ann().await;
    for name in ["a.jpg", "b.jpg", "c.txt"] {
        world.put(&format!("/dir/{name}"), b"p").await;
    }
    let look_only = LinkChange { can_download: Some(false), ..LinkChange::default() };
    let link = world.share_with("/dir", &look_only).await;
    let album = get(&world, &page(&link, "dir")).await;
    let picture = get(&world, &page(&link, "dir/a.jpg")).await;
    for shown in [&album, &picture] {
        assert!(!shown.body.contains("dl=1") && !shown.body.contains("raw=1"), "{}", shown.body);
    }
    assert_eq!(album.body.matches("?thumb=1").count(), 2);
    assert!(picture.body.contains("/dir/a.jpg?view=1\" alt=\"a.jpg\""));
    assert_eq!(led_to(&picture, "Next: b.jpg"), Some(page(&link, "dir/b.jpg")));
    for rest in ["dir/a.jpg?dl=1", "dir/a.jpg?raw=1", "dir?dl=1"] {
        assert_eq!(world.browser().get(&page(&link, rest)).await.status, StatusCode::FORBIDDEN, "{rest}");
    }
    let alone = world.share_with("/dir/b.jpg", &look_only).await;
    let shown = get(&world, &page(&alone, "b.jpg")).await;
    assert!(shown.body.contains("?view=1") && !shown.body.contains("\"acts\""), "{}", shown.body);
    assert!(picture.body.contains("\"acts\""), "there is a way to the others");
}
