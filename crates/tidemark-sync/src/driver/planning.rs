//! From what was observed to steps: a walk over all that is not settled, as far as there is room for steps.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::{Duration, UNIX_EPOCH};

use tidemark_client::Cursor;
use tokio::time::Instant;

use super::control::Control;
use super::dispatch::{self, Ready, Resolved};
use super::flight::{Before, Flight, Ticket};
use super::look::unusable;
use super::options::Options;
use super::selection::{Chosen, Wants};
use super::status::{Hindrance, Stopped};
use super::strikes::Verdict;
use super::today::today;
use crate::apply::{Job, chain};
use crate::plan::{Context, Plan, Record, Step, Why, plan};
use crate::ports::{Disk, DiskFault, LocalPath, Stamp};
use crate::state::{Held, Problem, ProblemKind, Release, Setting, Side};
use crate::trees::{Item, LocalId, Trees as _};

/// How many items are planned at once.
const BATCH: usize = 64;
/// How many steps may be planned and not begun yet.
const QUEUE_MAX: usize = 64;
/// Up to which size a file counts as small: several of them are as much work as a large one.
const SMALL: u64 = 256 << 10;
/// How many small ones are.
const SMALL_SHARE: usize = 4;
/// How often the engine sees what other processes want.
pub(super) const GLANCE: Duration = Duration::from_secs(2);
/// When a problem that somebody must mend is looked at again all the same, and one that may mend itself.
const RETRY_S: i64 = 600;
const RETRY_SOON_S: i64 = 60;
/// How long deletions count that were carried out.
const LATELY: Duration = Duration::from_secs(60);
/// How many problems are looked at again at once.
const DUE_MAX: usize = 1000;

/// Where planning stands.
#[derive(Default)]
pub(super) struct Planning {
    pub(super) is_paused: bool,
    /// What is held, on each side.
    pub(super) held: Vec<Hindrance>,
    /// The same as it is written down.
    pub(super) held_kept: Option<Held>,
    pub(super) released: Release,
    pub(super) chosen: Chosen,
    /// What somebody wants may be different from when it was planned last.
    pub(super) is_unheeded: bool,
    /// Something is different from when the walk under way began, or the last one.
    again: bool,
    /// What was deleted lately that nobody had to release: on which side, how much, and when the last of it.
    deleted: Vec<(Side, u64, Instant)>,
    /// Something was observed since it was decided which deletions are held.
    is_news: bool,
    /// Less is left of what was released than is written down.
    is_spent: bool,
    /// How many items the walk still has before it.
    left: usize,
    /// The number of the last one that it has behind it. What is marked behind it belongs to the next walk: whoever marks something
    /// lets there be one ([`Planning::once_more`]).
    reached: i64,
    /// When it began.
    began: Option<Instant>,
    /// Whether it led to anything so far.
    was_productive: bool,
    /// While other steps are under way, the next one does not begin before that.
    not_before: Option<Instant>,
    pub(super) rounds: u32,
    /// Steps that are planned and not begun.
    queue: VecDeque<(Ticket, Job)>,
    /// How many small and large ones are running.
    running: BTreeMap<Ticket, bool>,
    /// Steps that have failed, and are as they were then: they are not tried again until their problem is due, or was forgotten
    /// with the item it was about.
    failed: BTreeMap<Item, (Step, Option<Stamp>)>,
    /// What a problem is known of.
    troubled: BTreeSet<Item>,
    next_due: Option<Instant>,
    /// When something that was passed over in the last walk may be tried.
    passed_over: Option<Instant>,
    /// When what is held because of what was deleted lately is counted anew.
    hold_anew: Option<Instant>,
}

impl Planning {
    /// Something was observed, and may be missing where it was before.
    pub(super) fn news(&mut self) {
        self.is_news = true;
        self.once_more();
    }

    /// Something is different. What was missing is counted anew only when [more may be](Planning::news): that costs as much as
    /// there is, and what is deleted by us is missing no more.
    pub(super) fn once_more(&mut self) {
        self.again = true;
    }

    /// Whether anything is held.
    pub(super) fn is_holding(&self) -> bool {
        !self.held.is_empty()
    }

