//! The data folder: what is taken for one, and what is not.

use super::serve::Serving;
use super::{Run, Tidemark};
use rustix::process::Signal;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;
use std::time::Duration;

/// A start that is expected to fail.
fn refused(tidemark: &Tidemark) -> Run {
    tidemark.run(&["serve", "--listen", "127.0.0.1:0"], "")
}

fn stop(mut serving: Serving) {
    serving.signal(Signal::TERM);
    assert_eq!(serving.ended(Duration::from_secs(10)), Some(0));
}

/// A data folder with a file of Ann's, served before.
fn used() -> (Tidemark, String) {
    let tidemark = Tidemark::with_ann();
    let (app, _) = tidemark.app();
    let token = tidemark.ok(&["token", "create", "--app", &app, "--user", "ann@example.org"], "");
    let serving = Serving::start(&tidemark);
    let put = format!("/1/fileops/create_folder?root=auto&path=/mine&access_token={}", token.trim());
    assert!(serving.ask("POST", &put, "").starts_with("HTTP/1.1 200"));
    stop(serving);
    (tidemark, token)
}

/// Were it taken, the next person would be account 1 and see what the first one kept.
#[test]
fn files_without_their_accounts_are_nobody_elses() {
    let (tidemark, _) = used();
    for file in ["accounts.db", "accounts.db-wal", "accounts.db-shm"] {
        let _ = fs::remove_file(tidemark.data().join(file));
    }
    let run = tidemark.run(&["user", "add", "eve@example.org", "--password-stdin"], "correct horse\n");
    assert_eq!(run.code, 4, "{run:?}");
    assert!(run.err.contains("has lost its accounts.db"), "{run:?}");
    for _ in 0..2 {
        let run = refused(&tidemark);
        assert_eq!(run.code, 1, "{run:?}");
        assert!(run.err.contains("is not whole: accounts.db is missing"), "{run:?}");
        assert_eq!(run.out, "", "nobody is invited");
    }
    stop(Serving::start_with(&tidemark, &["--pair"]));
    stop(Serving::start(&tidemark));
}

/// Were they taken, every program would be told that all its files were deleted.
#[test]
fn accounts_without_their_files_are_refused() {
    let (tidemark, token) = used();
    let kept = tidemark.data().with_file_name("kept.db");
    fs::rename(tidemark.data().join("tidemark.db"), &kept).unwrap();
    for _ in 0..2 {
        let run = refused(&tidemark);
        assert_eq!(run.code, 1, "{run:?}");
        assert!(run.err.contains("is not whole: tidemark.db is missing"), "{run:?}");
    }
    for file in ["tidemark.db-wal", "tidemark.db-shm"] {
        let _ = fs::remove_file(tidemark.data().join(file));
    }
    fs::rename(kept, tidemark.data().join("tidemark.db")).unwrap();
    let serving = Serving::start(&tidemark);
    assert!(serving.get(&format!("/1/metadata/auto/mine?access_token={}", token.trim())).contains("200 OK"));
    stop(serving);
}

/// It would become private, and be filled with ours.
#[test]
fn a_folder_of_somebody_elses_is_left_alone() {
    let tidemark = Tidemark::new();
    fs::create_dir(tidemark.data()).unwrap();
    fs::write(tidemark.data().join("thesis.txt"), "mine").unwrap();
    fs::set_permissions(tidemark.data(), fs::Permissions::from_mode(0o755)).unwrap();
    for run in [
        refused(&tidemark),
        tidemark.run(&["user", "add", "a@example.org", "--password-stdin"], "correct horse\n"),
    ] {
        assert_eq!(run.code, 1, "{run:?}");
        assert!(run.err.contains("is not empty, and no data folder of Tidemark"), "{run:?}");
    }
    assert_eq!(fs::read_dir(tidemark.data()).unwrap().count(), 1);
    assert_eq!(fs::metadata(tidemark.data()).unwrap().permissions().mode() & 0o777, 0o755);
    // What a file system and an operator put there is in nobody's way.
    fs::remove_file(tidemark.data().join("thesis.txt")).unwrap();
    fs::create_dir(tidemark.data().join("lost+found")).unwrap();
    fs::write(tidemark.data().join("tidemark.toml"), "").unwrap();
    stop(Serving::start(&tidemark));
}

/// What they lead to would be filled, emptied, or overwritten.
#[test]
fn no_part_of_the_folder_leads_elsewhere() {
    for part in [
        "lock",
        "tmp",
        "blocks",
        "segments",
        "cache",
        "tidemark.db",
        "tidemark.db-wal",
        "accounts.db",
        "search.db",
    ] {
        // In one that was served before, and in one that was not.
        for served in [false, true] {
            let tidemark = if served { used().0 } else { Tidemark::with_ann() };
            let (planted, elsewhere) =
                (tidemark.data().join(part), tidemark.data().with_file_name("elsewhere"));
            let is_file = part == "lock" || part.contains(".db");
            if is_file {
                let _ = fs::remove_file(&planted);
                fs::write(&elsewhere, "mine").unwrap();
            } else {
                let _ = fs::remove_dir_all(&planted);
                fs::create_dir(&elsewhere).unwrap();
                fs::write(elsewhere.join("thesis.txt"), "mine").unwrap();
            }
            std::os::unix::fs::symlink(&elsewhere, &planted).unwrap();
            let run = refused(&tidemark);
            assert_eq!(run.code, 1, "{part}: {run:?}");
            assert!(run.err.contains("is a symbolic link"), "{part}: {run:?}");
            let kept = if is_file { elsewhere } else { elsewhere.join("thesis.txt") };
            assert_eq!(fs::read_to_string(kept).unwrap(), "mine", "{part}");
        }
    }
}

/// The folder itself may be one: whoever names it means what is there.
#[test]
fn the_folder_itself_may_be_a_link() {
    let tidemark = Tidemark::new();
    let elsewhere = tidemark.data().with_file_name("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    std::os::unix::fs::symlink(&elsewhere, tidemark.data()).unwrap();
    stop(Serving::start(&tidemark));
    assert!(elsewhere.join("tidemark.db").exists());
}

#[test]
fn a_slip_in_the_settings_leaves_nothing_behind() {
    let tidemark = Tidemark::new();
    for flags in [&["--tls-cert", "no.pem", "--tls-key", "no.pem"][..], &["--listen", "192.0.2.1:1"]] {
        let mut command = tidemark.command(&["serve", "--data"]);
        command.arg(tidemark.data()).args(flags).stdout(Stdio::null()).stderr(Stdio::null());
        assert_eq!(command.status().unwrap().code(), Some(1));
        assert!(!tidemark.data().exists(), "{flags:?}");
    }
}
