//! What files and folders have in common: being found, told, updated, copied and deleted.

use super::error::ApiError;
use super::fields::Fields;
use super::json_body::{self, BODY_MAX};
use super::request::Call;
use super::said::{self, Id, ParentRef};
use super::wire::{Mini, Told, View};
use super::{folders, ids, json_with, links};
use axum::body::Body;
use axum::response::Response;
use http::StatusCode;
use serde::Deserialize;
use tidemark_core::cloud::{Proviso, RelocateError, Scope, Situated, Spot, Update, UpdateError, Whereabouts};
use tidemark_core::model::{ClientTimes, Content, Entry, EntryId, Name, Sha1};
use tidemark_core::store::StoreError;

/// What a path of the protocol says that its number is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    File,
    Folder,
}

impl Kind {
    pub(super) fn of(entry: &Entry) -> Kind {
        if entry.is_folder() { Kind::Folder } else { Kind::File }
    }

    /// What stands before numbers in texts.
    pub(super) fn letter(self) -> char {
        match self {
            Kind::File => 'f',
            Kind::Folder => 'd',
        }
    }
}

/// What the path names, which must be there.
pub(super) async fn there(call: &Call<'_>, scope: &Scope, kind: Kind) -> Result<Situated, ApiError> {
    let number = call.number();
    let entry = call.entry(scope).ok_or_else(|| ApiError::no_item(kind, number))?;
    match call.cloud().whereabouts(scope, entry).await? {
        Whereabouts::There(item) if Kind::of(&item.entry) == kind => Ok(item),
        Whereabouts::InTrash(entry) if Kind::of(&entry) == kind => Err(ApiError::trashed(kind, number)),
        Whereabouts::There(_) | Whereabouts::InTrash(_) | Whereabouts::Nowhere => {
            Err(ApiError::no_item(kind, number))
        }
    }
}

/// Tells what an act has left, as it is now.
pub(super) async fn show(
    call: &Call<'_>,
    scope: &Scope,
    entry: &Entry,
    status: StatusCode,
) -> Result<Response, ApiError> {
    let kind = Kind::of(entry);
    let item = match kind {
        Kind::Folder => return folders::show(call, scope, entry.id, status, folders::Paging::FIRST).await,
        Kind::File => call.cloud().situated(scope, entry.id).await?,
    };
    // Gone in the meantime.
    let item = item.ok_or_else(|| ApiError::no_item(kind, ids::number(entry.id, scope.root)))?;
    Ok(json_with(status, &told(call, scope, &item, &call.fields(Fields::Standard)).await?))
}

/// A file, or a folder without what it holds.
pub(super) async fn told<'a>(
    call: &'a Call<'_>,
    scope: &Scope,
    item: &'a Situated,
    fields: &'a Fields,
) -> Result<Told<'a>, ApiError> {
    let view = View::of(scope, &call.caller().account);
    let sha1 = sha1s(call, [&item.entry]).await?.pop().flatten();
    let link = links::of(call, scope, &item.entry).await?;
    Ok(Told { view, item, sha1, link, children: None, fields })
}

/// Of each of these that is a file.
pub(super) async fn sha1s<'a>(
    call: &Call<'_>,
    entries: impl IntoIterator<Item = &'a Entry>,
) -> Result<Vec<Option<Sha1>>, StoreError> {
    let content = |entry: &Entry| entry.file().map(|file| file.content);
    let contents: Vec<Option<Content>> = entries.into_iter().map(content).collect();
    let files: Vec<Content> = contents.iter().flatten().copied().collect();
    let mut sha1s = call.cloud().sha1s(&files).await?.into_iter();
    Ok(contents.iter().map(|content| content.and_then(|_| sha1s.next())).collect())
}

/// The refusal of a place that something is at already, with what that is.
pub(super) async fn name_in_use(
    call: &Call<'_>,
    scope: &Scope,
    at: impl Into<Spot> + Send,
) -> Result<ApiError, StoreError> {
    let there = call.cloud().stat(scope, at).await?.filter(|item| item.gone.is_none());
    let Some(item) = there else { return Ok(ApiError::name_in_use::<()>(None)) };
    let sha1 = sha1s(call, [&item.entry]).await?.pop().flatten();
    let view = View::of(scope, &call.caller().account);
    Ok(ApiError::name_in_use(Some(Mini { view, entry: &item.entry, sha1 })))
}

/// What may be changed of an item. Clients send more, which makes no difference here: locks, tags, collections, and who may
/// invite whom.
#[derive(Deserialize)]
struct Changes {
    name: Option<String>,
    parent: Option<ParentRef>,
    description: Option<String>,
    content_created_at: Option<String>,
    content_modified_at: Option<String>,
    #[serde(default)]
    shared_link: links::Asked,
}

