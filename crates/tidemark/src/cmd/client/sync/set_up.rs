//! Making a folder a sync folder.

use super::{folders, run};
use crate::exit::Failure;
use anyhow::{Context, anyhow};
use std::path::Path;
use tidemark_client::{Client, Entropy, SystemEntropy};
use tidemark_sync::disk::{Calls, RealDisk};
use tidemark_sync::marker::{self, Ties};
use tidemark_sync::state::{State, StateError};

/// Ties a folder to the account that is asked for. Whatever was known of it is forgotten: what is on both sides is merged, and
/// nothing is deleted. A copy of a sync folder is made one only `anew`: whoever copies it has a copy in mind.
pub(super) async fn set_up(client: &Client, folder: &Path, anew: bool) -> Result<Ties, Failure> {
    let what = || format!("cannot make {} a sync folder", folder.display());
    let disk = RealDisk::open(folder, Calls::Best).with_context(what)?;
    if !anew && marker::is_copy(&disk).await.with_context(what)? {
        return Err(Failure::Refused(anyhow!(
            "{0} is a copy of a sync folder: `tidemark sync {0} --anew` makes it one of its own, which merges both sides and \
             deletes nothing; or remove its folder .tidemark",
            folder.display()
        )));
    }
    let account = client.account().await?;
    let Some(server) = &account.server_id else {
        return Err(Failure::Refused(anyhow!("the server is too old for folder sync: update the server")));
    };
    let ties = Ties {
        server: server.as_str().into(),
        account: account.uid.to_string().into(),
        device: device_id().into(),
    };
    let database = folders::database(folder);
    if database.exists() {
        match State::set_aside(&database) {
            Err(StateError::InUse { holder, .. }) => return Err(run::in_use(folder, holder)),
            done => done.with_context(what)?,
        }
    }
    marker::write(&disk, &ties).await.with_context(what)?;
    folders::remember(folder, &ties)?;
    Ok(ties)
}

/// A name for this folder on this machine that nothing else has.
fn device_id() -> String {
    let mut bytes = [0; 16];
    SystemEntropy.fill(&mut bytes);
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
