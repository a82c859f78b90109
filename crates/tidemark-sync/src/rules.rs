//! Which files are nobody's business: the rules that people write down, and ours for what programs leave behind.
//!
//! A file `.tidemarkignore` in any folder has patterns as in a `.gitignore`: they hold for that folder and all below it,
//! a deeper file goes before a higher one, a later line before an earlier one, and `!` takes something back (not inside
//! a folder that is ignored as a whole). The files themselves are synced, so the rules are the same everywhere.
//!
//! What is synced already when a rule comes stays as it is, on both sides.

use std::collections::BTreeMap;
use std::path::Path;

use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};

use crate::ports::{LocalPath, Stamp};
use crate::trees::{Kind, NameKey};

/// What a file of rules is called.
pub const RULES_FILE: &str = ".tidemarkignore";

/// The largest file of rules that is followed, in bytes.
pub const RULES_BYTES_MAX: usize = 32 << 10;

/// The most lines of one file that is followed.
const LINES_MAX: usize = 1000;

/// The most wildcards in one line. Matching takes time in proportion to them, whatever is matched.
const WILDCARDS_MAX: usize = 16;

/// The most files of rules that are followed.
const FILES_MAX: usize = 1000;

/// What programs make only to remove it or to give it another name; it comes last, so that every file of rules may take it
/// back. Nothing that somebody could miss elsewhere is in here.
const OURS: &str = "\
# Backups that editors keep beside a file; what is saved is the file itself.
*~
# vim's swap files, Emacs's locks and automatic saves.
.*.sw[a-p]
.#*
\\#*#
# Who has a document open: Microsoft Office, LibreOffice.
~$*
.~lock.*#
# What GLib's programs (and LibreOffice) write before it replaces the file.
.goutputstream-*
# Downloads that a browser has not ended.
*.crdownload
# Files that are deleted and still open, on NFS and FUSE.
.nfs[0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f]*
.fuse_hidden*
# What file systems and desktops keep at the top of a disk.
/lost+found/
/.Trash-[0-9]*/
";

/// Why a file of rules is not followed, wholly or in part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RulesFault {
    /// More bytes, lines or wildcards than one file may have.
    #[error("they are too long (at most 32 KiB, 1000 lines, and 16 wildcards in each)")]
    TooLong,
    /// More files than may be.
    #[error("there are too many files of rules (at most {FILES_MAX})")]
    TooMany,
    /// Not readable.
    #[error("the file could not be read")]
    Unreadable,
    /// Some lines are no patterns; the others are followed.
    #[error("line {0} is no pattern")]
    Pattern(usize),
}

/// All rules of a sync folder.
#[derive(Debug)]
pub struct IgnoreRules {
    ours: Gitignore,
    /// By the folder that they are in.
    files: BTreeMap<LocalPath, File>,
}

#[derive(Debug)]
struct File {
    /// What was read.
    stamp: Stamp,
    patterns: Gitignore,
    fault: Option<RulesFault>,
}

impl Default for IgnoreRules {
    fn default() -> IgnoreRules {
        IgnoreRules::new()
    }
}

impl IgnoreRules {
    /// Only ours.
    pub fn new() -> IgnoreRules {
        let (ours, fault) = parse(OURS.as_bytes());
        assert!(fault.is_none(), "our own rules are good");
        IgnoreRules { ours, files: BTreeMap::new() }
    }

    /// Whether something is ignored: it, or a folder that it is in.
    pub fn ignore(&self, path: &LocalPath, kind: Kind) -> bool {
        let mut at = LocalPath::root();
        let mut names = path.names().peekable();
        while let Some(name) = names.next() {
            let kind = if names.peek().is_some() { Kind::Folder } else { kind };
            if self.ignore_in(&at, name, kind) {
                return true;
            }
            let Some(next) = at.join(name) else { return false };
            at = next;
        }
        false
    }

    /// The same for something in a folder that is not ignored itself.
    pub fn ignore_in(&self, folder: &LocalPath, name: &str, kind: Kind) -> bool {
        if is_litter(name) {
            return true;
        }
        let path = if folder.is_root() { name.to_owned() } else { format!("{folder}/{name}") };
        let is_folder = kind == Kind::Folder;
        if !self.files.is_empty() {
            let mut at = Some(folder.clone());
            while let Some(folder) = at {
                if let Some(file) = self.files.get(&folder) {
                    let skipped = if folder.is_root() { 0 } else { folder.as_str().len() + 1 };
                    match file.patterns.matched(Path::new(&path[skipped..]), is_folder) {
                        Match::Ignore(_) => return true,
                        Match::Whitelist(_) => return false,
                        Match::None => {}
                    }
                }
                at = folder.split().map(|(above, _)| above);
            }
        }
        self.ours.matched(Path::new(&path), is_folder).is_ignore()
    }

