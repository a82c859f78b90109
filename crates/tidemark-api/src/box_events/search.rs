//! GET `/2.0/search`: files and folders by their names.

use super::error::ApiError;
use super::fields::Fields;
use super::request::Call;
use super::wire::{SearchResults, Told, View};
use super::{ids, json, links};
use crate::content::Extension;
use axum::response::Response;
use http::StatusCode;
use std::cmp::Reverse;
use std::ops::RangeInclusive;
use tidemark_core::cloud::{Item, Scope, Search, Situated};
use tidemark_core::model::{Entry, Path, PathKey, Timestamp, Words};

/// How many are told if the client doesn't say, and at most.
const LIMIT_DEFAULT: usize = 30;
const LIMIT_MAX: usize = 200;
/// How many are found at most, before any of them is left out: as far as clients can page.
const FOUND_MAX: usize = 10_000;
/// How many values a list may have.
const LIST_MAX: usize = 100;

/// GET `/2.0/search`.
pub(super) async fn get(call: &Call<'_>) -> Result<Response, ApiError> {
    let missing = || ApiError::new(StatusCode::BAD_REQUEST, "missing_parameter", "Provide 'query'");
    let query = call.params.get("query").ok_or_else(missing)?;
    if call.params.get("mdfilters").is_some() {
        return Err(ApiError::of_param("mdfilters", "Files have no metadata here"));
    }
    let offset = call.offset()?;
    let limit = match call.params.integer::<usize>("limit") {
        Ok(limit) => limit.unwrap_or(LIMIT_DEFAULT).min(LIMIT_MAX),
        Err(_) => return Err(ApiError::bad_paging("limit", LIMIT_MAX)),
    };
    // What is quoted is a phrase to the old service; here, each of its words must be there.
    let words = Words::parse(&query.replace('"', " "));
    let words = words.map_err(|error| ApiError::of_param("query", error.to_string()))?;
    let filter = Filter::read(call)?;
    let order = Order::read(call)?;
    let scope = call.scope().await?;
    let mut found =
        if filter.is_of_nothing { Vec::new() } else { find(call, &scope, &words, &filter).await? };
    order.sort(&mut found);
    let total = found.len();
    let page: Vec<Item> = found.into_iter().skip(offset).take(limit).collect();
    show(call, &scope, page, total, offset, limit).await
}

/// All that is found and not left out, what came to its place last first.
async fn find(call: &Call<'_>, scope: &Scope, words: &Words, filter: &Filter) -> Result<Vec<Item>, ApiError> {
    let mut folders = Vec::new();
    for number in &filter.ancestors {
        let Some(folder) = ids::entry(*number, scope.root) else { continue };
        let there = call.cloud().stat(scope, folder).await?.filter(|item| item.entry.is_folder());
        folders.extend(there.map(|item| item.path));
    }
    let base = match &folders[..] {
        [] if filter.ancestors.is_empty() => Path::root(),
        [] => return Ok(Vec::new()),
        [only] => only.clone(),
        _ => Path::root(),
    };
    let deleted = filter.trashed != Trashed::No;
    let search = Search { path: &base, words, limit: FOUND_MAX, deleted };
    let mut found = call.cloud().search(scope, search).await.map_err(ApiError::of_search)?;
    let around: Vec<PathKey> = folders.iter().map(Path::key).collect();
    found.retain(|item| filter.takes(item) && is_below_any(&item.path, &around));
    Ok(found)
}

/// Whether a path lies below one of these; below none is anywhere.
fn is_below_any(path: &Path, folders: &[PathKey]) -> bool {
    let key = path.key();
    let is_below = |folder: &PathKey| {
        key != *folder
            && folder.keys().zip(key.keys()).all(|(one, other)| one == other)
            && folder.keys().count() < key.keys().count()
    };
    folders.is_empty() || folders.iter().any(is_below)
}

