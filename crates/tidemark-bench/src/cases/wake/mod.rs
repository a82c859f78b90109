//! From a change to the answer of the poll that waits for it, among many polls that wait for something else.

mod measure;
mod system;

use anyhow::{Result, anyhow};

use self::measure::Figures;
use self::system::{Channels, Polls, RealtimePolls, System};
use crate::limits::responder::Responder;
use crate::report::{Lane, Role, Row, Unit, grouped};
use crate::server::Tidemark;
use crate::stats::Sample;
use crate::world::World;

pub(crate) const NAME: &str = "wake";

/// Files that a process needs besides those of parked polls.
const SPARE_FILES: u64 = 600;

const LIMIT: &str = "minimal epoll responder";
const PEER: &str = "nchan (nothing durable)";

pub(crate) fn run(world: &mut World) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    let mut sizes: Vec<usize> = Vec::new();
    for wanted in world.effort.parked.clone() {
        let fitting = usize::try_from(world.open_files.saturating_sub(SPARE_FILES))?;
        let size = wanted.min(fitting);
        // Several sizes beyond what fits come down to one.
        if !sizes.contains(&size) {
            sizes.push(size);
            let clipped = (size < wanted).then(|| {
                let files = grouped(usize::try_from(world.open_files).unwrap_or(usize::MAX));
                format!(
                    "{} polls were asked for; one process may open only {files} files here",
                    grouped(wanted)
                )
            });
            rows.extend(at(world, size, clipped.as_deref()));
        }
    }
    Ok(rows)
}

/// All figures among so many parked polls. One system after the other: their connections would not fit at once.
fn at(world: &mut World, size: usize, clipped: Option<&str>) -> Vec<Row> {
    let limit = responder(world, size);
    let peer = nchan(world, size);
    let ours = tidemark(world, size, |server| Ok(Box::new(Polls::new(server)?)));
    let realtime = tidemark(world, size, |server| Ok(Box::new(RealtimePolls::new(server)?)));
    let others = [(Role::Limit, LIMIT, limit), (Role::Peer, PEER, peer)];
    let rows_of = |ours: &Result<Figures>, what: String, unit, figure: fn(&Figures) -> &Result<Vec<f64>>| {
        let others = others.iter().map(|(role, name, figures)| (*role, *name, figures));
        let lanes =
            [(Role::Ours, "Tidemark", ours)].into_iter().chain(others).map(|(role, name, figures)| {
                let rounds = figures.as_ref().map_err(|error| format!("{error:#}")).and_then(|figures| {
                    let rounds = figure(figures).as_ref().map_err(|error| format!("{error:#}"))?;
                    Sample::new(rounds.clone()).ok_or_else(|| "no round was run".to_owned())
                });
                Lane { role, name: name.to_owned(), result: rounds }
            });
        let row = Row::new(NAME, what, unit, lanes.collect());
        match clipped {
            Some(note) => row.note(note),
            None => row,
        }
    };
    let row = |what, unit, figure| rows_of(&ours, what, unit, figure);
    let box_row = |what, unit, figure| rows_of(&realtime, what, unit, figure);
    // The design asks for 1 ms among 10,000 and 2 ms among 100,000.
    let late = if size <= 10_000 { 0.001 } else { 0.002 };
    let among = format!("among {} polls", grouped(size));
    vec![
        row(format!("upload answered → poll answered, {among}, p50"), Unit::Time, |f| &f.after_p50)
            .target_at(0.000_1),
        row(format!("upload answered → poll answered, {among}, p99"), Unit::Time, |f| &f.after_p99)
            .target_at(late),
        row(format!("upload sent → poll answered, {among}, p50"), Unit::Time, |f| &f.total_p50)
            .target_of(2.0, LIMIT),
        row(format!("upload sent → poll answered, {among}, p99"), Unit::Time, |f| &f.total_p99)
            .target_of(2.0, LIMIT),
        row(format!("one change wakes {} polls: until the last", grouped(size)), Unit::Time, |f| &f.fan_out)
            .target_of(1.0, PEER),
        row(format!("memory per parked poll, {} parked", grouped(size)), Unit::Memory, |f| &f.memory)
            .target_at(1024.0),
        box_row(format!("Box: upload answered → realtime answered, {among}, p50"), Unit::Time, |f| {
            &f.after_p50
        })
        .target_at(0.000_1),
        box_row(format!("Box: upload answered → realtime answered, {among}, p99"), Unit::Time, |f| {
            &f.after_p99
        })
        .target_at(late),
        box_row(format!("Box: upload sent → realtime answered, {among}, p50"), Unit::Time, |f| {
            &f.total_p50
        })
        .target_of(2.0, LIMIT),
        box_row(format!("Box: upload sent → realtime answered, {among}, p99"), Unit::Time, |f| {
            &f.total_p99
        })
        .target_of(2.0, LIMIT),
        box_row(format!("Box: one change wakes {} polls: until the last", grouped(size)), Unit::Time, |f| {
            &f.fan_out
        })
        .target_of(1.0, PEER),
        box_row(format!("Box: memory per parked poll, {} parked", grouped(size)), Unit::Memory, |f| {
            &f.memory
        })
        .target_at(1024.0),
    ]
}

fn tidemark(
    world: &mut World,
    size: usize,
    polls: fn(&Tidemark) -> Result<Box<dyn System + '_>>,
) -> Result<Figures> {
    if world.server()?.pid().is_some() {
        // A fresh process, whose memory holds nothing that earlier cases left.
        world.server_mut()?.restart()?;
    }
    let server = world.server()?;
    measure::measure(&mut *polls(server)?, size, &world.effort)
}

fn nchan(world: &World, size: usize) -> Result<Figures> {
    let nginx = world.nginx()?;
    nginx.nchan().map_err(|why| anyhow!("{why}"))?;
    measure::measure(&mut Channels::new(nginx.addr(), nginx.pids()), size, &world.effort)
}

fn responder(world: &World, size: usize) -> Result<Figures> {
    let responder = Responder::start(world.disk())?;
    measure::measure(&mut Channels::new(responder.addr(), vec![responder.pid()]), size, &world.effort)
}
