//! `tidemark get`, `put` and `cat`.

use super::{World, noise};
use crate::cli::finish;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant, SystemTime};

#[test]
fn files_go_up_and_come_back() {
    let world = World::new();
    world.write("a.txt", "hello");
    let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_600_000_000);
    fs::File::open(world.here("a.txt")).unwrap().set_modified(time).unwrap();
    assert_eq!(world.ok(&["put", "a.txt"]), "/a.txt (5 B)\n");
    assert_eq!(world.ok(&["put", "a.txt"]), "/a.txt (is there already)\n");
    let told = &world.json(&["put", "a.txt", "/docs/b.txt"])[0];
    assert_eq!(
        (&told["state"], &told["path"], &told["local"]),
        (&"put".into(), &"/docs/b.txt".into(), &"a.txt".into())
    );
    assert_eq!(told["client_mtime"], "2020-09-13T12:26:40Z");
    assert_eq!(world.ok(&["put", "-q", "a.txt", "/docs"]), "", "a folder that is there takes it in");
    assert_eq!(world.ok(&["ls", "/docs"]), "a.txt\nb.txt\n");
    assert!(world.fails(3, &["put", "nothing.txt"]).contains("'nothing.txt'"));
    assert!(world.fails(4, &["put", ".", "/x"]).contains("-r puts it"));

    assert_eq!(world.ok(&["get", "/docs/b.txt"]), "./b.txt (5 B)\n");
    assert_eq!(world.read("b.txt"), "hello");
    assert_eq!(fs::metadata(world.here("b.txt")).unwrap().modified().unwrap(), time);
    assert_eq!(world.json(&["get", "/docs/b.txt"])[0]["state"], "same");
    assert_eq!(world.ok(&["get", "-q", "/docs/b.txt", "-o", "new/deep/c.txt"]), "");
    assert_eq!(world.ok(&["get", "/docs/b.txt", "-o", "-"]), "hello");
    // Whatever is here is not lost by the way.
    world.write("b.txt", "mine!");
    assert!(world.fails(6, &["get", "/docs/b.txt"]).contains("--force"));
    assert_eq!(world.read("b.txt"), "mine!");
    world.ok(&["get", "--force", "/docs/b.txt"]);
    assert_eq!(world.read("b.txt"), "hello");
    world.fails(3, &["get", "/nothing"]);
    assert_eq!(
        world.listed(),
        ["a.txt", "b.txt", "new/", "new/deep/", "new/deep/c.txt"],
        "and no part is left"
    );
}

#[test]
fn folders_go_up_and_come_back() {
    let world = World::new();
    for (name, text) in [("d/a.txt", "a"), ("d/sub/b.txt", "bb"), ("d/sub/deep/c.txt", "ccc")] {
        world.write(name, text);
    }
    fs::create_dir(world.here("d/empty")).unwrap();
    std::os::unix::fs::symlink("a.txt", world.here("d/link")).unwrap();
    let run = world.run(&["put", "-r", "d", "/up"]);
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(run.err.contains("left out: 'd/link' is a symbolic link"), "{}", run.err);
    assert_eq!(
        run.out,
        "/up/ (made)\n/up/a.txt (1 B)\n/up/empty/ (made)\n/up/sub/ (made)\n/up/sub/b.txt (2 B)\n\
         /up/sub/deep/ (made)\n/up/sub/deep/c.txt (3 B)\n"
    );
    fs::remove_file(world.here("d/link")).unwrap();
    let again = world.json(&["put", "-r", "d", "/up"]);
    assert!(
        again.iter().all(|told| told["path"].as_str().unwrap().starts_with("/up/d")),
        "into what is there: {again:?}"
    );
    world.ok(&["rm", "-r", "/up/d"]);

    assert!(world.fails(4, &["get", "/up"]).contains("-r gets it"));
    world.ok(&["get", "-r", "/up", "-o", "back"]);
    let listed: Vec<String> = world.listed().into_iter().filter(|name| name.starts_with("back")).collect();
    assert_eq!(
        listed,
        [
            "back/",
            "back/a.txt",
            "back/empty/",
            "back/sub/",
            "back/sub/b.txt",
            "back/sub/deep/",
            "back/sub/deep/c.txt"
        ]
    );
    assert_eq!(world.read("back/sub/deep/c.txt"), "ccc");
    let again = world.json(&["get", "-r", "/up/*", "-o", "back"]);
    assert!(again.len() == 3 && again.iter().all(|told| told["state"] == "same"), "{again:?}");
    // One that stands in the way does not keep the others from coming.
    world.write("back/a.txt", "mine");
    fs::remove_file(world.here("back/sub/b.txt")).unwrap();
    assert_eq!(
        world.run(&["get", "-r", "/up", "-o", "back/../back"]).code,
        0,
        "into the folder, under its name"
    );
    let run = world.run(&["get", "-r", "/up/a.txt", "/up/sub", "-o", "back"]);
    assert_eq!(
        (run.code, world.read("back/a.txt").as_str(), world.read("back/sub/b.txt").as_str()),
        (6, "mine", "bb")
    );
    // All there is, into a folder of its own.
    world.ok(&["get", "-q", "-r", "/", "-o", "all/"]);
    assert_eq!(world.read("all/up/a.txt"), "a");
}

