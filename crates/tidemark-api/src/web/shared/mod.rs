//! `/s/`, `/l/` and `/v/`: what people have shared, for whom their links are. Nothing on these pages tells whose the files
//! are.

pub(crate) mod address;
mod door;
mod made;
mod preview;

pub(super) use self::address::{PAGES, SHORT, VANITY};
pub(super) use self::door::unlock;

use self::address::{base_path, path_below};
use self::door::{Door, ask, come_to, dead, is_for_everybody};
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
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use tidemark_core::cloud::{Shared, Visit};
use tidemark_core::model::{Content, Entry, Link, LinkAddress, LinkKey, Name, Path};
use tidemark_core::people::OpenLink;

/// How much of a folder a page lists, at most and at least.
const CHILDREN_MAX: usize = 500;
const CHILDREN_MIN: usize = 10;
/// About how long the addresses on a page may be together, in bytes: each child's holds that of its folder, which may be
/// very long.
const ADDRESSES_MAX: usize = 1 << 20;
/// How many pictures a page of a folder shows, at most.
const THUMBNAILS_MAX: usize = 100;
/// How many of the folders around something are told; those in the middle are left out.
const CRUMBS_MAX: usize = 12;

const ROBOTS: HeaderName = HeaderName::from_static("x-robots-tag");

/// `GET /s/<key>/<name>[/<path>]`: a page; with `dl=1` the bytes, to be saved (of a folder, an
/// archive of all that is in it); with `raw=1` the bytes, to be looked at;
/// with `preview=1` a spreadsheet as a page; with `thumb=1` a small picture of a picture, and with `view=1` a larger one.
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
        Some(file) => show_file(site, parts, &params, open, shared, file.content).await?,
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
        None => page::page(StatusCode::OK, &FolderPage::of(link, shared, after.is_some())),
    }))
}

/// A file, in the form that was asked for.
async fn show_file(
    site: &Site,
    parts: &Parts,
    params: &Params,
    open: &OpenLink,
    shared: &Shared,
    content: Content,
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
    if is_counted {
        site.cloud.visited(open, Visit::Preview);
    }
    Ok(page::shared_page(&FilePage::of(link, shared, content, preview)))
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

/// How many children a page at this address lists. Each has two addresses, in which a byte may be three characters.
fn children_max(address: &str) -> usize {
    (ADDRESSES_MAX / (2 * 3 * address.len().max(1))).clamp(CHILDREN_MIN, CHILDREN_MAX)
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
}

impl FilePage {
    fn of(link: &Link, shared: &Shared, content: Content, preview: Preview) -> FilePage {
        let key = &link.key;
        FilePage {
            can_download: link.rules.can_download,
            name: plain(shared.item.entry.name.as_str()),
            crumbs: crumbs(key, shared),
            address: path_below(key, &shared.name, &shared.item.path),
            size: page::size(content.size),
            modified: page::date(shared.item.entry.modified),
            preview,
        }
    }
}

#[derive(Template)]
#[template(path = "shared_folder.html")]
struct FolderPage {
    name: String,
    crumbs: Vec<Crumb>,
    /// Where all of it is to be had at once.
    archive: Option<String>,
    /// What is in it, and how large that is at any depth; nothing if it is empty.
    summary: Option<String>,
    children: Vec<Child>,
    /// Whether there is a picture among those.
    has_pictures: bool,
    /// The page's own beginning, if this is a later part of it.
    first: Option<String>,
    next: Option<String>,
    can_download: bool,
}

struct Child {
    name: String,
    address: String,
    is_folder: bool,
    has_thumbnail: bool,
    size: String,
    modified: String,
}

impl FolderPage {
    fn of(link: &Link, shared: &Shared, is_later: bool) -> FolderPage {
        let (key, folder) = (&link.key, &shared.item);
        let address = path_below(key, &shared.name, &folder.path);
        let child = |entry: &Entry| Child {
            name: plain(entry.name.as_str()),
            address: path_below(key, &shared.name, &folder.path.join(&entry.name)),
            is_folder: entry.is_folder(),
            has_thumbnail: entry
                .file()
                .is_some_and(|file| Made::Thumbnail.is_made_of(entry.name.as_str(), file.content)),
            size: page::size(entry.weight().bytes),
            modified: page::date(entry.modified),
        };
        let (folders, files): (Vec<&Entry>, Vec<&Entry>) =
            shared.children.iter().partition(|entry| entry.is_folder());
        let mut children: Vec<Child> = folders.into_iter().chain(files).map(child).collect();
        for child in children.iter_mut().filter(|child| child.has_thumbnail).skip(THUMBNAILS_MAX) {
            child.has_thumbnail = false;
        }
        let last = shared.children.last().filter(|_| shared.more);
        let after = |entry: &Entry| utf8_percent_encode(entry.name.as_str(), NON_ALPHANUMERIC).to_string();
        let bytes = page::size(folder.entry.weight().bytes);
        let summary = match (shared.children.is_empty(), shared.more || is_later) {
            (true, _) => None,
            // How many there are is known once all are listed.
            (false, true) => Some(format!("{bytes} in all")),
            (false, false) => Some(format!("{} · {bytes} in all", counted(&shared.children))),
        };
        FolderPage {
            name: plain(folder.entry.name.as_str()),
            crumbs: crumbs(key, shared),
            archive: (link.rules.can_download && !shared.children.is_empty())
                .then(|| format!("{address}?dl=1")),
            summary,
            has_pictures: children.iter().any(|child| child.has_thumbnail),
            children,
            next: last.map(|entry| format!("{address}?after={}", after(entry))),
            first: is_later.then_some(address),
            can_download: link.rules.can_download,
        }
    }
}

/// How many of them are folders and files, such as "1 folder, 2 files".
fn counted(children: &[Entry]) -> String {
    let folders = children.iter().filter(|child| child.is_folder()).count();
    let told = |count: usize, one: &str| match count {
        0 => None,
        1 => Some(format!("1 {one}")),
        _ => Some(format!("{count} {one}s")),
    };
    let parts = [told(folders, "folder"), told(children.len() - folders, "file")];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}
