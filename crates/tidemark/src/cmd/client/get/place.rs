//! Where files go on this machine, and what is there.

use super::shown;
use crate::exit::Failure;
use anyhow::{Context, anyhow};
use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::path::{Component, Path};
use tidemark_client::{ContentHasher, FileMetadata};

/// What is at a place.
pub(super) enum There {
    Nothing,
    /// The very file.
    Same,
    /// Another file, or what is none.
    Other,
    Folder,
}

/// A name on the server as one here: it is a plain name, and leads nowhere else.
pub(super) fn local_name(name: &str) -> Result<&Path, Failure> {
    let path = Path::new(name);
    let mut parts = path.components();
    match (parts.next(), parts.next()) {
        (Some(Component::Normal(plain)), None) if plain == path.as_os_str() => Ok(path),
        _ => Err(Failure::Refused(anyhow!("'{}' is no name for a file here", crate::words::shown(name)))),
    }
}

/// Makes the folder that a file goes into, and those around it.
pub(super) fn folders_around(target: &Path) -> Result<(), Failure> {
    match target.parent() {
        Some(parent) if parent != Path::new("") => folder(parent),
        _ => Ok(()),
    }
}

/// Makes a folder, unless it is there.
pub(super) fn folder(path: &Path) -> Result<(), Failure> {
    Ok(fs::create_dir_all(path).with_context(|| format!("cannot make the folder {}", shown(path)))?)
}

/// Looks at a place. To be the same is to have the same bytes.
pub(super) async fn look(target: &Path, file: &FileMetadata) -> Result<There, Failure> {
    let found = match fs::symlink_metadata(target) {
        Ok(found) => found,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(There::Nothing),
        Err(error) => {
            return Err(anyhow::Error::new(error)
                .context(format!("cannot look at {}", shown(target)))
                .into());
        }
    };
    if found.is_dir() {
        return Ok(There::Folder);
    }
    // What a link leads to may be the same; if it is not, the link is another thing.
    let (Some(hash), Ok(found)) = (file.content_hash, fs::metadata(target)) else { return Ok(There::Other) };
    if !found.is_file() || found.len() != file.bytes {
        return Ok(There::Other);
    }
    let here = async {
        let mut here = File::open(target)?;
        digest(&mut here).await
    };
    let here = here.await.with_context(|| format!("cannot read {}", shown(target)))?;
    Ok(if here.finish() == hash { There::Same } else { There::Other })
}

/// Reads a file to its end.
pub(super) async fn digest(file: &mut File) -> std::io::Result<ContentHasher> {
    let (mut hasher, mut bytes) = (ContentHasher::new(), vec![0; 1 << 20]);
    loop {
        match file.read(&mut bytes) {
            Ok(0) => return Ok(hasher),
            Ok(read) => hasher.update(&bytes[..read]),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
        // Somebody may want to interrupt it.
        tokio::task::yield_now().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A name that a server sends is a name in the folder, or nothing.
    #[test]
    fn names_lead_nowhere() {
        for name in ["a", "a b.txt", "...", "..a", " ", "ü", "-rf", "a\u{202e}b"] {
            assert_eq!(local_name(name).unwrap(), Path::new(name));
        }
        for name in ["", ".", "..", "/", "a/b", "../a", "/etc", "a/", "./a", "a/."] {
            assert!(local_name(name).is_err(), "{name}");
        }
    }
}
