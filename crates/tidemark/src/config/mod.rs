//! What can be set: by flag, by `TIDEMARK_*`, or in a TOML file, in this order. One section, one file.
//!
//! A section is one struct of options, which the command line and the file both fill in; what neither says gets its
//! default here. Keys that are not known are refused, so that a slip is not taken for silence.

pub(crate) mod box_events;
mod count;
mod data;
pub(crate) mod dropbox_v1;
pub(crate) mod egress;
mod limits;
mod log;
mod media;
mod server;
mod size;
mod tls;
mod webhooks;

pub(crate) use box_events::BoxFlags;
pub(crate) use count::Count;
pub(crate) use data::gallery_folder;
pub(crate) use dropbox_v1::DropboxV1Flags;
pub(crate) use egress::{Egress, EgressFlags};
pub(crate) use limits::LimitFlags;
pub(crate) use log::{Log, LogFlags};
pub(crate) use media::{Media, MediaFlags};
pub(crate) use server::{Server, ServerFlags};
pub(crate) use size::{Size, SizeError};
pub(crate) use tls::{Tls, TlsFlags};
pub(crate) use webhooks::WebhookFlags;

use crate::exit::Failure;
use anyhow::Context;
use clap::Args;
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// What help calls these settings, so that they do not stand among each command's own.
const FOR_ALL: &str = "The data folder";

/// The settings of every command that works on a data folder.
#[derive(Args)]
pub(crate) struct CommonFlags {
    /// The data folder [default: the platform's, such as ~/.local/share/tidemark]
    #[arg(long, global = true, help_heading = FOR_ALL, value_name = "DIR", env = "TIDEMARK_DATA")]
    data: Option<PathBuf>,
    /// A TOML file with settings
    #[arg(long, global = true, help_heading = FOR_ALL, value_name = "FILE", env = "TIDEMARK_CONFIG")]
    config: Option<PathBuf>,
}

/// What a settings file may say.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct File {
    data: Option<PathBuf>,
    #[serde(default)]
    pub(crate) server: ServerFlags,
    #[serde(default)]
    pub(crate) tls: TlsFlags,
    #[serde(default)]
    pub(crate) limits: LimitFlags,
    #[serde(default)]
    pub(crate) dropbox_v1: DropboxV1Flags,
    #[serde(default, rename = "box")]
    pub(crate) box_events: BoxFlags,
    #[serde(default)]
    pub(crate) egress: EgressFlags,
    #[serde(default)]
    pub(crate) webhooks: WebhookFlags,
    #[serde(default)]
    pub(crate) media: MediaFlags,
    #[serde(default)]
    pub(crate) log: LogFlags,
}

impl CommonFlags {
    /// The file that is named, or an empty one.
    pub(crate) fn file(&self) -> Result<File, Failure> {
        match &self.config {
            Some(path) => File::read(path),
            None => Ok(File::default()),
        }
    }

    /// The data folder.
    pub(crate) fn data(&self, file: &File) -> anyhow::Result<PathBuf> {
        match self.data.as_ref().or(file.data.as_ref()) {
            Some(folder) => Ok(folder.clone()),
            None => data::platform_folder(),
        }
    }
}

impl File {
    fn read(path: &Path) -> Result<File, Failure> {
        let what = || format!("cannot read the settings in {}", path.display());
        let text = std::fs::read_to_string(path).with_context(what)?;
        toml::from_str(&text).with_context(what).map_err(Failure::Misunderstood)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_fills_in_what_is_not_said() {
        let file: File = toml::from_str(
            "data = '/srv/files'\n[server]\nlisten = '0.0.0.0:80'\nbehind-proxy = true\n[log]\nfilter = 'debug'\n",
        )
        .unwrap();
        let flags = CommonFlags { data: None, config: None };
        assert_eq!(flags.data(&file).unwrap(), PathBuf::from("/srv/files"));
        let flags = CommonFlags { data: Some("/elsewhere".into()), config: None };
        assert_eq!(flags.data(&file).unwrap(), PathBuf::from("/elsewhere"));
        let server = Server::resolve(ServerFlags::default(), file.server);
        assert_eq!((server.listen.to_string().as_str(), server.behind_proxy), ("0.0.0.0:80", true));
    }

    #[test]
    fn unknown_keys_are_refused() {
        for text in [
            "dat = 'x'",
            "[limits]\nwaiters = 1",
            "[dropbox-v1]\ncounty = 'GB'",
            "[server]\nport = 1",
            "[box]\nhold = 1",
            "[box-events]",
            "[media]\nworker = 1",
            "[tls]\ncertificate = 'x'",
            "[egress]\nallowed = []",
            "[sever]",
            "[log]\nlevel = 'x'",
        ] {
            assert!(toml::from_str::<File>(text).is_err(), "{text}");
        }
    }
}
