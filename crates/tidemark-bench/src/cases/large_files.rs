//! One large file: up in 4 MiB pieces, up in one request, and down; the server's processor time and memory.

use std::net::SocketAddr;
use std::time::Instant;

use anyhow::{Context as _, Result, bail, ensure};

use crate::client::Client;
use crate::http;
use crate::limits::{disk, loopback, sha256};
use crate::process;
use crate::race::Race;
use crate::report::{Lane, Role, Row, Unit};
use crate::scripts::{noise, stamp, unique};
use crate::server::{Account, Tidemark};
use crate::stats::Sample;
use crate::wire;
use crate::world::World;

pub(crate) const NAME: &str = "large-files";

/// Size of a piece, as the original clients cut files.
const PIECE: usize = 4 << 20;

/// Size of the file that goes up in one request, below the protocol's 150 MB.
const SINGLE: u64 = 100 << 20;

const SHA: &str = "SHA-256 on one core";
const DISK: &str = "sequential write + fsync";
const LOOPBACK: &str = "loopback copy";
const STATIC: &str = "nginx static file";

pub(crate) fn run(world: &mut World) -> Result<Vec<Row>> {
    let world = &*world;
    let size = world.effort.large_file;
    let label = if size >= 1 << 30 { format!("{} GiB", size >> 30) } else { format!("{} MiB", size >> 20) };
    let mut rows = Vec::new();
    for (what, size, chunked) in [
        (format!("{label} up, in 4 MiB pieces"), size, true),
        ("100 MiB up, in one request".to_owned(), SINGLE, false),
    ] {
        let watch = Watch::begin(world);
        let up = if chunked { upload_chunked } else { upload_single };
        let lanes = Race::new()
            .lane(Role::Limit, SHA, |_| Ok(sha256::rate(size)))
            .lane(Role::Limit, DISK, |_| disk::write_rate(world.disk(), size))
            .lane(Role::Limit, LOOPBACK, |_| loopback::rate(size))
            .lane_of(Role::Peer, "nginx WebDAV (no fsync)", &world.nginx, |nginx, _| {
                let target = format!("/dav/large-{}", unique());
                let head = http::head("PUT", &target, &[], Some(usize::try_from(size)?));
                let rate = stream_up(nginx.addr(), &head, size, 201);
                nginx.remove_upload(&target)?;
                rate
            })
            .lane_of(Role::Ours, "Tidemark", &world.server, |server, _| up(server, &path(), size))
            .run(world.effort.rounds);
        let row = Row::new(NAME, what.clone(), Unit::Throughput, lanes);
        rows.push(row.target_of_lowest(0.7, &[SHA, DISK]));
        rows.extend(watch.end(world, &what, size)?);
    }
    rows.extend(down(world, &label)?);
    Ok(rows)
}

fn down(world: &World, label: &str) -> Result<Vec<Row>> {
    let size = world.effort.large_file;
    let path = path();
    if let Ok(server) = &world.server {
        upload_chunked(server, &path, size).context("could not upload the file to download")?;
    }
    if let Ok(nginx) = &world.nginx {
        std::fs::write(nginx.files().join("large"), noise(usize::try_from(size)?))?;
    }
    let watch = Watch::begin(world);
    let lanes = Race::new()
        .lane(Role::Limit, LOOPBACK, |_| loopback::rate(size))
        .lane_of(Role::Peer, STATIC, &world.nginx, |nginx, _| {
            download(nginx.addr(), &http::request("GET", "/files/large", &[], b""), size)
        })
        .lane_of(Role::Ours, "Tidemark", &world.server, |server, _| {
            download(server.addr(), &wire::download(server.token(Account::Files)?, &path, None), size)
        })
        .run(world.effort.rounds);
    let what = format!("{label} down");
    let mut rows = vec![Row::new(NAME, what.clone(), Unit::Throughput, lanes).target_of(0.8, STATIC)];
    rows.extend(watch.end(world, &what, size)?);
    if let Ok(nginx) = &world.nginx {
        std::fs::remove_file(nginx.files().join("large"))?;
    }
    Ok(rows)
}

fn path() -> String {
    format!("/large-{}-{}", std::process::id(), unique())
}

