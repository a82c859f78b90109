//! `tidemark token`.

use super::Tidemark;

/// The token stands alone on standard output; it is listed by number, and ends by number or by itself.
#[test]
fn tokens_are_created_listed_and_revoked() {
    let tidemark = Tidemark::with_ann();
    let (key, _) = tidemark.app();
    let create = ["token", "create", "--app", &key, "--user", "Ann@example.org"];
    let (first, second) = (tidemark.ok(&create, ""), tidemark.ok(&create, ""));
    for token in [&first, &second] {
        let token = token.strip_suffix('\n').unwrap();
        assert!(
            token.len() == 43 && token.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b)),
            "{token}"
        );
    }
    assert_ne!(first, second);
    let listed = || tidemark.ok(&["token", "list", "--user", "ann@example.org"], "");
    let shown = listed();
    let rows: Vec<Vec<&str>> = shown.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(rows[0], ["NUMBER", "CREATED", "KIND", "APP", "KEY", "APP"]);
    for (row, number) in rows[1..].iter().zip(["2", "1"]) {
        assert!(row[1].len() == 10 && row[1].starts_with("20"), "{shown}");
        assert_eq!([row[0], row[2], row[3], row[4]], [number, "bearer", &key, "Camera"]);
    }
    let person = tidemark.ok(&["user", "show", "ann@example.org"], "");
    assert!(person.ends_with(&shown), "{person}");
    let json = tidemark.ok(&["token", "list", "--user", "ann@example.org", "--json"], "");
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&json[0]["number"], &json[1]["app_key"]), (&2.into(), &key.as_str().into()));
    assert!(json[0]["kind"] == "bearer" && json[0]["created"].is_i64(), "{json}");

    assert_eq!(tidemark.ok(&["token", "revoke", "2"], ""), "The token is revoked.\n");
    // Even if its person was shut out before, as one does first.
    tidemark.ok(&["user", "disable", "ann@example.org"], "");
    tidemark.ok(&["token", "revoke", "--token-stdin"], &first);
    tidemark.ok(&["user", "enable", "ann@example.org"], "");
    assert_eq!(listed(), "NUMBER  CREATED  KIND  APP KEY  APP\n");
    for (arguments, input) in
        [(&["token", "revoke", "2"][..], ""), (&["token", "revoke", "--token-stdin"], &*first)]
    {
        let run = tidemark.run(arguments, input);
        assert_eq!((run.code, run.err.as_str()), (3, "tidemark: there is no such token\n"));
    }
}

/// Nothing for unknown or shut-out people and apps.
#[test]
fn refusals_say_why() {
    let tidemark = Tidemark::with_ann();
    let (key, _) = tidemark.app();
    let create = |app: &str, user: &str| tidemark.run(&["token", "create", "--app", app, "--user", user], "");
    assert_eq!(create("nosuchkey", "ann@example.org").code, 3);
    assert_eq!(create(&key, "bob@example.org").code, 3);
    tidemark.ok(&["user", "disable", "ann@example.org"], "");
    let refused = create(&key, "ann@example.org");
    assert_eq!((refused.code, refused.out.as_str()), (4, ""));
    tidemark.ok(&["user", "enable", "ann@example.org"], "");
    tidemark.ok(&["app", "remove", &key], "");
    assert_eq!(create(&key, "ann@example.org").code, 4);
    assert_eq!(tidemark.run(&["token", "revoke"], "").code, 2);
    assert_eq!(tidemark.run(&["token", "revoke", "1", "--token-stdin"], "").code, 2);
}
