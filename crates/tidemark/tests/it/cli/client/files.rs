//! What there is, and what is done with it on the server.

use super::World;

fn names(values: &[serde_json::Value]) -> Vec<&str> {
    values.iter().map(|value| value["path"].as_str().unwrap()).collect()
}

/// A small tree.
fn world() -> World {
    let world = World::new();
    for (path, text) in [
        ("/a.txt", "one"),
        ("/b.md", "three"),
        ("/Photos/x.jpg", "12345678"),
        ("/Photos/2024/y.JPG", "1"),
        ("/Photos/2024/z.png", "12"),
    ] {
        world.put(path, text);
    }
    world
}

#[test]
fn folders_are_listed() {
    let world = world();
    assert_eq!(world.ok(&["ls"]), "a.txt\nb.md\nPhotos/\n");
    assert_eq!(world.ok(&["ls", "/Photos/"]), "2024/\nx.jpg\n");
    assert_eq!(
        world.ok(&["ls", "photos/X.jpg"]),
        "/Photos/x.jpg\n",
        "a slash may be left out, and case does not count"
    );
    assert_eq!(world.ok(&["ls", "-d", "/Photos"]), "/Photos/\n");
    assert_eq!(world.ok(&["ls", "-R", "/Photos"]), "/Photos:\n2024/\nx.jpg\n\n/Photos/2024:\ny.JPG\nz.png\n");
    let long = world.ok(&["ls", "-l"]);
    let rows: Vec<Vec<&str>> = long.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!((rows[0][0], rows[0][1], rows[0].last()), ("3", "B", Some(&"a.txt")), "{long}");
    assert_eq!((rows[2][0], rows[2].last()), ("-", Some(&"Photos/")), "{long}");

    let entries = world.json(&["ls", "-R"]);
    assert_eq!(
        names(&entries),
        [
            "/a.txt",
            "/b.md",
            "/Photos",
            "/Photos/2024",
            "/Photos/x.jpg",
            "/Photos/2024/y.JPG",
            "/Photos/2024/z.png"
        ]
    );
    let file = &entries[0];
    assert_eq!(
        (&file["kind"], &file["bytes"], &file["name"], &file["deleted"]),
        (&"file".into(), &3.into(), &"a.txt".into(), &false.into())
    );
    assert!(
        file["modified"].as_str().unwrap().ends_with('Z')
            && file["id"].is_string()
            && file["rev"].is_string()
    );
    assert_eq!(file["content_hash"].as_str().unwrap().len(), 64);
    assert_eq!((&entries[2]["kind"], entries[2].get("bytes")), (&"folder".into(), None));

    assert!(world.fails(3, &["ls", "/nothing"]).contains("there is nothing at '/nothing'"));
    let run = world.run(&["ls", "/nothing", "/Photos/2024"]);
    assert_eq!(
        (run.code, run.out.as_str()),
        (3, "/Photos/2024:\ny.JPG\nz.png\n"),
        "the others are listed all the same"
    );
}

/// Patterns are ours: the server knows none. What has a special character in its name is named with a backslash.
#[test]
fn patterns_stand_for_many() {
    let world = world();
    world.put("/a[1].txt", "");
    let ls = |pattern: &str| world.ok(&["ls", "-d", pattern]);
    assert_eq!(ls("*.txt"), "/a.txt\n/a[1].txt\n");
    assert_eq!(ls("/a\\[1].txt"), "/a[1].txt\n");
    assert_eq!(ls("/a[1].txt"), "/a[1].txt\n", "nothing else is like it");
    world.put("/a1.txt", "");
    assert_eq!(ls("/a[1].txt"), "/a1.txt\n");
    world.ok(&["rm", "/a1.txt"]);
    assert_eq!(ls("/?.*"), "/a.txt\n/b.md\n");
    assert_eq!(ls("/Photos/*.jpg"), "/Photos/x.jpg\n");
    assert_eq!(ls("/**/*.jpg"), "/Photos/2024/y.JPG\n/Photos/x.jpg\n");
    assert_eq!(ls("/Photos/**"), "/Photos/2024/\n/Photos/2024/y.JPG\n/Photos/2024/z.png\n/Photos/x.jpg\n");
    assert_eq!(ls("/**/2024/[!y]*"), "/Photos/2024/z.png\n");
    assert_eq!(ls("/*/"), "/Photos/\n");
    assert_eq!(ls("/*/2024"), "/Photos/2024/\n");
    assert!(world.fails(3, &["ls", "/*.gif"]).contains("nothing is like '/*.gif'"));
    assert!(world.fails(2, &["ls", "/[a"]).contains("is no path"));
    assert!(world.fails(2, &["ls", "/../etc"]).contains("is no path"));
    assert!(world.fails(2, &["ls", "/\u{1b}[2J"]).contains("'/\\u{1b}[2J' is no path"));
}

