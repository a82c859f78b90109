//! Notifications as this protocol's apps expect them. The page that decided it: `docs/protocols/dropbox-v1.md`, webhooks.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit, Mac};
use serde::Serialize;
use sha2::Sha256;
use tidemark_core::model::{AccountId, App};
use tidemark_core::people::Secret;
use tidemark_core::store::{Egress, EgressError, Entropy, Incoming, OutMethod, Outgoing, Whereto};
use tidemark_core::webhooks::{ChallengeError, Notifier, NotifyError, PATIENCE, whereto};

/// As much of an answer to the challenge as is shown to whoever registers the address, in characters.
const SHOWN_MAX: usize = 100;

/// Asks and tells apps' servers.
pub struct Webhooks {
    egress: Arc<dyn Egress>,
    entropy: Arc<dyn Entropy>,
}

/// A notification's body.
#[derive(Serialize)]
struct Notification {
    delta: Delta,
}

#[derive(Serialize)]
struct Delta {
    /// The uids of people for whom `/delta` has something new.
    users: Vec<u64>,
}

impl Webhooks {
    /// Asks and tells by this way out.
    pub fn new(egress: Arc<dyn Egress>, entropy: Arc<dyn Entropy>) -> Webhooks {
        Webhooks { egress, entropy }
    }

    async fn send(&self, request: Outgoing) -> Result<Incoming, EgressError> {
        let is_strangers = request.whereto == Whereto::Public;
        let sending = tokio::time::timeout(PATIENCE, self.egress.send(request));
        match sending.await.unwrap_or(Err(EgressError::TimedOut)) {
            // A stranger is not told which names there are in the operator's network.
            Err(EgressError::Forbidden) if is_strangers => Err(EgressError::Unknown),
            sent => sent,
        }
    }
}

#[async_trait]
impl Notifier for Webhooks {
    /// GET with `challenge`, which must come back as the whole body.
    async fn challenge(&self, uri: &str, whereto: Whereto) -> Result<(), ChallengeError> {
        let sent = Secret::random(&*self.entropy).reveal().to_owned();
        let joint = if uri.contains('?') { '&' } else { '?' };
        let asking = format!("{uri}{joint}challenge={sent}");
        let request = outgoing(OutMethod::Get, asking, Vec::new(), Bytes::new(), whereto);
        let asked = async {
            let answer = self.send(request).await?;
            match answer.status {
                200 => Ok(beginning(answer, sent.len() + SHOWN_MAX).await?),
                status => Err(ChallengeError::Status(status)),
            }
        };
        let late = Err(ChallengeError::Egress(EgressError::TimedOut));
        let body = tokio::time::timeout(PATIENCE, asked).await.unwrap_or(late)?;
        if body == sent.as_bytes() { Ok(()) } else { Err(ChallengeError::Echo { came: shown(&body), sent }) }
    }

    /// POST, signed with the app's secret. Of the answer only the status counts, and only that is read.
    async fn notify(&self, app: &App, uri: &str, accounts: &[AccountId]) -> Result<u16, NotifyError> {
        let users = accounts.iter().map(|account| account.0).collect();
        let body = serde_json::to_vec(&Notification { delta: Delta { users } });
        let body = body.expect("numbers serialize into memory");
        let headers = vec![
            ("content-type", "application/json".to_owned()),
            ("x-dropbox-signature", signature(&app.secret, &body)),
        ];
        let request = outgoing(OutMethod::Post, uri.to_owned(), headers, body.into(), whereto(app.owner));
        let answer = self.send(request).await?;
        match answer.status {
            status @ 200..300 => Ok(status),
            status => Err(NotifyError::Status(status)),
        }
    }
}

fn outgoing(
    method: OutMethod,
    url: String,
    headers: Vec<(&'static str, String)>,
    body: Bytes,
    whereto: Whereto,
) -> Outgoing {
    // Whoever chose the address has proven it. A redirect would be somebody else's choice.
    Outgoing { method, url, headers, body, whereto, redirects_max: 0, patience: PATIENCE }
}

/// Lower-case hex of the HMAC-SHA256 of the body, as it is sent.
fn signature(secret: &str, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("a key of any length will do");
    mac.update(body);
    HEXLOWER.encode(&mac.finalize().into_bytes())
}

/// An answer's first bytes: a few more than `limit` at most, so that whoever compares sees that there are too many.
async fn beginning(mut answer: Incoming, limit: usize) -> Result<Vec<u8>, EgressError> {
    let mut body = Vec::new();
    while body.len() <= limit {
        let Some(piece) = answer.body.next().await.transpose()? else { break };
        body.extend_from_slice(&piece[..piece.len().min(limit + 1 - body.len())]);
    }
    Ok(body)
}

/// What came, fit for a terminal: escaped, and cut off.
fn shown(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let cut: String = text.chars().take(SHOWN_MAX).collect();
    let dots = if cut.len() < text.len() { "..." } else { "" };
    format!("{}{dots}", cut.escape_debug())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As any other implementation computes it.
    #[test]
    fn the_signature_is_hmac_sha256_in_hex() {
        let (key, body) = ("key", b"The quick brown fox jumps over the lazy dog");
        let known = "f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8";
        assert_eq!(signature(key, body), known);
    }

    #[test]
    fn what_came_cannot_disturb_a_terminal() {
        assert_eq!(shown(b"\x1b[31m\r\n\xff"), "\\u{1b}[31m\\r\\n\u{fffd}");
        assert_eq!(shown("é".repeat(200).as_bytes()), format!("{}...", "é".repeat(100)));
    }
}
