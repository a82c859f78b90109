//! The server: the real core and the real dialect, over stores in memory, as a process that can crash.

mod assembly;
mod look;
mod process;

pub(crate) use self::process::Exchange;
pub(crate) use self::process::SimServer;
