//! The client's commands: what people and scripts do with the files on a server, one file per command.
//!
//! They know the server only by its wire (`tidemark-client`). What they share: `session.rs` for who asks whom, `tree.rs` for
//! what stands behind a pattern, `entry.rs` for how an entry is printed.

mod account;
mod cat;
mod du;
mod entry;
mod get;
mod link;
mod ls;
mod mkdir;
mod put;
mod relocate;
mod revisions;
mod rm;
mod search;
mod session;
mod share;
mod sync;
mod tree;
mod unlink;
mod watch;

pub(crate) use session::{TOKEN_VARIABLE, Trust, server_of, transport};

use crate::exit::Failure;
use crate::told::Told;
use anyhow::Context;
use clap::{Args, Subcommand};
use session::Whose;

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Link this machine to an account on a server
    Link(link::Flags),
    /// End the link: the token is revoked, and forgotten
    Unlink(unlink::Flags),
    /// Tell whose files these are, and how much room there is
    Account(account::Flags),
    /// List files and folders
    Ls(ls::Flags),
    /// Get files and folders
    Get(get::Flags),
    /// Put files and folders
    Put(put::Flags),
    /// Print files
    Cat(cat::Flags),
    /// Delete files and folders; they can be restored
    Rm(rm::Flags),
    /// Move or rename files and folders
    Mv(relocate::Flags),
    /// Copy files and folders on the server
    Cp(relocate::CopyFlags),
    /// Make folders
    Mkdir(mkdir::Flags),
    /// List the versions of a file
    Revs(revisions::RevsFlags),
    /// Make a file what it was, or bring a deleted one back
    Restore(revisions::RestoreFlags),
    /// Find files and folders by their names
    Search(search::Flags),
    /// Make a link that shows a file or folder to others
    Share(share::Flags),
    /// Tell how much is in folders
    Du(du::Flags),
    /// Keep a folder and the files on a server the same
    Sync(Box<sync::Flags>),
    /// Tell of every change as it happens, or run a command for it
    Watch(watch::Flags),
}

/// How results are printed.
#[derive(Args)]
pub(crate) struct Printing {
    /// Print JSON, for programs: one object a line
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(command: Command) -> Result<(), Failure> {
    let whose = command.whose().cloned();
    done(command).map_err(|failure| match whose {
        Some(whose) => failure.of_token(|| whose.refused_token()),
        None => failure,
    })
}

impl Command {
    /// Whose files it is about; none of those that have ways of their own to come by a token.
    fn whose(&self) -> Option<&Whose> {
        match self {
            Command::Link(_) | Command::Unlink(_) | Command::Sync(_) => None,
            Command::Account(flags) => Some(&flags.whose),
            Command::Ls(flags) => Some(&flags.whose),
            Command::Get(flags) => Some(&flags.whose),
            Command::Put(flags) => Some(&flags.whose),
            Command::Cat(flags) => Some(&flags.whose),
            Command::Rm(flags) => Some(&flags.whose),
            Command::Mv(flags) => Some(&flags.whose),
            Command::Cp(flags) => Some(flags.whose()),
            Command::Mkdir(flags) => Some(&flags.whose),
            Command::Revs(flags) => Some(&flags.whose),
            Command::Restore(flags) => Some(&flags.whose),
            Command::Search(flags) => Some(&flags.whose),
            Command::Share(flags) => Some(&flags.whose),
            Command::Du(flags) => Some(&flags.whose),
            Command::Watch(flags) => Some(&flags.whose),
        }
    }
}

fn done(command: Command) -> Result<(), Failure> {
    const AGAIN: &str = "run the same command again to go on where it was";
    match command {
        Command::Link(flags) => link::run(flags),
        Command::Unlink(flags) => interruptible(None, unlink::run(flags)),
        Command::Account(flags) => interruptible(None, account::run(flags)),
        Command::Ls(flags) => interruptible(None, ls::run(flags)),
        Command::Get(flags) => interruptible(flags.can_go_on().then_some(AGAIN), get::run(flags)),
        Command::Put(flags) => interruptible(flags.can_go_on().then_some(AGAIN), put::run(flags)),
        Command::Cat(flags) => interruptible(None, cat::run(flags)),
        Command::Rm(flags) => interruptible(None, rm::run(flags)),
        Command::Mv(flags) => interruptible(None, relocate::mv(flags)),
        Command::Cp(flags) => interruptible(None, relocate::cp(flags)),
        Command::Mkdir(flags) => interruptible(None, mkdir::run(flags)),
        Command::Revs(flags) => interruptible(None, revisions::revs(flags)),
        Command::Restore(flags) => interruptible(None, revisions::restore(flags)),
        Command::Search(flags) => interruptible(None, search::run(flags)),
        Command::Share(flags) => interruptible(None, share::run(flags)),
        Command::Du(flags) => interruptible(None, du::run(flags)),
        Command::Sync(flags) => sync::run(*flags),
        Command::Watch(flags) => watch::run(flags),
    }
}

/// Works until it is done, or until the process is told to end: then the work stops where it is, at a place where it waits.
fn interruptible(
    advice: Option<&'static str>,
    work: impl Future<Output = Result<(), Failure>>,
) -> Result<(), Failure> {
    block_on(async {
        let mut told = Told::listen().context("cannot listen to signals")?;
        tokio::select! {
            biased;
            signal = told.signalled() => Err(Failure::Interrupted(signal, advice)),
            result = work => result,
        }
    })
}

/// Runs something to its end. What reads standard input beside it is not waited for.
fn block_on<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.context("cannot start")?;
    let result = runtime.block_on(work);
    runtime.shutdown_background();
    result
}

/// What became of several: each that fails is told of, and the others are done all the same.
#[derive(Default)]
struct Tally {
    code: Option<u8>,
}

impl Tally {
    /// Notes how one of them ended. What would happen to the others, too, is passed on.
    fn note(&mut self, result: Result<(), Failure>) -> Result<(), Failure> {
        let Err(failure) = result else { return Ok(()) };
        if failure.is_for_all() {
            return Err(failure);
        }
        failure.report();
        let code = failure.code();
        // Failures of several kinds have nothing in common but that something could not be done.
        self.code = Some(if self.code.is_none_or(|before| before == code) { code } else { 1 });
        Ok(())
    }

    /// The whole's end.
    fn end(self) -> Result<(), Failure> {
        self.code.map_or(Ok(()), |code| Err(Failure::Told(code)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::anyhow;

    /// Each failure counts; what would happen to every other one ends it.
    #[test]
    fn several_failures_have_one_code() {
        let unknown = || Err(Failure::Unknown(anyhow!("no such file")));
        let mut tally = Tally::default();
        tally.note(Ok(())).unwrap();
        tally.note(unknown()).unwrap();
        tally.note(unknown()).unwrap();
        assert_eq!(tally.end().unwrap_err().code(), 3);
        let mut tally = Tally::default();
        tally.note(unknown()).unwrap();
        tally.note(Err(Failure::Conflict(anyhow!("there is one")))).unwrap();
        assert_eq!(tally.end().unwrap_err().code(), 1);
        let mut tally = Tally::default();
        assert_eq!(tally.note(Err(Failure::Unreachable(anyhow!("gone")))).unwrap_err().code(), 7);
        assert!(tally.end().is_ok());
    }
}
