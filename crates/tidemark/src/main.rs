//! The program: reads the command line and the settings, puts the parts together, and does what it is told.
//!
//! Start reading at [`cli`] for what can be said, at [`config`] for what can be set, and at [`cmd`] for what is done.
//! Only this crate prints, reads the environment, and knows which stores there are.

mod assemble;
mod beside;
mod cli;
mod cmd;
mod config;
mod exit;
mod inside;
mod output;
mod profile;
mod progress;
mod remote_glob;
mod seams;
mod told;
mod words;

use std::ffi::OsStr;
use std::process::ExitCode;
use tidemark_media::worker;

fn main() -> ExitCode {
    // First of all: a worker must have given up everything else before it does anything. It is no command for people.
    let mut arguments = std::env::args_os().skip(1);
    if arguments.next().is_some_and(|command| command == worker::COMMAND) {
        return worker::main(arguments.next().as_deref().and_then(OsStr::to_str));
    }
    let cli = cli::Cli::read();
    match cmd::run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}
