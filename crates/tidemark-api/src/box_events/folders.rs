//! Folders.

use super::error::ApiError;
use super::fields::{Fields, Set};
use super::items::{Kind, name_in_use, sha1s, there, told};
use super::json_body::{self, BODY_MAX};
use super::request::{Call, LIMIT_DEFAULT};
use super::said::ParentRef;
use super::wire::{FolderChildren, Listed, OrderBy, Page, Told, View};
use super::{ids, json, json_with, links, markers, not_modified};
use crate::http::ParamError;
use axum::body::Body;
use axum::response::Response;
use http::StatusCode;
use serde::Deserialize;
use tidemark_core::cloud::{By, Order, RelocateError, Scope, Situated, Spot};
use tidemark_core::model::{Entry, EntryId, Name};

/// Which of a folder's children are told with it.
#[derive(Clone, Copy)]
pub(super) struct Paging {
    pub(super) order: Order,
    pub(super) offset: usize,
    pub(super) limit: usize,
}

impl Paging {
    /// Where nobody asks for anything else.
    pub(super) const FIRST: Paging =
        Paging { order: Order { by: By::Name, descending: false }, offset: 0, limit: LIMIT_DEFAULT };

    pub(super) fn read(call: &Call<'_>) -> Result<Paging, ApiError> {
        Ok(Paging { order: order(call)?, offset: call.offset()?, limit: call.limit()? })
    }
}

/// GET `/2.0/folders/:id`: a folder, with some of what it holds.
pub(super) async fn get(call: &Call<'_>) -> Result<Response, ApiError> {
    let paging = Paging::read(call)?;
    let scope = call.scope().await?;
    let Situated { entry, .. } = there(call, &scope, Kind::Folder).await?;
    if call.has_already(&entry, scope.root) {
        return Ok(not_modified());
    }
    show(call, &scope, entry.id, StatusCode::OK, paging).await
}

/// A folder as it is told by itself.
pub(super) async fn show(
    call: &Call<'_>,
    scope: &Scope,
    folder: EntryId,
    status: StatusCode,
    paging: Paging,
) -> Result<Response, ApiError> {
    let (fields, number) = (call.fields(Fields::Standard), ids::number(folder, scope.root));
    if !fields.tells(Set::Standard, "item_collection") {
        // A large folder takes a while to be read to its end, and nobody wants that here.
        let item = call.cloud().situated(scope, folder).await?;
        let item = item.ok_or_else(|| ApiError::no_item(Kind::Folder, number))?;
        return Ok(json_with(status, &told(call, scope, &item, &fields).await?));
    }
    let Paging { order, offset, limit } = paging;
    let window = call.cloud().window(scope, folder, order, offset, limit).await;
    let window = window.map_err(|error| ApiError::of_list(error, number))?;
    let sha1s = sha1s(call, &window.children).await?;
    let children = FolderChildren {
        total: window.total,
        entries: &window.children,
        sha1s: &sha1s,
        offset: offset as u64,
        limit: limit as u64,
        order: told_order(order),
    };
    let view = View::of(scope, &call.caller().account);
    let link = links::of(call, scope, &window.folder.entry).await?;
    let told =
        Told { view, item: &window.folder, sha1: None, link, children: Some(&children), fields: &fields };
    Ok(json_with(status, &told))
}

