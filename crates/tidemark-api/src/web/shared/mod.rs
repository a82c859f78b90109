//! `/s/`, `/l/` and `/v/`: what people have shared, for whom their links are. Nothing on these pages tells whose the files
//! are.

pub(crate) mod address;
mod album;
mod door;
mod folder;
mod made;
mod preview;

pub(super) use self::address::{PAGES, SHORT, VANITY};
pub(super) use self::door::unlock;

use self::address::{base_path, path_below};
use self::album::Album;
use self::door::{Door, ask, come_to, dead, is_for_everybody};
use self::folder::{FolderPage, children_max};
use self::made::Made;
use self::preview::Preview;
use super::Site;
use super::download::send_shared;
use super::page::{self, PageError, error_page, plain, redirect};
use crate::content::{Download, DownloadError, Extension, anonymous_etag};
use crate::http::disposition::attachment;
use crate::http::host::authority;
use crate::http::{Params, cors, range};
use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_DISPOSITION, CONTENT_RANGE};
use http::request::Parts;
use http::{HeaderName, HeaderValue, Method, StatusCode};
use tidemark_core::cloud::{Shared, Visit};
use tidemark_core::model::{Content, Link, LinkAddress, LinkKey, Name, Path};
use tidemark_core::people::OpenLink;

/// How many of the folders around something are told; those in the middle are left out.
const CRUMBS_MAX: usize = 12;

const ROBOTS: HeaderName = HeaderName::from_static("x-robots-tag");

/// `GET /s/<key>/<name>[/<path>]`: a page; with `dl=1` the bytes, to be saved (of a folder, an
/// archive of all that is in it); with `raw=1` the bytes, to be looked at;
/// with `preview=1` a spreadsheet as a page; with `thumb=1` a small picture of a picture, and with `view=1` a larger one. A folder's
/// page begins behind the name in `after`, which a picture's page takes along for the way back.
pub(super) async fn open(State(site): State<Site>, parts: Parts) -> Response {
    match opened(&site, &parts).await {
        Ok(Shown::ToEverybody(response)) => for_everybody(&parts, response),
        Ok(Shown::ToSome(response)) => for_admitted(response),
        Err(error) => for_admitted(error.into_response()),
    }
}

/// `GET /l/<key>` and `GET /v/<name>`: the long form.
pub(super) async fn lengthen(State(site): State<Site>, parts: Parts) -> Response {
    match lengthened(&site, &parts).await {
        Ok(Shown::ToEverybody(response)) => for_everybody(&parts, response),
        Ok(Shown::ToSome(response)) => for_admitted(response),
        Err(error) => for_admitted(error.into_response()),
    }
}

/// `OPTIONS` of all of them: what a browser asks before it lets a program send more than a form could.
pub(super) async fn preflight(parts: Parts) -> Response {
    cors::preflight(&parts.headers, &[Method::GET, Method::HEAD])
}

/// An answer, and whether it is the same for everybody.
enum Shown {
    ToEverybody(Response),
    /// It depends on a cookie.
    ToSome(Response),
}

/// Everybody who has the link may read what is here, so programs of any page may: nothing of it depends on a cookie.
fn for_everybody(parts: &Parts, mut response: Response) -> Response {
    cors::open(&parts.headers, response.headers_mut());
    for_admitted(response)
}

/// Search engines stay away: who has the link decides who may know it.
fn for_admitted(mut response: Response) -> Response {
    response.headers_mut().insert(ROBOTS, HeaderValue::from_static("noindex, nofollow, noarchive"));
    response
}

async fn lengthened(site: &Site, parts: &Parts) -> Result<Shown, PageError> {
    let nothing = || Ok(Shown::ToEverybody(dead(site, parts)));
    let Some(address) = address::read_short(parts.uri.path()) else { return nothing() };
    let (mut target, is_public) = match come_to(site, parts, &address).await? {
        Door::Open(open) => {
            let Some(shared) = site.cloud.shared(&open, Path::root(), None, 0).await? else {
                return nothing();
            };
            (address::page_path(&open.link().key, &shared.name), is_for_everybody(open.link()))
        }
        // What it is called is not for those who do not know the password.
        Door::Locked(locked, _) => (base_path(locked.key()), false),
        Door::Closed => return nothing(),
    };
    if let Some(query) = parts.uri.query() {
        target.push('?');
        target.push_str(query);
    }
    let response = redirect(StatusCode::FOUND, &target)?;
    Ok(if is_public { Shown::ToEverybody(response) } else { Shown::ToSome(response) })
}

