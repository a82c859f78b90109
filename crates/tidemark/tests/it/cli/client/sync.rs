//! `tidemark sync`.

use super::{World, noise, until};
use rustix::fs::{OFlags, fcntl_setfl};
use rustix::process::{Pid, Signal, kill_process};
use std::fs;
use std::io::Write as _;
use std::process::{Child, Stdio};

/// A sync that goes on, until it is dropped.
struct Sync(Child);

impl Sync {
    fn start(world: &World, arguments: &[&str]) -> Sync {
        let mut command = world.command(&[&["sync"], arguments].concat());
        Sync(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap())
    }

    fn end(mut self, signal: Signal) -> Option<i32> {
        kill_process(Pid::from_child(&self.0), signal).unwrap();
        self.0.wait().unwrap().code()
    }
}

impl Drop for Sync {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What is in a folder, but for what the sync keeps for itself.
fn listed(world: &World, folder: &str) -> Vec<String> {
    let (own, folder) = (format!("{folder}/.tidemark/"), format!("{folder}/"));
    let all = world.listed().into_iter().filter(|name| !name.starts_with(&own));
    all.filter_map(|name| name.strip_prefix(&folder).filter(|name| !name.is_empty()).map(str::to_owned))
        .collect()
}

/// A job for cron: whatever happened on the server since the last run is done here, and nothing is told to the server.
#[test]
fn a_job_brings_what_is_new_and_nothing_else() {
    let world = World::new();
    world.put("/in/a.txt", "one");
    world.put("/in/sub/b.txt", "two");
    let job = ["sync", "etl", "--down", "--once", "--quiet"];
    assert_eq!(world.ok(&job), "");
    assert_eq!(listed(&world, "etl"), ["in/", "in/a.txt", "in/sub/", "in/sub/b.txt"]);
    // Additions, changes, deletions and folders; what the job's user does here stays here.
    world.put("/in/c.txt", "three");
    world.ok(&["rm", "/in/a.txt"]);
    world.ok(&["mv", "/in/sub", "/in/moved"]);
    world.ok(&["mkdir", "/in/empty"]);
    world.write("etl/own.txt", "mine");
    world.ok(&job);
    let now = ["in/", "in/c.txt", "in/empty/", "in/moved/", "in/moved/b.txt", "own.txt"];
    assert_eq!(listed(&world, "etl"), now);
    assert_eq!(world.read("etl/in/c.txt"), "three");
    assert_eq!(world.ok(&["ls", "/"]), "in/\n");
    // A second look finds nothing, and says so to programs.
    let told = world.json(&["sync", "etl", "--down", "--once"]);
    assert!(told.iter().all(|line| line["downloaded"] == 0), "{told:?}");
    assert_eq!(told.last().unwrap()["state"], "up-to-date");
}

/// A run that is killed leaves no half of a file where somebody may find it, and the next one goes on.
#[test]
fn a_file_is_there_when_it_is_whole() {
    let world = World::new();
    let bytes = noise(24 << 20, 7);
    world.write("large.bin", &bytes);
    world.ok(&["put", "-q", "large.bin", "/large.bin"]);
    let staging = world.here("copy/.tidemark");
    for _ in 0..4 {
        let sync = Sync::start(&world, &["copy", "--down", "--once"]);
        until("something is under way", || {
            let found = fs::metadata(world.here("copy/large.bin"));
            assert!(
                found.is_err() || found.is_ok_and(|found| found.len() == bytes.len() as u64),
                "half a file"
            );
            staging.exists()
        });
        std::thread::sleep(std::time::Duration::from_millis(40));
        drop(sync);
        let found = fs::read(world.here("copy/large.bin"));
        assert!(found.is_err() || found.is_ok_and(|found| found == bytes), "half a file");
    }
    world.ok(&["sync", "copy", "--down", "--once", "--quiet"]);
    assert!(fs::read(world.here("copy/large.bin")).unwrap() == bytes);
}

/// Again and again, until somebody ends it.
#[test]
fn a_job_runs_again_and_again() {
    let world = World::new();
    world.put("/a.txt", "one");
    let sync = Sync::start(&world, &["etl", "--down", "--every", "1s"]);
    until("the first comes", || world.here("etl/a.txt").exists());
    world.put("/b.txt", "two");
    until("the next comes", || world.here("etl/b.txt").exists());
    assert_eq!(sync.end(Signal::TERM), Some(143));
}

/// Two folders follow each other as things happen; a second process may not keep the same one.
#[test]
fn two_folders_are_the_same_within_a_moment() {
    let world = World::new();
    world.write("one/notes/a.txt", "from one");
    world.write("two/b.txt", "from two");
    let one = Sync::start(&world, &["one", "--device", "first"]);
    let two = Sync::start(&world, &["two", "--device", "second"]);
    let same = || listed(&world, "one") == listed(&world, "two");
    until("both have both", || same() && listed(&world, "one") == ["b.txt", "notes/", "notes/a.txt"]);
    fs::rename(world.here("one/notes"), world.here("one/Papers")).unwrap();
    world.write("two/b.txt", "changed");
    until("both moved", || {
        let came = fs::read(world.here("one/b.txt")).is_ok_and(|text| text == b"changed");
        same() && world.here("two/Papers/a.txt").exists() && came
    });
    // Nobody worked on what the other worked on.
    assert_eq!(listed(&world, "one"), ["Papers/", "Papers/a.txt", "b.txt"]);
    // A name of which only the letters change, in the instant after it was given.
    fs::rename(world.here("two/Papers"), world.here("two/papers")).unwrap();
    until("both are spelled alike", || same() && listed(&world, "one").contains(&"papers/".to_owned()));
    let refused = world.fails(4, &["sync", "one", "--once"]);
    assert!(refused.contains(&format!("process {} keeps", one.0.id())), "{refused}");

    let which = world.fails(2, &["sync", "pause"]);
    assert!(which.contains("say which") && which.contains("/one, ") && which.contains("/two"), "{which}");

    // It can be asked how it goes, and told to wait.
    let told = world.json(&["sync", "status"]);
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told.iter().all(|folder| folder["running"] == true), "{told:?}");
    world.ok(&["sync", "pause", "two"]);
    // When that has answered, it holds.
    world.write("two/kept.txt", "not now");
    let told = world.json(&["sync", "status", "two"]);
    assert!(told[0]["paused"] == true && told[0]["state"]["state"] == "paused", "{told:?}");
    world.write("one/late.txt", "late");
    until("the server has it", || world.run(&["cat", "/late.txt"]).out == "late");
    std::thread::sleep(std::time::Duration::from_millis(500));
    assert!(!world.here("two/late.txt").exists());
    assert_eq!(world.run(&["cat", "/kept.txt"]).code, 3);
    world.ok(&["sync", "resume", "two"]);
    let told = world.json(&["sync", "status", "two"]);
    assert!(told[0]["paused"] == false && told[0]["state"]["state"] != "paused", "{told:?}");
    until("it came", || world.here("two/late.txt").exists() && world.here("one/kept.txt").exists());
    // What is not wanted here does not come any more, and what is wanted does again.
    world.ok(&["sync", "exclude", "two", "/Big"]);
    world.write("one/Big/film.bin", "film");
    world.write("one/last.txt", "last");
    until("the last came", || world.here("two/last.txt").exists());
    until("the film is there", || world.run(&["cat", "/Big/film.bin"]).out == "film");
    assert!(!world.here("two/Big").exists());
    world.ok(&["sync", "include", "two", "/Big"]);
    until("the film came", || world.here("two/Big/film.bin").exists());
    assert!(world.ok(&["sync", "log", "two"]).contains("late.txt"));
    assert_eq!(one.end(Signal::INT), Some(130));
    assert_eq!(two.end(Signal::TERM), Some(143));
    assert_eq!(world.json(&["sync", "status", "one"])[0]["running"], false);
}

