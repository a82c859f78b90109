//! The app of the gallery that a server serves itself.

use super::apps::without_loopback_port;
use super::{AppError, NewApp, People, secret};
use crate::model::{Access, App, AppKey};
use crate::store::AppChange;

/// The length of its secret, which nobody is told and nobody needs: codes are exchanged with a verifier.
const WORD_LENGTH: usize = 15;

impl People {
    /// Sees to it that there is the app of the server's own gallery, and that it may send browsers back to this address (on this
    /// machine, at every port) and to no other: where the gallery was before there may be somebody else by now. Otherwise it is
    /// left as it is: an administrator may have shut it out.
    ///
    /// # Errors
    /// [`AppError::RedirectUri`] if codes must not travel there, [`AppError::Store`] if it could not be done.
    pub async fn ensure_gallery_app(&self, redirect_uri: &str) -> Result<(), AppError> {
        let redirect_uri = without_loopback_port(redirect_uri);
        let app = NewApp {
            name: "Tidemark Gallery".to_owned(),
            access: Access::Full,
            redirect_uris: vec![redirect_uri.clone()],
            same_name: true,
            webhook_uris: Vec::new(),
            owner: None,
        };
        self.check_app(&app).await?;
        let NewApp { name, access, redirect_uris, webhook_uris, owner, .. } = app;
        let key = AppKey(App::GALLERY.to_owned());
        let secret = secret::random_word(&*self.entropy, WORD_LENGTH);
        let (disabled, paused, created) = (false, false, self.clock.now());
        let app =
            App { key, secret, name, access, redirect_uris, webhook_uris, owner, disabled, paused, created };
        if self.accounts.app(&app.key).await?.is_none() && self.accounts.add_app(&app).await? {
            return Ok(());
        }
        let app = match self.add_redirect_uri(App::GALLERY, &redirect_uri).await {
            Ok(app) => app,
            Err(AppError::HasRedirectUri(_)) => self.app(App::GALLERY).await?,
            Err(error) => return Err(error),
        };
        for other in app.redirect_uris.into_iter().filter(|known| *known != redirect_uri) {
            self.change_app(App::GALLERY, AppChange::RemoveRedirectUri(other)).await?;
        }
        Ok(())
    }
}