async fn show(
    call: &Call<'_>,
    scope: &Scope,
    page: Vec<Item>,
    total: usize,
    offset: usize,
    limit: usize,
) -> Result<Response, ApiError> {
    let ids: Vec<_> = page.iter().filter(|item| item.gone.is_none()).map(|item| item.entry.id).collect();
    let mut there = call.cloud().situated_all(scope, &ids).await?;
    // What has gone since it was found is not told; what is in the trash stands in no folder.
    let items: Vec<Situated> = page
        .into_iter()
        .filter_map(|item| match item.gone {
            None => there.remove(&item.entry.id),
            Some(_) => Some(Situated { entry: item.entry, around: Vec::new() }),
        })
        .collect();
    let content = |item: &Situated| item.entry.file().map(|file| file.content);
    let contents: Vec<_> = items.iter().filter_map(content).collect();
    let mut sha1s = call.cloud().sha1s(&contents).await?.into_iter();
    let mut links = links::of_all(call, scope, items.iter().map(|item| &item.entry)).await?;
    let fields = Fields::read(&call.params).unwrap_or(Fields::Standard);
    let view = View::of(scope, &call.caller().account);
    let entries = items.iter().map(|item| {
        let sha1 = item.entry.file().and_then(|_| sha1s.next());
        let link = links.remove(&item.entry.id);
        Told { view, item, sha1, link, children: None, fields: &fields }
    });
    let entries = entries.collect();
    Ok(json(&SearchResults {
        total_count: total as u64,
        entries,
        offset: offset as u64,
        limit: limit as u64,
    }))
}

/// What is left out of what was found.
#[derive(Debug)]
struct Filter {
    /// Nothing can be found, whatever is there: it would have to be of another kind than there is.
    is_of_nothing: bool,
    is_folder: Option<bool>,
    extensions: Vec<String>,
    ancestors: Vec<u64>,
    created: Range,
    updated: Range,
    deleted: Range,
    size: Range,
    trashed: Trashed,
}

/// From one number to another, both included.
type Range = Option<RangeInclusive<i64>>;

/// Whether what is in the trash is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trashed {
    No,
    Only,
    Too,
}

impl Filter {
    fn read(call: &Call<'_>) -> Result<Filter, ApiError> {
        let mut is_of_nothing = false;
        let is_folder = match call.params.get("type") {
            None => None,
            Some("file") => Some(false),
            Some("folder") => Some(true),
            Some("web_link") => {
                is_of_nothing = true;
                None
            }
            Some(_) => return Err(ApiError::of_param("type", "'type' is one of file, folder, web_link")),
        };
        let trashed = match call.params.get("trash_content") {
            None | Some("non_trashed_only") => Trashed::No,
            Some("trashed_only") => Trashed::Only,
            Some("all_items") => Trashed::Too,
            Some(_) => {
                let text = "'trash_content' is one of non_trashed_only, trashed_only, all_items";
                return Err(ApiError::of_param("trash_content", text));
            }
        };
        // Names are all that is searched. Nobody else's files are here, and nobody else changes them.
        let kinds = list(call, "content_types")?;
        is_of_nothing |= !kinds.is_empty() && !kinds.contains(&"name");
        let me = call.caller().account.id.0.to_string();
        for whose in ["owner_user_ids", "created_by_user_ids", "updated_user_ids", "deleted_user_ids"] {
            let ids = list(call, whose)?;
            is_of_nothing |= !ids.is_empty() && !ids.contains(&me.as_str());
        }
        let number = |text: &&str| ids::parse(text);
        let ancestors = list(call, "ancestor_folder_ids")?;
        let ancestors: Option<Vec<u64>> = ancestors.iter().map(number).collect();
        let ancestors = ancestors
            .ok_or_else(|| ApiError::of_param("ancestor_folder_ids", "An id is a decimal number"))?;
        let extension = |text: &str| text.trim_start_matches('.').to_lowercase();
        let extensions = list(call, "file_extensions")?.into_iter().map(extension).collect();
        Ok(Filter {
            is_of_nothing,
            is_folder,
            extensions,
            ancestors,
            created: range(call, "created_at_range", date)?,
            updated: range(call, "updated_at_range", date)?,
            deleted: range(call, "deleted_at_range", date)?,
            size: range(call, "size_range", |text| text.parse().ok())?,
            trashed,
        })
    }

