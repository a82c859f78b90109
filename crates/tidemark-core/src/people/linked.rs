//! What somebody has linked: the programs, with all that they were permitted.

use super::People;
use crate::model::{AccountId, App, Timestamp};
use crate::store::StoreError;
use std::collections::HashMap;

/// A program that somebody has linked, on however many devices.
#[derive(Clone, Debug)]
pub struct LinkedApp {
    /// It.
    pub app: App,
    /// How often it was linked and not unlinked since: one is a device, or a place where it runs.
    pub links: usize,
    /// Since when it has been linked.
    pub since: Timestamp,
    /// When it was used last, to some minutes; nothing if it never was since that is noted.
    pub used: Option<Timestamp>,
}

impl People {
    /// What an account has linked, the program linked last first, this server's own pages aside.
    pub async fn linked_apps(&self, account: AccountId) -> Result<Vec<LinkedApp>, StoreError> {
        let mut linked: Vec<LinkedApp> = Vec::new();
        for (grant, app) in self.grants(account).await? {
            // (An administrator's command may have made a token of that app which lasts.)
            if app.key.0 == App::PAGES && grant.expires.is_some() {
                continue;
            }
            match linked.iter_mut().find(|linked| linked.app.key == app.key) {
                Some(linked) => {
                    (linked.links, linked.since) = (linked.links + 1, grant.created.min(linked.since));
                }
                None => linked.push(LinkedApp { app, links: 1, since: grant.created, used: None }),
            }
        }
        // Of a family, the pair before the newest may be the one that was used last.
        let uses: HashMap<_, _> = self.grants.grant_uses(account).await?.into_iter().collect();
        for grant in self.grants.grants(account).await? {
            let used = uses.get(&grant.id).copied().max(self.uses.grants.last(grant.id));
            if let Some(linked) = linked.iter_mut().find(|linked| linked.app.key == grant.app) {
                linked.used = linked.used.max(used);
            }
        }
        Ok(linked)
    }
}
