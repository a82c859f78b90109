//! `tidemark revs` and `tidemark restore`.

use super::cat::rev_of;
use super::entry::{self, quoted};
use super::tree::{self, entry_if_any, nothing_at, with_deleted};
use super::{Printing, Tally, Whose};
use crate::exit::Failure;
use crate::remote_glob::plain;
use crate::words;
use anyhow::anyhow;
use clap::Args;
use tidemark_client::{Client, Metadata, RefusalKind, RemotePath, Rev};

#[derive(Args)]
#[command(after_help = "\
Example:
  tidemark revs /notes.txt       the newest first; `tidemark restore /notes.txt REV` brings one back")]
pub(crate) struct RevsFlags {
    /// Which file; it may be deleted
    path: String,
    /// So many at most
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000), default_value = "1000")]
    limit: u32,
    #[command(flatten)]
    printing: Printing,
    #[command(flatten)]
    pub(super) whose: Whose,
}

#[derive(Args)]
#[command(after_help = "\
Examples:
  tidemark restore /notes.txt                      a deleted file comes back as it was last
  tidemark restore /notes.txt 362e2029684fe        a file becomes what it was
  tidemark restore -r /Photos                      all that was deleted from a folder, or with it")]
pub(crate) struct RestoreFlags {
    /// Which file, or folder
    path: String,
    /// Which version [default: the last one before it was deleted]
    rev: Option<String>,
    /// All that was deleted from this folder or with it, and from those in it
    #[arg(short, long, conflicts_with = "rev")]
    recursive: bool,
    #[command(flatten)]
    printing: Printing,
    #[command(flatten)]
    pub(super) whose: Whose,
}

pub(super) async fn revs(flags: RevsFlags) -> Result<(), Failure> {
    let session = flags.whose.session().await?;
    let path = plain(&flags.path).map_err(Failure::Misunderstood)?;
    let revs = session.client.revisions(&path, Some(flags.limit)).await;
    for rev in revs.map_err(|error| about(&path, error))? {
        flags.printing.entry(&rev, line)?;
    }
    Ok(())
}

/// A version, for people.
fn line(rev: &Metadata) -> String {
    let [size, _, number] = entry::columns(rev);
    let size = if rev.is_deleted { "deleted".to_owned() } else { size };
    format!("{number:16}  {}  {size:>10}", rev.modified.map_or_else(|| "-".to_owned(), words::when))
}

pub(super) async fn restore(flags: RestoreFlags) -> Result<(), Failure> {
    let session = flags.whose.session().await?;
    let client = &session.client;
    let path = plain(&flags.path).map_err(Failure::Misunderstood)?;
    let print = |restored: &Metadata| {
        flags.printing.entry(restored, |restored| format!("{} is back", entry::path(restored)))
    };
    if let Some(rev) = &flags.rev {
        return print(&bring_back(client, &path, &rev_of(rev)?).await?);
    }
    let there = client.metadata(&path).await.map_err(|error| about(&path, error))?;
    // A file that was deleted comes back as such, with or without -r.
    if flags.recursive && (there.is_folder() || !there.is_deleted) {
        return restore_all(client, path, print).await;
    }
    if there.is_folder() {
        let failure = match there.is_deleted {
            true => anyhow!("{} was a folder: -r restores it, with what was in it", quoted(&path)),
            false => anyhow!("{} is a folder: -r restores what was deleted in it", quoted(&path)),
        };
        return Err(Failure::Refused(failure));
    }
    if !there.is_deleted {
        let failure =
            anyhow!("{} is not deleted: say which version (`tidemark revs` lists them)", quoted(&path));
        return Err(Failure::Refused(failure));
    }
    print(&undelete(client, &path).await?)
}

/// Brings back every deleted file below a folder, and the deleted folders around them.
async fn restore_all(
    client: &Client,
    folder: RemotePath,
    mut print: impl FnMut(&Metadata) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let (mut tally, mut open, mut count) = (Tally::default(), vec![folder.clone()], 0_u64);
    while let Some(folder) = open.pop() {
        let inside = match with_deleted(client, &folder).await {
            Ok(Some((entry, inside))) if entry.is_deleted => {
                let made = remake(client, &entry.path).await;
                let inside = made.is_ok().then_some(inside);
                count += u64::from(matches!(made, Ok(Some(_))));
                tally.note(made.and_then(|made| made.as_ref().map_or(Ok(()), &mut print)))?;
                inside.unwrap_or_default()
            }
            Ok(inside) => inside.map(|(_, inside)| inside).unwrap_or_default(),
            // One that is gone by now does not keep the others from coming back.
            Err(failure) => {
                tally.note(Err(failure))?;
                continue;
            }
        };
        for entry in inside {
            if entry.is_folder() {
                open.push(entry.path);
            } else if entry.is_deleted {
                let restored = undelete(client, &entry.path).await;
                count += u64::from(restored.is_ok());
                tally.note(restored.and_then(|restored| print(&restored)))?;
            }
        }
    }
    tally.end()?;
    match count {
        0 => Err(Failure::Unknown(anyhow!("nothing was deleted in {}", quoted(&folder)))),
        _ => Ok(()),
    }
}

/// Makes a folder again that was deleted; nothing is told if it is there by now.
async fn remake(client: &Client, folder: &RemotePath) -> Result<Option<Metadata>, Failure> {
    match client.create_folder(folder).await {
        Ok(made) => Ok(Some(made)),
        Err(error) if error.kind() == Some(RefusalKind::Forbidden) => {
            let there = entry_if_any(client, folder).await?;
            match there.is_some_and(|there| there.is_folder()) {
                true => Ok(None),
                false => Err(Failure::from(error).during(format!("cannot make {}", quoted(folder)))),
            }
        }
        Err(error) => Err(Failure::from(error).during(format!("cannot make {}", quoted(folder)))),
    }
}

/// Brings a deleted file back as it was last.
async fn undelete(client: &Client, path: &RemotePath) -> Result<Metadata, Failure> {
    let revs = client.revisions(path, Some(10)).await.map_err(|error| about(path, error))?;
    let last = revs.iter().find(|rev| !rev.is_deleted).and_then(Metadata::file);
    match last {
        Some(last) => bring_back(client, path, &last.rev).await,
        None => Err(Failure::Unknown(anyhow!("{} has no version to bring back", quoted(path)))),
    }
}

async fn bring_back(client: &Client, path: &RemotePath, rev: &Rev) -> Result<Metadata, Failure> {
    client.restore(path, rev).await.map_err(|error| about(path, error))
}

fn about(path: &RemotePath, error: tidemark_client::Error) -> Failure {
    match error.kind() {
        Some(RefusalKind::NotFound) => nothing_at(path),
        _ => tree::about(path, error),
    }
}
