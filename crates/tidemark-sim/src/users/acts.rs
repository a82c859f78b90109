//! What people do at their machines.

use std::time::Duration;

use bytes::Bytes;
use tidemark_sync::ports::LocalPath;
use tokio::time::sleep;

use super::Person;
use crate::disk::Laid;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Act {
    Create,
    CreateCommon,
    EditInPlace,
    EditInHalves,
    SafeSave,
    Append,
    Rename,
    MoveElsewhere,
    MakeFolder,
    MoveFolder,
    Swap,
    Rotate,
    ChangeCase,
    ChangeType,
    Delete,
    DeleteFolder,
    CopyFolder,
    Touch,
    MakeExecutable,
    Link,
    Symlink,
    Lock,
}

const ACTS: [(Act, u64); 22] = [
    (Act::Create, 200),
    (Act::CreateCommon, 25),
    (Act::EditInPlace, 110),
    (Act::EditInHalves, 30),
    (Act::SafeSave, 90),
    (Act::Append, 50),
    (Act::Rename, 80),
    (Act::MoveElsewhere, 80),
    (Act::MakeFolder, 80),
    (Act::MoveFolder, 60),
    (Act::Swap, 20),
    (Act::Rotate, 20),
    (Act::ChangeCase, 25),
    (Act::ChangeType, 25),
    (Act::Delete, 90),
    (Act::DeleteFolder, 30),
    (Act::CopyFolder, 25),
    (Act::Touch, 25),
    (Act::MakeExecutable, 10),
    (Act::Link, 8),
    (Act::Symlink, 8),
    (Act::Lock, 25),
];

impl Person {
    pub(super) async fn act(&self) {
        let act = self.draw(|random| random.weighted(&ACTS));
        // What there is nothing for is not done.
        let _ = self.try_act(act).await;
    }

    fn content(&self) -> Bytes {
        self.draw(|random| self.0.contents.new_one(self.0.name, random))
    }

    /// As long as a program takes between two calls.
    async fn moment(&self) {
        let ms = self.draw(|random| random.within(0..60));
        sleep(Duration::from_millis(ms)).await;
    }

    async fn try_act(&self, act: Act) -> Option<()> {
        let disk = self.disk();
        let home = self.home();
        if !home.is_root() && !disk.seen().contains_key(&home) {
            disk.make_folder_by_hand(&home);
        }
        match act {
            Act::Create => drop(disk.write(&self.any_place(), &self.content())),
            Act::CreateCommon => {
                let bytes = self.draw(|random| self.0.contents.common(random));
                disk.write(&self.any_place(), &bytes);
            }
            Act::EditInPlace => drop(disk.write(&self.any_file()?, &self.content())),
            Act::EditInHalves => {
                let (at, bytes) = (self.any_file()?, self.content());
                disk.write(&at, &bytes.slice(..bytes.len() - 1));
                self.moment().await;
                disk.write(&at, &bytes);
            }
            Act::SafeSave => {
                let (at, bytes) = (self.any_file()?, self.content());
                let beside = beside(&at, ".~save");
                disk.write(&beside, &bytes);
                self.moment().await;
                disk.move_by_hand(&beside, &at);
            }
            Act::Append => {
                let at = self.any_file()?;
                let Some(Laid::File(bytes)) = disk.seen().remove(&at) else { return None };
                let longer = [bytes, self.content()].concat().into();
                disk.write(&at, &longer);
            }
            Act::Rename => {
                let at = self.any_file()?;
                disk.move_by_hand(&at, &beside_as(&at, &self.any_place()));
            }
            Act::MoveElsewhere => drop(disk.move_by_hand(&self.any_file()?, &self.any_place())),
            Act::MakeFolder => drop(disk.make_folder_by_hand(&self.any_place())),
            Act::MoveFolder => {
                let from = self.any_folder();
                if from != home {
                    disk.move_by_hand(&from, &self.any_place());
                }
            }
            Act::Swap => {
                let (one, other) = (self.any_but_home()?, self.any_but_home()?);
                if one != other {
                    disk.swap(&one, &other);
                }
            }
            Act::Rotate => {
                let (a, b, c) = (self.any_file()?, self.any_file()?, self.any_file()?);
                if a != b && b != c && a != c {
                    let aside = beside(&a, ".~aside");
                    disk.move_by_hand(&a, &aside);
                    disk.move_by_hand(&b, &a);
                    self.moment().await;
                    disk.move_by_hand(&c, &b);
                    disk.move_by_hand(&aside, &c);
                }
            }
            Act::ChangeCase => {
                let at = self.any_but_home()?;
                let (folder, name) = at.split()?;
                let upper = name.to_uppercase();
                let other = if name == upper { name.to_lowercase() } else { upper };
                disk.move_by_hand(&at, &folder.join(&other)?);
            }
            Act::ChangeType => {
                let at = self.any_but_home()?;
                match disk.seen().remove(&at)? {
                    Laid::Folder => {
                        disk.remove(&at);
                        disk.write(&at, &self.content());
                    }
                    Laid::File(_) | Laid::Other => {
                        disk.remove(&at);
                        self.moment().await;
                        disk.make_folder_by_hand(&at);
                        disk.write(&at.join("inside")?, &self.content());
                    }
                }
            }
            Act::Delete => drop(disk.remove(&self.any_file()?)),
            Act::DeleteFolder => {
                let at = self.any_folder();
                if at != home {
                    disk.remove(&at);
                }
            }
            Act::CopyFolder => {
                let (from, to) = (self.any_folder(), self.any_place());
                if from != home && !to.is_within(&from) {
                    self.copy(&from, &to);
                }
            }
            Act::Touch => drop(disk.touch(&self.any_file()?, false)),
            Act::MakeExecutable => drop(disk.touch(&self.any_file()?, true)),
            Act::Link => drop(disk.link(&self.any_file()?, &self.any_place())),
            Act::Symlink => drop(disk.symlink(&self.any_place())),
            Act::Lock => drop(disk.deny(&self.any_but_home()?)),
        }
        Some(())
    }

