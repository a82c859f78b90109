//! What others have shared: the `BoxApi` header, and `/2.0/shared_items`.
//!
//! An entry of another's tree has a number that is none of the caller's own, so whatever a client does with it without the
//! header finds nothing, instead of something of the caller's.

use super::error::ApiError;
use super::fields::Fields;
use super::request::Call;
use super::wire::{Told, View};
use super::{BoxEvents, files, json, links, not_modified};
use crate::http::{ETag, Preconditions, Verdict};
use crate::web::shared::address::{path_below, read_any};
use crate::web::shared::is_from_the_beginning;
use axum::response::Response;
use http::header::RANGE;
use http::request::Parts;
use http::{HeaderMap, Method};
use percent_encoding::percent_decode_str;
use tidemark_core::cloud::{Scope, Shared, Situated, Visit};
use tidemark_core::model::{Access, Audience, Entry, EntryId, Path};
use tidemark_core::people::{Admission, Caller, Guest, OpenLink};

/// The header that names a link. Clients spell it in several cases.
const BOX_API: &str = "boxapi";
/// The longest that is looked at, in bytes: an address of ours and a password.
const BOX_API_MAX: usize = 8 * 1024;

/// A link as the header names it.
#[derive(Debug, PartialEq, Eq)]
struct Named {
    url: String,
    password: Option<String>,
}

impl Named {
    /// What the header says; nothing if there is none. Some clients encode its values, and some do not: an address that is
    /// not encoded shows it.
    fn read(headers: &HeaderMap) -> Result<Option<Named>, ApiError> {
        let Some(value) = headers.get(BOX_API) else { return Ok(None) };
        let refused = || {
            ApiError::of_param(
                "BoxApi",
                "The header has the form shared_link=URL&shared_link_password=PASSWORD",
            )
        };
        if value.len() > BOX_API_MAX {
            return Err(refused());
        }
        let text = match std::str::from_utf8(value.as_bytes()) {
            Ok(text) => text.to_owned(),
            // As old libraries send what is not ASCII.
            Err(_) => value.as_bytes().iter().map(|byte| char::from(*byte)).collect(),
        };
        let rest = text.trim().strip_prefix("shared_link=").ok_or_else(refused)?;
        let (url, password) = match rest.split_once("&shared_link_password=") {
            Some((url, password)) => (url, Some(password)),
            None => (rest, None),
        };
        let is_encoded = !url.contains("://");
        let plain = |text: &str| match is_encoded {
            true => percent_decode_str(text).decode_utf8().map(Into::into).map_err(|_| refused()),
            false => Ok(text.to_owned()),
        };
        let (url, password) = (plain(url)?, password.map(plain).transpose()?);
        Ok(Some(Named { url, password: password.filter(|password| !password.is_empty()) }))
    }
}

/// The link that the header names, for whoever may open it; nothing without the header.
pub(super) async fn opened(
    api: &BoxEvents,
    parts: &Parts,
    caller: &Caller,
) -> Result<Option<OpenLink>, ApiError> {
    let Some(Named { url, password }) = Named::read(&parts.headers)? else { return Ok(None) };
    let nothing = || ApiError::no_shared_item();
    // Keys are of this server alone, however it was called when the link was told.
    let path = url.split_once("://").and_then(|(_, rest)| rest.find('/').map(|at| &rest[at..]));
    let path = path.and_then(|path| path.split(['?', '#']).next()).ok_or_else(nothing)?;
    let address = read_any(path).ok_or_else(nothing)?;
    let link = api.cloud.link(&address).await?.ok_or_else(nothing)?;
    // An app that sees one folder of its user's is no more than anybody elsewhere.
    let account = (caller.app.access == Access::Full).then_some(caller.account.id);
    match api.people.admit_guest(link, Guest { account, proof: None }) {
        Admission::Open(open) => Ok(Some(open)),
        Admission::Locked(locked) => {
            let password = password.ok_or_else(ApiError::wrong_password)?;
            let peer = api.origin.peer(parts).into();
            let opened = api.people.unlock(&locked, &password, peer).await;
            Ok(Some(opened.map_err(ApiError::of_unlock)?.1))
        }
        Admission::Closed => Err(nothing()),
    }
}

