//! Apps' servers that are told of changes.

use async_trait::async_trait;
use std::collections::HashMap;
use std::sync::Mutex;
use tidemark_core::model::{AccountId, App};
use tidemark_core::store::{EgressError, Whereto};
use tidemark_core::webhooks::{ChallengeError, Notifier, NotifyError};

/// Servers by their addresses, and the status that each answers everything with. There are no others.
#[derive(Default)]
pub(crate) struct Hooks {
    servers: Mutex<HashMap<String, u16>>,
    told: Mutex<Vec<(String, Vec<AccountId>)>>,
}

impl Hooks {
    pub(crate) fn answers(&self, uri: &str, status: u16) {
        self.servers.lock().unwrap().insert(uri.to_owned(), status);
    }

    /// Who was told of whom, in order.
    pub(crate) fn told(&self) -> Vec<(String, Vec<AccountId>)> {
        self.told.lock().unwrap().clone()
    }

    fn status(&self, uri: &str) -> Result<u16, EgressError> {
        self.servers.lock().unwrap().get(uri).copied().ok_or(EgressError::Unknown)
    }
}

#[async_trait]
impl Notifier for Hooks {
    async fn challenge(&self, uri: &str, whereto: Whereto) -> Result<(), ChallengeError> {
        assert_eq!(whereto, Whereto::Public, "these pages are for strangers");
        match self.status(uri)? {
            200 => Ok(()),
            status => Err(ChallengeError::Status(status)),
        }
    }

    async fn notify(&self, _: &App, uri: &str, accounts: &[AccountId]) -> Result<u16, NotifyError> {
        self.told.lock().unwrap().push((uri.to_owned(), accounts.to_vec()));
        match self.status(uri)? {
            status @ 200..300 => Ok(status),
            status => Err(NotifyError::Status(status)),
        }
    }
}
