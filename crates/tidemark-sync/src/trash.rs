//! The local trash: what was deleted elsewhere leaves its place here, and stays for a while.
//!
//! It lies in the state area, as `trash/TIME/PATH`: in the folder of the second in which it was thrown away, under the path
//! that it had. So nothing else needs to say where it came from, and whoever wants it back moves it back.

use std::time::{Duration, SystemTime};

use jiff::Timestamp;

use crate::area;
use crate::ports::{Disk, DiskError, DiskFault, LocalPath, SeenKind};

/// How many things of one path can be thrown away in one second.
const SAME_MAX: usize = 1000;

/// What a sweep did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// How many files and folders are gone for good.
    pub removed: u64,
    /// How many should be, and could not be removed; the next sweep tries again.
    pub failed: u64,
}

fn trash() -> LocalPath {
    area::within("trash")
}

/// Throws something away, with all that is in it; tells where it is. It is durable when this answers: what was thrown away does
/// not come back with a power cut.
pub async fn put(disk: &dyn Disk, path: &LocalPath, now: SystemTime) -> Result<LocalPath, DiskError> {
    put_as(disk, path, path, now).await
}

/// The same for something that is elsewhere by now: `was` is the path that it had.
pub async fn put_as(
    disk: &dyn Disk,
    path: &LocalPath,
    was: &LocalPath,
    now: SystemTime,
) -> Result<LocalPath, DiskError> {
    if path.is_root() || was.is_root() {
        return Err(refusal(path));
    }
    area::make(disk).await?;
    make_durably(disk, &trash(), &area::path()).await?;
    let time = folder_of(now);
    for number in 1..=SAME_MAX {
        let time = if number == 1 { time.clone() } else { format!("{time} {number}") };
        let base = below(&trash(), &time);
        match put_below(disk, path, was, &base).await {
            // Something of that path was thrown away in this second already.
            Err(error)
                if matches!(error.fault, DiskFault::Taken | DiskFault::Different) && error.path != *path => {}
            Err(error) if error.fault == DiskFault::Taken => {}
            done => return done,
        }
    }
    Err(refusal(path))
}

async fn put_below(
    disk: &dyn Disk,
    path: &LocalPath,
    was: &LocalPath,
    base: &LocalPath,
) -> Result<LocalPath, DiskError> {
    make_durably(disk, base, &trash()).await?;
    let mut at = base.clone();
    let mut names = was.names().peekable();
    let name = loop {
        let Some(name) = names.next() else { return Err(refusal(path)) };
        if names.peek().is_none() {
            break name;
        }
        let next = below(&at, name);
        make_durably(disk, &next, &at).await?;
        at = next;
    };
    let to = below(&at, name);
    disk.rename(path, &to).await?;
    // Where it is, before where it is no more.
    disk.sync_folder(&at).await?;
    let Some((folder, _)) = path.split() else { return Ok(to) };
    match disk.sync_folder(&folder).await {
        // Somebody moved the folder by now. What was moved out of it must be looked at all the same.
        Err(error) if !matches!(error.fault, DiskFault::Missing | DiskFault::Different) => Err(error),
        _ => Ok(to),
    }
}

async fn make_durably(disk: &dyn Disk, folder: &LocalPath, around: &LocalPath) -> Result<(), DiskError> {
    if disk.look(folder).await?.is_some_and(|seen| seen.kind == SeenKind::Folder) {
        return Ok(());
    }
    area::make_folder(disk, folder).await?;
    disk.sync_folder(around).await
}

/// Removes for good what was thrown away longer ago than this.
pub async fn sweep(disk: &dyn Disk, now: SystemTime, keep: Duration) -> Result<Swept, DiskError> {
    let mut swept = Swept::default();
    let listed = match disk.list(&trash()).await {
        Err(error) if error.fault == DiskFault::Missing => return Ok(swept),
        listed => listed?,
    };
    for one in listed {
        let Ok(name) = one.name else { continue };
        // What has another name is not ours to remove; what is of later than now is of a clock that was wrong.
        let age = time_of(&name).and_then(|thrown| now.duration_since(thrown).ok());
        if age.is_some_and(|age| age > keep) {
            remove(disk, below(&trash(), &name), &mut swept).await?;
        }
    }
    Ok(swept)
}

/// Removes something with all that is in it, as far as it can be.
async fn remove(disk: &dyn Disk, path: LocalPath, swept: &mut Swept) -> Result<(), DiskError> {
    // Folders come twice: to be emptied, and to be removed.
    let mut ahead = vec![(path, false)];
    while let Some((path, is_emptied)) = ahead.pop() {
        let done = if is_emptied {
            disk.remove_folder(&path).await
        } else {
            match disk.remove_file(&path).await {
                Err(error) if error.fault == DiskFault::Different => match disk.list(&path).await {
                    Ok(listed) => {
                        ahead.push((path.clone(), true));
                        for one in listed {
                            match one.name.ok().and_then(|name| path.join(&name)) {
                                Some(inside) => ahead.push((inside, false)),
                                None => swept.failed += 1,
                            }
                        }
                        continue;
                    }
                    Err(error) => Err(error),
                },
                done => done,
            }
        };
        match done {
            Ok(()) => swept.removed += 1,
            Err(error) if error.fault == DiskFault::Missing => {}
            Err(error) if error.fault == DiskFault::Unmounted => return Err(error),
            Err(_) => swept.failed += 1,
        }
    }
    Ok(())
}

/// As `2026-11-21T22-59-45Z`: some systems do not take colons.
fn folder_of(now: SystemTime) -> String {
    let since = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let second = i64::try_from(since.as_secs()).ok().and_then(|second| Timestamp::from_second(second).ok());
    second.unwrap_or(Timestamp::MAX).to_string().replace(':', "-")
}

fn time_of(folder: &str) -> Option<SystemTime> {
    let time = folder.split(' ').next()?;
    let (date, clock) = time.split_once('T')?;
    let thrown: Timestamp = format!("{date}T{}", clock.replace('-', ":")).parse().ok()?;
    // Only what we would have written.
    let second = u64::try_from(thrown.as_second()).ok()?;
    let thrown = SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(second))?;
    (folder_of(thrown) == time).then_some(thrown)
}

fn below(folder: &LocalPath, name: &str) -> LocalPath {
    folder.join(name).expect("only what is a name already comes in")
}

fn refusal(path: &LocalPath) -> DiskError {
    DiskError { attempted: "throw away", path: path.clone(), fault: DiskFault::Taken, source: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_they_are_written() {
        for second in [0, 1_795_301_985, 253_402_207_200] {
            let time = SystemTime::UNIX_EPOCH + Duration::from_secs(second);
            assert_eq!(time_of(&folder_of(time)), Some(time));
            assert_eq!(time_of(&format!("{} 12", folder_of(time))), Some(time));
        }
        assert_eq!(
            folder_of(SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_301_985)),
            "2026-11-21T22-59-45Z"
        );
        for other in [
            "",
            "mine",
            "2026-11-21",
            "2026-11-21T22-59-45",
            "2026-11-21T22-59-45.5Z",
            "-2026-11-21T22-59-45Z",
        ] {
            assert_eq!(time_of(other), None, "{other}");
        }
    }
}
