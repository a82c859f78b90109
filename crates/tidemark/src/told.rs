//! That the process is told to end.

use rustix::process::Signal as Number;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Hears when the process is told to end, by SIGTERM or Ctrl-C, from when it is made. Each one hears every time.
pub(crate) struct Told {
    terminate: Signal,
    interrupt: Signal,
}

impl Told {
    pub(crate) fn listen() -> std::io::Result<Told> {
        Ok(Told { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    /// Ready the next time that it is; tells by which signal.
    pub(crate) async fn signalled(&mut self) -> i32 {
        tokio::select! {
            _ = self.terminate.recv() => Number::TERM.as_raw(),
            _ = self.interrupt.recv() => Number::INT.as_raw(),
        }
    }
}
