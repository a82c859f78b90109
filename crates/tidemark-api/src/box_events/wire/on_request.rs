//! What is told of a file or a folder only if it is asked for by name. Of what this server has not (comments, locks,
//! collaboration), it is told that there is none.

use super::super::fields::Set;
use super::{Object, View};
use crate::content::Extension;
use serde::Serialize;
use serde::ser::SerializeMap;
use tidemark_core::model::Entry;

/// What its owner may do with a file. Every field must be there.
#[derive(Serialize)]
struct FilePermissions {
    can_annotate: bool,
    can_comment: bool,
    can_delete: bool,
    can_download: bool,
    can_invite_collaborator: bool,
    can_preview: bool,
    can_rename: bool,
    can_set_share_access: bool,
    can_share: bool,
    can_upload: bool,
    can_view_annotations_all: bool,
    can_view_annotations_self: bool,
}

/// The same of a folder.
#[derive(Serialize)]
struct FolderPermissions {
    can_delete: bool,
    can_download: bool,
    can_invite_collaborator: bool,
    can_rename: bool,
    can_set_share_access: bool,
    can_share: bool,
    can_upload: bool,
}

const OF_A_FILE: FilePermissions = FilePermissions {
    can_annotate: false,
    can_comment: false,
    can_delete: true,
    can_download: true,
    can_invite_collaborator: false,
    can_preview: true,
    can_rename: true,
    can_set_share_access: true,
    can_share: true,
    can_upload: true,
    can_view_annotations_all: false,
    can_view_annotations_self: false,
};

const OF_A_FOLDER: FolderPermissions = FolderPermissions {
    can_delete: true,
    can_download: true,
    can_invite_collaborator: false,
    can_rename: true,
    can_set_share_access: true,
    can_share: true,
    can_upload: true,
};

/// The root stays as it is, and is shown to nobody.
const OF_THE_ROOT: FolderPermissions = FolderPermissions {
    can_delete: false,
    can_rename: false,
    can_set_share_access: false,
    can_share: false,
    ..OF_A_FOLDER
};

/// What a link lets others do with a file, unless it is to be looked at only.
const OF_ANOTHERS_FILE: FilePermissions = FilePermissions {
    can_delete: false,
    can_rename: false,
    can_set_share_access: false,
    can_share: false,
    can_upload: false,
    ..OF_A_FILE
};

/// The same of a folder.
const OF_ANOTHERS_FOLDER: FolderPermissions = FolderPermissions { can_upload: false, ..OF_THE_ROOT };

/// Whether an image of a file has a mark on it.
#[derive(Serialize)]
struct WatermarkInfo {
    is_watermarked: bool,
}

/// Tells what is asked for by name.
pub(super) fn tell<M: SerializeMap>(
    object: &mut Object<'_, M>,
    view: View<'_>,
    entry: &Entry,
) -> Result<(), M::Error> {
    const NOTHING: [(); 0] = [];
    object.field(Set::Full, "tags", NOTHING)?;
    object.field(Set::Full, "collections", NOTHING)?;
    object.field(Set::Full, "metadata", ())?;
    object.field(Set::Full, "has_collaborations", false)?;
    object.field(Set::Full, "is_externally_owned", view.is_foreign())?;
    object.field(Set::Full, "watermark_info", WatermarkInfo { is_watermarked: false })?;
    if entry.is_folder() {
        let permissions = match () {
            () if view.is_foreign() => OF_ANOTHERS_FOLDER,
            () if view.is_root(entry) => OF_THE_ROOT,
            () => OF_A_FOLDER,
        };
        object.field(Set::Full, "permissions", permissions)?;
        object.field(Set::Full, "sync_state", "not_synced")?;
        object.field(Set::Full, "can_non_owners_invite", false)?;
        object.field(Set::Full, "can_non_owners_view_collaborators", false)?;
        object.field(Set::Full, "is_collaboration_restricted_to_enterprise", false)?;
    } else {
        object.field(
            Set::Full,
            "permissions",
            if view.is_foreign() { OF_ANOTHERS_FILE } else { OF_A_FILE },
        )?;
        object
            .field_with(Set::Full, "extension", || Extension::of(entry.name.as_str()).as_str().to_owned())?;
        object.field(Set::Full, "comment_count", 0)?;
        object.field(Set::Full, "is_package", false)?;
        object.field(Set::Full, "lock", ())?;
        object.field(Set::Full, "expiring_embed_link", ())?;
        object.field(Set::Full, "expires_at", ())?;
        object.field(Set::Full, "uploader_display_name", &view.owner.name)?;
    }
    Ok(())
}
