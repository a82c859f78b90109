//! A file in many requests.

use bytes::Bytes;
use futures_util::future::join;

use super::session::Mark;
use super::{CHUNK, UploadOptions, UploadSession, Uploaded, body, digest, read_exactly};
use crate::call::{Call, parse, read};
use crate::model::{ContentHash, ContentHasher, Metadata, RemotePath, UploadId};
use crate::retry::{Repeat, Tries};
use crate::{Client, Error, RefusalKind, Source, wire};

/// The largest answer about an upload.
const STATE_MAX: usize = 64 << 10;

/// Where an upload stands.
struct Place {
    /// None before the first chunk.
    upload_id: Option<UploadId>,
    offset: u64,
    /// Has seen all before the offset.
    hasher: ContentHasher,
}

/// What is sent next.
struct Chunk {
    bytes: Bytes,
    /// Has seen all up to the chunk's end.
    hasher: ContentHasher,
}

impl Client {
    pub(super) async fn upload_large(
        &self,
        path: &RemotePath,
        source: &mut dyn Source,
        size: u64,
        options: &UploadOptions,
    ) -> Result<Uploaded, Error> {
        let resumed = match &options.resume {
            Some(session) if session.size == size => self.resume(source, session).await?,
            _ => None,
        };
        let sent = match resumed {
            Some(place) => match self.send(source, size, place, options).await {
                // The server forgot it meanwhile.
                Err(error) if error.kind() == Some(RefusalKind::NotFound) => None,
                sent => Some(sent?),
            },
            None => None,
        };
        let (upload_id, content_hash) = match sent {
            Some(sent) => sent,
            None => self.send(source, size, Place::beginning(), options).await?,
        };
        source.digested(content_hash).await.map_err(Error::Body)?;
        let metadata = self.commit(path, &upload_id, content_hash, options).await?;
        Ok(Uploaded { metadata, content_hash })
    }

