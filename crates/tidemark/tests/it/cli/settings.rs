//! Where settings come from.

use super::{Tidemark, finish};
use std::collections::BTreeSet;
use std::path::Path;

/// The flag counts first, then the variable, then the file.
#[test]
fn flags_count_before_variables_before_the_file() {
    let tidemark = Tidemark::new();
    let folder = |name: &str| tidemark.data().with_file_name(name);
    let file = folder("settings.toml");
    std::fs::write(&file, format!("data = {:?}\n", folder("by-file"))).unwrap();
    let add = ["app", "add", "A", "--access", "full", "--allow-same-name"];
    let with = |variable: bool, flag: bool| {
        let mut command = tidemark.command(&add);
        command.arg("--config").arg(&file);
        if variable {
            command.env("TIDEMARK_DATA", folder("by-variable"));
        }
        if flag {
            command.arg("--data").arg(folder("by-flag"));
        }
        assert_eq!(finish(command, "").code, 0);
    };
    for (variable, flag, name) in
        [(true, true, "by-flag"), (true, false, "by-variable"), (false, false, "by-file")]
    {
        assert!(!folder(name).exists());
        with(variable, flag);
        assert!(folder(name).join("accounts.db").exists(), "{name}");
    }
    let mut command = tidemark.command(&add);
    command.env("TIDEMARK_CONFIG", &file);
    assert_eq!(finish(command, "").code, 0);
    // With nothing said, the platform's folder.
    assert_eq!(finish(tidemark.command(&add), "").code, 0);
    #[cfg(target_os = "linux")]
    assert!(folder(".local/share/tidemark/accounts.db").exists());
}

/// A slip in the file is told, with its place.
#[test]
fn a_faulty_file_is_refused() {
    let tidemark = Tidemark::new();
    let file = tidemark.data().with_file_name("settings.toml");
    for (text, told) in [
        ("[server]\nport = 1\n", "unknown field `port`"),
        ("data = \n", "line 1"),
        ("[server]\nlisten = '8765'\n", "such as 127.0.0.1:8765"),
    ] {
        std::fs::write(&file, text).unwrap();
        let mut command = tidemark.command(&["user", "list"]);
        command.arg("--config").arg(&file);
        let run = finish(command, "");
        assert_eq!(run.code, 2);
        assert!(run.err.contains("settings.toml") && run.err.contains(told), "{}", run.err);
    }
    let mut command = tidemark.command(&["user", "list", "--config", "/nowhere.toml"]);
    command.arg("--data").arg(tidemark.data());
    let run = finish(command, "");
    assert!(run.code == 1 && run.err.contains("/nowhere.toml"), "{}", run.err);
}

/// Whatever makes no sense ends with the same code, by whichever way it was said, and nothing is begun.
#[test]
fn what_makes_no_sense_is_not_served_with() {
    for (flags, told) in [
        (["--connections-max", "0"], "a number from 1"),
        (["--account-requests-per-minute", "0"], "a number from 1"),
        (["--media-workers", "0"], "a number from 1"),
        (["--v1-poll-timeout-min", "1000"], "1 to 480 seconds, and not 1000"),
        (["--v1-country", "germany"], "and not 'germany'"),
        (["--egress-allow", "foo bar"], "--egress-allow"),
        (["--log", "foo=bar"], "log filter"),
        (["--tls-cert", "cert.pem"], "--tls-key"),
    ] {
        let tidemark = Tidemark::new();
        let mut command = tidemark.command(&["serve", "--listen", "127.0.0.1:0", "--data"]);
        command.arg(tidemark.data()).args(flags);
        let run = finish(command, "");
        assert!(run.code == 2 && run.err.contains(told), "{flags:?}: {run:?}");
        assert!(!tidemark.data().exists(), "{flags:?}");
    }
}

/// An address to listen on is one: what a name stands for may change.
#[test]
fn an_address_that_is_none_is_refused_with_an_example() {
    for listen in ["8765", "localhost:8765", "127.0.0.1"] {
        let run = finish(Tidemark::new().command(&["serve", "--listen", listen]), "");
        assert!(run.code == 2 && run.err.contains("such as 127.0.0.1:8765"), "{listen}: {run:?}");
    }
}

/// `--help` teaches: how to begin, where settings come from, what exit codes mean.
#[test]
fn help_teaches() {
    let tidemark = Tidemark::new();
    let run = finish(tidemark.command(&["--help"]), "");
    for told in ["tidemark app add", "TIDEMARK_DATA", "Exit codes", "serve", "user", "token"] {
        assert!(run.out.contains(told), "{told}");
    }
    for command in [&["serve"][..], &["user", "add"], &["app", "add"], &["token", "create"]] {
        let mut arguments = command.to_vec();
        arguments.push("--help");
        let run = finish(tidemark.command(&arguments), "");
        assert!(run.code == 0 && run.out.contains("Usage: tidemark"), "{command:?}");
    }
    assert_eq!(finish(tidemark.command(&[]), "").code, 2);
}

/// Operators read of every setting, in all three ways of saying it, and of none that is not there.
#[test]
fn the_table_of_settings_has_them_all() {
    let tidemark = Tidemark::new();
    let help = finish(tidemark.command(&["serve", "--help"]), "").out;
    let lines = || help.lines().map(str::trim);
    let flags = lines().filter(|line| line.starts_with("--")).map(|line| {
        line.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-')).next().unwrap().to_owned()
    });
    // Where the file is cannot stand in the file, and a repair is for once.
    let flags: BTreeSet<String> =
        flags.filter(|flag| !["--config", "--pair"].contains(&flag.as_str())).collect();
    let variables = lines().filter_map(|line| line.strip_prefix("[env: ")?.split('=').next());
    let variables: BTreeSet<&str> = variables.filter(|variable| *variable != "TIDEMARK_CONFIG").collect();

    let document = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/OPERATIONS.md");
    let document = std::fs::read_to_string(document).unwrap();
    let first_word = |cell: &str| cell.trim_matches([' ', '`']).split([' ', '`']).next().unwrap().to_owned();
    let rows: Vec<Vec<&str>> = document
        .lines()
        .filter(|line| line.starts_with("| `--"))
        .map(|row| row.split(" | ").collect())
        .collect();
    assert_eq!(rows.iter().map(|row| first_word(&row[0][1..])).collect::<BTreeSet<_>>(), flags);
    let documented: BTreeSet<String> = rows.iter().map(|row| first_word(row[1])).collect();
    assert_eq!(documented.iter().map(String::as_str).collect::<BTreeSet<_>>(), variables);

    let whole = document.split("```toml\n").nth(1).unwrap().split("```").next().unwrap();
    let mut keys = BTreeSet::new();
    let mut section = "";
    for line in whole.lines() {
        if line.starts_with('[') {
            section = line;
        } else if let Some((key, _)) = line.split_once(" = ") {
            keys.insert(format!("{section} {key}").trim().to_owned());
        }
    }
    let documented = rows.iter().map(|row| row[2].split('`').nth(1).unwrap().to_owned());
    assert_eq!(keys, documented.collect());
    let file = tidemark.data().with_file_name("whole.toml");
    std::fs::write(&file, whole).unwrap();
    let run = tidemark.run(&["user", "list", "--config", file.to_str().unwrap()], "");
    assert_eq!(run.code, 3, "the file is understood, and then there is no data folder: {}", run.err);
}
