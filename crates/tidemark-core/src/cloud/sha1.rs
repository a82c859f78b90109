//! The SHA-1 of files, for the protocols that tell it.

use super::Cloud;
use super::content::Outflow;
use crate::model::{Content, Sha1, Sha1Stream};
use crate::store::StoreError;
use std::sync::Arc;

impl Cloud {
    /// The SHA-1 of each of these contents, in the same order. They were computed while the bytes came in; of those that
    /// came before there was anybody to compute them, the bytes are read, once.
    pub async fn sha1s(&self, contents: &[Content]) -> Result<Vec<Sha1>, StoreError> {
        let addresses: Vec<_> = contents.iter().map(|content| content.address).collect();
        let noted = self.blocks.sha1s(&addresses).await?;
        let mut sha1s = Vec::with_capacity(contents.len());
        for (content, noted) in contents.iter().zip(noted) {
            sha1s.push(match noted {
                _ if content.size == 0 => Sha1::of(&[]),
                Some(sha1) => sha1,
                None => self.compute_sha1(*content).await?,
            });
        }
        Ok(sha1s)
    }

    async fn compute_sha1(&self, content: Content) -> Result<Sha1, StoreError> {
        let mut bytes = Outflow::new(Arc::clone(&self.blocks), content, 0..content.size);
        let mut stream = Sha1Stream::default();
        while let Some(piece) = bytes.next().await {
            stream.update(&piece?);
            tokio::task::yield_now().await;
        }
        let sha1 = stream.finish();
        self.blocks.note_sha1(content.address, sha1).await?;
        Ok(sha1)
    }
}
