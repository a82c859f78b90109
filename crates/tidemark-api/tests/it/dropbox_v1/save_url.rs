//! `/save_url` and `/save_url_job`

use crate::internet::Says;
use crate::world::{Answer, Choices, World};
use axum::body::Body;
use bytes::Bytes;
use http::{Method, Request};
use std::sync::Arc;
use std::time::Duration;
use tidemark_core::fetches::{Fetches, Limits};
use tidemark_core::model::Access;
use tidemark_core::store::{AccountChange, AccountStore as _, EgressError, StoreError};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

const URL: &str = "http://files.example/f";

/// Does what is open, until it is dropped.
struct Runner(JoinHandle<()>);

impl Drop for Runner {
    fn drop(&mut self) {
        self.0.abort();
    }
}

fn run(fetches: &Arc<Fetches>) -> Runner {
    Runner(tokio::spawn(Arc::clone(fetches).run()))
}

async fn begin(world: &World, path: &str, url: &str) -> String {
    let answer = world.post(&format!("/1/save_url/auto{path}"), &format!("url={url}")).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.field("status"), "PENDING");
    answer.field("job")
}

async fn status(world: &World, job: &str) -> String {
    let answer = world.get(&format!("/1/save_url_job/{job}")).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let json = answer.json();
    let status = json["status"].as_str().unwrap();
    assert_eq!(json["error"].is_string(), status == "FAILED", "{json}");
    match json["error"].as_str() {
        Some(error) => format!("{status}: {error}"),
        None => status.to_owned(),
    }
}

