//! The folder of profiles.

use super::{Profile, ProfileName, project_folders};
use crate::exit::Failure;
use anyhow::{Context, anyhow};
use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// All of them.
pub(crate) struct Profiles {
    folder: PathBuf,
}

/// The file that says which profile counts if nobody says.
const DEFAULT: &str = "default-profile";
const PROFILES: &str = "profiles";
const EXTENSION: &str = "toml";

impl Profiles {
    /// Those of whoever runs this.
    pub(crate) fn open() -> anyhow::Result<Profiles> {
        Ok(Profiles { folder: project_folders()?.config_dir().to_owned() })
    }

    /// Where a profile is.
    pub(crate) fn file(&self, name: &ProfileName) -> PathBuf {
        self.folder.join(PROFILES).join(format!("{name}.{EXTENSION}"))
    }

    /// What they are called, in order.
    pub(crate) fn names(&self) -> anyhow::Result<Vec<ProfileName>> {
        let folder = self.folder.join(PROFILES);
        let what = || format!("cannot read {}", folder.display());
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error).with_context(what),
        };
        let mut names = Vec::new();
        for entry in entries {
            let path = entry.with_context(what)?.path();
            let stem = path.file_stem().and_then(|stem| stem.to_str());
            if path.extension().is_some_and(|extension| extension == EXTENSION)
                && let Some(name) = stem.and_then(|stem| stem.parse().ok())
            {
                names.push(name);
            }
        }
        names.sort();
        Ok(names)
    }

    /// A profile, if there is one of this name.
    pub(crate) fn get(&self, name: &ProfileName) -> anyhow::Result<Option<Profile>> {
        let file = self.file(name);
        let what = || format!("cannot read the profile in {}", file.display());
        let text = match fs::read_to_string(&file) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error).with_context(what),
        };
        // What is wrong is told by its place alone: the text has a token in it.
        let profile = toml::from_str(&text).map_err(|error| {
            let before = error.span().map_or("", |span| text.get(..span.start).unwrap_or_default());
            anyhow!("line {} makes no sense", before.lines().count().max(1))
        });
        profile.map(Some).with_context(what)
    }

    /// Keeps a profile, in place of one of that name. It counts from now on if nobody says another.
    pub(crate) fn put(&self, name: &ProfileName, profile: &Profile) -> anyhow::Result<()> {
        let text = toml::to_string(profile).expect("plain structs can be serialized");
        write(&self.file(name), &text)?;
        write(&self.folder.join(DEFAULT), &format!("{name}\n"))
    }

    /// Forgets a profile.
    pub(crate) fn remove(&self, name: &ProfileName) -> anyhow::Result<()> {
        let file = self.file(name);
        fs::remove_file(&file).with_context(|| format!("cannot remove {}", file.display()))
    }

    /// The one that counts if nobody says: the last that was linked, or the only one.
    pub(crate) fn default(&self) -> Result<ProfileName, Failure> {
        let mut names = self.names()?;
        let last = fs::read_to_string(self.folder.join(DEFAULT)).ok();
        let last = last.and_then(|text| text.trim_end().parse().ok());
        match (last.filter(|name| names.contains(name)), names.len()) {
            (Some(name), _) => Ok(name),
            (None, 0) => Err(Failure::Unlinked(anyhow!(
                "not linked: run `tidemark link URL`, with your server's address"
            ))),
            (None, 1) => Ok(names.remove(0)),
            (None, _) => Err(Failure::Misunderstood(anyhow!(
                "there are several profiles: say which with --profile ({})",
                names.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
            ))),
        }
    }
}

/// Writes a file that only its owner reads, in a folder of that kind: the old text or the new is there, whatever happens.
pub(crate) fn write(file: &Path, text: &str) -> anyhow::Result<()> {
    let folder = file.parent().expect("it is a file in a folder");
    let what = || format!("cannot write {}", file.display());
    DirBuilder::new().recursive(true).mode(0o700).create(folder).with_context(what)?;
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let new = folder.join(format!(".{name}.{}.new", std::process::id()));
    let written = (|| {
        let mut open = OpenOptions::new();
        // One that a crash left behind is nobody's any more.
        let _ = fs::remove_file(&new);
        let mut out = open.write(true).create_new(true).mode(0o600).open(&new)?;
        out.write_all(text.as_bytes())?;
        out.sync_all()?;
        fs::rename(&new, file)?;
        fs::File::open(folder)?.sync_all()
    })();
    if written.is_err() {
        let _ = fs::remove_file(&new);
    }
    written.with_context(what)
}
