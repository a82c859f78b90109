//! Where everything is kept.

use anyhow::Context;
use directories::ProjectDirs;
use std::path::PathBuf;

/// The platform's folder for a program's data, such as `~/.local/share/tidemark`.
pub(super) fn platform_folder() -> anyhow::Result<PathBuf> {
    let folders = ProjectDirs::from("", "", "tidemark");
    let folders = folders.context("there is no home folder to keep data in: name a folder with --data")?;
    Ok(folders.data_dir().to_owned())
}
