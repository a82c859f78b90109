//! `tidemark rm`.

use super::entry::{path as shown_path, quoted};
use super::tree::{children, find};
use super::{Printing, Tally, Whose};
use crate::exit::Failure;
use crate::remote_glob::Pattern;
use crate::words;
use anyhow::{Context, anyhow};
use clap::Args;
use std::collections::BTreeSet;
use std::io::{IsTerminal, Write};
use tidemark_client::{Client, Metadata, RefusalKind, RemotePath};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};

#[derive(Args)]
#[command(after_help = "\
Examples:
  tidemark rm /old.txt
  tidemark rm -r '/tmp/*'        with what is in folders; on a terminal you are asked first
What was deleted can come back: `tidemark ls --deleted` shows it, `tidemark restore` brings it.")]
pub(crate) struct Flags {
    /// What: paths or patterns
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<String>,
    /// Folders, too, with all that is in them
    #[arg(short, long)]
    recursive: bool,
    /// Ask nothing; nothing to delete is fine; even the root's whole content
    #[arg(short, long)]
    force: bool,
    #[command(flatten)]
    printing: Printing,
    #[command(flatten)]
    pub(super) whose: Whose,
}

pub(super) async fn run(flags: Flags) -> Result<(), Failure> {
    let session = flags.whose.session().await?;
    let client = &session.client;
    let (mut tally, mut found) = (Tally::default(), Vec::new());
    for path in &flags.paths {
        match find(client, path).await {
            Ok(entries) => found.extend(entries),
            Err(Failure::Unknown(_)) if flags.force => {}
            Err(failure) => tally.note(Err(failure))?,
        }
    }
    let found = all_of_the_root(client, &flags, found).await?;
    let found = outermost(found);
    if !flags.recursive
        && let Some(folder) = found.iter().find(|entry| entry.is_folder())
    {
        let failure = anyhow!("{} is a folder: -r deletes it, with all that is in it", quoted(&folder.path));
        return Err(Failure::Refused(failure));
    }
    if !flags.force && asks(&found) && !confirmed(&found).await? {
        return Err(Failure::Refused(anyhow!("nothing was deleted")));
    }
    for entry in found {
        tally.note(delete(client, &flags, &entry).await)?;
    }
    tally.end()
}

/// The root cannot be deleted, and whoever names it, or everything in it, has perhaps slipped.
async fn all_of_the_root(
    client: &Client,
    flags: &Flags,
    found: Vec<Metadata>,
) -> Result<Vec<Metadata>, Failure> {
    let names_root = found.iter().any(|entry| entry.path.is_root());
    let in_root = found.iter().filter(|entry| entry.path.parent().is_some_and(|parent| parent.is_root()));
    let several: BTreeSet<&str> = in_root.map(|entry| entry.path.as_str()).collect();
    // Named one by one, they are meant.
    let stands_for_many = |path: &String| Pattern::new(path).is_ok_and(|pattern| pattern.path().is_none());
    let by_pattern = flags.paths.iter().any(stands_for_many);
    if !names_root && !by_pattern {
        return Ok(found);
    }
    let all = children(client, &RemotePath::root()).await?;
    let is_all = names_root || all.iter().all(|entry| several.contains(entry.path.as_str()));
    if is_all && !flags.force {
        return Err(Failure::Refused(anyhow!("this would delete everything there is: --force does it")));
    }
    Ok(if names_root { all } else { found })
}

/// What lies in one of the others goes with it.
fn outermost(mut found: Vec<Metadata>) -> Vec<Metadata> {
    found.sort_by(|one, other| one.path.cmp(&other.path));
    found.dedup_by(|one, other| one.path == other.path);
    let folders: BTreeSet<_> =
        found.iter().filter(|entry| entry.is_folder()).map(|entry| entry.path.clone()).collect();
    let covered = |entry: &Metadata| {
        std::iter::successors(entry.path.parent(), RemotePath::parent).any(|around| folders.contains(&around))
    };
    found.retain(|entry| !covered(entry));
    found
}

/// A person is asked about folders, and about several.
fn asks(found: &[Metadata]) -> bool {
    let is_much = found.len() > 1 || found.iter().any(Metadata::is_folder);
    is_much && std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

async fn confirmed(found: &[Metadata]) -> Result<bool, Failure> {
    const SHOWN_MAX: usize = 10;
    let mut question = String::new();
    for entry in found.iter().take(SHOWN_MAX) {
        question.push_str(&format!("  {}\n", words::shown(&shown_path(entry))));
    }
    if found.len() > SHOWN_MAX {
        question.push_str(&format!("  and {} more\n", found.len() - SHOWN_MAX));
    }
    let _ = write!(std::io::stderr(), "{question}Delete? [y/N] ");
    let mut answer = String::new();
    let mut input = BufReader::new(tokio::io::stdin().take(1024));
    input.read_line(&mut answer).await.context("cannot read the answer")?;
    Ok(matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
}

async fn delete(client: &Client, flags: &Flags, entry: &Metadata) -> Result<(), Failure> {
    match client.delete(&entry.path, None).await {
        Ok(gone) => flags.printing.as_asked(&gone),
        // Somebody else was faster.
        Err(error) if flags.force && error.kind() == Some(RefusalKind::NotFound) => Ok(()),
        Err(error) => Err(Failure::from(error).during(format!("cannot delete {}", quoted(&entry.path)))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tidemark_client::Kind;

    #[test]
    fn what_lies_in_another_goes_with_it() {
        let folder = |path: &str| {
            let path = RemotePath::new(path).unwrap();
            Metadata { path, kind: Kind::Folder, id: None, rev: None, modified: None, is_deleted: false }
        };
        let left = outermost(["/a/b", "/c", "/a", "/ab", "/a/b/c", "/a"].map(folder).to_vec());
        let left: Vec<_> = left.iter().map(|entry| entry.path.as_str()).collect();
        assert_eq!(left, ["/a", "/ab", "/c"]);
    }
}