    /// A walk that led to nothing is not made again at once because of each step that ends: most wait for the same few.
    fn end_walk(&mut self, now: Instant) {
        if let Some(began) = self.began.take() {
            self.not_before = (!self.was_productive).then(|| now + (now - began) * 4);
        }
    }

    /// So many were deleted.
    pub(super) fn deleted(&mut self, on: Side, more: u64) {
        let released = match on {
            Side::Remote => &mut self.released.gone_locally,
            Side::Local => &mut self.released.gone_remotely,
        };
        if *released > 0 {
            // A release is for what was held when it was given: as that is deleted, less is left of it.
            *released = released.saturating_sub(more);
            self.is_spent = true;
            return;
        }
        let now = Instant::now();
        self.deleted.retain(|(.., at)| now < *at + LATELY);
        match self.deleted.iter_mut().find(|(side, ..)| *side == on) {
            Some((_, count, at)) => (*count, *at) = (*count + more, now),
            None => self.deleted.push((on, more, now)),
        }
    }

    /// Whether nothing is left to plan.
    pub(super) fn is_over(&self) -> bool {
        !self.again && self.left == 0 && self.queue.is_empty()
    }

    pub(super) fn next(&self, now: Instant) -> Option<Instant> {
        let not_before = self.not_before.filter(|_| self.again);
        [self.next_due, self.passed_over, self.hold_anew, not_before]
            .into_iter()
            .flatten()
            .filter(|at| *at > now)
            .min()
    }

    /// A step ended.
    pub(super) fn landed(&mut self, ticket: Ticket) {
        self.running.remove(&ticket);
        self.once_more();
    }

    /// Which steps are being taken, or were and are not recorded.
    pub(super) fn running(&self) -> impl Iterator<Item = Ticket> {
        self.running.keys().copied()
    }

    /// How many large ones may begin, and how many small ones.
    fn room(&self, transfers: usize) -> (usize, usize) {
        let large = self.running.values().filter(|is_large| **is_large).count();
        let small = self.running.len() - large;
        (
            transfers.saturating_sub(large),
            (transfers * SMALL_SHARE).saturating_sub(small + large * SMALL_SHARE),
        )
    }
}

