//! What must be true whenever nothing is to do any more. Each is a file of its own, and says what it is for.

mod conflicts;
mod convergence;
mod leftovers;
mod loss;
mod resurrection;

use crate::device::Trouble;
use crate::disk::Listing;
use crate::history::Content;
use crate::scenarios::Scenario;

/// Everything there is to see at a quiet point.
pub(crate) struct Scene<'a> {
    pub(crate) scenario: &'a Scenario,
    /// Whether all engines were started again since anything went wrong.
    pub(crate) started_again: bool,
    pub(crate) contents: Vec<(bytes::Bytes, Content)>,
    pub(crate) server: Listing,
    pub(crate) devices: Vec<DeviceScene>,
}

/// What a machine has.
pub(crate) struct DeviceScene {
    pub(crate) name: &'static str,
    /// What people see.
    pub(crate) seen: Listing,
    /// The engine's own folder.
    pub(crate) own: Listing,
    /// What it says that cannot be as it is.
    pub(crate) problems: Vec<Trouble>,
}

type Check = fn(&Scene<'_>) -> Result<(), String>;

/// What is checked, in this order.
const CHECKS: [(&str, Check); 5] = [
    ("convergence", convergence::check),
    ("loss", loss::check),
    ("resurrection", resurrection::check),
    ("conflicts", conflicts::check),
    ("leftovers", leftovers::check),
];

/// Checks everything; tells what is wrong first.
pub(crate) fn check(scene: &Scene<'_>) -> Result<(), String> {
    CHECKS.iter().try_for_each(|(name, check)| check(scene).map_err(|why| format!("{name}: {why}")))
}

/// Checks only what everybody must have noticed by themselves.
pub(crate) fn check_early(scene: &Scene<'_>) -> Result<(), String> {
    convergence::check(scene).map_err(|why| format!("unnoticed: {why}"))
}
