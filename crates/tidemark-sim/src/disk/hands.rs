//! What people do on their machine, at once: no delays, no faults, and whatever their file system lets them do.

use bytes::Bytes;
use tidemark_sync::ports::{DiskFault, LocalPath};

use super::tree::Tree;
use super::{Laid, Listing, Mount, OWN, SimDisk, is_seen};
use crate::history::Named;
use crate::trace::note;

impl SimDisk {
    /// Something that a person does; notes it, and whether it could be done.
    fn hand(
        &self,
        what: std::fmt::Arguments<'_>,
        places: &[&LocalPath],
        act: impl FnOnce(&SimDisk, &mut Tree, i64) -> Result<(), DiskFault>,
    ) -> bool {
        let now_ns = self.0.clock.now_ns();
        let mut state = self.state();
        if state.mount != Mount::There {
            return false;
        }
        let done = act(self, &mut state.tree, now_ns);
        self.tell(&mut state);
        drop(state);
        let name = self.0.name;
        if done.is_ok() {
            places.iter().for_each(|place| self.0.history.acted(place, name));
        }
        match &done {
            Ok(()) => note!(self.0.trace, "{name}'s user {what}"),
            Err(fault) => note!(self.0.trace, "{name}'s user cannot {what}: {fault:?}"),
        }
        done.is_ok()
    }

    /// What people see: all but the engine's own folder.
    pub(crate) fn seen(&self) -> Listing {
        let mut listing = self.state().tree.listing();
        listing.retain(|path, _| is_seen(path));
        listing
    }

    /// Writes these bytes to a file, in place; makes it if it is not there.
    pub(crate) fn write(&self, path: &LocalPath, bytes: &Bytes) -> bool {
        self.hand(format_args!("writes {path}: {}", Named(bytes)), &[path], |disk, tree, now_ns| {
            match tree.find(path)? {
                None => drop(tree.make(path, Laid::File(bytes.clone()), now_ns)?),
                Some(id) => {
                    let old = tree.bytes(id).cloned().ok_or(DiskFault::Different)?;
                    if old != *bytes {
                        disk.0.history.ended_here(&old, disk.0.name, now_ns);
                    }
                    tree.write(id, bytes.clone(), now_ns);
                    tree.notice(path);
                    // Its other names show the same bytes.
                    (1..tree.node(id).links).for_each(|_| disk.0.history.placed(bytes, path, disk.0.name));
                }
            }
            disk.0.history.placed(bytes, path, disk.0.name);
            Ok(())
        })
    }

    /// Makes a folder.
    pub(crate) fn make_folder_by_hand(&self, path: &LocalPath) -> bool {
        self.hand(format_args!("makes folder {path}"), &[path], |_, tree, now_ns| {
            tree.make(path, Laid::Folder, now_ns).map(drop)
        })
    }

    /// Makes a symbolic link.
    pub(crate) fn symlink(&self, path: &LocalPath) -> bool {
        self.hand(format_args!("makes symlink {path}"), &[path], |_, tree, now_ns| {
            tree.make(path, Laid::Other, now_ns).map(drop)
        })
    }

    /// Gives a file a second name.
    pub(crate) fn link(&self, path: &LocalPath, also: &LocalPath) -> bool {
        self.hand(format_args!("links {path} as {also}"), &[path, also], |disk, tree, now_ns| {
            tree.link(path, also, now_ns)?;
            if let Some(bytes) = tree.bytes(tree.get(path)?) {
                disk.0.history.placed(bytes, also, disk.0.name);
            }
            Ok(())
        })
    }

    /// Renames or moves something; a file may replace another.
    pub(crate) fn move_by_hand(&self, from: &LocalPath, to: &LocalPath) -> bool {
        self.hand(format_args!("moves {from} to {to}"), &[from, to], |disk, tree, now_ns| {
            let old = tree.find(to)?;
            let is_itself = old == tree.find(from)?;
            let old = old.filter(|_| !is_itself).and_then(|id| tree.bytes(id)).cloned();
            tree.rename(from, to, true, now_ns)?;
            if let Some(old) = old {
                disk.0.history.ended_here(&old, disk.0.name, now_ns);
            }
            disk.0.history.renamed(from, to, disk.0.name);
            handle(disk, tree, to);
            Ok(())
        })
    }

