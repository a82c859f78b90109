//! What happens in the files shows in the gallery, by itself.

use std::time::Duration;

use futures_util::StreamExt as _;
use http::{Method, StatusCode};
use rusqlite::Connection;
use tidemark_client::{OWN_APP, RemotePath};

use crate::world::World;

/// A new picture is told to the page that is open, and so is one that goes.
#[tokio::test(start_paused = true)]
async fn a_new_picture_is_told() {
    let world = World::new().await;
    let ada = world.account("ada@example.org").await;
    let browser = world.signed_in(&ada).await;
    let answer = browser.open(Method::GET, "/events", &[], "").await;
    assert_eq!(answer.headers()["content-type"], "text/event-stream");
    let mut news = answer.into_body().into_data_stream();
    let mut heard = async |wanted: &str| {
        let waiting = async {
            let mut text = String::new();
            while !text.contains(wanted) {
                text.push_str(std::str::from_utf8(&news.next().await.expect("it goes on").unwrap()).unwrap());
            }
        };
        tokio::time::timeout(Duration::from_secs(600), waiting).await.expect(wanted);
    };
    heard("event: working\ndata: false\n\n").await;
    ada.put("/New/a.jpg", "picture").await;
    heard("event: changed\ndata: {\"came\":1,\"left\":0}\n\n").await;
    browser.until_pictures(&["a.jpg"]).await;
    ada.client.delete(&RemotePath::new("/New").unwrap(), None).await.unwrap();
    heard("event: changed\ndata: {\"came\":0,\"left\":1}\n\n").await;
    assert!(browser.pictures().await.is_empty());
    world.gallery.stop();
    let ended =
        tokio::time::timeout(Duration::from_secs(600), async { while news.next().await.is_some() {} });
    ended.await.expect("whoever stops is not held up");
}

/// A mistake in whatever watches ends no more than that once: pages that are open hear that they hear nothing more, ask again, and are
/// told of what is new as before.
#[tokio::test(start_paused = true)]
async fn a_mistake_is_not_for_ever() {
    let world = World::new().await;
    let ada = world.account("ada@example.org").await;
    let browser = world.signed_in(&ada).await;
    let mut news = browser.open(Method::GET, "/events", &[], "").await.into_body().into_data_stream();
    world.network.plant("/1/delta");
    ada.put("/New/a.jpg", "picture").await;
    let ended = tokio::time::timeout(Duration::from_secs(600), async {
        while let Some(piece) = news.next().await {
            piece.unwrap();
        }
    });
    ended.await.expect("the page hears that nobody tells it anything");
    assert!(!world.network.is_planted());
    browser.until_pictures(&["a.jpg"]).await;
    ada.put("/New/b.jpg", "picture taken=1000").await;
    browser.until_pictures(&["b.jpg", "a.jpg"]).await;
}

/// A session that is over and cannot be ended, as the disk takes nothing, is tried again after a pause, and not as fast as it fails.
#[tokio::test(start_paused = true)]
async fn what_cannot_be_ended_is_not_tried_for_ever() {
    let world = World::new().await;
    let ada = world.account("ada@example.org").await;
    let _browser = world.signed_in(&ada).await;
    let file = world.folder.path().join("gallery").join("gallery.db");
    let full = "CREATE TRIGGER full BEFORE DELETE ON session BEGIN SELECT raise(ABORT, 'full'); END";
    Connection::open(file).unwrap().execute_batch(full).unwrap();
    let app = world.people.app(OWN_APP).await.unwrap();
    world.people.unlink(ada.account.id, &app.key).await.unwrap();
    world.network.seen("");
    tokio::select! {
        () = world.network.hears("POST /1/delta", 20) => panic!("it is tried over and over"),
        () = tokio::time::sleep(Duration::from_secs(900)) => {}
    }
}

