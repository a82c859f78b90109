//! Which servers this program is linked to, for whom, and with what it is let in.
//!
//! A profile is a file of its own, so that two commands that link at a time do not lose each other's. The folder and the files
//! are their owner's alone.

mod folder;
mod keyring;
mod token;

pub(crate) use folder::{Profiles, write};
pub(crate) use token::{Kept, Place, token_of};

use anyhow::{Context, anyhow};
use directories::ProjectDirs;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// One link to one account on one server.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Profile {
    /// The server's address.
    pub(crate) server: String,
    /// Certificates of authorities to be trusted besides the system's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ca_file: Option<PathBuf>,
    /// What the server calls itself, if it did when it was linked: its address may lead elsewhere later.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) server_id: Option<String>,
    /// The account's number on the server.
    pub(crate) uid: u64,
    /// The account's e-mail, as it was when it was linked.
    pub(crate) email: String,
    /// Whether the token was made for this link, and so is of no use to anybody without it.
    #[serde(default)]
    pub(crate) is_own: bool,
    /// Where the token is.
    pub(crate) token: Kept,
}

/// What a profile is called: a plain name of a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ProfileName(String);

/// The text is no name of a profile.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ProfileNameError;

impl fmt::Display for ProfileNameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a profile's name has 1 to 64 letters, digits, '.', '-' or '_', and begins with one of the first two")
    }
}

impl std::error::Error for ProfileNameError {}

impl FromStr for ProfileName {
    type Err = ProfileNameError;

    fn from_str(text: &str) -> Result<ProfileName, ProfileNameError> {
        let letter = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
        let good = (1..=64).contains(&text.len())
            && text.bytes().all(letter)
            && text.as_bytes()[0].is_ascii_alphanumeric();
        if good { Ok(ProfileName(text.to_owned())) } else { Err(ProfileNameError) }
    }
}

impl fmt::Display for ProfileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl ProfileName {
    /// What a profile for this server is called if nobody says: after its host, and its port if that is unusual.
    pub(crate) fn for_server(server: &str) -> ProfileName {
        let host = server.split_once("://").map_or(server, |(_, rest)| rest);
        let host = host.split('/').next().unwrap_or_default();
        let plain = |letter: char| if letter.is_ascii_alphanumeric() || letter == '.' { letter } else { '-' };
        let name: String = host.chars().map(plain).collect();
        // Room for a number behind it.
        let name: String = name.trim_start_matches(['.', '-']).chars().take(60).collect();
        name.parse().unwrap_or_else(|_| ProfileName("server".to_owned()))
    }

    /// The same with a number, for the second and further ones.
    pub(crate) fn numbered(&self, number: u32) -> ProfileName {
        match number {
            1 => self.clone(),
            number => ProfileName(format!("{}-{number}", self.0)),
        }
    }
}

/// The folder for what may be lost, but had better not: uploads under way.
pub(crate) fn state_folder() -> anyhow::Result<PathBuf> {
    let folders = project_folders()?;
    Ok(folders.state_dir().unwrap_or_else(|| folders.data_local_dir()).to_owned())
}

fn project_folders() -> anyhow::Result<ProjectDirs> {
    let folders = ProjectDirs::from("", "", "tidemark");
    folders.context("there is no home folder, and so no place for profiles: set HOME")
}

/// A variable of the environment, if it is set to something.
pub(crate) fn variable(name: &str) -> anyhow::Result<Option<String>> {
    match std::env::var_os(name).filter(|value| !value.is_empty()) {
        None => Ok(None),
        // Its value is not told: it may be a secret.
        Some(value) => value.into_string().map(Some).map_err(|_| anyhow!("{name} is not UTF-8")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A name is a file's name in the folder, and nothing else.
    #[test]
    fn names_lead_nowhere() {
        for name in ["work", "cloud.example.org", "a_b-c", "1"] {
            assert_eq!(name.parse::<ProfileName>().unwrap().to_string(), name);
        }
        for name in ["", ".", "..", ".hidden", "-x", "a/b", "a\\b", "a b", "a\nb", "ü", &"x".repeat(65)] {
            assert_eq!(name.parse::<ProfileName>(), Err(ProfileNameError), "{name}");
        }
    }

    #[test]
    fn a_server_lends_its_name() {
        for (server, name) in [
            ("https://cloud.example.org", "cloud.example.org"),
            ("http://127.0.0.1:8765", "127.0.0.1-8765"),
            ("http://[::1]:8765/files", "1--8765"),
            ("https://-", "server"),
        ] {
            assert_eq!(ProfileName::for_server(server).to_string(), name);
        }
        let long = format!("https://{}.org", "x".repeat(200));
        assert!(ProfileName::for_server(&long).numbered(100).to_string().parse::<ProfileName>().is_ok());
    }

    /// What an older or newer program wrote, or a slip of the hand, is not half understood.
    #[test]
    fn a_profile_says_where_its_token_is_exactly_once() {
        let head = "server = 'http://x'\nuid = 1\nemail = 'a@b.c'\n";
        for (text, good) in [
            ("token.value = 'abc'", true),
            ("token.command = ['pass', 'show', 'x']", true),
            ("token = 'keyring'", true),
            ("", false),
            ("token = 'abc'", false),
            ("token.value = 'abc'\ntoken.command = ['x']", false),
            ("token = 'keyring'\nsevrer = 'http://y'", false),
        ] {
            assert_eq!(toml::from_str::<Profile>(&format!("{head}{text}\n")).is_ok(), good, "{text}");
        }
        let debug =
            format!("{:?}", toml::from_str::<Profile>(&format!("{head}token.value = 'abc'\n")).unwrap());
        assert!(!debug.contains("abc"), "{debug}");
    }
}
