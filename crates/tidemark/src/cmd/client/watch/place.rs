//! How far a watch is, kept between its runs.

use crate::exit::Failure;
use crate::profile;
use crate::words;
use anyhow::{Context, anyhow};
use serde::{Deserialize, Serialize};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use tidemark_client::{Cursor, RemotePath, Server};

/// A file with a cursor, and what it is a cursor of.
pub(super) struct CursorFile {
    file: PathBuf,
    server: String,
    path: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    server: String,
    path: String,
    cursor: Cursor,
}

impl CursorFile {
    pub(super) fn open(
        file: &Path,
        server: &Server,
        prefix: Option<&RemotePath>,
    ) -> Result<CursorFile, Failure> {
        let file = std::path::absolute(file).with_context(|| what("find", file))?;
        let path = prefix.map_or("/", |path| path.as_str()).to_owned();
        Ok(CursorFile { file, server: server.as_str().to_owned(), path })
    }

    /// How far it was; none if it never ran.
    pub(super) fn load(&self) -> Result<Option<Cursor>, Failure> {
        let text = match std::fs::read(&self.file) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(anyhow::Error::new(error).context(what("read", &self.file)).into()),
        };
        let written: Written = serde_json::from_slice(&text)
            .map_err(|_| Failure::Refused(anyhow!("{}: it is no cursor's file", what("use", &self.file))))?;
        // Elsewhere it would mean nothing, or something else.
        if written.server != self.server || written.path != self.path {
            let of = format!("{} of {}", words::shown(&written.path), words::shown(&written.server));
            return Err(Failure::Refused(anyhow!("{}: it is for {of}", what("use", &self.file))));
        }
        Ok(Some(written.cursor))
    }

    pub(super) fn store(&self, cursor: &Cursor) -> Result<(), Failure> {
        let written =
            Written { server: self.server.clone(), path: self.path.clone(), cursor: cursor.clone() };
        let text = serde_json::to_string(&written).expect("plain structs can be serialized");
        Ok(profile::write(&self.file, &format!("{text}\n"))?)
    }
}

fn what(verb: &str, file: &Path) -> String {
    format!("cannot {verb} the cursor's file '{}'", words::shown(&file.to_string_lossy()))
}