/// PUT `/2.0/files/:id` and `/2.0/folders/:id`.
pub(super) async fn update(call: &Call<'_>, kind: Kind, body: Body) -> Result<Response, ApiError> {
    let asked: Changes = json_body::read(body, BODY_MAX).await?;
    let name = asked.name.map(|name| Name::new(&name)).transpose()?;
    let parent = asked.parent.map(|parent| parent.number()).transpose()?.flatten();
    let description = asked.description.map(|text| said::description(&text));
    let times = ClientTimes {
        created: said::date("content_created_at", asked.content_created_at.as_deref())?,
        modified: said::date("content_modified_at", asked.content_modified_at.as_deref())?,
    };
    let scope = call.scope().await?;
    let Situated { entry, .. } = there(call, &scope, kind).await?;
    let folder = parent.map(|parent| ids::entry(parent, scope.root).ok_or_else(ApiError::no_parent));
    let folder = folder.transpose()?;
    let moves = folder.is_some_and(|folder| Some(folder) != entry.parent);
    // What moves is moved as it is by then, whatever the client supposes: so the protocol has it.
    let seq = if moves { None } else { call.supposed(&entry)? };
    let update = Update { folder, name, description, times, seq };
    let wish = links::read(call, asked.shared_link).await?;
    match call.cloud().update(&scope, entry.id, &update).await {
        Ok(item) => {
            links::apply(call, &scope, &item.entry, &wish).await?;
            show(call, &scope, &item.entry, StatusCode::OK).await
        }
        Err(UpdateError::Relocate(RelocateError::Exists(path))) => {
            Err(name_in_use(call, &scope, &path).await?)
        }
        Err(error) => Err(ApiError::of_update(error, kind, call.number())),
    }
}

/// What a copy is told to be.
#[derive(Deserialize)]
struct NewCopy {
    name: Option<String>,
    parent: Option<ParentRef>,
    version: Option<Id>,
}

/// POST `/2.0/files/:id/copy` and `/2.0/folders/:id/copy`.
pub(super) async fn copy(call: &Call<'_>, kind: Kind, body: Body) -> Result<Response, ApiError> {
    let asked: NewCopy = json_body::read(body, BODY_MAX).await?;
    let name = asked.name.map(|name| Name::new(&name)).transpose()?;
    let parent = asked.parent.map(|parent| parent.number()).transpose()?.flatten();
    let parent = parent.ok_or_else(|| ApiError::missing("parent"))?;
    let version = asked.version.filter(|_| kind == Kind::File);
    let version = version.map(|version| version.version("version")).transpose()?;
    let scope = call.scope().await?;
    let Situated { entry, .. } = there(call, &scope, kind).await?;
    let folder = ids::entry(parent, scope.root).ok_or_else(ApiError::no_parent)?;
    a_folder_is_there(call, &scope, folder).await?;
    let to = Spot::In { folder, name: name.unwrap_or_else(|| entry.name.clone()) };
    let copied = match version {
        None => call.cloud().copy_to(&scope, entry.id, &to).await,
        Some(version) => {
            let known = call.cloud().versions(&scope, entry.id, Some(version), 1).await?;
            known.ok_or_else(|| ApiError::no_version(version))?;
            call.cloud().copy_version(&scope, entry.id, version, &to).await
        }
    };
    match copied {
        Ok(item) => show(call, &scope, &item.entry, StatusCode::CREATED).await,
        Err(RelocateError::Exists(path)) => Err(name_in_use(call, &scope, &path).await?),
        Err(error) => Err(ApiError::of_act(error, kind, call.number())),
    }
}

/// Tells a folder that is not there from what should go into it.
async fn a_folder_is_there(call: &Call<'_>, scope: &Scope, folder: EntryId) -> Result<(), ApiError> {
    let there = call.cloud().situated(scope, folder).await?;
    there.filter(|there| there.entry.is_folder()).map(|_| ()).ok_or_else(ApiError::no_parent)
}

/// DELETE `/2.0/files/:id` and `/2.0/folders/:id`: into the trash.
pub(super) async fn delete(call: &Call<'_>, kind: Kind) -> Result<Response, ApiError> {
    let recursive = call.params.boolean("recursive")?;
    let empty = kind == Kind::Folder && !recursive.unwrap_or(false);
    let scope = call.scope().await?;
    let Situated { entry, .. } = there(call, &scope, kind).await?;
    let seq = call.supposed(&entry)?;
    let deleted = call.cloud().delete_if(&scope, entry.id, Proviso { seq, empty, as_of: None }).await;
    deleted.map_err(|error| ApiError::of_delete(error, kind, call.number()))?;
    Ok(super::no_content())
}
