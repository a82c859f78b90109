//! A file in one request.

use super::{UploadOptions, Uploaded, body, digest, read_exactly};
use crate::call::Call;
use crate::model::{ContentHasher, RemotePath};
use crate::retry::Repeat;
use crate::{Client, Error, Source, wire};

impl Client {
    pub(super) async fn upload_small(
        &self,
        path: &RemotePath,
        source: &mut dyn Source,
        size: usize,
        options: &UploadOptions,
    ) -> Result<Uploaded, Error> {
        let bytes = read_exactly(source, 0, size).await?;
        let mut hasher = ContentHasher::new();
        digest(&mut hasher, &bytes).await;
        let content_hash = hasher.finish();
        source.digested(content_hash).await.map_err(Error::Body)?;
        let call = Call::put(self.parts.server.entry("files_put", path), Repeat::IfNotHappened);
        let call = options.say(call);
        let body = || Some(body(bytes.clone(), 0, size as u64, options.progress.as_ref()));
        let metadata = self.value_of::<wire::Entry>(&call, body).await?.metadata()?;
        Ok(Uploaded { metadata, content_hash })
    }
}
