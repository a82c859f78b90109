//! What people want of a folder that is kept in sync, whether a process keeps it just now or not.

use super::folders;
use super::live;
use crate::cmd::client::entry::quoted;
use crate::exit::Failure;
use crate::output::{complain, say};
use crate::remote_glob::plain;
use crate::words::{count, shown};
use anyhow::{Context, anyhow};
use clap::Args;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tidemark_client::RemotePath;
use tidemark_sync::state::{Release, Setting, State};
use tidemark_sync::trees::NameKey;

/// How long a process that keeps the folder has to answer. It looks every other second for what people want, unless it is busy.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often it is looked for an answer.
const LOOK: Duration = Duration::from_millis(20);

/// Who goes by what was said.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Heard {
    /// The process that keeps the folder.
    Running,
    /// Whoever keeps it the next time.
    Nobody,
}

impl Heard {
    /// When it is gone by, if that is not now.
    fn when(self, folder: &Path) -> String {
        match self {
            Heard::Running => String::new(),
            Heard::Nobody => format!(", with the next `tidemark sync {}`", folder.display()),
        }
    }
}

#[derive(Args)]
#[command(after_help = "\
Examples:
  tidemark sync pause ~/Tidemark       nothing is changed on either side, whether it runs now or is started later
  tidemark sync resume ~/Tidemark      it goes on
  tidemark sync release ~/Tidemark     the deletions that `tidemark sync status` tells of are done")]
pub(super) struct Flags {
    /// The folder [default: the only one of this machine]
    #[arg(value_name = "DIR")]
    folder: Option<PathBuf>,
}

#[derive(Args)]
#[command(after_help = "\
Examples:
  tidemark sync forget ~/Tidemark      its files stay, here and on the server, and nothing keeps them the same any more

Its folder .tidemark stays, too, with what is in the trash: remove it when you need neither. `tidemark sync DIR` makes the
folder a sync folder once more, and merges both sides.")]
pub(super) struct ForgetFlags {
    /// The folder, whether it is there or not
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

#[derive(Args)]
#[command(after_help = "\
Examples:
  tidemark sync exclude ~/Tidemark /Films /Photos/Raw     they are kept on the server only
  tidemark sync include ~/Tidemark /Films                 they come here again

A path that nothing is at is kept off this machine when something comes there. What is nobody's business on the server stands in a
file .tidemarkignore instead.")]
pub(super) struct PathsFlags {
    /// The sync folder
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// Folders or files of the server
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<String>,
}

pub(super) fn pause(flags: &Flags, paused: bool) -> Result<(), Failure> {
    let folder = folders::meant(flags.folder.as_deref())?;
    if set(&folder, &Setting::Paused(paused))? == Heard::Running {
        // What is told is a moment behind what is so: whoever looks now should not see the opposite.
        let begun = Instant::now();
        let is_told = || live::state_of(&folder).is_none_or(|state| (state == "paused") == paused);
        while !is_told() && begun.elapsed() < PATIENCE {
            std::thread::sleep(LOOK);
        }
    }
    Ok(())
}

/// What is held now may be done, and not more.
pub(super) fn release(flags: &Flags) -> Result<(), Failure> {
    let folder = folders::meant(flags.folder.as_deref())?;
    let counts = folders::look_into(&folder)?.missing_counts().context("cannot read the state")?;
    let release = Release { gone_locally: counts.gone_locally, gone_remotely: counts.gone_remotely };
    if release == Release::default() {
        return Err(Failure::Unknown(anyhow!("no deletions are held")));
    }
    let heard = set(&folder, &Setting::Released(Some(release)))?;
    let when = heard.when(&folder);
    if release.gone_locally > 0 {
        say(&format!("{} may be deleted on the server{when}", count(release.gone_locally, "item", "items")))?;
    }
    if release.gone_remotely > 0 {
        say(&format!(
            "{} may be put into the trash here{when}",
            count(release.gone_remotely, "item", "items")
        ))?;
    }
    Ok(())
}

/// Keeps a folder in sync no more, and touches nothing in it.
pub(super) fn forget(flags: &ForgetFlags) -> Result<(), Failure> {
    let folder = folders::whole(&flags.folder)
        .with_context(|| format!("cannot look at {}", flags.folder.display()))?;
    if State::is_in_use(&folders::database(&folder)) {
        return Err(Failure::Refused(anyhow!("a process keeps {} in sync: end it first", folder.display())));
    }
    if !folders::forget(&folder)? {
        return Err(Failure::Unknown(anyhow!(
            "{} is no sync folder: `tidemark sync status` lists what is",
            folder.display()
        )));
    }
    say(&format!("{} is not kept in sync any more; its files stay where they are", folder.display()))
}

pub(super) fn exclude(flags: &PathsFlags) -> Result<(), Failure> {
    let what = "is kept off this machine; what is here of it goes to the trash";
    change(flags, what, |excluded, path| {
        if !excluded.iter().any(|known| is_same(known, &path)) {
            excluded.push(path);
        }
        Ok(())
    })
}

pub(super) fn include(flags: &PathsFlags) -> Result<(), Failure> {
    change(flags, "comes here again", |excluded, path| {
        let before = excluded.len();
        excluded.retain(|known| !is_same(known, &path));
        match excluded.len() < before {
            true => Ok(()),
            false => Err(Failure::Unknown(anyhow!(
                "{} is not excluded: `tidemark sync status` lists what is",
                quoted(&path)
            ))),
        }
    })
}

/// As on the server, case does not matter.
fn is_same(one: &RemotePath, other: &RemotePath) -> bool {
    one.names().map(NameKey::of).eq(other.names().map(NameKey::of))
}

fn change(
    flags: &PathsFlags,
    what: &str,
    change: impl Fn(&mut Vec<RemotePath>, RemotePath) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let mut excluded =
        folders::look_into(&flags.folder)?.settings().context("cannot read the state")?.excluded;
    for path in &flags.paths {
        let path = plain(path).map_err(Failure::Misunderstood)?;
        if path.is_root() {
            return Err(Failure::Misunderstood(anyhow!("the whole account cannot be excluded")));
        }
        change(&mut excluded, path)?;
    }
    excluded.sort();
    let heard = set(&flags.folder, &Setting::Excluded(excluded))?;
    for path in &flags.paths {
        say(&format!("'{}' {what}{}", shown(path), heard.when(&flags.folder)))?;
    }
    Ok(())
}

/// Says what is wanted. If a process keeps the folder, that goes by it when this answers.
fn set(folder: &Path, setting: &Setting) -> Result<Heard, Failure> {
    let database = folders::expect(folder)?;
    let what = || format!("cannot change the state of {}", folder.display());
    let number = State::set_from_outside(&database, setting).with_context(what)?;
    let state = folders::look_into(folder)?;
    let begun = Instant::now();
    while State::is_in_use(&database) {
        if state.settings().with_context(what)?.heeded >= number {
            return Ok(Heard::Running);
        }
        if begun.elapsed() >= PATIENCE {
            complain(&format!(
                "it was told, but the process that keeps {0} has not answered yet: see `tidemark sync status {0}`",
                folder.display()
            ));
            return Err(Failure::Told(1));
        }
        std::thread::sleep(LOOK);
    }
    Ok(Heard::Nobody)
}
