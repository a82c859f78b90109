//! Folders.

use super::error::ApiError;
use super::fields::Fields;
use super::json_body::{self, BODY_MAX};
use super::request::Call;
use super::wire::{FolderChildren, Mini, OrderBy, Told, View};
use super::{ids, json_with, not_modified};
use crate::http::ParamError;
use axum::body::Body;
use axum::response::Response;
use http::StatusCode;
use serde::Deserialize;
use tidemark_core::cloud::{By, Order, RelocateError, Scope, Spot, Window};
use tidemark_core::model::{Entry, EntryId, Name, Sha1};
use tidemark_core::store::StoreError;

/// Which of a folder's children are told with it.
#[derive(Clone, Copy)]
struct Paging {
    order: Order,
    offset: usize,
    limit: usize,
}

impl Paging {
    /// Where nobody asks for anything else.
    const FIRST: Paging = Paging { order: Order { by: By::Name, descending: false }, offset: 0, limit: 100 };

    fn read(call: &Call<'_>) -> Result<Paging, ApiError> {
        Ok(Paging { order: order(call)?, offset: call.offset()?, limit: call.limit()? })
    }
}

/// GET `/2.0/folders/:id`: a folder, with some of what it holds.
pub(super) async fn get(call: &Call<'_>) -> Result<Response, ApiError> {
    let paging = Paging::read(call)?;
    let scope = call.scope().await?;
    let folder = call.entry(&scope).ok_or_else(|| ApiError::no_item(call.number()))?;
    let window = look(call, &scope, folder, paging).await?;
    if call.has_already(&window.folder.entry, scope.root) {
        return Ok(not_modified());
    }
    show(call, &scope, StatusCode::OK, &window, paging).await
}

/// What a new folder is told to be.
#[derive(Deserialize)]
struct NewFolder {
    name: Option<String>,
    parent: Option<ParentRef>,
}

/// A folder as bodies name it.
#[derive(Deserialize)]
struct ParentRef {
    id: Option<String>,
}

/// POST `/2.0/folders`.
pub(super) async fn create(call: &Call<'_>, body: Body) -> Result<Response, ApiError> {
    let NewFolder { name, parent } = json_body::read(body, BODY_MAX).await?;
    let name = Name::new(&name.ok_or_else(|| ApiError::missing("name"))?)?;
    let parent = parent.and_then(|parent| parent.id).ok_or_else(|| ApiError::missing("parent"))?;
    let parent =
        ids::parse(&parent).ok_or_else(|| ApiError::of_param("parent", "An id is a decimal number"))?;
    let scope = call.scope().await?;
    let folder = ids::entry(parent, scope.root).ok_or_else(ApiError::no_parent)?;
    let spot = Spot::In { folder, name };
    let item = match call.cloud().create_folder(&scope, &spot).await {
        Ok(item) => item,
        Err(RelocateError::Exists(_)) => return Err(name_in_use(call, &scope, &spot).await?.listed()),
        Err(error) => return Err(ApiError::of_creation(error)),
    };
    let window = look(call, &scope, item.entry.id, Paging::FIRST).await?;
    show(call, &scope, StatusCode::CREATED, &window, Paging::FIRST).await
}

async fn look(call: &Call<'_>, scope: &Scope, folder: EntryId, paging: Paging) -> Result<Window, ApiError> {
    let Paging { order, offset, limit } = paging;
    let window = call.cloud().window(scope, folder, order, offset, limit).await;
    window.map_err(|error| ApiError::of_list(error, ids::number(folder, scope.root)))
}

/// A folder as it is told by itself.
async fn show(
    call: &Call<'_>,
    scope: &Scope,
    status: StatusCode,
    window: &Window,
    paging: Paging,
) -> Result<Response, ApiError> {
    let fields = Fields::read(&call.params).unwrap_or(Fields::Standard);
    let sha1s = sha1s(call, &window.children).await?;
    let children = FolderChildren {
        total: window.total,
        entries: &window.children,
        sha1s: &sha1s,
        offset: paging.offset as u64,
        limit: paging.limit as u64,
        order: told_order(paging.order),
    };
    let view = View::of(scope, &call.caller().account);
    let told = Told { view, item: &window.folder, sha1: None, children: Some(&children), fields: &fields };
    Ok(json_with(status, &told))
}

/// Of each of these that is a file.
async fn sha1s(call: &Call<'_>, entries: &[Entry]) -> Result<Vec<Option<Sha1>>, StoreError> {
    let contents: Vec<_> = entries.iter().filter_map(Entry::file).map(|file| file.content).collect();
    let mut sha1s = call.cloud().sha1s(&contents).await?.into_iter();
    Ok(entries.iter().map(|entry| entry.file().and_then(|_| sha1s.next())).collect())
}

/// The refusal of a name that something has already, with what that is.
async fn name_in_use(call: &Call<'_>, scope: &Scope, spot: &Spot) -> Result<ApiError, StoreError> {
    let Some(item) = call.cloud().stat(scope, spot).await? else {
        return Ok(ApiError::name_in_use::<()>(None));
    };
    let sha1 = sha1s(call, std::slice::from_ref(&item.entry)).await?.pop().flatten();
    let view = View::of(scope, &call.caller().account);
    Ok(ApiError::name_in_use(Some(Mini { view, entry: &item.entry, sha1 })))
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
fn told_order(order: Order) -> Vec<OrderBy> {
    let by = SORTS.iter().find(|(_, by)| *by == order.by).map_or("name", |(name, _)| name);
    let direction = if order.descending { "DESC" } else { "ASC" };
    vec![OrderBy { by: "type", direction: "ASC" }, OrderBy { by, direction }]
}