    fn copy(&self, from: &LocalPath, to: &LocalPath) {
        let seen = self.disk().seen();
        for (at, laid) in seen.iter().filter(|(at, _)| at.is_within(from)) {
            let below = at.as_str()[from.as_str().len()..].split('/').filter(|name| !name.is_empty());
            let target = below.fold(to.clone(), |to, name| to.join(name).expect("it was a name there"));
            match laid {
                Laid::Folder => drop(self.disk().make_folder_by_hand(&target)),
                Laid::File(bytes) => drop(self.disk().write(&target, bytes)),
                Laid::Other => {}
            }
        }
    }

    /// Does something in just this place.
    pub(super) fn act_at(&self, at: &LocalPath) {
        let disk = self.disk();
        let there = disk.seen().remove(at);
        match (there, self.draw(|random| random.below(5))) {
            (None, 0) => drop(disk.make_folder_by_hand(at)),
            (None | Some(Laid::File(_)), 0 | 1) => drop(disk.write(at, &self.content())),
            (Some(Laid::File(_)), 2) => {
                let beside = beside(at, ".~meddle");
                disk.write(&beside, &self.content());
                disk.move_by_hand(&beside, at);
            }
            (Some(Laid::File(_)), 3) => drop(disk.remove(at)),
            (Some(Laid::File(_) | Laid::Folder), 4) => {
                disk.move_by_hand(at, &self.any_place());
            }
            (Some(Laid::Folder), 0) => drop(disk.remove(at)),
            (Some(Laid::Folder), 1 | 2) => {
                if let Some(inside) = at.join("b") {
                    disk.write(&inside, &self.content());
                }
            }
            (Some(Laid::Other) | Some(Laid::Folder) | None, _) | (Some(Laid::File(_)), _) => {}
        }
    }
}

/// A place in the same folder, whose name ends so.
fn beside(at: &LocalPath, end: &str) -> LocalPath {
    let (folder, name) = at.split().expect("nobody does this to the sync folder itself");
    folder.join(&format!("{name}{end}")).expect("it was a name before")
}

/// A place in the same folder, with the name of the other.
fn beside_as(at: &LocalPath, other: &LocalPath) -> LocalPath {
    let (folder, _) = at.split().expect("nobody does this to the sync folder itself");
    let (_, name) = other.split().expect("nobody does this to the sync folder itself");
    folder.join(name).expect("it was a name before")
}
