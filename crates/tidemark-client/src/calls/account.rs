//! Whose token it is.

use serde::de::IgnoredAny;

use crate::call::Call;
use crate::{Account, Client, Error, wire};

impl Client {
    /// Whose files these are, on which server, and how much room there is.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn account(&self) -> Result<Account, Error> {
        let call = Call::get(self.parts.server.endpoint("account/info")).with_identity();
        self.value::<wire::AccountInfo>(&call).await?.account()
    }

    /// Ends the token: it cannot be used from here on.
    ///
    /// # Errors
    /// [`Error`]. If it may have happened, doing it again tells: a token that has ended is refused as
    /// [`Unauthorized`](crate::RefusalKind::Unauthorized).
    pub async fn disable_access_token(&self) -> Result<(), Error> {
        let call = Call::change(self.parts.server.endpoint("disable_access_token"));
        self.value::<IgnoredAny>(&call).await.map(|_| ())
    }
}
