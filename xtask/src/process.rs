//! Running other programs: with their output kept, signs of life, and a limit on the time they take.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process};

use crate::{output, workspace};

/// How often a program that is still at work is mentioned.
const SIGN_OF_LIFE: Duration = Duration::from_secs(30);
/// How long output may stay open after the program itself has ended.
const OUTPUT_GRACE: Duration = Duration::from_secs(5);

/// Cargo, in the workspace's top folder.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new("cargo");
    command.args(arguments).current_dir(workspace::root());
    command
}

/// Runs a program and returns what it printed; fails if it fails.
pub(crate) fn read(command: &mut Command) -> Result<String> {
    let done = command.stdin(Stdio::null()).output().with_context(|| format!("cannot run {command:?}"))?;
    if !done.status.success() {
        bail!("{command:?}: {}: {}", done.status, String::from_utf8_lossy(&done.stderr).trim());
    }
    String::from_utf8(done.stdout).with_context(|| format!("{command:?} printed something that is no text"))
}

/// How a program ended.
pub(crate) struct Outcome {
    pub(crate) success: bool,
    /// Standard output and errors, as they came.
    pub(crate) output: String,
    /// Why it failed, in words.
    pub(crate) reason: String,
}

/// Runs a program with its output in a log file (and on the terminal, if `verbose`); ends it at the limit.
pub(crate) fn run(command: &mut Command, log: &Path, limit: Duration, verbose: bool) -> Result<Outcome> {
    let began = Instant::now();
    let mut file = File::create(log).with_context(|| format!("cannot write {}", log.display()))?;
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot run {command:?}"))?;
    let lines = listen(&mut child);
    let mut seen = String::new();
    let mut told = Instant::now();
    let mut ended: Option<Instant> = None;
    let mut in_time = true;
    loop {
        match lines.recv_timeout(Duration::from_millis(100)) {
            Ok(line) => {
                writeln!(file, "{line}")?;
                if verbose {
                    output::line(&line);
                    told = Instant::now();
                }
                seen.push_str(&line);
                seen.push('\n');
            }
            Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) => {}
        }
        if ended.is_none() && child.try_wait()?.is_some() {
            ended = Some(Instant::now());
        }
        if ended.is_some_and(|when| when.elapsed() > OUTPUT_GRACE) {
            break;
        }
        if in_time && began.elapsed() > limit {
            in_time = false;
            kill_family(&child)?;
        }
        if told.elapsed() > SIGN_OF_LIFE {
            told = Instant::now();
            output::line(&format!("    {:4} s: {}", began.elapsed().as_secs(), last_words(&seen)));
        }
    }
    let status = child.wait()?;
    let reason = if in_time { status.to_string() } else { format!("ended after {} s", limit.as_secs()) };
    Ok(Outcome { success: status.success() && in_time, output: seen, reason })
}

fn listen(child: &mut Child) -> Receiver<String> {
    fn forward(stream: impl Read + Send + 'static, lines: Sender<String>) {
        thread::spawn(move || {
            let mut reader = BufReader::new(stream);
            let mut line = Vec::new();
            while reader.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
                let text = String::from_utf8_lossy(&line).trim_end().to_owned();
                if lines.send(text).is_err() {
                    break;
                }
                line.clear();
            }
        });
    }
    let (sender, lines) = mpsc::channel();
    forward(child.stdout.take().expect("standard output was asked for"), sender.clone());
    forward(child.stderr.take().expect("standard error was asked for"), sender);
    lines
}

fn last_words(output: &str) -> &str {
    let line = output.lines().rev().map(str::trim).find(|line| !line.is_empty()).unwrap_or("no output yet");
    line.char_indices().nth(90).map_or(line, |(end, _)| &line[..end])
}

/// Ends a program and whatever it has started: cargo does not end a test that hangs.
fn kill_family(child: &Child) -> Result<()> {
    let mut family = vec![child.id()];
    let parents = parents()?;
    let mut next = 0;
    while let Some(parent) = family.get(next).copied() {
        family.extend(parents.iter().filter(|(_, its_parent)| *its_parent == parent).map(|(pid, _)| *pid));
        next += 1;
    }
    for pid in family {
        if let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) {
            // One that has ended by itself meanwhile is no failure.
            let _ = kill_process(pid, Signal::KILL);
        }
    }
    Ok(())
}

/// Every process and its parent, from `/proc/PID/stat`: `pid (name) state parent ...`; the name may hold anything.
fn parents() -> Result<Vec<(u32, u32)>> {
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc")? {
        let entry = entry?;
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        let Ok(stat) = fs::read_to_string(entry.path().join("stat")) else { continue };
        let after_name = stat.rsplit(')').next().unwrap_or_default();
        if let Some(parent) = after_name.split_whitespace().nth(1).and_then(|word| word.parse().ok()) {
            found.push((pid, parent));
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str, limit: Duration) -> Outcome {
        let folder = tempfile::tempdir().unwrap();
        run(Command::new("sh").args(["-c", script]), &folder.path().join("log"), limit, false).unwrap()
    }

    #[test]
    fn keeps_output_and_tells_how_it_ended() {
        let outcome = shell("echo one; echo two >&2; exit 3", Duration::from_secs(10));
        assert!(!outcome.success);
        assert!(outcome.output.contains("one\n") && outcome.output.contains("two\n"), "{}", outcome.output);
        assert!(outcome.reason.contains('3'), "{}", outcome.reason);
    }

    #[test]
    fn ends_a_program_and_its_children_at_the_limit() {
        let began = Instant::now();
        let outcome = shell("sleep 60 & sleep 60; wait", Duration::from_millis(300));
        assert!(!outcome.success);
        assert!(began.elapsed() < Duration::from_secs(4), "took {:?}", began.elapsed());
    }
}
