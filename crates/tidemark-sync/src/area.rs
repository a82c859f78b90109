//! The state area: the folder inside each sync folder that is ours, and that is never synced.

use crate::ports::{Disk, DiskError, DiskFault, LocalPath, SeenKind};
use crate::trees::NameKey;

/// What the state area is called.
pub const AREA: &str = ".tidemark";

/// Characters that some file systems do not see in a name: with one of them, a name that is not ours would open what is.
const UNSEEN: [std::ops::RangeInclusive<char>; 5] = [
    '\u{200b}'..='\u{200f}',
    '\u{202a}'..='\u{202e}',
    '\u{2060}'..='\u{2064}',
    '\u{206a}'..='\u{206f}',
    '\u{feff}'..='\u{feff}',
];

/// Where the state area is.
pub fn path() -> LocalPath {
    LocalPath::parse(AREA).expect("a name")
}

/// A place in the state area.
pub fn within(name: &str) -> LocalPath {
    path().join(name).expect("only names that we chose come in")
}

/// Where files lie until they are whole, and while they swap places.
pub(crate) fn staging() -> LocalPath {
    within("staging")
}

/// Makes the state area if it is not there.
pub async fn make(disk: &dyn Disk) -> Result<(), DiskError> {
    make_folder(disk, &path()).await
}

/// Makes a folder if it is not there.
pub(crate) async fn make_folder(disk: &dyn Disk, folder: &LocalPath) -> Result<(), DiskError> {
    match disk.make_folder(folder).await {
        Ok(_) => Ok(()),
        Err(taken) if taken.fault == DiskFault::Taken => match disk.look(folder).await? {
            Some(seen) if seen.kind == SeenKind::Folder => Ok(()),
            _ => Err(taken),
        },
        Err(error) => Err(error),
    }
}

/// Whether some file system may take this name for the state area's: it is not observed, and nothing that comes from the
/// server is ever put there. This holds in every folder, because one sync folder may lie inside another.
pub fn is_ours(name: &str) -> bool {
    if name.is_ascii() {
        return name.eq_ignore_ascii_case(AREA);
    }
    let seen: String = name.chars().filter(|c| !UNSEEN.iter().any(|range| range.contains(c))).collect();
    NameKey::of(&seen).as_str() == AREA
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_a_file_system_may_take_for_ours_are_ours() {
        for name in [".tidemark", ".TideMark", ".t\u{200c}idemark", "\u{feff}.tidemark", ".tidemar\u{212a}"] {
            assert!(is_ours(name), "{name:?}");
        }
        for name in ["tidemark", ".tidemarkignore", ".tidemark ", ".tidemark2", ""] {
            assert!(!is_ours(name), "{name:?}");
        }
    }
}
