//! How long a server with much data takes to answer its first request.

use anyhow::Result;

use crate::race::Race;
use crate::report::{Role, Row, Unit, grouped};
use crate::world::World;

pub(crate) const NAME: &str = "startup";

pub(crate) fn run(world: &mut World) -> Result<Vec<Row>> {
    let mut entries = world.effort.entries;
    let mut race = Race::new();
    let rounds = world.effort.rounds;
    if world.server.is_ok() {
        entries = world.large_tree()?.entries;
    }
    race = match &mut world.server {
        Ok(server) => race.lane(Role::Ours, "Tidemark", move |_| Ok(server.restart()?.as_secs_f64())),
        Err(why) => race.lane(Role::Ours, "Tidemark", move |_| Err(anyhow::anyhow!("{why}"))),
    };
    let what = format!("start-up with {} entries, until the first answer", grouped(entries));
    Ok(vec![Row::new(NAME, what, Unit::Time, race.run(rounds)).target_at(1.0)])
}
