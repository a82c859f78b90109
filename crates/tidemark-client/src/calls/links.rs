//! What stands for an entry elsewhere.

use crate::call::Call;
use crate::model::{CopySource, Link, RemotePath};
use crate::{Client, Error, wire};

impl Client {
    /// The address of a page that shows an entry to whoever has it: the same for every call.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn share(&self, path: &RemotePath, short: bool) -> Result<Link, Error> {
        // It makes the link once and tells it ever after.
        let call = Call::read(self.parts.server.entry("shares", path)).with("short_url", short.to_string());
        self.value::<wire::Address>(&call).await?.link()
    }

    /// The address of a file's bytes, for some hours.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn media(&self, path: &RemotePath) -> Result<Link, Error> {
        let call = Call::read(self.parts.server.entry("media", path));
        self.value::<wire::Address>(&call).await?.link()
    }

    /// A reference to an entry, from which it can be copied to another account.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn copy_ref(&self, path: &RemotePath) -> Result<CopySource, Error> {
        let call = Call::read(self.parts.server.entry("copy_ref", path));
        self.value::<wire::Reference>(&call).await?.source()
    }
}