async fn opened(site: &Site, parts: &Parts) -> Result<Shown, PageError> {
    let nothing = || Ok(Shown::ToEverybody(dead(site, parts)));
    let Some((key, path)) = address::read(parts.uri.path()) else { return nothing() };
    let open = match come_to(site, parts, &LinkAddress::Key(key)).await? {
        Door::Open(open) => open,
        Door::Locked(_, visitor) => {
            return Ok(Shown::ToSome(ask(site, parts, &visitor, StatusCode::UNAUTHORIZED, None)));
        }
        Door::Closed => return nothing(),
    };
    // What goes wrong is told to whom the rest would be.
    let response = match show(site, parts, path, &open).await {
        Ok(Some(response)) => response,
        Ok(None) => return nothing(),
        Err(error) => error.into_response(),
    };
    Ok(if is_for_everybody(open.link()) { Shown::ToEverybody(response) } else { Shown::ToSome(response) })
}

/// What a link shows at a path below its entry, in the form that was asked for; nothing if nothing is there.
async fn show(
    site: &Site,
    parts: &Parts,
    path: Path,
    open: &OpenLink,
) -> Result<Option<Response>, PageError> {
    let params = Params::parse(parts.uri.query(), None)?;
    let after = params.get("after").and_then(|name| Name::parse(name).ok());
    let shared = site.cloud.shared(open, path, after.as_ref(), children_max(parts.uri.path())).await?;
    let Some(shared) = &shared else { return Ok(None) };
    let link = open.link();
    Ok(Some(match shared.item.entry.file() {
        Some(file) => show_file(site, parts, &params, open, shared, file.content, after.as_ref()).await?,
        None if params.boolean("dl")?.unwrap_or_default() => {
            if !link.rules.can_download {
                return Ok(Some(not_for_download()));
            }
            let response = send_shared(site, open, shared).await;
            if parts.method == Method::GET && response.status() == StatusCode::OK {
                site.cloud.visited(open, Visit::Download);
            }
            response
        }
        None => page::page(StatusCode::OK, &FolderPage::of(link, shared, after.as_ref())),
    }))
}

/// A file, in the form that was asked for; of a picture, the page leads back to the part of its folder behind `after`.
async fn show_file(
    site: &Site,
    parts: &Parts,
    params: &Params,
    open: &OpenLink,
    shared: &Shared,
    content: Content,
    after: Option<&Name>,
) -> Result<Response, PageError> {
    let link = open.link();
    let is_asked = |param| params.boolean(param).map(Option::unwrap_or_default);
    let (save, raw) = (is_asked("dl")?, is_asked("raw")?);
    for (param, made) in [("thumb", Made::Thumbnail), ("view", Made::Picture), ("preview", Made::Page)] {
        if is_asked(param)? {
            return made.respond(site, parts, shared, content).await;
        }
    }
    let is_counted = parts.method == Method::GET;
    if save || raw || is_download_host(site, parts) {
        if !link.rules.can_download {
            return Ok(not_for_download());
        }
        let response = bytes(site, parts, shared, content, save).await?;
        // What a page loads to show it was counted with the page.
        if is_counted && !raw && is_from_the_beginning(&response) {
            site.cloud.visited(open, Visit::Download);
        }
        return Ok(response);
    }
    let preview = Preview::of(&site.cloud, shared.item.entry.name.as_str(), content).await?;
    let preview = if link.rules.can_download { preview } else { preview.without_download() };
    let album = Album::around(&site.cloud, open, shared, after).await?;
    if is_counted {
        site.cloud.visited(open, Visit::Preview);
    }
    Ok(page::shared_page(&FilePage::of(link, shared, content, preview, album)))
}

/// Whether an answer has a file's first byte: programs fetch a file in many parts, which is one download.
pub(crate) fn is_from_the_beginning(response: &Response) -> bool {
    match response.status() {
        StatusCode::OK => true,
        StatusCode::PARTIAL_CONTENT => {
            let range = response.headers().get(CONTENT_RANGE).map(HeaderValue::as_bytes);
            range.is_some_and(|range| range.starts_with(b"bytes 0-"))
        }
        _ => false,
    }
}

