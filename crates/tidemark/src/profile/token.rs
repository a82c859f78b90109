//! Where a token is kept: in the desktop's keyring, in the profile's own file, or wherever a command gets it from.

use super::{ProfileName, keyring};
use crate::exit::Failure;
use anyhow::{Context, anyhow};
use clap::ValueEnum;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::process::Stdio;
use tidemark_client::AccessToken;
use tokio::io::AsyncReadExt;
use tokio::process::Command;

/// What a profile says of its token.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Kept {
    /// It stands here.
    Value(String),
    /// This command, with these arguments, prints it.
    Command(Vec<String>),
    /// It is in the keyring.
    Keyring,
}

/// Where a new token is to be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Place {
    /// In the desktop's keyring if it can be reached, otherwise in a file
    Auto,
    /// In the desktop's keyring
    Keyring,
    /// In the profile's file, which only you can read
    File,
}

/// More than any token has, in bytes.
const TOKEN_MAX: u64 = 64 * 1024;

impl Kept {
    /// Keeps a token for this profile.
    pub(crate) async fn keep(
        place: Place,
        profile: &ProfileName,
        token: &AccessToken,
    ) -> Result<Kept, Failure> {
        let in_file = || Kept::Value(token.reveal().to_owned());
        let in_keyring = match place {
            Place::File => return Ok(in_file()),
            Place::Auto if !keyring::may_be_there() => return Ok(in_file()),
            Place::Auto | Place::Keyring => keyring::store(profile, token).await,
        };
        match in_keyring {
            Ok(()) => Ok(Kept::Keyring),
            Err(_) if place == Place::Auto => Ok(in_file()),
            Err(error) => Err(Failure::Broken(error)),
        }
    }

    /// The token.
    pub(crate) async fn token(&self, profile: &ProfileName) -> Result<AccessToken, Failure> {
        let text = match self {
            Kept::Value(token) => Ok(token.clone()),
            Kept::Command(words) => command(words).await,
            Kept::Keyring => keyring::load(profile).await,
        };
        let text = text.map_err(Failure::Unlinked)?;
        token_of(&text).map_err(|error| error.during(format!("the token of the profile '{profile}'")))
    }

    /// Forgets the token, as far as it was kept by us outside of the profile's file.
    pub(crate) async fn forget(&self, profile: &ProfileName) -> anyhow::Result<()> {
        match self {
            Kept::Keyring => keyring::clear(profile).await,
            Kept::Value(_) | Kept::Command(_) => Ok(()),
        }
    }

    /// In a word.
    pub(crate) fn place(&self) -> &'static str {
        match self {
            Kept::Value(_) => "file",
            Kept::Command(_) => "command",
            Kept::Keyring => "keyring",
        }
    }
}

/// A token as a file or a command has it, with a line break behind it or without.
pub(crate) fn token_of(text: &str) -> Result<AccessToken, Failure> {
    let token = AccessToken::new(text.trim_end_matches(['\r', '\n']));
    token.map_err(|error| Failure::Unlinked(error.into()))
}

async fn command(words: &[String]) -> anyhow::Result<String> {
    let (program, arguments) = words.split_first().context("the profile's token command is empty")?;
    let printed = printed_by(Command::new(program).args(arguments)).await;
    printed.with_context(|| format!("the profile's token command, {program}, gave no token"))
}

/// The token does not show itself by accident.
impl fmt::Debug for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.place())
    }
}

/// What a command prints, if it ends well. It may ask the person at the terminal for something.
pub(super) async fn printed_by(command: &mut Command) -> anyhow::Result<String> {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .context("it cannot be started")?;
    let mut text = String::new();
    let out = child.stdout.take().expect("it was asked for");
    out.take(TOKEN_MAX).read_to_string(&mut text).await.context("what it prints cannot be read")?;
    let status = child.wait().await.context("it cannot be waited for")?;
    if status.success() { Ok(text) } else { Err(anyhow!("it ended with {status}")) }
}
