//! Stories that begin with two sides that agree, more or less.

use proptest::collection::vec;
use proptest::option::weighted;
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use tidemark_sync::plan::Direction;

use super::users::{Act, Fill, Who};

/// One file or folder that both sides have at first.
#[derive(Clone, Copy, Debug)]
pub(super) struct Make {
    pub(super) parent: u8,
    pub(super) name: u8,
    pub(super) fill: Option<Fill>,
}

/// How the steps of a plan are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pace {
    /// All of them, before the next plan.
    All,
    /// Some of them; the others are forgotten, and planned again.
    Some,
    /// Some of them at first; the others are under way while the next plans are made.
    Late,
}

/// A story.
#[derive(Clone, Debug)]
pub(super) struct Case {
    pub(super) direction: Direction,
    pub(super) is_insensitive: bool,
    pub(super) renames_touch: bool,
    pub(super) start: Vec<Make>,
    /// What is on both sides, and not known to be the same.
    pub(super) forgotten: Vec<u8>,
    /// As after a reset by the server: nothing is known to be the same.
    pub(super) is_reset: bool,
    /// What users do before anything is planned.
    pub(super) before: Vec<(Who, Act)>,
    /// What they do later: after so many steps and plans since the last.
    pub(super) during: Vec<(u8, Who, Act)>,
    pub(super) pace: Pace,
    pub(super) steps_max: usize,
    /// Decides in which order steps are taken, and which.
    pub(super) seed: u64,
}

impl Case {
    /// The only side where anybody does anything, if both begin alike.
    pub(super) fn only_side(&self) -> Option<Who> {
        let mut all =
            self.before.iter().map(|(who, _)| *who).chain(self.during.iter().map(|(_, who, _)| *who));
        let first = all.next().filter(|first| *first != Who::Both)?;
        (all.all(|who| who == first) && !self.is_reset && self.forgotten.is_empty()).then_some(first)
    }

    pub(super) fn only_moves(&self) -> bool {
        self.before.iter().all(|(_, act)| act.only_moves())
            && self.during.iter().all(|(_, _, act)| act.only_moves())
    }
}

fn fill() -> impl Strategy<Value = Fill> {
    prop_oneof![3 => Just(Fill::Fresh), 1 => any::<u8>().prop_map(Fill::Usual)]
}

fn act() -> impl Strategy<Value = Act> {
    let p = any::<u8>;
    prop_oneof![
        3 => (p(), p(), fill()).prop_map(|(parent, name, fill)| Act::File { parent, name, fill }),
        2 => (p(), p()).prop_map(|(parent, name)| Act::Folder { parent, name }),
        3 => (p(), fill()).prop_map(|(node, fill)| Act::Edit { node, fill }),
        1 => p().prop_map(|node| Act::Touch { node }),
        6 => (p(), p(), p()).prop_map(|(node, parent, name)| Act::Move { node, parent, name }),
        3 => (p(), p()).prop_map(|(node, name)| Act::Rename { node, name }),
        2 => p().prop_map(|node| Act::Recase { node }),
        2 => (p(), p()).prop_map(|(a, b)| Act::Swap { nodes: [a, b] }),
        1 => (p(), p(), p()).prop_map(|(a, b, c)| Act::Rotate { nodes: [a, b, c] }),
        2 => p().prop_map(|node| Act::Invert { node }),
        4 => p().prop_map(|node| Act::Delete { node }),
        1 => p().prop_map(|node| Act::Replace { node }),
        1 => p().prop_map(|node| Act::Retype { node }),
    ]
}

fn who(direction: Direction) -> impl Strategy<Value = Who> {
    let [remote, local, both] = match direction {
        Direction::Both => [4, 4, 1],
        Direction::Down => [8, 2, 1],
        Direction::Up => [2, 8, 1],
    };
    prop_oneof![remote => Just(Who::Remote), local => Just(Who::Local), both => Just(Who::Both)]
}

/// Any story.
pub(super) fn case() -> impl Strategy<Value = Case> {
    let direction =
        prop_oneof![8 => Just(Direction::Both), 1 => Just(Direction::Down), 1 => Just(Direction::Up)];
    direction.prop_flat_map(|direction| {
        let make = (any::<u8>(), any::<u8>(), weighted(0.5, fill()));
        let make = make.prop_map(|(parent, name, fill)| Make { parent, name, fill });
        // A third of all stories are about one user alone: then everything must be exactly as that user wants it.
        let one = || prop_oneof![2 => Just(None), 1 => prop_oneof![Just(Who::Remote), Just(Who::Local)].prop_map(Some)];
        let forgotten = prop_oneof![3 => Just(vec![]), 1 => vec(any::<u8>(), 1..4)];
        let is_reset = proptest::bool::weighted(0.05);
        let during = prop_oneof![1 => Just(vec![]), 1 => vec((0u8..6, who(direction), act()), 0..5)];
        let pace = prop_oneof![Just(Pace::All), Just(Pace::Some), Just(Pace::Late)];
        let steps_max = prop_oneof![3 => Just(100usize), 1 => 1usize..4];
        let world = (any::<bool>(), any::<bool>(), vec(make, 1..10));
        let acts = (one(), forgotten, is_reset, vec((who(direction), act()), 0..7), during);
        (world, acts, (pace, steps_max, any::<u64>())).prop_map(move |(world, acts, run)| {
            let (is_insensitive, renames_touch, start) = world;
            let (one, forgotten, is_reset, mut before, mut during) = acts;
            let (pace, steps_max, seed) = run;
            if let Some(one) = one {
                before.iter_mut().for_each(|(who, _)| *who = one);
                during.iter_mut().for_each(|(_, who, _)| *who = one);
            }
            Case {
                direction,
                is_insensitive,
                renames_touch,
                start,
                forgotten,
                is_reset,
                before,
                during,
                pace,
                steps_max,
                seed,
            }
        })
    })
}