/// GET `/2.0/shared_items`: what a link shows.
pub(super) async fn get(call: &Call<'_>) -> Result<Response, ApiError> {
    let open = opened(call.api, call.parts, call.caller()).await?;
    let open = open.ok_or_else(|| ApiError::missing("BoxApi"))?;
    let shared = call.cloud().shared(&open, Path::root(), None, 0).await?;
    let Shared { item, .. } = shared.ok_or_else(ApiError::no_shared_item)?;
    let scope = scope_of(&open);
    let etag = ETag::strong(item.entry.seq.0.to_string());
    let if_none_match = Preconditions::from_headers(&call.parts.headers).if_none_match;
    let asked = Preconditions { if_match: None, if_none_match };
    if asked.judge(&Method::GET, Some(&etag)) == Verdict::NotModified {
        return Ok(not_modified());
    }
    let own = own_scope(call, &scope).await?;
    // Whose it is knows it by its place, everybody else by the link alone.
    let (view, item) = match &own {
        Some(own) => {
            let item = call.cloud().situated(own, item.entry.id).await?;
            (View::of(own, &call.caller().account), item.ok_or_else(ApiError::no_shared_item)?)
        }
        None => (View::shared(scope.namespace), Situated { entry: item.entry, around: Vec::new() }),
    };
    let content = item.entry.file().map(|file| file.content);
    let sha1 = match content {
        Some(content) => call.cloud().sha1s(&[content]).await?.pop(),
        None => None,
    };
    let fields = Fields::read(&call.params).unwrap_or(Fields::Standard);
    let link = Some(links::shared_link(call, open.link(), &item.entry));
    Ok(json(&Told { view, item: &item, sha1, link, children: None, fields: &fields }))
}

/// The bytes of a file that another has shared, as they are now. Where the link is for everybody, its address says where they
/// are; otherwise it opens them to nobody but this caller, so they come at once, as to who asks for a part.
pub(super) async fn content(call: &Call<'_>, open: &OpenLink, file: &Entry) -> Result<Response, ApiError> {
    let link = open.link();
    if !link.rules.can_download {
        return Err(ApiError::not_for_download());
    }
    let is_for_everybody = link.rules.audience == Audience::Everybody && link.rules.password.is_none();
    if is_for_everybody && !call.parts.headers.contains_key(RANGE) {
        let shared =
            call.cloud().shared(open, file.id, None, 0).await?.ok_or_else(ApiError::no_shared_item)?;
        let address = format!("{}?dl=1", path_below(&link.key, &shared.name, &shared.item.path));
        return Ok(files::elsewhere(call, &address));
    }
    let content = file.file().ok_or_else(ApiError::no_shared_item)?.content;
    let response = files::hand_out(call.cloud(), call.parts, file, content).await?;
    if call.parts.method == Method::GET && is_from_the_beginning(&response) {
        call.cloud().visited(open, Visit::Download);
    }
    Ok(response)
}

/// The caller's own reach, if what is shared lies within it.
async fn own_scope(call: &Call<'_>, shared: &Scope) -> Result<Option<Scope>, ApiError> {
    if shared.namespace != call.caller().account.namespace {
        return Ok(None);
    }
    let own = call.own_scope().await?;
    let is_within = call.cloud().situated(&own, shared.root).await?.is_some();
    Ok(is_within.then_some(own))
}

/// What of another's tree somebody with a link may read. Nothing may be done with it but reading.
pub(super) fn scope_of(open: &OpenLink) -> Scope {
    let link = open.link();
    Scope {
        account: link.account,
        quota: None,
        namespace: link.referent.namespace,
        root: link.referent.entry,
        app: None,
    }
}

/// Whether a link (still) shows this entry: its own, or one below it.
pub(super) async fn shows(api: &BoxEvents, open: &OpenLink, entry: EntryId) -> Result<bool, ApiError> {
    Ok(api.cloud.shared(open, entry, None, 0).await?.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn read(value: &[u8]) -> Option<(String, Option<String>)> {
        let value = HeaderValue::from_bytes(value).expect("a good value");
        let headers = HeaderMap::from_iter([(http::HeaderName::from_static(BOX_API), value)]);
        let named = Named::read(&headers).ok()?.expect("there is one");
        Some((named.url, named.password))
    }

    #[test]
    fn values_are_encoded_or_not() {
        let url = "http://h/s/abc?x=1&y=2";
        let named = |password: &str| Some((url.to_owned(), Some(password.to_owned())));
        assert_eq!(read(b"shared_link=http://h/s/abc?x=1&y=2"), Some((url.to_owned(), None)));
        assert_eq!(
            read(b"shared_link=http://h/s/abc?x=1&y=2&shared_link_password="),
            Some((url.to_owned(), None))
        );
        assert_eq!(
            read(b"shared_link=http://h/s/abc?x=1&y=2&shared_link_password=a%20b+&c"),
            named("a%20b+&c")
        );
        let encoded =
            b"shared_link=http%3A%2F%2Fh%2Fs%2Fabc%3Fx%3D1%26y%3D2&shared_link_password=a%2520b%2B%26c%C3%A9";
        assert_eq!(read(encoded), named("a%20b+&c\u{e9}"));
        assert_eq!(
            read("shared_link=http://h/s/abc?x=1&y=2&shared_link_password=\u{e9}".as_bytes()),
            named("\u{e9}")
        );
        assert_eq!(read(b"shared_link=http://h/s/abc?x=1&y=2&shared_link_password=\xe9"), named("\u{e9}"));
        for bad in [&b"http://h/s/abc"[..], b"", b"link=http://h/", b"shared_link=%FF%FE"] {
            assert_eq!(read(bad), None, "{bad:?}");
        }
        assert_eq!(read(format!("shared_link=http://h/{}", "x".repeat(BOX_API_MAX)).as_bytes()), None);
    }
}
