//! "Nothing new": the 304 for a folder's hash and for a file's ETag.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::{Context as _, Result};

use crate::client::Client;
use crate::http;
use crate::load;
use crate::race::Race;
use crate::report::{Role, Row, Unit};
use crate::scripts::{Known, Replay};
use crate::server::Account;
use crate::wire;
use crate::world::World;

pub(crate) const NAME: &str = "not-modified";

const CLIENTS: usize = 64;
const PEER: &str = "nginx 304";

pub(crate) fn run(world: &mut World) -> Result<Vec<Row>> {
    let tree = if world.server.is_ok() { Some(world.small_tree()?) } else { None };
    let world = &*world;
    let (mut by_hash, mut by_etag) = (Vec::new(), Vec::new());
    if let Some(tree) = &tree {
        let server = world.server()?;
        let token = server.token(Account::SmallTree)?;
        let mut client = Client::connect(server.addr())?;
        let listing = client.json(&wire::metadata(token, &tree.branch, None))?;
        let hash = listing["hash"].as_str().context("the listing has no hash")?;
        by_hash = wire::metadata(token, &tree.branch, Some(hash));
        let file = format!("{}/0001.txt", tree.branch);
        client.expect(&wire::download(token, &file, None), 200)?;
        let etag = client.header("etag").context("the download has no ETag")?.to_owned();
        by_etag = wire::download(token, &file, Some(&etag));
    }
    let theirs = match &world.nginx {
        Ok(nginx) => {
            std::fs::write(nginx.files().join("unchanged"), "unchanged")?;
            let mut client = Client::connect(nginx.addr())?;
            client.expect(&http::request("GET", "/files/unchanged", &[], b""), 200)?;
            let etag = client.header("etag").context("nginx tells no ETag")?.to_owned();
            http::request("GET", "/files/unchanged", &[("If-None-Match", &etag)], b"")
        }
        Err(_) => Vec::new(),
    };
    let mut rows = Vec::new();
    for (what, ours) in
        [("304 for the hash of a folder of 999 files", by_hash), ("304 for a file's If-None-Match", by_etag)]
    {
        let lanes = Race::new()
            .lane_of(Role::Peer, PEER, &world.nginx, |nginx, _| rate(world, nginx.addr(), &theirs))
            .lane_of(Role::Ours, "Tidemark", &world.server, |server, _| rate(world, server.addr(), &ours))
            .run(world.effort.rounds);
        rows.push(
            Row::new(NAME, format!("{what}, {CLIENTS} clients"), Unit::PerSecond("answers"), lanes)
                .target_of(0.6, PEER),
        );
    }
    Ok(rows)
}

fn rate(world: &World, addr: SocketAddr, request: &[u8]) -> Result<f64> {
    let known: Arc<[Known]> =
        Arc::from([Known { request: request.to_vec(), status: 304, body_min: 0, units: 1 }]);
    Ok(load::run(&world.plan(addr, CLIENTS), &|client| Box::new(Replay::new(Arc::clone(&known), client)))?
        .rate)
}
