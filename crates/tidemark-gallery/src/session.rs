//! Who is signed in in a browser: a secret in a signed cookie, and what stands behind it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use data_encoding::BASE64URL_NOPAD;
use http::header::COOKIE;
use http::{HeaderMap, HeaderValue};
use sha2::{Digest as _, Sha256};
use tidemark_client::{AccessToken, Account, Client, RefusalKind, RetryPolicy};

use crate::gallery::{Inner, SESSION_LIFE};
use crate::pages::revoke;
use crate::store::{Database, PersonId, Session, StoreError};

/// Who is signed in.
const SESSION: &str = "tidemark-gallery";
/// What signatures of cookies are for.
const PURPOSE: &str = "session cookie";
/// What signatures in pages are for: whoever has one was shown a page of ours in the session that it names.
const FORM_PURPOSE: &str = "form";
/// A session that was used is noted so every so many seconds, and not with each picture.
const SEEN_STEP: i64 = 60 * 60;

/// A token is shown to the server again after so many seconds, while somebody has a page open, as what is kept here is shown without
/// asking the server.
const SHOWN_STEP: i64 = 60;
/// A server that does not answer in time does not keep anybody from what is kept here.
const SHOWN_PATIENCE: Duration = Duration::from_secs(2);

/// A browser in which somebody is signed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Member {
    pub(crate) person: PersonId,
    /// Of the session's secret, which nobody keeps but the browser.
    pub(crate) digest: [u8; 32],
}

/// The sessions that were used lately: asking the database for each picture would be most of the work.
#[derive(Default)]
pub(crate) struct Sessions(Mutex<Known>);

#[derive(Default)]
struct Known {
    /// Whose each is, and when it was used last.
    sessions: HashMap<[u8; 32], (PersonId, i64)>,
    /// How many have ended.
    ended: u64,
    /// When each one's token was shown to the server last.
    shown: HashMap<[u8; 32], i64>,
}

/// How many sessions had ended when somebody went to look for one.
#[derive(Clone, Copy, Debug)]
struct Looked(u64);

impl Sessions {
    fn lock(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whose a session is and when it was used last; if that is not known here, the database is to be asked.
    fn find(&self, digest: &[u8; 32]) -> Result<(PersonId, i64), Looked> {
        let known = self.lock();
        known.sessions.get(digest).copied().ok_or(Looked(known.ended))
    }

    /// Keeps what the database said to somebody who had to ask it. Whoever ends a session deletes it there first, and then here:
    /// what was read before that, and comes after it, is not kept.
    fn keep(&self, digest: &[u8; 32], found: (PersonId, i64), Looked(ended): Looked) {
        let mut known = self.lock();
        if known.ended == ended {
            known.sessions.insert(*digest, found);
        }
    }

    /// Notes that a session was used, unless it ended meanwhile.
    fn touch(&self, digest: &[u8; 32], now: i64) {
        if let Some((_, seen)) = self.lock().sessions.get_mut(digest) {
            *seen = now;
        }
    }

    fn end(&self, digest: &[u8; 32]) {
        let mut known = self.lock();
        known.ended += 1;
        known.sessions.remove(digest);
        known.shown.remove(digest);
    }

    /// Whether it is time to show a session's token to the server again. Whoever is told so does it, and nobody else meanwhile.
    fn is_to_be_shown(&self, digest: &[u8; 32], now: i64) -> bool {
        let mut known = self.lock();
        if !known.sessions.contains_key(digest) {
            return false;
        }
        let is_due = known.shown.get(digest).is_none_or(|shown| now - shown >= SHOWN_STEP);
        if is_due {
            known.shown.insert(*digest, now);
        }
        is_due
    }

    /// Forgets those that were not used since then, as the database did.
    pub(crate) fn forget_unused(&self, since: i64) {
        let mut known = self.lock();
        known.ended += 1;
        known.sessions.retain(|_, (_, seen)| *seen >= since);
        let Known { sessions, shown, .. } = &mut *known;
        shown.retain(|digest, _| sessions.contains_key(digest));
    }
}

impl Inner {
    /// What a cookie of ours is called. Under TLS a prefix keeps neighbours from planting one: that of whole hosts where there is
    /// one.
    fn cookie_name(&self, name: &str) -> String {
        let prefix = match (self.is_secure(), self.options.prefix.is_empty()) {
            (true, true) => "__Host-",
            (true, false) => "__Secure-",
            (false, _) => "",
        };
        format!("{prefix}{name}")
    }

