//! Conflict copies are made of conflicts only.

use tidemark_sync::ports::LocalPath;

use crate::checkers::Scene;

pub(super) fn check(scene: &Scene<'_>) -> Result<(), String> {
    if !scene.scenario.has_no_conflicts() {
        return Ok(());
    }
    match scene.server.keys().find(|path| is_copy(path)) {
        Some(path) => Err(format!("{path} was made although nobody worked on the same file as another")),
        None => Ok(()),
    }
}

/// Whether its name says that it is one.
pub(super) fn is_copy(path: &LocalPath) -> bool {
    path.names().last().is_some_and(|name| name.contains("conflicted copy"))
}
