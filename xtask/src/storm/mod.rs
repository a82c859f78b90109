//! The storm: two folders, kept the same through a server, with people at work in both and every process killed at random.
//!
//! The people write contents that are told apart by a number, and note what they replaced or deleted, having seen it. When they
//! stop and everything runs undisturbed for a while, both folders and the server must be the same, and every content that
//! nobody did away with must still be there. SIGKILL leaves the system's page cache in place: that fsync is called where it
//! must is the simulator's to show.

mod folder;
mod ledger;
mod user;
mod verdict;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use clap::Args;

use crate::rig::random::{self, Random};
use crate::rig::server::Server;
use crate::{output, process, workspace};
use folder::Folder;
use ledger::Ledger;
use user::User;

/// For how long, and how hard.
#[derive(Args)]
pub(crate) struct Options {
    /// How long people work, in seconds
    #[arg(long, value_name = "S", default_value_t = 60)]
    seconds: u64,
    /// What they do, and what is killed when; a random one if none is given
    #[arg(long, value_name = "S")]
    seed: Option<u64>,
    /// How many folders are kept the same
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u32).range(2..=8))]
    folders: u32,
    /// The binary to test; without it, the release binary is built first
    #[arg(long, value_name = "FILE")]
    binary: Option<PathBuf>,
}

impl Options {
    /// For the test command, which has built the binary.
    pub(crate) fn with(seconds: u64, binary: PathBuf) -> Self {
        Self { seconds, seed: None, folders: 2, binary: Some(binary) }
    }
}

/// The longest between two kills.
const PEACE_MS_MAX: u64 = 4000;
/// The longest that something stays dead.
const DEATH_MS_MAX: u64 = 1000;
/// How long everything may take to become the same when nobody disturbs it.
const CALM_MAX: Duration = Duration::from_secs(180);
/// How often progress is told.
const PROGRESS: Duration = Duration::from_secs(30);

/// `cargo xtask storm`: whether everything was the same in the end, and nothing was lost.
pub(crate) fn run(options: &Options) -> Result<bool> {
    let binary = match &options.binary {
        Some(binary) => binary.clone(),
        None => build()?,
    };
    let seed = options.seed.unwrap_or_else(random::any_seed);
    let again = format!(
        "cargo xtask storm --seconds {} --seed {seed} --folders {}",
        options.seconds, options.folders
    );
    output::line(&format!("    {again}"));
    let place = workspace::scratch("storm")?.join(format!("{seed}-{}", std::process::id()));
    std::fs::create_dir(&place).with_context(|| format!("cannot make {}", place.display()))?;
    let storm = Storm::prepare(&binary, &place, seed, options.folders);
    match storm.and_then(|storm| storm.run(Duration::from_secs(options.seconds))) {
        Ok(summary) => {
            output::line(&format!("    {summary}"));
            std::fs::remove_dir_all(&place).with_context(|| format!("cannot clear {}", place.display()))?;
            Ok(true)
        }
        Err(error) => {
            output::line(&format!("    FAILED: {error:#}"));
            output::line(&format!("    what is left of it: {}", place.display()));
            output::line(&format!("    to try again: {again}"));
            Ok(false)
        }
    }
}

fn build() -> Result<PathBuf> {
    let status = process::cargo(&["build", "--release", "--package", "tidemark"]).status()?;
    ensure!(status.success(), "the binary does not build");
    Ok(workspace::root().join("target/release/tidemark"))
}

/// The processes, and what is known of what people did.
struct Storm {
    server: Server,
    token: String,
    folders: Vec<Folder>,
    ledger: Arc<Ledger>,
    random: Random,
    seed: u64,
    kills: u64,
}

impl Storm {
    fn prepare(binary: &Path, place: &Path, seed: u64, folders: u32) -> Result<Self> {
        let mut server = Server::start(binary.to_owned(), place.to_owned())?;
        server.keep_port();
        let token = server.register()?;
        let folders = (1..=folders)
            .map(|number| Folder::prepare(binary, place, number, server.port(), &token))
            .collect::<Result<Vec<_>>>()?;
        let ledger = Arc::new(Ledger::default());
        Ok(Self { server, token, folders, ledger, random: Random::new(seed), seed, kills: 0 })
    }

    fn run(mut self, span: Duration) -> Result<String> {
        let stop = Arc::new(AtomicBool::new(false));
        for folder in &mut self.folders {
            folder.start()?;
        }
        let users: Vec<_> = self
            .folders
            .iter()
            .enumerate()
            .map(|(index, folder)| {
                let seed = random::at(self.seed, index as u64 + 1);
                let mut user = User::new(folder.root(), seed, self.ledger.clone());
                let stop = stop.clone();
                thread::spawn(move || user.work(&stop))
            })
            .collect();
        let killing = self.kill_about(span);
        stop.store(true, Ordering::SeqCst);
        let mut acts = 0;
        for user in users {
            acts += user.join().expect("a user does not panic")?;
        }
        killing?;
        let took = self.settle()?;
        let verdict = verdict::judge(self.server.port(), &self.token, &self.folders, &self.ledger)?;
        for folder in &mut self.folders {
            folder.kill()?;
        }
        self.server.kill()?;
        Ok(format!(
            "{acts} acts in {} folders, {} kills; all the same {:.1} s after: {verdict}",
            self.folders.len(),
            self.kills,
            took.as_secs_f64()
        ))
    }

    /// Kills one process after the other, and starts each again.
    fn kill_about(&mut self, span: Duration) -> Result<()> {
        let began = Instant::now();
        let mut told = Instant::now();
        while began.elapsed() < span {
            thread::sleep(Duration::from_millis(self.random.below(PEACE_MS_MAX)));
            let victim = self.random.below(self.folders.len() as u64 + 1) as usize;
            let dead = Duration::from_millis(self.random.below(DEATH_MS_MAX));
            match self.folders.get_mut(victim) {
                Some(folder) => {
                    ensure!(folder.is_alive()?, "the sync of {} ended by itself", folder.root().display());
                    folder.kill()?;
                    thread::sleep(dead);
                    folder.start()?;
                }
                None => {
                    ensure!(self.server.is_alive()?, "the server ended by itself");
                    self.server.kill()?;
                    thread::sleep(dead);
                    self.server.start_again()?;
                }
            }
            self.kills += 1;
            if told.elapsed() > PROGRESS {
                told = Instant::now();
                let (written, done_away) = self.ledger.counts();
                output::line(&format!(
                    "    {:4} s: {} kills, {written} contents written, {done_away} done away with",
                    began.elapsed().as_secs(),
                    self.kills
                ));
            }
        }
        Ok(())
    }

    /// Waits until all are the same; fails with the difference if that takes too long.
    fn settle(&mut self) -> Result<Duration> {
        let began = Instant::now();
        loop {
            for folder in &mut self.folders {
                ensure!(folder.is_alive()?, "the sync of {} ended by itself", folder.root().display());
            }
            match verdict::difference(self.server.port(), &self.token, &self.folders)? {
                None => return Ok(began.elapsed()),
                Some(difference) => {
                    ensure!(
                        began.elapsed() < CALM_MAX,
                        "not the same after {} s: {difference}",
                        CALM_MAX.as_secs()
                    );
                }
            }
            thread::sleep(Duration::from_millis(250));
        }
    }
}
