//! What somebody did away with does not come back: if it was in one place only, and nobody else had done anything with it.

use tidemark_sync::ports::LocalPath;

use super::conflicts::is_copy;
use crate::checkers::Scene;
use crate::disk::{Laid, Listing};
use crate::history::Named;

pub(super) fn check(scene: &Scene<'_>) -> Result<(), String> {
    // A server that is put back brings everything back that was deleted since: by design.
    if scene.scenario.restores() {
        return Ok(());
    }
    for (bytes, content) in &scene.contents {
        let is_known = !content.handled && !content.cut && !content.late;
        let is_dead = content.placed == 1 && !content.ended_by.is_empty() && is_known;
        // Whoever sent it, and does not know whether it arrived, sends it again when it is not there: that somebody was faster
        // in doing away with it, nobody can tell them.
        let is_doubtful = scene.scenario.leaves_doubts() && content.placed_by.is_disjoint(&content.ended_by);
        if bytes.is_empty() || !is_dead || is_doubtful {
            continue;
        }
        let devices = scene.devices.iter().map(|device| (device.name, &device.seen));
        for (name, listing) in devices.chain([("the server", &scene.server)]) {
            let found = listing.iter().find(|(_, laid)| matches!(laid, Laid::File(had) if had == bytes));
            let Some((path, _)) = found else { continue };
            if !(scene.scenario.leaves_doubts() && has_copy(listing, path)) {
                return Err(format!("{} is at {path} on {name} again: {content:?}", Named(bytes)));
            }
        }
    }
    Ok(())
}

/// Whether this is a conflict copy, or has one: both of what somebody replaced and what it was replaced by were kept, because
/// nobody could be sure.
fn has_copy(listing: &Listing, path: &LocalPath) -> bool {
    is_copy(path)
        || listing.keys().any(|other| {
            let (folder, name) = path.split().expect("the root is no file");
            other.split().is_some_and(|(beside, copy)| {
                let stem = name.split('.').next().unwrap_or(name);
                beside == folder && is_copy(other) && copy.starts_with(stem)
            })
        })
}
