//! Readers of `delta`: one that starts anew each time, and one that goes on from its cursor over all the kills.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use super::http::Connection;

/// What the server says is there, by lower-case path.
pub(crate) type Found = BTreeMap<String, Entry>;

/// The part of an entry's metadata that we compare.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) path: String,
    pub(crate) is_dir: bool,
    pub(crate) bytes: u64,
    pub(crate) revision: u64,
    rev: String,
}

pub(crate) struct Reader {
    token: String,
    cursor: Option<String>,
    state: Found,
}

impl Reader {
    pub(crate) fn new(token: String) -> Self {
        Self { token, cursor: None, state: Found::new() }
    }

    pub(crate) fn token(&self) -> &str {
        &self.token
    }

    /// Everything, read from the start.
    pub(crate) fn read_all(&self, connection: &mut Connection) -> Result<Found> {
        let mut found = Found::new();
        let resets = follow(connection, &self.token, &mut None, &mut found)?;
        ensure!(resets == 1, "a first listing has {resets} resets");
        Ok(found)
    }

    /// Goes on from the cursor, and must end up with the same.
    pub(crate) fn catch_up(&mut self, connection: &mut Connection, found: &Found) -> Result<()> {
        let first = self.cursor.is_none();
        let resets = follow(connection, &self.token, &mut self.cursor, &mut self.state)?;
        ensure!(first || resets == 0, "a cursor from before the kill was reset");
        if let Some(difference) = difference(&self.state, found) {
            bail!("delta from a cursor of before the kill does not equal delta from the start: {difference}");
        }
        Ok(())
    }
}

/// Reads pages until there are no more; returns how many said `reset`.
fn follow(
    connection: &mut Connection,
    token: &str,
    cursor: &mut Option<String>,
    state: &mut Found,
) -> Result<u32> {
    let mut resets = 0;
    loop {
        let form: Vec<(&str, &str)> = cursor.iter().map(|cursor| ("cursor", cursor.as_str())).collect();
        let answer = connection.post(token, "/1/delta", &form)?;
        let page = answer.json();
        ensure!(answer.status == 200, "delta answers {}: {page}", answer.status);
        if page["reset"] == true {
            resets += 1;
            state.clear();
        }
        for change in page["entries"].as_array().context("a page without entries")? {
            let path = change[0].as_str().context("a change without a path")?;
            apply(state, path, &change[1])?;
        }
        *cursor = Some(page["cursor"].as_str().context("a page without a cursor")?.to_owned());
        if page["has_more"] != true {
            return Ok(resets);
        }
    }
}

/// The rule of the protocol: a file or a deletion replaces all that was there, a folder keeps its children.
fn apply(state: &mut Found, path: &str, metadata: &Value) -> Result<()> {
    let entry = if metadata.is_null() { None } else { Some(Entry::of(metadata)?) };
    if !entry.as_ref().is_some_and(|entry| entry.is_dir) {
        state.retain(|known, _| !is_at_or_below(known, path));
    }
    if let Some(entry) = entry {
        state.insert(path.to_owned(), entry);
    }
    Ok(())
}

impl Entry {
    pub(crate) fn of(metadata: &Value) -> Result<Self> {
        let text = |name: &str| metadata[name].as_str().map(str::to_owned);
        let read = || {
            Some(Self {
                path: text("path")?,
                is_dir: metadata["is_dir"].as_bool()?,
                bytes: metadata["bytes"].as_u64()?,
                revision: metadata["revision"].as_u64()?,
                rev: text("rev")?,
            })
        };
        read().with_context(|| format!("metadata that lacks something: {metadata}"))
    }
}

/// The first difference between two pictures of the account.
pub(crate) fn difference(left: &Found, right: &Found) -> Option<String> {
    let changed = left.iter().find(|(path, entry)| right.get(*path) != Some(entry));
    let missing = right.keys().find(|path| !left.contains_key(*path));
    let path = changed.map(|(path, _)| path).or(missing)?;
    Some(format!("at {path}: {:?} and {:?}", left.get(path), right.get(path)))
}

/// Whether a path is a folder's or of something in it.
pub(crate) fn is_at_or_below(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn entry(path: &str, is_dir: bool) -> Value {
        json!({"path": path, "is_dir": is_dir, "bytes": 0, "revision": 1, "rev": "100000001"})
    }

    #[test]
    fn replays_by_the_rules() {
        let mut state = Found::new();
        for (path, is_dir) in [("/a", true), ("/a/b", false), ("/ab", false)] {
            apply(&mut state, path, &entry(path, is_dir)).unwrap();
        }
        apply(&mut state, "/a", &entry("/A", true)).unwrap();
        assert_eq!(state.keys().collect::<Vec<_>>(), ["/a", "/a/b", "/ab"], "a folder keeps its children");
        apply(&mut state, "/a", &Value::Null).unwrap();
        assert_eq!(state.keys().collect::<Vec<_>>(), ["/ab"]);
        assert!(apply(&mut state, "/x", &json!({"path": "/x"})).is_err());
    }
}
