//! The page of a shared folder: its folders, its pictures as tiles, and its other files.

use super::address::path_below;
use super::made::Made;
use super::{Crumb, crumbs};
use crate::web::page::{self, plain};
use crate::words::count;
use askama::Template;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use tidemark_core::cloud::Shared;
use tidemark_core::model::{Entry, Link, Name};

/// How much of a folder a page lists, at most and at least.
pub(super) const CHILDREN_MAX: usize = 500;
const CHILDREN_MIN: usize = 10;
/// About how long the addresses on a page may be together, in bytes: each child's holds that of its folder, which may be
/// very long.
const ADDRESSES_MAX: usize = 1 << 20;
/// With how many pictures a page ends, however few entries it has. So many thumbnails may be wanted at once by each who
/// looks at it, none of which is made yet; there is room for ten such guests of an account
/// ([`guests_waiting_per_account`](tidemark_core::media::Limits::guests_waiting_per_account)).
const PICTURES_MAX: usize = 100;

/// How many children a page at this address lists. Each has two addresses below it, in which a byte may be three characters.
/// (What `?after=` adds to a picture's page is a name, which is short, and there are no more than [`PICTURES_MAX`].)
pub(super) fn children_max(address: &str) -> usize {
    (ADDRESSES_MAX / (2 * 3 * address.len().max(1))).clamp(CHILDREN_MIN, CHILDREN_MAX)
}

/// An address, with the name behind which the folder's page begins from which somebody comes, or to which they go.
pub(super) fn later_address(address: &str, after: Option<&Name>) -> String {
    let Some(after) = after else { return address.to_owned() };
    format!("{address}?after={}", utf8_percent_encode(after.as_str(), NON_ALPHANUMERIC))
}

/// Whether an entry is shown as a tile.
pub(super) fn is_picture(entry: &Entry) -> bool {
    entry.file().is_some_and(|file| Made::Thumbnail.is_made_of(entry.name.as_str(), file.content))
}

#[derive(Template)]
#[template(path = "shared_folder.html")]
pub(super) struct FolderPage {
    name: String,
    crumbs: Vec<Crumb>,
    /// Where all of it is to be had at once.
    archive: Option<String>,
    /// What is in it, and how large that is at any depth; nothing if it is empty.
    summary: Option<String>,
    /// Its folders; where it has no pictures, the files, too, in one list.
    above: Vec<Child>,
    pictures: Vec<Tile>,
    /// The other files, where it has pictures.
    below: Vec<Child>,
    /// The page's own beginning, if this is a later part of it.
    first: Option<String>,
    next: Option<String>,
    can_download: bool,
}

struct Child {
    name: String,
    address: String,
    is_folder: bool,
    size: String,
    modified: String,
}

struct Tile {
    name: String,
    /// Its page.
    address: String,
    thumbnail: String,
}

impl FolderPage {
    /// The page of what a link shows, if that is a folder; of the part behind `after`.
    pub(super) fn of(link: &Link, shared: &Shared, after: Option<&Name>) -> FolderPage {
        let (key, folder) = (&link.key, &shared.item);
        let address = path_below(key, &shared.name, &folder.path);
        let (children, more) = part(shared);
        let address_of = |entry: &Entry| path_below(key, &shared.name, &folder.path.join(&entry.name));
        let child = |entry: &Entry| Child {
            name: plain(entry.name.as_str()),
            address: address_of(entry),
            is_folder: entry.is_folder(),
            size: page::size(entry.weight().bytes),
            modified: page::date(entry.modified),
        };
        let tile = |entry: &Entry| Tile {
            name: plain(entry.name.as_str()),
            address: later_address(&address_of(entry), after),
            thumbnail: format!("{}?thumb=1", address_of(entry)),
        };
        let (folders, files): (Vec<&Entry>, Vec<&Entry>) =
            children.iter().partition(|entry| entry.is_folder());
        let (pictures, files): (Vec<&Entry>, Vec<&Entry>) =
            files.into_iter().partition(|entry| is_picture(entry));
        let (above, below) =
            if pictures.is_empty() { ([folders, files].concat(), Vec::new()) } else { (folders, files) };
        let bytes = page::size(folder.entry.weight().bytes);
        let summary = match (children.is_empty(), more || after.is_some()) {
            (true, _) => None,
            // How many there are is known once all are listed.
            (false, true) => Some(format!("{bytes} in all")),
            (false, false) => Some(format!("{} · {bytes} in all", counted(children))),
        };
        FolderPage {
            name: plain(folder.entry.name.as_str()),
            crumbs: crumbs(key, shared),
            archive: (link.rules.can_download && !children.is_empty()).then(|| format!("{address}?dl=1")),
            summary,
            above: above.into_iter().map(child).collect(),
            pictures: pictures.into_iter().map(tile).collect(),
            below: below.into_iter().map(child).collect(),
            next: children.last().filter(|_| more).map(|last| later_address(&address, Some(&last.name))),
            first: after.is_some().then_some(address),
            can_download: link.rules.can_download,
        }
    }

    fn is_empty(&self) -> bool {
        self.above.is_empty() && self.pictures.is_empty() && self.below.is_empty()
    }
}

/// What of a folder's children is on one page, and whether there are more behind it.
fn part(shared: &Shared) -> (&[Entry], bool) {
    let children = &shared.children;
    let pictures = children.iter().enumerate().filter(|(_, entry)| is_picture(entry));
    let end = pictures.map(|(at, _)| at + 1).nth(PICTURES_MAX - 1).unwrap_or(children.len());
    (&children[..end], shared.more || end < children.len())
}

/// How many of them are folders, pictures and other files, such as "1 folder, 2 pictures, 1 file".
fn counted(children: &[Entry]) -> String {
    let folders = children.iter().filter(|child| child.is_folder()).count();
    let pictures = children.iter().filter(|child| is_picture(child)).count();
    let files = children.len() - folders - pictures;
    let parts = [(folders, "folder", "folders"), (pictures, "picture", "pictures"), (files, "file", "files")];
    let told = parts.into_iter().filter(|(number, ..)| *number > 0);
    told.map(|(number, one, many)| count(number as u64, one, many)).collect::<Vec<_>>().join(", ")
}
