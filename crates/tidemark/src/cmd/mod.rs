//! What is done, one file per family.

pub(crate) mod app;
pub(crate) mod serve;
pub(crate) mod token;
pub(crate) mod user;

use crate::assemble;
use crate::cli::{Cli, Command};
use crate::config::CommonFlags;
use crate::exit::Failure;
use anyhow::{Context, anyhow};
use std::io::Read;
use tidemark_core::people::People;

/// Does what was said.
pub(crate) fn run(cli: Cli) -> Result<(), Failure> {
    match cli.command {
        Command::Serve(flags) => serve::run(&cli.common, *flags),
        Command::User(command) => blocking(user::run(&cli.common, command)),
        Command::App(command) => blocking(app::run(&cli.common, command)),
        Command::Token(command) => blocking(token::run(&cli.common, command)),
    }
}

/// Runs an admin command to its end.
fn blocking(work: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().context("cannot start")?;
    runtime.block_on(work)
}

/// The people of the data folder, which may be new.
fn people_of_new_folder(common: &CommonFlags) -> Result<People, Failure> {
    let folder = common.data(&common.file()?)?;
    assemble::people(&folder)
}

/// The people of the data folder, which must be there: a slip in its name must not look like an empty server.
fn people(common: &CommonFlags) -> Result<People, Failure> {
    let folder = common.data(&common.file()?)?;
    if !assemble::has_accounts(&folder) {
        return Err(Failure::Unknown(anyhow!("there is no data of Tidemark in {}", folder.display())));
    }
    assemble::people(&folder)
}

/// A secret from standard input: what stands there, without the line break at its end.
fn secret_from_stdin() -> Result<String, Failure> {
    /// More than any secret has, in bytes.
    const SECRET_MAX: u64 = 64 * 1024;
    let mut text = String::new();
    let read = std::io::stdin().lock().take(SECRET_MAX).read_to_string(&mut text);
    read.context("cannot read standard input as text")?;
    let text = text.strip_suffix('\n').unwrap_or(&text);
    Ok(text.strip_suffix('\r').unwrap_or(text).to_owned())
}
