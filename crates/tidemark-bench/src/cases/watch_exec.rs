//! From a commit to the command that `tidemark watch --exec` runs for it.

use std::io::{BufRead as _, BufReader};
use std::process::{ChildStdout, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};

use crate::client::Client;
use crate::process::Running;
use crate::report::{Lane, Role, Row, Unit};
use crate::scripts::unique;
use crate::server::{Account, Tidemark};
use crate::stats::{Latencies, Sample};
use crate::wire;
use crate::world::World;

pub(crate) const NAME: &str = "watch-exec";

/// Tells which change it was started for, and so that it was.
const COMMAND: [&str; 2] = ["printenv", VARIABLE];
const VARIABLE: &str = "TIDEMARK_PATH";

/// A command that takes longer to start never will.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long a watch gets to come to rest before the next change: its command ends, and its poll reaches its place.
const REST: Duration = Duration::from_millis(20);
/// How long a watch gets to begin before it is shown another change.
const BEGINNING: Duration = Duration::from_millis(200);

/// What the design allows to the slowest in a hundred.
const TARGET_S: f64 = 0.050;

/// Latencies of one round.
#[derive(Clone)]
struct Round {
    /// From the commit's answer; 0 if the server had told of it before it answered.
    after: Latencies,
    /// From sending the file.
    total: Latencies,
}

impl Round {
    fn new() -> Self {
        Self { after: Latencies::new(), total: Latencies::new() }
    }

    fn record(&mut self, commit: &Commit, woken: Instant) {
        self.after.record(woken.saturating_duration_since(commit.answered));
        self.total.record(woken.saturating_duration_since(commit.sent));
    }
}

/// A small file that was put.
struct Commit {
    path: String,
    sent: Instant,
    answered: Instant,
}

#[derive(Clone, Copy)]
enum Kind {
    Watch,
    /// What a watch cannot do without: the server's word that something changed...
    Poll,
    /// ...and a process that begins.
    Spawn,
}

impl Kind {
    const ALL: [Kind; 3] = [Kind::Watch, Kind::Poll, Kind::Spawn];

    fn lane(self) -> (Role, &'static str) {
        match self {
            Kind::Watch => (Role::Ours, "Tidemark"),
            Kind::Poll => (Role::Limit, "a long poll answered"),
            Kind::Spawn => (Role::Limit, "the command started directly"),
        }
    }

    fn measure(self, world: &World) -> Result<Round> {
        let changes = world.effort.wakes;
        match self {
            Kind::Watch => watch(world, changes),
            Kind::Poll => polls(world.server()?, changes),
            Kind::Spawn => starts(changes),
        }
    }
}

pub(crate) fn run(world: &mut World) -> Result<Vec<Row>> {
    let mut lanes: Vec<(Kind, Result<Vec<Round>, String>)> =
        Kind::ALL.iter().map(|kind| (*kind, Ok(Vec::new()))).collect();
    for _ in 0..world.effort.rounds {
        for (kind, rounds) in &mut lanes {
            let Ok(known) = rounds else { continue };
            match kind.measure(world) {
                Ok(round) => known.push(round),
                Err(error) => *rounds = Err(format!("{error:#}")),
            }
        }
    }
    let row = |what: &str, latencies: fn(&Round) -> &Latencies, quantile: f64| {
        let lanes = lanes.iter().map(|(kind, rounds)| {
            let (role, name) = kind.lane();
            let result = rounds.clone().and_then(|rounds| {
                let figures = rounds.iter().map(|round| latencies(round).quantile(quantile)).collect();
                Sample::new(figures).ok_or_else(|| "no round was run".to_owned())
            });
            Lane { role, name: name.to_owned(), result }
        });
        Row::new(NAME, format!("watch --exec: {what}"), Unit::Time, lanes.collect())
    };
    Ok(vec![
        row("upload answered → command started, p50", |round| &round.after, 0.5),
        row("upload answered → command started, p99", |round| &round.after, 0.99).target_at(TARGET_S),
        row("upload answered → command started, the longest", |round| &round.after, 1.0),
        row("upload sent → command started, p50", |round| &round.total, 0.5),
        row("upload sent → command started, p99", |round| &round.total, 0.99),
    ])
}