#[test]
fn folders_are_made_moved_and_copied() {
    let world = world();
    assert!(world.fails(3, &["mkdir", "/x/y/z"]).contains("-p makes it"));
    assert_eq!(world.ok(&["mkdir", "-p", "/x/y/z"]), "");
    assert_eq!(world.ok(&["mkdir", "-p", "/x/y/z"]), "");
    assert_eq!(world.json(&["mkdir", "/x/w"])[0]["path"], "/x/w");
    assert!(world.fails(6, &["mkdir", "/x/w"]).contains("there is a folder at '/x/w' already"));
    world.fails(6, &["mkdir", "-p", "/a.txt"]);
    // A star is a star where nothing else makes sense.
    world.ok(&["mkdir", "/st*r"]);

    world.ok(&["mv", "/a.txt", "/x/renamed.txt"]);
    world.ok(&["mv", "/b.md", "/x/renamed.txt", "/x/y/"]);
    assert_eq!(world.ok(&["ls", "/x/y"]), "b.md\nrenamed.txt\nz/\n");
    assert!(world.fails(3, &["mv", "/x/y/b.md", "/nowhere/"]).contains("no folder '/nowhere'"));
    assert!(world.fails(6, &["mv", "/x/y/b.md", "/x/y/renamed.txt"]).contains("already"));
    world.fails(3, &["mv", "/x/y/nothing", "/x/w"]);
    // A folder goes into a folder that is there; another spelling of its name is itself, in other letters.
    world.ok(&["mv", "/Photos", "/x"]);
    world.ok(&["mv", "/x/Photos", "/x/PHOTOS"]);
    assert_eq!(world.ok(&["ls", "/x"]), "PHOTOS/\nw/\ny/\n");
    world.fails(4, &["mv", "/x/PHOTOS", "/x/PHOTOS"]);
    assert_eq!(world.run(&["mv", "/x", "/x/y/x"]).code, 4);

    world.ok(&["cp", "-r", "/x/photos", "/copy"]);
    assert_eq!(world.ok(&["cat", "/copy/x.jpg"]), "12345678");
    world.ok(&["cp", "/copy/*.jpg", "/x/y/b.md", "/st\\*r"]);
    assert_eq!(world.ok(&["ls", "/st\\*r"]), "b.md\nx.jpg\n");
    world.fails(6, &["cp", "/copy/x.jpg", "/x/y/b.md"]);
}

/// What is missing is told of, and keeps nothing else from being moved; it does not make several one that is renamed, either.
#[test]
fn several_are_moved_and_copied_although_some_are_missing() {
    let world = world();
    world.ok(&["mkdir", "/to"]);
    for (command, expected) in [("cp", "a.txt\nb.md\n"), ("mv", "a.txt\nb.md\nx.jpg\n")] {
        let last = if command == "cp" { "/b.md" } else { "/Photos/x.jpg" };
        let first = if command == "cp" { "/a.txt" } else { "/nor/that" };
        let told = world.fails(3, &[command, "/not/this", first, "/no*", last, "/to"]);
        assert_eq!(told.lines().count(), if command == "cp" { 2 } else { 3 }, "{told}");
        assert!(told.contains("'/not/this'") && told.contains("'/no*'"), "{told}");
        assert_eq!(world.ok(&["ls", "/to"]), expected);
    }
    assert_eq!(world.ok(&["ls", "/Photos"]), "2024/\n");
    let told = world.fails(3, &["mv", "/nothing", "/a.txt", "/other.txt"]);
    assert!(told.contains("no folder '/other.txt'"), "{told}");
    assert_eq!(world.ok(&["ls"]), "a.txt\nb.md\nPhotos/\nto/\n");
    assert_eq!(world.fails(3, &["mv", "/nothing", "/nor/this", "/other.txt"]).lines().count(), 2);
}