/// Whoever does not read what it prints keeps it from nothing, not even from ending.
#[test]
fn nobody_need_listen() {
    let world = World::new();
    // A pipe that is full already.
    let (_reader, mut writer) = std::io::pipe().unwrap();
    fcntl_setfl(&writer, OFlags::NONBLOCK).unwrap();
    while writer.write(&[b' '; 4096]).is_ok() {}
    fcntl_setfl(&writer, OFlags::empty()).unwrap();
    for number in 0..20 {
        world.write(&format!("one/{number}"), "bytes");
    }
    let mut command = world.command(&["sync", "one"]);
    command.stdin(Stdio::null()).stdout(writer.try_clone().unwrap()).stderr(writer);
    let sync = Sync(command.spawn().unwrap());
    until("it knows that something was done", || world.run(&["cat", "/0"]).code == 0);
    // By now it stands in the middle of telling of that.
    std::thread::sleep(std::time::Duration::from_millis(500));
    for number in 20..40 {
        world.write(&format!("one/{number}"), "bytes");
    }
    until("all are there", || world.json(&["ls", "/"]).len() == 40);
    until("it says so to who asks", || world.ok(&["sync", "status", "one"]).contains(": up to date\n"));
    assert_eq!(sync.end(Signal::INT), Some(130));
}

