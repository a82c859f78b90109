//! Whether both folders and the server are the same, and whether anything is missing.

use std::collections::BTreeSet;
use std::fmt;

use anyhow::{Context, Result, bail, ensure};

use super::folder::{Folder, Picture};
use super::ledger::{Ledger, Number, number_of};
use crate::rig::http::{self, Connection};
use crate::rig::reader::Reader;

/// What was found where.
pub(super) struct Verdict {
    files: usize,
    folders: usize,
    copies: usize,
    only_kept: usize,
}

/// The first difference between the folders, or between them and the server.
pub(super) fn difference(port: u16, token: &str, folders: &[Folder]) -> Result<Option<String>> {
    let mut pictures = Vec::new();
    for folder in folders {
        match folder.picture()? {
            Some(picture) => pictures.push(picture),
            None => return Ok(Some("somebody is still at work".to_owned())),
        }
    }
    let (first, others) = pictures.split_first().context("there are folders")?;
    for (index, other) in others.iter().enumerate() {
        if let Some(path) = differing(first, other) {
            let [here, there] = [first, other].map(|picture| shown(picture, &path));
            return Ok(Some(format!("{path:?} is {here} in folder 1, {there} in folder {}", index + 2)));
        }
    }
    let mut connection = Connection::open(port)?;
    let found = Reader::new(token.to_owned()).read_all(&mut connection)?;
    for entry in found.values() {
        let here = first.get(entry.path.trim_start_matches('/'));
        let same = here.is_some_and(|bytes| match bytes {
            None => entry.is_dir,
            Some(bytes) => !entry.is_dir && bytes.len() as u64 == entry.bytes,
        });
        if !same {
            return Ok(Some(format!("{:?} is on the server, but not so in the folders", entry.path)));
        }
    }
    Ok((found.len() != first.len()).then(|| "the server lacks something".to_owned()))
}

/// Looks for everything that must be somewhere.
pub(super) fn judge(port: u16, token: &str, folders: &[Folder], ledger: &Ledger) -> Result<Verdict> {
    let picture = folders.first().context("there are folders")?.picture()?.context("nobody is at work")?;
    let files = picture.values().flatten();
    let current: BTreeSet<Number> = files.clone().filter_map(|bytes| number_of(bytes)).collect();
    let mut missing = ledger.there();
    missing.retain(|number, _| !current.contains(number));
    let out_of_sight = missing.len();
    if !missing.is_empty() {
        for bytes in folders.iter().map(Folder::put_away).collect::<Result<Vec<_>>>()?.concat() {
            if let Some(number) = number_of(&bytes) {
                missing.remove(&number);
            }
        }
    }
    if !missing.is_empty() {
        let mut connection = Connection::open(port)?;
        for path in ledger.paths() {
            for number in history(&mut connection, token, &path)? {
                missing.remove(&number);
            }
        }
    }
    if let Some((number, path)) = missing.first_key_value() {
        bail!("{} contents are lost; the first, {number}, was written at {path:?}", missing.len());
    }
    Ok(Verdict {
        files: files.count(),
        folders: picture.values().filter(|bytes| bytes.is_none()).count(),
        copies: picture.keys().filter(|path| path.contains("conflicted copy")).count(),
        only_kept: out_of_sight,
    })
}

/// The contents that were once at a path, as the server tells its revisions.
fn history(connection: &mut Connection, token: &str, path: &str) -> Result<Vec<Number>> {
    let path = http::path(path);
    let answer = connection.get(token, &format!("/1/revisions/auto/{path}?rev_limit=1000"))?;
    if answer.status == 404 || answer.status == 406 {
        return Ok(Vec::new());
    }
    ensure!(answer.status == 200, "revisions of {path} answers {}: {}", answer.status, answer.json());
    let mut numbers = Vec::new();
    for revision in answer.json().as_array().into_iter().flatten() {
        if let Some(rev) = revision["rev"].as_str() {
            let file = connection.get(token, &format!("/1/files/auto/{path}?rev={rev}"))?;
            numbers.extend(number_of(&file.body));
        }
    }
    Ok(numbers)
}

fn differing(one: &Picture, other: &Picture) -> Option<String> {
    let changed = one.iter().find(|(path, bytes)| other.get(*path) != Some(bytes)).map(|(path, _)| path);
    changed.or_else(|| other.keys().find(|path| !one.contains_key(*path))).cloned()
}

fn shown(picture: &Picture, path: &str) -> String {
    match picture.get(path) {
        None => "not there".to_owned(),
        Some(None) => "a folder".to_owned(),
        Some(Some(bytes)) => format!("{} bytes, content {:?}", bytes.len(), number_of(bytes)),
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { files, folders, copies, only_kept } = self;
        write!(
            f,
            "{files} files, {folders} folders, {copies} conflicted copies; nothing lost \
             ({only_kept} contents only in trash or history)"
        )
    }
}
