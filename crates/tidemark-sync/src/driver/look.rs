//! Looking at the disk: where something was noticed, and everywhere now and then.

use std::time::{Duration, UNIX_EPOCH};

use tokio::sync::mpsc;
use tokio::time::Instant;

use super::control::{Control, Finished};
use super::noticed::Noticed as Places;
use super::options::Options;
use super::status::{Command, Stopped};
use crate::apply::chain;
use crate::marker::{self, Found, Ties};
use crate::observe::local::{Depth, Looks, Ours, ScanError, Scanned, scan};
use crate::ports::{Disk, DiskError, DiskFault, LocalPath, Noticed, Watch};
use crate::rules::IgnoreRules;
use crate::state::Setting;
use crate::trash;

/// How often the trash is emptied of what is old.
const SWEEP: Duration = Duration::from_secs(6 * 3600);
/// For how long two looks at the clock must agree that something is old, in seconds.
const SWEEP_AGREED_S: i64 = 24 * 3600;
/// When a place that could not be looked at is tried again, at first; the pauses grow from then on.
const FAILED_FIRST: Duration = Duration::from_secs(15);
/// How often places that change while they are looked at are looked at again before others have their turn.
const AGAIN_MAX: u32 = 3;

/// What is to be looked at, and what was seen.
pub(super) struct Looking {
    places: Places,
    pub(super) rules: IgnoreRules,
    watch: Option<Box<dyn Watch>>,
    /// Whether everything was looked through since the beginning.
    has_scanned: bool,
    /// How often anything was looked at.
    scans: u64,
    /// When everything is to be looked through again.
    rescan: Option<Instant>,
    /// What could not be looked at, when that is tried again, and after which pause.
    failed: Looks,
    failed_retry: Option<Instant>,
    failed_pause: Duration,
    /// When the trash is emptied of what is old.
    sweep: Option<Instant>,
}

impl Looking {
    pub(super) fn new(options: &Options) -> Looking {
        let mut places = Places::new(options.calm, options.calm_max);
        places.add_all();
        Looking {
            places,
            rules: IgnoreRules::new(),
            watch: None,
            has_scanned: false,
            scans: 0,
            rescan: None,
            failed: Looks::new(),
            failed_retry: None,
            failed_pause: FAILED_FIRST,
            sweep: None,
        }
    }

    pub(super) fn is_quiet(&self) -> bool {
        self.has_scanned && self.places.is_empty()
    }

    pub(super) fn has_scanned(&self) -> bool {
        self.has_scanned
    }

    pub(super) fn scans(&self) -> u64 {
        self.scans
    }

    pub(super) fn is_watching(&self) -> bool {
        self.watch.is_some()
    }

    /// Everything is to be looked through.
    pub(super) fn want_all(&mut self) {
        self.places.add_all();
    }

    /// This place is to be looked at.
    pub(super) fn look_at(&mut self, path: LocalPath) {
        self.places.add(path, false);
    }

    /// This place is to be looked at, and all below it.
    pub(super) fn look_below(&mut self, path: LocalPath) {
        self.places.add(path, true);
    }

    /// A step found something else there than was observed. If nobody tells where it went, everything is looked through: what is
    /// looked for in its old place only counts as gone.
    pub(super) fn look_again(&mut self, path: LocalPath) {
        if self.is_watching() { self.places.add(path, false) } else { self.places.add_all() }
    }

    pub(super) fn next(&self) -> Option<Instant> {
        let now = Instant::now();
        [self.places.next(now), self.rescan, self.failed_retry].into_iter().flatten().min()
    }

    /// Waits until the disk tells something.
    pub(super) async fn noticed(&mut self) -> Noticed {
        match &mut self.watch {
            Some(watch) => watch.next().await,
            None => std::future::pending().await,
        }
    }

    /// Where to look now.
    fn take_due(&mut self) -> Looks {
        if self.rescan.is_some_and(|rescan| rescan <= Instant::now()) {
            self.places.add_all();
        }
        if self.places.take_all() {
            self.take_failed();
            return Looks::everywhere();
        }
        let is_due = self.failed_retry.is_some_and(|retry| retry <= Instant::now());
        let mut looks = if is_due { self.take_failed() } else { Looks::new() };
        for (path, deep) in self.places.take_due() {
            looks.add(path, if deep { Depth::Everything } else { Depth::Directly });
        }
        looks
    }

    /// They are looked at now.
    fn take_failed(&mut self) -> Looks {
        self.failed_retry = None;
        std::mem::take(&mut self.failed)
    }

    /// These could not be looked at. Every time that this happens to any, all of them wait longer.
    fn look_later(&mut self, failed: Looks, longest: Duration) {
        if failed.is_empty() {
            if self.failed.is_empty() {
                self.failed_pause = FAILED_FIRST;
            }
            return;
        }
        self.failed.merge(failed);
        self.failed_retry = Some(Instant::now() + self.failed_pause);
        self.failed_pause = (self.failed_pause * 2).min(longest);
    }
}

