//! `tidemark cat`.

use super::entry::quoted;
use super::tree::find;
use super::{Tally, Whose};
use crate::exit::Failure;
use crate::output::{bytes, flush};
use crate::remote_glob::plain;
use anyhow::anyhow;
use clap::Args;
use tidemark_client::{Client, DownloadOptions, RemotePath, Rev};

#[derive(Args)]
#[command(after_help = "\
Examples:
  tidemark cat /notes.txt
  tidemark cat --rev 362e2029684fe /notes.txt     as it was (`tidemark revs` lists its versions)")]
pub(crate) struct Flags {
    /// Which: paths or patterns
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<String>,
    /// This version of it
    #[arg(long, value_name = "REV")]
    rev: Option<String>,
    #[command(flatten)]
    pub(super) whose: Whose,
}

pub(super) async fn run(flags: Flags) -> Result<(), Failure> {
    let session = flags.whose.session().await?;
    let client = session.patient();
    if let Some(rev) = &flags.rev {
        let [path] = &flags.paths[..] else {
            return Err(Failure::Misunderstood(anyhow!("--rev is a version of one file")));
        };
        let path = plain(path).map_err(Failure::Misunderstood)?;
        return print(&client, &path, Some(rev_of(rev)?)).await;
    }
    let mut tally = Tally::default();
    for path in &flags.paths {
        match find(&client, path).await {
            Ok(found) => {
                for entry in found {
                    let printed = match entry.is_folder() {
                        true => Err(Failure::Refused(anyhow!("{} is a folder", quoted(&entry.path)))),
                        false => print(&client, &entry.path, None).await,
                    };
                    tally.note(printed)?;
                }
            }
            Err(failure) => tally.note(Err(failure))?,
        }
    }
    tally.end()
}

/// A file to standard output, checked on the way: if its end is wrong, that is told.
pub(super) async fn print(client: &Client, path: &RemotePath, rev: Option<Rev>) -> Result<(), Failure> {
    let during = |error| Failure::from(error).during(format!("cannot get {}", quoted(path)));
    let options = DownloadOptions { rev, ..DownloadOptions::default() };
    let mut download = client.download(path, &options).await.map_err(during)?;
    while let Some(piece) = download.chunk().await.map_err(during)? {
        bytes(&piece)?;
    }
    flush()
}

/// A version, as `revs` tells them.
pub(super) fn rev_of(text: &str) -> Result<Rev, Failure> {
    Rev::new(text)
        .map_err(|_| Failure::Misunderstood(anyhow!("'{}' is no version", crate::words::shown(text))))
}
