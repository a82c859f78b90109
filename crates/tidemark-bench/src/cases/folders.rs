//! Moving and deleting a folder with everything in it: one change, whatever its size.

use std::cell::RefCell;
use std::time::Instant;

use anyhow::{Context as _, Result};

use crate::client::Client;
use crate::limits::disk;
use crate::race::Race;
use crate::report::{Role, Row, Unit, grouped};
use crate::server::{Account, Tidemark};
use crate::tree::Tree;
use crate::wire;
use crate::world::World;

pub(crate) const NAME: &str = "folders";

const LIMIT: &str = "rename(2) + fsync of its folder";

/// What the design allows for a million entries.
const TARGET_S: f64 = 0.010;

pub(crate) fn run(world: &mut World) -> Result<Vec<Row>> {
    let entries = if world.server.is_ok() { world.large_tree()?.entries } else { world.effort.entries };
    Ok(vec![moving(world, entries)?, deleting(world, entries)?])
}

fn moving(world: &mut World, entries: usize) -> Result<Row> {
    let root = if world.server.is_ok() { world.large_tree()?.root } else { String::new() };
    let world = &*world;
    let names = [root.clone(), format!("{root}-moved")];
    // There and back, so that the tree is where it was: an even number of moves.
    let rounds = world.effort.rounds.next_multiple_of(2);
    let place = RefCell::new(0);
    let lanes = Race::new()
        .lane(Role::Limit, LIMIT, folder_renamer(world, "renamed")?)
        .lane_of(Role::Ours, "Tidemark", &world.server, |server, _| {
            let from = *place.borrow();
            let fields = [("from_path", names[from].as_str()), ("to_path", names[1 - from].as_str())];
            let taken = fileop(server, "move", &fields)?;
            *place.borrow_mut() = 1 - from;
            Ok(taken)
        })
        .run(rounds);
    Ok(Row::new(NAME, format!("moving a folder of {} entries", grouped(entries)), Unit::Time, lanes)
        .target_at(TARGET_S))
}

fn deleting(world: &mut World, entries: usize) -> Result<Row> {
    let rounds = world.effort.deletions;
    let mut trees: Vec<Tree> = Vec::new();
    if world.server.is_ok() {
        for _ in 0..rounds {
            trees.push(world.take_large_tree().context("could not build the tree to delete")?);
        }
    }
    let world = &*world;
    let lanes = Race::new()
        .lane(Role::Limit, LIMIT, folder_renamer(world, "removed")?)
        .lane_of(Role::Ours, "Tidemark", &world.server, |server, round| {
            fileop(server, "delete", &[("path", &trees[round].root)])
        })
        .run(rounds);
    Ok(Row::new(NAME, format!("deleting a folder of {} entries", grouped(entries)), Unit::Time, lanes)
        .target_at(TARGET_S)
        .note("a file system has no deletion of a whole folder: its rename is what a trash would cost"))
}

/// Renames a folder of the file system to and fro.
fn folder_renamer(world: &World, name: &str) -> Result<impl FnMut(usize) -> Result<f64>> {
    let folder = world.make_folder(name)?;
    std::fs::create_dir_all(folder.join("0"))?;
    for file in 0..100 {
        std::fs::write(folder.join("0").join(file.to_string()), "x")?;
    }
    Ok(move |round: usize| {
        disk::rename_time(&folder, &(round % 2).to_string(), &((round + 1) % 2).to_string())
    })
}

/// Seconds that the call takes.
fn fileop(server: &Tidemark, verb: &str, fields: &[(&str, &str)]) -> Result<f64> {
    let mut client = Client::connect(server.addr())?;
    let request = wire::fileop(server.token(Account::LargeTree)?, verb, fields);
    let begin = Instant::now();
    client.expect(&request, 200)?;
    Ok(begin.elapsed().as_secs_f64())
}
