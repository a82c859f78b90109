//! The program: reads the command line and the settings, puts the parts together, and does what it is told.
//!
//! Start reading at [`cli`] for what can be said, at [`config`] for what can be set, and at [`cmd`] for what is done.
//! Only this crate prints, reads the environment, and knows which stores there are.

mod assemble;
mod cli;
mod cmd;
mod config;
mod exit;
mod output;
mod seams;

use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    match cmd::run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}