/// Until the command for each commit has begun.
fn watch(world: &World, changes: usize) -> Result<Round> {
    let server = world.server()?;
    let place = world.make_folder(&format!("watch-{}", unique()))?;
    let binary = server.another(place.clone())?.binary;
    let mut command = Command::new(binary);
    command.args(["watch", "--exec"]).args(COMMAND).stdin(Stdio::null()).stdout(Stdio::piped());
    command.stderr(std::fs::File::create(place.join("log"))?);
    command.env("TIDEMARK_SERVER", format!("http://{}", server.addr()));
    command.env("TIDEMARK_TOKEN", server.token(Account::Waiter)?);
    for variable in ["HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"] {
        command.env(variable, &place);
    }
    let mut running = Running::start(&mut command)?;
    let started = lines(running.stdout()?);

    let mut changer = Client::connect(server.addr())?;
    let begin = Instant::now();
    loop {
        let commit = commit(&mut changer, server)?;
        match until_started(&started, &commit.path, BEGINNING) {
            Ok(_) => break,
            Err(error) if begin.elapsed() > PATIENCE || running.has_ended() => {
                return Err(error).context("the watch does not begin");
            }
            Err(_) => {}
        }
    }
    let mut round = Round::new();
    for _ in 0..changes {
        std::thread::sleep(REST);
        let commit = commit(&mut changer, server)?;
        round.record(&commit, until_started(&started, &commit.path, PATIENCE)?);
    }
    Ok(round)
}

/// Until a poll that waits for each commit is answered.
fn polls(server: &Tidemark, changes: usize) -> Result<Round> {
    let token = server.token(Account::Waiter)?;
    let (mut changer, mut waiter) = (Client::connect(server.addr())?, Client::connect(server.addr())?);
    let mut round = Round::new();
    for _ in 0..changes {
        let latest = changer.json(&wire::latest_cursor(token))?;
        waiter.send(&wire::longpoll(latest["cursor"].as_str().context("there is no cursor")?))?;
        std::thread::sleep(REST);
        let commit = commit(&mut changer, server)?;
        ensure!(waiter.receive()?.status == 200, "a poll was refused");
        round.record(&commit, Instant::now());
    }
    Ok(round)
}

/// How long a command takes to begin, whoever starts it.
fn starts(times: usize) -> Result<Round> {
    let [program, argument] = COMMAND;
    let mut latencies = Latencies::new();
    for number in 0..times {
        let path = format!("/{number}");
        let mut command = Command::new(program);
        command.arg(argument).env(VARIABLE, &path).stdin(Stdio::null()).stdout(Stdio::piped());
        let begin = Instant::now();
        let mut running = Running::start(&mut command)?;
        let began = until_started(&lines(running.stdout()?), &path, PATIENCE)?;
        latencies.record(began - begin);
    }
    Ok(Round { after: latencies.clone(), total: latencies })
}

/// Puts a small file.
fn commit(changer: &mut Client, server: &Tidemark) -> Result<Commit> {
    let path = format!("/{NAME}-{}-{}.txt", std::process::id(), unique());
    let request = wire::upload(server.token(Account::Waiter)?, &path, path.as_bytes());
    let sent = Instant::now();
    changer.expect(&request, 200)?;
    Ok(Commit { path, sent, answered: Instant::now() })
}

/// What is printed, and when: read beside everything else.
fn lines(output: ChildStdout) -> Receiver<(String, Instant)> {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            if sender.send((line, Instant::now())).is_err() {
                return;
            }
        }
    });
    receiver
}

/// When the command for this change began. Those for earlier changes are passed over.
fn until_started(started: &Receiver<(String, Instant)>, path: &str, patience: Duration) -> Result<Instant> {
    let deadline = Instant::now() + patience;
    loop {
        match started.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok((line, at)) if line == path => return Ok(at),
            Ok(_) => {}
            Err(RecvTimeoutError::Timeout) => bail!("no command for {} s", patience.as_secs_f64()),
            Err(RecvTimeoutError::Disconnected) => bail!("it ended"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A command says what it was started for, and one that says nothing is not waited for without end.
    #[test]
    fn commands_say_that_they_began() {
        let round = starts(3).unwrap();
        assert!((1e-6..10.0).contains(&round.after.quantile(1.0)));
        let mut silent = Running::start(Command::new("sleep").arg("60").stdout(Stdio::piped())).unwrap();
        let silent = lines(silent.stdout().unwrap());
        assert!(until_started(&silent, "/", Duration::from_millis(10)).is_err());
        let mut ended = Running::start(Command::new("true").stdout(Stdio::piped())).unwrap();
        let ended = lines(ended.stdout().unwrap());
        assert_eq!(until_started(&ended, "/", PATIENCE).unwrap_err().to_string(), "it ended");
    }
}
