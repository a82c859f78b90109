//! Downloads by 64 clients, beside nginx with the same files.

use std::sync::Arc;

use anyhow::{Context as _, Result};

use crate::client::Client;
use crate::http;
use crate::load;
use crate::race::Race;
use crate::report::{Role, Row, Unit};
use crate::scripts::{Known, Replay, noise, stamp};
use crate::server::Account;
use crate::wire;
use crate::world::World;

pub(crate) const NAME: &str = "downloads";

const CLIENTS: usize = 64;

/// Different files that are downloaded in turn.
const FILES: usize = 8;

const PEER: &str = "nginx static files";

pub(crate) fn run(world: &mut World) -> Result<Vec<Row>> {
    let world = &*world;
    let mut rows = Vec::new();
    for (size, label, part) in [(1 << 10, "1 KiB", 0.6), (64 << 10, "64 KiB", 0.7), (4 << 20, "4 MiB", 0.8)] {
        let large = size >= 1 << 20;
        let (ours, theirs) = prepare(world, size, if large { size as u64 } else { 1 })?;
        let turn = |addr, known: &Arc<[Known]>| {
            let run = load::run(&world.plan(addr, CLIENTS), &|client| {
                Box::new(Replay::new(Arc::clone(known), client))
            });
            run.map(|outcome| outcome.rate)
        };
        let lanes = Race::new()
            .lane_of(Role::Peer, PEER, &world.nginx, |nginx, _| turn(nginx.addr(), &theirs))
            .lane_of(Role::Ours, "Tidemark", &world.server, |server, _| turn(server.addr(), &ours))
            .run(world.effort.rounds);
        let unit = if large { Unit::Throughput } else { Unit::PerSecond("downloads") };
        rows.push(
            Row::new(NAME, format!("downloads of {label}, {CLIENTS} clients"), unit, lanes)
                .target_of(part, PEER),
        );
    }
    Ok(rows)
}

type Requests = Arc<[Known]>;

/// Stores the same files with both; the requests for them.
fn prepare(world: &World, size: usize, units: u64) -> Result<(Requests, Requests)> {
    let mut body = noise(size);
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    let known = |request| Known { request, status: 200, body_min: size as u64, units };
    for file in 0..FILES {
        stamp(&mut body);
        let name = format!("download-{size}-{file}");
        if let Ok(server) = &world.server {
            let token = server.token(Account::Files)?;
            let path = format!("/{name}-{}", std::process::id());
            Client::connect(server.addr())?
                .expect(&wire::upload(token, &path, &body), 200)
                .context("could not upload the files to download")?;
            ours.push(known(wire::download(token, &path, None)));
        }
        if let Ok(nginx) = &world.nginx {
            std::fs::write(nginx.files().join(&name), &body)?;
            theirs.push(known(http::request("GET", &format!("/files/{name}"), &[], b"")));
        }
    }
    Ok((Arc::from(ours), Arc::from(theirs)))
}
