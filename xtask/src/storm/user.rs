//! A person at work in one folder, with the usual tools, minding nothing.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::Result;

use super::folder::OWN;
use super::ledger::{Ledger, number_of};
use crate::rig::random::Random;

/// So many files are enough: with more, people rather delete.
const FILES_MAX: usize = 120;
/// How deep folders go.
const DEPTH_MAX: usize = 4;
/// The longest that a person thinks.
const THOUGHT_MS_MAX: u64 = 120;
const NAMES: [&str; 10] =
    ["notes", "photo", "draft", "ledger", "map", "list", "Ärger", "data 1", "README", "old"];

pub(super) struct User {
    root: PathBuf,
    random: Random,
    ledger: Arc<Ledger>,
}

impl User {
    pub(super) fn new(root: PathBuf, seed: u64, ledger: Arc<Ledger>) -> Self {
        Self { root, random: Random::new(seed), ledger }
    }

    /// Works until told to stop; tells how much was done.
    pub(super) fn work(&mut self, stop: &AtomicBool) -> Result<u64> {
        let mut acts = 0;
        while !stop.load(Ordering::SeqCst) {
            thread::sleep(Duration::from_millis(self.random.below(THOUGHT_MS_MAX)));
            match self.act() {
                Ok(()) => acts += 1,
                // The sync was faster: it is not there any more, or something else is.
                Err(error) if is_a_race(&error) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(acts)
    }

    fn act(&mut self) -> io::Result<()> {
        let (files, folders) = self.look_around()?;
        if files.len() >= FILES_MAX {
            return match self.random.below(2) {
                0 => self.remove_tree(&folders),
                _ => self.remove(&files),
            };
        }
        match self.random.below(100) {
            0..22 => self.create(&folders),
            22..37 => self.overwrite(&files),
            37..52 => self.save_safely(&files),
            52..60 => self.append(&files),
            60..70 => self.remove(&files),
            70..80 => self.rename(&files, &folders),
            80..86 => self.rename(&folders.clone(), &folders),
            86..93 => self.make_folder(&folders),
            93..96 => self.remove_tree(&folders),
            _ => self.swap(&files),
        }
    }

    /// All files and all folders, without the root.
    fn look_around(&self) -> io::Result<(Vec<PathBuf>, Vec<PathBuf>)> {
        let (mut files, mut folders) = (Vec::new(), Vec::new());
        let mut left = vec![self.root.clone()];
        while let Some(folder) = left.pop() {
            let Ok(entries) = fs::read_dir(&folder) else { continue };
            for entry in entries {
                let entry = entry?;
                if entry.file_name() == OWN {
                    continue;
                }
                match entry.file_type() {
                    Ok(kind) if kind.is_dir() => {
                        folders.push(entry.path());
                        left.push(entry.path());
                    }
                    Ok(_) => files.push(entry.path()),
                    Err(_) => {}
                }
            }
        }
        files.sort();
        folders.sort();
        Ok((files, folders))
    }

    fn create(&mut self, folders: &[PathBuf]) -> io::Result<()> {
        let path = self.new_path(folders);
        let lines = self.lines();
        let (number, text) = self.ledger.compose("", lines);
        let mut file = fs::OpenOptions::new().write(true).create_new(true).open(&path)?;
        // From here on, it may be seen: half a file is nobody's content, and never the last one.
        self.ledger.wrote(number, &self.shown(&path));
        file.write_all(text.as_bytes())
    }

    fn overwrite(&mut self, files: &[PathBuf]) -> io::Result<()> {
        let Some(path) = self.random.choose(files).cloned() else { return Ok(()) };
        let before = number_of(&fs::read(&path)?);
        let lines = self.lines();
        let (number, text) = self.ledger.compose("", lines);
        let mut file = fs::OpenOptions::new().write(true).truncate(true).open(&path)?;
        self.replaced(before, number, &path);
        file.write_all(text.as_bytes())
    }

    /// As most programs save: beside it, then in its place.
    fn save_safely(&mut self, files: &[PathBuf]) -> io::Result<()> {
        let Some(path) = self.random.choose(files).cloned() else { return Ok(()) };
        let before = number_of(&fs::read(&path)?);
        let lines = self.lines();
        let (number, text) = self.ledger.compose("", lines);
        let beside = path.with_extension(format!("{}.tmp", self.random.below(1000)));
        fs::write(&beside, text)?;
        self.ledger.named(&self.shown(&beside));
        let done = fs::rename(&beside, &path);
        if done.is_ok() {
            self.replaced(before, number, &path);
        }
        done
    }

    fn append(&mut self, files: &[PathBuf]) -> io::Result<()> {
        let Some(path) = self.random.choose(files).cloned() else { return Ok(()) };
        let before = number_of(&fs::read(&path)?);
        let (number, text) = self.ledger.compose("", 1);
        let mut file = fs::OpenOptions::new().append(true).open(&path)?;
        file.write_all(text.as_bytes())?;
        self.replaced(before, number, &path);
        Ok(())
    }

    fn remove(&mut self, files: &[PathBuf]) -> io::Result<()> {
        let Some(path) = self.random.choose(files).cloned() else { return Ok(()) };
        self.remove_file(&path)
    }

    fn remove_file(&self, path: &Path) -> io::Result<()> {
        let number = number_of(&fs::read(path)?);
        fs::remove_file(path)?;
        if let Some(number) = number {
            self.ledger.did_away(number);
        }
        Ok(())
    }

    /// As `rm -r` does it: what comes in meanwhile keeps the folder.
    fn remove_tree(&mut self, folders: &[PathBuf]) -> io::Result<()> {
        let Some(top) = self.random.choose(folders).cloned() else { return Ok(()) };
        self.remove_below(&top)
    }

    fn remove_below(&self, folder: &Path) -> io::Result<()> {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            match entry.file_type()?.is_dir() {
                true => self.remove_below(&entry.path())?,
                false => self.remove_file(&entry.path())?,
            }
        }
        fs::remove_dir(folder)
    }

    fn make_folder(&mut self, folders: &[PathBuf]) -> io::Result<()> {
        let path = self.new_path(folders);
        fs::create_dir(path)
    }

    /// As `mv -n` does it: nothing is replaced.
    fn rename(&mut self, what: &[PathBuf], folders: &[PathBuf]) -> io::Result<()> {
        let Some(from) = self.random.choose(what).cloned() else { return Ok(()) };
        let to = self.new_path(folders);
        if to.starts_with(&from) || to.symlink_metadata().is_ok() {
            return Ok(());
        }
        rustix::fs::renameat_with(
            rustix::fs::CWD,
            &from,
            rustix::fs::CWD,
            &to,
            rustix::fs::RenameFlags::NOREPLACE,
        )?;
        self.ledger.named(&self.shown(&to));
        Ok(())
    }

    /// Two files swap their names.
    fn swap(&mut self, files: &[PathBuf]) -> io::Result<()> {
        let (Some(one), Some(other)) =
            (self.random.choose(files).cloned(), self.random.choose(files).cloned())
        else {
            return Ok(());
        };
        let aside = one.with_extension(format!("{}.swap", self.random.below(1000)));
        if one == other || aside.symlink_metadata().is_ok() {
            return Ok(());
        }
        let no_replace = |from: &Path, to: &Path| {
            let flags = rustix::fs::RenameFlags::NOREPLACE;
            rustix::fs::renameat_with(rustix::fs::CWD, from, rustix::fs::CWD, to, flags)
        };
        for path in [&one, &other, &aside] {
            self.ledger.named(&self.shown(path));
        }
        no_replace(&one, &aside)?;
        no_replace(&other, &one)?;
        no_replace(&aside, &other)?;
        Ok(())
    }

    fn replaced(&self, before: Option<u64>, number: u64, path: &Path) {
        self.ledger.wrote(number, &self.shown(path));
        if let Some(before) = before {
            self.ledger.did_away(before);
        }
    }

    fn new_path(&mut self, folders: &[PathBuf]) -> PathBuf {
        let name = *self.random.choose(&NAMES).expect("there are names");
        let name = format!("{name} {}", self.random.below(30));
        let shallow: Vec<PathBuf> =
            folders.iter().filter(|folder| self.depth(folder) < DEPTH_MAX).cloned().collect();
        let parent = if self.random.below(4) == 0 { None } else { self.random.choose(&shallow).cloned() };
        parent.unwrap_or_else(|| self.root.clone()).join(name)
    }

    fn depth(&self, path: &Path) -> usize {
        path.strip_prefix(&self.root).map_or(0, |rest| rest.components().count())
    }

    fn lines(&mut self) -> u64 {
        if self.random.below(40) == 0 { 100_000 } else { self.random.below(60) }
    }

    fn shown(&self, path: &Path) -> String {
        path.strip_prefix(&self.root).unwrap_or(path).to_string_lossy().into_owned()
    }
}

fn is_a_race(error: &io::Error) -> bool {
    use io::ErrorKind::{
        AlreadyExists, DirectoryNotEmpty, InvalidInput, IsADirectory, NotADirectory, NotFound,
    };
    [NotFound, AlreadyExists, DirectoryNotEmpty, NotADirectory, IsADirectory, InvalidInput]
        .contains(&error.kind())
}
