//! What the program knows of itself: help, completions, the manual.

use super::World;
use crate::cli::{Tidemark, finish};
use std::collections::BTreeSet;

const COMMANDS: [&str; 18] = [
    "link", "unlink", "account", "ls", "get", "put", "cat", "rm", "mv", "cp", "mkdir", "revs", "restore",
    "search", "share", "du", "watch", "sync",
];

/// Each command explains itself by an example, and knows nothing of the server's data folder.
#[test]
fn every_command_teaches() {
    let tidemark = Tidemark::new();
    let all = finish(tidemark.command(&["--help"]), "").out;
    let at = |text: &str| all.find(text).unwrap_or_else(|| panic!("{text} is missing: {all}"));
    assert!(at("Files on a server:") < at("The server:") && at("The server:") < at("Administration"));
    for command in COMMANDS {
        assert!(all.contains(&format!("\n  {command} ")), "{command}");
        let help = finish(tidemark.command(&[command, "--help"]), "").out;
        assert!(
            help.contains(&format!("tidemark {command}")) && help.contains("Example"),
            "{command}: {help}"
        );
        assert!(!help.contains("--data"), "{command}");
    }
    for command in ["serve", "user", "app", "token"] {
        assert!(finish(tidemark.command(&[command, "--help"]), "").out.contains("--data"), "{command}");
    }
}

#[test]
fn shells_and_manuals_know_the_commands() {
    let world = World::unlinked();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = world.ok(&["completions", shell]);
        assert!(COMMANDS.iter().all(|command| script.contains(command)), "{shell}");
        assert!(script.contains("no-clobber"), "{shell}");
    }
    assert_eq!(world.run(&["completions", "tcsh"]).code, 2);
    world.ok(&["man", "man"]);
    let pages: BTreeSet<String> = world.listed().into_iter().collect();
    for page in COMMANDS.map(|command| format!("man/tidemark-{command}.1")) {
        assert!(pages.contains(&page), "{page}: {pages:?}");
    }
    assert!(pages.contains("man/tidemark.1") && pages.contains("man/tidemark-user-add.1"), "{pages:?}");
    assert!(world.read("man/tidemark-get.1").contains("\\-\\-recursive"));
}

/// Everything that programs read is documented, by the same names.
#[test]
fn the_page_of_the_command_line_has_all_of_it() {
    let page = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/CLIENT.md");
    let page = std::fs::read_to_string(page).unwrap();
    for command in COMMANDS {
        assert!(page.contains(&format!("| `{command}` |")), "{command}");
    }
    let world = World::new();
    world.put("/a.txt", "one");
    world.write("b.txt", "two");
    let mut values = Vec::new();
    for arguments in [
        &["ls"][..],
        &["du"],
        &["account"],
        &["account", "--all"],
        &["share", "--direct", "/a.txt"],
        &["put", "b.txt"],
        &["get", "/a.txt"],
        &["watch", "--once", "--since", "beginning"],
        &["sync", "folder", "--once"],
        &["sync", "status"],
        &["sync", "log", "folder"],
    ] {
        values.extend(world.json(arguments));
    }
    let fields: BTreeSet<&String> =
        values.iter().flat_map(|value| value.as_object().unwrap().keys()).collect();
    let missing: Vec<_> = fields.iter().filter(|field| !page.contains(&format!("`{field}`"))).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