#[test]
fn conditions_are_kept() {
    let world = World::new();
    world.put("/n.txt", "one");
    let first = world.json(&["ls", "/n.txt"])[0]["rev"].as_str().unwrap().to_owned();
    world.write("n.txt", "two");
    assert!(world.fails(6, &["put", "--no-clobber", "n.txt"]).contains("already"));
    world.ok(&["put", "--if-rev", &first, "n.txt", "/n.txt"]);
    world.write("n.txt", "three");
    assert!(world.fails(6, &["put", "--if-rev", &first, "n.txt", "/n.txt"]).contains("is not the version"));
    assert_eq!(world.ok(&["cat", "/n.txt"]), "two");
    assert_eq!(world.ok(&["ls"]), "n.txt\n", "and nothing beside it");
    world.ok(&["put", "--no-clobber", "n.txt", "/m.txt"]);
    world.ok(&["mkdir", "/f"]);
    world.write("f", "a file");
    world.fails(6, &["put", "f"]);
    assert_eq!(world.run(&["put", "-n", "--if-rev", &first, "n.txt"]).code, 2);
    assert_eq!(world.run(&["put", "--if-rev", &first, "n.txt", "f", "/x/"]).code, 2);
}

/// From a pipe and into one, larger than anything is sent at once.
#[test]
fn pipes_carry_files() {
    let world = World::new();
    let bytes = noise(20 << 20, 1);
    world.write("big", &bytes);
    let mut command = world.command(&["put", "-q", "-", "/big.bin"]);
    command.stdin(fs::File::open(world.here("big")).unwrap());
    assert!(command.status().unwrap().success());
    assert_eq!(world.json(&["ls", "/big.bin"])[0]["bytes"], bytes.len());
    let output = world.command(&["cat", "/big.bin"]).output().unwrap();
    assert!(output.status.success() && output.stdout == bytes, "the bytes are the same");
    assert!(world.fails(2, &["put", "-", "/folder/"]).contains("no name"));
    // A reader that goes away ends it, quietly.
    let mut child =
        world.command(&["cat", "/big.bin"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stderr.is_empty()), (Some(141), true));
}

#[test]
fn a_version_can_be_had() {
    let world = World::new();
    world.put("/v.txt", "one");
    world.put("/v.txt", "three");
    let first = world.json(&["revs", "/v.txt"])[1]["rev"].as_str().unwrap().to_owned();
    world.ok(&["get", "--rev", &first, "/v.txt", "-o", "old.txt"]);
    assert_eq!(world.read("old.txt"), "one");
    world.fails(3, &["get", "--rev", "1", "/v.txt"]);
    world.fails(2, &["get", "--rev", &first, "/v.txt", "/w.txt"]);
}

/// Whatever becomes of one folder, the others are done; so are those beside one that is none here.
#[test]
fn folders_do_not_wait_for_each_other() {
    let world = World::new();
    for path in ["/a/x", "/a/z/deep", "/b/y"] {
        world.put(path, "theirs");
    }
    world.write("a/x", "mine");
    world.write("a/z", "no folder");
    let run = world.run(&["get", "-r", "/a", "/b"]);
    assert_eq!((run.code, world.read("b/y").as_str()), (1, "theirs"), "{run:?}");
    assert!(run.err.contains("--force") && run.err.contains("'./a/z'"), "{run:?}");
    world.write("p/x/1", "in a folder");
    world.write("p/z", "after it");
    world.write("q/y", "beside it");
    world.put("/up/p/x", "a file");
    let run = world.run(&["put", "-r", "p", "q", "/up/"]);
    assert_eq!((run.code, world.ok(&["cat", "/up/q/y", "/up/p/z"]).as_str()), (6, "beside itafter it"));
    // With a code that says what they have in common.
    fs::remove_file(world.here("a/z")).unwrap();
    world.write("b/y", "mine");
    assert_eq!(world.run(&["get", "-r", "/a", "/b"]).code, 6);
}

