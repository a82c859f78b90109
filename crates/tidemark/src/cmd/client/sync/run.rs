//! Keeping a folder.

use super::narrate::Narrator;
use super::{Keep, folders, live, set_up};
use crate::cmd::client::session::links_to;
use crate::exit::Failure;
use crate::output::complain;
use crate::seams::Calendar;
use crate::told::Told;
use anyhow::{Context, anyhow};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tidemark_client::{Client, SystemEntropy};
use tidemark_sync::disk::{Calls, RealDisk};
use tidemark_sync::driver::{BeginError, Command, Direction, Engine, Options, Seams, Stopped, Summary};
use tidemark_sync::state::{Holder, State, StateError};
use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, interval};

/// How long what is under way may take when it is told to end. Nothing is lost if it takes longer.
const GRACE: Duration = Duration::from_secs(10);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

pub(super) fn run(keep: &Keep) -> Result<(), Failure> {
    // The task that decides runs on this thread. Steps and what is told of them have threads of their own, which may block; for the
    // connections one is enough, and nothing that blocks may run there.
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    let runtime = runtime.context("cannot start")?;
    let result = runtime.block_on(kept(keep));
    runtime.shutdown_background();
    result
}

/// What all runs over one folder share.
struct Sync {
    client: Client,
    folder: PathBuf,
    options: Options,
    json: bool,
    quiet: bool,
}

async fn kept(keep: &Keep) -> Result<(), Failure> {
    let mut told = Told::listen().context("cannot listen to signals")?;
    let folder = keep.folder.as_deref().expect("clap asks for it");
    let whose = match folders::ties(&folders::whole(folder).with_context(|| cannot_use(folder))?)? {
        Some(ties) => keep.whose.for_account(&ties.server, &ties.account)?,
        None => keep.whose.clone(),
    };
    let session = whose.session().await?;
    let folder = prepared(folder, keep.anew)?;
    let ties = match folders::ties(&folder)?.filter(|_| !keep.anew) {
        // Not even a state is made where a disk should be mounted.
        Some(_) if !folders::is_marked(&folder) => return Err(Failure::Refused(folders::missing(&folder))),
        Some(ties) => ties,
        None => tokio::select! {
            biased;
            signal = told.signalled() => return Err(Failure::Interrupted(signal, None)),
            ties = set_up::set_up(&session.client, &folder, keep.anew) => ties?,
        },
    };
    let sync = Sync {
        client: session.patient(),
        folder,
        options: Options { ties: Some(ties), ..options(keep) },
        json: keep.json,
        quiet: keep.quiet,
    };
    match keep.every {
        None if keep.once => sync.once(&mut told).await,
        None => sync.live(&mut told).await,
        Some(distance) => {
            let mut beat = interval(distance);
            // One that is late is not made up for.
            beat.set_missed_tick_behavior(MissedTickBehavior::Skip);
            beat.tick().await;
            loop {
                match sync.once(&mut told).await {
                    Ok(()) => {}
                    // The next time may go better; what a person must mend ends it.
                    Err(failure @ (Failure::Unreachable(_) | Failure::Conflict(_) | Failure::Told(_))) => {
                        failure.report();
                    }
                    Err(failure) => return Err(failure),
                }
                tokio::select! {
                    biased;
                    signal = told.signalled() => return Err(Failure::Interrupted(signal, None)),
                    _ = beat.tick() => {}
                }
            }
        }
    }
}

/// The folder, by the whole of its path; made if it is not there, and never was a sync folder.
fn prepared(folder: &Path, anew: bool) -> Result<PathBuf, Failure> {
    let what = || cannot_use(folder);
    let whole = folders::whole(folder).with_context(what)?;
    let is_known = folders::ties(&whole)?.is_some();
    // One that was there before the other is left out of that, and may go on.
    if !(is_known && folders::has_marker(&whole))
        && let Some(around) = folders::around(&whole)
    {
        return Err(Failure::Refused(anyhow!(
            "{} is a sync folder already, and {} lies in it: choose a folder outside of it",
            around.display(),
            whole.display()
        )));
    }
    if !folder.exists() {
        if is_known && !anew {
            return Err(Failure::Refused(folders::missing(&whole)));
        }
        std::fs::create_dir_all(folder).with_context(what)?;
    }
    let folder = folder.canonicalize().with_context(what)?;
    if !folder.is_dir() {
        return Err(Failure::Misunderstood(anyhow!("{} is no folder", folder.display())));
    }
    Ok(folder)
}

fn cannot_use(folder: &Path) -> String {
    format!("cannot use {} as a sync folder", folder.display())
}

fn options(keep: &Keep) -> Options {
    let direction = match (keep.down, keep.up) {
        (true, _) => Direction::Down,
        (_, true) => Direction::Up,
        _ => Direction::Both,
    };
    let device = keep.device.clone().unwrap_or_else(host_name);
    Options {
        direction,
        device: device.into(),
        transfers: usize::from(keep.transfers),
        rescan: keep.rescan,
        trash_age: DAY * u32::from(keep.trash_days),
        watch: !keep.no_watch,
        ..Options::default()
    }
}

fn host_name() -> String {
    let name = rustix::system::uname();
    let name = name.nodename().to_string_lossy();
    match name.split('.').next() {
        Some(name) if !name.is_empty() => name.to_owned(),
        _ => "this device".to_owned(),
    }
}

