//! What there is on the server: below a folder, and behind a pattern.

use super::entry::quoted;
use crate::exit::Failure;
use crate::remote_glob::{Part, Pattern, plain};
use anyhow::anyhow;
use std::collections::{BTreeMap, BTreeSet};
use tidemark_client::{Client, DeltaPage, Error, ListOptions, Listing, Metadata, RefusalKind, RemotePath};

/// What went wrong with a path. That the server is away, or takes no token, is not about the path.
pub(super) fn about(path: &RemotePath, error: Error) -> Failure {
    match Failure::from(error) {
        failure @ (Failure::Unreachable(_) | Failure::Unlinked(_)) => failure,
        failure => failure.during(quoted(path)),
    }
}

/// What is at a path now.
pub(super) async fn entry(client: &Client, path: &RemotePath) -> Result<Metadata, Failure> {
    match entry_if_any(client, path).await? {
        Some(entry) => Ok(entry),
        None => Err(nothing_at(path)),
    }
}

/// The same, where there may be nothing.
pub(super) async fn entry_if_any(client: &Client, path: &RemotePath) -> Result<Option<Metadata>, Failure> {
    look(client, path).await.map_err(|error| about(path, error))
}

/// The same, for whoever says by itself which path it is about.
pub(super) async fn look(client: &Client, path: &RemotePath) -> Result<Option<Metadata>, Error> {
    match client.metadata(path).await {
        Ok(entry) => Ok((!entry.is_deleted).then_some(entry)),
        Err(error) if error.kind() == Some(RefusalKind::NotFound) => Ok(None),
        Err(error) => Err(error),
    }
}

pub(super) fn nothing_at(path: &RemotePath) -> Failure {
    Failure::Unknown(anyhow!("there is nothing at {}", quoted(path)))
}

/// What is directly in a folder, in the server's order.
pub(super) async fn children(client: &Client, folder: &RemotePath) -> Result<Vec<Metadata>, Failure> {
    match client.list(folder, &ListOptions::default()).await {
        Ok(Listing::Folder { contents, .. }) => sensible(folder, contents),
        Ok(Listing::Entry(entry)) if !entry.is_deleted => {
            Err(Failure::Refused(anyhow!("{} is no folder", quoted(folder))))
        }
        Ok(Listing::Entry(_) | Listing::Unchanged) => Err(nothing_at(folder)),
        Err(error) if error.kind() == Some(RefusalKind::NotFound) => Err(nothing_at(folder)),
        // More than the server lists at once: `delta` tells any number, and all that lies below with it.
        Err(error) if error.kind() == Some(RefusalKind::TooLarge) => children_by_delta(client, folder).await,
        Err(error) => Err(about(folder, error)),
    }
}

/// A folder, there or deleted, with what is directly in it and what was deleted from it or with it. Of one that was moved
/// away, its content is told where it is now: nothing is in it here.
pub(super) async fn with_deleted(
    client: &Client,
    folder: &RemotePath,
) -> Result<Option<(Metadata, Vec<Metadata>)>, Failure> {
    let options = ListOptions { include_deleted: true, ..ListOptions::default() };
    match client.list(folder, &options).await {
        Ok(Listing::Folder { folder: entry, contents, .. }) => Ok(Some((entry, sensible(folder, contents)?))),
        Ok(Listing::Entry(entry)) if entry.is_deleted => Ok(None),
        Ok(Listing::Entry(_)) => Err(Failure::Refused(anyhow!("{} is no folder", quoted(folder)))),
        Ok(Listing::Unchanged) => Err(nothing_at(folder)),
        Err(error) if error.kind() == Some(RefusalKind::NotFound) => Err(nothing_at(folder)),
        Err(error) => Err(about(folder, error)),
    }
}

/// What a listing tells is in the folder, whoever tells it.
fn sensible(folder: &RemotePath, contents: Vec<Metadata>) -> Result<Vec<Metadata>, Failure> {
    let depth = folder.names().count() + 1;
    match contents.iter().all(|entry| entry.path.names().count() == depth) {
        true => Ok(contents),
        false => Err(Failure::Broken(anyhow!("the server's list of {} makes no sense", quoted(folder)))),
    }
}

async fn children_by_delta(client: &Client, folder: &RemotePath) -> Result<Vec<Metadata>, Failure> {
    let (mut found, mut cursor) = (BTreeMap::new(), None);
    loop {
        let page = client.delta(cursor.as_ref(), Some(folder)).await;
        let page = page.map_err(|error| about(folder, error))?;
        let (has_more, next) = (page.has_more, page.cursor.clone());
        apply(&mut found, folder, page);
        if !has_more {
            return Ok(found.into_values().collect());
        }
        cursor = Some(next);
    }
}

/// Brings what is directly in a folder up to date, by the rules of `delta`.
fn apply(found: &mut BTreeMap<String, Metadata>, folder: &RemotePath, page: DeltaPage) {
    if page.reset {
        found.clear();
    }
    let depth = folder.names().count();
    for (key, now) in page.entries {
        let name = key.names().nth(depth).map(str::to_owned);
        match (name, key.names().count() == depth + 1, now) {
            (Some(name), true, Some(entry)) => {
                found.insert(name, entry);
            }
            (Some(name), true, None) => {
                found.remove(&name);
            }
            // It lies deeper.
            (Some(_), false, _) => {}
            // The folder itself, or one around it, is gone or has become something else.
            (None, _, None) => found.clear(),
            (None, _, Some(entry)) if !entry.is_folder() => found.clear(),
            (None, _, Some(_)) => {}
        }
    }
}

