//! `tidemark mkdir`.

use super::entry::{self, quoted};
use super::tree::entry_if_any;
use super::{Printing, Tally, Whose};
use crate::exit::Failure;
use crate::remote_glob::plain;
use anyhow::anyhow;
use clap::Args;
use tidemark_client::{Client, Metadata, RefusalKind, RemotePath};

#[derive(Args)]
#[command(after_help = "\
Example:
  tidemark mkdir -p /2024/Summer/Venice     with the folders around it; if it is there already, that is fine")]
pub(crate) struct Flags {
    /// What to make
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<String>,
    /// Make the folders around it, too; one that is there already is fine
    #[arg(short, long)]
    parents: bool,
    #[command(flatten)]
    printing: Printing,
    #[command(flatten)]
    pub(super) whose: Whose,
}

pub(super) async fn run(flags: Flags) -> Result<(), Failure> {
    let session = flags.whose.session().await?;
    let mut tally = Tally::default();
    for path in &flags.paths {
        let made = match plain(path).map_err(Failure::Misunderstood) {
            Ok(path) => make(&session.client, &path, flags.parents).await,
            Err(failure) => Err(failure),
        };
        tally.note(made.and_then(|made| flags.printing.as_asked(&made)))?;
    }
    tally.end()
}

async fn make(client: &Client, path: &RemotePath, parents: bool) -> Result<Metadata, Failure> {
    if !parents
        && let Some(parent) = path.parent()
        && !parent.is_root()
    {
        let around = entry_if_any(client, &parent).await?;
        if !around.is_some_and(|around| around.is_folder()) {
            let failure = anyhow!("there is no folder {}: -p makes it, too", quoted(&parent));
            return Err(Failure::Unknown(failure));
        }
    }
    let error = match client.create_folder(path).await {
        Ok(made) => return Ok(made),
        Err(error) => error,
    };
    // Something is there, perhaps since a moment ago.
    if error.kind() == Some(RefusalKind::Forbidden)
        && let Some(there) = entry_if_any(client, path).await?
    {
        if there.is_folder() && parents {
            return Ok(there);
        }
        let kind = entry::kind(&there);
        return Err(Failure::Conflict(anyhow!("there is a {kind} at {} already", quoted(path))));
    }
    Err(Failure::from(error).during(format!("cannot make {}", quoted(path))))
}
