//! One part on its way into a session.

use super::super::content::{Intake, IntakeError};
use super::PartSessionError;
use crate::cloud::{Cloud, Scope};
use crate::model::{AppKey, Sha1, UploadId, UploadPart, UploadPlan};
use crate::store::{PartAdded, StoreError};
use bytes::Bytes;
use std::ops::Range;

/// How many parts that came before their turn are read again at most while another one comes in.
const READ_BESIDE_MAX: usize = 2;

/// Why a part was not taken.
#[derive(Debug, thiserror::Error)]
pub enum PartError {
    /// Its session cannot take it.
    #[error(transparent)]
    Session(#[from] PartSessionError),
    /// No part of the file lies just there.
    #[error("no part of the file has this range")]
    Misplaced,
    /// Fewer or more bytes came than the range has.
    #[error("the part is not as long as its range")]
    Length,
    /// It has another SHA-1 than was said.
    #[error("the part has another SHA-1")]
    Digest,
    /// Other bytes were taken there before.
    #[error("another part was taken there before")]
    Overlap(UploadPart),
}

impl From<StoreError> for PartError {
    fn from(error: StoreError) -> PartError {
        PartError::Session(error.into())
    }
}

/// One part on its way into a session.
pub struct PartIntake {
    id: UploadId,
    plan: UploadPlan,
    index: u32,
    sha1: Sha1,
    intake: Intake,
}

impl Cloud {
    /// Begins to take the part that lies at `range` and is said to have this SHA-1.
    pub async fn part(
        &self,
        scope: &Scope,
        app: &AppKey,
        id: UploadId,
        range: Range<u64>,
        sha1: Sha1,
    ) -> Result<PartIntake, PartError> {
        let (_, plan) = self.session_in_parts(scope, app, id).await?;
        let index = plan.index(&range).ok_or(PartError::Misplaced)?;
        // What cannot succeed need not come in first.
        let there = self.uploads.parts(id, index, 1).await?.pop().filter(|there| there.index == index);
        if let Some(there) = there.filter(|there| there.sha1 != sha1) {
            return Err(PartError::Overlap(there));
        }
        let intake = Intake::keeping(&self.blocks, range.end - range.start);
        Ok(PartIntake { id, plan, index, sha1, intake })
    }

    /// The part is complete: checks it, makes it part of its session, and answers it. Sent once more, it is the same.
    pub async fn finish_part(&self, part: PartIntake) -> Result<UploadPart, PartError> {
        let PartIntake { id, plan, index, sha1, intake } = part;
        let range = plan.range(index);
        if intake.size() != range.end - range.start {
            return Err(PartError::Length);
        }
        if intake.sha1() != sha1 {
            return Err(PartError::Digest);
        }
        let (blocks, bytes) = intake.finish_part().await?;
        let part = UploadPart { index, sha1, blocks };
        match self.add_part(id, &part, bytes).await? {
            PartAdded::Done => Ok(part),
            PartAdded::Taken(there) if there == part => Ok(part),
            PartAdded::Taken(there) => Err(PartError::Overlap(there)),
            PartAdded::Closed => Err(self.why_closed(id).await?.into()),
        }
    }

    async fn add_part(
        &self,
        id: UploadId,
        part: &UploadPart,
        bytes: Vec<Bytes>,
    ) -> Result<PartAdded, StoreError> {
        // One at a time reads what came early, or two would read the same; whoever finds that somebody does it leaves it.
        let reading = self.hashing.reading(id).try_lock();
        let reads = if reading.is_ok() { READ_BESIDE_MAX } else { 0 };
        let Some((session, plan)) = self.open_plan(id).await? else { return Ok(PartAdded::Closed) };
        let hashed = self.hash_on(&session, &plan, Some((part.index, &bytes)), reads).await?;
        let passed = hashed.as_ref().map_or(plan.hashed, |hashed| hashed.parts);
        let now = self.clock.now();
        if part.index >= passed {
            self.hashing.hold(id, part, bytes, now);
        }
        let added = self.uploads.add_part(id, part.clone(), hashed, now).await?;
        match &added {
            PartAdded::Done => self.hashing.forget_below(id, passed),
            PartAdded::Taken(there) if there == part => self.hashing.forget_below(id, plan.hashed),
            PartAdded::Taken(_) | PartAdded::Closed => self.hashing.drop_part(id, part),
        }
        Ok(added)
    }

    /// Why a session that was open is not any more.
    async fn why_closed(&self, id: UploadId) -> Result<PartSessionError, StoreError> {
        let session = self.uploads.upload(id).await?;
        Ok(match session {
            Some(session) if session.committed.is_some() => PartSessionError::Closed,
            Some(session) if !session.closed => PartSessionError::Expired,
            _ => PartSessionError::Unknown,
        })
    }
}

impl PartIntake {
    /// What its session is to become, as it was when the part began.
    #[must_use]
    pub fn plan(&self) -> &UploadPlan {
        &self.plan
    }

    /// Takes some more of the part.
    pub async fn push(&mut self, bytes: Bytes) -> Result<(), PartError> {
        self.intake.push(bytes).await.map_err(|error| match error {
            IntakeError::TooLarge { .. } => PartError::Length,
            IntakeError::Store(error) => error.into(),
        })
    }
}