/// The same, and what was deleted from a path that has no pattern in it, if nothing is there now.
pub(super) async fn find_deleted(client: &Client, pattern: &str) -> Result<Vec<Metadata>, Failure> {
    let failure = match find(client, pattern).await {
        Err(failure @ Failure::Unknown(_)) => failure,
        found => return found,
    };
    let Ok(path) = plain(pattern) else { return Err(failure) };
    match client.metadata(&path).await {
        Ok(entry) => Ok(vec![entry]),
        Err(error) if error.kind() == Some(RefusalKind::NotFound) => Err(failure),
        Err(error) => Err(Failure::from(error).during(quoted(&path))),
    }
}

/// What a pattern stands for, in order of the paths. There is something, or it is a failure.
pub(super) async fn find(client: &Client, pattern: &str) -> Result<Vec<Metadata>, Failure> {
    let parsed = Pattern::new(pattern).map_err(Failure::Misunderstood)?;
    let mut found = match parsed.path() {
        Some(path) => vec![entry(client, &path).await?],
        None => expand(client, &parsed).await?,
    };
    // As in a shell, what nothing is like stands for itself: many names have brackets in them.
    if found.is_empty()
        && let Ok(path) = plain(pattern)
    {
        found.extend(entry_if_any(client, &path).await?);
    }
    let wanted = |entry: &Metadata| entry.is_folder() || !parsed.wants_folder;
    let found: Vec<Metadata> = found.into_iter().filter(wanted).collect();
    match found.is_empty() {
        true => Err(Failure::Unknown(anyhow!("nothing is like '{}'", crate::words::shown(pattern)))),
        false => Ok(found),
    }
}

async fn expand(client: &Client, pattern: &Pattern) -> Result<Vec<Metadata>, Failure> {
    let (beginning, parts) = pattern.beginning().map_err(Failure::Misunderstood)?;
    let mut found: BTreeMap<RemotePath, Metadata> = BTreeMap::new();
    // Folders to look into, and how many parts lie behind them; each is looked into once for each number.
    let mut open = vec![(beginning, 0)];
    let mut seen: BTreeSet<(RemotePath, usize)> = BTreeSet::new();
    while let Some((folder, at)) = open.pop() {
        if !seen.insert((folder.clone(), at)) {
            continue;
        }
        let is_last = at + 1 == parts.len();
        if let Part::Name(name) = &parts[at] {
            let path = folder.join(name).map_err(|error| Failure::Misunderstood(error.into()))?;
            if !is_last {
                open.push((path, at + 1));
            } else if let Some(entry) = entry_if_any(client, &path).await? {
                found.insert(path, entry);
            }
            continue;
        }
        let inside = match children(client, &folder).await {
            Ok(inside) => inside,
            // What is no folder, or is none any more, holds nothing.
            Err(Failure::Unknown(_) | Failure::Refused(_)) => continue,
            Err(failure) => return Err(failure),
        };
        if parts[at] == Part::Folders && !is_last {
            open.push((folder, at + 1));
        }
        for entry in inside {
            match &parts[at] {
                Part::Like(glob) if !glob.matches(entry.path.name().unwrap_or_default()) => continue,
                Part::Like(_) if !is_last && entry.is_folder() => open.push((entry.path.clone(), at + 1)),
                Part::Folders if entry.is_folder() => open.push((entry.path.clone(), at)),
                Part::Like(_) | Part::Folders | Part::Name(_) => {}
            }
            if is_last {
                found.insert(entry.path.clone(), entry);
            }
        }
    }
    Ok(found.into_values().collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use tidemark_client::{Cursor, Kind};

    fn folder(path: &str) -> (RemotePath, Option<Metadata>) {
        let path = RemotePath::new(path).unwrap();
        let entry = Metadata {
            path: path.clone(),
            kind: Kind::Folder,
            id: None,
            rev: None,
            modified: None,
            is_deleted: false,
        };
        (path, Some(entry))
    }

    fn gone(path: &str) -> (RemotePath, Option<Metadata>) {
        (RemotePath::new(path).unwrap(), None)
    }

    /// A folder with more in it than is listed at once: what changes while its pages are read is right at the end.
    #[test]
    fn pages_of_changes_make_a_listing() {
        let mut found = BTreeMap::new();
        let mut check = |reset, entries, expected: &[&str]| {
            let page = DeltaPage { reset, entries, cursor: Cursor::new("c").unwrap(), has_more: false };
            apply(&mut found, &RemotePath::new("/a").unwrap(), page);
            assert_eq!(found.keys().collect::<Vec<_>>(), expected);
        };
        check(true, vec![folder("/a"), folder("/a/x"), folder("/a/x/deep"), folder("/a/y")], &["x", "y"]);
        check(false, vec![gone("/a/x/deep"), gone("/a/y"), folder("/a/z")], &["x", "z"]);
        check(false, vec![folder("/a")], &["x", "z"]);
        check(false, vec![gone("/a"), folder("/a"), folder("/a/w")], &["w"]);
        check(true, vec![], &[]);
    }
}
