//! The control task: it observes, plans, lets steps be taken, and records what they led to.
//!
//! One task owns the [`State`]; everything that takes time (exchanges with the server, reading and writing files) runs
//! beside it and hands its results over. So there is one order of events, and it can be told.

mod control;
mod converse;
mod dispatch;
mod flight;
mod look;
mod noticed;
mod options;
mod planning;
mod record;
mod room;
mod selection;
mod status;
mod strikes;
mod tell;
mod today;
mod wishes;

pub use crate::plan::Direction;
pub use options::{MassLimits, Options, Seams};
pub use status::{Command, Hindrance, Phase, Status, Stopped, Summary, Tally, Transfer};

use std::sync::Arc;
use std::time::Duration;

use tidemark_client::{Client, RetryPolicy};
use tokio::sync::{mpsc, watch};

use crate::apply::{Announced, Tools, clear_staging};
use crate::ports::Disk;
use crate::state::State;
use control::Control;
use look::{check_folder, unusable};

/// Why a folder cannot be kept.
#[derive(Debug, thiserror::Error)]
pub enum BeginError {
    /// It stopped before it began.
    #[error("{0}")]
    Stopped(Stopped),
}

/// How long the beginning of a large file waits for the rest of it.
const STAGED_MAX: Duration = Duration::from_secs(7 * 24 * 3600);

/// How often a call is repeated by itself. What fails then is planned anew, from what is there by then.
const RETRIES: RetryPolicy = RetryPolicy {
    tries_max: 3,
    pause_first: Duration::from_millis(200),
    pause_max: Duration::from_secs(2),
    patience: Duration::from_secs(20),
};

/// Keeps one sync folder and one account's tree the same.
pub struct Engine<'s> {
    tools: Arc<Tools>,
    announced: mpsc::UnboundedReceiver<Announced>,
    state: &'s mut State,
    seams: Seams,
    options: Options,
    status: watch::Sender<Status>,
}

impl<'s> Engine<'s> {
    /// Makes sure that the folder is the one that was set up, and clears up what an earlier engine left. Nothing is asked of the
    /// server. Nobody else keeps the folder meanwhile: a state in a file is open for one engine only ([`State::open`]).
    ///
    /// # Errors
    /// [`BeginError`].
    pub async fn begin(
        client: Client,
        disk: Arc<dyn Disk>,
        state: &'s mut State,
        seams: Seams,
        options: Options,
    ) -> Result<Engine<'s>, BeginError> {
        check_folder(&*disk, options.ties.as_ref()).await.map_err(BeginError::Stopped)?;
        let (status, _) = watch::channel(Status::default());
        let client = client.with_retries(RETRIES);
        let (tools, announced) = Tools::new(client, disk, seams.clock.clone());
        clear_staging(&tools, STAGED_MAX).await.map_err(|error| BeginError::Stopped(unusable(&error)))?;
        Ok(Engine { tools: Arc::new(tools), announced, state, seams, options, status })
    }

    /// What it is about, from now on.
    #[must_use]
    pub fn status(&self) -> watch::Receiver<Status> {
        self.status.subscribe()
    }

    /// Keeps both sides the same until somebody stops it, or it must stop. When nobody can send commands any more it goes on.
    /// Dropping the future is as good as a crash: nothing is lost.
    pub async fn run(self, commands: mpsc::Receiver<Command>) -> Stopped {
        self.control(false).run(Some(commands)).await
    }

    /// Brings both sides together, and ends when nothing is left to do.
    pub async fn run_once(self) -> Summary {
        let mut control = self.control(true);
        let stopped = control.run(None).await;
        let stopped = if control.is_quiet() && stopped == Stopped::Asked { None } else { Some(stopped) };
        let problems = control.state.counts().map_or(0, |counts| counts.problems);
        Summary { stopped, hindrances: control.hindrances(), problems, done: control.tally }
    }

    fn control(self, once: bool) -> Control<'s> {
        let tools = (self.tools, self.announced);
        Control::new(tools, self.state, self.seams, self.options, self.status, once)
    }
}
