//! Processes under measurement: started, read from `/proc`, ended by their own id.

use std::fs;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use rustix::process::{Pid, Resource, Rlimit, Signal};

/// How long a process may take to end before it is killed.
const GRACE: Duration = Duration::from_secs(10);

/// A process that we started; it is ended when this is dropped.
pub(crate) struct Running(Child);

impl Running {
    pub(crate) fn start(command: &mut Command) -> Result<Self> {
        let program = command.get_program().to_string_lossy().into_owned();
        Ok(Self(command.spawn().with_context(|| format!("could not start {program}"))?))
    }

    pub(crate) fn pid(&self) -> u32 {
        self.0.id()
    }

    pub(crate) fn stdout(&mut self) -> Result<std::process::ChildStdout> {
        self.0.stdout.take().context("the process has no output to read")
    }

    pub(crate) fn stdin(&mut self) -> Result<std::process::ChildStdin> {
        self.0.stdin.take().context("the process reads nothing")
    }

    /// Whether it has ended by itself.
    pub(crate) fn has_ended(&mut self) -> bool {
        !matches!(self.0.try_wait(), Ok(None))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.has_ended() {
            return;
        }
        if let Some(pid) = i32::try_from(self.0.id()).ok().and_then(Pid::from_raw) {
            let _ = rustix::process::kill_process(pid, Signal::TERM);
        }
        let deadline = Instant::now() + GRACE;
        while !self.has_ended() {
            if Instant::now() > deadline {
                let _ = self.0.kill();
                let _ = self.0.wait();
                return;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

/// The processes that `parent` started, whichever of its threads did.
pub(crate) fn children(parent: u32) -> Vec<u32> {
    let threads = fs::read_dir(format!("/proc/{parent}/task")).into_iter().flatten().flatten();
    let lists = threads.filter_map(|thread| fs::read_to_string(thread.path().join("children")).ok());
    lists
        .flat_map(|list| {
            list.split_ascii_whitespace().filter_map(|pid| pid.parse().ok()).collect::<Vec<u32>>()
        })
        .collect()
}

/// Memory held now in bytes, what processes share counted once.
pub(crate) fn memory(pids: &[u32]) -> Result<f64> {
    match pids {
        [pid] => status(*pid, "VmRSS:"),
        many => many.iter().map(|pid| kib(&format!("/proc/{pid}/smaps_rollup"), "Pss:")).sum(),
    }
}

/// The most memory that a process ever held, in bytes, since it began or [`reset_peak`].
pub(crate) fn memory_peak(pid: u32) -> Result<f64> {
    status(pid, "VmHWM:")
}

/// Lets the peak begin anew.
pub(crate) fn reset_peak(pid: u32) -> Result<()> {
    fs::write(format!("/proc/{pid}/clear_refs"), "5").context("could not reset the peak of memory")
}

fn status(pid: u32, field: &str) -> Result<f64> {
    kib(&format!("/proc/{pid}/status"), field)
}

/// A field in KiB of a file under `/proc`, in bytes.
fn kib(path: &str, field: &str) -> Result<f64> {
    let text = fs::read_to_string(path).with_context(|| format!("could not read {path}"))?;
    let line = text.lines().find_map(|line| line.strip_prefix(field));
    let number = line.and_then(|rest| rest.split_ascii_whitespace().next()?.parse::<f64>().ok());
    Ok(number.with_context(|| format!("{path} tells no {field}"))? * 1024.0)
}

/// Processor time spent so far by all of them, their own and the kernel's for them.
pub(crate) fn cpu(pids: &[u32]) -> Result<Duration> {
    let ticks = pids.iter().map(|pid| cpu_ticks(*pid)).sum::<Result<u64>>()?;
    Ok(Duration::from_secs_f64(ticks as f64 / rustix::param::clock_ticks_per_second() as f64))
}

/// Processor time that one process and all of its children that have ended spent. It may have ended itself, as long as
/// nobody has waited for it.
pub(crate) fn cpu_with_children(pid: u32) -> Result<Duration> {
    let ticks: u64 = times(pid)?.iter().sum();
    Ok(Duration::from_secs_f64(ticks as f64 / rustix::param::clock_ticks_per_second() as f64))
}

fn cpu_ticks(pid: u32) -> Result<u64> {
    let [user, system, ..] = times(pid)?;
    Ok(user + system)
}

/// User and system time, and both of the children that have ended, in ticks.
fn times(pid: u32) -> Result<[u64; 4]> {
    let path = format!("/proc/{pid}/stat");
    let text = fs::read_to_string(&path).with_context(|| format!("could not read {path}"))?;
    // The second field is the program's name in brackets and may hold blanks; the times are 14 to 17.
    let rest = text.rsplit_once(')').map_or("", |(_, rest)| rest);
    let fields: Vec<u64> =
        rest.split_ascii_whitespace().skip(11).take(4).filter_map(|text| text.parse().ok()).collect();
    <[u64; 4]>::try_from(fields).ok().with_context(|| format!("{path} is not understood"))
}

/// Waits until the processes are at rest: whatever they were given is done.
pub(crate) fn settle(pids: &[u32], patience: Duration) -> Result<()> {
    let deadline = Instant::now() + patience;
    let mut calm = 0;
    let mut before = cpu(pids)?;
    while calm < 3 && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(60));
        let now = cpu(pids)?;
        calm = if now == before { calm + 1 } else { 0 };
        before = now;
    }
    Ok(())
}

/// Raises the number of files that this process and its children may open; the number reached.
pub(crate) fn raise_open_files() -> u64 {
    const WANTED: u64 = 200_000;
    let limit = rustix::process::getrlimit(Resource::Nofile);
    let mut candidates = vec![Rlimit { current: limit.maximum, maximum: limit.maximum }];
    if limit.maximum.is_some_and(|maximum| maximum < WANTED) {
        // Only a privileged process may do this; where it may not, the lower limit is reported.
        candidates.insert(0, Rlimit { current: Some(WANTED), maximum: Some(WANTED) });
    }
    for candidate in candidates {
        if rustix::process::setrlimit(Resource::Nofile, candidate).is_ok() {
            break;
        }
    }
    rustix::process::getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_own_figures_can_be_read() {
        let me = std::process::id();
        let (now, peak) = (memory(&[me]).unwrap(), memory_peak(me).unwrap());
        assert!(now > 100_000.0 && peak >= now * 0.5, "{now} {peak}");
        let before = cpu(&[me]).unwrap();
        let begin = Instant::now();
        while cpu(&[me]).unwrap() == before {
            assert!(begin.elapsed() < Duration::from_secs(20), "a busy process spends time");
        }
        assert!(memory(&[u32::MAX]).is_err());
    }

    #[test]
    fn a_dropped_process_is_gone() {
        let running = Running::start(Command::new("sleep").arg("60")).unwrap();
        let pid = running.pid();
        assert!(memory(&[pid]).is_ok());
        drop(running);
        assert!(memory(&[pid]).is_err());
    }
}
