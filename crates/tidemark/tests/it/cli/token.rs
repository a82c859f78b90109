//! `tidemark token`.

use super::Tidemark;
use super::serve::Serving;

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
    assert_eq!(rows[0], ["NUMBER", "CREATED", "EXPIRES", "KIND", "APP", "KEY", "APP"]);
    for (row, number) in rows[1..].iter().zip(["2", "1"]) {
        assert!(row[1].len() == 10 && row[1].starts_with("20"), "{shown}");
        assert_eq!(row[2..], ["never", "bearer", &key, "Camera"]);
        assert_eq!(row[0], number);
    }
    let person = tidemark.ok(&["user", "show", "ann@example.org"], "");
    assert!(person.ends_with(&shown), "{person}");
    let json = tidemark.ok(&["token", "list", "--user", "ann@example.org", "--json"], "");
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&json[0]["number"], &json[1]["app_key"]), (&2.into(), &key.as_str().into()));
    assert!(json[0]["kind"] == "bearer" && json[0]["created"].is_i64(), "{json}");
    assert!(json[0]["expires"].is_null() && json[0]["renewed"] == false, "{json}");

    assert_eq!(tidemark.ok(&["token", "revoke", "2"], ""), "The token is revoked.\n");
    // Even if its person was shut out before, as one does first.
    tidemark.ok(&["user", "disable", "ann@example.org"], "");
    tidemark.ok(&["token", "revoke", "--token-stdin"], &first);
    tidemark.ok(&["user", "enable", "ann@example.org"], "");
    assert_eq!(listed(), "NUMBER  CREATED  EXPIRES  KIND  APP KEY  APP\n");
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

/// A token for a while is listed with its end, and lets nobody in after it.
#[test]
fn a_token_may_expire() {
    let tidemark = Tidemark::with_ann();
    let (key, _) = tidemark.app();
    let create = |life| ["token", "create", "--app", &key, "--user", "ann@example.org", "--expires", life];
    let (hour, second) = (tidemark.ok(&create("1h"), ""), tidemark.ok(&create("1s"), ""));
    let json = tidemark.ok(&["token", "list", "--user", "ann@example.org", "--json"], "");
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let listed = json.as_array().unwrap().iter().find(|token| token["number"] == 1).unwrap();
    let time = |name: &str| listed[name].as_i64().unwrap();
    assert_eq!(time("expires") - time("created"), 3_600_000);
    let shown = tidemark.ok(&["token", "list", "--user", "ann@example.org"], "");
    assert!(shown.contains(":") && shown.contains("Z  bearer"), "{shown}");

    let serving = Serving::start(&tidemark);
    let ask = |token: &str| serving.get(&format!("/1/account/info?access_token={}", token.trim()));
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(30);
    while !ask(&second).starts_with("HTTP/1.1 401 ") {
        assert!(std::time::Instant::now() < deadline, "it never expired");
    }
    assert!(ask(&hour).starts_with("HTTP/1.1 200 "));
    for wrong in ["0s", "1w", "1", "forever"] {
        assert_eq!(tidemark.run(&create(wrong), "").code, 2, "{wrong}");
    }
}