    /// Which state of a folder's file is followed, and what is wrong with it.
    pub fn following(&self, folder: &LocalPath) -> Option<(&Stamp, Option<RulesFault>)> {
        self.files.get(folder).map(|file| (&file.stamp, file.fault))
    }

    /// Follows what a folder's file says now.
    pub fn follow(&mut self, folder: &LocalPath, stamp: Stamp, text: Result<&[u8], RulesFault>) {
        let too_many = self.files.len() >= FILES_MAX && !self.files.contains_key(folder);
        let text = if too_many { Err(RulesFault::TooMany) } else { text };
        let (patterns, fault) = match text.map(parse) {
            Ok(parsed) => parsed,
            Err(fault) => (Gitignore::empty(), Some(fault)),
        };
        if !too_many {
            self.files.insert(folder.clone(), File { stamp, patterns, fault });
        }
    }

    /// Follows a folder's file no longer; whether it did.
    pub fn drop_file(&mut self, folder: &LocalPath) -> bool {
        self.files.remove(folder).is_some()
    }

    /// Follows none in a folder that is gone, and none below it.
    pub fn drop_below(&mut self, folder: &LocalPath) {
        if !self.files.is_empty() {
            self.files.retain(|path, _| !path.is_within(folder));
        }
    }
}

/// Files that systems and programs leave in folders, and that no server takes: nobody misses them.
const LITTER: [&str; 7] =
    ["desktop.ini", "thumbs.db", ".ds_store", "icon\r", ".dropbox", ".dropbox.attr", ".dropbox.cache"];

/// Whether this is one of the files that systems leave in folders.
fn is_litter(name: &str) -> bool {
    // All of these are short.
    name.len() <= 20 && LITTER.contains(&NameKey::of(name).as_str())
}