impl Control<'_> {
    /// Looks wherever it is time to look.
    pub(super) async fn look(
        &mut self,
        commands: &mut Option<mpsc::Receiver<Command>>,
    ) -> Result<(), Stopped> {
        let mut looks = self.looking.take_due();
        for _ in 0..AGAIN_MAX {
            if looks.is_empty() {
                return Ok(());
            }
            let is_full = looks == Looks::everywhere();
            if is_full {
                self.tell(true);
                check_folder(&*self.tools.disk, self.options.ties.as_ref()).await?;
                self.watch().await?;
            }
            let Some(mut scanned) = self.scan(&looks, commands).await? else { return Ok(()) };
            self.looking.scans += 1;
            if is_full {
                self.looking.has_scanned = true;
                let every =
                    if self.looking.is_watching() { self.options.rescan } else { self.options.rescan_blind };
                self.looking.rescan = (!self.once).then(|| Instant::now() + every);
            }
            if is_full {
                self.sweep().await?;
            }
            if scanned.changes > 0 || is_full {
                self.planning.news();
            }
            let longest = self.options.rescan;
            self.looking.look_later(std::mem::take(&mut scanned.failed), longest);
            looks = scanned.again;
        }
        // Somebody is busy there: it is left alone for a while.
        for (path, depth) in looks.into_places() {
            self.looking.places.add(path, depth == Depth::Everything);
        }
        Ok(())
    }

    /// Looks at these places. Somebody who wants it to end need not wait for that.
    async fn scan(
        &mut self,
        looks: &Looks,
        commands: &mut Option<mpsc::Receiver<Command>>,
    ) -> Result<Option<Scanned>, Stopped> {
        let disk = self.tools.disk.clone();
        let mut given = Vec::new();
        let ours = Ours {
            moving: self.flights.moving(),
            trashing: self.flights.trashing(self.planning.running()),
            placing: self.flights.placing(),
        };
        let scanned = {
            let (state, rules) = (&mut *self.state, &mut self.looking.rules);
            let scan = scan(&*disk, state, rules, looks.clone(), ours);
            tokio::pin!(scan);
            loop {
                tokio::select! {
                    biased;
                    scanned = &mut scan => break Some(scanned),
                    Some(command) = next_command(commands) => {
                        let is_last = command == Command::Stop;
                        given.push(command);
                        if is_last {
                            break None;
                        }
                    }
                }
            }
        };
        for command in given {
            self.command(command)?;
        }
        match scanned {
            None => Ok(None),
            Some(Ok(scanned)) => Ok(Some(scanned)),
            Some(Err(ScanError::State(error))) => Err(error.into()),
            Some(Err(ScanError::Disk(error))) => Err(unusable(&error)),
        }
    }

    /// Empties the trash of what is old, now and then, beside everything else.
    ///
    /// A clock may be wrong, by years when a machine starts: what is old by it now counts as old a day later, if it has not been
    /// set back by then.
    async fn sweep(&mut self) -> Result<(), Stopped> {
        let now = Instant::now();
        if self.looking.sweep.is_some_and(|sweep| sweep > now) {
            return Ok(());
        }
        self.looking.sweep = Some(now + SWEEP);
        let now_s = self.now_s();
        let before_s = self.state.settings()?.swept_s.filter(|before_s| *before_s <= now_s);
        if before_s.is_some_and(|before_s| now_s - before_s < SWEEP_AGREED_S) {
            return Ok(());
        }
        self.state.set(&Setting::Swept(now_s))?;
        let Some(before_s) = before_s.and_then(|before_s| u64::try_from(before_s).ok()) else {
            return Ok(());
        };
        let (tools, keep) = (self.tools.clone(), self.options.trash_age);
        let swept = async move {
            // What could not be removed is tried again the next time.
            let _ = trash::sweep(&*tools.disk, UNIX_EPOCH + Duration::from_secs(before_s), keep).await;
            Finished::Swept
        };
        if self.once {
            // Whatever runs beside the rest ends with it.
            swept.await;
        } else {
            self.tasks.spawn(swept);
        }
        Ok(())
    }

    /// Lets the disk tell what changes, if it can. If it cannot, everything is looked through more often.
    async fn watch(&mut self) -> Result<(), Stopped> {
        if self.once || !self.options.watch || self.looking.is_watching() || !self.tools.disk.traits().watches
        {
            return Ok(());
        }
        match self.tools.disk.watch().await {
            Ok(watch) => self.looking.watch = Some(watch),
            Err(error) if error.fault == DiskFault::Unmounted => return Err(Stopped::RootMissing),
            Err(_) => {}
        }
        Ok(())
    }

    /// The disk told something.
    pub(super) fn noticed(&mut self, noticed: Noticed) {
        match noticed {
            Noticed::Changed(path) => self.looking.places.add(path, false),
            Noticed::ChangedBelow(path) => self.looking.places.add(path, true),
            Noticed::Overflow => self.looking.places.add_all(),
            Noticed::Ended => {
                self.looking.watch = None;
                self.looking.places.add_all();
            }
        }
    }
}

/// The next command, as long as anybody may give one.
pub(super) async fn next_command(commands: &mut Option<mpsc::Receiver<Command>>) -> Option<Command> {
    let command = match commands {
        Some(receiver) => receiver.recv().await,
        None => std::future::pending().await,
    };
    if command.is_none() {
        *commands = None;
        return std::future::pending().await;
    }
    command
}

/// The folder is the one that was set up.
pub(super) async fn check_folder(disk: &dyn Disk, ties: Option<&Ties>) -> Result<(), Stopped> {
    let Some(ties) = ties else { return Ok(()) };
    match marker::check(disk, ties).await {
        Ok(Found::Fine) => Ok(()),
        Ok(Found::Missing) => Err(Stopped::RootMissing),
        Ok(Found::Different(difference)) => Err(Stopped::RootChanged(difference.to_string().into())),
        Err(error) => Err(unusable(&error)),
    }
}

/// The folder itself cannot be looked at.
pub(super) fn unusable(error: &DiskError) -> Stopped {
    match error.fault {
        DiskFault::Unmounted | DiskFault::Missing => Stopped::RootMissing,
        DiskFault::Different => Stopped::RootChanged(chain(error).into()),
        DiskFault::Taken
        | DiskFault::NotEmpty
        | DiskFault::Denied
        | DiskFault::Full
        | DiskFault::BadName
        | DiskFault::TooMany
        | DiskFault::Broken => Stopped::Disk(chain(error).into()),
    }
}
