//! What a worker gives up before it reads a byte, for good: soft and hard limits are the same.

use rustix::process::{Resource, Rlimit, getrlimit, nice, setrlimit};
use std::fs;
use std::io;

/// How many seconds of a processor it may take.
const CPU_SECONDS_MAX: u64 = 10;

/// Whatever goes wrong here, the worker must not go on.
pub(super) fn confine(memory: u64) -> io::Result<()> {
    close_what_was_inherited()?;
    let limits = [
        (Resource::As, memory),
        (Resource::Cpu, CPU_SECONDS_MAX),
        // Nothing that would be written if it crashed.
        (Resource::Core, 0),
        (Resource::Fsize, 0),
        // Standard input, output and error are open; nothing else ever will be: no file, and no socket.
        (Resource::Nofile, 3),
        // No process and no thread. (This one does not hold for root.)
        (Resource::Nproc, 0),
    ];
    for (resource, max) in limits {
        // The server may itself have been started with less, which nobody can raise.
        let max = getrlimit(resource).maximum.map_or(max, |given| given.min(max));
        setrlimit(resource, Rlimit { current: Some(max), maximum: Some(max) })?;
    }
    #[cfg(target_os = "linux")]
    rustix::thread::set_no_new_privs(true)?;
    // Whoever waits for an answer of the server itself goes first. If that cannot be, it does no harm.
    let _ = nice(10);
    Ok(())
}

/// What the server opens is closed when a worker starts, but the server may itself have been started with something open
/// that it knows nothing of, and hands on.
fn close_what_was_inherited() -> io::Result<()> {
    let open = fs::read_dir(if cfg!(target_os = "linux") { "/proc/self/fd" } else { "/dev/fd" })?;
    let numbers: Vec<i32> = open.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok()).collect();
    for number in numbers.into_iter().filter(|number| *number > 2) {
        // The folder's own is among them, and closed by now.
        let _ = nix::unistd::close(number);
    }
    Ok(())
}