    fn takes(&self, item: &Item) -> bool {
        let Item { entry, gone, .. } = item;
        let is_in = |range: &Range, value: i64| range.as_ref().is_none_or(|range| range.contains(&value));
        // What went with a folder around it is reached by that folder.
        let is_trashed = gone.is_some() && !entry.live && !entry.purged;
        let is_kept = match self.trashed {
            Trashed::No => gone.is_none(),
            Trashed::Only => is_trashed,
            Trashed::Too => gone.is_none() || is_trashed,
        };
        let has_extension = || {
            let extension = Extension::of(entry.name.as_str());
            self.extensions.iter().any(|asked| asked == extension.as_str())
        };
        let gone_at = gone.map(|gone| gone.time.0);
        is_kept
            && self.is_folder.is_none_or(|is_folder| is_folder == entry.is_folder())
            && (self.extensions.is_empty() || (!entry.is_folder() && has_extension()))
            && is_in(&self.created, entry.created.0)
            && is_in(&self.updated, entry.modified.0)
            && (self.deleted.is_none() || gone_at.is_some_and(|at| is_in(&self.deleted, at)))
            && is_in(&self.size, size(entry))
    }
}

fn size(entry: &Entry) -> i64 {
    i64::try_from(entry.weight().bytes).unwrap_or(i64::MAX)
}

/// The values of a list.
fn list<'c>(call: &'c Call<'_>, name: &'static str) -> Result<Vec<&'c str>, ApiError> {
    let values = call.params.get(name).unwrap_or_default().split(',').map(str::trim);
    let values: Vec<&str> = values.filter(|value| !value.is_empty()).take(LIST_MAX + 1).collect();
    if values.len() > LIST_MAX {
        return Err(ApiError::of_param(name, format!("'{name}' takes {LIST_MAX} values at most")));
    }
    Ok(values)
}

/// Two values with a comma between them, either of which may be left out.
fn range(
    call: &Call<'_>,
    name: &'static str,
    parse: impl Fn(&str) -> Option<i64>,
) -> Result<Range, ApiError> {
    let Some(text) = call.params.get(name) else { return Ok(None) };
    let refused = || ApiError::of_param(name, format!("'{name}' is two values with a comma between them"));
    let (from, to) = text.split_once(',').ok_or_else(refused)?;
    let end = |text: &str, open| match text.trim() {
        "" => Some(open),
        text => parse(text),
    };
    let (from, to) = (end(from, i64::MIN), end(to, i64::MAX));
    let (from, to) = from.zip(to).ok_or_else(refused)?;
    Ok(Some(from..=to))
}

fn date(text: &str) -> Option<i64> {
    // Nothing that this parser knows besides what RFC 3339 has.
    let is_plain = text.len() <= 40 && !text.contains('[');
    // (An unencoded plus sign has come as a space.)
    let instant = text.replace(' ', "+").parse::<jiff::Timestamp>().ok().filter(|_| is_plain)?;
    Some(instant.as_millisecond())
}

/// What is told first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    /// What came to its place last.
    Relevance,
    Oldest,
    Newest,
}

impl Order {
    fn read(call: &Call<'_>) -> Result<Order, ApiError> {
        let is_ascending = match call.params.get("direction") {
            None => false,
            Some(text) if text.eq_ignore_ascii_case("desc") => false,
            Some(text) if text.eq_ignore_ascii_case("asc") => true,
            Some(_) => return Err(ApiError::of_param("direction", "'direction' is ASC or DESC")),
        };
        match call.params.get("sort") {
            None | Some("relevance") => Ok(Order::Relevance),
            Some("modified_at") if is_ascending => Ok(Order::Oldest),
            Some("modified_at") => Ok(Order::Newest),
            Some(_) => Err(ApiError::of_param("sort", "'sort' is one of relevance, modified_at")),
        }
    }

    fn sort(self, found: &mut [Item]) {
        let key = |item: &Item| -> (Timestamp, u64) { (item.modified(), item.entry.seq.0) };
        match self {
            Order::Relevance => {}
            Order::Oldest => found.sort_by_key(key),
            Order::Newest => found.sort_by_key(|item| Reverse(key(item))),
        }
    }
}
