//! The files that are to be brought over, and whether they are there.

use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};

use crate::scripts::{noise, stamp};

/// Files in a folder.
const PER_FOLDER: usize = 100;
const PIECE: usize = 4 << 20;

/// So many files, each of other bytes.
pub(super) fn make_many(place: &Path, count: usize, size: usize) -> Result<()> {
    let mut bytes = noise(size);
    for number in 0..count {
        let path = place.join(name(number));
        if number % PER_FOLDER == 0 {
            fs::create_dir_all(path.parent().context("it is in a folder")?)?;
        }
        stamp(&mut bytes);
        fs::write(path, &bytes)?;
    }
    Ok(())
}

fn name(number: usize) -> PathBuf {
    format!("{:03}/{number:05}.dat", number / PER_FOLDER).into()
}

/// Whether as many are there, all of that size.
pub(super) fn has_many(place: &Path, count: usize, size: usize) -> Result<bool> {
    let mut found = 0;
    let Ok(folders) = fs::read_dir(place) else { return Ok(false) };
    for folder in folders {
        let Ok(entries) = fs::read_dir(folder?.path()) else { return Ok(false) };
        for entry in entries {
            let entry = entry?;
            let whole = entry.metadata().is_ok_and(|metadata| metadata.len() == size as u64);
            let finished = entry.file_name().to_str().is_some_and(|name| name.ends_with(".dat"));
            found +=
                usize::from(whole && finished && !entry.file_name().as_encoded_bytes().starts_with(b"."));
        }
    }
    Ok(found == count)
}

/// Gives some of them other bytes; which.
pub(super) fn touch(place: &Path, count: usize, percent: usize, size: usize) -> Result<Vec<PathBuf>> {
    let mut bytes = noise(size);
    let mut touched = Vec::new();
    for number in (0..count).step_by(100 / percent) {
        stamp(&mut bytes);
        fs::write(place.join(name(number)), &bytes)?;
        touched.push(Path::new("many").join(name(number)));
    }
    Ok(touched)
}

/// Writes a small file, anew each time.
pub(super) fn small_change(place: &Path, number: usize) -> Result<PathBuf> {
    let path = PathBuf::from("small change");
    fs::write(place.join(&path), format!("change {number} of {}\n", std::process::id()))?;
    Ok(path)
}

/// Whether these have the same bytes in both.
pub(super) fn are_equal(paths: &[PathBuf], one: &Path, other: &Path) -> Result<bool> {
    for path in paths.iter().rev() {
        let Ok(there) = fs::read(other.join(path)) else { return Ok(false) };
        if there != fs::read(one.join(path))? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// One large file of bytes that cannot be compressed.
pub(super) fn make_large(path: &Path, size: u64) -> Result<()> {
    let mut file = File::create(path)?;
    let mut piece = noise(PIECE);
    let mut left = size;
    while left > 0 {
        stamp(&mut piece);
        let part = usize::try_from(left.min(PIECE as u64))?;
        file.write_all(&piece[..part])?;
        left -= part as u64;
    }
    // Whoever reads it later is not to wait for this.
    file.sync_all()?;
    Ok(())
}

/// Whether it has grown to this size.
pub(super) fn has_size(path: &Path, size: u64) -> Result<bool> {
    Ok(fs::metadata(path).is_ok_and(|metadata| metadata.len() == size))
}

/// Makes sure that what was counted is also what was meant.
pub(super) fn check_equal(one: &Path, other: &Path) -> Result<()> {
    let mut folders = vec![PathBuf::new()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(one.join(&folder))? {
            let entry = entry?;
            if entry.file_name().as_encoded_bytes().starts_with(b".") {
                continue;
            }
            let path = folder.join(entry.file_name());
            if entry.file_type()?.is_dir() {
                folders.push(path);
            } else {
                let same = same_bytes(&one.join(&path), &other.join(&path));
                ensure!(same.unwrap_or(false), "{} did not come over as it is", path.display());
            }
        }
    }
    Ok(())
}

fn same_bytes(one: &Path, other: &Path) -> Result<bool> {
    let (mut one, mut other) = (File::open(one)?, File::open(other)?);
    let (mut here, mut there) = (vec![0; PIECE], vec![0; PIECE]);
    loop {
        let read = one.read(&mut here)?;
        other.read_exact(&mut there[..read])?;
        if here[..read] != there[..read] {
            return Ok(false);
        }
        if read == 0 {
            return Ok(other.read(&mut there)? == 0);
        }
    }
}
