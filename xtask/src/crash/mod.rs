//! The crash test: the real binary, killed at random instants under load, loses nothing that it acknowledged.
//!
//! Every client owns a folder and sends one request at a time, so what must be there after a kill is known
//! exactly: the tree as of its last answer, or that tree with the one unanswered request wholly applied.
//! A seed fixes what the clients do and when the server is killed; how far they get by then is the machine's.
//! SIGKILL leaves the system's page cache in place: this shows that order and atomicity hold, not that fsync does.

mod check;
mod client;
mod content;
mod tree;

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use clap::Args;

use crate::rig::http;
use crate::rig::random::{self, Random};
use crate::rig::reader::Reader;
use crate::rig::server::Server;
use crate::{output, process, workspace};
use client::Client;

/// How often, and how hard.
#[derive(Args)]
pub(crate) struct Options {
    /// How often the server is killed
    #[arg(long, value_name = "N", default_value_t = 50)]
    kills: u32,
    /// What the clients do and when the server dies; a random one if none is given
    #[arg(long, value_name = "S")]
    seed: Option<u64>,
    /// How many clients work at once
    #[arg(long, value_name = "N", default_value_t = 6, value_parser = clap::value_parser!(u32).range(1..=64))]
    clients: u32,
    /// The binary to test; without it, the release binary is built first
    #[arg(long, value_name = "FILE")]
    binary: Option<PathBuf>,
}

impl Options {
    /// For the test command, which has built the binary.
    pub(crate) fn with(kills: u32, binary: PathBuf) -> Self {
        Self { kills, seed: None, clients: 6, binary: Some(binary) }
    }
}

/// The longest that clients work between two kills.
const ROUND_MS_MAX: u64 = 700;
/// One start-up in so many is killed as well, before it is done.
const START_UPS_PER_KILL: u64 = 8;
/// How soon after its start a start-up is killed.
const START_UP_MS_MAX: u64 = 60;
/// How often progress is told, in kills.
const PROGRESS_KILLS: u32 = 10;
/// After so many kills comes an empty data folder: deleted files are kept, and it would grow without end.
const KILLS_PER_FOLDER: u32 = 50;

