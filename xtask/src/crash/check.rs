//! Comparisons over the whole account: the listing against `delta`, and nothing that nobody has made.

use anyhow::{Context, Result, bail, ensure};

use super::client::Client;
use crate::rig::http::{self, Connection};
use crate::rig::reader::{self, Entry, Found, is_at_or_below};

/// Walks all folders by `metadata`; must find the same as `delta` told.
pub(super) fn listing_equals(connection: &mut Connection, token: &str, found: &Found) -> Result<()> {
    let mut listed = Found::new();
    let mut folders = vec![String::new()];
    while let Some(folder) = folders.pop() {
        let answer = connection.get(token, &format!("/1/metadata/auto{}", http::path(&folder)))?;
        let listing = answer.json();
        ensure!(answer.status == 200, "metadata of {folder:?} answers {}: {listing}", answer.status);
        for metadata in listing["contents"].as_array().context("a listing without contents")? {
            let entry = Entry::of(metadata)?;
            if entry.is_dir {
                folders.push(entry.path.clone());
            }
            listed.insert(entry.path.to_lowercase(), entry);
        }
    }
    match reader::difference(&listed, found) {
        Some(difference) => bail!("the listing does not equal delta: {difference}"),
        None => Ok(()),
    }
}

/// Every entry belongs to a client.
pub(super) fn nothing_else(found: &Found, clients: &[Client]) -> Result<()> {
    let stray = found.keys().find(|path| !clients.iter().any(|client| is_at_or_below(path, client.home())));
    ensure!(stray.is_none(), "nobody has made {stray:?}");
    Ok(())
}
