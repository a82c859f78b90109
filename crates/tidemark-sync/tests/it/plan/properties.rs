//! What holds in every story: it ends, both sides are the same then, nothing is lost, nothing comes back, and nobody is
//! bothered without need.

use std::collections::{BTreeSet, VecDeque};
use std::env;
use std::rc::Rc;
use std::str::FromStr;

use proptest::prelude::{ProptestConfig, TestCaseError, proptest};
use proptest::test_runner::RngSeed;
use tidemark_sync::plan::{
    Busy, Context, Direction, Everything, Plan, Record, Step, Why, is_on_its_way, plan,
};
use tidemark_sync::trees::{Item, LocalId, MemoryTrees, RemoteId, SyncedNode};

use super::busy::{busy_with, touched};
use super::cases::{Case, Pace, case};
use super::doomed::{Doomed, doomed};
use super::execute::Taken;
use super::truth::{Bytes, Side};
use super::users::{Act, Fill, NAMES, Who};
use super::world::{Checked, World, ensure};

/// So many plans after users stopped, everything must be done.
const ROUNDS_MAX: u32 = 200;

/// A story as it goes on.
struct Run<'a> {
    case: &'a Case,
    world: World,
    random: u64,
    /// What users are still going to do.
    during: VecDeque<(u8, Who, Act)>,
    /// Steps and plans since a user did something.
    ticks: u8,
    /// What was planned, and is not done yet.
    late: Vec<(Step, Rc<MemoryTrees>)>,
    /// What was deleted on one side, and left alone on the other.
    doomed: Doomed,
    /// Whether one user alone moved and deleted things: then no bytes are ever sent, and no folder made.
    only_moves: bool,
    /// Whether two names on the disk ever differed only by case.
    had_clash: bool,
}

fn run(case: &Case, is_logged: bool) -> (Checked, Vec<String>) {
    let mut run = Run::new(case, is_logged);
    let checked = run.go();
    (checked, run.world.log.unwrap_or_default())
}