/// `cargo xtask crash`: whether nothing was lost.
pub(crate) fn run(options: &Options) -> Result<bool> {
    let binary = match &options.binary {
        Some(binary) => binary.clone(),
        None => build()?,
    };
    let seed = options.seed.unwrap_or_else(random::any_seed);
    let again =
        format!("cargo xtask crash --kills {} --seed {seed} --clients {}", options.kills, options.clients);
    output::line(&format!("    {again}"));
    let began = Instant::now();
    let mut done = 0;
    while done < options.kills {
        let kills = KILLS_PER_FOLDER.min(options.kills - done);
        let trial_seed = random::at(seed, u64::from(done));
        let folder = workspace::scratch("crash")?.join(format!("{seed}-{done}-{}", std::process::id()));
        std::fs::create_dir(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let trial = Trial::prepare(binary.clone(), folder.clone(), trial_seed, options.clients);
        match trial.and_then(|trial| trial.run(kills)) {
            Ok(summary) => output::line(&format!("    {summary} ({:.1} s)", began.elapsed().as_secs_f64())),
            Err(error) => {
                output::line(&format!("    LOST: {error:#}"));
                output::line(&format!("    what the server left behind: {}", folder.display()));
                output::line(&format!("    to try again: {again}"));
                return Ok(false);
            }
        }
        std::fs::remove_dir_all(&folder).with_context(|| format!("cannot clear {}", folder.display()))?;
        done += kills;
    }
    Ok(true)
}

fn build() -> Result<PathBuf> {
    let status = process::cargo(&["build", "--release", "--package", "tidemark"]).status()?;
    ensure!(status.success(), "the binary does not build");
    Ok(workspace::root().join("target/release/tidemark"))
}

/// One server, its clients, and a reader that follows `delta` over all the kills.
struct Trial {
    server: Server,
    clients: Vec<Client>,
    reader: Reader,
    random: Random,
    /// Whether the server was told to die: from then on, broken connections are no surprise.
    killed: AtomicBool,
}

impl Trial {
    fn prepare(binary: PathBuf, folder: PathBuf, seed: u64, clients: u32) -> Result<Self> {
        let mut server = Server::start(binary, folder)?;
        let token = server.register()?;
        let random = Random::new(seed);
        let clients = (0..clients).map(|number| Client::new(number, seed, token.clone())).collect();
        server.kill()?;
        Ok(Self { server, clients, reader: Reader::new(token), random, killed: AtomicBool::new(false) })
    }

    fn run(mut self, kills: u32) -> Result<String> {
        let mut start_ups = 0_u64;
        for round in 1..=kills {
            start_ups += self.start().with_context(|| format!("in round {round}"))?;
            self.check(false).with_context(|| format!("after kill {}", round - 1))?;
            self.work().with_context(|| format!("in round {round}"))?;
            if round % PROGRESS_KILLS == 0 {
                output::line(&format!("    {round} kills, {} acknowledged", self.acknowledged()));
            }
        }
        start_ups += self.start()?;
        let (files, bytes) = self.check(true).with_context(|| format!("after kill {kills}"))?;
        self.server.kill()?;
        let whole: u64 = self.clients.iter().map(|client| client.unanswered_whole).sum();
        let absent: u64 = self.clients.iter().map(|client| client.unanswered_absent).sum();
        Ok(format!(
            "{kills} kills under load and {start_ups} while starting: {} changes acknowledged, none lost; \
             {} unanswered, {whole} wholly there and {absent} wholly absent; {files} files, {} MiB at the end",
            self.acknowledged(),
            whole + absent,
            bytes >> 20,
        ))
    }

    fn acknowledged(&self) -> u64 {
        self.clients.iter().map(|client| client.acknowledged).sum()
    }

    /// Starts the server, perhaps after start-ups that were killed; returns how many were.
    fn start(&mut self) -> Result<u64> {
        let mut killed = 0;
        while self.random.below(START_UPS_PER_KILL) == 0 {
            self.server.start_and_kill(Duration::from_millis(self.random.below(START_UP_MS_MAX)))?;
            killed += 1;
        }
        self.server.start_again()?;
        self.server.check_temporary_files()?;
        Ok(killed)
    }

    /// Lets all clients work until the server is killed under them.
    fn work(&mut self) -> Result<()> {
        let port = self.server.port();
        let span = Duration::from_millis(self.random.below(ROUND_MS_MAX));
        self.killed.store(false, Ordering::SeqCst);
        let killed = &self.killed;
        let server = &mut self.server;
        thread::scope(|scope| {
            let workers: Vec<_> = self
                .clients
                .iter_mut()
                .map(|client| scope.spawn(move || client.work(port, killed)))
                .collect();
            thread::sleep(span);
            let alive = server.is_alive();
            killed.store(true, Ordering::SeqCst);
            server.kill()?;
            for worker in workers {
                worker.join().expect("a client does not panic")?;
            }
            ensure!(alive?, "the server ended by itself");
            Ok(())
        })
    }

    /// Compares what is there with what the clients know; returns the number of files and their bytes.
    fn check(&mut self, thoroughly: bool) -> Result<(u64, u64)> {
        let mut connection = http::Connection::open(self.server.port())?;
        let found = self.reader.read_all(&mut connection)?;
        self.reader.catch_up(&mut connection, &found)?;
        check::listing_equals(&mut connection, self.reader.token(), &found)?;
        for client in &mut self.clients {
            client.settle(&mut connection, &found, thoroughly)?;
        }
        check::nothing_else(&found, &self.clients)?;
        let files = found.values().filter(|entry| !entry.is_dir);
        Ok(files.fold((0, 0), |(count, bytes), entry| (count + 1, bytes + entry.bytes)))
    }
}
