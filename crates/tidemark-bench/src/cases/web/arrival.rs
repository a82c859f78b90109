//! From a change that another client makes until its row is on the screen of somebody who has the folder open.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use rustix::time::{ClockId, clock_gettime};
use serde_json::json;

use super::{Folder, NAME, Stage};
use crate::browser::figure;
use crate::client::Client;
use crate::race::Race;
use crate::report::{Role, Row, Unit, grouped};
use crate::scripts::unique;
use crate::stats::Latencies;
use crate::wire;
use crate::world::World;

const POLL: &str = "a long poll answered";

/// Changes in a round.
const CHANGES: u64 = 30;

/// How long everything gets to come to rest before the next change.
const REST: Duration = Duration::from_millis(60);

/// What people take for at once.
const TARGET_S: f64 = 0.1;

/// Names go back, so that each comes before the last, and before all that was there: at the top, where it is seen.
const NAMES_FROM: u64 = 99_999_999;

pub(super) fn rows(
    world: &World,
    stage: &Result<Stage<'_>, String>,
    size: usize,
    folder: for<'a> fn(&'a Stage<'_>) -> &'a Folder,
) -> Vec<Row> {
    let measured = Race::new()
        .lane_of(Role::Limit, POLL, stage, |stage, _| polls(stage, folder(stage)))
        .lane_of(Role::Ours, "Tidemark", stage, |stage, _| page(stage, folder(stage)))
        .measure(world.effort.rounds);
    let what = format!("upload sent → its row on screen, folder of {} files", grouped(size));
    let row = |quantile: f64, name: &str| {
        let lanes = measured.lanes(|latencies: &Latencies| Some(latencies.quantile(quantile)));
        Row::new(NAME, format!("{what}, {name}"), Unit::Time, lanes)
    };
    vec![row(0.5, "p50"), row(0.95, "p95").target_at(TARGET_S)]
}

/// Until the frame in which the row is.
fn page(stage: &Stage<'_>, folder: &Folder) -> Result<Latencies> {
    let mut changer = Client::connect(stage.server.addr())?;
    stage.browser.ask(&json!({
        "ask": "watch", "origin": stage.origin(), "path": folder.page(), "count": folder.count.get(),
    }))?;
    let mut latencies = Latencies::new();
    for _ in 0..CHANGES {
        let name = name();
        stage.browser.ask(&json!({ "ask": "expect", "name": name }))?;
        std::thread::sleep(REST);
        let sent = now();
        put(stage, &mut changer, folder, &name)?;
        let seen = figure(&stage.browser.ask(&json!({ "ask": "seen" }))?, "at")?;
        latencies.record(Duration::try_from_secs_f64(seen - sent).context("it was seen before it was sent")?);
    }
    stage.browser.ask(&json!({ "ask": "leave" }))?;
    Ok(latencies)
}

/// Until a poll that waits for each change is answered.
fn polls(stage: &Stage<'_>, folder: &Folder) -> Result<Latencies> {
    let addr = stage.server.addr();
    let (mut changer, mut waiter) = (Client::connect(addr)?, Client::connect(addr)?);
    let mut latencies = Latencies::new();
    for _ in 0..CHANGES {
        let latest = changer.json(&wire::latest_cursor(stage.token()?))?;
        waiter.send(&wire::longpoll(latest["cursor"].as_str().context("there is no cursor")?))?;
        std::thread::sleep(REST);
        let sent = Instant::now();
        // The other answer comes first, or at the same moment.
        put(stage, &mut changer, folder, &name())?;
        ensure!(waiter.receive()?.status == 200, "a poll was refused");
        latencies.record(sent.elapsed());
    }
    Ok(latencies)
}

fn put(stage: &Stage<'_>, changer: &mut Client, folder: &Folder, name: &str) -> Result<()> {
    let path = format!("{}/{name}", folder.path);
    changer.expect(&wire::upload(stage.token()?, &path, path.as_bytes()), 200)?;
    folder.count.set(folder.count.get() + 1);
    Ok(())
}

fn name() -> String {
    format!("a-{:08}.txt", NAMES_FROM - unique())
}

/// Seconds of the machine's clock that only goes forward, which browsers have, too.
fn now() -> f64 {
    let time = clock_gettime(ClockId::Monotonic);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}