    /// A cookie of ours that a browser sent.
    pub(crate) fn cookie<'a>(&self, headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
        let name = self.cookie_name(name);
        let sent = headers.get_all(COOKIE).into_iter().filter_map(|value| value.to_str().ok());
        let mut pairs =
            sent.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
        pairs.find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    /// The header that sets a cookie of ours for so many seconds.
    pub(crate) fn set_cookie(&self, name: &str, value: &str, life: i64) -> HeaderValue {
        let path = if self.options.prefix.is_empty() { "/" } else { &*self.options.prefix };
        let secure = if self.is_secure() { "; Secure" } else { "" };
        let name = self.cookie_name(name);
        let header = format!("{name}={value}; Path={path}; HttpOnly; SameSite=Lax; Max-Age={life}{secure}");
        HeaderValue::try_from(header).expect("secrets, names and paths of ours are visible ASCII")
    }

    /// The header that takes the session out of a browser.
    pub(crate) fn clear_session(&self) -> HeaderValue {
        self.set_cookie(SESSION, "", 0)
    }

    /// Who asks, if the cookie is one of ours and its session has not ended.
    pub(crate) async fn member(self: &Arc<Self>, headers: &HeaderMap) -> Result<Option<Member>, StoreError> {
        let Some(digest) = self.presented(headers) else { return Ok(None) };
        let now = self.now();
        let (person, seen) = match self.sessions.find(&digest) {
            Ok(known) => known,
            Err(looked) => {
                let session = self.store.blocking(move |store| store.session(&digest)).await?;
                let Some(Session { person, seen, .. }) = session else { return Ok(None) };
                self.sessions.keep(&digest, (person, seen), looked);
                (person, seen)
            }
        };
        if now - seen > SESSION_LIFE {
            self.end(digest).await?;
            return Ok(None);
        }
        if now - seen > SEEN_STEP {
            self.store.writing(move |store| store.touch_session(&digest, now)).await?;
            self.sessions.touch(&digest, now);
        }
        crate::watch::ensure(self, person);
        Ok(Some(Member { person, digest }))
    }

    /// The digest of the secret that a browser shows, if we signed it.
    fn presented(&self, headers: &HeaderMap) -> Option<[u8; 32]> {
        let (secret, signature) = self.cookie(headers, SESSION)?.split_once('.')?;
        if !self.keys.is_signature(PURPOSE, secret.as_bytes(), signature) {
            return None;
        }
        Some(digest_of(secret))
    }

    /// Somebody signs in: the header that the browser is to keep.
    pub(crate) async fn begin(
        self: &Arc<Self>,
        account: &Account,
        token: &AccessToken,
    ) -> Result<HeaderValue, StoreError> {
        let secret = self.fresh_secret();
        let (digest, now) = (digest_of(&secret), self.now());
        // A server of old does not tell which one it is: then it is the one at this address.
        let (inner, account, token) = (self.clone(), account.clone(), token.clone());
        let sign_in = move |store: &Database| {
            let server = inner.options.server.as_str();
            let server_id = account.server_id.as_ref().map_or(server, |id| id.as_str());
            let seal = |person: PersonId| {
                inner.keys.seal(&place(person, &digest), token.reveal(), &*inner.options.entropy)
            };
            let said = (&*account.display_name, &*account.email);
            let signed_in = store.sign_in((server_id, account.uid), said, digest, seal, now)?;
            for session in &signed_in.ended {
                inner.sessions.end(&session.digest);
            }
            Ok(signed_in.ended)
        };
        for session in self.store.writing(sign_in).await? {
            tokio::spawn(revoke(self.clone(), session));
        }
        let value = format!("{secret}.{}", self.keys.signature(PURPOSE, secret.as_bytes()));
        Ok(self.set_cookie(SESSION, &value, SESSION_LIFE))
    }