/// Whoever slips loses nothing: the root stays, folders want to be named so, and what was deleted comes back.
#[test]
fn files_are_deleted_and_come_back() {
    let world = world();
    assert!(world.fails(4, &["rm", "/Photos"]).contains("-r deletes it"));
    for everything in [&["/"][..], &["/*"], &["**"], &["/a.txt", "/*"]] {
        let told = world.fails(4, &[&["rm", "-r"][..], everything].concat());
        assert!(told.contains("--force"), "{everything:?}: {told}");
    }
    assert_eq!(world.ok(&["ls"]), "a.txt\nb.md\nPhotos/\n");
    world.fails(3, &["rm", "/nothing"]);
    assert_eq!(world.ok(&["rm", "-f", "/nothing"]), "");
    assert_eq!(world.json(&["rm", "/a.txt"])[0]["deleted"], true);
    assert_eq!(world.ok(&["rm", "-r", "/Photos/2024", "/Photos/**/*.png"]), "");
    assert_eq!(world.ok(&["ls", "-R"]), "/:\nb.md\nPhotos/\n\n/Photos:\nx.jpg\n");

    assert_eq!(world.ok(&["ls", "--deleted"]), "a.txt (deleted)\nb.md\nPhotos/\n");
    assert_eq!(world.ok(&["restore", "/a.txt"]), "/a.txt is back\n");
    assert_eq!(world.ok(&["cat", "/a.txt"]), "one");
    assert!(world.fails(4, &["restore", "/a.txt"]).contains("is not deleted"));
    world.fails(3, &["restore", "/never"]);
    assert!(world.fails(4, &["restore", "/Photos"]).contains("-r"));
    assert!(world.fails(4, &["restore", "/Photos/2024"]).contains("-r"));
    assert_eq!(
        world.ok(&["search", "--deleted", "jpg"]).lines().next(),
        Some("/Photos/2024/y.JPG (deleted)")
    );
    assert_eq!(
        world.ok(&["restore", "-r", "/Photos"]),
        "/Photos/2024/ is back\n/Photos/2024/y.JPG is back\n/Photos/2024/z.png is back\n"
    );
    world.ok(&["rm", "/Photos/2024/*"]);
    assert_eq!(world.ok(&["restore", "-r", "/Photos"]).lines().count(), 2);
    assert_eq!(world.ok(&["ls", "/Photos/2024"]), "y.JPG\nz.png\n");
    assert!(world.fails(3, &["restore", "-r", "/Photos"]).contains("nothing was deleted"));

    world.ok(&["rm", "-r", "--force", "/"]);
    assert_eq!(world.ok(&["ls"]), "");
    world.put("/alone.txt", "x");
    world.fails(4, &["rm", "/*"]);
    world.ok(&["rm", "/alone.txt"]);
    world.ok(&["restore", "-r", "/"]);
    assert_eq!(
        world.ok(&["ls", "-R"]),
        "/:\na.txt\nalone.txt\nb.md\nPhotos/\n\n/Photos:\n2024/\nx.jpg\n\n/Photos/2024:\ny.JPG\nz.png\n"
    );
}

/// A folder that was deleted comes back with all that was in it, whoever made another one meanwhile.
#[test]
fn a_deleted_folder_comes_back_whole() {
    let world = world();
    world.ok(&["mkdir", "/Photos/2024/empty"]);
    let before = world.ok(&["ls", "-R", "/Photos"]);
    for made_anew in [false, true] {
        world.ok(&["rm", "-r", "-f", "/Photos"]);
        assert!(world.fails(3, &["ls", "/Photos"]).contains("there is nothing at"));
        assert_eq!(world.ok(&["ls", "--deleted", "/Photos"]), "2024/ (deleted)\nx.jpg (deleted)\n");
        let deeper = "\n/Photos/2024:\nempty/ (deleted)\ny.JPG (deleted)\nz.png (deleted)\n";
        assert!(world.ok(&["ls", "-R", "--deleted", "/photos"]).contains(deeper));
        assert_eq!(world.ok(&["ls", "--deleted", "/Photos/x.jpg"]), "/Photos/x.jpg (deleted)\n");
        if made_anew {
            world.ok(&["mkdir", "/Photos"]);
            world.put("/Photos/x.jpg", "another");
            assert_eq!(world.ok(&["ls", "--deleted", "/Photos"]), "2024/ (deleted)\nx.jpg\n");
        }
        world.ok(&["restore", "-r", "/photos"]);
        assert_eq!(world.ok(&["ls", "-R", "/Photos"]), before, "spelled as it was");
        let x = if made_anew { "another" } else { "12345678" };
        assert_eq!(world.ok(&["cat", "/Photos/x.jpg"]), x, "what is there is not replaced");
    }
    assert!(world.fails(3, &["restore", "-r", "/Photos"]).contains("nothing was deleted"));

    // What was moved away is not lost, and no second one is made of it.
    world.put("/moved/x", "1");
    world.ok(&["mv", "/moved", "/elsewhere"]);
    assert!(world.fails(3, &["restore", "-r", "/moved"]).contains("nothing was deleted"));
}

