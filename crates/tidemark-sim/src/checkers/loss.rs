//! Nothing is lost: what nobody overwrote or deleted, having seen it, is still there, and not only in some trash or
//! history. Where a disk fails in the middle of a step, its trash will do.

use crate::checkers::Scene;
use crate::disk::{Laid, Listing};
use crate::history::Named;

pub(super) fn check(scene: &Scene<'_>) -> Result<(), String> {
    let holds = |listing: &Listing, bytes| {
        listing.values().any(|laid| matches!(laid, Laid::File(had) if had == bytes))
    };
    for (bytes, content) in &scene.contents {
        // What was never on the server may be lost with a machine's power: nobody had promised anything.
        let excused = bytes.is_empty() || !content.ended_by.is_empty() || (content.cut && !content.sent);
        let is_there =
            || holds(&scene.server, bytes) || scene.devices.iter().any(|device| holds(&device.seen, bytes));
        let is_kept =
            || scene.scenario.disk.broken > 0 && scene.devices.iter().any(|device| holds(&device.own, bytes));
        if content.placed > 0 && !excused && !is_there() && !is_kept() {
            return Err(format!("{} is nowhere, and nobody did away with it: {content:?}", Named(bytes)));
        }
    }
    Ok(())
}
