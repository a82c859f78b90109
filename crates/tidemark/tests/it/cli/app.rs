//! `tidemark app`.

use super::Tidemark;
use super::webhook::Receiver;

/// What scripts rely on: one line of JSON with the key and the secret.
#[test]
fn registering_prints_key_and_secret() {
    let tidemark = Tidemark::new();
    let printed = tidemark.ok(&["app", "add", "My program", "--access", "full"], "");
    let app: serde_json::Value = serde_json::from_str(&printed).unwrap();
    let (key, secret) = (app["app_key"].as_str().unwrap(), app["app_secret"].as_str().unwrap());
    assert_eq!(printed, format!("{{\"app_key\":\"{key}\",\"app_secret\":\"{secret}\"}}\n"));
    for word in [key, secret] {
        assert!(
            word.len() == 15 && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()),
            "{word}"
        );
    }
}

/// Listed, shown (the secret only when asked for), shut out and let in.
#[test]
fn apps_are_shown_and_shut_out() {
    let tidemark = Tidemark::new();
    let (receiver, other) = (Receiver::start("/hook"), Receiver::start("/"));
    let add = [
        "app",
        "add",
        "Gallery",
        "--access",
        "app-folder",
        "--redirect-uri",
        "https://g.example/cb",
        "--redirect-uri",
        "http://localhost:5000/",
        "--webhook-uri",
        &receiver.uri,
        "--webhook-uri",
        &other.uri,
    ];
    let app: serde_json::Value = serde_json::from_str(&tidemark.ok(&add, "")).unwrap();
    let (key, secret) = (app["app_key"].as_str().unwrap(), app["app_secret"].as_str().unwrap());

    let list = tidemark.ok(&["app", "list"], "");
    assert_eq!(list, format!("APP KEY          NAME     ACCESS\n{key}  Gallery  app-folder\n"));
    let show = tidemark.ok(&["app", "show", key], "");
    assert!(show.contains("redirect  https://g.example/cb\nredirect  http://localhost:5000/\n"), "{show}");
    assert!(show.contains(&format!("webhook   {}\nwebhook   {}\n", receiver.uri, other.uri)), "{show}");
    assert!(!show.contains(secret));
    assert!(tidemark.ok(&["app", "show", key, "--secret"], "").contains(secret));
    let shown: serde_json::Value =
        serde_json::from_str(&tidemark.ok(&["app", "show", key, "--json"], "")).unwrap();
    assert_eq!((&shown["access"], &shown["app_secret"]), (&"app-folder".into(), &serde_json::Value::Null));

    assert_eq!(tidemark.ok(&["app", "remove", key], ""), "Gallery is shut out.\n");
    assert!(tidemark.ok(&["app", "list"], "").contains("app-folder  disabled\n"));
    assert_eq!(tidemark.ok(&["app", "enable", key], ""), "Gallery is let in again.\n");
}

/// Bad names and addresses are refused, and unknown keys are unknown.
#[test]
fn refusals_say_why() {
    let tidemark = Tidemark::with_ann();
    let cases: [(&[&str], i32, &str); 7] = [
        (&["app", "add", "A", "--access", "some"], 2, "app-folder"),
        (&["app", "add", "A"], 2, "--access"),
        (&["app", "add", "a/b", "--access", "full"], 4, "cannot be the name of an app"),
        (&["app", "add", "A", "--access", "full", "--redirect-uri", "http://a.example/"], 4, "must be https"),
        (&["app", "add", "A", "--access", "full", "--webhook-uri", "a.example"], 4, "webhook URI"),
        (&["app", "show", "nosuchkey"], 3, "no app with the key"),
        (&["app", "remove", "nosuchkey"], 3, "no app with the key"),
    ];
    for (arguments, code, told) in cases {
        let run = tidemark.run(arguments, "");
        assert_eq!(run.code, code, "{arguments:?}: {run:?}");
        assert!(run.err.contains(told) && run.out.is_empty(), "{arguments:?}: {run:?}");
    }
    assert_eq!(tidemark.ok(&["app", "list", "--json"], ""), "[]\n");
}

/// People could not tell them apart. Whoever knows better says so.
#[test]
fn one_name_is_one_apps() {
    let tidemark = Tidemark::new();
    let add = |name: &str, flags: &[&str]| {
        tidemark.run(&[&["app", "add", name, "--access", "full"], flags].concat(), "")
    };
    assert_eq!(add("Gallery", &[]).code, 0);
    for name in ["Gallery", "GALLERY", " gallery "] {
        let run = add(name, &[]);
        assert_eq!((run.code, run.out.as_str()), (4, ""), "{name}");
        assert!(run.err.contains("there is an app called 'Gallery' already"), "{run:?}");
    }
    assert_eq!(add("gallery", &["--allow-same-name"]).code, 0);
    assert_eq!(add("Gallery 2", &[]).code, 0);
}

#[test]
fn redirect_uris_come_and_go() {
    let tidemark = Tidemark::new();
    let (key, _) = tidemark.app();
    let uris = || {
        let show = tidemark.ok(&["app", "show", &key, "--json"], "");
        let show: serde_json::Value = serde_json::from_str(&show).unwrap();
        show["redirect_uris"]
            .as_array()
            .unwrap()
            .iter()
            .map(|uri| uri.as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let (one, two) = ("https://a.example/cb", "http://localhost:5000/");
    for uri in [one, two] {
        let told = tidemark.ok(&["app", "redirect", "add", &key, uri], "");
        assert_eq!(told, format!("Camera may send browsers back to {uri}.\n"));
    }
    assert_eq!(uris(), [one, two]);
    let told = tidemark.ok(&["app", "redirect", "remove", &key, one], "");
    assert_eq!(told, format!("Camera may not send browsers back to {one} any more.\n"));
    for (verb, key, uri, code, told) in [
        ("add", &*key, two, 4, "already"),
        ("add", &key, "http://a.example/", 4, "must be https"),
        ("add", "nosuchkey", one, 3, "no app with the key"),
        ("remove", &key, one, 3, "no redirect URI"),
        ("remove", &key, two, 4, "add another one first"),
        ("remove", "nosuchkey", one, 3, "no app with the key"),
    ] {
        let run = tidemark.run(&["app", "redirect", verb, key, uri], "");
        assert_eq!(run.code, code, "{run:?}");
        assert!(run.err.contains(told) && run.out.is_empty(), "{run:?}");
    }
    assert_eq!(uris(), [two]);
}