/// Moves, deletions and folders that become something else: what is shown is what is there.
#[tokio::test(start_paused = true)]
async fn what_is_shown_is_what_is_there() {
    let world = World::new().await;
    let ada = world.account("ada@example.org").await;
    let path = |text: &str| RemotePath::new(text).unwrap();
    for (name, taken) in [("/A/1.jpg", 4), ("/A/B/2.jpg", 3), ("/A/Bc/3.jpg", 2), ("/C/4.jpg", 1)] {
        ada.put(name, &format!("picture taken={taken}000")).await;
    }
    let browser = world.signed_in(&ada).await;
    browser.until_pictures(&["1.jpg", "2.jpg", "3.jpg", "4.jpg"]).await;
    let are_measured = |said: &serde_json::Value| {
        said["pictures"].as_array().unwrap().iter().all(|picture| picture[5].as_i64() > Some(0))
    };
    browser.until("/api/timeline/197001", are_measured).await;
    world.network.seen("");
    ada.client.move_to(&path("/A/B"), &path("/Moved"), None).await.unwrap();
    ada.client.move_to(&path("/C/4.jpg"), &path("/C/five.jpg"), None).await.unwrap();
    browser.until_pictures(&["1.jpg", "2.jpg", "3.jpg", "five.jpg"]).await;
    browser.until("/api/timeline/197001", are_measured).await;
    let asked = world.network.seen("GET /1/thumbnails");
    assert_eq!(
        asked,
        ["GET /1/thumbnails/auto/C/five.jpg"],
        "in a folder that moved pictures are what they were"
    );
    let albums = browser.until("/api/albums", |said| said["albums"].as_array().unwrap().len() == 4).await;
    assert!(albums.to_string().contains("\"/Moved\"") && !albums.to_string().contains("\"/A/B\""));
    ada.client.delete(&path("/a"), None).await.unwrap();
    browser.until_pictures(&["2.jpg", "five.jpg"]).await;
    ada.put("/c/five.jpg", "picture taken=9000").await;
    browser.until_pictures(&["five.jpg", "2.jpg"]).await;
    ada.client.move_to(&path("/C/five.jpg"), &path("/C/words.txt"), None).await.unwrap();
    browser.until_pictures(&["2.jpg"]).await;
}

/// Nothing is asked for that is known: a folder whose hash is as it was is not told again, and after a restart only what happened
/// meanwhile.
#[tokio::test(start_paused = true)]
async fn only_what_is_new_is_asked_for() {
    let world = World::new().await;
    let ada = world.account("ada@example.org").await;
    // Folders are asked for several at once: what was taken when says in which order they are shown.
    for (name, taken) in [("/A/1.jpg", 1), ("/B/2.jpg", 2), ("/C/3.jpg", 3)] {
        ada.put(name, &format!("picture taken={taken}000")).await;
    }
    let browser = world.signed_in(&ada).await;
    browser.until_pictures(&["3.jpg", "2.jpg", "1.jpg"]).await;
    // Until all was looked into.
    tokio::time::sleep(Duration::from_secs(3600)).await;
    browser.get("/api/timeline").await;
    let session = browser.session();
    let world = world.restarted();
    let browser = world.browser();
    browser.set_session(&session);
    world.network.seen("");
    ada.put("/B/4.jpg", "picture taken=4000").await;
    browser.until_pictures(&["4.jpg", "3.jpg", "2.jpg", "1.jpg"]).await;
    tokio::time::sleep(Duration::from_secs(300)).await;
    let listed = world.network.seen("GET /1/metadata");
    assert!(listed.iter().all(|request| request == "GET /1/metadata/auto/B"), "{listed:?}");
}

/// Somebody who comes back after everybody was forgotten finds what is there by then.
#[tokio::test(start_paused = true)]
async fn coming_back() {
    let world = World::new().await;
    let ada = world.account("ada@example.org").await;
    ada.put("/1.jpg", "picture").await;
    let browser = world.signed_in(&ada).await;
    browser.until_pictures(&["1.jpg"]).await;
    tokio::time::sleep(Duration::from_secs(2 * 3600)).await;
    world.network.seen("");
    tokio::time::sleep(Duration::from_secs(3600)).await;
    assert_eq!(world.network.seen(""), [""; 0], "nobody is watched who does not look");
    ada.put("/2.jpg", "picture").await;
    browser.until_pictures(&["2.jpg", "1.jpg"]).await;
    let tidying = tokio::spawn({
        let gallery = world.gallery.clone();
        async move { gallery.tidy().await }
    });
    tokio::time::sleep(Duration::from_secs(32 * 24 * 3600)).await;
    assert_eq!(browser.get("/api/timeline").await.status, StatusCode::UNAUTHORIZED, "a month is enough");
    tidying.abort();
    browser.set_session("");
    world.sign_in(&browser, &ada).await;
    browser.until_pictures(&["2.jpg", "1.jpg"]).await;
}
