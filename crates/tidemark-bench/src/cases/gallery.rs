//! The gallery's 304s, beside nginx with the same files: answers for each second of the processor.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};

use crate::client::Client;
use crate::gallery::Gallery;
use crate::http;
use crate::load::{self, Plan};
use crate::peers::nginx::Nginx;
use crate::picture::png;
use crate::process;
use crate::race::Race;
use crate::report::{Role, Row, Unit};
use crate::scripts::{Known, Replay};
use crate::world::World;

pub(crate) const NAME: &str = "gallery";

const CLIENTS: usize = 64;
const PEER: &str = "nginx 304, one worker";

/// Different pictures, which are asked for in turn.
const PICTURES: u32 = 100;

/// What the design asks of every 304.
const TARGET: f64 = 0.6;

type Requests = Arc<[Known]>;

/// What came of one turn.
struct Turn {
    per_second: f64,
    /// Answers for each second that the server's processes had a processor.
    per_core: f64,
}

/// The gallery, and what is asked of it.
struct Ours {
    gallery: Gallery,
    pictures: Requests,
    thumbnails: Requests,
}

struct Theirs {
    nginx: Nginx,
    files: Requests,
}

pub(crate) fn run(world: &mut World) -> Result<Vec<Row>> {
    let world = &*world;
    let files: Vec<(String, Vec<u8>)> =
        (0..PICTURES).map(|n| (format!("picture-{n:03}.png"), png(320, 240, n))).collect();
    let ours = Ours::start(world, &files).map_err(|error| format!("{error:#}"));
    let theirs = Theirs::start(world, &files).map_err(|error| format!("{error:#}"));
    let mut rows = Vec::new();
    for (what, asked) in [
        ("304 for a picture", (|ours| &ours.pictures) as fn(&Ours) -> &Requests),
        ("304 for a thumbnail", |ours| &ours.thumbnails),
    ] {
        let measured = Race::new()
            .lane_of(Role::Peer, PEER, &theirs, |theirs, _| {
                turn(world, theirs.nginx.addr(), &theirs.nginx.pids(), &theirs.files)
            })
            .lane_of(Role::Ours, "Tidemark", &ours, |ours, _| {
                turn(world, ours.gallery.addr(), &[ours.gallery.pid()], asked(ours))
            })
            .measure(world.effort.rounds);
        let per_core = measured.lanes(|turn| Some(turn.per_core));
        let per_second = measured.lanes(|turn| Some(turn.per_second));
        let unit = Unit::PerSecond("answers");
        let what = format!("gallery, {what}, {CLIENTS} clients");
        rows.push(Row::new(NAME, format!("{what}: per core"), unit, per_core).target_of(TARGET, PEER));
        rows.push(Row::new(NAME, format!("{what}: by one thread"), unit, per_second));
    }
    Ok(rows)
}

impl Ours {
    fn start(world: &World, files: &[(String, Vec<u8>)]) -> Result<Self> {
        let gallery = Gallery::start(world, "gallery", files)?;
        let (mut pictures, mut thumbnails) = (Vec::new(), Vec::new());
        for known in gallery.pictures(files.len())? {
            pictures.push(format!("/pictures/{}", known.id));
            thumbnails.push(format!("/thumbnails/{}/{}/grid", known.id, known.rev));
        }
        let requests = |targets: Vec<String>| {
            unchanged(gallery.addr(), &targets, |target, etag| gallery.request(target, etag))
        };
        let (pictures, thumbnails) = (requests(pictures)?, requests(thumbnails)?);
        process::settle(&[gallery.pid()], Duration::from_secs(10))?;
        Ok(Self { gallery, pictures, thumbnails })
    }
}

impl Theirs {
    fn start(world: &World, files: &[(String, Vec<u8>)]) -> Result<Self> {
        // Whoever has no nginx has been told so.
        world.nginx()?;
        let nginx = Nginx::start(&world.make_folder("nginx-alone")?, world.packages(), 1)?;
        for (name, bytes) in files {
            std::fs::write(nginx.files().join(name), bytes)?;
        }
        let targets: Vec<String> = files.iter().map(|(name, _)| format!("/files/{name}")).collect();
        let files = unchanged(nginx.addr(), &targets, |target, etag| {
            let header = etag.map(|etag| ("If-None-Match", etag));
            http::request("GET", target, header.as_slice(), b"")
        })?;
        Ok(Self { nginx, files })
    }
}

/// The requests of whoever has all of these already.
fn unchanged(
    addr: SocketAddr,
    targets: &[String],
    request: impl Fn(&str, Option<&str>) -> Vec<u8>,
) -> Result<Requests> {
    let mut client = Client::connect(addr)?;
    let known = targets.iter().map(|target| {
        client.expect(&request(target, None), 200)?;
        let etag = client.header("etag").with_context(|| format!("{target} has no ETag"))?.to_owned();
        Ok(Known { request: request(target, Some(&etag)), status: 304, body_min: 0, units: 1 })
    });
    known.collect()
}

fn turn(world: &World, addr: SocketAddr, pids: &[u32], requests: &Requests) -> Result<Turn> {
    let load = |plan: &Plan| load::run(plan, &|client| Box::new(Replay::new(Arc::clone(requests), client)));
    let plan = world.plan(addr, CLIENTS);
    // Apart from what is counted, since all time of the processes is.
    load(&Plan { measure: plan.warm_up, warm_up: Duration::ZERO, ..plan })?;
    let before = process::cpu(pids)?;
    let rate = load(&Plan { warm_up: Duration::ZERO, ..plan })?.rate;
    let spent = process::cpu(pids)?.saturating_sub(before).as_secs_f64();
    Ok(Turn { per_second: rate, per_core: rate * plan.measure.as_secs_f64() / spent })
}