fn not_for_download() -> Response {
    let text = "Whoever shared this lets others look at it here, and not save it.";
    error_page(StatusCode::FORBIDDEN, "Not for download", text)
}

/// Programs of old put the name of the host for downloads in the place of the pages'. Where that is the only name that the
/// server has, its pages are there, too.
fn is_download_host(site: &Site, parts: &Parts) -> bool {
    let beginning = authority(parts).and_then(|host| host.get(..3));
    beginning.is_some_and(|beginning| beginning.eq_ignore_ascii_case("dl.")) && !site.origin.is_named(parts)
}

async fn bytes(
    site: &Site,
    parts: &Parts,
    shared: &Shared,
    content: Content,
    save: bool,
) -> Result<Response, PageError> {
    let name = shared.item.entry.name.as_str();
    let mime_type = Extension::of(name).mime_type();
    let download = Download { content, etag: anonymous_etag(&content), mime_type };
    let mut response = match download.respond(&site.cloud, parts).await {
        Ok(response) => response,
        Err(DownloadError::Changed) => return Ok(changed()),
        Err(DownloadError::Unsatisfiable { size }) => {
            let text = "The file ends before the part that was asked for.";
            let mut response = error_page(StatusCode::RANGE_NOT_SATISFIABLE, "That is not in the file", text);
            response.headers_mut().insert(CONTENT_RANGE, range::unsatisfied_content_range(size));
            return Ok(response);
        }
        Err(DownloadError::Store(error)) => return Err(error.into()),
    };
    if save && response.status() != StatusCode::NOT_MODIFIED {
        response.headers_mut().insert(CONTENT_DISPOSITION, attachment(name));
    }
    Ok(response)
}

fn changed() -> Response {
    error_page(StatusCode::PRECONDITION_FAILED, "It has changed", "The file is another now.")
}

/// A step of the way from the link's entry to what is shown.
struct Crumb {
    name: String,
    /// Nothing for those that are left out.
    address: Option<String>,
}

/// The folders around what is shown, outermost first; empty for the link's entry itself.
fn crumbs(key: &LinkKey, shared: &Shared) -> Vec<Crumb> {
    let below: Vec<Name> = shared.item.path.names().collect();
    let mut crumbs = Vec::new();
    for depth in 0..below.len() {
        // The first, and the last ones.
        if depth > 0 && below.len() - depth >= CRUMBS_MAX {
            if depth == 1 {
                crumbs.push(Crumb { name: "\u{2026}".to_owned(), address: None });
            }
            continue;
        }
        let name = depth.checked_sub(1).map_or(&shared.name, |above| &below[above]);
        let path = below[..depth].iter().cloned().collect();
        crumbs
            .push(Crumb { name: plain(name.as_str()), address: Some(path_below(key, &shared.name, &path)) });
    }
    crumbs
}

#[derive(Template)]
#[template(path = "shared_file.html")]
struct FilePage {
    name: String,
    crumbs: Vec<Crumb>,
    address: String,
    size: String,
    modified: String,
    preview: Preview,
    can_download: bool,
    /// Of a picture that lies in a shared folder.
    album: Option<Album>,
}

impl FilePage {
    fn of(
        link: &Link,
        shared: &Shared,
        content: Content,
        preview: Preview,
        album: Option<Album>,
    ) -> FilePage {
        let key = &link.key;
        FilePage {
            can_download: link.rules.can_download,
            name: plain(shared.item.entry.name.as_str()),
            crumbs: crumbs(key, shared),
            address: path_below(key, &shared.name, &shared.item.path),
            size: page::size(content.size),
            modified: page::date(shared.item.entry.modified),
            preview,
            album,
        }
    }

    /// Whether there is something to be pressed above what is seen.
    fn has_acts(&self) -> bool {
        self.can_download
            || self.album.is_some()
            || matches!(self.preview, Preview::Document | Preview::Sheet)
    }

    /// Whether there is something to see that needs room.
    fn is_picture(&self) -> bool {
        matches!(self.preview, Preview::Picture | Preview::SmallPicture)
    }
}