/// What both changed is there twice, and nobody's work is lost.
#[test]
fn a_conflict_keeps_both() {
    let world = World::new();
    world.write("one/a.txt", "begun");
    for folder in ["one", "two"] {
        world.ok(&["sync", folder, "--once", "--quiet", "--device", folder]);
    }
    world.write("one/a.txt", "changed by one");
    world.write("two/a.txt", "changed by the other");
    for folder in ["one", "two", "one"] {
        world.ok(&["sync", folder, "--once", "--quiet", "--device", folder]);
    }
    assert_eq!(world.read("one/a.txt"), "changed by one");
    assert_eq!(listed(&world, "one"), listed(&world, "two"));
    let conflicts = world.json(&["sync", "conflicts", "two"]);
    let copy = conflicts[0]["copy"].as_str().unwrap();
    assert!(copy.starts_with("a (two's conflicted copy "), "{copy}");
    assert_eq!(world.read(&format!("one/{copy}")), "changed by the other");
    assert_eq!(world.json(&["sync", "conflicts", "one"]), [] as [serde_json::Value; 0]);
    // Where there is only one, it is meant.
    fs::remove_dir_all(world.here("one")).unwrap();
    assert_eq!(world.json(&["sync", "conflicts"]), conflicts);
    world.ok(&["sync", "pause"]);
    assert_eq!(world.json(&["sync", "status", "two"])[0]["paused"], true);
    assert!(world.ok(&["sync", "log"]).contains("uploaded"));
    // One that is gone for good is told of until it is let go.
    assert_eq!(world.run(&["sync", "status"]).code, 1);
    world.ok(&["sync", "forget", "one"]);
    assert!(world.fails(3, &["sync", "forget", "one"]).contains("no sync folder"));
    assert_eq!(world.json(&["sync", "status"])[0]["paused"], true);
    // A copy that gets a name of its own is settled.
    world.ok(&["sync", "resume"]);
    fs::rename(world.here("two").join(copy), world.here("two/mine.txt")).unwrap();
    world.ok(&["sync", "two", "--once", "--quiet"]);
    assert_eq!(world.json(&["sync", "conflicts"]), [] as [serde_json::Value; 0]);
    // So may one be let go that is there: nothing in it is touched, and it can be set up once more.
    world.ok(&["sync", "forget", "two"]);
    assert!(world.fails(3, &["sync", "status"]).contains("no sync folder"));
    world.ok(&["sync", "two", "--once", "--quiet"]);
    assert_eq!(listed(&world, "two"), ["a.txt", "mine.txt"]);
}

