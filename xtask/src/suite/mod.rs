//! The test command: every check and test of the project, in the order in which a failure is cheapest to learn.

mod counts;
mod excerpt;
mod steps;

use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Result, bail};
use clap::Args;

use crate::output;
use counts::Tally;
use steps::{STEPS, Step};

/// What to run, and how.
#[derive(Args)]
pub(crate) struct Options {
    /// Run only this step; may be given several times
    #[arg(long, value_name = "STEP", value_parser = steps::names())]
    only: Vec<String>,
    /// Show the output of every step as it comes, not only of those that fail
    #[arg(long, short)]
    verbose: bool,
    /// How many random histories the property of `delta` is tried on
    #[arg(long, value_name = "N", default_value_t = 20_000)]
    histories: u32,
    /// How many stories of two sides folder sync's planner is tried on
    #[arg(long, value_name = "N", default_value_t = 200_000)]
    triples: u32,
    /// How long people work in synced folders while everything is killed, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 45)]
    storm: u64,
    /// How many seeds the simulator runs, each twice
    #[arg(long, value_name = "N", default_value_t = 2_000)]
    seeds: u64,
    /// How often the crash test kills the server
    #[arg(long, value_name = "N", default_value_t = 50)]
    kills: u32,
    /// Test this binary where one is tested, instead of building the release; its own folders of pages are read if it is a debug build
    #[arg(long, value_name = "FILE")]
    binary: Option<PathBuf>,
    /// Only those tests of clients and of the web pages whose id has this word; may be given several times
    #[arg(short = 'k', value_name = "WORD")]
    words: Vec<String>,
    /// List the steps, and what each shows
    #[arg(long)]
    list: bool,
}

/// Runs the steps, and goes on after a failure; its last line is `N passed, N failed`.
pub(crate) fn run(options: &Options) -> Result<bool> {
    if options.list {
        for step in STEPS {
            output::line(&format!("{:<12} {}", step.name, step.shows));
        }
        return Ok(true);
    }
    let chosen: Vec<&Step> = STEPS
        .iter()
        .filter(|step| options.only.is_empty() || options.only.iter().any(|name| name == step.name))
        .collect();
    if chosen.is_empty() {
        bail!("no step was chosen");
    }
    let began = Instant::now();
    let mut done = Vec::new();
    for step in chosen {
        output::line(&format!("==> {}: {}", step.name, step.shows));
        let began = Instant::now();
        let tally = (step.run)(options).unwrap_or_else(|error| {
            output::line(&format!("    {error:#}"));
            Tally::FAILED
        });
        let seconds = began.elapsed().as_secs_f64();
        output::line(&format!("    {tally} in {seconds:.1} s"));
        done.push((step.name, tally, seconds));
    }
    output::line("");
    for (name, tally, seconds) in &done {
        let word = if tally.failed == 0 { "ok" } else { "FAILED" };
        output::line(&format!("{name:<12} {word:<7} {seconds:>7.1} s   {tally}"));
    }
    let total: Tally = done.iter().map(|(_, tally, _)| *tally).sum();
    output::line(&format!("took {:.1} min", began.elapsed().as_secs_f64() / 60.0));
    output::line("");
    output::line(&total.to_string());
    Ok(total.failed == 0 && total.passed > 0)
}
