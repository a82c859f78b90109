//! What is done with entries.

use crate::call::Call;
use crate::model::{CopyRef, Cursor, Metadata, RemotePath};
use crate::{Client, Error, wire};

/// None of these calls is repeated when nobody knows whether it happened: done twice, each would tell something else.
impl Client {
    /// Copies a file, or a folder with all that is in it, to where nothing is. Tells the copy.
    ///
    /// # Errors
    /// [`Error`]. If something is there it is [`Forbidden`](crate::RefusalKind::Forbidden).
    pub async fn copy(&self, from: &RemotePath, to: &RemotePath) -> Result<Metadata, Error> {
        let call = self.fileop("copy").with("from_path", from.as_str()).with("to_path", to.as_str());
        self.entry(&call).await
    }

    /// Copies what a reference stands for, which may be another person's, to where nothing is.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn copy_from(&self, reference: &CopyRef, to: &RemotePath) -> Result<Metadata, Error> {
        let call = self.fileop("copy").with("from_copy_ref", reference.as_str()).with("to_path", to.as_str());
        self.entry(&call).await
    }

    /// Makes a folder, and those around it.
    ///
    /// # Errors
    /// [`Error`]. If something is there it is [`Forbidden`](crate::RefusalKind::Forbidden).
    pub async fn create_folder(&self, path: &RemotePath) -> Result<Metadata, Error> {
        let call = self.fileop("create_folder").with("path", path.as_str());
        self.entry(&call).await
    }

    /// Moves an entry, with all that is in it, to where nothing is.
    ///
    /// With a cursor: only if nothing at or below `from` has changed since; otherwise it is refused as
    /// [`ChangedSince`](crate::RefusalKind::ChangedSince).
    ///
    /// # Errors
    /// [`Error`]. If something is there it is [`Forbidden`](crate::RefusalKind::Forbidden).
    pub async fn move_to(
        &self,
        from: &RemotePath,
        to: &RemotePath,
        as_of: Option<&Cursor>,
    ) -> Result<Metadata, Error> {
        let call = self
            .fileop("move")
            .with("from_path", from.as_str())
            .with("to_path", to.as_str())
            .with_some("as_of", as_of.map(Cursor::as_str));
        self.entry(&call).await
    }

    /// Deletes an entry, with all that is in it. It can be restored.
    ///
    /// With a cursor: only if nothing at or below the path has changed since; otherwise it is refused as
    /// [`ChangedSince`](crate::RefusalKind::ChangedSince).
    ///
    /// # Errors
    /// [`Error`].
    pub async fn delete(&self, path: &RemotePath, as_of: Option<&Cursor>) -> Result<Metadata, Error> {
        let call =
            self.fileop("delete").with("path", path.as_str()).with_some("as_of", as_of.map(Cursor::as_str));
        self.entry(&call).await
    }

    fn fileop(&self, name: &str) -> Call {
        let url = self.parts.server.endpoint(&format!("fileops/{name}"));
        Call::change(url).with("root", "auto").with_identity()
    }

    pub(crate) async fn entry(&self, call: &Call) -> Result<Metadata, Error> {
        self.value::<wire::Entry>(call).await?.metadata()
    }
}
