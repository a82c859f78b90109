//! Somebody who works on the server directly, with another program.

use std::time::Duration;

use tidemark_client::{Client, DownloadOptions, Kind, RemotePath, UploadOptions, WriteMode};
use tidemark_sync::ports::LocalPath;
use tidemark_sync::trees::NameKey;
use tokio::time::sleep;

use super::{Contents, Habits, NAMES};
use crate::disk::{Laid, Listing};
use crate::history::{History, Named};
use crate::random::Random;
use crate::server::SimServer;
use crate::trace::{Trace, note};

const NAME: &str = "web";

/// Somebody who works on the server directly.
pub(crate) struct Online {
    pub(crate) client: Client,
    pub(crate) server: SimServer,
    pub(crate) contents: Contents,
    pub(crate) habits: Habits,
    pub(crate) history: History,
    pub(crate) trace: Trace,
    pub(crate) random: Random,
}

impl Online {
    /// Does so many things, with pauses of up to this.
    pub(crate) async fn live(mut self, acts: u64, pause_max: Duration) {
        for _ in 0..acts {
            let pause = self.random.within(0..pause_max.as_millis() as u64 + 1);
            sleep(Duration::from_millis(pause)).await;
            let act = self.random.below(6);
            let outcome = match act {
                0 | 1 => self.put().await,
                2 => self.edit().await,
                3 => self.relocate().await,
                4 => self.make_folder().await,
                _ => self.delete().await,
            };
            let outcome = if outcome.is_some() { "did" } else { "could not do" };
            note!(self.trace, "{NAME} {outcome} act {act}");
        }
    }

    fn listing(&self) -> Listing {
        let home = self.home();
        let mut listing = self.server.listing();
        listing.retain(|at, _| at.is_within(&home) && *at != home);
        listing
    }

    fn home(&self) -> LocalPath {
        match self.habits.apart {
            true => super::path(NAME),
            false => LocalPath::root(),
        }
    }

    fn any(&mut self, is_wanted: impl Fn(&Laid) -> bool) -> Option<LocalPath> {
        let listing = self.listing();
        let wanted: Vec<LocalPath> =
            listing.into_iter().filter(|(_, laid)| is_wanted(laid)).map(|(at, _)| at).collect();
        self.random.pick(&wanted).cloned()
    }

    fn any_place(&mut self) -> Option<RemotePath> {
        let folder = self.any(|laid| *laid == Laid::Folder).filter(|folder| folder.names().count() < 3);
        let folder = folder.unwrap_or_else(|| self.home());
        let names = if self.habits.cases { &NAMES[..] } else { &NAMES[..5] };
        remote(&folder.join(self.random.pick(names)?)?)
    }

    async fn put(&mut self) -> Option<()> {
        let at = self.any_place()?;
        let mut bytes = self.contents.new_one(NAME, &mut self.random);
        note!(self.trace, "{NAME} puts {}: {}", at.as_str(), Named(&bytes));
        let options = UploadOptions { mode: WriteMode::Create, ..UploadOptions::default() };
        // Known before it is there: others may see it before the answer comes.
        let placed = bytes.clone();
        self.history.placed(&placed, &local(&at), NAME);
        self.history.acted(&local(&at), NAME);
        let sent = self.client.upload(&at, &mut bytes, options).await;
        self.unless_sent(&placed, sent.is_ok());
        sent.ok().map(drop)
    }

    async fn edit(&mut self) -> Option<()> {
        let at = remote(&self.any(|laid| matches!(laid, Laid::File(_)))?)?;
        let mut download = self.client.download(&at, &DownloadOptions::default()).await.ok()?;
        let Kind::File(file) = &download.metadata.kind else { return None };
        let rev = file.rev.clone();
        let mut old = Vec::new();
        while let Some(piece) = download.chunk().await.ok()? {
            old.extend_from_slice(&piece);
        }
        let mut bytes = self.contents.new_one(NAME, &mut self.random);
        note!(self.trace, "{NAME} edits {}: {}", at.as_str(), Named(&bytes));
        let options = UploadOptions { mode: WriteMode::Replace(rev), ..UploadOptions::default() };
        let placed = bytes.clone();
        self.history.placed(&placed, &local(&at), NAME);
        self.history.acted(&local(&at), NAME);
        let sent = self.client.upload(&at, &mut bytes, options).await;
        if sent.is_ok() {
            self.history.ended(&old.into(), NAME);
        }
        self.unless_sent(&placed, sent.is_ok());
        sent.ok().map(drop)
    }

    async fn relocate(&mut self) -> Option<()> {
        let from = self.any(|_| true)?;
        let to = self.any_place()?;
        let cursor = self.client.latest_cursor(None).await.ok()?;
        let moved = self.contents_at(&from);
        note!(self.trace, "{NAME} moves {from} to {}", to.as_str());
        self.client.move_to(&remote(&from)?, &to, Some(&cursor)).await.ok()?;
        moved.iter().for_each(|bytes| self.history.handled(bytes));
        self.history.acted(&from, NAME);
        self.history.acted(&local(&to), NAME);
        Some(())
    }

    async fn make_folder(&mut self) -> Option<()> {
        let at = self.any_place()?;
        self.client.create_folder(&at).await.ok().map(drop)
    }

    async fn delete(&mut self) -> Option<()> {
        let at = self.any(|_| true)?;
        let cursor = self.client.latest_cursor(None).await.ok()?;
        // The deletion is refused if anything changed since the cursor: so this is what is deleted.
        let gone = self.contents_at(&at);
        note!(self.trace, "{NAME} deletes {at}");
        self.client.delete(&remote(&at)?, Some(&cursor)).await.ok()?;
        gone.iter().for_each(|bytes| self.history.ended(bytes, NAME));
        self.history.acted(&at, NAME);
        Some(())
    }

    /// What is there and below, whatever letters it has by now: to the server they are one.
    fn contents_at(&self, at: &LocalPath) -> Vec<bytes::Bytes> {
        let listing = self.server.listing();
        let keys = |path: &LocalPath| path.names().map(NameKey::of).collect::<Vec<_>>();
        let at = keys(at);
        let below = listing.into_iter().filter(|(path, _)| keys(path).starts_with(&at));
        below
            .filter_map(|(_, laid)| match laid {
                Laid::File(bytes) => Some(bytes),
                Laid::Folder | Laid::Other => None,
            })
            .collect()
    }

    /// What the server refused, or may not have, is not missed.
    fn unless_sent(&self, bytes: &bytes::Bytes, sent: bool) {
        if !sent {
            self.history.ended(bytes, NAME);
        }
    }
}

/// What the server calls it.
fn remote(at: &LocalPath) -> Option<RemotePath> {
    RemotePath::new(&format!("/{at}")).ok()
}

/// What machines call it.
fn local(at: &RemotePath) -> LocalPath {
    LocalPath::parse(at.as_str().trim_start_matches('/')).expect("people here give good names")
}
