//! All machines have what the server has: the same names, the same bytes.

use crate::checkers::Scene;
use crate::disk::Laid;

pub(super) fn check(scene: &Scene<'_>) -> Result<(), String> {
    for device in &scene.devices {
        let name = device.name;
        for (path, laid) in &device.seen {
            match (laid, scene.server.get(path)) {
                // Links are not synced.
                (Laid::Other, _) => {}
                (_, None) => return Err(format!("{path} is on {name} only")),
                (Laid::Folder, Some(Laid::Folder)) => {}
                (Laid::File(here), Some(Laid::File(there))) if here == there => {}
                (_, Some(_)) => return Err(format!("{path} on {name} is not what the server has")),
            }
        }
        for path in scene.server.keys() {
            if !device.seen.contains_key(path) {
                return Err(format!("{path} is not on {name}"));
            }
        }
    }
    Ok(())
}
