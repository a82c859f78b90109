//! Two folders kept the same: ours through the server, and what others do between two folders of one machine.
//!
//! Time runs from the moment at which the files are in place in one folder until all of them are in the other. Those who
//! watch (Tidemark, Syncthing) run already; those who do not (rsync, Unison) are started then, which they have for free.

mod contestants;
mod files;

use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context as _, Result};

use crate::report::{Lane, Role, Row, Unit};
use crate::stats::Sample;
use crate::world::World;
use contestants::{Contest, Kind};

pub(crate) const NAME: &str = "folder-sync";

/// Bytes of a small file.
const SMALL: usize = 4096;
/// Which share of the small files is changed afterwards, in percent.
const TOUCHED_PERCENT: usize = 1;
/// Small changes whose way is timed.
const CHANGES: usize = 20;

/// What one contestant needed in one round.
#[derive(Clone, Copy, Default)]
struct Figures {
    many_s: f64,
    again_s: f64,
    large_s: f64,
    change_s: f64,
    processor_s: f64,
    memory: f64,
}

type Column = (&'static str, Unit, fn(&Figures) -> f64);

pub(crate) fn run(world: &mut World) -> Result<Vec<Row>> {
    let rounds = world.effort.rounds.min(3);
    let mut lanes: Vec<(Kind, Result<Vec<Figures>, String>)> =
        Kind::ALL.iter().map(|kind| (*kind, Ok(Vec::new()))).collect();
    for round in 0..rounds {
        for (kind, figures) in &mut lanes {
            let Ok(known) = figures else { continue };
            match measure(world, *kind, round) {
                Ok(new) => known.push(new),
                Err(error) => *figures = Err(format!("{error:#}")),
            }
        }
    }
    let files = world.effort.synced_files;
    let large = world.effort.large_file;
    let large =
        if large >= 1 << 30 { format!("{} GiB", large >> 30) } else { format!("{} MiB", large >> 20) };
    let columns: [(String, Column); 6] = [
        (format!("{files} files of 4 KiB"), ("many", Unit::Time, |f| f.many_s)),
        (format!("{TOUCHED_PERCENT} % of them changed"), ("again", Unit::Time, |f| f.again_s)),
        (format!("one file of {large}"), ("large", Unit::Time, |f| f.large_s)),
        ("one small change".to_owned(), ("change", Unit::Time, |f| f.change_s)),
        (
            format!("{files} files of 4 KiB: processor time of all involved"),
            ("cpu", Unit::Time, |f| f.processor_s),
        ),
        ("the most memory that all involved held".to_owned(), ("memory", Unit::Memory, |f| f.memory)),
    ];
    let rows = columns.into_iter().map(|(what, (name, unit, figure))| {
        let lanes = lanes.iter().map(|(kind, figures)| lane(*kind, figures, figure)).collect();
        let row = Row::new(NAME, what, unit, lanes);
        match name {
            "many" => row.target_of(0.5, Kind::Syncthing.name()),
            "large" => row.target_of(1.0, Kind::Syncthing.name()),
            "change" => row.target_at(0.15),
            _ => row,
        }
    });
    let note = format!(
        "Tidemark is durable on the server and on the disk; rsync is on the disk (--fsync); Unison is not. Syncthing's \
         delay is {} s, the least it takes; as it comes it waits ten.",
        crate::peers::syncthing::DELAY_S
    );
    let mut rows: Vec<Row> = rows.collect();
    if let Some(first) = rows.first_mut() {
        *first = first.clone().note(note);
    }
    Ok(rows)
}

fn lane(kind: Kind, figures: &Result<Vec<Figures>, String>, figure: fn(&Figures) -> f64) -> Lane {
    let role = if kind == Kind::Tidemark { Role::Ours } else { Role::Peer };
    let result = match figures {
        Ok(figures) => {
            Sample::new(figures.iter().map(figure).collect()).ok_or_else(|| "no round was run".to_owned())
        }
        Err(why) => Err(why.clone()),
    };
    Lane { role, name: kind.name().to_owned(), result }
}

/// One contestant, in folders of its own.
fn measure(world: &World, kind: Kind, round: usize) -> Result<Figures> {
    let place = world.make_folder(&format!("sync-{}-{round}", kind.name()))?;
    let done = measure_in(world, kind, &place);
    // The disk is not to fill up, whatever came of it.
    let cleared = std::fs::remove_dir_all(&place).context("could not clear the folders");
    let figures = done?;
    cleared?;
    Ok(figures)
}

fn measure_in(world: &World, kind: Kind, place: &std::path::Path) -> Result<Figures> {
    let folders: [PathBuf; 2] = [place.join("from"), place.join("to")];
    for folder in &folders {
        std::fs::create_dir_all(folder)?;
    }
    let [from, to] = &folders;
    let count = world.effort.synced_files;
    let prepared = place.join("prepared");
    files::make_many(&prepared, count, SMALL)?;
    let mut contest = Contest::begin(world, kind, place, from, to)?;
    let mut figures = Figures::default();

    let begin = Instant::now();
    std::fs::rename(&prepared, from.join("many"))?;
    contest.bring(|| files::has_many(&to.join("many"), count, SMALL))?;
    figures.many_s = begin.elapsed().as_secs_f64();
    figures.processor_s = contest.processor_s()?;

    let begin = Instant::now();
    let touched = files::touch(&from.join("many"), count, TOUCHED_PERCENT, SMALL)?;
    contest.bring(|| files::are_equal(&touched, from, to))?;
    figures.again_s = begin.elapsed().as_secs_f64();

    let mut ways = Vec::new();
    for number in 0..CHANGES {
        contest.rest();
        let path = files::small_change(from, number)?;
        let begin = Instant::now();
        contest.bring(|| files::are_equal(std::slice::from_ref(&path), from, to))?;
        ways.push(begin.elapsed().as_secs_f64());
    }
    figures.change_s = Sample::new(ways).map_or(0.0, |ways| ways.median());

    let large = place.join("large");
    files::make_large(&large, world.effort.large_file)?;
    let begin = Instant::now();
    std::fs::rename(&large, from.join("large"))?;
    contest.bring(|| files::has_size(&to.join("large"), world.effort.large_file))?;
    figures.large_s = begin.elapsed().as_secs_f64();
    figures.memory = contest.memory();
    files::check_equal(from, to)?;
    Ok(figures)
}
