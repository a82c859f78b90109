//! The steps of the test command.

use std::env;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use super::Options;
use super::counts::Tally;
use super::excerpt::telling;
use crate::clients::{self, Suite};
use crate::{compat, crash, licences, output, process, storm, tidy, web, workspace};

/// A step that takes longer hangs.
const STEP_LIMIT: Duration = Duration::from_secs(25 * 60);

/// A part of the test command that can be run by its name.
pub(super) struct Step {
    pub(super) name: &'static str,
    /// What it shows when it passes.
    pub(super) shows: &'static str,
    pub(super) run: fn(&Options) -> Result<Tally>,
}

/// In this order.
pub(super) const STEPS: &[Step] = &[
    Step { name: "fmt", shows: "the code is formatted", run: fmt },
    Step {
        name: "tidy",
        shows: "what the compiler cannot check: imports, documents, forgotten files",
        run: tidy,
    },
    Step {
        name: "licences",
        shows: "every dependency may be used, and comes from the registry",
        run: licences,
    },
    Step { name: "clippy", shows: "the lints find nothing", run: clippy },
    Step { name: "test", shows: "the tests that need only Rust", run: test },
    Step { name: "scripts", shows: "what pages do by themselves, without a browser", run: scripts },
    Step { name: "build", shows: "the binary builds as it is released", run: build },
    Step {
        name: "properties",
        shows: "delta and search equal the listing over random histories; folder sync's plans lose nothing",
        run: properties,
    },
    Step {
        name: "sim",
        shows: "machines, people and a server under one seed, many times: nothing is lost",
        run: sim,
    },
    Step { name: "mutations", shows: "the simulator finds mistakes that were planted", run: mutations },
    Step {
        name: "python",
        shows: "Dropbox's original Python SDK and its programs on a real server",
        run: python,
    },
    Step { name: "node", shows: "Dropbox's and Box's Node SDKs, and a web app, on a real server", run: node },
    Step { name: "boxsdk", shows: "Box's first Python SDK on a real server", run: boxsdk },
    Step { name: "box-sdk-gen", shows: "Box's generated Python SDK on a real server", run: box_sdk_gen },
    Step { name: "rclone", shows: "rclone with its remote `box`, over TLS, on a real server", run: rclone },
    Step { name: "shell", shows: "programs of a shell and curl on a real server", run: shell },
    Step { name: "web", shows: "what people do in a browser, on a real server", run: web },
    Step {
        name: "compat",
        shows: "the tables of compatibility are what those clients' runs show",
        run: compat,
    },
    Step { name: "crash", shows: "nothing acknowledged is lost when the server is killed", run: crash },
    Step {
        name: "storm",
        shows: "two synced folders end the same, with nothing lost, however often whatever is killed",
        run: storm,
    },
];

pub(super) fn names() -> Vec<&'static str> {
    STEPS.iter().map(|step| step.name).collect()
}

fn fmt(options: &Options) -> Result<Tally> {
    succeeds("fmt", &mut process::cargo(&["fmt", "--all", "--check"]), options)
}

fn tidy(_: &Options) -> Result<Tally> {
    let (passed, failed) = tidy::run_all()?;
    Ok(Tally { passed: passed as u64, failed: failed as u64 })
}

fn licences(_: &Options) -> Result<Tally> {
    Ok(Tally::of(licences::run()?))
}

fn clippy(options: &Options) -> Result<Tally> {
    let arguments = ["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"];
    succeeds("clippy", &mut process::cargo(&arguments), options)
}

fn test(options: &Options) -> Result<Tally> {
    counts("test", &mut process::cargo(&["test", "--workspace", "--locked", "--no-fail-fast"]), options)
}

fn scripts(options: &Options) -> Result<Tally> {
    let mut command = Command::new("node");
    command
        .args(["--test", "--test-reporter=tap", "crates/tidemark-gallery/tests/web"])
        .current_dir(workspace::root());
    let done = logged("scripts", &mut command, options)?;
    let count = |word: &str| {
        let mut counts = done.output.lines().filter_map(|line| line.strip_prefix("# ")?.strip_prefix(word));
        counts.find_map(|count| count.trim().parse().ok()).unwrap_or(0)
    };
    Ok(Tally { passed: count("pass"), failed: count("fail") }.ended(done.success))
}

fn build(options: &Options) -> Result<Tally> {
    succeeds(
        "build",
        &mut process::cargo(&["build", "--release", "--locked", "--package", "tidemark"]),
        options,
    )
}

/// The same tests as in `test`, at the number of histories that we ask for, with optimisation.
fn properties(options: &Options) -> Result<Tally> {
    let arguments =
        ["test", "--release", "--locked", "--package", "tidemark-core", "--test", "it", "histories"];
    let mut command = process::cargo(&arguments);
    command.env("TIDEMARK_HISTORIES", options.histories.to_string());
    let histories = counts("properties", &mut command, options)?;
    let arguments = ["test", "--release", "--locked", "--package", "tidemark-sync", "--test", "it", "plan::"];
    let mut command = process::cargo(&arguments);
    command.env("TIDEMARK_TRIPLES", options.triples.to_string());
    let plans = counts("plans", &mut command, options)?;
    Ok([histories, plans].into_iter().sum())
}