impl<'a> Run<'a> {
    fn new(case: &'a Case, is_logged: bool) -> Run<'a> {
        let mut world = World::new(case.is_insensitive, case.renames_touch);
        world.log = is_logged.then(Vec::new);
        for (at, make) in case.start.iter().enumerate() {
            let folders: Vec<SyncedNode> =
                world.trees.synceds().filter(|node| node.file.is_none()).cloned().collect();
            let parent = usize::from(make.parent) % (folders.len() + 1);
            let parent = parent.checked_sub(1).and_then(|at| folders.get(at));
            let bytes = make.fill.map(|fill| match fill {
                Fill::Fresh => 50 + Bytes::try_from(at).unwrap_or(0),
                Fill::Usual(which) => Bytes::from(which % 4) + 1,
            });
            world.make_synced(parent, NAMES[usize::from(make.name) % NAMES.len()], bytes);
        }
        let ids: Vec<RemoteId> = world.trees.synceds().map(|node| node.remote.clone()).collect();
        for pick in &case.forgotten {
            let id = &ids[usize::from(*pick) % ids.len()];
            let _ = world.record(&Record::Forget { remote: id.clone() });
        }
        for id in ids.iter().filter(|_| case.is_reset) {
            let _ = world.record(&Record::Forget { remote: id.clone() });
        }
        let during = case.during.iter().copied().collect();
        Run {
            case,
            world,
            random: case.seed | 1,
            during,
            ticks: 0,
            late: Vec::new(),
            doomed: Doomed::default(),
            only_moves: false,
            had_clash: false,
        }
    }

    fn random(&mut self, below: usize) -> usize {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        usize::try_from((self.random >> 11) % u64::try_from(below.max(1)).expect("small")).expect("small")
    }

    fn go(&mut self) -> Checked {
        for (who, act) in &self.case.before {
            self.world.act(*who, *act);
        }
        self.world.observe();
        let clashes = self.world.truth.all(Side::Local).iter().any(|item| self.world.is_clash(item));
        let alone = self.case.only_side().filter(|_| self.case.during.is_empty() && !clashes);
        self.only_moves = alone.is_some() && self.case.direction == Direction::Both && self.case.only_moves();
        let wanted = alone.and_then(|who| who.sides().first().map(|side| self.world.truth.listing(*side)));
        if self.case.during.is_empty() && self.case.direction == Direction::Both {
            self.doomed = doomed(&self.world);
        }
        self.until_quiet()?;
        if let (Some(wanted), [remote, local]) = (&wanted, Side::BOTH.map(|side| self.mirrors(side))) {
            ensure!(
                !remote || self.world.truth.listing(Side::Remote) == *wanted,
                "the server is not as wanted: {wanted:?}"
            );
            ensure!(
                !local || self.world.truth.listing(Side::Local) == *wanted,
                "the disk is not as wanted: {wanted:?}"
            );
        }
        self.resolve_clashes()?;
        self.check_end()
    }

    /// Plans and takes steps until nothing is left to do.
    fn until_quiet(&mut self) -> Checked {
        let mut rounds = 0;
        loop {
            while self
                .during
                .front()
                .is_some_and(|(_, _, _)| self.late.is_empty() && rounds > 0 && self.is_quiet_now())
            {
                self.users_next();
            }
            rounds = if self.during.is_empty() { rounds + 1 } else { 1 };
            ensure!(rounds <= ROUNDS_MAX, "no end after {ROUNDS_MAX} rounds");
            if self.round()? && self.during.is_empty() {
                return Ok(());
            }
        }
    }

    /// Whether this side must be as the only user wants it.
    fn mirrors(&self, side: Side) -> bool {
        match (self.case.direction, self.case.only_side()) {
            (Direction::Both, Some(_)) => true,
            (Direction::Down, Some(Who::Remote)) => side == Side::Local,
            (Direction::Up, Some(Who::Local)) => side == Side::Remote,
            _ => false,
        }
    }

    fn is_quiet_now(&self) -> bool {
        self.world.dirty.is_empty()
    }

    fn users_next(&mut self) {
        if let Some((_, who, act)) = self.during.pop_front() {
            self.world.act(who, act);
            self.ticks = 0;
        }
    }

    /// Time goes by; perhaps a user does something.
    fn tick(&mut self) -> bool {
        self.ticks = self.ticks.saturating_add(1);
        let mut acted = false;
        while self.during.front().is_some_and(|(after, _, _)| *after < self.ticks) {
            self.users_next();
            acted = true;
        }
        acted
    }

    fn context<'b>(&self, busy: &'b Busy) -> Context<'b> {
        Context {
            direction: self.case.direction,
            device: "box",
            today: "2026-11-21",
            busy,
            selection: &Everything,
            steps_max: self.case.steps_max,
        }
    }

    /// One plan, and what is done of it. Tells whether nothing was left to do.
    fn round(&mut self) -> Checked<bool> {
        self.tick();
        self.world.observe();
        self.had_clash |= self.world.truth.all(Side::Local).iter().any(|item| self.world.is_clash(item));
        let busy = busy_with(&self.world, self.late.iter().map(|(step, _)| step));
        let items: Vec<Item> = self.world.dirty.iter().cloned().collect();
        let Ok(planned) = plan(&self.world.trees, &items, &self.context(&busy));
        let trees = self.world.log.as_ref().map(|_| self.world.picture());
        self.world.note(|| {
            let trees = trees.unwrap_or_default();
            let Plan { records, steps, settled, waiting } = &planned;
            let waiting: Vec<_> = waiting.iter().map(|waiting| (&waiting.item, waiting.why)).collect();
            format!("{trees}\nplan: records {records:?}\n    steps {steps:?}\n    settled {settled:?}\n    waiting {waiting:?}")
        });
        self.check_plan(&planned, &busy)?;
        // A record marks what it is about, even what this plan found settled.
        for item in &planned.settled {
            self.world.dirty.remove(item);
        }
        for record in &planned.records {
            self.world.record(record)?;
        }
        let is_quiet = planned.records.is_empty() && planned.steps.is_empty() && self.late.is_empty();
        if is_quiet {
            return Ok(true);
        }
        self.take_some(planned)?;
        Ok(false)
    }

    fn check_plan(&self, planned: &Plan, busy: &Busy) -> Checked {
        ensure!(planned.steps.len() <= self.case.steps_max, "more steps than asked for");
        for step in &planned.steps {
            self.world.promises(step, self.case.direction)?;
            self.leaves_alone(step)?;
            let brings = matches!(
                step,
                Step::Download { .. }
                    | Step::Upload { .. }
                    | Step::MakeLocal { .. }
                    | Step::MakeRemote { .. }
            );
            ensure!(!brings || !self.only_moves, "{step:?} though things were only moved");
            for item in touched(step) {
                let is_busy = match &item {
                    Item::Remote(id) => busy.has_remote(id),
                    Item::Local(id) => busy.has_local(*id),
                };
                ensure!(!is_busy, "{step:?} though {item:?} is busy");
            }
        }
        let waits: BTreeSet<&Item> = planned.waiting.iter().map(|waiting| &waiting.item).collect();
        let settled: BTreeSet<&Item> = planned.settled.iter().collect();
        ensure!(waits.is_disjoint(&settled), "something waits and is settled");
        Ok(())
    }

    /// Where one user alone does things, that side is as it is to be: only what is on its way moves there.
    fn leaves_alone(&self, step: &Step) -> Checked {
        let one = self.case.only_side().filter(|_| self.case.direction == Direction::Both && !self.had_clash);
        let writes = match step {
            Step::Hash { .. } => return Ok(()),
            Step::Download { .. }
            | Step::MakeLocal { .. }
            | Step::MoveLocal { .. }
            | Step::TrashLocal { .. } => Who::Local,
            Step::Upload { .. }
            | Step::MakeRemote { .. }
            | Step::MoveRemote { .. }
            | Step::DeleteRemote { .. } => Who::Remote,
        };
        ensure!(one != Some(writes), "{step:?} where somebody has everything as it is to be");
        Ok(())
    }

    fn take_some(&mut self, planned: Plan) -> Checked {
        let fresh = planned.steps.len();
        let is_calm = self.late.is_empty();
        if is_calm && self.during.is_empty() && fresh > 1 {
            self.check_independent(&planned.steps)?;
        }
        let seen =
            Rc::new(if self.case.pace == Pace::Late { self.world.trees.clone() } else { MemoryTrees::new() });
        let mut steps: Vec<_> = planned.steps.into_iter().map(|step| (step, Rc::clone(&seen))).collect();
        steps.append(&mut self.late);
        self.shuffle(&mut steps);
        let take = match self.case.pace {
            Pace::All => steps.len(),
            Pace::Some | Pace::Late => 1 + self.random(steps.len()),
        };
        let mut rest = steps.split_off(take.min(steps.len()));
        let mut disturbed = false;
        for (step, seen) in steps {
            let seen = (self.case.pace == Pace::Late).then_some(&*seen);
            let taken = self.world.take_since(&step, self.case.direction, seen)?;
            ensure!(
                taken == Taken::Done || disturbed || !is_calm,
                "nobody disturbed {step:?}, and it could not be taken"
            );
            disturbed |= self.tick();
        }
        if self.case.pace == Pace::Late {
            self.late.append(&mut rest);
        }
        Ok(())
    }

    fn shuffle<S>(&mut self, steps: &mut [S]) {
        for at in (1..steps.len()).rev() {
            let other = self.random(at + 1);
            steps.swap(at, other);
        }
    }

    /// Whatever the order, the same comes of it.
    fn check_independent(&self, steps: &[Step]) -> Checked {
        let mut outcomes = Vec::new();
        for is_backwards in [false, true] {
            let mut world = self.world.clone();
            world.log = None;
            let base = world.truth.next;
            let mut order: Vec<_> = steps.iter().enumerate().collect();
            if is_backwards {
                order.reverse();
            }
            for (at, step) in order {
                // Whatever is new gets the same number, whenever it is made.
                world.truth.next = base + 10 * i64::try_from(at).expect("small");
                let taken = world.take(step, self.case.direction)?;
                ensure!(taken == Taken::Done, "{step:?} depends on another step of {steps:?}");
            }
            let trees = [&world.trees, &world.truth.has];
            outcomes.push(trees.map(|trees| {
                let remotes: Vec<_> = trees.remotes().cloned().collect();
                let locals: Vec<_> = trees.locals().cloned().collect();
                let synceds: Vec<_> = trees.synceds().cloned().collect();
                (remotes, locals, synceds)
            }));
        }
        ensure!(outcomes[0] == outcomes[1], "the order of {steps:?} makes a difference");
        Ok(())
    }

    /// What differs only by case cannot be on the server: it waits for somebody who renames it. Then all goes on.
    fn resolve_clashes(&mut self) -> Checked {
        for _ in 0..20 {
            let waiting = self.waiting()?;
            let clashes: Vec<Item> = waiting
                .iter()
                .filter(|(_, why)| *why == Why::NameTaken)
                .map(|(item, _)| item.clone())
                .collect();
            if self.case.direction != Direction::Both {
                return Ok(());
            }
            ensure!(!clashes.is_empty() || waiting.is_empty(), "waits for ever: {waiting:?}");
            if waiting.is_empty() {
                return Ok(());
            }
            for item in &clashes {
                let local = self.local_of(item);
                ensure!(
                    local.as_ref().is_some_and(|local| self.world.is_clash(local)),
                    "{item:?} is no clash"
                );
            }
            let item = clashes.iter().find_map(|item| self.local_of(item)).expect("not empty");
            self.world.resolve_clash(&item);
            self.until_quiet()?;
        }
        Err("one name clash after the other".into())
    }

    fn local_of(&self, item: &Item) -> Option<Item> {
        match item {
            Item::Local(_) => Some(item.clone()),
            Item::Remote(id) => self.world.local_of(id).map(Item::Local),
        }
    }

    fn waiting(&self) -> Checked<Vec<(Item, Why)>> {
        let items: Vec<Item> = self.world.dirty.iter().cloned().collect();
        let Ok(planned) = plan(&self.world.trees, &items, &self.context(&Busy::new()));
        ensure!(planned.steps.is_empty() && planned.records.is_empty(), "not quiet: {planned:?}");
        Ok(planned.waiting.into_iter().map(|waiting| (waiting.item, waiting.why)).collect())
    }

    fn check_end(&self) -> Checked {
        let world = &self.world;
        let kept_in_history = self.case.direction == Direction::Up;
        if let Some(bytes) =
            world.owed.iter().find(|bytes| !world.truth.has_bytes(**bytes) && !kept_in_history)
        {
            return Err(format!("{bytes} are lost"));
        }
        self.check_stable()?;
        let one = self.case.only_side();
        let both = self.case.direction == Direction::Both;
        let mirrors = match one {
            Some(Who::Remote) => both || self.case.direction == Direction::Down,
            Some(Who::Local) => both || self.case.direction == Direction::Up,
            Some(Who::Both) | None => both,
        };
        let listings = Side::BOTH.map(|side| world.truth.listing(side));
        let clashes = !both && world.truth.all(Side::Local).iter().any(|item| world.is_clash(item));
        if mirrors && !clashes {
            ensure!(listings[0] == listings[1], "the sides differ: {listings:?}");
        }
        if both {
            let ids = world.truth.all(Side::Remote).len();
            ensure!(world.trees.synceds().count() == ids, "not all is agreed on");
        }
        for (name, _) in listings.iter().flatten().filter(|_| both) {
            ensure!(!is_on_its_way(name.rsplit('/').next().unwrap_or(name)), "{name} is left over");
        }
        for item in &self.doomed.items {
            ensure!(
                world.truth.view(item).is_none(),
                "{item:?} was deleted on the other side and is still here"
            );
        }
        for bytes in &self.doomed.bytes {
            ensure!(!world.truth.has_bytes(*bytes), "{bytes} came back");
        }
        Ok(())
    }

    /// Nothing more is planned, whatever is asked about.
    fn check_stable(&self) -> Checked {
        if self.case.direction != Direction::Both {
            return Ok(());
        }
        let mut items: Vec<Item> = self.world.all_items().into_iter().collect();
        items.extend([Item::Local(LocalId(999_999)), Item::Remote(RemoteId::new("r999999"))]);
        items.extend(Side::BOTH.map(Side::root));
        let Ok(planned) = plan(&self.world.trees, &items, &self.context(&Busy::new()));
        ensure!(planned.steps.is_empty() && planned.records.is_empty(), "not stable: {planned:?}");
        ensure!(planned.waiting.is_empty(), "waits for nothing: {planned:?}");
        Ok(())
    }
}

/// How many are told.
fn triples() -> u32 {
    said("TIDEMARK_TRIPLES").unwrap_or(2_000)
}

/// From which seed on: the same each time, unless somebody looks for others.
fn seed() -> RngSeed {
    RngSeed::Fixed(said("TIDEMARK_TRIPLES_SEED").unwrap_or(1))
}

#[expect(clippy::disallowed_methods, reason = "how much to run is said from outside")]
fn said<N: FromStr>(name: &str) -> Option<N> {
    env::var(name).ok()?.parse().ok()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: triples(), rng_seed: seed(), max_shrink_iters: 50_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_story_ends_well(case in case()) {
        if let (Err(wrong), _) = run(&case, false) {
            let (_, log) = run(&case, true);
            return Err(TestCaseError::fail(format!("{wrong}\n{}", log.join("\n"))));
        }
    }
}