    /// Lets two things swap their names.
    pub(crate) fn swap(&self, one: &LocalPath, other: &LocalPath) -> bool {
        self.hand(format_args!("swaps {one} and {other}"), &[one, other], |disk, tree, now_ns| {
            tree.exchange(one, other, now_ns)?;
            handle(disk, tree, one);
            handle(disk, tree, other);
            Ok(())
        })
    }

    /// Removes a file, or a folder with all that is in it.
    pub(crate) fn remove(&self, path: &LocalPath) -> bool {
        self.hand(format_args!("removes {path}"), &[path], |disk, tree, now_ns| {
            let below: Vec<(LocalPath, Laid)> =
                tree.listing().into_iter().filter(|(at, _)| at == path || is_below(at, path)).collect();
            if below.is_empty() {
                return Err(DiskFault::Missing);
            }
            // What lies deeper sorts behind its folder.
            for (at, laid) in below.iter().rev() {
                tree.remove(at, *laid == Laid::Folder, now_ns)?;
                if let Laid::File(bytes) = laid {
                    disk.0.history.ended_here(bytes, disk.0.name, now_ns);
                }
            }
            for (held, laid) in tree.listing() {
                if let (Some(at), Laid::File(bytes)) = (trashed_from(&held), laid)
                    && is_below(&at, path)
                {
                    disk.0.history.ended_in_hand(&bytes, &at, disk.0.name);
                }
            }
            Ok(())
        })
    }

    /// Lets a file look newer than it is, or lets its owner run it.
    pub(crate) fn touch(&self, path: &LocalPath, executable: bool) -> bool {
        self.hand(format_args!("touches {path}"), &[path], |disk, tree, now_ns| {
            let id = tree.get(path)?;
            match executable {
                true => tree.set_executable(id, !tree.seen(id).executable, now_ns),
                false => tree.set_modified(id, super::tree::tick(now_ns), now_ns),
            }
            tree.notice(path);
            handle(disk, tree, path);
            Ok(())
        })
    }

    /// Keeps the engine from reading something.
    pub(crate) fn deny(&self, path: &LocalPath) -> bool {
        self.hand(format_args!("locks {path}"), &[], |disk, tree, now_ns| {
            let id = tree.get(path)?;
            disk.0.history.locked();
            tree.set_denied(id, true, now_ns);
            tree.notice(path);
            Ok(())
        })
    }

    /// Lets the engine read everything again.
    pub(crate) fn permit_all(&self) {
        self.hand(format_args!("unlocks everything"), &[], |_, tree, now_ns| {
            tree.permit_all(now_ns);
            Ok(())
        });
    }

    /// What is in the engine's own folder.
    pub(crate) fn own(&self) -> Listing {
        let mut listing = self.state().tree.listing();
        listing.retain(|path, _| path.names().next() == Some(OWN));
        listing
    }
}

/// From where the engine put this into its trash, if that is where it lies.
fn trashed_from(path: &LocalPath) -> Option<LocalPath> {
    let within = path.as_str().strip_prefix(OWN)?.strip_prefix("/trash/")?;
    LocalPath::parse(within.split_once('/')?.1)
}

/// Notes that somebody handled everything that is there.
fn handle(disk: &SimDisk, tree: &Tree, path: &LocalPath) {
    for (at, laid) in tree.listing() {
        if let Laid::File(bytes) = laid
            && (at == *path || is_below(&at, path))
        {
            disk.0.history.handled(&bytes);
        }
    }
}

fn is_below(path: &LocalPath, folder: &LocalPath) -> bool {
    folder.is_root() || path.as_str().strip_prefix(folder.as_str()).is_some_and(|rest| rest.starts_with('/'))
}