/// A folder that is not the one that was set up is not touched, and neither is the server.
#[test]
fn another_folder_in_its_place_is_left_alone() {
    let world = World::new();
    world.put("/a.txt", "one");
    let job = ["sync", "here", "--once", "--quiet"];
    world.ok(&job);
    fs::rename(world.here("here"), world.here("aside")).unwrap();
    fs::create_dir(world.here("here")).unwrap();
    world.write("here/other.txt", "not mine");
    assert!(world.fails(4, &job).contains("missing"));
    assert_eq!(world.ok(&["ls"]), "a.txt\n");
    assert_eq!(listed(&world, "here"), ["other.txt"]);
    assert!(!world.here("here/.tidemark").exists(), "not even a state");
    // One that is missing altogether is not made.
    fs::rename(world.here("here"), world.here("other")).unwrap();
    let told = world.fails(4, &job);
    let hint = format!("`tidemark sync {} --anew` sets it up again", world.here("here").display());
    assert!(told.contains("missing") && told.contains(&hint), "{told}");
    assert!(!world.here("here").exists());
    // Nor is it forgotten.
    for asked in [&["sync", "status"][..], &["sync", "status", "here"]] {
        let told = world.run(asked);
        let expected = format!("{}: missing: ", world.here("here").display());
        assert!(told.code == 1 && told.out.starts_with(&expected) && told.out.contains(&hint), "{told:?}");
    }
    let told = world.run(&["sync", "status", "--json"]);
    assert!(told.code == 1 && told.out.contains(r#""state":"missing""#), "{told:?}");
    fs::rename(world.here("other"), world.here("here")).unwrap();
    // If that was meant, both are merged.
    world.ok(&[&job[..], &["--anew"]].concat());
    assert_eq!(listed(&world, "here"), ["a.txt", "other.txt"]);
    assert_eq!(world.ok(&["ls"]), "a.txt\nother.txt\n");
    assert!(world.fails(3, &["sync", "log", "nowhere"]).contains("no sync folder"));
    fs::rename(world.here("here"), world.here("elsewhere")).unwrap();
    assert!(world.fails(3, &["sync", "log", "here"]).contains(&hint));
}

/// A folder that was copied with all that is in it is another one, and no sync folder until somebody wants that.
#[test]
fn a_copy_is_left_alone() {
    let world = World::new();
    world.put("/a.txt", "one");
    world.ok(&["sync", "one", "--once", "--quiet"]);
    let copied =
        std::process::Command::new("cp").arg("-a").args([world.here("one"), world.here("copy")]).status();
    assert!(copied.unwrap().success());
    let marker = || world.read("copy/.tidemark/marker.json");
    let before = marker();
    fs::remove_file(world.here("copy/a.txt")).unwrap();
    let refused = world.fails(4, &["sync", "copy", "--once"]);
    assert!(refused.contains("is a copy of a sync folder") && refused.contains("--anew"), "{refused}");
    assert_eq!((marker() == before, world.ok(&["ls"]).as_str()), (true, "a.txt\n"));
    // If that is wanted, both sides are merged.
    world.ok(&["sync", "copy", "--once", "--quiet", "--anew"]);
    assert_eq!(listed(&world, "copy"), ["a.txt"]);
    // One that was moved is no copy.
    fs::rename(world.here("copy"), world.here("moved")).unwrap();
    world.ok(&["sync", "moved", "--once", "--quiet"]);
}

/// Two sync folders of which one lies in the other would feed each other without end.
#[test]
fn a_sync_folder_lies_in_no_other() {
    let world = World::new();
    world.put("/a.txt", "one");
    world.ok(&["sync", "out/in", "--once", "--quiet"]);
    // One that was there first is left out, and goes on.
    world.ok(&["sync", "out", "--once", "--quiet"]);
    world.write("out/in/b.txt", "two");
    world.ok(&["sync", "out", "--once", "--quiet"]);
    world.ok(&["sync", "out/in", "--once", "--quiet"]);
    world.ok(&["sync", "out", "--once", "--quiet"]);
    assert_eq!(world.ok(&["ls"]), "a.txt\nb.txt\n");
    let told = world.json(&["sync", "status", "out"]);
    assert_eq!(told[0]["left_out"][0]["path"], "in");
    assert_eq!(told[0]["left_out"][0]["kind"], "sync-folder");
    // A new one is not made, not even its folder.
    for nested in ["out/new", "out/in/new", "out/a/b"] {
        for anew in [&[][..], &["--anew"]] {
            let refused = world.fails(4, &[&["sync", nested, "--once"], anew].concat());
            assert!(
                refused.contains("is a sync folder already") && refused.contains("lies in it"),
                "{refused}"
            );
            assert!(!world.here(nested).exists());
        }
    }
}

/// Nobody deletes so much by a slip: it is held, and done when somebody says so.
#[test]
fn a_mass_deletion_is_held_until_it_is_meant() {
    const MANY: usize = 110;
    let world = World::new();
    for number in 0..MANY {
        world.write(&format!("one/many/{number}.txt"), format!("{number}"));
    }
    let job = ["sync", "one", "--once", "--quiet"];
    world.ok(&job);
    for number in 0..MANY {
        fs::remove_file(world.here(&format!("one/many/{number}.txt"))).unwrap();
    }
    world.put("/new.txt", "new");
    assert!(world.fails(1, &job).contains("are held: `tidemark sync release /"));
    assert_eq!(world.ok(&["ls", "/many"]).lines().count(), MANY);
    let run = world.run(&["sync", "one", "--once", "--json"]);
    let last: serde_json::Value = serde_json::from_str(run.out.lines().last().unwrap()).unwrap();
    assert_eq!((&last["state"], &last["detail"]), (&"stopped".into(), &"ended with deletions held".into()));
    // Nobody is at work, and whoever asks is told all the same.
    let run = world.run(&["sync", "status", "one"]);
    assert!(run.code == 1 && run.out.contains("are held: `tidemark sync release /"), "{run:?}");
    let run = world.run(&["sync", "status", "--json"]);
    let status: serde_json::Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!(
        (run.code, &status["running"], &status["state"]["state"]),
        (1, &false.into(), &"hindered".into())
    );
    assert!(status["state"]["hindrances"][0].as_str().unwrap().contains("110 of 112"), "{status}");
    assert_eq!(world.read("one/new.txt"), "new", "everything else goes on");
    assert_eq!(
        world.ok(&["sync", "release", "one"]),
        format!("{MANY} items may be deleted on the server, with the next `tidemark sync one`\n")
    );
    assert!(world.ok(&["sync", "status", "one"]).contains("unfinished"));
    world.ok(&job);
    assert_eq!(world.ok(&["ls", "/many"]), "");
    assert!(world.ok(&["sync", "status", "one"]).contains("not running; up to date\n"));
    assert!(world.fails(3, &["sync", "release", "one"]).contains("no deletions"));
}

/// Folders that are not wanted here stay on the server, and files that rules name stay here.
#[test]
fn what_is_not_wanted_stays_where_it_is() {
    let world = World::new();
    world.put("/Big/film.bin", "film");
    world.put("/a.txt", "one");
    let job = ["sync", "one", "--once", "--quiet"];
    world.ok(&job);
    world.ok(&["sync", "exclude", "one", "/Big"]);
    world.write("one/.tidemarkignore", "*.log\n");
    world.write("one/today.log", "noise");
    world.ok(&job);
    assert_eq!(listed(&world, "one"), [".tidemarkignore", "a.txt", "today.log"]);
    assert_eq!(world.ok(&["ls"]), ".tidemarkignore\na.txt\nBig/\n");
    assert_eq!(world.json(&["sync", "status", "one"])[0]["excluded"][0], "/Big");
    assert!(world.ok(&["sync", "status", "one"]).contains("not wanted here: /Big\n"));
    assert!(world.fails(3, &["sync", "include", "one", "/Bug"]).contains("not excluded"));
    world.ok(&["sync", "include", "one", "big"]);
    world.ok(&job);
    assert_eq!(world.read("one/Big/film.bin"), "film");
}

/// Whoever wants quiet hears of what goes wrong all the same, and a folder of which nothing can be known hides no other.
#[test]
fn what_goes_wrong_is_told() {
    let mut world = World::new();
    world.ok(&["sync", "a", "--once", "--quiet"]);
    world.ok(&["sync", "b", "--once", "--quiet"]);
    let mut command = world.command(&["sync", "b", "--quiet"]);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(fs::File::create(world.here("told")).unwrap());
    let sync = Sync(command.spawn().unwrap());
    until("it is up to date", || world.ok(&["sync", "status", "b"]).contains(": up to date\n"));
    world.serving.child.kill().unwrap();
    world.serving.child.wait().unwrap();
    until("it is told", || world.read("told").contains("offline"));
    assert_eq!(sync.end(Signal::INT), Some(130));
    fs::write(world.here("a/.tidemark/state.db"), "no database").unwrap();
    let run = world.run(&["sync", "status"]);
    assert_eq!(run.code, 1);
    assert!(run.out.contains("here/b: ") && run.err.contains("here/a"), "{run:?}");
}

/// What has a problem is named by who finds it, and not only counted.
#[test]
fn a_problem_is_named_once() {
    let world = World::new();
    world.write("one/Same", "1");
    world.write("one/same", "2");
    let run = world.run(&["sync", "one", "--once"]);
    assert_eq!(run.err.matches("differs only by case").count(), 1, "{run:?}");
    assert!(run.err.contains("tidemark: Same: ") || run.err.contains("tidemark: same: "), "{run:?}");
    assert!(run.code == 1 && run.err.contains("see `tidemark sync status /"), "{run:?}");
    // A process that keeps the folder says so in its first words, too.
    let running = Sync::start(&world, &["one"]);
    until("it runs", || {
        let status = world.run(&["sync", "status", "one"]);
        status.code == 1 && status.out.contains(": up to date but for 1 problem\n")
    });
    assert_eq!(running.end(Signal::INT), Some(130));
}

/// What cannot be synced is told, whether a process keeps the folder or not, and as long as it is so.
#[test]
fn what_is_left_out_is_told() {
    let world = World::new();
    world.write("one/a.txt", "a");
    std::os::unix::fs::symlink("a.txt", world.here("one/link")).unwrap();
    world.write("one/sub/back\\slash", "no such name there");
    let told = world.json(&["sync", "one", "--once"]);
    assert_eq!(told.last().unwrap()["left_out"], 2, "{told:?}");
    let sync = || world.json(&["sync", "status", "one"]).remove(0);
    let left_out = || {
        let told = sync();
        let all = told["left_out"].as_array().unwrap().iter();
        let all: Vec<_> = all.map(|one| format!("{} {}", one["path"], one["kind"])).collect();
        all.join(", ")
    };
    let expected = r#""link" "symlink", "sub/back\\slash" "bad-name""#;
    assert_eq!((left_out(), sync()["running"].as_bool()), (expected.to_owned(), Some(false)));
    assert_eq!(sync()["state"]["left_out"], 2);
    let words = world.ok(&["sync", "status", "one"]);
    assert!(words.contains("not synced: link: symbolic links are not synced\n"), "{words}");

    let running = Sync::start(&world, &["one"]);
    until("it runs", || sync()["state"]["state"] == "up-to-date");
    assert_eq!(left_out(), expected);
    fs::remove_file(world.here("one/link")).unwrap();
    until("one is gone", || left_out() == r#""sub/back\\slash" "bad-name""#);
    for number in 0..30 {
        std::os::unix::fs::symlink("a.txt", world.here(&format!("one/{number}"))).unwrap();
    }
    until("all are told", || sync()["left_out"].as_array().unwrap().len() == 31);
    let words = world.ok(&["sync", "status", "one"]);
    assert!(words.contains("not synced: 11 more"), "{words}");
    assert_eq!(running.end(Signal::TERM), Some(143));
}

/// A folder stays with its account, whichever link was made last.
#[test]
fn a_folder_knows_its_link() {
    let world = World::new();
    world.put("/a.txt", "ann's");
    let job = ["sync", "one", "--once", "--quiet"];
    world.ok(&job);
    world.tidemark.ok(&["user", "add", "bob@example.org", "--password-stdin"], "correct horse\n");
    let bob = world.tidemark.ok(&["token", "create", "--app", "tidemark", "--user", "bob@example.org"], "");
    let linked = world.run_with(&["link", &world.url(), "--token-stdin", "--profile", "bob"], &bob);
    assert_eq!(linked.code, 0, "{}", linked.err);
    world.put("/b.txt", "bob's");
    world.ok(&job);
    world.ok(&[&job[..], &["--server", &world.url()]].concat());
    // It is not merged into another account by a slip either.
    world.ok(&[&job[..], &["--anew"]].concat());
    assert_eq!(listed(&world, "one"), ["a.txt"]);
    assert_eq!(world.ok(&["ls"]), "b.txt\n");
    let told = world.fails(4, &[&job[..], &["--profile", "bob"]].concat());
    assert!(told.contains("ann@example.org") && told.contains("--profile 127.0.0.1-"), "{told}");
    // A new one is for the link that was made last.
    world.ok(&["sync", "two", "--once", "--quiet"]);
    assert_eq!(listed(&world, "two"), ["b.txt"]);
}

/// A token that was revoked ends it, with the way on.
#[test]
fn a_revoked_link_ends_it() {
    let world = World::new();
    world.put("/a.txt", "one");
    world.ok(&["sync", "one", "--once", "--quiet"]);
    let end = world.run(&["unlink"]);
    assert_eq!(end.code, 0, "{}", end.err);
    assert!(world.fails(5, &["sync", "one", "--once"]).contains("tidemark link"));
}