/// Sends a body of `size` bytes behind a head; bytes per second until it was answered.
fn stream_up(addr: SocketAddr, head: &[u8], size: u64, status: u16) -> Result<f64> {
    let mut client = Client::connect(addr)?;
    let mut piece = noise(PIECE);
    let begin = Instant::now();
    client.send(head)?;
    let mut left = size;
    while left > 0 {
        stamp(&mut piece);
        let part = usize::try_from(left.min(PIECE as u64))?;
        client.send(&piece[..part])?;
        left -= part as u64;
    }
    let summary = client.receive()?;
    client.check(head, summary, status)?;
    Ok(size as f64 / begin.elapsed().as_secs_f64())
}

fn upload_single(server: &Tidemark, path: &str, size: u64) -> Result<f64> {
    let head = wire::upload_head(server.token(Account::Files)?, path, usize::try_from(size)?);
    stream_up(server.addr(), &head, size, 200)
}

/// Uploads in pieces, one after the other as the clients did; bytes per second until the file is committed.
fn upload_chunked(server: &Tidemark, path: &str, size: u64) -> Result<f64> {
    let token = server.token(Account::Files)?;
    let mut client = Client::connect(server.addr())?;
    let mut piece = noise(PIECE);
    let begin = Instant::now();
    let mut id: Option<String> = None;
    let mut offset = 0;
    while offset < size {
        stamp(&mut piece);
        let part = usize::try_from((size - offset).min(PIECE as u64))?;
        let head = wire::chunk_head(token, id.as_deref(), offset, part);
        client.send(&head)?;
        client.send(&piece[..part])?;
        let summary = client.receive()?;
        client.check(&head, summary, 200)?;
        if id.is_none() {
            let answer: serde_json::Value = serde_json::from_slice(client.body())?;
            id = Some(
                answer["upload_id"].as_str().context("the answer to a chunk has no upload_id")?.to_owned(),
            );
        }
        offset += part as u64;
    }
    let stored = client.json(&wire::commit(token, path, &id.context("nothing was uploaded")?))?;
    ensure!(stored["bytes"].as_u64() == Some(size), "the stored file has another size");
    Ok(size as f64 / begin.elapsed().as_secs_f64())
}

fn download(addr: SocketAddr, request: &[u8], size: u64) -> Result<f64> {
    let mut client = Client::connect_discarding(addr)?;
    let begin = Instant::now();
    let summary = client.expect(request, 200)?;
    if summary.length != size {
        bail!("{} of {size} bytes came", summary.length);
    }
    Ok(size as f64 / begin.elapsed().as_secs_f64())
}

/// Watches the server's processor time and memory over all rounds of a race: between its own turns it rests.
struct Watch {
    /// Process, processor time so far.
    before: Option<(u32, std::time::Duration)>,
}

impl Watch {
    fn begin(world: &World) -> Self {
        let pid = world.server.as_ref().ok().and_then(Tidemark::pid);
        let before = pid.and_then(|pid| {
            process::reset_peak(pid).ok()?;
            Some((pid, process::cpu(&[pid]).ok()?))
        });
        Self { before }
    }

    /// Rows for processor time per transfer and the most memory held.
    fn end(self, world: &World, what: &str, size: u64) -> Result<Vec<Row>> {
        let Some((pid, before)) = self.before else { return Ok(Vec::new()) };
        let spent = (process::cpu(&[pid])? - before).as_secs_f64() / world.effort.rounds as f64;
        let lane = |figure: f64| {
            let result = Sample::new(vec![figure]).ok_or_else(String::new);
            vec![Lane { role: Role::Ours, name: "Tidemark".to_owned(), result }]
        };
        let hashing = size as f64 / sha256::rate(size.min(256 << 20));
        let mut time = lane(spent);
        time.push(Lane {
            role: Role::Limit,
            name: SHA.to_owned(),
            result: Sample::new(vec![hashing]).ok_or_else(String::new),
        });
        Ok(vec![
            Row::new(NAME, format!("{what}: the server's processor time"), Unit::Time, time),
            Row::new(
                NAME,
                format!("{what}: the server's peak memory"),
                Unit::Memory,
                lane(process::memory_peak(pid)?),
            ),
        ])
    }
}
