//! The way from a shared picture to the others of its folder.

use super::address::path_below;
use super::folder::{CHILDREN_MAX, is_picture, later_address};
use crate::web::page::plain;
use tidemark_core::cloud::{Cloud, Item, Neighbours, Shared};
use tidemark_core::model::{Entry, Name, Path};
use tidemark_core::people::OpenLink;
use tidemark_core::store::StoreError;

/// Where a picture lies among others.
pub(super) struct Album {
    pub(super) previous: Option<Neighbour>,
    pub(super) next: Option<Neighbour>,
    /// The page of the folder.
    pub(super) back: String,
}

/// A picture beside it.
pub(super) struct Neighbour {
    pub(super) name: String,
    /// Its page.
    pub(super) address: String,
}

impl Album {
    /// The album around what a link shows, if that is a picture in a folder of the link's. Its pictures are in the order of the
    /// folder's page; a folder may be very large, so no more of it is looked at than one page has. All addresses keep the name behind
    /// which the page begins from which somebody came.
    pub(super) async fn around(
        cloud: &Cloud,
        open: &OpenLink,
        shared: &Shared,
        after: Option<&Name>,
    ) -> Result<Option<Album>, StoreError> {
        let Item { path, entry, .. } = &shared.item;
        let mut names: Vec<Name> = path.names().collect();
        if names.pop().is_none() || !is_picture(entry) {
            return Ok(None);
        }
        let folder: Path = names.into_iter().collect();
        let address = |path: &Path| later_address(&path_below(&open.link().key, &shared.name, path), after);
        let neighbour = |entry: Entry| Neighbour {
            name: plain(entry.name.as_str()),
            address: address(&folder.join(&entry.name)),
        };
        let Neighbours { before, after: behind } =
            cloud.neighbours(open, path, CHILDREN_MAX, is_picture).await?;
        Ok(Some(Album {
            previous: before.map(neighbour),
            next: behind.map(neighbour),
            back: address(&folder),
        }))
    }
}
