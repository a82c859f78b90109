//! Paging through `delta`: entries per second, and whether a page's time depends on the tree's size.
//!
//! The tree is walked once with everything parsed and counted; then the same pages are asked for again by
//! their cursors, which stay valid, so that the load generator has nothing to parse while it measures.

use std::fs::File;
use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use crate::client::Client;
use crate::http;
use crate::load;
use crate::peers::nginx::Nginx;
use crate::race::Race;
use crate::report::{Role, Row, Unit, grouped};
use crate::scripts::{Known, Replay};
use crate::server::{Account, Tidemark};
use crate::tree::Tree;
use crate::wire;
use crate::world::World;

pub(crate) const NAME: &str = "delta";

/// Files in one of nginx's folders: as many as the protocol suggests for a page.
const PAGE: usize = 2000;

const PEER: &str = "nginx autoindex (JSON)";
const SMALL: &str = "Tidemark, tree of 1,001 entries";

pub(crate) fn run(world: &mut World) -> Result<Vec<Row>> {
    let (mut large_pages, mut small_pages) = (Vec::new(), Vec::new());
    let mut entries = world.effort.entries;
    if world.server.is_ok() {
        let (large, small) = (world.large_tree()?, world.small_tree()?);
        large_pages = walk(world.server()?, Account::LargeTree, &large)?;
        small_pages = walk(world.server()?, Account::SmallTree, &small)?;
        entries = large.entries;
    }
    let world = &*world;
    let pages = large_pages.len();
    let (large_pages, small_pages): (Arc<[Known]>, Arc<[Known]>) = (large_pages.into(), small_pages.into());
    let listings: Arc<[Known]> = match &world.nginx {
        Ok(nginx) => list(nginx, world.effort.entries)?.into(),
        Err(_) => Arc::from([]),
    };
    let label = grouped(entries);
    let mut rows = Vec::new();
    for clients in [1, 8] {
        let lanes = Race::new()
            .lane_of(Role::Peer, PEER, &world.nginx, |nginx, _| rate(world, nginx.addr(), clients, &listings))
            .lane_of(Role::Ours, "Tidemark", &world.server, |server, _| {
                rate(world, server.addr(), clients, &large_pages)
            })
            .run(world.effort.rounds);
        let plural = if clients == 1 { "connection" } else { "connections" };
        let what = format!("delta of {label} entries, {clients} {plural}");
        let row = Row::new(NAME, what, Unit::PerSecond("entries"), lanes).target_of(1.0, PEER);
        rows.push(if pages > 0 { row.note(format!("Tidemark tells it in {pages} pages")) } else { row });
    }
    let time = |server: &Tidemark, pages| rate(world, server.addr(), 1, pages).map(|rate| 1000.0 / rate);
    let lanes = Race::new()
        .lane_of(Role::Limit, SMALL, &world.server, |server, _| time(server, &small_pages))
        .lane_of(Role::Ours, "Tidemark", &world.server, |server, _| time(server, &large_pages))
        .run(world.effort.rounds);
    rows.push(
        Row::new(NAME, format!("delta, time per 1,000 entries of {label}"), Unit::Time, lanes)
            .target_of(1.25, SMALL),
    );
    Ok(rows)
}

fn rate(world: &World, addr: SocketAddr, clients: usize, pages: &Arc<[Known]>) -> Result<f64> {
    // Clients begin at different pages: as different readers would.
    let stride = pages.len() / clients;
    let script =
        |client| -> Box<dyn load::Script> { Box::new(Replay::new(Arc::clone(pages), client * stride)) };
    Ok(load::run(&world.plan(addr, clients), &script)?.rate)
}

/// Reads the whole delta; every page's request and worth.
fn walk(server: &Tidemark, account: Account, tree: &Tree) -> Result<Vec<Known>> {
    let token = server.token(account)?;
    let mut client = Client::connect(server.addr())?;
    let mut pages = Vec::new();
    let mut cursor: Option<String> = None;
    let mut total = 0;
    loop {
        let request = wire::delta(token, cursor.as_deref());
        let page = client.json(&request)?;
        let entries = page["entries"].as_array().context("a page has no entries")?.len();
        total += entries;
        if entries > 0 {
            // A cursor's length may differ a little from one answer to the next.
            let body_min = (client.body().len() * 9 / 10) as u64;
            pages.push(Known { request, status: 200, body_min, units: entries as u64 });
        }
        cursor = Some(page["cursor"].as_str().context("a page has no cursor")?.to_owned());
        if page["has_more"] != Value::Bool(true) {
            break;
        }
    }
    // A running server's account may hold more than the tree.
    ensure!(total >= tree.entries, "delta told {total} entries of {}", tree.entries);
    Ok(pages)
}

/// Makes folders with as many files in all for nginx to list; every listing's request and worth.
fn list(nginx: &Nginx, entries: usize) -> Result<Vec<Known>> {
    let mut client = Client::connect(nginx.addr())?;
    (0..entries.div_ceil(PAGE))
        .map(|number| {
            let name = format!("listing-{number:05}");
            let folder = nginx.files().join(&name);
            if !folder.exists() {
                std::fs::create_dir(&folder)?;
                for file in 0..PAGE {
                    File::create(folder.join(format!("{file:04}.txt")))?;
                }
            }
            let request = http::request("GET", &format!("/list/{name}/"), &[], b"");
            let listing = client.json(&request)?;
            let units = listing.as_array().context("nginx listed no array")?.len() as u64;
            Ok(Known { request, status: 200, body_min: (client.body().len() * 9 / 10) as u64, units })
        })
        .collect()
}
