//! What people want, and that they want something else than before.

use super::control::Control;
use super::selection::Chosen;
use super::status::Stopped;
use crate::state::Setting;
use crate::trees::{Item, LocalId, NameKey, RemoteId, Trees as _};

/// How many nodes of a folder are read at once.
const PAGE: usize = 500;

impl Control<'_> {
    /// What somebody wants, as it is kept.
    pub(super) fn read_settings(&mut self) -> Result<(), Stopped> {
        let settings = self.state.settings()?;
        self.planning.released = settings.released.unwrap_or_default();
        self.planning.held_kept = settings.held;
        if self.planning.is_paused != settings.paused {
            self.planning.is_paused = settings.paused;
            if settings.paused {
                self.drop_queue();
            }
        }
        let chosen = Chosen::new(&settings.excluded);
        if self.planning.chosen != chosen {
            self.planning.chosen = chosen;
            // What was planned may be in a folder that is not wanted any more.
            self.drop_queue();
        }
        self.planning.is_unheeded = true;
        self.planning.news();
        // Last: whoever waits for it may count on what is above.
        if settings.heeded != settings.wished {
            self.state.set(&Setting::Heeded(settings.wished))?;
        }
        Ok(())
    }

    /// Looks at what somebody wants otherwise than before, once it was seen what there is: only then is it known what went
    /// while it was not wanted, or while one side was to be left alone. That was not meant for the other side, and comes back.
    pub(super) fn heed(&mut self) -> Result<(), Stopped> {
        if !std::mem::take(&mut self.planning.is_unheeded) {
            return Ok(());
        }
        let settings = self.state.settings()?;
        let direction = self.options.direction;
        match settings.direction {
            Some(before) if before == direction => {}
            None => self.state.set(&Setting::Direction(direction))?,
            Some(_) => {
                self.state.turn(direction)?;
                self.planning.news();
            }
        }
        if settings.excluded != settings.excluded_before {
            let chosen = std::mem::take(&mut self.planning.chosen);
            let before = Chosen::new(&settings.excluded_before);
            for path in chosen.differences(&before) {
                self.touch_there(path)?;
                self.touch_here(path)?;
            }
            self.planning.chosen = chosen;
            self.state.set(&Setting::ExcludedBefore(settings.excluded))?;
            self.planning.news();
        }
        Ok(())
    }

    /// What the server has in this place, at any depth, is looked at again.
    fn touch_there(&mut self, path: &[NameKey]) -> Result<(), Stopped> {
        let mut folder = RemoteId::root();
        for name in path {
            match self.state.remote_at(&folder, name)? {
                Some(node) => folder = node.id,
                None => return Ok(()),
            }
        }
        self.state.look_anew(&[folder.clone()])?;
        let mut folders = vec![folder];
        while let Some(folder) = folders.pop() {
            let mut after = None;
            loop {
                let nodes = self.state.remote_children(&folder, after.as_ref(), PAGE)?;
                let ids: Vec<RemoteId> = nodes.iter().map(|node| node.id.clone()).collect();
                self.state.look_anew(&ids)?;
                after = nodes.last().map(|node| NameKey::of(&node.place.name));
                let is_last = nodes.len() < PAGE;
                folders.extend(nodes.into_iter().filter(|node| node.file.is_none()).map(|node| node.id));
                if is_last {
                    break;
                }
            }
        }
        Ok(())
    }

    /// The same on the disk, where several names may be one to the server.
    fn touch_here(&mut self, path: &[NameKey]) -> Result<(), Stopped> {
        let mut folders = vec![LocalId::ROOT];
        for name in path {
            let mut next = Vec::new();
            for folder in folders {
                next.extend(self.state.local_at(folder, name)?.into_iter().map(|node| node.id));
            }
            folders = next;
        }
        let items: Vec<Item> = folders.iter().copied().map(Item::Local).collect();
        self.state.touch(&items)?;
        while let Some(folder) = folders.pop() {
            let mut after: Option<Box<str>> = None;
            loop {
                let nodes = self.state.local_children(folder, after.as_deref(), PAGE)?;
                let items: Vec<Item> = nodes.iter().map(|node| Item::Local(node.id)).collect();
                self.state.touch(&items)?;
                after = nodes.last().map(|node| node.place.name.clone());
                let is_last = nodes.len() < PAGE;
                folders.extend(nodes.into_iter().filter(|node| node.file.is_none()).map(|node| node.id));
                if is_last {
                    break;
                }
            }
        }
        Ok(())
    }
}