#[test]
fn a_file_has_versions() {
    let world = World::new();
    for text in ["first", "second!", "third"] {
        world.put("/notes.txt", text);
    }
    let revs = world.json(&["revs", "/notes.txt"]);
    assert_eq!(revs.iter().map(|rev| rev["bytes"].as_u64().unwrap()).collect::<Vec<_>>(), [5, 7, 5]);
    let second = revs[1]["rev"].as_str().unwrap();
    let text = world.ok(&["revs", "--limit", "2", "/notes.txt"]);
    assert!(text.lines().count() == 2 && text.contains(second) && text.contains("7 B"), "{text}");
    assert_eq!(world.ok(&["cat", "--rev", second, "/notes.txt"]), "second!");
    assert_eq!(world.json(&["restore", "/notes.txt", second])[0]["bytes"], 7);
    assert_eq!(world.ok(&["cat", "/notes.txt"]), "second!");
    world.fails(3, &["revs", "/never.txt"]);
    assert_eq!(world.run(&["cat", "--rev", "nonsense!", "/notes.txt"]).code, 4);
    assert_eq!(world.run(&["cat", "--rev", "no such", "/notes.txt"]).code, 2);
    world.ok(&["rm", "/notes.txt"]);
    assert!(world.ok(&["revs", "/notes.txt"]).lines().next().unwrap().contains("deleted"));
}

#[test]
fn names_are_found() {
    let world = world();
    assert_eq!(world.ok(&["search", "jpg"]), "/Photos/2024/y.JPG\n/Photos/x.jpg\n");
    assert_eq!(names(&world.json(&["search", "--in", "/photos/2024", "jpg"])), ["/Photos/2024/y.JPG"]);
    assert_eq!(world.ok(&["search", "--limit", "1", "jpg"]).lines().count(), 1);
    assert_eq!(world.ok(&["search", "nosuchname"]), "");
    assert_eq!(world.ok(&["search", "x", "jpg"]), "/Photos/x.jpg\n");
    for short in ["", "xy", " x "] {
        assert!(world.fails(4, &["search", short]).contains("3 characters"), "{short}");
    }
    world.ok(&["rm", "/Photos/x.jpg"]);
    assert_eq!(world.ok(&["search", "jpg"]), "/Photos/2024/y.JPG\n");
    assert!(world.ok(&["search", "--deleted", "jpg"]).contains("/Photos/x.jpg (deleted)\n"));
    world.fails(4, &["search", "jp"]);
    world.fails(3, &["search", "--in", "/nowhere", "jpg"]);
}

#[test]
fn folders_are_added_up() {
    let world = world();
    let sums = |arguments: &[&str]| {
        let told = world.json(arguments);
        let number = |value: &serde_json::Value, name: &str| value[name].as_u64().unwrap();
        let sum = |value: &serde_json::Value| {
            let path = value["path"].as_str().unwrap().to_owned();
            (path, number(value, "bytes"), number(value, "files"), number(value, "folders"))
        };
        told.iter().map(sum).collect::<Vec<_>>()
    };
    let photos = ("/Photos".to_owned(), 11, 3, 1);
    let all = ("/".to_owned(), 19, 5, 2);
    assert_eq!(sums(&["du"]), std::slice::from_ref(&all));
    assert_eq!(sums(&["du", "--depth", "1"]), [photos.clone(), all]);
    assert_eq!(sums(&["du", "-d", "9", "/Photos"]), [("/Photos/2024".to_owned(), 3, 2, 0), photos]);
    assert_eq!(sums(&["du", "/*.txt"]), [("/a.txt".to_owned(), 3, 1, 0)]);
    assert_eq!(world.ok(&["du"]).split_whitespace().collect::<Vec<_>>(), ["19", "B", "5", "files", "/"]);
}

/// A link that works for others, and the account's own numbers.
#[test]
fn things_are_shown_to_others_and_to_oneself() {
    let world = world();
    let url = world.ok(&["share", "/a.txt"]);
    assert_eq!(world.ok(&["share", "/a.txt"]), url, "it is the same every time");
    let path = url.trim().strip_prefix(&world.url()).unwrap();
    assert!(world.serving.get(path).contains("a.txt"));
    let direct = &world.json(&["share", "--direct", "/a.txt"])[0];
    let path = direct["url"].as_str().unwrap().strip_prefix(&world.url()).unwrap();
    assert!(world.serving.get(path).ends_with("one") && direct["expires"].is_string(), "{direct}");
    for arguments in [&["share", "/Nothing"][..], &["share", "--direct", "/Nothing"]] {
        assert_eq!(world.fails(3, arguments), "tidemark: there is nothing at '/Nothing'\n");
    }
    assert!(world.json(&["share", "/a.txt"])[0].get("expires").is_none(), "it has no end");

    let account = &world.json(&["account"])[0];
    assert_eq!(
        (&account["email"], &account["used"], &account["quota"]),
        (&"ann@example.org".into(), &19.into(), &serde_json::Value::Null)
    );
    assert_eq!(account["server"], world.url());
    let text = world.ok(&["account"]);
    assert!(
        text.starts_with("ann <ann@example.org>\n") && text.contains("19 B used, without a limit"),
        "{text}"
    );
}
