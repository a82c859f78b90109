//! How many bytes of script and style the pages have, as they are sent and before compression.

use anyhow::Result;
use serde_json::json;

use super::{NAME, Stage};
use crate::browser::figure;
use crate::gallery::{COOKIE, Gallery};
use crate::race::Race;
use crate::report::{Role, Row, Unit};
use crate::world::World;

/// What nobody waits for.
const BYTES_MAX: f64 = 150_000.0;

const CONSOLE: [&str; 5] = ["/links", "/account", "/activity", "/apps", "/admin"];

/// Bytes of the heaviest page.
struct Weight {
    /// What the browser fetches when the page is opened.
    fetched: f64,
    /// What it fetches when everything is done that can be done there.
    all: f64,
}

pub(super) fn rows(world: &World, stage: &Result<Stage<'_>, String>) -> Vec<Row> {
    let gallery = Gallery::start(world, "web-gallery", &[]).map_err(|error| format!("{error:#}"));
    let mut rows = of("the page of files", |stage| weigh(stage, &stage.origin(), &["/files"], None), stage);
    rows.extend(of(
        "the console's pages, the heaviest",
        |stage| weigh(stage, &stage.origin(), &CONSOLE, None),
        stage,
    ));
    let in_gallery = |stage: &Stage<'_>| {
        let gallery = gallery.as_ref().map_err(|why| anyhow::anyhow!("{why}"))?;
        weigh(stage, &format!("http://{}", gallery.addr()), &["/", "/albums"], Some(&gallery.session))
    };
    rows.extend(of("the gallery", in_gallery, stage));
    rows
}

/// Nothing about it is left to chance: one round.
fn of(
    name: &str,
    weigh: impl Fn(&Stage<'_>) -> Result<Weight>,
    stage: &Result<Stage<'_>, String>,
) -> Vec<Row> {
    let measured = Race::new().lane_of(Role::Ours, "Tidemark", stage, |stage, _| weigh(stage)).measure(1);
    let row = |what: &str, figure: fn(&Weight) -> f64| {
        let lanes = measured.lanes(|weight| Some(figure(weight)));
        Row::new(NAME, format!("script and style of {name}, {what}"), Unit::Memory, lanes)
            .target_at(BYTES_MAX)
    };
    vec![
        row("as it is opened", |weight| weight.fetched),
        row("with all that it loads later", |weight| weight.all),
    ]
}

fn weigh(stage: &Stage<'_>, origin: &str, paths: &[&str], session: Option<&str>) -> Result<Weight> {
    let cookie = session.map(|value| json!({ "name": COOKIE, "value": value }));
    let asked = json!({ "ask": "weigh", "origin": origin, "paths": paths, "cookie": cookie });
    let answer = stage.browser.ask(&asked)?;
    Ok(Weight { fetched: figure(&answer, "fetched")?, all: figure(&answer, "all")? })
}
