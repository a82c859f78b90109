//! What is done, one file per family.

pub(crate) mod app;
pub(crate) mod client;
pub(crate) mod completions;
pub(crate) mod gallery;
pub(crate) mod serve;
pub(crate) mod token;
pub(crate) mod user;
pub(crate) mod webhook;

use crate::assemble;
use crate::cli::{Cli, Command, OnFolder};
use crate::config::{self, CommonFlags, EgressFlags};
use crate::exit::Failure;
use anyhow::{Context, anyhow};
use std::io::{IsTerminal, Read};
use std::path::{Path, PathBuf};
use tidemark_core::people::People;
use tidemark_core::webhooks::Registry;

/// Does what was said.
pub(crate) fn run(cli: Cli) -> Result<(), Failure> {
    match cli.command {
        Command::Client(command) => client::run(command),
        Command::Serve(flags) => serve::run(*flags),
        Command::Gallery(flags) => gallery::run(*flags),
        Command::User(OnFolder { common, command }) => blocking(user::run(&common, command)),
        Command::App(OnFolder { common, command }) => blocking(app::run(&common, command)),
        Command::Token(OnFolder { common, command }) => blocking(token::run(&common, command)),
        Command::Completions(flags) => completions::completions(&flags),
        Command::Man(flags) => completions::man(&flags),
    }
}

/// Runs an admin command to its end.
fn blocking(work: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().context("cannot start")?;
    runtime.block_on(work)
}

/// The people of the data folder, which may be new.
fn people_of_new_folder(common: &CommonFlags) -> Result<People, Failure> {
    let folder = common.data(&common.file()?)?;
    assemble::people(&folder)
}

/// The people of the data folder, which must be there.
fn people(common: &CommonFlags) -> Result<People, Failure> {
    assemble::people(&present_folder(common)?)
}

/// The webhooks of the data folder, which may be new.
fn registry_of_new_folder(common: &CommonFlags) -> Result<Registry, Failure> {
    registry_of(common, &common.data(&common.file()?)?)
}

/// The webhooks of the data folder, which must be there.
fn registry(common: &CommonFlags) -> Result<Registry, Failure> {
    registry_of(common, &present_folder(common)?)
}

/// It sends requests as the server would, by what the environment and the settings file say.
fn registry_of(common: &CommonFlags, folder: &Path) -> Result<Registry, Failure> {
    let egress = config::egress::resolve(EgressFlags::of_environment()?, common.file()?.egress);
    assemble::registry(folder, &egress)
}

/// The data folder, which must be there: a slip in its name must not look like an empty server.
fn present_folder(common: &CommonFlags) -> Result<PathBuf, Failure> {
    let folder = common.data(&common.file()?)?;
    if !assemble::has_accounts(&folder) {
        return Err(Failure::Unknown(anyhow!("there is no data of Tidemark in {}", folder.display())));
    }
    Ok(folder)
}

/// A secret from standard input: what stands there, without the line break at its end. A person at a terminal is asked for
/// it, and does not see it.
fn secret_from_stdin(what: &str) -> Result<String, Failure> {
    /// More than any secret has, in bytes.
    const SECRET_MAX: u64 = 64 * 1024;
    if std::io::stdin().is_terminal() {
        let typed = rpassword::prompt_password(format!("{what} (not shown): "));
        return Ok(typed.context("cannot read from the terminal")?);
    }
    let mut text = String::new();
    let read = std::io::stdin().lock().take(SECRET_MAX).read_to_string(&mut text);
    read.context("cannot read standard input as text")?;
    let text = text.strip_suffix('\n').unwrap_or(&text);
    Ok(text.strip_suffix('\r').unwrap_or(text).to_owned())
}
