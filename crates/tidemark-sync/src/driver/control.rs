//! The control task: one order of events.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tidemark_client::Account;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::converse::{self, Conversation, Heard};
use super::flight::{Flights, Ticket};
use super::look::{Looking, next_command};
use super::options::{Options, Seams};
use super::planning::Planning;
use super::room::Room;
use super::status::{Command, Hindrance, Phase, Status, Stopped, Tally};
use super::strikes::Strikes;
use crate::apply::{Announced, Job, Outcome, Tools, chain};
use crate::observe::remote::{self, Trouble};
use crate::state::{Intent, State, StateError};

/// How often the server is asked in vain before somebody who wants to end does.
const FAILURES_MAX: u32 = 6;
/// For how long an engine that must end waits for what it is doing to the disk: a call that hangs may never end.
const LANDING_MAX: Duration = Duration::from_secs(10);
/// How many results are recorded at once.
const RESULTS_MAX: usize = 256;

/// What runs beside the control task has ended.
#[derive(Debug)]
pub(super) enum Finished {
    Step(Ticket, Outcome),
    Heard(Heard),
    /// What was old in the trash is gone.
    Swept,
}

/// Everything that the control task knows.
pub(super) struct Control<'s> {
    pub(super) state: &'s mut State,
    pub(super) tools: Arc<Tools>,
    /// What steps do as soon as it is written down.
    announced: mpsc::UnboundedReceiver<Announced>,
    pub(super) seams: Seams,
    pub(super) options: Options,
    pub(super) status: watch::Sender<Status>,
    pub(super) tasks: JoinSet<Finished>,
    pub(super) flights: Flights,
    pub(super) strikes: Strikes,
    pub(super) talk: Conversation,
    pub(super) looking: Looking,
    pub(super) planning: Planning,
    pub(super) room: Room,
    pub(super) tally: Tally,
    /// Whether it ends when nothing is left to do.
    pub(super) once: bool,
    /// Whether somebody wants it to end.
    stopping: bool,
    /// When the status was told last.
    pub(super) told: Option<Instant>,
    /// Whether it is behind.
    pub(super) untold: bool,
    /// What other processes have changed was read up to there.
    generation: Option<u64>,
    next_glance: Instant,
}

/// Nothing can go on.
impl From<StateError> for Stopped {
    fn from(error: StateError) -> Stopped {
        match error {
            StateError::OldServer { .. } => Stopped::ServerTooOld,
            StateError::Damaged { .. } => Stopped::Damaged(chain(&error).into()),
            StateError::Full => Stopped::StateFull,
            StateError::TooNew { .. }
            | StateError::NotReady { .. }
            | StateError::InUse { .. }
            | StateError::Database(_)
            | StateError::File { .. }
            | StateError::Unknown(_)
            | StateError::Cycle => Stopped::State(chain(&error).into()),
        }
    }
}

/// What woke the control task.
enum Woken {
    Command(Command),
    Announced(Announced),
    Finished(Finished),
    Noticed(crate::ports::Noticed),
    Time,
}

