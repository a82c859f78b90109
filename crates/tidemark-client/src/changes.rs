//! Following what happens, for ever.

use std::time::Duration;

use futures_util::stream::{self, BoxStream, StreamExt as _};

use crate::model::{Cursor, Metadata, RemotePath};
use crate::{Client, Error};

/// What happened.
#[derive(Debug)]
pub enum ChangeEvent {
    /// All that was known must be forgotten: what there is follows.
    Reset,
    /// This is there now. If it is a file, whatever else was at its path is gone, and everything below; if it is a folder, what
    /// is below it stays.
    Entry(Metadata),
    /// Nothing is at this path any more, nor below it. The path is in the form in which paths are compared.
    Gone(RemotePath),
    /// There is more to come at once; from this cursor on, should it be interrupted.
    Checkpoint(Cursor),
    /// That is all, so far: whoever begins with this cursor misses nothing, and is told nothing twice.
    CaughtUp(Cursor),
    /// The server cannot be asked at present: it will be again, after a pause.
    Waiting {
        /// Why.
        error: Error,
        /// How long.
        pause: Duration,
    },
}

impl Client {
    /// What happens after a cursor, or what there is and then happens. With a prefix, there and below; it must be the one that
    /// the cursor was made with.
    ///
    /// The stream has no end but an error that a person must mend, such as a token that is not valid any more. It waits while
    /// nobody asks for its next event.
    pub fn changes(
        &self,
        from: Option<Cursor>,
        path_prefix: Option<RemotePath>,
    ) -> BoxStream<'static, Result<ChangeEvent, Error>> {
        let _ = (from, path_prefix);
        stream::empty().boxed()
    }
}
