//! `[egress]`: requests to other people's servers, and files that are got from there.

use super::Size;
use clap::{Args, Parser};
use serde::Deserialize;
use std::path::PathBuf;
use tidemark_core::fetches::Limits;

/// As flags and file say it.
#[derive(Args, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct EgressFlags {
    /// Where files may be got from (`save_url`) and webhooks sent to although it is not on the public internet: a network
    /// (10.0.0.0/8), an address (127.0.0.1), or a host, perhaps with a port (files.lan:8080); can be repeated
    #[arg(
        id = "egress_allow",
        long = "egress-allow",
        value_name = "WHERE",
        env = "TIDEMARK_EGRESS_ALLOW",
        value_delimiter = ','
    )]
    allow: Option<Vec<String>>,
    /// A PEM file with authorities to trust besides the public ones, for files and webhooks
    #[arg(id = "egress_ca", long = "egress-ca", value_name = "FILE", env = "TIDEMARK_EGRESS_CA")]
    ca: Option<PathBuf>,
    /// The largest file that is got from a URL, such as 2GB [default: 10GiB]
    #[arg(
        id = "egress_file_max",
        long = "egress-file-max",
        value_name = "SIZE",
        env = "TIDEMARK_EGRESS_FILE_MAX"
    )]
    file_max: Option<Size>,
}

#[derive(Parser)]
struct Environment {
    #[command(flatten)]
    flags: EgressFlags,
}

impl EgressFlags {
    /// What the environment says, for commands that have no such flags.
    pub(crate) fn of_environment() -> anyhow::Result<EgressFlags> {
        Ok(Environment::try_parse_from(["tidemark"])?.flags)
    }
}

/// As it is.
#[derive(Debug, Clone, Default)]
pub(crate) struct Egress {
    /// What is allowed besides the public internet, as it was said.
    pub(crate) allow: Vec<String>,
    /// Where further certificates are.
    pub(crate) ca: Option<PathBuf>,
    /// What is too much to be got from elsewhere.
    pub(crate) fetches: Limits,
}

/// Flags first, then the file, then the defaults.
pub(crate) fn resolve(flags: EgressFlags, file: EgressFlags) -> Egress {
    let mut fetches = Limits::default();
    if let Some(Size(bytes)) = flags.file_max.or(file.file_max) {
        fetches.bytes_max = bytes;
    }
    // An empty variable says nothing.
    let said = |exceptions: &Vec<String>| exceptions.iter().any(|exception| !exception.trim().is_empty());
    let allow = flags.allow.filter(said).or(file.allow).unwrap_or_default();
    let allow = allow.into_iter().filter(|exception| !exception.trim().is_empty()).collect();
    Egress { allow, ca: flags.ca.or(file.ca), fetches }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_come_before_the_file_and_the_file_before_the_defaults() {
        let file = || toml::from_str("allow = ['10.0.0.0/8', 'files.lan']\nfile-max = '1 GiB'").unwrap();
        let from_file = resolve(EgressFlags::default(), file());
        assert_eq!(from_file.allow, ["10.0.0.0/8", "files.lan"]);
        assert_eq!(from_file.fetches.bytes_max, 1 << 30);
        let flags =
            EgressFlags { allow: Some(vec!["x.lan".into(), String::new()]), ..EgressFlags::default() };
        assert_eq!(resolve(flags, file()).allow, ["x.lan"]);
        let empty = EgressFlags { allow: Some(vec![String::new()]), ..EgressFlags::default() };
        assert_eq!(resolve(empty, file()).allow, ["10.0.0.0/8", "files.lan"]);
        let neither = resolve(EgressFlags::default(), EgressFlags::default());
        assert_eq!((neither.allow.len(), neither.fetches.bytes_max), (0, 10 << 30));
        assert!(toml::from_str::<EgressFlags>("file-max = 'much'").is_err());
    }
}
