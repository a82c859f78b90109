//! What people want of a folder that is kept in sync, whether a process keeps it just now or not.

use super::folders;
use crate::cmd::client::entry::quoted;
use crate::exit::Failure;
use crate::output::say;
use crate::remote_glob::plain;
use crate::words::count;
use anyhow::{Context, anyhow};
use clap::Args;
use std::path::{Path, PathBuf};
use tidemark_client::RemotePath;
use tidemark_sync::state::{Release, Setting, State};
use tidemark_sync::trees::NameKey;

#[derive(Args)]
pub(super) struct Flags {
    /// The folder
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

#[derive(Args)]
pub(super) struct PathsFlags {
    /// The sync folder
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// Folders of the server
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<String>,
}

pub(super) fn pause(flags: &Flags, paused: bool) -> Result<(), Failure> {
    set(&flags.folder, &Setting::Paused(paused))
}

/// What is held now may be done, and not more.
pub(super) fn release(flags: &Flags) -> Result<(), Failure> {
    let counts = folders::look_into(&flags.folder)?.missing_counts().context("cannot read the state")?;
    let release = Release { gone_locally: counts.gone_locally, gone_remotely: counts.gone_remotely };
    if release == Release::default() {
        return Err(Failure::Unknown(anyhow!("no deletions are held")));
    }
    set(&flags.folder, &Setting::Released(Some(release)))?;
    if release.gone_locally > 0 {
        say(&format!("{} may be deleted on the server", count(release.gone_locally, "item", "items")))?;
    }
    if release.gone_remotely > 0 {
        say(&format!("{} may be put into the trash here", count(release.gone_remotely, "item", "items")))?;
    }
    Ok(())
}

pub(super) fn exclude(flags: &PathsFlags) -> Result<(), Failure> {
    change(flags, |excluded, path| {
        if !excluded.iter().any(|known| is_same(known, &path)) {
            excluded.push(path);
        }
        Ok(())
    })
}

pub(super) fn include(flags: &PathsFlags) -> Result<(), Failure> {
    change(flags, |excluded, path| {
        let before = excluded.len();
        excluded.retain(|known| !is_same(known, &path));
        match excluded.len() < before {
            true => Ok(()),
            false => Err(Failure::Unknown(anyhow!(
                "{} is not excluded: `tidemark sync status` lists what is",
                quoted(&path)
            ))),
        }
    })
}

/// As on the server, case does not matter.
fn is_same(one: &RemotePath, other: &RemotePath) -> bool {
    one.names().map(NameKey::of).eq(other.names().map(NameKey::of))
}

fn change(
    flags: &PathsFlags,
    change: impl Fn(&mut Vec<RemotePath>, RemotePath) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let mut excluded =
        folders::look_into(&flags.folder)?.settings().context("cannot read the state")?.excluded;
    for path in &flags.paths {
        let path = plain(path).map_err(Failure::Misunderstood)?;
        if path.is_root() {
            return Err(Failure::Misunderstood(anyhow!("the whole account cannot be excluded")));
        }
        change(&mut excluded, path)?;
    }
    excluded.sort();
    set(&flags.folder, &Setting::Excluded(excluded))
}

fn set(folder: &Path, setting: &Setting) -> Result<(), Failure> {
    let database = folders::expect(folder)?;
    let kept = State::set_from_outside(&database, setting);
    kept.with_context(|| format!("cannot change the state of {}", folder.display())).map_err(Failure::Broken)
}
