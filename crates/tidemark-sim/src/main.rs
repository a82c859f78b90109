//! Runs the simulator: many seeds, or one with all that happens in it.

use std::io::Write as _;
use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;
use tidemark_sim::{Engine, MUTATIONS, Mutation, Outcome, Summary};

/// Simulates worlds of machines that sync a folder, and checks that nothing is lost.
#[derive(Parser)]
#[command(name = "tidemark-sim")]
struct Cli {
    /// Run this seed once, and show everything that happens
    #[arg(long, conflicts_with_all = ["seeds", "from"])]
    seed: Option<u64>,
    /// Run so many seeds, each twice
    #[arg(long, default_value_t = 1000)]
    seeds: u64,
    /// Begin with this seed
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// Run so many at once [default: one for each core]
    #[arg(long)]
    threads: Option<usize>,
    /// Put a careless engine in the place of the real one: it must fail
    #[arg(long)]
    careless: bool,
    /// Plant this mistake in the engine
    #[arg(long)]
    mutation: Option<String>,
    /// Plant each known mistake, and look for the first seed that finds it
    #[arg(long)]
    mutations: bool,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    if cli.mutations {
        return if find_all() { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    }
    let engine = match cli.mutation.as_deref() {
        Some(name) => match Mutation::named(name) {
            Some(mutation) => Engine::Mutated(mutation),
            None => {
                line(&format!("error: there is no mutation '{name}'"));
                return ExitCode::FAILURE;
            }
        },
        None if cli.careless => Engine::Careless,
        None => Engine::Real,
    };
    let passed = match cli.seed {
        Some(seed) => show(&tidemark_sim::replay(seed, engine, line)),
        None => {
            let threads = cli.threads.or_else(|| std::thread::available_parallelism().ok().map(usize::from));
            let began = Instant::now();
            let summary = tidemark_sim::run(cli.from, cli.seeds, threads.unwrap_or(1), engine);
            tell(&summary, began.elapsed().as_secs_f64())
        }
    };
    if passed { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn show(outcome: &Outcome) -> bool {
    for text in &outcome.lines {
        line(text);
    }
    line(&format!(
        "seed {}: {} events, {:.0} simulated seconds",
        outcome.seed,
        outcome.digest.count,
        outcome.lasted.as_secs_f64()
    ));
    match &outcome.failure {
        Some(why) => line(&format!("FAILED: {why}")),
        None => line("passed"),
    }
    outcome.failure.is_none()
}

fn tell(summary: &Summary, seconds: f64) -> bool {
    for outcome in &summary.failures {
        show(outcome);
        line(&format!("again, with everything: cargo run -p tidemark-sim -- --seed {}\n", outcome.seed));
    }
    for (kind, count) in &summary.counts {
        line(&format!("{count:>12} {kind}"));
    }
    let (seeds, failed) = (summary.seeds, summary.failures.len());
    line(&format!(
        "{seeds} seeds, each twice, in {seconds:.1} s: {:.0} a minute; {:.1} simulated days",
        seeds as f64 * 60.0 / seconds,
        summary.simulated.as_secs_f64() / 86_400.0
    ));
    line(&format!("{} passed, {failed} failed", seeds - failed as u64));
    failed == 0
}

/// Looks for every planted mistake.
fn find_all() -> bool {
    let mut missed = 0;
    for (mutation, name, within) in MUTATIONS {
        match tidemark_sim::find(mutation, within) {
            Some((seed, why)) => {
                let why: String = why.chars().take(120).collect();
                line(&format!("{name:<22} found by seed {seed:>4} (of {within}): {why}"));
            }
            None => {
                line(&format!("{name:<22} NOT FOUND by {within} seeds"));
                missed += 1;
            }
        }
    }
    line(&format!("{} passed, {missed} failed", MUTATIONS.len() - missed));
    missed == 0
}

/// To the standard output, whoever may have stopped reading it.
fn line(text: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{text}");
}
