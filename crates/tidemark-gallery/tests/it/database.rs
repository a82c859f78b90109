//! The databases: whoever waits for one holds up nobody else.

use http::StatusCode;
use rusqlite::Connection;

use crate::world::World;

/// Somebody signs in while another process (a backup, say) keeps the database to itself: they wait for it, and everybody else, for
/// whom there is but one thread here, does not.
#[tokio::test]
async fn nobody_waits_for_what_another_waits_for() {
    let world = World::new().await;
    let ada = world.account("ada@example.org").await;
    let file = world.folder.path().join("gallery").join("gallery.db");
    let other = Connection::open(file).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();

    let browser = world.browser();
    let asked = browser.begin().await;
    let back = world.allow(&ada, &asked).await;
    let (waits, goes_on) = (browser.get(&back), async {
        let another = world.browser();
        while world.network.seen("GET /1/account/info").is_empty() {
            tokio::task::yield_now().await;
        }
        // Who they are is known, and is to be kept.
        for _ in 0..100 {
            assert_eq!(another.get("/").await.status, StatusCode::OK);
            tokio::task::yield_now().await;
        }
        other.execute_batch("COMMIT").unwrap();
    });
    let (answer, ()) = tokio::join!(waits, goes_on);
    assert_eq!((answer.status, answer.header("location")), (StatusCode::SEE_OTHER, "/"));
}
