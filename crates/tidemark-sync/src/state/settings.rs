//! What people want of the engine.

use rusqlite::{Connection, OptionalExtension as _, params};
use serde::{Deserialize, Serialize};

use tidemark_client::RemotePath;

use super::{Durable, State, StateError};
use crate::plan::Direction;

/// What people want, all together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// Nothing is to be changed on either side.
    pub paused: bool,
    /// Folders of the server that are not wanted here.
    pub excluded: Vec<RemotePath>,
    /// What the engine knew of that the last time: where they differ, it looks at everything again.
    pub excluded_before: Vec<RemotePath>,
    /// How much may be deleted at once.
    pub released: Option<Release>,
    /// Which deletions are held, as far as the engine knew the last time.
    pub held: Option<Held>,
    /// In which direction it went the last time: if that is another, the engine looks at everything again.
    pub direction: Option<Direction>,
    /// When the trash was looked through the last time, in seconds since 1970, by the clock of then.
    pub swept_s: Option<i64>,
    /// The last thing that other processes have said ([`State::set_from_outside`]), by its number.
    pub wished: u64,
    /// The last of them that an engine goes by.
    pub heeded: u64,
}

/// One of them, as it is to be from now on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Setting {
    /// See [`Settings::paused`].
    Paused(bool),
    /// See [`Settings::excluded`].
    Excluded(Vec<RemotePath>),
    /// See [`Settings::excluded_before`].
    ExcludedBefore(Vec<RemotePath>),
    /// See [`Settings::released`].
    Released(Option<Release>),
    /// See [`Settings::held`].
    Held(Option<Held>),
    /// See [`Settings::direction`].
    Direction(Direction),
    /// See [`Settings::swept_s`].
    Swept(i64),
    /// See [`Settings::heeded`].
    Heeded(u64),
}

/// A mass deletion that somebody has seen and wants: so many, and not more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Release {
    /// Items that are gone from the disk, and may be deleted on the server.
    pub gone_locally: u64,
    /// Items that are gone from the server, and may be deleted on the disk.
    pub gone_remotely: u64,
}

/// Deletions that nobody is believed to have meant, until they are released.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// Items that are gone from the disk, and are not deleted on the server; 0 if none are held.
    pub gone_locally: u64,
    /// Items that are gone from the server, and are not deleted on the disk; 0 if none are held.
    pub gone_remotely: u64,
    /// Of how many.
    pub synced: u64,
}

const PAUSED: &str = "paused";
const EXCLUDED: &str = "excluded";
const EXCLUDED_BEFORE: &str = "excluded_before";
const RELEASED: &str = "released";
const HELD: &str = "held";
const DIRECTION: &str = "direction";
const SWEPT: &str = "swept";
const WISHED: &str = "wished";
const HEEDED: &str = "heeded";

/// How directions are kept.
const DIRECTIONS: [(Direction, &str); 3] =
    [(Direction::Both, "both"), (Direction::Down, "down"), (Direction::Up, "up")];

impl State {
    /// What people want.
    pub fn settings(&self) -> Result<Settings, StateError> {
        let mut settings = Settings::default();
        let mut statement = self.connection.prepare_cached("SELECT name, value FROM settings")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let (name, value): (String, String) = (row.get(0)?, row.get(1)?);
            let damaged = || StateError::damaged(format!("the setting {name}"));
            match name.as_str() {
                PAUSED => settings.paused = serde_json::from_str(&value).map_err(|_| damaged())?,
                RELEASED => settings.released = serde_json::from_str(&value).map_err(|_| damaged())?,
                HELD => settings.held = serde_json::from_str(&value).map_err(|_| damaged())?,
                EXCLUDED => settings.excluded = paths(&value).ok_or_else(damaged)?,
                EXCLUDED_BEFORE => settings.excluded_before = paths(&value).ok_or_else(damaged)?,
                DIRECTION => settings.direction = Some(direction(&value).ok_or_else(damaged)?),
                SWEPT => settings.swept_s = serde_json::from_str(&value).map_err(|_| damaged())?,
                WISHED => settings.wished = serde_json::from_str(&value).map_err(|_| damaged())?,
                HEEDED => settings.heeded = serde_json::from_str(&value).map_err(|_| damaged())?,
                _ => return Err(damaged()),
            }
        }
        Ok(settings)
    }

    /// Changes what is wanted.
    pub fn set(&mut self, setting: &Setting) -> Result<(), StateError> {
        let durable = match setting {
            // After a power cut there is no engine that goes by anything; what is held is found out anew.
            Setting::Heeded(_) | Setting::Held(_) => Durable::Later,
            _ => Durable::Now,
        };
        self.write(durable, |c| keep(c, setting))
    }
}

/// Writes down what another process says, and the number that it has.
pub(super) fn wish(c: &Connection, setting: &Setting) -> Result<u64, StateError> {
    keep(c, setting)?;
    let mut statement = c.prepare_cached("SELECT value FROM settings WHERE name = ?1")?;
    let before: Option<String> = statement.query_row([WISHED], |row| row.get(0)).optional()?;
    let before: u64 = match before {
        None => 0,
        Some(text) => serde_json::from_str(&text).map_err(|_| StateError::damaged("the number of wishes"))?,
    };
    let number = before.wrapping_add(1);
    put(c, WISHED, &number.to_string())?;
    Ok(number)
}

/// Writes a setting down.
pub(super) fn keep(c: &Connection, setting: &Setting) -> Result<(), StateError> {
    let (name, value) = match setting {
        Setting::Paused(paused) => (PAUSED, serde_json::to_string(paused)),
        Setting::Excluded(paths) => (EXCLUDED, texts(paths)),
        Setting::ExcludedBefore(paths) => (EXCLUDED_BEFORE, texts(paths)),
        Setting::Released(release) => (RELEASED, serde_json::to_string(release)),
        Setting::Held(held) => (HELD, serde_json::to_string(held)),
        Setting::Direction(direction) => {
            let word = DIRECTIONS.iter().find(|(known, _)| known == direction).map(|(_, word)| word);
            (DIRECTION, serde_json::to_string(&word))
        }
        Setting::Swept(at_s) => (SWEPT, serde_json::to_string(at_s)),
        Setting::Heeded(number) => (HEEDED, serde_json::to_string(number)),
    };
    put(c, name, &value.expect("it has nothing that JSON has not"))
}

fn put(c: &Connection, name: &str, value: &str) -> Result<(), StateError> {
    let put = "INSERT INTO settings (name, value) VALUES (?1, ?2)
        ON CONFLICT (name) DO UPDATE SET value = excluded.value";
    c.prepare_cached(put)?.execute(params![name, value])?;
    Ok(())
}

fn texts(paths: &[RemotePath]) -> serde_json::Result<String> {
    serde_json::to_string(&paths.iter().map(RemotePath::as_str).collect::<Vec<_>>())
}

fn direction(text: &str) -> Option<Direction> {
    let word: String = serde_json::from_str(text).ok()?;
    DIRECTIONS.iter().find(|(_, known)| *known == word).map(|(direction, _)| *direction)
}

fn paths(text: &str) -> Option<Vec<RemotePath>> {
    let paths: Vec<String> = serde_json::from_str(text).ok()?;
    paths.iter().map(|path| RemotePath::new(path).ok()).collect()
}
