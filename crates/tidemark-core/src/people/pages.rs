//! What the pages of a session call the API with.

use super::{People, Secret};
use crate::model::{AccountId, App, AppKey, Proof, SecretHash, Session};
use crate::store::{NewGrant, StoreError};
use data_encoding::BASE64URL_NOPAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Keeps this key apart from what else is made of the server's secret.
const LABEL: &[u8] = b"tidemark page token 1";

/// Of what page tokens are worked out.
pub(super) struct PageKey([u8; 32]);

impl PageKey {
    pub(super) fn new(secret: &[u8; 32]) -> PageKey {
        let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("HMAC takes keys of every length");
        mac.update(LABEL);
        PageKey(mac.finalize().into_bytes().into())
    }

    /// The token of a session, always the same: whoever ends the session knows which token ends with it.
    fn token(&self, session: &Session) -> Secret {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes keys of every length");
        mac.update(&session.secret.0);
        Secret::derived(BASE64URL_NOPAD.encode(&mac.finalize().into_bytes()))
    }
}

impl People {
    /// A bearer token of [`App::PAGES`] for the pages of this session, whose end is the token's, too; nothing if nobody is
    /// signed in there, or an administrator has shut the pages out.
    pub async fn page_token(&self, session: &str) -> Result<Option<Secret>, StoreError> {
        // Two pages of a session that ask at once get one token, and it is kept once.
        let _turn = self.page_tokens.lock().await;
        let Some(open) = self.usable_session(session).await? else { return Ok(None) };
        let Some(app) = self.open_app(App::PAGES).await? else { return Ok(None) };
        let token = self.page_key().token(&open);
        if self.grants.grant(token.hash()).await?.is_none() {
            let now = self.clock.now();
            let lasting = NewGrant::lasting(open.account, &app.key, Proof::Bearer, token.hash(), now);
            let grant = self.grants.add_grant(NewGrant { expires: Some(open.expires), ..lasting }).await?;
            if self.usable_session(session).await?.is_none() {
                // It ended meanwhile, and whoever ended it may have come before the token.
                self.grants.revoke_grant(grant.id).await?;
                return Ok(None);
            }
        }
        Ok(Some(token))
    }

    /// Ends the token of a session that has ended.
    pub(super) async fn end_page_token(&self, session: &Session) -> Result<(), StoreError> {
        let token = self.page_key().token(session);
        if let Some((grant, ..)) = self.grants.grant(token.hash()).await? {
            self.grants.revoke_grant(grant.id).await?;
        }
        Ok(())
    }

    /// Ends every session of an account, and the tokens of all its pages and of the server's own gallery.
    pub(super) async fn end_all_sessions(&self, account: AccountId) -> Result<usize, StoreError> {
        let ended = self.grants.end_sessions(account, None).await?;
        for own in [App::PAGES, App::GALLERY] {
            self.grants.unlink(account, &AppKey(own.to_owned())).await?;
        }
        Ok(ended)
    }

    /// The same for all others than this one. Which of the gallery's tokens belongs to which browser is not known here, so all of
    /// them end: whoever was shut out of the files must not go on looking at them.
    pub(super) async fn end_sessions_but(&self, here: &Session) -> Result<usize, StoreError> {
        let ended = self.grants.end_sessions(here.account, Some(here.id)).await?;
        let stays = self.grants.grant(self.page_token_of(here)).await?.map(|(grant, ..)| grant.id);
        for grant in self.grants.grants(here.account).await? {
            if grant.app.0 == App::PAGES && Some(grant.id) != stays {
                self.grants.revoke_grant(grant.id).await?;
            }
        }
        self.grants.unlink(here.account, &AppKey(App::GALLERY.to_owned())).await?;
        Ok(ended)
    }

    /// What is kept of the token of a session's pages, if they have asked for it.
    pub(super) fn page_token_of(&self, session: &Session) -> SecretHash {
        self.page_key().token(session).hash()
    }

    /// The session with this secret, if somebody is signed in there.
    async fn usable_session(&self, session: &str) -> Result<Option<Session>, StoreError> {
        let Some(session) = self.open_session_of(session).await? else { return Ok(None) };
        Ok(self.enabled_account(session.account).await?.map(|_| session))
    }

    fn page_key(&self) -> &PageKey {
        self.page_key.get_or_init(|| PageKey::new(&self.made_up_secret()))
    }
}
