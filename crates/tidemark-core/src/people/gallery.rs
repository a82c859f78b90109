//! The app of the gallery that a server serves itself.

use super::{AppError, NewApp, People, secret};
use crate::model::{Access, App, AppKey};

/// The length of its secret, which nobody is told and nobody needs: codes are exchanged with a verifier.
const WORD_LENGTH: usize = 15;

impl People {
    /// Sees to it that there is the app of the server's own gallery, and that it may send browsers back to this address. Otherwise
    /// it is left as it is: an administrator may have shut it out.
    pub async fn ensure_gallery_app(&self, redirect_uri: &str) -> Result<(), AppError> {
        let app = NewApp {
            name: "Tidemark Gallery".to_owned(),
            access: Access::Full,
            redirect_uris: vec![redirect_uri.to_owned()],
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
        match self.add_redirect_uri(App::GALLERY, redirect_uri).await {
            Ok(_) | Err(AppError::HasRedirectUri(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }
}