    /// Ends a session here; its token is somebody else's concern.
    pub(crate) async fn end(self: &Arc<Self>, digest: [u8; 32]) -> Result<(), StoreError> {
        let (inner, now) = (self.clone(), self.now());
        // In one piece, whoever hangs up meanwhile.
        let end = move |store: &Database| {
            store.end_session(&digest, now)?;
            // After that nobody finds it there, to put it here again.
            inner.sessions.end(&digest);
            Ok(())
        };
        self.store.writing(end).await
    }

    /// Whether what somebody allowed is still allowed, as far as is known; the server is asked so every so often. If it is not, the
    /// session ends.
    pub(crate) async fn is_allowed(self: &Arc<Self>, member: &Member) -> Result<bool, StoreError> {
        let digest = member.digest;
        if !self.sessions.is_to_be_shown(&digest, self.now()) {
            return Ok(true);
        }
        let session = self.store.blocking(move |store| store.session(&digest)).await?;
        let Some(client) = session.and_then(|session| self.client_of(&session)) else { return Ok(false) };
        let client = client.with_retries(RetryPolicy::NEVER);
        let asked = tokio::time::timeout(SHOWN_PATIENCE, client.account()).await;
        let is_over = matches!(asked, Ok(Err(error)) if error.kind() == Some(RefusalKind::Unauthorized));
        if is_over {
            self.end(digest).await?;
        }
        Ok(!is_over)
    }

    /// Who asks the server for a session; nothing if its token cannot be opened, under another key.
    pub(crate) fn client_of(&self, session: &Session) -> Option<Client> {
        let token = self.keys.open_sealed(&place(session.person, &session.digest), &session.token)?;
        Some(self.client(AccessToken::new(token).ok()?))
    }

    /// What a page of this session shows to prove that it is one.
    pub(crate) fn form_token(&self, member: &Member) -> String {
        self.keys.signature(FORM_PURPOSE, &member.digest)
    }

    /// Whether it is that.
    pub(crate) fn is_form_token(&self, member: &Member, token: &str) -> bool {
        self.keys.is_signature(FORM_PURPOSE, &member.digest, token)
    }

    /// 256 bits as 43 characters.
    pub(crate) fn fresh_secret(&self) -> String {
        let mut secret = [0; 32];
        self.options.entropy.fill(&mut secret);
        BASE64URL_NOPAD.encode(&secret)
    }
}

fn digest_of(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}

/// What a token is sealed for: nobody can put it into another row.
fn place(person: PersonId, digest: &[u8; 32]) -> Vec<u8> {
    [&person.0.to_be_bytes()[..], digest].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_ended_does_not_come_back() {
        let (sessions, digest, ada) = (Sessions::default(), [1; 32], PersonId(1));
        let look = || sessions.find(&digest).expect_err("it is not known");
        let looked = look();
        sessions.keep(&digest, (ada, 10), looked);
        sessions.touch(&digest, 20);
        assert_eq!(sessions.find(&digest).ok(), Some((ada, 20)));
        sessions.end(&digest);
        sessions.touch(&digest, 30);
        sessions.keep(&digest, (ada, 10), looked);
        let looked = look();
        sessions.end(&[2; 32]);
        sessions.keep(&digest, (ada, 10), looked);
        let _ = look();
        assert!(sessions.lock().sessions.is_empty(), "and whoever is nobody takes no room");
    }

    #[test]
    fn what_nobody_used_takes_no_room() {
        let sessions = Sessions::default();
        for (digest, seen) in [(1, 10), (2, 20)] {
            let looked = sessions.find(&[digest; 32]).unwrap_err();
            sessions.keep(&[digest; 32], (PersonId(1), seen), looked);
        }
        sessions.forget_unused(20);
        assert!(sessions.find(&[1; 32]).is_err() && sessions.find(&[2; 32]).is_ok());
    }
}