/// A pipe has no bytes to send, and nobody waits for it.
#[test]
fn a_pipe_is_no_file() {
    let world = World::new();
    assert!(Command::new("mkfifo").arg(world.here("pipe")).status().unwrap().success());
    let mut child = world.command(&["put", "pipe"]).stderr(Stdio::piped()).spawn().unwrap();
    let begun = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if begun.elapsed() > Duration::from_secs(20) {
            child.kill().unwrap();
            panic!("it waits for a writer");
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8(output.stderr).unwrap().contains("'pipe': it is no file"));
}

/// What nobody else could read nobody else can read afterwards; what could be run can be run.
#[test]
fn a_replaced_file_is_as_private_as_it_was() {
    let world = World::new();
    world.put("/s.txt", "theirs");
    world.write("s.txt", "mine");
    for mode in [0o600, 0o750] {
        world.write("s.txt", "mine");
        fs::set_permissions(world.here("s.txt"), fs::Permissions::from_mode(mode)).unwrap();
        world.ok(&["get", "--force", "/s.txt"]);
        assert_eq!((world.read("s.txt").as_str(), super::mode(&world.here("s.txt"))), ("theirs", mode));
    }
}

/// A part that somebody else put there, or that leads elsewhere, is not written to.
#[test]
fn a_planted_part_is_left_alone() {
    let world = World::new();
    world.put("/p.txt", "secret");
    world.write("elsewhere", "mine");
    std::os::unix::fs::symlink("elsewhere", world.here(".p.txt.tidemark-part")).unwrap();
    assert!(world.fails(1, &["get", "/p.txt"]).contains(".p.txt.tidemark-part"));
    fs::remove_file(world.here(".p.txt.tidemark-part")).unwrap();
    fs::hard_link(world.here("elsewhere"), world.here(".p.txt.tidemark-part")).unwrap();
    assert!(world.fails(4, &["get", "/p.txt"]).contains("in the way"));
    assert_eq!(world.read("elsewhere"), "mine");
    assert!(!world.here("p.txt").exists());
}

/// Which file it is about is said, once.
#[test]
fn what_cannot_be_put_is_named_once() {
    let world = World::new();
    let odd = std::ffi::OsStr::from_bytes(b"no\xfftext");
    for folder in ["", "odd"] {
        fs::create_dir_all(world.here(folder)).unwrap();
        for name in [std::ffi::OsStr::new("back\\slash"), odd] {
            fs::write(world.here(folder).join(name), "x").unwrap();
        }
    }
    let mut command = world.command(&["put", "back\\slash"]);
    command.arg(odd).arg("/to/");
    let run = finish(command, "");
    assert_eq!((run.code, run.err.lines().count()), (4, 2), "{}", run.err);
    assert!(run.err.contains("cannot put 'back\\slash': a name"), "{}", run.err);
    assert!(run.err.contains("cannot put 'no\u{fffd}text': its name is not UTF-8"), "{}", run.err);
    let run = world.run(&["put", "-r", "odd", "/odd"]);
    assert!(run.code == 4 && run.err.contains("cannot put 'odd/back\\slash': a name"), "{}", run.err);

    world.write("n.txt", "1");
    world.ok(&["put", "-q", "n.txt"]);
    world.write("n.txt", "2");
    world.write("trail ", "3");
    for (arguments, code, told) in [
        (&["put", "trail ", "/to/"][..], 4, "cannot put '/to/trail ': the server refused (400): path"),
        (&["put", "--no-clobber", "n.txt"], 6, "cannot put '/n.txt': there is something already\n"),
        (
            &["put", "--if-rev", "1", "n.txt", "/n.txt"],
            4,
            "cannot put '/n.txt': '1' is no version (`tidemark revs` lists them)\n",
        ),
    ] {
        let said = world.fails(code, arguments);
        assert!(said.strip_prefix("tidemark: ").unwrap().starts_with(told), "{said}");
    }
}

/// A server that is away is told of soon, with a code of its own.
#[test]
fn a_server_that_is_away_is_told_of() {
    let world = World::unlinked();
    let mut command = world.command(&["ls"]);
    command.env("TIDEMARK_SERVER", "http://127.0.0.1:1").env("TIDEMARK_TOKEN", "x");
    let run = finish(command, "");
    let told = "tidemark: http://127.0.0.1:1 could not be reached: connection refused\n";
    assert_eq!((run.code, run.err.as_str()), (7, told));
    assert!(!run.err.contains("TIDEMARK_TOKEN"), "{}", run.err);
}
