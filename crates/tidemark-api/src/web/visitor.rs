//! The browser that a page is shown to, and who is signed in there.

use super::cookie::Cookie;
use super::page::PageError;
use super::{Site, browser};
use axum::extract::FromRequestParts;
use data_encoding::BASE64URL_NOPAD;
use hmac::{Hmac, KeyInit, Mac};
use http::header::SET_COOKIE;
use http::request::Parts;
use http::{HeaderMap, HeaderValue};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use tidemark_core::model::Account;
use tidemark_core::people::{LINK_PROOF_LIFE, Peer, SESSION_LIFE, Secret};
use tidemark_core::store::StoreError;

/// The length of the secrets in our cookies, in characters.
const SECRET_LENGTH: usize = 43;

/// A browser.
pub(crate) struct Visitor {
    /// Where it is.
    pub(crate) peer: Peer,
    /// Who is signed in.
    pub(crate) account: Option<Account>,
    /// What the browser says that it is, in few words.
    pub(crate) browser: String,
    /// Whether cookies are for TLS only.
    secure: bool,
    /// The secret of the session, if somebody is signed in.
    session: Option<String>,
    /// The secret that forms are bound to otherwise.
    form: Option<String>,
}

impl FromRequestParts<Site> for Visitor {
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, site: &Site) -> Result<Visitor, PageError> {
        Ok(Visitor::of(parts, site).await?)
    }
}

/// Where a request comes from.
pub(crate) fn peer(parts: &Parts, site: &Site) -> Peer {
    site.origin.peer(parts).into()
}

impl Visitor {
    /// Who sent this.
    pub(crate) async fn of(parts: &Parts, site: &Site) -> Result<Visitor, StoreError> {
        let secure = site.origin.is_secure(parts);
        let session = Cookie::Session.read(&parts.headers, secure);
        let account = match session {
            Some(session) => site.people.session(session).await?,
            None => None,
        };
        let session = session.filter(|_| account.is_some()).map(str::to_owned);
        let form = Cookie::Form.read(&parts.headers, secure).filter(|secret| secret.len() == SECRET_LENGTH);
        let (peer, browser) = (peer(parts, site), browser::described(&parts.headers));
        Ok(Visitor { peer, account, browser, secure, session, form: form.map(str::to_owned) })
    }

    /// The header by which it is known here that this browser's user knew a link's password.
    pub(crate) fn unlocked(&self, page: &str, proof: &Secret) -> HeaderValue {
        Cookie::Link.set_below(page, proof.reveal(), Some(LINK_PROOF_LIFE), self.secure)
    }

    /// The proof that goes into every form shown to this browser. If it needs a cookie first, `headers` set it.
    pub(crate) fn form_token(&self, site: &Site, headers: &mut HeaderMap) -> String {
        let fresh;
        let secret = match self.form_secret() {
            Some(secret) => secret,
            None => {
                fresh = site.people.fresh_secret();
                headers.append(SET_COOKIE, Cookie::Form.set(fresh.reveal(), None, self.secure));
                fresh.reveal()
            }
        };
        BASE64URL_NOPAD.encode(&mac(secret))
    }

    /// Whether this is the proof in a form that was shown to this browser.
    pub(crate) fn is_form_token(&self, token: &str) -> bool {
        let expected = self.form_secret().map(mac);
        let sent = BASE64URL_NOPAD.decode(token.as_bytes());
        expected.zip(sent.ok()).is_some_and(|(expected, sent)| expected.ct_eq(&sent).into())
    }

    /// The session's secret while somebody is signed in, so that a form shown before does not count afterwards.
    fn form_secret(&self) -> Option<&str> {
        self.session.as_deref().or(self.form.as_deref())
    }

    /// The secret of the session in which somebody is signed in.
    pub(crate) fn session(&self) -> Option<&str> {
        self.session.as_deref()
    }

    /// The header that signs somebody in.
    pub(crate) fn sign_in(&self, session: &Secret) -> HeaderValue {
        Cookie::Session.set(session.reveal(), Some(SESSION_LIFE), self.secure)
    }

    /// The header that signs out.
    pub(crate) fn sign_out(&self) -> HeaderValue {
        Cookie::Session.clear(self.secure)
    }
}

/// What a form shows of the secret in the cookie: proof that the page came from us, and nothing to sign in with.
fn mac(secret: &str) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("HMAC takes keys of every length");
    mac.update(b"tidemark form");
    mac.finalize().into_bytes().into()
}
