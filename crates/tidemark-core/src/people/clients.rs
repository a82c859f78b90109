//! Programs that prove which one they are with their secret.

use super::throttle::Subject;
use super::{Peer, People};
use crate::model::AppKey;
use crate::store::StoreError;
use std::time::Duration;
use subtle::ConstantTimeEq;

/// Why a program is not what it says.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// It is unknown or shut out, or its secret is wrong.
    #[error("the client is unknown, or its secret is wrong")]
    Unproven,
    /// Too many attempts went wrong.
    #[error("too many attempts: try again in {} s", .0.as_secs() + 1)]
    Wait(Duration),
    /// It could not be found out.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl People {
    /// The program with this key, if it is what it says. Without a secret it only says so: something else must prove
    /// the rest.
    pub(super) async fn proven_app(
        &self,
        key: &str,
        secret: Option<&str>,
        peer: Peer,
    ) -> Result<AppKey, ClientError> {
        let subject = Subject::App(key.chars().take(64).collect());
        self.throttle.admit(peer, &subject, self.clock.now()).map_err(ClientError::Wait)?;
        let app = self.accounts.app(&AppKey(key.to_owned())).await?;
        let expected = app.as_ref().map_or("", |app| &app.secret);
        let right = secret.is_none_or(|secret| same(secret, expected));
        match app {
            Some(app) if right && !app.disabled => {
                if secret.is_some() {
                    self.throttle.succeeded(peer, subject);
                }
                Ok(app.key)
            }
            _ => {
                self.throttle.failed(peer, subject, self.clock.now());
                Err(ClientError::Unproven)
            }
        }
    }
}

/// Whether two secrets are the same, in a time that depends on their lengths only.
pub(super) fn same(presented: &str, expected: &str) -> bool {
    presented.as_bytes().ct_eq(expected.as_bytes()).into()
}
