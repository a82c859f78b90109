//! Who brings files from one folder to the other.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};

use crate::peers::{rsync, syncthing, unison};
use crate::process::{self, Running};
use crate::server::{Account, Tidemark};
use crate::world::World;

/// The longest that anybody may take.
const PATIENCE: Duration = Duration::from_secs(180);
/// How often it is looked whether files are there.
const LOOK: Duration = Duration::from_millis(2);
/// How long whoever watches is left alone between two changes.
const REST: Duration = Duration::from_millis(300);

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Kind {
    Tidemark,
    Syncthing,
    Unison,
    Rsync,
}

impl Kind {
    pub(super) const ALL: [Kind; 4] = [Kind::Tidemark, Kind::Syncthing, Kind::Unison, Kind::Rsync];

    pub(super) fn name(self) -> &'static str {
        match self {
            Kind::Tidemark => "Tidemark",
            Kind::Syncthing => "Syncthing",
            Kind::Unison => "Unison",
            Kind::Rsync => "rsync",
        }
    }
}

/// A contestant at work.
pub(super) struct Contest {
    how: How,
    /// Processor time of those that ran and ended.
    spent_s: f64,
    memory: f64,
}

enum How {
    /// They run, and see by themselves what changes.
    Watching { roots: Vec<u32>, _running: Watching },
    /// It is run when something has changed.
    Called(Box<dyn Fn() -> Result<Command>>),
}

/// Held for as long as they are to run; the server last.
enum Watching {
    Tidemark { _syncs: Vec<Running>, _server: Box<Tidemark> },
    Syncthing { _pair: syncthing::Pair },
}

impl Contest {
    pub(super) fn begin(world: &World, kind: Kind, place: &Path, from: &Path, to: &Path) -> Result<Self> {
        let packages = world.packages().to_owned();
        let own = place.join("own");
        std::fs::create_dir_all(&own)?;
        let (from, to) = (from.to_owned(), to.to_owned());
        let how = match kind {
            Kind::Tidemark => tidemark(world, &own, &[from, to])?,
            Kind::Syncthing => {
                let pair = syncthing::Pair::start(&packages, &own, &from, &to)?;
                std::fs::write(from.join("ready"), "?")?;
                wait(|| Ok(to.join("ready").exists())).context("they do not find each other")?;
                How::Watching { roots: pair.pids(), _running: Watching::Syncthing { _pair: pair } }
            }
            Kind::Unison => How::Called(Box::new(move || unison::command(&packages, &own, &from, &to))),
            Kind::Rsync => How::Called(Box::new(move || rsync::command(&packages, &from, &to))),
        };
        if let How::Called(command) = &how {
            // It may have to be fetched, which is nobody's time.
            command()?.arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status()?;
        }
        let mut contest = Self { how, spent_s: 0.0, memory: 0.0 };
        contest.spent_s = -contest.processor_s()?;
        Ok(contest)
    }

    /// Returns when what was put into one folder is in the other.
    pub(super) fn bring(&mut self, mut there: impl FnMut() -> Result<bool>) -> Result<()> {
        match &self.how {
            How::Watching { roots, .. } => {
                let (roots, mut memory) = (roots.clone(), self.memory);
                let mut looked = Instant::now();
                wait(|| {
                    if looked.elapsed() > Duration::from_millis(100) {
                        looked = Instant::now();
                        memory = memory.max(held(&family(&roots)));
                    }
                    there()
                })?;
                self.memory = memory.max(held(&family(&roots)));
            }
            How::Called(command) => {
                let (spent, memory) = run(&mut command()?)?;
                self.spent_s += spent;
                self.memory = self.memory.max(memory);
                ensure!(there()?, "it ended, but the files are not there");
            }
        }
        Ok(())
    }

    /// Lets those who watch come to rest.
    pub(super) fn rest(&self) {
        if matches!(self.how, How::Watching { .. }) {
            std::thread::sleep(REST);
        }
    }

    /// Processor time of all involved so far.
    pub(super) fn processor_s(&self) -> Result<f64> {
        Ok(match &self.how {
            How::Watching { roots, .. } => self.spent_s + process::cpu(&family(roots))?.as_secs_f64(),
            How::Called(_) => self.spent_s,
        })
    }

    /// The most memory that all involved held together, as far as it was looked at.
    pub(super) fn memory(&self) -> f64 {
        self.memory
    }
}

/// A server of its own, and a sync for each folder.
fn tidemark(world: &World, own: &Path, folders: &[PathBuf; 2]) -> Result<How> {
    let launch = world.server()?.another(own.join("data"))?;
    let binary = launch.binary.clone();
    let server = Tidemark::launch(launch)?;
    let mut syncs = Vec::new();
    for (number, folder) in folders.iter().enumerate() {
        let home = own.join(format!("home{number}"));
        std::fs::create_dir_all(&home)?;
        let mut command = Command::new(&binary);
        command.arg("sync").arg(folder).args(["--device", &format!("device{number}"), "--json"]);
        command.env("TIDEMARK_SERVER", format!("http://{}", server.addr()));
        command.env("TIDEMARK_TOKEN", server.token(Account::Files)?);
        for variable in ["HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"] {
            command.env(variable, &home);
        }
        let log = std::fs::File::create(home.join("log"))?;
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        syncs.push(Running::start(&mut command)?);
    }
    std::fs::write(folders[0].join("ready"), "?")?;
    wait(|| Ok(folders[1].join("ready").exists())).context("they do not find each other")?;
    let roots = syncs.iter().map(Running::pid).chain(server.pid()).collect();
    Ok(How::Watching { roots, _running: Watching::Tidemark { _syncs: syncs, _server: Box::new(server) } })
}

/// The processes and those that they started.
fn family(roots: &[u32]) -> Vec<u32> {
    roots.iter().flat_map(|pid| [vec![*pid], process::children(*pid)].concat()).collect()
}

fn held(pids: &[u32]) -> f64 {
    pids.iter().filter_map(|pid| process::memory(&[*pid]).ok()).sum()
}

fn wait(mut there: impl FnMut() -> Result<bool>) -> Result<()> {
    let begin = Instant::now();
    while !there()? {
        if begin.elapsed() > PATIENCE {
            bail!("it takes more than {} s", PATIENCE.as_secs());
        }
        std::thread::sleep(LOOK);
    }
    Ok(())
}

/// Runs a command to its end: its processor time in seconds (with its children's), and the most memory it held.
fn run(command: &mut Command) -> Result<(f64, f64)> {
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    let id = child.id();
    let pid = i32::try_from(id).ok().and_then(Pid::from_raw).context("a process has an id")?;
    let begin = Instant::now();
    let mut memory: f64 = 0.0;
    loop {
        // It is left as it ended, so that it can still be asked what it spent.
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
        if waitid(WaitId::Pid(pid), options)?.is_some() {
            break;
        }
        if begin.elapsed() > PATIENCE {
            child.kill()?;
            bail!("it takes more than {} s", PATIENCE.as_secs());
        }
        memory = memory.max(held(&family(&[id])));
        std::thread::sleep(LOOK);
    }
    let spent = process::cpu_with_children(id)?.as_secs_f64();
    let status = child.wait()?;
    ensure!(status.success(), "it failed: {status}");
    Ok((spent, memory))
}
