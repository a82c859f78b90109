//! The simulator: whole worlds under one seed. The real engine, client, dialect and core; simulated disks, networks,
//! clocks, people and crashes; and checkers that look at everything whenever nothing is to do.
//!
//! Nobody may need it to run. Start reading at `world.rs` (what happens in a run), then `checkers/` (what must be true),
//! `scenarios.rs` (what kinds of worlds there are), and what stands in for the world: `disk/`, `net/`, `server/`, `users/`.
//! How runs are started, and what a failure shows, is in `docs/TESTING.md`; what was found, and what is left out, in
//! `docs/RELIABILITY.md`.

mod careless;
mod checkers;
mod clock;
mod device;
mod disk;
mod history;
mod many;
mod mutations;
mod net;
mod random;
mod real;
mod run;
mod scenarios;
mod seams;
mod server;
mod trace;
mod users;
mod world;

use std::rc::Rc;

pub use self::many::Summary;
pub use self::mutations::{MUTATIONS, Mutation};
pub use self::run::Outcome;

use self::device::Keeper;
use self::trace::Keep;

/// What keeps the folders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// The real one.
    Real,
    /// The real one, with a mistake planted.
    Mutated(Mutation),
    /// One that is full of mistakes: it must be found out.
    Careless,
}

impl Engine {
    fn keeper(self) -> Rc<dyn Keeper> {
        match self {
            Engine::Real => Rc::new(real::Real::new(None)),
            Engine::Mutated(mutation) => Rc::new(real::Real::new(Some(mutation))),
            Engine::Careless => Rc::new(careless::Careless::default()),
        }
    }
}

/// Runs a seed once, and tells all that happens, as it happens.
pub fn replay(seed: u64, engine: Engine, tell: fn(&str)) -> Outcome {
    run::once(seed, &move || engine.keeper(), Keep::Told(tell))
}

/// Runs these seeds, each twice.
#[must_use]
pub fn run(from: u64, seeds: u64, threads: usize, engine: Engine) -> Summary {
    many::all(from, seeds, threads, &move || engine.keeper())
}

/// The first seed, of so many, at which this mistake is found, with what found it: one at which the engine without it passes.
#[must_use]
pub fn find(mutation: Mutation, seeds: u64) -> Option<(u64, String)> {
    (0..seeds).find_map(|seed| {
        let broken = run::once(seed, &move || Engine::Mutated(mutation).keeper(), Keep::Nothing);
        let failure = broken.failure?;
        let sound = run::once(seed, &|| Engine::Real.keeper(), Keep::Nothing);
        sound.failure.is_none().then_some((seed, failure))
    })
}
