//! Tests that need a process of their own: to be killed, to be starved, or to be counted.
//!
//! A test starts this same binary again, told to run one ignored test in a folder.

use std::path::Path;
use std::process::{Child, Command, Stdio};

/// Starts the ignored test of this name in `folder`, what it prints going to a pipe.
pub(crate) fn start(test: &str, folder: &Path) -> Child {
    run(&mut Command::new(std::env::current_exe().unwrap()), test, folder)
}

/// The same, with files that cannot grow beyond so many KiB: writing on is an I/O error.
pub(crate) fn start_with_file_limit(test: &str, folder: &Path, kib: u64) -> Child {
    let script = format!("trap '' XFSZ; ulimit -f {}; exec \"$0\" \"$@\"", kib * 2);
    let mut command = Command::new("sh");
    // In units of 512 bytes, as POSIX has it.
    command.args(["-c", &script]).arg(std::env::current_exe().unwrap());
    run(&mut command, test, folder)
}

fn run(command: &mut Command, test: &str, folder: &Path) -> Child {
    command.args([test, "--exact", "--ignored", "--nocapture"]).current_dir(folder);
    command.stdout(Stdio::piped()).spawn().unwrap()
}

/// Whether this is such a child, and not somebody who runs all ignored tests by hand (in the crate's own folder).
pub(crate) fn is_child() -> bool {
    !Path::new("Cargo.toml").exists()
}
