//! From the navigation until a folder is seen, in a browser that has kept nothing of any page.

use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use serde_json::json;

use super::{EMPTY, LARGE, NAME, Stage};
use crate::browser::figure;
use crate::client::Client;
use crate::race::Race;
use crate::report::{Role, Row, Unit, grouped};
use crate::wire;
use crate::world::World;

/// Without a browser.
const PLAIN: &str = "the same listing by a plain client";

/// What the page asks for: somebody waits for the first page.
const FIRST_PAGE: usize = 200;
const PAGE: usize = 10_000;

/// Until the first lines somebody goes on thinking; until all of them, they wait.
const FIRST_S: f64 = 0.5;
const WHOLE_S: f64 = 3.0;

/// Seconds.
struct Seen {
    first: f64,
    whole: Option<f64>,
}

pub(super) fn rows(world: &World, stage: &Result<Stage<'_>, String>) -> Vec<Row> {
    let measured = Race::new()
        .lane_of(Role::Limit, PLAIN, stage, |stage, _| plain(stage))
        .lane_of(Role::Limit, EMPTY, stage, |stage, _| {
            let answer = stage.browser.ask(&json!({ "ask": "blank" }))?;
            Ok(Seen { first: figure(&answer, "first")?, whole: None })
        })
        .lane_of(Role::Ours, "Tidemark", stage, |stage, _| {
            let answer = stage.browser.ask(&json!({
                "ask": "listing", "origin": stage.origin(), "path": stage.large.page(), "count": stage.large.count.get(),
            }))?;
            Ok(Seen { first: figure(&answer, "first")?, whole: Some(figure(&answer, "whole")?) })
        })
        .measure(world.effort.rounds);
    let what = format!("a folder of {} files: navigation →", grouped(LARGE));
    let first = measured.lanes(|seen| Some(seen.first));
    let whole = measured.lanes(|seen| seen.whole);
    vec![
        Row::new(NAME, format!("{what} first rows on screen"), Unit::Time, first).target_at(FIRST_S),
        Row::new(NAME, format!("{what} all rows there"), Unit::Time, whole).target_at(WHOLE_S),
    ]
}

/// Asks for what the page asks, one page after the other, on one connection.
fn plain(stage: &Stage<'_>) -> Result<Seen> {
    let (token, folder) = (stage.token()?, &stage.large);
    let mut client = Client::connect(stage.server.addr())?;
    let begin = Instant::now();
    client.expect(&wire::latest_cursor(token), 200)?;
    let (mut after, mut limit, mut count, mut first) = (String::new(), FIRST_PAGE, 0, None);
    loop {
        let listing = client.json(&wire::listing_after(token, &folder.path, &after, limit))?;
        let contents = listing["contents"].as_array().context("the listing has no contents")?;
        first.get_or_insert(begin.elapsed().as_secs_f64());
        count += contents.len();
        let last = contents.last().and_then(|last| last["path"].as_str()).unwrap_or_default();
        last.rsplit('/').next().unwrap_or_default().clone_into(&mut after);
        limit = PAGE;
        if listing["has_more"] != true {
            break;
        }
    }
    ensure!(count == folder.count.get(), "the listing has {count} files");
    Ok(Seen { first: first.unwrap_or_default(), whole: Some(begin.elapsed().as_secs_f64()) })
}