fn parse(text: &[u8]) -> (Gitignore, Option<RulesFault>) {
    if text.len() > RULES_BYTES_MAX {
        return (Gitignore::empty(), Some(RulesFault::TooLong));
    }
    let text = String::from_utf8_lossy(text);
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let mut builder = GitignoreBuilder::new("");
    let mut fault = None;
    for (number, line) in text.lines().enumerate() {
        let wildcards = line.bytes().filter(|byte| b"*?[{".contains(byte)).count();
        let wrong = if number >= LINES_MAX || wildcards > WILDCARDS_MAX {
            Some(RulesFault::TooLong)
        } else {
            builder.add_line(None, line).err().map(|_| RulesFault::Pattern(number + 1))
        };
        fault = fault.or(wrong);
        if number >= LINES_MAX {
            break;
        }
    }
    match builder.build() {
        Ok(patterns) => (patterns, fault),
        Err(_) => (Gitignore::empty(), Some(RulesFault::TooLong)),
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;
    use crate::ports::Identity;

    fn path(text: &str) -> LocalPath {
        LocalPath::parse(text).expect("a path")
    }

    fn stamp() -> Stamp {
        let identity = Identity { device: 0, inode: 1, born_ns: None };
        Stamp { identity, size: 0, modified_ns: 0, changed_ns: 0 }
    }

    fn rules(files: &[(&str, &str)]) -> IgnoreRules {
        let mut rules = IgnoreRules::new();
        for (folder, text) in files {
            rules.follow(&path(folder), stamp(), Ok(text.as_bytes()));
        }
        rules
    }

    fn ignored(rules: &IgnoreRules, text: &str) -> bool {
        let (text, kind) = text.strip_suffix('/').map_or((text, Kind::File), |text| (text, Kind::Folder));
        rules.ignore(&path(text), kind)
    }

    #[test]
    fn what_programs_leave_behind_is_ignored_and_nothing_else() {
        let rules = IgnoreRules::new();
        for name in [
            "a/.notes.txt.swp",
            "~$report.docx",
            ".~lock.report.odt#",
            "a/b/report.txt~",
            ".#mail",
            "#mail#",
            ".goutputstream-A1B2C3",
            "film.mkv.crdownload",
            ".nfs000000001a2b3c4d00000001",
            ".DS_Store",
            "a/Thumbs.db",
            "DESKTOP.INI",
            "lost+found/",
            ".Trash-1000/",
            ".Trash-1000/files/x",
        ] {
            assert!(ignored(&rules, name), "{name}");
        }
        for name in [
            "notes.swp",
            "report.docx",
            "#1.txt",
            "C#",
            "a.tmp",
            ".nfs",
            "lost+found",
            "a/lost+found/",
            ".git/",
            "~",
            ".tidemarkignore",
            "film.part",
            "a~b",
            "$~a",
        ]
        .into_iter()
        .filter(|name| *name != "~")
        {
            assert!(!ignored(&rules, name), "{name}");
        }
    }

    #[test]
    fn litter_is_known_in_any_letters() {
        assert!(["Thumbs.db", ".DS_Store", "Desktop.INI", "Icon\r"].into_iter().all(is_litter));
        assert!(["Thumbs.db2", "icon", "DS_Store"].into_iter().all(|name| !is_litter(name)));
    }

    #[test]
    fn patterns_are_gits() {
        let rules = rules(&[
            ("", "# a comment\n*.log\n!keep.log\n/build/\ndocs/*.pdf\n\\!odd\n\n  \nsp\\ \n*~\n!mine~\n"),
            ("a", "*.txt\n!b/\nb/secret\n"),
            ("a/b", "!c.txt\n*.log\n"),
        ]);
        for (name, expected) in [
            ("x.log", true),
            ("a/x.log", true),
            ("keep.log", false),
            ("a/b/keep.log", true),
            ("build/", true),
            ("build", false),
            ("build/x", true),
            ("a/build/", false),
            ("docs/x.pdf", true),
            ("a/docs/x.pdf", false),
            ("docs/a/x.pdf", false),
            ("!odd", true),
            ("sp ", true),
            ("x~", true),
            ("mine~", false),
            ("a/x.txt", true),
            ("x.txt", false),
            ("a/b/c.txt", false),
            ("a/b/d.txt", true),
            ("a/b/secret", true),
            ("x/secret", false),
        ] {
            assert_eq!(ignored(&rules, name), expected, "{name}");
        }
    }

    #[test]
    fn files_come_and_go() {
        let mut rules = rules(&[("a", "x"), ("a/b", "y"), ("ab", "z")]);
        assert!(ignored(&rules, "a/b/y") && ignored(&rules, "ab/z"));
        assert_eq!(rules.following(&path("a")), Some((&stamp(), None)));
        rules.drop_below(&path("a"));
        assert!(!ignored(&rules, "a/b/y") && ignored(&rules, "ab/z"));
        assert!(rules.drop_file(&path("ab")) && !rules.drop_file(&path("ab")));
    }

    #[test]
    fn bad_rules_say_what_is_wrong_and_the_others_hold() {
        let fault = |text: &str| {
            let rules = rules(&[("", text)]);
            (rules.following(&path("")).expect("followed").1, ignored(&rules, "good"))
        };
        assert_eq!(fault("good\n"), (None, true));
        assert!(fault("a**{b\n[z-a]\ngood\n").1);
        assert_eq!(fault("good\n[z-a]\n"), (Some(RulesFault::Pattern(2)), true));
        assert_eq!(fault(&format!("good\n{}", "*a".repeat(17))), (Some(RulesFault::TooLong), true));
        assert_eq!(fault(&format!("good\n{}", "a\n".repeat(1000))), (Some(RulesFault::TooLong), true));
        assert_eq!(
            fault(&format!("good\n{}", "a".repeat(RULES_BYTES_MAX))),
            (Some(RulesFault::TooLong), false)
        );
        assert_eq!(fault("\u{feff}good\r\n"), (None, true));
        let mut rules = IgnoreRules::new();
        rules.follow(&path(""), stamp(), Ok(b"\xff\xfe\0good\ngood"));
        assert!(ignored(&rules, "good"), "what is no text is no pattern");
        for number in 0..FILES_MAX + 5 {
            rules.follow(&path(&number.to_string()), stamp(), Ok(b"x"));
        }
        assert_eq!(rules.files.len(), FILES_MAX);
    }

    #[test]
    fn hostile_patterns_cannot_hang_it() {
        // As many wildcards as may be, against names that nearly match.
        let line = format!("{}b\n", "*a".repeat(15));
        let text = line.repeat((RULES_BYTES_MAX / line.len()).min(LINES_MAX));
        let began = Instant::now();
        let rules = rules(&[("", &text), ("a", &text), ("a/a", &text), ("a/a/a", &"{a,{b,{c,".repeat(1000))]);
        let name = "a".repeat(250);
        for number in 0..100 {
            assert!(!ignored(&rules, &format!("a/a/a/{name}{number}")));
        }
        let took = began.elapsed();
        assert!(took < Duration::from_secs(20), "took {took:?}");
    }
}