    /// Finds out where an earlier try stands, if it is still good for something.
    async fn resume(&self, source: &mut dyn Source, session: &UploadSession) -> Result<Option<Place>, Error> {
        let offset = match self.offset_of(&session.upload_id, session.had.offset).await {
            Ok(offset) => offset,
            // The server forgot it, or it became a file.
            Err(Error::Refused(refusal))
                if matches!(refusal.kind, RefusalKind::NotFound | RefusalKind::BadRequest) =>
            {
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        let Some(mark) = session.mark_at(offset).filter(|mark| mark.offset <= session.size) else {
            return Ok(None);
        };
        let mut place = Place::beginning();
        while place.offset < mark.offset {
            let length = chunk_length(place.offset, mark.offset);
            let bytes = read_exactly(source, place.offset, length).await?;
            digest(&mut place.hasher, &bytes).await;
            place.offset += length as u64;
        }
        let is_same = place.hasher.clone().finish() == mark.digest;
        Ok(is_same.then(|| Place { upload_id: Some(session.upload_id.clone()), ..place }))
    }

    /// Sends what is left, each chunk being read while the one before it is under way.
    async fn send(
        &self,
        source: &mut dyn Source,
        size: u64,
        mut place: Place,
        options: &UploadOptions,
    ) -> Result<(UploadId, ContentHash), Error> {
        let mut next = prepare(source, size, place.offset, place.hasher.clone()).await?;
        while let Some(chunk) = next {
            let end = place.offset + chunk.bytes.len() as u64;
            place.tell(&chunk, size, options);
            let sent = self.send_chunk(&place, &chunk.bytes, size, options);
            let prepared = prepare(source, size, end, chunk.hasher.clone());
            let (sent, prepared) = join(sent, prepared).await;
            place = Place { upload_id: Some(sent?), offset: end, hasher: chunk.hasher };
            next = prepared?;
        }
        let upload_id = place.upload_id.expect("a large file has a chunk");
        Ok((upload_id, place.hasher.finish()))
    }

    /// Sends a chunk until the server has it.
    async fn send_chunk(
        &self,
        place: &Place,
        bytes: &Bytes,
        size: u64,
        options: &UploadOptions,
    ) -> Result<UploadId, Error> {
        let mut tries = Tries::of(self);
        let end = place.offset + bytes.len() as u64;
        loop {
            let body = body(bytes.clone(), place.offset, size, options.progress.as_ref());
            let error = match self.try_chunk(place.upload_id.as_ref(), place.offset, Some(body)).await {
                Ok((upload_id, offset)) if offset == end => return Ok(upload_id),
                Ok(_) => return Err(misplaced()),
                Err(error) => error,
            };
            let in_doubt = error.may_have_happened();
            tries.again(error, Repeat::Always).await?;
            // What nobody knows the name of is forgotten: it is sent as the beginning of another upload.
            if let Some(upload_id) = place.upload_id.as_ref().filter(|_| in_doubt) {
                match self.offset_of(upload_id, place.offset).await? {
                    offset if offset == end => return Ok(upload_id.clone()),
                    offset if offset == place.offset => {}
                    _ => return Err(misplaced()),
                }
            }
        }
    }

    /// How much the server has: it tells when it gets nothing, at the right place or at a wrong one.
    async fn offset_of(&self, upload_id: &UploadId, guess: u64) -> Result<u64, Error> {
        let mut tries = Tries::of(self);
        loop {
            match self.try_chunk(Some(upload_id), guess, None).await {
                Ok((_, offset)) => return Ok(offset),
                Err(error) => tries.again(error, Repeat::Always).await?,
            }
        }
    }

    /// Sends a chunk once. Where the upload stands is no error, whether the chunk was taken or not.
    async fn try_chunk(
        &self,
        upload_id: Option<&UploadId>,
        offset: u64,
        body: Option<crate::Body>,
    ) -> Result<(UploadId, u64), Error> {
        let call = Call::put(self.parts.server.endpoint("chunked_upload"), Repeat::Always)
            .with_some("upload_id", upload_id.map(UploadId::as_str))
            .with("offset", offset.to_string());
        let body = body.unwrap_or(crate::Body::Bytes(Bytes::new()));
        let answer = self.exchange_any(&call, Some(body)).await?;
        if answer.is_good() {
            return parse::<wire::Upload>(&read(answer.body, STATE_MAX).await?)?.state();
        }
        let (refusal, body) = answer.refused().await;
        match parse::<wire::Upload>(&body) {
            Ok(state) if refusal.kind == RefusalKind::BadRequest => state.state(),
            _ => Err(refusal.into()),
        }
    }

    /// Makes it a file. An upload becomes one once only, so this may be asked again when the answer was lost.
    async fn commit(
        &self,
        path: &RemotePath,
        upload_id: &UploadId,
        content_hash: ContentHash,
        options: &UploadOptions,
    ) -> Result<Metadata, Error> {
        let call = Call::change(self.parts.server.entry("commit_chunked_upload", path));
        let call = options.say(call.with("upload_id", upload_id.as_str()));
        let mut tries = Tries::of(self);
        // The first error after which it may have happened.
        let mut doubt = None;
        loop {
            let error = match self.try_value::<wire::Entry>(&call).await {
                Ok(entry) => return entry.metadata(),
                Err(error) => error,
            };
            let goes_on = tries.rest(&error, Repeat::Always).await;
            if goes_on && doubt.is_none() && error.may_have_happened() {
                doubt = Some(error);
            } else if !goes_on {
                let Some(doubt) = doubt else { return Err(error) };
                // It happened the first time, it seems: then the file is there.
                let there = self.metadata(path).await.ok().filter(|there| holds(there, content_hash));
                return there.ok_or(doubt);
            }
        }
    }
}

/// Whether it is a file with just these bytes.
fn holds(there: &Metadata, content_hash: ContentHash) -> bool {
    !there.is_deleted && there.file().and_then(|file| file.content_hash) == Some(content_hash)
}

impl Place {
    fn beginning() -> Place {
        Place { upload_id: None, offset: 0, hasher: ContentHasher::new() }
    }

    /// Tells where it can be resumed while this chunk is under way.
    fn tell(&self, chunk: &Chunk, size: u64, options: &UploadOptions) {
        let (Some(upload_id), Some(progress)) = (&self.upload_id, &options.progress) else { return };
        let had = Mark { offset: self.offset, digest: self.hasher.clone().finish() };
        let end = self.offset + chunk.bytes.len() as u64;
        let sent = Mark { offset: end, digest: chunk.hasher.clone().finish() };
        progress.reached(&UploadSession { upload_id: upload_id.clone(), size, had, sent });
    }
}

/// Reads the chunk that begins there, if there is one.
async fn prepare(
    source: &mut dyn Source,
    size: u64,
    offset: u64,
    mut hasher: ContentHasher,
) -> Result<Option<Chunk>, Error> {
    if offset == size {
        return Ok(None);
    }
    let bytes = read_exactly(source, offset, chunk_length(offset, size)).await?;
    digest(&mut hasher, &bytes).await;
    Ok(Some(Chunk { bytes, hasher }))
}

fn chunk_length(offset: u64, end: u64) -> usize {
    usize::try_from(end - offset).map_or(CHUNK, |left| left.min(CHUNK))
}

fn misplaced() -> Error {
    Error::Malformed("an upload is where nothing was sent".to_owned())
}
