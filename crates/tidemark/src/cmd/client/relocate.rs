//! `tidemark mv` and `tidemark cp`: both happen on the server, whatever the size.

use super::entry::{self, quoted};
use super::tree::{entry_if_any, find};
use super::{Printing, Tally, Whose};
use crate::exit::Failure;
use crate::remote_glob::{plain, wants_folder};
use anyhow::anyhow;
use clap::Args;
use tidemark_client::{Client, Metadata, RefusalKind, RemotePath};

#[derive(Args)]
#[command(after_help = "\
Examples:
  tidemark mv /draft.txt /final.txt
  tidemark mv '/inbox/*.pdf' /Papers/      into a folder; quoted, so that the shell leaves the pattern alone
  tidemark cp /2024 /2024-as-sent          a folder with all that is in it, without moving a byte")]
pub(crate) struct Flags {
    /// What: paths or patterns
    #[arg(value_name = "FROM", required = true)]
    from: Vec<String>,
    /// Where to: a new path, or a folder to put it into
    #[arg(value_name = "TO")]
    to: String,
    #[command(flatten)]
    printing: Printing,
    #[command(flatten)]
    pub(super) whose: Whose,
}

#[derive(Args)]
pub(crate) struct CopyFlags {
    #[command(flatten)]
    flags: Flags,
    /// Taken, because other programs want it: folders are copied with all that is in them anyway
    #[arg(short, long)]
    recursive: bool,
}

impl CopyFlags {
    pub(super) fn whose(&self) -> &Whose {
        &self.flags.whose
    }
}

#[derive(Clone, Copy)]
enum Way {
    Move,
    Copy,
}

pub(super) async fn mv(flags: Flags) -> Result<(), Failure> {
    run(flags, Way::Move).await
}

pub(super) async fn cp(flags: CopyFlags) -> Result<(), Failure> {
    let CopyFlags { flags, recursive: _ } = flags;
    run(flags, Way::Copy).await
}

async fn run(flags: Flags, way: Way) -> Result<(), Failure> {
    let session = flags.whose.session().await?;
    let client = &session.client;
    let to = plain(&flags.to).map_err(Failure::Misunderstood)?;
    let (mut tally, mut sources) = (Tally::default(), Vec::new());
    for from in &flags.from {
        tally.note(find(client, from).await.map(|found| sources.extend(found)))?;
    }
    if sources.is_empty() {
        return tally.end();
    }
    let there = entry_if_any(client, &to).await?;
    let is_folder = there.as_ref().is_some_and(Metadata::is_folder);
    // A folder that is renamed to another spelling of its name is not moved into itself.
    let several = sources.len() > 1 || flags.from.len() > 1;
    let is_itself = !several && matches!((&sources[..], &there), ([one], Some(there)) if is_same(one, there));
    let into = is_folder && !is_itself;
    if !into && (several || wants_folder(&flags.to)) && !is_itself {
        return Err(Failure::Unknown(anyhow!("there is no folder {}", quoted(&to))));
    }
    for source in sources {
        let done = async {
            let to = match (into, source.path.name()) {
                (true, Some(name)) => to.join(name).map_err(|error| Failure::Refused(error.into()))?,
                _ => to.clone(),
            };
            relocate(client, way, &source, &to).await
        };
        tally.note(done.await.and_then(|now| flags.printing.as_asked(&now)))?;
    }
    tally.end()
}

async fn relocate(
    client: &Client,
    way: Way,
    source: &Metadata,
    to: &RemotePath,
) -> Result<Metadata, Failure> {
    let done = match way {
        Way::Move => client.move_to(&source.path, to, None).await,
        Way::Copy => client.copy(&source.path, to).await,
    };
    let error = match done {
        Ok(now) => return Ok(now),
        Err(error) => error,
    };
    let what = match way {
        Way::Move => "move",
        Way::Copy => "copy",
    };
    if error.kind() == Some(RefusalKind::Forbidden)
        && let Some(there) = entry_if_any(client, to).await?
    {
        if is_same(source, &there) {
            return Err(Failure::Refused(anyhow!("cannot {what} {} to itself", quoted(&source.path))));
        }
        let kind = entry::kind(&there);
        return Err(Failure::Conflict(anyhow!(
            "cannot {what} {}: there is a {kind} at {} already (`tidemark rm` takes it away)",
            quoted(&source.path),
            quoted(to)
        )));
    }
    Err(Failure::from(error).during(format!("cannot {what} {}", quoted(&source.path))))
}

/// Whether two are one.
fn is_same(one: &Metadata, other: &Metadata) -> bool {
    one.path == other.path || (one.id.is_some() && one.id == other.id)
}
