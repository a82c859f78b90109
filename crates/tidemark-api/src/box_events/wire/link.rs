//! Shared links.

use super::Date;
use serde::Serialize;

/// A link, as the objects of what it shows tell it.
#[derive(Clone, Debug, Serialize)]
pub(in super::super) struct SharedLink {
    pub(in super::super) url: String,
    /// Of a folder, and where nothing may be had, there is none.
    pub(in super::super) download_url: Option<String>,
    pub(in super::super) vanity_url: Option<String>,
    pub(in super::super) vanity_name: Option<String>,
    pub(in super::super) access: &'static str,
    pub(in super::super) effective_access: &'static str,
    pub(in super::super) effective_permission: &'static str,
    pub(in super::super) unshared_at: Option<Date>,
    pub(in super::super) is_password_enabled: bool,
    pub(in super::super) permissions: LinkPermissions,
    pub(in super::super) download_count: u64,
    pub(in super::super) preview_count: u64,
}

/// What whoever has a link may do with what it shows. Every field must be there.
#[derive(Clone, Copy, Debug, Serialize)]
pub(in super::super) struct LinkPermissions {
    pub(in super::super) can_download: bool,
    pub(in super::super) can_preview: bool,
    pub(in super::super) can_edit: bool,
}