impl Sync {
    /// Brings both sides together.
    async fn once(&self, told: &mut Told) -> Result<(), Failure> {
        let mut state = self.state()?;
        let engine = self.engine(&mut state).await?;
        let narrator = Narrator::begin(engine.status(), &self.folder, self.json, self.quiet);
        let summary = tokio::select! {
            biased;
            // It is left where it is: that is as good as anywhere.
            signal = told.signalled() => {
                narrator.end().await;
                return Err(Failure::Interrupted(signal, Some("run the same command again to go on where it was")));
            }
            summary = engine.run_once() => summary,
        };
        narrator.end().await;
        self.conclude(&summary)
    }

    /// Keeps both sides the same until it is told to end.
    async fn live(&self, told: &mut Told) -> Result<(), Failure> {
        let mut state = self.state()?;
        let engine = self.engine(&mut state).await?;
        let narrator = Narrator::begin(engine.status(), &self.folder, self.json, self.quiet);
        let (commands, asked) = mpsc::channel(4);
        let running = engine.run(asked);
        tokio::pin!(running);
        let stopped = tokio::select! {
            biased;
            signal = told.signalled() => {
                let _ = commands.try_send(Command::Stop);
                tokio::select! {
                    biased;
                    _ = told.signalled() => {}
                    _ = tokio::time::sleep(GRACE) => {}
                    _ = &mut running => {}
                }
                narrator.end().await;
                return Err(Failure::Interrupted(signal, None));
            }
            stopped = &mut running => stopped,
        };
        narrator.end().await;
        self.ended(&stopped)
    }

    fn ended(&self, stopped: &Stopped) -> Result<(), Failure> {
        match stopped {
            Stopped::Asked => Ok(()),
            Stopped::OtherAccount => Err(self.other_account()),
            other => Err(failure(other, &self.folder)),
        }
    }

    /// The link is another account's. If this machine has the right one, it is named.
    fn other_account(&self) -> Failure {
        let stopped = Stopped::OtherAccount;
        let links = self.options.ties.as_ref().map(|ties| links_to(&ties.server, &ties.account));
        match links {
            Some(Ok(links)) if !links.is_empty() => {
                let (name, profile) = &links[0];
                Failure::Refused(anyhow!(
                    "{stopped}: {} is in sync with {} on {}: use --profile {name}",
                    self.folder.display(),
                    profile.email,
                    profile.server
                ))
            }
            _ => failure(&stopped, &self.folder),
        }
    }

    /// What is known of the folder. If that is damaged it is put aside, and learnt anew: both sides are merged then.
    fn state(&self) -> Result<State, Failure> {
        let database = folders::database(&self.folder);
        let what = || format!("cannot open the state of {}", self.folder.display());
        let area = database.parent().expect("it is in the state area");
        std::fs::create_dir_all(area).with_context(what)?;
        match State::open(&database) {
            Ok(state) => Ok(state),
            Err(StateError::Damaged { .. }) => {
                complain(
                    "what was known of this folder is damaged: it is learnt anew, and nothing is deleted",
                );
                State::set_aside(&database).with_context(what)?;
                Ok(State::open(&database).with_context(what)?)
            }
            Err(StateError::InUse { holder, .. }) => Err(in_use(&self.folder, holder)),
            Err(error) => Err(Failure::Broken(anyhow::Error::new(error).context(what()))),
        }
    }

    async fn engine<'s>(&self, state: &'s mut State) -> Result<Engine<'s>, Failure> {
        let disk = RealDisk::open(&self.folder, Calls::Best);
        let disk = disk.with_context(|| cannot_use(&self.folder))?;
        let seams = Seams { clock: Arc::new(Calendar), entropy: Arc::new(SystemEntropy) };
        let begun =
            Engine::begin(self.client.clone(), Arc::new(disk), state, seams, self.options.clone()).await;
        begun.map_err(|BeginError::Stopped(stopped)| failure(&stopped, &self.folder))
    }

    fn conclude(&self, summary: &Summary) -> Result<(), Failure> {
        if let Some(stopped) = &summary.stopped {
            return self.ended(stopped);
        }
        for hindrance in &summary.hindrances {
            complain(&live::hindrance(hindrance, &self.folder));
        }
        if summary.problems > 0 {
            complain(&format!(
                "{} could not be synced: see `tidemark sync status {}`",
                crate::words::count(summary.problems, "file or folder", "files and folders"),
                self.folder.display()
            ));
        }
        if summary.is_complete() { Ok(()) } else { Err(Failure::Told(1)) }
    }
}

/// Somebody else keeps it.
pub(super) fn in_use(folder: &Path, holder: Holder) -> Failure {
    Failure::Refused(anyhow!("{holder} keeps {} in sync already", folder.display()))
}

/// A stop as a failure, with what somebody can do about it.
fn failure(stopped: &Stopped, folder: &Path) -> Failure {
    let error = match stopped {
        Stopped::RootMissing => folders::missing(folder),
        other => anyhow!("{other}: {}", other.advice()),
    };
    match stopped {
        Stopped::Unlinked => Failure::Unlinked(error),
        Stopped::Unreachable(_) => Failure::Unreachable(error),
        Stopped::State(_) | Stopped::StateFull | Stopped::Damaged(_) | Stopped::Disk(_) => {
            Failure::Broken(error)
        }
        Stopped::Asked
        | Stopped::RootMissing
        | Stopped::RootChanged(_)
        | Stopped::OtherAccount
        | Stopped::AppFolderGone
        | Stopped::ServerTooOld => Failure::Refused(error),
    }
}
