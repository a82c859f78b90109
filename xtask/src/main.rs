//! The project's own automation: `cargo xtask --help`.
//!
//! It imports nothing of ours and compiles in seconds, so that it can check everything else. Start reading at
//! [`suite`], the test command; each step of it is a module of its own here.

mod clients;
mod compat;
mod crash;
mod licences;
mod npm;
mod output;
mod process;
mod rig;
mod storm;
mod suite;
mod tidy;
mod web;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Tests, checks and measures Tidemark.
#[derive(Parser)]
#[command(name = "cargo xtask", disable_help_subcommand = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run every check and test: what a change must pass
    ///
    /// Needs Rust, Python 3.8 to 3.11 and Node 20 or later with npm; fetches what else it needs (see docs/TESTING.md).
    /// Goes on after a failed step, and ends with the line `N passed, N failed`.
    Test(suite::Options),
    /// Check what the compiler cannot: who imports whom, documents, file sizes, forgotten tests
    Tidy,
    /// Check the licence and the origin of every dependency
    Licences,
    /// Write the tables of compatibility as the last runs of the clients' suites have them
    ///
    /// First: cargo xtask test --only python --only boxsdk --only box-sdk-gen --only node --only rclone --only shell
    Compat,
    /// Make the pictures of the web pages that the README shows
    ///
    /// Every page at every size, in light and in dark, comes from the tests: cargo xtask test --only web -k screens
    Screenshots(web::Options),
    /// Kill the server again and again under load, and look for what it lost
    ///
    /// Starts the release binary on a temporary data folder and lets several clients upload, move and delete.
    /// It is killed at random instants (SIGKILL) and started again, and what is there is compared with what the
    /// clients were told.
    Crash(crash::Options),
    /// Let people work in two synced folders while every process is killed again and again
    ///
    /// Starts the server and one sync for each folder, writes, moves and deletes in all of them, and kills each process
    /// at random (SIGKILL). In the end, all must be the same, and nothing may be lost.
    Storm(storm::Options),
    /// Run the simulator; further arguments are its own: `--seeds N --from M`, or `--seed N` to replay one
    #[command(disable_help_flag = true)]
    Sim {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Build the benchmarks and run them; further arguments are theirs
    #[command(disable_help_flag = true)]
    Bench {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
}

fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Test(options) => suite::run(&options),
        Command::Tidy => tidy::run(),
        Command::Licences => licences::run(),
        Command::Compat => compat::write(),
        Command::Screenshots(options) => web::screenshots(&options),
        Command::Crash(options) => crash::run(&options),
        Command::Storm(options) => storm::run(&options),
        Command::Sim { arguments } => release("tidemark-sim", &arguments),
        Command::Bench { arguments } => bench(&arguments),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            output::error(&format!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

/// Whatever else is measured is measured without a browser, too.
fn bench(arguments: &[String]) -> anyhow::Result<bool> {
    if let Err(error) = web::prepare() {
        output::line(&format!("pages are not measured: {error:#}"));
    }
    release("tidemark-bench", arguments)
}

/// Builds a program of ours as it is released, and runs it.
fn release(package: &str, arguments: &[String]) -> anyhow::Result<bool> {
    let mut command =
        process::cargo(&["run", "--release", "--quiet", "--locked", "--package", package, "--"]);
    Ok(command.args(arguments).status()?.success())
}