/// GET `/2.0/folders/:id/items`: what a folder holds, by numbers or by markers.
pub(super) async fn items(call: &Call<'_>) -> Result<Response, ApiError> {
    let by_marker = markers::are_used(call)?;
    let paging = Paging::read(call)?;
    let fields = call.fields(Fields::Mini);
    let marker = markers::read(call)?;
    let scope = call.scope().await?;
    let Situated { entry, .. } = there(call, &scope, Kind::Folder).await?;
    let refused = |error| ApiError::of_list(error, call.number());
    if by_marker {
        let stretch = call.cloud().stretch(&scope, entry.id, marker.as_ref(), paging.limit).await;
        let stretch = stretch.map_err(refused)?;
        let entries = listed(call, &scope, &stretch.folder, &stretch.children, &fields).await?;
        let next_marker = stretch.next.as_ref().map(markers::write);
        return Ok(json(&Page::Marked { entries, limit: paging.limit as u64, next_marker }));
    }
    let Paging { order, offset, limit } = paging;
    let window = call.cloud().window(&scope, entry.id, order, offset, limit).await.map_err(refused)?;
    Ok(json(&Page::Counted {
        total_count: window.total,
        entries: listed(call, &scope, &window.folder, &window.children, &fields).await?,
        offset: offset as u64,
        limit: limit as u64,
        order: told_order(order),
    }))
}

/// A folder's children as lists tell them.
async fn listed<'a>(
    call: &'a Call<'_>,
    scope: &Scope,
    folder: &'a Situated,
    children: &'a [Entry],
    fields: &'a Fields,
) -> Result<Vec<Listed<'a>>, ApiError> {
    let view = View::of(scope, &call.caller().account);
    let folder = Some((&folder.entry, &*folder.around));
    let (sha1s, mut links) =
        (sha1s(call, children).await?, links::of_listed(call, scope, children, fields).await?);
    let pairs = children.iter().zip(sha1s);
    let one = |(entry, sha1): (&'a Entry, _)| {
        let link = links.remove(&entry.id);
        Listed { view, entry, folder, sha1, link, fields }
    };
    Ok(pairs.map(one).collect())
}

/// What a new folder is told to be.
#[derive(Deserialize)]
struct NewFolder {
    name: Option<String>,
    parent: Option<ParentRef>,
}

/// POST `/2.0/folders`.
pub(super) async fn create(call: &Call<'_>, body: Body) -> Result<Response, ApiError> {
    let NewFolder { name, parent } = json_body::read(body, BODY_MAX).await?;
    let name = Name::new(&name.ok_or_else(|| ApiError::missing("name"))?)?;
    let parent = parent.map(|parent| parent.number()).transpose()?.flatten();
    let parent = parent.ok_or_else(|| ApiError::missing("parent"))?;
    let scope = call.scope().await?;
    let folder = ids::entry(parent, scope.root).ok_or_else(ApiError::no_parent)?;
    match call.cloud().create_folder(&scope, Spot::In { folder, name }).await {
        Ok(item) => show(call, &scope, item.entry.id, StatusCode::CREATED, Paging::FIRST).await,
        Err(RelocateError::Exists(path)) => Err(name_in_use(call, &scope, &path).await?.listed()),
        Err(error) => Err(ApiError::of_creation(error)),
    }
}

/// What a listing is sorted by.
fn order(call: &Call<'_>) -> Result<Order, ApiError> {
    let by = match call.params.get("sort") {
        None => By::Name,
        Some(text) => {
            let known = SORTS.iter().find(|(name, _)| name.eq_ignore_ascii_case(text)).map(|(_, by)| *by);
            known.ok_or_else(|| ParamError::invalid("sort", "one of id, name, date, size", text))?
        }
    };
    let descending = match call.params.get("direction") {
        None => false,
        Some(text) if text.eq_ignore_ascii_case("asc") => false,
        Some(text) if text.eq_ignore_ascii_case("desc") => true,
        Some(text) => return Err(ParamError::invalid("direction", "ASC or DESC", text).into()),
    };
    Ok(Order { by, descending })
}

const SORTS: [(&str, By); 4] = [("id", By::Id), ("name", By::Name), ("date", By::Date), ("size", By::Size)];

/// An order as lists tell it: what is of one type stands together.
pub(super) fn told_order(order: Order) -> Vec<OrderBy> {
    let by = SORTS.iter().find(|(_, by)| *by == order.by).map_or("name", |(name, _)| name);
    let direction = if order.descending { "DESC" } else { "ASC" };
    vec![OrderBy { by: "type", direction: "ASC" }, OrderBy { by, direction }]
}