fn sim(options: &Options) -> Result<Tally> {
    simulator("sim", &["--seeds", &options.seeds.to_string()], options)
}

fn mutations(options: &Options) -> Result<Tally> {
    simulator("mutations", &["--mutations"], options)
}

fn simulator(name: &str, arguments: &[&str], options: &Options) -> Result<Tally> {
    let run = ["run", "--release", "--locked", "--package", "tidemark-sim", "--"];
    counts(name, &mut process::cargo(&[&run, arguments].concat()), options)
}

fn python(options: &Options) -> Result<Tally> {
    clients(options, "python", clients::python::dropbox)
}

fn boxsdk(options: &Options) -> Result<Tally> {
    clients(options, "boxsdk", clients::python::boxsdk)
}

fn box_sdk_gen(options: &Options) -> Result<Tally> {
    clients(options, "box-sdk-gen", clients::python::box_sdk_gen)
}

fn rclone(options: &Options) -> Result<Tally> {
    clients(options, "rclone", clients::rclone::suite)
}

fn node(options: &Options) -> Result<Tally> {
    clients(options, "node", clients::node::suite)
}

fn shell(options: &Options) -> Result<Tally> {
    clients(options, "shell", clients::shell::suite)
}

/// The pages, in a browser.
fn web(options: &Options) -> Result<Tally> {
    let binary = binary(options)?;
    let mut command = web::journeys(&binary, options.binary.is_some(), &options.words)?;
    without_strangers(&mut command);
    counts("web", &mut command, options)
}

/// A suite of other people's clients.
fn clients(options: &Options, name: &str, suite: fn(&Suite<'_>) -> Result<Command>) -> Result<Tally> {
    let binary = binary(options)?;
    // A run of some tests shows too little to be noted.
    let record = if options.words.is_empty() { Some(compat::begin(name)?) } else { None };
    let suite_options = Suite { binary: &binary, words: &options.words, record: record.as_deref() };
    let mut command = suite(&suite_options)?;
    without_strangers(&mut command);
    counts(name, &mut command, options)
}

/// Takes from a suite's environment whatever would lead it elsewhere.
fn without_strangers(command: &mut Command) {
    for (variable, _) in env::vars_os().filter(|(variable, _)| leads_elsewhere(&variable.to_string_lossy())) {
        command.env_remove(variable);
    }
}

/// Whether a suite would not reach its server, or would find another than it means to: proxies, which old clients heed
/// for every host, and whatever somebody has set for a server of their own.
fn leads_elsewhere(variable: &str) -> bool {
    let variable = variable.to_ascii_uppercase();
    ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"].contains(&variable.as_str())
        || variable.starts_with("TIDEMARK_")
}

fn compat(_: &Options) -> Result<Tally> {
    Ok(compat::check()?.into_iter().map(Tally::of).sum())
}

fn storm(options: &Options) -> Result<Tally> {
    let binary = binary(options)?;
    Ok(Tally::of(storm::run(&storm::Options::with(options.storm, binary))?))
}

fn crash(options: &Options) -> Result<Tally> {
    let binary = binary(options)?;
    Ok(Tally::of(crash::run(&crash::Options::with(options.kills, binary))?))
}

/// The binary that was asked for; else the release, built first if it is not there as the sources say.
fn binary(options: &Options) -> Result<PathBuf> {
    if let Some(binary) = &options.binary {
        return fs::canonicalize(binary).with_context(|| format!("there is no {}", binary.display()));
    }
    ensure!(build(options)?.failed == 0, "there is no binary to test");
    Ok(workspace::root().join("target/release/tidemark"))
}

/// A command that is one check: it succeeds or not.
fn succeeds(name: &str, command: &mut Command, options: &Options) -> Result<Tally> {
    Ok(Tally::of(logged(name, command, options)?.success))
}

/// A command that counts its tests.
fn counts(name: &str, command: &mut Command, options: &Options) -> Result<Tally> {
    let done = logged(name, command, options)?;
    Ok(Tally::read(&done.output).ended(done.success))
}

/// Runs a command; shows what its output says about a failure if nobody has seen it yet.
fn logged(name: &str, command: &mut Command, options: &Options) -> Result<process::Outcome> {
    let log = workspace::scratch("logs")?.join(format!("{name}.log"));
    let done = process::run(command, &log, STEP_LIMIT, options.verbose)?;
    if !done.success {
        if !options.verbose {
            for line in telling(&done.output) {
                output::line(&format!("    | {line}"));
            }
        }
        output::line(&format!("    {}; all of its output: {}", done.reason, log.display()));
    }
    Ok(done)
}
