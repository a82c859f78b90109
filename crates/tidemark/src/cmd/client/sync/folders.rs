//! Which sync folders this machine has, and where each keeps its state.

use crate::exit::Failure;
use crate::profile::{state_folder, write};
use anyhow::{Context, anyhow};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use tidemark_sync::area::AREA;
use tidemark_sync::marker::{MARKER, Ties};
use tidemark_sync::state::State;

/// The list of folders, in the folder for what may be lost.
const LIST: &str = "sync-folders.json";
/// Held by who changes the list.
const LOCK: &str = "sync-folders.lock";
/// A list that is longer is not ours.
const BYTES_MAX: u64 = 1 << 20;

/// What a folder is in sync with, as this machine remembers it. The folder's own marker must say the same.
#[derive(Clone, Serialize, Deserialize)]
struct Tie {
    server: Box<str>,
    account: Box<str>,
    device: Box<str>,
}

/// Where a folder's database is.
pub(super) fn database(folder: &Path) -> PathBuf {
    folder.join(AREA).join("state.db")
}

/// Whether it looks like a sync folder; whether it is the right one is found out later.
pub(super) fn is_marked(folder: &Path) -> bool {
    folder.join(AREA).symlink_metadata().is_ok()
}

/// Whether it was made a sync folder: here, or where it was copied from.
pub(super) fn has_marker(folder: &Path) -> bool {
    folder.join(AREA).join(MARKER).symlink_metadata().is_ok()
}

/// The sync folder that this one lies in, if any.
pub(super) fn around(folder: &Path) -> Option<&Path> {
    folder.ancestors().skip(1).find(|above| has_marker(above))
}

/// The whole path of a folder, as far as there is any of it.
pub(super) fn whole(folder: &Path) -> std::io::Result<PathBuf> {
    let folder = std::path::absolute(folder)?;
    let there = folder.ancestors().find_map(|above| above.canonicalize().ok().map(|whole| (above, whole)));
    let Some((above, whole)) = there else { return Ok(folder) };
    Ok(folder.strip_prefix(above).map_or_else(|_| folder.clone(), |rest| whole.join(rest)))
}

/// Where a running sync says how it goes.
pub(super) fn status_file(folder: &Path) -> PathBuf {
    folder.join(AREA).join("status.json")
}

/// Every folder that is kept in sync on this machine, or was and is missing.
pub(super) fn known() -> anyhow::Result<Vec<PathBuf>> {
    Ok(listed()?.into_keys().filter(|folder| database(folder).exists() || !is_marked(folder)).collect())
}

/// Whether a folder was set up and is not there, or is another one.
pub(super) fn is_missing(folder: &Path) -> anyhow::Result<bool> {
    Ok(!is_marked(folder) && ties(folder)?.is_some())
}

/// What to do about a folder that is missing.
pub(super) const MISSING: &str = "mount the disk or put the folder back";

/// What to do if it stays missing.
pub(super) fn let_go(folder: &Path) -> String {
    format!(
        "`tidemark sync {0} --anew` sets it up again, and deletes nothing; `tidemark sync forget {0}` lets it go",
        folder.display()
    )
}

/// That it is missing, and what to do about it.
pub(super) fn missing(folder: &Path) -> anyhow::Error {
    anyhow!("the sync folder {} is missing: {MISSING}; {}", folder.display(), let_go(folder))
}

/// What this folder is in sync with, if it was ever set up.
pub(super) fn ties(folder: &Path) -> anyhow::Result<Option<Ties>> {
    let tie = listed()?.remove(folder);
    Ok(tie.map(|Tie { server, account, device }| Ties { server, account, device }))
}

/// Keeps in mind what this folder is in sync with.
pub(super) fn remember(folder: &Path, ties: &Ties) -> anyhow::Result<()> {
    let Ties { server, account, device } = ties.clone();
    change_list(|folders| folders.insert(folder.to_owned(), Tie { server, account, device })).map(|_| ())
}

/// Forgets that this folder was kept in sync; whether that was known.
pub(super) fn forget(folder: &Path) -> anyhow::Result<bool> {
    Ok(change_list(|folders| folders.remove(folder))?.is_some())
}

fn change_list<R>(change: impl FnOnce(&mut BTreeMap<PathBuf, Tie>) -> R) -> anyhow::Result<R> {
    let place = state_folder()?;
    std::fs::create_dir_all(&place).with_context(|| format!("cannot make {}", place.display()))?;
    // Two that are set up at once must not drop each other.
    let lock = File::create(place.join(LOCK)).context("cannot lock the list of sync folders")?;
    lock.lock().context("cannot lock the list of sync folders")?;
    let mut folders = listed()?;
    let done = change(&mut folders);
    write(&place.join(LIST), &serde_json::to_string_pretty(&folders).context("a path is no text")?)?;
    Ok(done)
}

fn listed() -> anyhow::Result<BTreeMap<PathBuf, Tie>> {
    let file = state_folder()?.join(LIST);
    if !file.exists() {
        return Ok(BTreeMap::new());
    }
    let what = || format!("cannot read {}", file.display());
    anyhow::ensure!(
        std::fs::metadata(&file).with_context(what)?.len() <= BYTES_MAX,
        "{} is too long",
        file.display()
    );
    let text = std::fs::read_to_string(&file).with_context(what)?;
    serde_json::from_str(&text).with_context(what)
}

/// The folder that is meant: the only one of this machine if none is named. One that is missing is meant only if there is
/// no other.
pub(super) fn meant(folder: Option<&Path>) -> Result<PathBuf, Failure> {
    if let Some(folder) = folder {
        return Ok(folder.to_owned());
    }
    let (mut known, missing): (Vec<_>, Vec<_>) = known()?.into_iter().partition(|folder| is_marked(folder));
    if known.is_empty() {
        known = missing;
    }
    match known.len() {
        0 => Err(Failure::Unknown(anyhow!("there is no sync folder here: `tidemark sync DIR` makes one"))),
        1 => Ok(known.remove(0)),
        _ => {
            let known: Vec<_> = known.iter().map(|folder| folder.display().to_string()).collect();
            Err(Failure::Misunderstood(anyhow!(
                "there are several sync folders: say which ({})",
                known.join(", ")
            )))
        }
    }
}

/// Opens what is known of a folder, to look at it.
pub(super) fn look_into(folder: &Path) -> Result<State, Failure> {
    let database = expect(folder)?;
    let state = State::open_read_only(&database);
    state
        .with_context(|| format!("cannot look into the state of {}", folder.display()))
        .map_err(Failure::Broken)
}

/// Where the database of a folder is that is kept in sync.
pub(super) fn expect(folder: &Path) -> Result<PathBuf, Failure> {
    let database = database(folder);
    let whole = whole(folder).with_context(|| format!("cannot look at {}", folder.display()))?;
    match database.exists() {
        true => Ok(database),
        false if is_missing(&whole)? => Err(Failure::Unknown(missing(&whole))),
        false => Err(Failure::Unknown(anyhow!(
            "{0} is no sync folder: `tidemark sync {0}` makes it one",
            folder.display()
        ))),
    }
}
