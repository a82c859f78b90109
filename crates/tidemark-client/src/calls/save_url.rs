//! Files that the server gets by itself from elsewhere.

use crate::call::Call;
use crate::model::{JobId, RemotePath, SaveJob, SaveStatus};
use crate::{Client, Error, wire};

impl Client {
    /// Lets the server download `url` into a new file.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn save_url(&self, path: &RemotePath, url: &str) -> Result<SaveJob, Error> {
        let call = Call::change(self.parts.server.entry("save_url", path)).with("url", url);
        self.value::<wire::Job>(&call).await?.begun()
    }

    /// How far such a download is.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn save_url_job(&self, id: &JobId) -> Result<SaveStatus, Error> {
        let call = Call::get(self.parts.server.item("save_url_job", id.as_str()));
        self.value::<wire::Job>(&call).await?.status()
    }
}
