//! The engine's own folder holds nothing that is not finished, and its trash only what somebody once made.

use tidemark_sync::ports::LocalPath;

use crate::checkers::Scene;
use crate::disk::Laid;
use crate::history::Named;

pub(super) fn check(scene: &Scene<'_>) -> Result<(), String> {
    for device in &scene.devices {
        let name = device.name;
        for (path, laid) in &device.own {
            let Laid::File(bytes) = laid else { continue };
            // Parts of downloads that failed are taken away at the next start, and some fail again and again.
            let excused = !scene.started_again || !device.problems.is_empty();
            if is_in(path, "staging") && !excused {
                return Err(format!("{path} is left in {name}'s staging area"));
            }
            let known = bytes.is_empty() || scene.contents.iter().any(|(content, _)| content == bytes);
            if is_in(path, "trash") && !known {
                return Err(format!("{} lies in {name}'s trash, and nobody ever made it", Named(bytes)));
            }
        }
    }
    Ok(())
}

fn is_in(path: &LocalPath, area: &str) -> bool {
    path.names().nth(1) == Some(area)
}
