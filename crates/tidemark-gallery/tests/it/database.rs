//! The databases: whoever waits for one holds up nobody else.

use futures_util::future::join_all;
use http::StatusCode;
use rusqlite::Connection;
use tokio::runtime::Builder;

use crate::world::World;

/// Many sign in while another process (a backup, say) keeps the database to itself: they wait for it, and everybody else, signed in or
/// not, does not, although there is but one thread here, and few to wait on.
#[test]
fn nobody_waits_for_what_another_waits_for() {
    let mut runtime = Builder::new_current_thread();
    runtime.enable_all().max_blocking_threads(6).build().unwrap().block_on(async {
        let world = World::new().await;
        let (ada, bob) = (world.account("ada@example.org").await, world.account("bob@example.org").await);
        let (stranger, member) = (world.browser(), world.signed_in(&bob).await);
        let file = world.folder.path().join("gallery").join("gallery.db");
        let other = Connection::open(file).unwrap();
        other.execute_batch("BEGIN IMMEDIATE").unwrap();

        let (browsers, mut back) = ((0..20).map(|_| world.browser()).collect::<Vec<_>>(), Vec::new());
        for browser in &browsers {
            back.push(world.allow(&ada, &browser.begin().await).await);
        }
        world.network.seen("");
        let wait = join_all(browsers.iter().zip(&back).map(|(browser, back)| browser.get(back)));
        let go_on = async {
            world.network.hears("GET /1/account/info", browsers.len()).await;
            // Who they are is known, and is to be kept.
            for _ in 0..20 {
                assert_eq!(stranger.get("/").await.status, StatusCode::OK);
                assert_eq!(member.get("/api/timeline").await.status, StatusCode::OK);
                tokio::task::yield_now().await;
            }
            other.execute_batch("COMMIT").unwrap();
        };
        let (answers, ()) = tokio::join!(wait, go_on);
        for answer in answers {
            assert_eq!((answer.status, answer.header("location")), (StatusCode::SEE_OTHER, "/"));
        }
    });
}
