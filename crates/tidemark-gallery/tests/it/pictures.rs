//! Pictures, thumbnails and albums, and what is asked of the server for them.

use std::time::Duration;

use http::StatusCode;

use crate::world::{Browser, World};

/// What is here is answered from here: a browser that has a picture is told so without asking the server.
#[tokio::test(start_paused = true)]
async fn a_known_picture_is_not_asked_for() {
    let world = World::new().await;
    let ada = world.account("ada@example.org").await;
    ada.put("/Photos/sea.jpg", "picture of the sea").await;
    let browser = world.signed_in(&ada).await;
    let id = browser.until_pictures(&["sea.jpg"]).await[0];
    let path = format!("/pictures/{id}");
    let picture = browser.get(&path).await;
    assert_eq!((picture.status, picture.text()), (StatusCode::OK, "picture of the sea"));
    assert_eq!(picture.header("content-type"), "image/jpeg");
    assert!(picture.header("content-security-policy").contains("sandbox"));
    let tag = picture.header("etag").to_owned();
    let rev = browser.get(&format!("/api/pictures/{id}")).await.json()["rev"].as_str().unwrap().to_owned();
    assert_eq!(tag, format!("\"{rev}\""));
    world.network.seen("");
    for known in [tag.clone(), format!("W/{tag}"), format!("\"x\", {tag}"), "*".to_owned()] {
        let answer = browser.get_with(&path, "if-none-match", &known).await;
        assert_eq!(
            (answer.status, answer.header("etag"), answer.body.len()),
            (StatusCode::NOT_MODIFIED, &*tag, 0)
        );
    }
    assert_eq!(world.network.seen("GET /1/files"), [""; 0]);
    let other = browser.get_with(&path, "if-none-match", "\"other\"").await;
    assert_eq!((other.status, world.network.seen("GET /1/files").len()), (StatusCode::OK, 1));
    ada.put("/Photos/sea.jpg", "picture of another sea").await;
    for _ in 0..500 {
        if browser.get_with(&path, "if-none-match", &tag).await.status == StatusCode::OK {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(browser.get(&path).await.text(), "picture of another sea");
}

/// Parts of a film are had as they are asked for; what is saved has its name, and no type that a browser would show.
#[tokio::test(start_paused = true)]
async fn parts_and_downloads() {
    let world = World::new().await;
    let ada = world.account("ada@example.org").await;
    ada.put("/Films/a \"b\" ü.mp4", "0123456789").await;
    ada.put("/Films/c.heic", "picture").await;
    let browser = world.signed_in(&ada).await;
    let ids = browser.until_pictures(&["c.heic", "a \"b\" ü.mp4"]).await;
    let path = format!("/pictures/{}", ids[1]);
    for (range, text, told) in [
        ("bytes=2-4", "234", "bytes 2-4/10"),
        ("bytes=7-", "789", "bytes 7-9/10"),
        ("bytes=8-99", "89", "bytes 8-9/10"),
        ("bytes=0-18446744073709551615", "0123456789", "bytes 0-9/10"),
        ("bytes=8-18446744073709551615", "89", "bytes 8-9/10"),
    ] {
        let part = browser.get_with(&path, "range", range).await;
        let seen = (part.status, part.text(), part.header("content-range"));
        assert_eq!(seen, (StatusCode::PARTIAL_CONTENT, text, told));
    }
    assert_eq!(browser.get_with(&path, "range", "bytes=10-").await.status, StatusCode::RANGE_NOT_SATISFIABLE);
    let whole = browser.get_with(&path, "range", "bytes=-3").await;
    assert_eq!((whole.status, whole.header("content-type")), (StatusCode::OK, "video/mp4"));
    let tag = whole.header("etag").to_owned();
    for (condition, status) in [
        (&*tag, StatusCode::PARTIAL_CONTENT),
        ("\"another\"", StatusCode::OK),
        (&*format!("W/{tag}"), StatusCode::OK),
        ("Wed, 05 Feb 2014 09:07:03 GMT", StatusCode::OK),
    ] {
        let headers = [("range", "bytes=2-4"), ("if-range", condition)];
        let part = browser.ask(http::Method::GET, &path, &headers, "").await;
        assert_eq!(part.status, status, "{condition}");
    }
    let saved = browser.get(&format!("{path}/original")).await;
    assert_eq!(saved.header("content-type"), "application/octet-stream");
    let name = saved.header("content-disposition");
    assert_eq!(name, "attachment; filename=\"a _b_ _.mp4\"; filename*=UTF-8''a%20%22b%22%20%C3%BC.mp4");
    let heic = browser.get(&format!("/pictures/{}", ids[0])).await;
    assert_eq!(
        heic.header("content-type"),
        "application/octet-stream",
        "browsers may not take it for anything"
    );
}

/// A thumbnail is asked for once for each version; what has none is told, and not asked for again.
#[tokio::test(start_paused = true)]
async fn thumbnails_by_version() {
    let world = World::new().await;
    let ada = world.account("ada@example.org").await;
    ada.put("/a.jpg", "picture one").await;
    ada.put("/broken.jpg", "no picture").await;
    let browser = world.signed_in(&ada).await;
    let ids = browser.until_pictures(&["broken.jpg", "a.jpg"]).await;
    let shape = |said: &serde_json::Value, at: usize| said["pictures"][at][5].as_i64();
    // Somebody looks at them before anybody asks.
    browser.until("/api/timeline/201402", |said| shape(said, 0) == Some(0) && shape(said, 1) > Some(0)).await;
    let rev = async |id: i64| {
        browser.get(&format!("/api/pictures/{id}")).await.json()["rev"].as_str().unwrap().to_owned()
    };
    let (first, broken) = (rev(ids[1]).await, rev(ids[0]).await);
    let path = format!("/thumbnails/{}/{first}/grid", ids[1]);
    world.network.seen("");
    let small = browser.get(&path).await;
    assert_eq!((small.status, small.header("content-type")), (StatusCode::OK, "image/jpeg"));
    assert!(small.text().contains("640x480 of picture one"), "{}", small.text());
    assert!(small.header("cache-control").starts_with("private, ") && small.header("vary") == "Cookie");
    let known = browser.get_with(&path, "if-none-match", small.header("etag")).await;
    assert_eq!(known.status, StatusCode::NOT_MODIFIED);
    let without = format!("/thumbnails/{}/{broken}/grid", ids[0]);
    assert_eq!(browser.get(&without).await.status, StatusCode::NOT_FOUND);
    let any = browser.get_with(&without, "if-none-match", "*").await;
    assert_eq!(any.status, StatusCode::NOT_FOUND, "nobody has what there is not");
    let nobody = world.browser().get_with(&path, "if-none-match", small.header("etag")).await;
    assert_eq!(nobody.status, StatusCode::UNAUTHORIZED, "nobody is told anything who is not signed in");
    assert_eq!(world.network.seen("GET /1/thumbnails"), [""; 0], "all of that is known");
    let large = browser.get(&path.replace("grid", "screen")).await;
    assert!(large.text().contains("1024x768 of picture one"));
    for bad in [
        path.replace("grid", "huge"),
        path.replace(&first, "x"),
        path.replace(&ids[1].to_string(), "999"),
        path.replace(&ids[1].to_string(), "x"),
    ] {
        assert_eq!(browser.get(&bad).await.status, StatusCode::NOT_FOUND, "{bad}");
    }
    ada.put("/a.jpg", "picture two").await;
    browser.until(&format!("/api/pictures/{}", ids[1]), |said| said["rev"] != *first).await;
    let second = rev(ids[1]).await;
    let small = browser.get(&format!("/thumbnails/{}/{second}/grid", ids[1])).await;
    assert!(small.text().contains("of picture two"));
    assert_eq!(
        browser.get(&path).await.status,
        StatusCode::NOT_FOUND,
        "the old one is not what the picture is"
    );
}

/// Pictures are by the month in which they were taken, with the place as words; albums are folders.
#[tokio::test(start_paused = true)]
async fn by_month_and_by_folder() {
    let world = World::new().await;
    let ada = world.account("ada@example.org").await;
    // The 15th of May 2024, and the last second of 2019.
    ada.put("/Trips/Lisbon/one.jpg", "picture taken=1715774400000 lat=38.72 long=-9.14").await;
    ada.put("/Trips/Lisbon/two.jpg", "picture taken=1577836799000").await;
    ada.put("/top.png", "picture").await;
    ada.put("/Trips/notes.txt", "words").await;
    ada.put("/Trips/drawing.svg", "<svg onload='evil()'/>").await;
    let browser = world.signed_in(&ada).await;
    let months = |said: &serde_json::Value| -> Vec<i64> {
        said["months"].as_array().unwrap().iter().map(|month| month["month"].as_i64().unwrap()).collect()
    };
    let all = browser.until("/api/timeline", |said| months(said) == [202_405, 201_912, 201_402]).await;
    assert!(all["months"].as_array().unwrap().iter().all(|month| month["count"] == 1));
    let albums = browser.get("/api/albums").await.json();
    let albums = albums["albums"].as_array().unwrap();
    let named: Vec<_> = albums
        .iter()
        .map(|album| (album["name"].as_str().unwrap(), album["count"].as_i64().unwrap()))
        .collect();
    assert_eq!(named, [("Lisbon", 2), ("All files", 1)]);
    let album = &albums[0]["id"];
    let of_album = browser.get(&format!("/api/timeline?album={album}")).await.json();
    assert_eq!(months(&of_album), [202_405, 201_912]);
    let pictures = browser.get(&format!("/api/timeline/202405?album={album}")).await.json();
    let id = &pictures["pictures"][0][0];
    let told = browser.get(&format!("/api/pictures/{id}")).await.json();
    assert_eq!(
        (&told["place"], &told["path"]),
        (&"38.72° N, 9.14° W".into(), &"/Trips/Lisbon/one.jpg".into())
    );
    assert_eq!(
        (&told["kind"], &told["shown"], &told["bytes"]),
        (&"image/jpeg".into(), &true.into(), &48.into())
    );
    let token = browser.form_token().await;
    let share = format!("/api/albums/{album}/share");
    let shared = browser.ask(http::Method::POST, &share, &[("x-form-token", &token)], "").await;
    assert!(shared.json()["url"].as_str().unwrap().contains("/s/"), "{}", shared.text());
    let named = browser.get(&format!("/api/albums/{album}")).await.json();
    assert_eq!((&named["name"], &named["path"]), (&"Lisbon".into(), &"/Trips/Lisbon".into()));
}

/// Whatever files are called, it is only their name.
#[tokio::test(start_paused = true)]
async fn hostile_names_are_names() {
    let world = World::new().await;
    let ada = world.account("ada@example.org").await;
    let names = [
        "<img src=x onerror=alert(1)>.jpg",
        "'; DROP TABLE picture; --.jpg",
        "..%2f..%2fetc.jpg",
        "%_%.jpg",
        "a?b#c&d=e.jpg",
        "\u{202e}gpj.exe.jpg",
        "日本 🗾.jpg",
    ];
    for name in names {
        ada.put(&format!("/{name}/{name}"), &format!("picture of {name}")).await;
    }
    let browser = world.signed_in(&ada).await;
    let in_order = |names: &[&'static str]| {
        let mut names = names.to_vec();
        names.sort_unstable();
        names
    };
    let all = until_all(&browser, &in_order(&names)).await;
    for (name, id) in all {
        assert_eq!(browser.get(&format!("/pictures/{id}")).await.text(), format!("picture of {name}"));
        let told = browser.get(&format!("/api/pictures/{id}")).await;
        assert_eq!(told.json()["path"], format!("/{name}/{name}"));
        assert_eq!(
            (told.header("content-type"), told.header("x-content-type-options")),
            ("application/json", "nosniff")
        );
    }
    ada.client.delete(&tidemark_client::RemotePath::new("/%_%.jpg").unwrap(), None).await.unwrap();
    let left: Vec<_> = names.into_iter().filter(|name| !name.starts_with("%_")).collect();
    until_all(&browser, &in_order(&left)).await;
}

/// Waits until there are these pictures, in whatever order.
async fn until_all(browser: &Browser, names: &[&str]) -> Vec<(String, i64)> {
    for _ in 0..2000 {
        let mut pictures = browser.pictures().await;
        pictures.sort_unstable();
        if pictures.iter().map(|(name, _)| name).eq(names) {
            return pictures;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("there are {:?}, and not {names:?}", browser.pictures().await);
}
