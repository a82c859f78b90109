//! Measures Tidemark: load generator, limits and peers in one program.
//!
//! It knows the server by its commands and its wire alone, so it imports nothing of it. Start reading at
//! [`cases::SECTIONS`]; a case builds the rows of the report from a [`race::Race`] of lanes: Tidemark, limits (what the
//! machine can do at all) and peers (other programs). [`load`] drives many clients, [`client`] one, [`parked`]
//! those that wait.

mod args;
mod browser;
mod cases;
mod client;
mod gallery;
mod http;
mod limits;
mod load;
mod parked;
mod peers;
mod picture;
mod process;
mod race;
mod report;
mod scripts;
mod server;
mod stats;
mod tree;
mod visit;
mod wire;
mod world;

use std::io::{Write as _, stderr, stdout};
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context as _, Result, bail};
use clap::Parser as _;

use crate::args::{Args, Hidden};
use crate::cases::{Case, Section};
use crate::peers::nginx::Nginx;
use crate::report::machine::Machine;
use crate::report::{Row, json, markdown, svg, table};
use crate::server::{Launch, Tidemark};
use crate::world::World;

fn main() -> Result<ExitCode> {
    let args = Args::parse();
    let open_files = process::raise_open_files();
    if let Some(Hidden::Responder { file }) = &args.command {
        limits::responder::serve(file)?;
        return Ok(ExitCode::SUCCESS);
    }
    if args.list {
        for case in cases::all() {
            writeln!(stdout(), "{:<14}{}", case.name, case.what)?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    let chosen = choose(&args.only)?;
    let workspace = workspace();
    let mut world = open(&args, workspace, open_files)?;
    let machine = Machine::look(world.disk(), open_files);
    let (rows, failed) = run(&chosen, &mut world);
    // The processes and the folder go before anything is reported: a report that fails leaves nothing behind.
    drop(world);
    table::write(&mut stdout().lock(), &rows)?;
    write_reports(&args, workspace, &machine, &chosen, &rows)?;
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn workspace() -> &'static Path {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.ancestors().nth(2).expect("the crate lies two folders below the workspace")
}

fn choose(names: &[String]) -> Result<Vec<&'static Case>> {
    if let Some(unknown) = names.iter().find(|name| cases::all().all(|case| case.name != **name)) {
        bail!("there is no case {unknown}; --list tells them");
    }
    Ok(cases::all().filter(|case| names.is_empty() || names.iter().any(|name| name == case.name)).collect())
}

/// Starts everything. Without Tidemark there is nothing to measure; without a peer its lanes say so.
fn open(args: &Args, workspace: &Path, open_files: u64) -> Result<World> {
    let base = args.dir.clone().unwrap_or_else(|| workspace.join("target/bench"));
    std::fs::create_dir_all(&base).context("could not make the folder to work in")?;
    let base = std::path::absolute(base)?;
    let folder = tempfile::Builder::new().prefix("run-").tempdir_in(&base)?;
    let server = if args.peers_only {
        Err("not asked for".to_owned())
    } else if let Some(url) = &args.server {
        Ok(Tidemark::attach(url, args.token.clone())?)
    } else {
        let binary = server::binary(args.binary.as_deref(), workspace)?;
        let launch = Launch { binary, data: folder.path().join("data"), arguments: args.serve_arg.clone() };
        Ok(Tidemark::launch(launch).context("could not start the server")?)
    };
    let nginx = folder.path().join("nginx");
    std::fs::create_dir_all(&nginx)?;
    let packages = base.join("packages");
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    let nginx = Nginx::start(&nginx, &packages, workers).map_err(|error| format!("{error:#}"));
    Ok(World::new(args.effort(), folder, server, nginx, open_files, workspace.to_owned(), packages))
}

/// Runs the cases; whether one of them failed as a whole.
fn run(chosen: &[&Case], world: &mut World) -> (Vec<Row>, bool) {
    let begin = Instant::now();
    let (mut rows, mut failed) = (Vec::new(), false);
    for case in chosen {
        tell(&format!("[{:>4.0} s] {}: {}", begin.elapsed().as_secs_f64(), case.name, case.what));
        match (case.run)(world) {
            Ok(measured) => rows.extend(measured),
            Err(error) => {
                failed = true;
                tell(&format!("         {} failed: {error:#}", case.name));
            }
        }
    }
    tell(&format!("[{:>4.0} s] done", begin.elapsed().as_secs_f64()));
    (rows, failed)
}

/// Tells how it goes; nobody may listen.
fn tell(line: &str) {
    let _ = writeln!(stderr(), "{line}");
}

fn write_reports(
    args: &Args,
    workspace: &Path,
    machine: &Machine,
    chosen: &[&Case],
    rows: &[Row],
) -> Result<()> {
    let command = args.command_line();
    if let Some(path) = &args.json {
        let text = serde_json::to_string_pretty(&json::render(&command, machine, rows))?;
        std::fs::write(path, text + "\n").with_context(|| format!("could not write {}", path.display()))?;
    }
    if args.writes_docs() {
        let docs = workspace.join("docs");
        std::fs::create_dir_all(&docs)?;
        for section in cases::SECTIONS {
            write_section(&docs, section, &command, machine, chosen, rows)?;
        }
    }
    Ok(())
}

/// Writes the part of the document that a section has, if all of it was measured: the other parts stay as they were.
fn write_section(
    docs: &Path,
    section: &Section,
    command: &str,
    machine: &Machine,
    chosen: &[&Case],
    rows: &[Row],
) -> Result<()> {
    let is_chosen = |name: &str| chosen.iter().any(|case| case.name == name);
    if !section.cases.iter().all(|case| is_chosen(case.name)) {
        tell(&format!("\"{}\" stays as it was: not all of its cases were measured", section.name));
        return Ok(());
    }
    let rows: Vec<Row> =
        rows.iter().filter(|row| section.cases.iter().any(|case| case.name == row.case)).cloned().collect();
    let page = docs.join("BENCHMARKS.md");
    let known = page.exists().then(|| std::fs::read_to_string(&page)).transpose()?;
    let measured = markdown::render(command, machine, &rows, section.plot);
    std::fs::write(&page, markdown::update(known.as_deref(), section.name, &measured)?)?;
    std::fs::write(docs.join(section.plot), svg::render(&rows))?;
    tell(&format!("\"{}\" in docs/BENCHMARKS.md and docs/{} are written", section.name, section.plot));
    Ok(())
}
