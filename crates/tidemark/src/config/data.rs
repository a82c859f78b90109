//! Where everything is kept.

use anyhow::Context;
use directories::ProjectDirs;
use std::path::PathBuf;

/// The same of a gallery that is served by itself, such as `~/.local/share/tidemark-gallery`: it may be on a server's machine.
pub(crate) fn gallery_folder() -> anyhow::Result<PathBuf> {
    of_program("tidemark-gallery")
}

/// The platform's folder for a program's data, such as `~/.local/share/tidemark`.
pub(super) fn platform_folder() -> anyhow::Result<PathBuf> {
    of_program("tidemark")
}

fn of_program(name: &str) -> anyhow::Result<PathBuf> {
    let folders = ProjectDirs::from("", "", name);
    let folders = folders.context("there is no home folder to keep data in: name a folder with --data")?;
    Ok(folders.data_dir().to_owned())
}
