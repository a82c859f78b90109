//! `tidemark user`.

use super::Tidemark;

/// Add, list, show: for people and for programs.
#[test]
fn accounts_are_added_and_shown() {
    let tidemark = Tidemark::new();
    let add = [
        "user",
        "add",
        "ann@example.org",
        "--password-stdin",
        "--name",
        "Ann Lee",
        "--quota",
        "10GB",
        "--admin",
    ];
    assert_eq!(tidemark.ok(&add, "correct horse\n"), "Added ann@example.org as account 1.\n");
    let bob = tidemark.ok(&["user", "add", "bob@example.org", "--password-stdin", "--json"], "correct horse");
    let bob: serde_json::Value = serde_json::from_str(&bob).unwrap();
    assert_eq!(
        (&bob["uid"], &bob["name"], &bob["quota"]),
        (&2.into(), &"bob".into(), &serde_json::Value::Null)
    );

    let list = tidemark.ok(&["user", "list"], "");
    let lines: Vec<&str> = list.lines().collect();
    assert_eq!(lines[0], "UID  E-MAIL           NAME     QUOTA");
    assert_eq!(lines[1], "1    ann@example.org  Ann Lee  10 GB     administrator");
    assert_eq!(lines[2], "2    bob@example.org  bob      no limit");
    let list: serde_json::Value =
        serde_json::from_str(&tidemark.ok(&["user", "list", "--json"], "")).unwrap();
    assert_eq!(list.as_array().unwrap().len(), 2);
    let show = tidemark.ok(&["user", "show", "ANN@example.org"], "");
    assert!(
        show == "Ann Lee <ann@example.org>\nAccount 1 (administrator), quota: 10 GB\nNo app is linked.\n",
        "{show}"
    );
    let show = tidemark.ok(&["user", "show", "ann@example.org", "--json"], "");
    let show: serde_json::Value = serde_json::from_str(&show).unwrap();
    assert_eq!((&show["email"], &show["quota"]), (&"ann@example.org".into(), &10_000_000_000_u64.into()));
    assert_eq!(show["linked_apps"].as_array().unwrap().len(), 0);
}

/// What is refused says why, with its own exit code, and leaves nothing behind.
#[test]
fn refusals_say_why() {
    let tidemark = Tidemark::with_ann();
    let cases: [(&[&str], &str, i32, &str); 10] = [
        (&["user", "add", "ann@example.org", "--password-stdin"], "correct horse", 4, "already an account"),
        (&["user", "add", "bob", "--password-stdin"], "correct horse", 4, "not an e-mail address"),
        (&["user", "add", "bob@example.org", "--password-stdin"], "short\n", 4, "at least 8 characters"),
        (&["user", "add", "bob@example.org", "--password-stdin"], "", 4, "at least 8 characters"),
        (&["user", "add", "bob@example.org"], "correct horse", 2, "--password-stdin"),
        (
            &["user", "add", "bob@example.org", "--password-stdin", "--quota", "lots"],
            "correct horse",
            2,
            "a size is",
        ),
        (&["user", "passwd", "bob@example.org", "--password-stdin"], "another one", 3, "no account for 'bob"),
        (&["user", "disable", "bob@example.org"], "", 3, "no account for 'bob"),
        (&["user", "show", "bob@example.org"], "", 3, "no account for 'bob"),
        (&["user", "remove", "ann@example.org"], "", 2, "unrecognized subcommand"),
    ];
    for (arguments, input, code, told) in cases {
        let run = tidemark.run(arguments, input);
        assert_eq!(run.code, code, "{arguments:?}: {run:?}");
        assert!(run.err.contains(told) && run.out.is_empty(), "{arguments:?}: {run:?}");
        assert!(!run.err.contains("correct horse"));
    }
    assert_eq!(tidemark.ok(&["user", "list"], "").lines().count(), 2);
}

/// Shut out, let in, a new quota, a new password.
#[test]
fn accounts_are_changed() {
    let tidemark = Tidemark::with_ann();
    let shown = || {
        let shown = tidemark.ok(&["user", "show", "ann@example.org", "--json"], "");
        serde_json::from_str::<serde_json::Value>(&shown).unwrap()
    };
    tidemark.ok(&["user", "disable", "ann@example.org"], "");
    assert_eq!(shown()["disabled"], true);
    tidemark.ok(&["user", "enable", "ann@example.org"], "");
    assert_eq!(shown()["disabled"], false);
    assert_eq!(
        tidemark.ok(&["user", "quota", "ann@example.org", "1GiB"], ""),
        "ann@example.org may keep 1 GiB.\n"
    );
    assert_eq!(shown()["quota"], 1 << 30);
    tidemark.ok(&["user", "quota", "ann@example.org", "none"], "");
    assert_eq!(shown()["quota"], serde_json::Value::Null);
    assert_eq!(
        tidemark.ok(&["user", "email", "ann@example.org", "anna@example.org"], ""),
        "Account 1 signs in as anna@example.org from now on.\n"
    );
    tidemark.ok(&["user", "email", "ANNA@example.org", "ann@example.org"], "");
    let said = tidemark.ok(&["user", "passwd", "ann@example.org", "--password-stdin"], "another one\r\n");
    assert_eq!(said, "ann@example.org has a new password, and is signed out everywhere.\n");
}

/// A slip in the folder's name does not look like an empty server, and makes none.
#[test]
fn a_folder_without_data_is_told() {
    let tidemark = Tidemark::new();
    for arguments in
        [&["user", "list"][..], &["app", "list"], &["token", "list", "--user", "ann@example.org"]]
    {
        let run = tidemark.run(arguments, "");
        assert_eq!(run.code, 3, "{run:?}");
        assert!(run.err.contains("there is no data of Tidemark in"), "{run:?}");
    }
    assert!(!tidemark.data().exists());
}