/// Waits until the job is as wanted, by looking.
async fn until(world: &World, job: &str, wanted: impl Fn(&str) -> bool) -> String {
    let look = async {
        loop {
            let now = status(world, job).await;
            if wanted(&now) {
                return now;
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    match tokio::time::timeout(Duration::from_secs(20), look).await {
        Ok(status) => status,
        Err(_) => panic!("it stays {}", status(world, job).await),
    }
}

async fn ended(world: &World, job: &str) -> String {
    until(world, job, |status| status == "COMPLETE" || status.starts_with("FAILED")).await
}

async fn names(world: &World, path: &str) -> Vec<String> {
    let listing = world.get(&format!("/1/metadata/auto{path}")).await.json();
    let contents = listing["contents"].as_array().unwrap().iter();
    contents.map(|entry| entry["path"].as_str().unwrap().to_owned()).collect()
}

/// A page that waits for permission before each piece.
fn gated(text: &'static str) -> (Says, Arc<Semaphore>) {
    let gate = Arc::new(Semaphore::new(0));
    (Says { gate: Some(gate.clone()), ..text.into() }, gate)
}

#[tokio::test]
async fn a_file_comes_from_elsewhere() {
    let world = World::new().await;
    let (says, gate) = gated("hello");
    world.internet.page(URL, says);
    let job = begin(&world, "/new/folder/f.txt", URL).await;
    assert_eq!(status(&world, &job).await, "PENDING", "nobody does it yet");
    let _runner = run(&world.fetches);
    until(&world, &job, |status| status == "DOWNLOADING").await;
    world.get("/1/files/auto/new/folder/f.txt").await.refuses(404);
    gate.add_permits(2);
    assert_eq!(ended(&world, &job).await, "COMPLETE");
    assert_eq!(world.get("/1/files/auto/new/folder/f.txt").await.text(), "hello");
    let again = world.post(&format!("/1/save_url_job/{job}/"), "").await;
    assert_eq!(again.shown(), "200 {\"status\":\"COMPLETE\"}");
}

#[tokio::test]
async fn the_url_is_taken_from_form_and_query_and_sent_as_it_is() {
    let world = World::new().await;
    let url = "https://files.example/a%20b?c=d&e=f+g";
    world.internet.page(url, "x");
    let _runner = run(&world.fetches);
    let escaped = "https%3A%2F%2Ffiles.example%2Fa%2520b%3Fc%3Dd%26e%3Df%2Bg";
    for uri in [format!("/1/save_url/dropbox/a?url={escaped}"), "/1/save_url/dropbox/b".to_owned()] {
        let answer = world.post(&uri, &format!("url={escaped}")).await;
        assert_eq!(ended(&world, &answer.field("job")).await, "COMPLETE");
    }
    assert_eq!(world.internet.asked(), [url, url]);
}

#[tokio::test]
async fn what_is_there_is_kept() {
    let world = World::new().await;
    world.file("/f.txt", "mine").await;
    world.folder("/d").await;
    world.internet.page(URL, "theirs");
    let _runner = run(&world.fetches);
    for path in ["/f.txt", "/f.txt", "/d"] {
        assert_eq!(ended(&world, &begin(&world, path, URL).await).await, "COMPLETE");
    }
    assert_eq!(names(&world, "").await, ["/d", "/d (1)", "/f (1).txt", "/f (2).txt", "/f.txt"]);
    assert_eq!(world.get("/1/files/auto/f.txt").await.text(), "mine");
    assert_eq!(world.get("/1/files/auto/f (1).txt".replace(' ', "%20").as_str()).await.text(), "theirs");
}

#[tokio::test]
async fn what_goes_wrong_is_told_and_leaves_nothing() {
    let world = World::new().await;
    world.file("/file", "x").await;
    let pieces = |end| vec![Ok(Bytes::from_static(b"half")), Err(end)];
    let broken = |end| Says { length: None, pieces: pieces(end), ..Says::from("") };
    let of_status = |status| Says { status, ..Says::from("no") };
    world.internet.page("http://a/broken", broken(EgressError::Broken));
    world.internet.page("http://a/paused", broken(EgressError::TimedOut));
    world.internet.page("http://a/404", of_status(404));
    world.internet.page("http://a/206", of_status(206));
    world.internet.page("http://a/302", of_status(302));
    world.internet.page("http://a/ok", "ok");
    world.internet.refuse("http://a/private", EgressError::Forbidden);
    world.internet.refuse("http://a/circle", EgressError::Redirects);
    let _runner = run(&world.fetches);
    for (url, path, told) in [
        ("http://a/broken", "/f", "the response broke off"),
        ("http://a/paused", "/f", "the host took too long"),
        ("http://a/404", "/f", "the host answered with status 404"),
        ("http://a/206", "/f", "the host answered with status 206"),
        ("http://a/302", "/f", "the host answered with status 302"),
        ("http://a/unknown", "/f", "the URL leads to no address that is public"),
        ("http://a/private", "/f", "the URL leads to no address that is public"),
        ("http://a/circle", "/f", "there were too many redirects"),
        ("http://a/ok", "/file/inside", "a folder of the path is a file"),
    ] {
        let job = begin(&world, path, url).await;
        assert_eq!(ended(&world, &job).await, format!("FAILED: {told}"), "{url}");
    }
    assert_eq!(names(&world, "").await, ["/file"]);
}

#[tokio::test]
async fn a_job_is_its_accounts_and_its_apps() {
    let world = World::new().await;
    let job = begin(&world, "/f", URL).await;
    let bo = world.person("bo@example.org").await;
    let theirs = world.token_for(&bo, "Other", Access::Full).await;
    let other_app = world.token_for(&world.account, "Other", Access::Full).await;
    for token in [&theirs, &other_app] {
        let uri = format!("/1/save_url_job/{job}?access_token={token}");
        let request = Request::builder().method(Method::GET).uri(uri);
        world.send(request.body(Body::empty()).unwrap()).await.refuses(404);
    }
    for unknown in ["", "x", "AAAAAAAAAAAAAAAAAAAAAA", "%FF", &job[1..], &format!("{job}A")] {
        world.get(&format!("/1/save_url_job/{unknown}")).await.refuses(404);
    }
    // A job is no upload, whatever its name is used for.
    world.put(&format!("/1/chunked_upload?upload_id={job}&offset=0"), "x").await.refuses(404);
    world.post(&format!("/1/commit_chunked_upload/auto/g?upload_id={job}"), "").await.refuses(400);
}

#[tokio::test]
async fn an_apps_files_go_where_it_may() {
    let mut world = World::new().await;
    world.internet.page(URL, "x");
    let _runner = run(&world.fetches);
    let full = std::mem::take(&mut world.token);
    world.token = world.token_for(&world.account, "Narrow", Access::AppFolder).await;
    world.post("/1/save_url/dropbox/f", &format!("url={URL}")).await.refuses(403);
    assert_eq!(ended(&world, &begin(&world, "/f", URL).await).await, "COMPLETE");
    world.token = full;
    assert_eq!(names(&world, "/Apps/Narrow").await, ["/Apps/Narrow/f"]);
    let answer = world.post("/1/save_url/sandbox/g", &format!("url={URL}")).await;
    assert_eq!(ended(&world, &answer.field("job")).await, "COMPLETE");
    assert_eq!(names(&world, "/Apps/Watcher").await, ["/Apps/Watcher/g"]);
}

#[tokio::test]
async fn the_quota_counts_from_the_first_byte_to_the_last() {
    let world = World::with_quota(10).await;
    world.file("/f", "123456").await;
    world.internet.page("http://a/fits", "1234");
    world.internet.page("http://a/declared", Says { length: Some(5), pieces: vec![], ..Says::from("") });
    world.internet.page("http://a/silent", Says { length: None, ..Says::from("12345") });
    let _runner = run(&world.fetches);
    for url in ["http://a/declared", "http://a/silent"] {
        let job = begin(&world, "/f", url).await;
        assert_eq!(ended(&world, &job).await, "FAILED: the account is over its quota", "{url}");
    }
    assert_eq!(ended(&world, &begin(&world, "/f", "http://a/fits").await).await, "COMPLETE");
    assert_eq!(names(&world, "").await, ["/f", "/f (1)"]);
}

#[tokio::test]
async fn an_endless_file_ends_at_the_limit_or_at_the_quota() {
    let limits = Limits { bytes_max: 100 << 20, ..Limits::default() };
    let mib = Bytes::from(vec![7; 1 << 20]);
    let endless = || Says { length: None, pieces: vec![Ok(mib.clone()); 200], ..Says::from("") };
    let world = World::with(Choices { fetches: limits.clone(), ..Choices::default() }).await;
    world.internet.page(URL, endless());
    world.internet.page("http://a/declared", Says { length: Some(1 << 40), ..Says::from("x") });
    let _runner = run(&world.fetches);
    for url in [URL, "http://a/declared"] {
        let told = ended(&world, &begin(&world, "/f", url).await).await;
        assert_eq!(told, "FAILED: the file is larger than 104857600 bytes", "{url}");
    }
    // A gate that lets a third through: what the quota does not allow is not taken to the end.
    let quota = World::made_of(Choices { fetches: limits, ..Choices::default() }, Some(1 << 20)).await;
    let gate = Arc::new(Semaphore::new(40));
    quota.internet.page(URL, Says { gate: Some(gate), ..endless() });
    let _runner = run(&quota.fetches);
    let told = ended(&quota, &begin(&quota, "/f", URL).await).await;
    assert_eq!(told, "FAILED: the account is over its quota");
}

#[tokio::test]
async fn an_account_has_so_many_jobs_and_so_many_at_once() {
    let limits =
        Limits { open_per_account_max: 3, running_max: 3, running_per_account_max: 2, ..Limits::default() };
    let mut world = World::with(Choices { fetches: limits, ..Choices::default() }).await;
    let (says, gate) = gated("x");
    world.internet.page(URL, says);
    let _runner = run(&world.fetches);
    let mut jobs = Vec::new();
    for n in 0..3 {
        jobs.push(begin(&world, &format!("/{n}"), URL).await);
    }
    for job in &jobs[..2] {
        until(&world, job, |status| status == "DOWNLOADING").await;
    }
    let full = world.post("/1/save_url/auto/f", &format!("url={URL}")).await;
    assert_eq!(full.refuses(429).header("retry-after"), Some("60"));
    // Somebody else's turn comes before this account's third.
    let bo = world.person("bo@example.org").await;
    let theirs = world.token_for(&bo, "Other", Access::Full).await;
    let mine = std::mem::replace(&mut world.token, theirs);
    let others = [begin(&world, "/a", URL).await, begin(&world, "/b", URL).await];
    until(&world, &others[0], |status| status == "DOWNLOADING").await;
    assert_eq!(status(&world, &others[1]).await, "PENDING", "the server has enough");
    world.token = mine;
    assert_eq!(status(&world, &jobs[2]).await, "PENDING");
    gate.add_permits(100);
    for job in &jobs {
        assert_eq!(ended(&world, job).await, "COMPLETE");
    }
    begin(&world, "/f", URL).await;
}

/// A place that becomes free goes to whoever has the fewest, not to whoever asked for the most first.
#[tokio::test]
async fn an_accounts_crowd_does_not_keep_others_out() {
    let limits = Limits { running_max: 2, running_per_account_max: 2, ..Limits::default() };
    let mut world = World::with(Choices { fetches: limits, ..Choices::default() }).await;
    let (says, gate) = gated("x");
    world.internet.page(URL, says);
    let (says, other_gate) = gated("y");
    world.internet.page("http://files.example/other", says);
    let runner = run(&world.fetches);
    let first = begin(&world, "/0", URL).await;
    let second = begin(&world, "/1", "http://files.example/other").await;
    let third = begin(&world, "/2", URL).await;
    for job in [&first, &second] {
        until(&world, job, |status| status == "DOWNLOADING").await;
    }
    let bo = world.person("bo@example.org").await;
    let theirs = world.token_for(&bo, "Other", Access::Full).await;
    let mine = std::mem::replace(&mut world.token, theirs);
    let others = begin(&world, "/a", URL).await;
    gate.add_permits(2);
    until(&world, &others, |status| status == "DOWNLOADING").await;
    world.token = mine;
    assert_eq!(status(&world, &first).await, "COMPLETE");
    assert_eq!(status(&world, &third).await, "PENDING");
    drop((runner, other_gate));
}

#[tokio::test]
async fn an_account_begins_so_many_in_two_days() {
    let limits = Limits { kept_per_account_max: 3, ..Limits::default() };
    let world = World::with(Choices { fetches: limits, ..Choices::default() }).await;
    let _runner = run(&world.fetches);
    for _ in 0..3 {
        let job = begin(&world, "/f", "http://unknown.example/").await;
        assert_eq!(ended(&world, &job).await, "FAILED: the URL leads to no address that is public");
    }
    world.post("/1/save_url/auto/f", &format!("url={URL}")).await.refuses(429);
    let closed = async {
        while world.open_uploads().await > 0 {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), closed).await.expect("failed jobs are no open uploads");
    world.advance(Duration::from_secs(2 * 24 * 60 * 60 + 1));
    world.fetches.sweep().await.unwrap();
    begin(&world, "/f", URL).await;
}

#[tokio::test]
async fn what_was_interrupted_begins_again() {
    let world = World::new().await;
    let (says, gate) = gated("hello");
    world.internet.page(URL, says);
    let job = begin(&world, "/f", URL).await;
    let runner = run(&world.fetches);
    until(&world, &job, |status| status == "DOWNLOADING").await;
    drop(runner);
    until(&world, &job, |status| status == "PENDING").await;
    gate.add_permits(100);
    let _runner = run(&world.fetches_again());
    assert_eq!(ended(&world, &job).await, "COMPLETE");
    assert_eq!(world.internet.asked(), [URL, URL]);
    assert_eq!(names(&world, "").await, ["/f"]);
}

/// The server dies between the commit of the file and the note that the job is done.
#[tokio::test]
async fn a_file_is_stored_once() {
    let world = World::new().await;
    world.internet.page(URL, "hello");
    world.store.fail_ends(Some(|| StoreError::ReadOnly));
    let job = begin(&world, "/f", URL).await;
    let runner = run(&world.fetches);
    let stored = async {
        while world.get("/1/files/auto/f").await.status != 200 {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), stored).await.unwrap();
    until(&world, &job, |status| status == "PENDING").await;
    drop(runner);
    world.store.fail_ends(None);
    // The file went elsewhere before the server came back: it stays there, and none comes in its place.
    let moved = world.post("/1/fileops/move", "root=auto&from_path=/f&to_path=/g").await;
    assert_eq!(moved.status, 200);
    let _runner = run(&world.fetches_again());
    assert_eq!(ended(&world, &job).await, "COMPLETE");
    assert_eq!(names(&world, "").await, ["/g"]);
    assert_eq!(world.internet.asked(), [URL], "nor was it asked for again");
}

#[tokio::test]
async fn nothing_is_stored_without_a_permission() {
    let withdraw: [fn(&World) -> futures_util::future::BoxFuture<'_, ()>; 3] = [
        |world| {
            Box::pin(async {
                let disabled = AccountChange::Disabled(true);
                world.accounts.change_account(world.account.id, disabled).await.unwrap();
            })
        },
        |world| {
            Box::pin(async {
                let app = world.people.apps().await.unwrap().remove(0);
                world.people.set_app_disabled(&app.key.0, true).await.unwrap();
            })
        },
        |world| {
            Box::pin(async {
                let (grant, _) = world.people.grants(world.account.id).await.unwrap().remove(0);
                world.people.revoke(grant.id).await.unwrap();
            })
        },
    ];
    for withdraw in withdraw {
        let world = World::new().await;
        let (says, gate) = gated("x");
        world.internet.page(URL, says);
        let _runner = run(&world.fetches);
        let job = begin(&world, "/f", URL).await;
        until(&world, &job, |status| status == "DOWNLOADING").await;
        let seq = world.head().await;
        withdraw(&world).await;
        gate.add_permits(100);
        let looked = async {
            while world.open_fetches().await > 0 {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), looked).await.unwrap();
        assert_eq!(world.head().await, seq, "nothing was committed");
        assert_eq!(world.get(&format!("/1/save_url_job/{job}")).await.status, 401);
    }
}

#[tokio::test]
async fn a_job_is_forgotten_after_two_days_and_not_begun_after_one() {
    const DAY: Duration = Duration::from_secs(24 * 60 * 60);
    let world = World::new().await;
    world.internet.page(URL, "x");
    let done = begin(&world, "/f", URL).await;
    let runner = run(&world.fetches);
    assert_eq!(ended(&world, &done).await, "COMPLETE");
    drop(runner);
    let late = begin(&world, "/g", URL).await;
    world.advance(DAY + Duration::from_secs(1));
    let _runner = run(&world.fetches_again());
    assert_eq!(ended(&world, &late).await, "FAILED: the download took too long");
    assert_eq!(status(&world, &done).await, "COMPLETE");
    world.advance(DAY);
    for job in [&done, &late] {
        world.get(&format!("/1/save_url_job/{job}")).await.refuses(404);
    }
    assert_eq!(world.fetches.sweep().await.unwrap(), 2);
}

/// Time is paused, so that minutes pass at once.
#[tokio::test(start_paused = true)]
async fn a_body_that_creeps_or_never_ends_is_cut_off() {
    let creeping = Limits { rate_min: 1000, ..Limits::default() };
    let short = Limits { time_max: Duration::from_secs(30), ..Limits::default() };
    for (limits, seconds) in [(creeping, 61..=70), (short, 30..=40)] {
        let world = World::with(Choices { fetches: limits, ..Choices::default() }).await;
        let gate = Arc::new(Semaphore::new(0));
        let pieces = vec![Ok(Bytes::from_static(b"x")); 10_000];
        world.internet.page(URL, Says { length: None, pieces, gate: Some(gate.clone()), ..Says::from("") });
        let drip = tokio::spawn(async move {
            loop {
                tokio::time::sleep(Duration::from_secs(1)).await;
                gate.add_permits(1);
            }
        });
        let _runner = run(&world.fetches);
        let begun = tokio::time::Instant::now();
        let job = begin(&world, "/f", URL).await;
        let look = async {
            while !status(&world, &job).await.starts_with("FAILED") {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(1000), look).await.unwrap();
        assert_eq!(status(&world, &job).await, "FAILED: the download took too long");
        assert!(seconds.contains(&begun.elapsed().as_secs()), "{:?}", begun.elapsed());
        drip.abort();
    }
}

/// What breaks the server's own code does so once, and whoever asked is told.
#[tokio::test]
async fn a_job_that_breaks_off_has_failed() {
    let world = World::new().await;
    let (says, gate) = gated("x");
    world.internet.page(URL, says);
    gate.close();
    let _runner = run(&world.fetches);
    let job = begin(&world, "/f", URL).await;
    assert_eq!(ended(&world, &job).await, "FAILED: the server could not get the file");
    assert_eq!(world.internet.asked(), [URL]);
    assert_eq!((world.open_fetches().await, world.open_uploads().await), (0, 0));
}

/// A store that could not keep how a job ended is asked again, without a restart.
#[tokio::test(start_paused = true)]
async fn a_job_that_could_not_be_ended_is_ended_later() {
    let world = World::new().await;
    world.internet.page(URL, "hello");
    world.store.fail_ends(Some(|| StoreError::Full));
    let job = begin(&world, "/f", URL).await;
    let _runner = run(&world.fetches);
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert_eq!(status(&world, &job).await, "PENDING");
    world.store.fail_ends(None);
    tokio::time::sleep(Duration::from_secs(20 * 60)).await;
    assert_eq!(status(&world, &job).await, "COMPLETE");
    assert_eq!(names(&world, "").await, ["/f"]);
    assert_eq!(world.internet.asked(), [URL], "it was not asked for again");
}

#[tokio::test]
async fn a_store_that_fails_takes_no_job_and_ends_none_well() {
    let world = World::new().await;
    let (says, gate) = gated("x");
    world.internet.page(URL, says);
    let refused: Answer = {
        world.store.fail(None, Some(|| StoreError::ReadOnly));
        world.post("/1/save_url/auto/f", &format!("url={URL}")).await
    };
    refused.refuses(503);
    world.store.fail(None, None);
    let job = begin(&world, "/f", URL).await;
    let _runner = run(&world.fetches);
    until(&world, &job, |status| status == "DOWNLOADING").await;
    world.store.fail(None, Some(|| StoreError::ReadOnly));
    gate.add_permits(100);
    // Not even that it failed can be kept: it is left alone for a while, and not tried again and again.
    until(&world, &job, |status| status == "PENDING").await;
    world.store.fail(None, None);
    assert_eq!(world.internet.asked().len(), 1);
    let _runner = run(&world.fetches_again());
    assert_eq!(ended(&world, &job).await, "COMPLETE");
    assert_eq!(names(&world, "").await, ["/f"]);
}