impl<'s> Control<'s> {
    pub(super) fn new(
        (tools, announced): (Arc<Tools>, mpsc::UnboundedReceiver<Announced>),
        state: &'s mut State,
        seams: Seams,
        options: Options,
        status: watch::Sender<Status>,
        once: bool,
    ) -> Control<'s> {
        Control {
            looking: Looking::new(&options),
            state,
            tools,
            announced,
            seams,
            options,
            status,
            tasks: JoinSet::new(),
            flights: Flights::default(),
            strikes: Strikes::default(),
            talk: Conversation::new(),
            planning: Planning::default(),
            room: Room::default(),
            tally: Tally::default(),
            once,
            stopping: false,
            told: None,
            untold: false,
            generation: None,
            next_glance: Instant::now(),
        }
    }

    /// Goes on until it must end.
    pub(super) async fn run(&mut self, mut commands: Option<mpsc::Receiver<Command>>) -> Stopped {
        loop {
            if let Err(stopped) = self.advance(&mut commands).await {
                return self.end(stopped).await;
            }
            self.tell(false);
            if let Some(stopped) = self.is_over() {
                return self.end(stopped).await;
            }
            let woken = self.wait(&mut commands).await;
            if let Err(stopped) = self.take(woken).await {
                return self.end(stopped).await;
            }
        }
    }

    /// Does whatever can be done without waiting for anybody.
    async fn advance(&mut self, commands: &mut Option<mpsc::Receiver<Command>>) -> Result<(), Stopped> {
        self.glance()?;
        self.look(commands).await?;
        self.ask()?;
        self.plan().await?;
        self.launch();
        Ok(())
    }

    /// Whether it should end now.
    fn is_over(&self) -> Option<Stopped> {
        if self.stopping && self.flights.len() == 0 {
            return Some(Stopped::Asked);
        }
        if !self.once {
            return None;
        }
        if self.talk.failures() >= FAILURES_MAX {
            let error = self.talk.offline.as_ref().map_or_else(|| "".into(), |offline| offline.error.clone());
            return Some(Stopped::Unreachable(error));
        }
        self.is_quiet().then_some(Stopped::Asked)
    }

    /// Whether nothing is left to do, but for what cannot be done.
    pub(super) fn is_quiet(&self) -> bool {
        let is_observed = self.looking.is_quiet() && self.talk.is_quiet();
        let is_done = self.flights.is_quiet() && (self.is_paused() || self.planning.is_over());
        is_observed && is_done && self.strikes.next(Instant::now()).is_none()
    }

    pub(super) fn is_paused(&self) -> bool {
        self.planning.is_paused || self.stopping
    }

    /// Waits for whatever comes first.
    async fn wait(&mut self, commands: &mut Option<mpsc::Receiver<Command>>) -> Woken {
        let next = self.next();
        let time = async {
            match next {
                Some(next) => tokio::time::sleep_until(next).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            Some(command) = next_command(commands) => Woken::Command(command),
            Some(announced) = self.announced.recv() => Woken::Announced(announced),
            Some(finished) = self.tasks.join_next(), if !self.tasks.is_empty() => match finished {
                Ok(finished) => Woken::Finished(finished),
                Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
                // A poll that was ended.
                Err(_) => Woken::Time,
            },
            noticed = self.looking.noticed() => Woken::Noticed(noticed),
            () = time => Woken::Time,
        }
    }

    /// When there is something to do by itself.
    fn next(&self) -> Option<Instant> {
        let now = Instant::now();
        let refresh = self.flights.has_transfers().then(|| now + super::status::REFRESH);
        let untold = self.told.map(|told| told + super::status::REFRESH).filter(|_| self.untold);
        let glance = (!self.once).then_some(self.next_glance);
        let timers = [
            self.looking.next(),
            self.talk.next(),
            self.strikes.next(now),
            self.planning.next(now),
            self.room.next(),
            refresh,
            untold,
            glance,
        ];
        timers.into_iter().flatten().min()
    }

    /// Takes in what came, and whatever else has come by now.
    async fn take(&mut self, woken: Woken) -> Result<(), Stopped> {
        let mut steps = Vec::new();
        let taken = self.take_in(woken, &mut steps);
        if taken.is_err() {
            // What the server answered is not known to be of the server that there is now.
            steps.retain(|(ticket, _)| self.flights.is_arranging(*ticket));
        }
        taken.and(self.record(steps))
    }

    /// The same, but for what steps led to.
    fn take_in(&mut self, woken: Woken, steps: &mut Vec<(Ticket, Outcome)>) -> Result<(), Stopped> {
        match woken {
            Woken::Command(command) => self.command(command)?,
            Woken::Announced(announced) => self.announced(announced)?,
            Woken::Noticed(noticed) => self.noticed(noticed),
            Woken::Finished(Finished::Step(ticket, outcome)) => steps.push((ticket, outcome)),
            Woken::Finished(Finished::Heard(heard)) => self.heard(heard)?,
            Woken::Finished(Finished::Swept) | Woken::Time => {}
        }
        while steps.len() < RESULTS_MAX {
            match self.tasks.try_join_next() {
                None => break,
                Some(Ok(Finished::Step(ticket, outcome))) => steps.push((ticket, outcome)),
                Some(Ok(Finished::Heard(heard))) => self.heard(heard)?,
                Some(Ok(Finished::Swept)) => {}
                Some(Err(error)) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
                Some(Err(_)) => {}
            }
        }
        Ok(())
    }

    /// Steps are about to do something: that is written down, for all of them at once.
    fn announced(&mut self, first: Announced) -> Result<(), Stopped> {
        let mut all = vec![first];
        while let Ok(announced) = self.announced.try_recv() {
            all.push(announced);
        }
        self.state.intend(all.iter().map(|announced| &announced.intent), self.now_s())?;
        for announced in &all {
            if let Intent::Place(placing) = &announced.intent {
                self.flights.places(placing);
            }
        }
        all.into_iter().for_each(Announced::written);
        Ok(())
    }

    pub(super) fn command(&mut self, command: Command) -> Result<(), Stopped> {
        match command {
            Command::Pause => self.pause(true)?,
            Command::Resume => self.pause(false)?,
            Command::Release => self.release()?,
            Command::Rescan => {
                self.strikes.clear_all();
                self.retry_problems()?;
                self.room.clear();
                self.looking.want_all();
                self.talk.want_drain();
            }
            Command::Stop => {
                self.stopping = true;
                self.drop_queue();
            }
        }
        Ok(())
    }

    /// Sees what other processes want.
    fn glance(&mut self) -> Result<(), Stopped> {
        let now = Instant::now();
        if self.generation.is_some() && now < self.next_glance {
            return Ok(());
        }
        self.next_glance = now + super::planning::GLANCE;
        self.keep_sessions()?;
        let generation = self.state.generation()?;
        if self.generation != Some(generation) {
            if self.generation.is_none() {
                self.retry_problems()?;
            }
            self.generation = Some(generation);
            self.read_settings()?;
        }
        Ok(())
    }

    /// Asks the server whatever is to be asked.
    fn ask(&mut self) -> Result<(), Stopped> {
        if self.talk.may_ask() {
            if !self.talk.is_known {
                self.talk.asking = true;
                self.tasks.spawn(heard(converse::ask_account(self.tools.client.clone())));
            } else if self.talk.begin_page() {
                let client = self.tools.client.clone();
                let cursor = if self.talk.is_lost { None } else { self.state.cursor()? };
                let page = async move { Heard::Page(remote::page(&client, cursor.as_ref()).await) };
                self.tasks.spawn(heard(page));
            }
        }
        if !self.once
            && self.talk.may_poll()
            && let Some(cursor) = self.state.cursor()?
        {
            let client = self.tools.client.clone();
            let poll = async move { Heard::Poll(remote::poll(&client, &cursor).await) };
            self.talk.poll = Some(self.tasks.spawn(heard(poll)));
        }
        Ok(())
    }

    /// The server told something.
    fn heard(&mut self, heard: Heard) -> Result<(), Stopped> {
        match heard {
            Heard::Account(Ok(account)) => {
                self.talk.asking = false;
                self.talk.online();
                self.talk.is_known = true;
                self.check_account(&account)
            }
            Heard::Page(Ok(page)) => {
                let was_whole = self.state.remote_is_whole()?;
                if page.reset && page.entries.is_empty() && !page.has_more && was_whole {
                    self.check_vanished()?;
                }
                let applied = self.state.apply_page(&page)?;
                self.talk.resets += u64::from(page.reset);
                if let Some(drain) = self.talk.told(applied.told_all) {
                    self.flights.heard(drain);
                }
                if applied.lost || (applied.changed && self.planning.is_holding()) {
                    self.planning.news();
                }
                self.planning.once_more();
                Ok(())
            }
            Heard::Poll(Ok(poll)) => {
                self.talk.polled(poll);
                Ok(())
            }
            Heard::Account(Err(trouble)) | Heard::Page(Err(trouble)) => {
                self.talk.asking = false;
                self.trouble(trouble)
            }
            Heard::Poll(Err(trouble)) => self.trouble(trouble),
        }
    }

    fn trouble(&mut self, trouble: Trouble) -> Result<(), Stopped> {
        match trouble {
            Trouble::Offline { error, after } => self.offline(error, after),
            Trouble::Lost { error } => {
                // Whose files these are is made sure of again before anything is merged.
                self.talk.is_known = false;
                self.talk.is_lost = true;
                self.offline(error, None);
            }
            Trouble::Stop(stopped) => return Err(stopped),
        }
        Ok(())
    }

    pub(super) fn offline(&mut self, error: String, after: Option<Duration>) {
        let now = self.seams.clock.now();
        self.talk.failed(error, after, now, &*self.seams.entropy);
    }

    /// Lets a step be taken beside the control task.
    pub(super) fn spawn(&mut self, ticket: Ticket, job: Job) {
        let (tools, disk) = (self.tools.clone(), self.tools.disk.clone());
        self.tasks.spawn(async move {
            let (took, outcome) = oneshot::channel();
            let step = async move {
                // Whoever does not wait any more does not want to know.
                let _ = took.send(crate::apply::take(&tools, &job).await);
            };
            disk.host(Box::pin(step)).await;
            Finished::Step(ticket, outcome.await.expect("a step that was hosted to its end"))
        });
    }

    /// The last words.
    async fn end(&mut self, stopped: Stopped) -> Stopped {
        self.let_land().await;
        // What else was in hand is as after a crash: it is observed again.
        self.tasks.abort_all();
        let _ = self.keep_sessions();
        self.status.send_modify(|status| status.phase = Phase::Stopped(stopped.clone()));
        stopped
    }

    /// What is at work on the disk is soon done, and what it leads to is written down: the next time it would look as if somebody
    /// here had done it. (Whatever is sent or brought was announced, and is recognized.)
    async fn let_land(&mut self) {
        let (flights, running) = (&self.flights, self.planning.running());
        let mut left: BTreeSet<Ticket> = running.filter(|ticket| flights.is_arranging(*ticket)).collect();
        let mut landed = Vec::new();
        let until = Instant::now() + LANDING_MAX;
        while !left.is_empty()
            && let Ok(Some(finished)) = tokio::time::timeout_at(until, self.tasks.join_next()).await
        {
            match finished {
                Ok(Finished::Step(ticket, outcome)) if left.remove(&ticket) => landed.push((ticket, outcome)),
                Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
                Ok(_) | Err(_) => {}
            }
        }
        // Why it ends is known already.
        let _ = self.record(landed);
    }

    /// The link is still of the account that the folder was set up with.
    fn check_account(&self, account: &Account) -> Result<(), Stopped> {
        let Some(ties) = &self.options.ties else { return Ok(()) };
        let Some(server) = &account.server_id else { return Err(Stopped::ServerTooOld) };
        // The number alone says little: most servers have an account with the first of all numbers.
        let is_same = *ties.server == *server.as_str() && *ties.account == *account.uid.to_string();
        if is_same { Ok(()) } else { Err(Stopped::OtherAccount) }
    }

    /// The server, which had something, has nothing any more, and says so by beginning anew.
    fn check_vanished(&self) -> Result<(), Stopped> {
        let synced = self.state.counts()?.synced;
        if synced.files + synced.folders > 0 { Err(Stopped::AppFolderGone) } else { Ok(()) }
    }

    /// What cannot be done for now.
    pub(super) fn hindrances(&self) -> Vec<Hindrance> {
        let paused = self.planning.is_paused.then_some(Hindrance::Paused);
        self.planning.held.iter().copied().chain(self.room.hindrances()).chain(paused).collect()
    }
}

async fn heard(heard: impl Future<Output = Heard>) -> Finished {
    Finished::Heard(heard.await)
}