impl Control<'_> {
    /// Plans as much as there is room for.
    pub(super) async fn plan(&mut self) -> Result<(), Stopped> {
        let is_known = self.talk.is_told() && self.looking.has_scanned() && self.state.remote_is_whole()?;
        if self.is_paused() || self.talk.offline.is_some() || !is_known {
            return Ok(());
        }
        let Some(cursor) = self.state.cursor()? else { return Ok(()) };
        self.heed()?;
        self.retry_due()?;
        if self.planning.hold_anew.is_some_and(|at| at <= Instant::now()) {
            self.planning.news();
        }
        self.hold()?;
        while self.planning.queue.len() < QUEUE_MAX {
            if self.planning.left == 0 && !self.begin_walk()? {
                return Ok(());
            }
            let limit = BATCH.min(self.planning.left);
            let (numbers, items): (Vec<_>, Vec<_>) =
                self.state.dirty(self.planning.reached, limit)?.into_iter().unzip();
            let Some(last) = numbers.last() else {
                self.planning.left = 0;
                continue;
            };
            self.planning.reached = *last;
            self.planning.left -= items.len();
            self.plan_batch(&items, &cursor).await?;
        }
        Ok(())
    }

    /// Begins another walk over what is not settled, if something is different from when the last one began.
    fn begin_walk(&mut self) -> Result<bool, Stopped> {
        let now = Instant::now();
        self.planning.again |= self.planning.passed_over.is_some_and(|at| at <= now);
        self.planning.end_walk(now);
        self.hold()?;
        let must_wait = self.planning.not_before.is_some_and(|at| at > now) && self.flights.len() > 0;
        if must_wait || !std::mem::take(&mut self.planning.again) {
            return Ok(false);
        }
        self.planning.began = Some(now);
        self.planning.passed_over = None;
        self.planning.was_productive = false;
        let dirty = self.state.counts()?.dirty;
        self.planning.left = usize::try_from(dirty).unwrap_or(usize::MAX);
        self.planning.reached = 0;
        Ok(self.planning.left > 0)
    }

    async fn plan_batch(&mut self, items: &[Item], cursor: &Cursor) -> Result<(), Stopped> {
        let mut plan = self.decide(items)?;
        let steps = std::mem::take(&mut plan.steps);
        self.make_durable(&mut plan).await?;
        self.state.decide(&plan)?;
        if !plan.records.is_empty() {
            // What is agreed on anew may be what was missing.
            if self.planning.is_holding() {
                self.planning.news();
            }
            self.planning.once_more();
            self.productive();
        }
        self.show_waiting(&plan)?;
        for step in steps {
            self.begin(step, cursor)?;
        }
        Ok(())
    }

    fn decide(&self, items: &[Item]) -> Result<Plan, Stopped> {
        let busy = self.flights.busy();
        let today = today(self.seams.clock.now());
        let context = Context {
            direction: self.options.direction,
            device: &self.options.device,
            today: &today,
            busy: &busy,
            selection: &Wants { chosen: &self.planning.chosen, rules: &self.looking.rules },
            steps_max: BATCH * 2,
        };
        Ok(self.state.reading(|state| plan(state, items, &context))?)
    }

    fn productive(&mut self) {
        if !std::mem::replace(&mut self.planning.was_productive, true) {
            self.planning.rounds = self.planning.rounds.saturating_add(1);
        }
    }

    /// As soon as something is agreed on, its absence here would be a deletion: so its name must outlast a power cut before. (The
    /// bytes of files were made durable when they were read.) Where that may not be done, nothing is agreed on.
    async fn make_durable(&mut self, plan: &mut Plan) -> Result<(), Stopped> {
        let mut done: BTreeMap<LocalPath, Option<(ProblemKind, String)>> = BTreeMap::new();
        for record in std::mem::take(&mut plan.records) {
            let Some((local, folder)) = self.linked(&record)? else {
                plan.records.push(record);
                continue;
            };
            if !done.contains_key(&folder) {
                let refused = make_durable(&*self.tools.disk, &folder).await?;
                done.insert(folder.clone(), refused);
            }
            match done.get(&folder).and_then(Option::as_ref) {
                None => plan.records.push(record),
                Some((kind, text)) => {
                    self.note_problem(&Item::Local(local), *kind, text, None, Some(RETRY_SOON_S))?;
                }
            }
        }
        Ok(())
    }

    /// What is to be agreed on here, and in which folder.
    fn linked(&self, record: &Record) -> Result<Option<(LocalId, LocalPath)>, Stopped> {
        let local = match record {
            Record::Link { local, .. } => Some(*local),
            Record::Rebase { remote } => self.state.synced(remote)?.map(|synced| synced.local),
            Record::Forget { .. } => None,
        };
        let Some(local) = local else { return Ok(None) };
        let path = self.state.local_path(local)?;
        Ok(path.and_then(|path| Some((local, path.split()?.0))))
    }

    /// Queues a step, unless something stands against it.
    fn begin(&mut self, step: Step, cursor: &Cursor) -> Result<(), Stopped> {
        let item = dispatch::item_of(&step);
        let now = Instant::now();
        if self.strikes.rests(&item, now) {
            self.pass_over(self.strikes.next(now));
            return Ok(());
        }
        if self.is_held(&step) {
            return Ok(());
        }
        if !self.room.may_begin(&step) {
            self.pass_over(self.room.next());
            return Ok(());
        }
        if let Some((failed, stamp)) = self.planning.failed.get(&item)
            && *failed == step
            && *stamp == self.stamp_of(&step)?
            && self.state.is_troubled(&item)?
        {
            return Ok(());
        }
        let ready = match self.state.reading(|state| dispatch::resolve(state, &step, cursor))? {
            Resolved::Ready(ready) => *ready,
            Resolved::Stale => {
                self.planning.again = true;
                return self.strike(&step, "what it is about is not there any more");
            }
            Resolved::Impossible { kind, text } => {
                return self.fail(&step, kind, &text, None);
            }
        };
        if !self.flights.admits(&ready.footprint) {
            return Ok(());
        }
        self.productive();
        self.planning.failed.remove(&item);
        let Ready { job, footprint, transfer } = ready;
        let before = Before::of(&job, self.state)?;
        let ticket = self.flights.begin(Flight {
            item,
            step,
            footprint,
            scans: self.looking.scans(),
            resets: self.talk.resets,
            transfer,
            before,
            placing: None,
        });
        self.planning.queue.push_back((ticket, job));
        Ok(())
    }

    fn pass_over(&mut self, until: Option<Instant>) {
        let passed_over = [self.planning.passed_over, until].into_iter().flatten().min();
        self.planning.passed_over = passed_over;
    }

    /// Lets as many of the queued steps run as may.
    pub(super) fn launch(&mut self) {
        if self.talk.offline.is_some() {
            // By the time that the server answers again, everything may be different.
            return self.drop_queue();
        }
        let transfers = self.options.transfers.clamp(1, Options::TRANSFERS_MAX);
        let (mut large, mut small) = self.planning.room(transfers);
        let mut kept = VecDeque::new();
        while large + small > 0
            && let Some((ticket, job)) = self.planning.queue.pop_front()
        {
            let is_large = self.flights.get(ticket).is_some_and(Flight::is_large);
            if (is_large && large == 0) || (!is_large && small == 0) {
                kept.push_back((ticket, job));
                continue;
            }
            if is_large {
                (large, small) = (large - 1, small.saturating_sub(SMALL_SHARE));
            } else {
                small -= 1;
            }
            self.planning.running.insert(ticket, is_large);
            self.spawn(ticket, job);
        }
        kept.append(&mut self.planning.queue);
        self.planning.queue = kept;
    }

    /// Whatever was not begun is planned anew, some time.
    pub(super) fn drop_queue(&mut self) {
        for (ticket, _) in std::mem::take(&mut self.planning.queue) {
            self.flights.end(ticket, None);
            self.planning.again = true;
        }
    }

    /// A step failed, or what it is about was not as observed, once more. If that goes on, somebody should know.
    pub(super) fn strike(&mut self, step: &Step, why: &str) -> Result<(), Stopped> {
        match self.strikes.strike(&dispatch::item_of(step), &*self.seams.entropy) {
            Verdict::Rest => Ok(()),
            Verdict::Tell => {
                let text = format!("it was tried again and again: {why}");
                self.fail(step, ProblemKind::Failed, &text, None)
            }
        }
    }

    /// A step cannot be taken, until somebody does something about it: where what it is about lies, or else at this place here.
    pub(super) fn fail(
        &mut self,
        step: &Step,
        kind: ProblemKind,
        text: &str,
        at: Option<&LocalPath>,
    ) -> Result<(), Stopped> {
        let item = dispatch::item_of(step);
        let retry = if kind == ProblemKind::Failed { RETRY_SOON_S } else { RETRY_S };
        self.planning.failed.insert(item.clone(), (step.clone(), self.stamp_of(step)?));
        self.note_problem(&item, kind, text, at, Some(retry))
    }

    fn note_problem(
        &mut self,
        item: &Item,
        kind: ProblemKind,
        text: &str,
        at: Option<&LocalPath>,
        retry_s: Option<i64>,
    ) -> Result<(), Stopped> {
        let here = match item {
            // Names that a machine has and the server cannot have are wrong here, whatever the server calls it.
            Item::Remote(id) if kind == ProblemKind::NameTaken => {
                self.state.synced(id)?.map(|synced| Item::Local(synced.local))
            }
            Item::Remote(_) | Item::Local(_) => None,
        };
        let (side, path) = match (at, here.as_ref().unwrap_or(item)) {
            (Some(at), _) => (Side::Local, Some(at.as_str().to_owned())),
            (None, Item::Local(id)) => {
                (Side::Local, self.state.local_path(*id)?.map(|path| path.as_str().to_owned()))
            }
            (None, Item::Remote(id)) => {
                (Side::Remote, self.state.remote_path(id)?.map(|path| path.as_str().to_owned()))
            }
        };
        let now_s = self.now_s();
        let problem = Problem {
            item: item.clone(),
            path: path.unwrap_or_default(),
            side,
            kind,
            text: text.to_owned(),
            since_s: now_s,
            retry_at_s: retry_s.map(|retry| now_s + retry),
        };
        self.state.set_problem(&problem)?;
        self.planning.troubled.insert(item.clone());
        if let Some(retry) = retry_s.and_then(|retry| u64::try_from(retry).ok()) {
            let at = Instant::now() + Duration::from_secs(retry);
            self.planning.next_due = Some(self.planning.next_due.map_or(at, |due| due.min(at)));
        }
        Ok(())
    }

    /// There is no problem with it any more.
    pub(super) fn mended(&mut self, item: &Item) -> Result<(), Stopped> {
        self.strikes.clear(item);
        self.planning.failed.remove(item);
        if self.planning.troubled.remove(item) {
            self.state.clear_problem(item)?;
        }
        Ok(())
    }

    /// Whatever waits for somebody is shown; whatever does not any more is not.
    fn show_waiting(&mut self, plan: &Plan) -> Result<(), Stopped> {
        for waiting in &plan.waiting {
            match waiting.why {
                Why::Others => {}
                Why::NameTaken => {
                    let text = "another name in the same folder differs only by case, or by how it is composed: \
                                rename one of them";
                    self.note_problem(&waiting.item, ProblemKind::NameTaken, text, None, None)?;
                }
            }
        }
        for item in &plan.settled {
            self.mended(item)?;
        }
        Ok(())
    }

    /// Looks again at what should be by now.
    fn retry_due(&mut self) -> Result<(), Stopped> {
        if self.planning.next_due.is_none_or(|due| due > Instant::now()) {
            return Ok(());
        }
        let now_s = self.now_s();
        let due = self.state.problems_due(now_s, RETRY_S, DUE_MAX)?;
        for problem in &due {
            self.planning.failed.remove(&problem.item);
            self.strikes.clear(&problem.item);
            // It is noted anew if it fails anew.
            self.state.set_problem(&Problem { retry_at_s: Some(now_s + RETRY_S), ..problem.clone() })?;
        }
        let items: Vec<Item> = due.into_iter().map(|problem| problem.item).collect();
        self.state.touch(&items)?;
        self.planning.again |= !items.is_empty();
        // There may be more than were looked at now, and our clock may say another time than when they were noted.
        self.planning.next_due = self.state.next_retry_s()?.map(|retry_s| {
            let rest_s = retry_s.saturating_sub(now_s).clamp(1, RETRY_S);
            Instant::now() + Duration::from_secs(rest_s.unsigned_abs())
        });
        Ok(())
    }

    /// Looks again at everything that has a problem.
    pub(super) fn retry_problems(&mut self) -> Result<(), Stopped> {
        self.planning.failed.clear();
        let items = self.state.to_try_again()?;
        self.state.touch(&items)?;
        self.planning.troubled.extend(items);
        self.planning.again = true;
        Ok(())
    }

    /// Which deletions are too many to be believed, as far as is known by now.
    fn hold(&mut self) -> Result<(), Stopped> {
        if !std::mem::take(&mut self.planning.is_news) {
            return self.keep_released();
        }
        let missing = self.state.missing_counts()?;
        let now = Instant::now();
        self.planning.hold_anew = None;
        let sides = [
            (Side::Remote, missing.gone_locally, &mut self.planning.released.gone_locally),
            (Side::Local, missing.gone_remotely, &mut self.planning.released.gone_remotely),
        ];
        self.planning.held.clear();
        for (on, count, released) in sides {
            // What is being deleted counts until that is written down: the server may have told of it already.
            let most = count + self.flights.deleting(on);
            if *released > most {
                *released = most;
                self.planning.is_spent = true;
            }
            // What was deleted one by one just now was perhaps the beginning.
            let just_now =
                self.planning.deleted.iter().find(|(side, .., at)| *side == on && now < *at + LATELY);
            let (just_now, until) = just_now.map_or((0, None), |(_, count, at)| (*count, Some(*at + LATELY)));
            let is_too_much = self.options.mass.exceeded(count + just_now, missing.synced + just_now);
            if count > *released && is_too_much {
                self.planning.held.push(Hindrance::MassDeletion { on, count, of: missing.synced });
                // If it was not, and no more follow, these are not too many.
                self.planning.hold_anew = [self.planning.hold_anew, until].into_iter().flatten().min();
            }
        }
        self.keep_held()?;
        self.keep_released()
    }

    /// Writes down what is held: when it has ended, somebody must still be told.
    fn keep_held(&mut self) -> Result<(), Stopped> {
        let mut held = None;
        for hindrance in &self.planning.held {
            if let Hindrance::MassDeletion { on, count, of } = *hindrance {
                let held: &mut Held = held.get_or_insert_default();
                held.synced = of;
                match on {
                    Side::Remote => held.gone_locally = count,
                    Side::Local => held.gone_remotely = count,
                }
            }
        }
        if self.planning.held_kept != held {
            self.state.set(&Setting::Held(held))?;
            self.planning.held_kept = held;
        }
        Ok(())
    }

    /// Writes down what is left of what was released.
    fn keep_released(&mut self) -> Result<(), Stopped> {
        if std::mem::take(&mut self.planning.is_spent) {
            let released = self.planning.released;
            let setting = Setting::Released((released != Release::default()).then_some(released));
            self.state.set(&setting)?;
        }
        Ok(())
    }

    fn is_held(&self, step: &Step) -> bool {
        let side = match step {
            Step::DeleteRemote { .. } => Side::Remote,
            Step::TrashLocal { .. } => Side::Local,
            Step::Hash { .. }
            | Step::Download { .. }
            | Step::MakeLocal { .. }
            | Step::MoveLocal { .. }
            | Step::Upload { .. }
            | Step::MakeRemote { .. }
            | Step::MoveRemote { .. } => return false,
        };
        let held = |hindrance: &Hindrance| match hindrance {
            Hindrance::MassDeletion { on, .. } => *on == side,
            Hindrance::DiskFull | Hindrance::ServerFull | Hindrance::Paused => false,
        };
        self.planning.held.iter().any(held)
    }

    /// What is held now is meant.
    pub(super) fn release(&mut self) -> Result<(), Stopped> {
        let missing = self.state.missing_counts()?;
        let released = Release { gone_locally: missing.gone_locally, gone_remotely: missing.gone_remotely };
        self.planning.released = released;
        self.planning.deleted.clear();
        self.state.set(&Setting::Released((released != Release::default()).then_some(released)))?;
        self.planning.news();
        Ok(())
    }

    pub(super) fn pause(&mut self, paused: bool) -> Result<(), Stopped> {
        self.planning.is_paused = paused;
        self.state.set(&Setting::Paused(paused))?;
        if paused {
            self.drop_queue();
        }
        self.planning.again = true;
        Ok(())
    }

    fn stamp_of(&self, step: &Step) -> Result<Option<Stamp>, Stopped> {
        let local: Option<LocalId> = match step {
            Step::Hash { local }
            | Step::MoveLocal { local, .. }
            | Step::TrashLocal { local }
            | Step::Upload { local, .. }
            | Step::MakeRemote { local, .. } => Some(*local),
            Step::Download { replaces, .. } => *replaces,
            Step::MakeLocal { .. } | Step::MoveRemote { .. } | Step::DeleteRemote { .. } => None,
        };
        let node = match local {
            Some(local) => self.state.local(local)?,
            None => None,
        };
        Ok(node.and_then(|node| node.file).map(|file| file.stamp))
    }

    pub(super) fn now_s(&self) -> i64 {
        let since = self.seams.clock.now().duration_since(UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
    }
}

/// Makes the names in a folder durable, or tells why that may not be done. Whatever else there is goes on then.
async fn make_durable(disk: &dyn Disk, folder: &LocalPath) -> Result<Option<(ProblemKind, String)>, Stopped> {
    let Err(error) = disk.sync_folder(folder).await else { return Ok(None) };
    match error.fault {
        // It is not as it was observed: that shows when it is looked at again.
        DiskFault::Missing | DiskFault::Different => Ok(None),
        DiskFault::Denied => Ok(Some((ProblemKind::Denied, chain(&error)))),
        DiskFault::Full => Ok(Some((ProblemKind::Full, chain(&error)))),
        DiskFault::Taken
        | DiskFault::NotEmpty
        | DiskFault::BadName
        | DiskFault::Unmounted
        | DiskFault::TooMany
        | DiskFault::Broken => Err(unusable(&error)),
    }
}

impl Flight {
    fn is_large(&self) -> bool {
        self.transfer.as_ref().is_some_and(|moving| moving.size > SMALL)
    }
}
