//! Uploads.

use super::{Date, Text};
use serde::Serialize;
use tidemark_core::model::{Sha1, Timestamp, UploadPart, UploadPlan};

/// Files that have come in: there is one client that takes exactly one.
#[derive(Serialize)]
pub(in super::super) struct Entries<T> {
    pub(in super::super) total_count: u64,
    pub(in super::super) entries: [T; 1],
}

/// Where to send an upload.
#[derive(Serialize)]
pub(in super::super) struct UploadUrl {
    pub(in super::super) upload_url: String,
    /// Nobody needs one here.
    pub(in super::super) upload_token: &'static str,
}

/// The state of an upload session.
#[derive(Serialize)]
pub(in super::super) struct UploadSession {
    pub(in super::super) id: String,
    #[serde(rename = "type")]
    pub(in super::super) kind: &'static str,
    pub(in super::super) part_size: u32,
    pub(in super::super) total_parts: u32,
    pub(in super::super) num_parts_processed: u32,
    pub(in super::super) session_expires_at: Date,
    pub(in super::super) session_endpoints: SessionEndpoints,
}

/// Where a session's requests go. There are clients that use nothing else.
#[derive(Serialize)]
pub(in super::super) struct SessionEndpoints {
    pub(in super::super) upload_part: String,
    pub(in super::super) commit: String,
    pub(in super::super) list_parts: String,
    pub(in super::super) abort: String,
    pub(in super::super) status: String,
}

impl UploadSession {
    /// A session, of which `address` tells the whole address of a path.
    pub(in super::super) fn of(
        id: String,
        plan: &UploadPlan,
        expires: Timestamp,
        address: impl Fn(&str) -> String,
    ) -> UploadSession {
        let at = |rest: &str| address(&format!("/api/2.0/files/upload_sessions/{id}{rest}"));
        let session_endpoints = SessionEndpoints {
            upload_part: at(""),
            commit: at("/commit"),
            list_parts: at("/parts"),
            abort: at(""),
            status: at(""),
        };
        UploadSession {
            kind: "upload_session",
            part_size: plan.part_size,
            total_parts: plan.parts(),
            num_parts_processed: plan.received,
            session_expires_at: Date(expires),
            session_endpoints,
            id,
        }
    }
}

/// A part that has come, as it is answered.
#[derive(Serialize)]
pub(in super::super) struct TakenPart {
    pub(in super::super) part: Part,
}

/// A part that has come.
#[derive(Serialize)]
pub(in super::super) struct Part {
    part_id: String,
    offset: u64,
    size: u64,
    sha1: Text<Sha1>,
}

impl Part {
    pub(in super::super) fn of(plan: &UploadPlan, part: &UploadPart) -> Part {
        let range = plan.range(part.index);
        Part {
            // Eight hex digits, no two alike in a session.
            part_id: format!("{:08X}", part.index),
            offset: range.start,
            size: range.end - range.start,
            sha1: Text(part.sha1),
        }
    }
}
