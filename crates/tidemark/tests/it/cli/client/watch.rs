//! `tidemark watch`.

use super::{World, until};
use crate::cli::serve::Serving;
use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use serde_json::Value;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdout, Stdio};

/// A watch that goes on.
struct Watch {
    child: Child,
    out: BufReader<ChildStdout>,
}

impl Watch {
    fn start(world: &World, arguments: &[&str]) -> Watch {
        let mut command = world.command(&[&["watch"], arguments].concat());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        Watch { child, out }
    }

    /// One that has begun: what happens from now on is told.
    fn begun(world: &World, arguments: &[&str]) -> Watch {
        let mut watch = Watch::start(world, &[&["--json"], arguments].concat());
        assert_eq!(watch.line()["event"], "caught_up");
        watch
    }

    fn line(&mut self) -> Value {
        let mut line = String::new();
        self.out.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap_or_else(|_| panic!("no line of JSON: {line:?}"))
    }

    /// The next change, and its path.
    fn change(&mut self) -> (String, String) {
        loop {
            let line = self.line();
            let event = line["event"].as_str().unwrap();
            if event == "entry" || event == "gone" {
                return (event.to_owned(), line["path"].as_str().unwrap().to_owned());
            }
        }
    }

    fn end(mut self, signal: Signal) -> (i32, String) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
        let mut err = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
        (self.child.wait().unwrap().code().unwrap(), err)
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Everything that another client does is told, in order, once; a restart of the server changes nothing about that.
#[test]
fn changes_are_told_in_order_across_a_restart() {
    let mut world = World::new();
    world.put("/before.txt", "0");
    let mut watch = Watch::begun(&world, &[]);
    let entry = |path: &str| ("entry".to_owned(), path.to_owned());
    for number in 0..10 {
        world.put(&format!("/{number}.txt"), "x");
    }
    for number in 0..10 {
        assert_eq!(watch.change(), entry(&format!("/{number}.txt")));
    }
    world.ok(&["rm", "/3.txt"]);
    assert_eq!(watch.change(), ("gone".to_owned(), "/3.txt".to_owned()));

    let address = world.serving.address.clone();
    kill_process(Pid::from_child(&world.serving.child), Signal::KILL).unwrap();
    world.serving.child.wait().unwrap();
    assert_eq!(
        loop {
            let line = watch.line();
            if line["event"] != "caught_up" {
                break line["event"].clone();
            }
        },
        "waiting",
        "it says so"
    );
    world.serving = Serving::start_at(&world.tidemark, &address, &[]);
    for number in 10..15 {
        world.put(&format!("/{number}.txt"), "x");
    }
    for number in 10..15 {
        assert_eq!(watch.change(), entry(&format!("/{number}.txt")));
    }
    assert_eq!(watch.end(Signal::INT), (130, "tidemark: interrupted\n".to_owned()));
}

/// From the beginning, from a cursor, below a folder, and no longer than there is something to tell.
#[test]
fn a_watch_begins_where_it_is_told_to() {
    let world = World::new();
    world.put("/a/1.txt", "x");
    world.put("/b/2.txt", "x");
    let told = |arguments: &[&str]| {
        let lines = world.json(&[&["watch", "--once"], arguments].concat());
        let paths: Vec<String> =
            lines.iter().filter_map(|line| Some(line["path"].as_str()?.to_owned())).collect();
        let cursor = lines.last().unwrap()["cursor"].as_str().unwrap().to_owned();
        (paths, cursor)
    };
    let (paths, cursor) = told(&["--since", "beginning"]);
    assert_eq!(paths, ["/a", "/a/1.txt", "/b", "/b/2.txt"]);
    assert_eq!(told(&["--since", "now"]).0.len(), 0);
    let (below, prefixed) = told(&["--since", "beginning", "--path", "/b"]);
    assert_eq!(below, ["/b", "/b/2.txt"]);
    world.put("/a/3.txt", "x");
    assert_eq!(told(&["--since", &cursor]).0, ["/a/3.txt"]);
    assert_eq!(told(&["--since", &prefixed, "--path", "/b"]).0.len(), 0);
    assert_eq!(world.run(&["watch", "--once", "--since", "nonsense"]).code, 4);
    // As people read it.
    let text = world.ok(&["watch", "--once", "--since", &cursor]);
    assert_eq!(text.split_whitespace().collect::<Vec<_>>(), ["file", "1", "B", "/a/3.txt"]);
}

/// What has changed since the last run, however that ended; the file belongs to one server and folder.
#[test]
fn a_file_keeps_how_far_it_is() {
    let world = World::new();
    world.put("/1.txt", "x");
    let run = || {
        let lines = world.json(&["watch", "--once", "--cursor-file", "state", "--since", "beginning"]);
        lines.iter().filter_map(|line| Some(line["path"].as_str()?.to_owned())).collect::<Vec<_>>()
    };
    assert_eq!(run(), ["/1.txt"]);
    assert_eq!(run(), [""; 0]);
    world.put("/2.txt", "x");
    world.ok(&["rm", "/1.txt"]);
    assert_eq!(run(), ["/2.txt", "/1.txt"]);
    assert_eq!(super::mode(&world.here("state")), 0o600);
    assert_eq!(world.run(&["watch", "--once", "--cursor-file", "state", "--path", "/x"]).code, 4);
    world.write("state", "nonsense");
    assert!(world.fails(4, &["watch", "--once", "--cursor-file", "state"]).contains("no cursor's file"));
}

/// One after another, in order, each with its change on standard input and in the environment.
#[test]
fn commands_run_in_order() {
    let world = World::new();
    let script = "echo begin $TIDEMARK_KIND $TIDEMARK_PATH ${TIDEMARK_BYTES-none} >> log; cat >> input; \
                  echo end $TIDEMARK_PATH >> log";
    let watch = Watch::begun(&world, &["--shell", "--exec", script]);
    for number in 0..5 {
        world.put(&format!("/{number} $(touch pwned).txt"), "12");
    }
    world.ok(&["mkdir", "/d"]);
    world.ok(&["rm", "/0*"]);
    let expected: Vec<String> = (0..5)
        .map(|number| ("file".to_owned(), format!("/{number} $(touch pwned).txt"), "2"))
        .chain([
            ("folder".to_owned(), "/d".to_owned(), "none"),
            ("gone".to_owned(), "/0 $(touch pwned).txt".to_owned(), "none"),
        ])
        .flat_map(|(kind, path, bytes)| [format!("begin {kind} {path} {bytes}"), format!("end {path}")])
        .collect();
    until("all have run", || {
        fs::read_to_string(world.here("log")).is_ok_and(|log| log.lines().count() >= expected.len())
    });
    assert_eq!(world.read("log").lines().collect::<Vec<_>>(), expected);
    let input: Vec<Value> =
        world.read("input").lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((&input[0]["event"], &input[0]["bytes"]), (&"entry".into(), &2.into()));
    assert_eq!((input.len(), &input[6]["event"]), (7, &"gone".into()));
    assert!(!world.here("pwned").exists(), "a name is never a command");
    assert_eq!(watch.end(Signal::TERM).0, 143);
}

/// Words are words: no shell comes between, and what the words do is up to the program.
#[test]
fn no_shell_comes_between() {
    let world = World::new();
    world.put("/a.txt", "x");
    let once = ["watch", "--once", "--since", "beginning", "--exec"];
    world.ok(&[&once[..], &["touch", "$(touch pwned); x", "--", "-n"]].concat());
    assert_eq!(world.listed(), ["$(touch pwned); x", "-n"]);
    assert_eq!(world.run(&["watch", "--shell", "--exec", "echo", "two"]).code, 2);
    assert_eq!(world.run(&["watch", "--exec"]).code, 2);
}

/// Failures are told, each with what it was about, and count in the end; or end it, and are tried again the next time.
#[test]
fn failures_are_told() {
    let world = World::new();
    for number in 1..=3 {
        world.put(&format!("/{number}.txt"), "x");
    }
    let script = "echo $TIDEMARK_PATH >> log; test $TIDEMARK_PATH != /2.txt";
    let watch =
        ["watch", "--once", "--since", "beginning", "--cursor-file", "state", "--shell", "--exec", script];
    let stop = [&["watch", "--stop-on-failure"], &watch[1..]].concat();
    for _ in 0..2 {
        let told = world.fails(1, &stop);
        assert!(told.contains("the command for '/2.txt' failed: exit status: 1"), "{told}");
        assert_eq!(world.read("log"), "/1.txt\n/2.txt\n", "it comes again");
        fs::remove_file(world.here("log")).unwrap();
    }
    let told = world.fails(1, &watch);
    assert!(told.contains("'/2.txt'") && told.contains("1 command failed"), "{told}");
    assert_eq!(world.read("log"), "/1.txt\n/2.txt\n/3.txt\n", "the others run all the same");
    assert_eq!(world.ok(&watch), "", "and that was that");
    let told = world.fails(1, &["watch", "--once", "--since", "beginning", "--exec", "false"]);
    assert!(told.contains("3 commands failed"), "{told}");
}

/// Several at a time, but never two for one path.
#[test]
fn several_run_at_a_time() {
    let world = World::new();
    for path in ["/1.txt", "/2.txt", "/3.txt"] {
        world.put(path, "x");
    }
    // Each waits for the two others to have begun.
    let script = "touch $(basename $TIDEMARK_PATH); \
                  until test -e 1.txt && test -e 2.txt && test -e 3.txt; do sleep 0.01; done";
    world.ok(&["watch", "--once", "--since", "beginning", "--jobs", "3", "--shell", "--exec", script]);
    let cursor = world.json(&["watch", "--once"])[0]["cursor"].as_str().unwrap().to_owned();
    // A folder is deleted, and one is made in its place.
    world.put("/d/a.txt", "x");
    world.ok(&["rm", "-r", "/d"]);
    let script = "mkdir lock && echo $TIDEMARK_KIND >> log && sleep 0.05 && rmdir lock";
    world.ok(&["watch", "--once", "--since", &cursor, "--jobs", "3", "--shell", "--exec", script]);
    assert!(!world.read("log").is_empty());
}

/// What was begun comes to its end before the watch does.
#[test]
fn a_command_is_not_cut_off() {
    let world = World::new();
    let script = "touch begun; until test -e go; do sleep 0.01; done; touch ended";
    let watch = Watch::begun(&world, &["--shell", "--exec", script]);
    world.put("/a.txt", "x");
    until("it has begun", || world.here("begun").exists());
    kill_process(Pid::from_child(&watch.child), Signal::INT).unwrap();
    world.write("go", "");
    let mut watch = watch;
    let code = watch.child.wait().unwrap().code();
    assert_eq!((code, world.here("ended").exists()), (Some(130), true));
}

/// A terminal sends Ctrl-C to all that it believes to be one job: the commands are none of that.
#[test]
fn a_command_is_not_cut_off_by_the_terminal() {
    let world = World::new();
    let script = "touch begun; until test -e go; do sleep 0.01; done; touch ended";
    let mut command = world.command(&["watch", "--shell", "--exec", script]);
    command.process_group(0).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    until("it has begun", || {
        world.put("/a.txt", "x");
        world.here("begun").exists()
    });
    kill_process_group(Pid::from_child(&child), Signal::INT).unwrap();
    world.write("go", "");
    let code = child.wait().unwrap().code();
    assert_eq!((code, world.here("ended").exists()), (Some(130), true));
}

/// A job for cron does not wait for a server for ever: the next one would wait beside it.
#[test]
fn a_job_ends_when_the_server_is_away() {
    let world = World::unlinked();
    let mut command = world.command(&["watch", "--once", "--since", "beginning"]);
    command.env("TIDEMARK_SERVER", "http://127.0.0.1:1").env("TIDEMARK_TOKEN", "x");
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let begun = std::time::Instant::now();
    let code = loop {
        match child.try_wait().unwrap() {
            Some(status) => break status.code(),
            None if begun.elapsed().as_secs() > 40 => {
                child.kill().unwrap();
                child.wait().unwrap();
                break None;
            }
            None => std::thread::sleep(std::time::Duration::from_millis(20)),
        }
    };
    assert_eq!(code, Some(7));
}

/// That the program is not there is nobody's fault but the command line's: the watch ends at once, and tells of no change.
#[test]
fn a_program_that_cannot_be_run_ends_the_watch() {
    let world = World::new();
    world.put("/1.txt", "x");
    world.write("plain", "no program");
    world.write("orphan", "#!/no/such/interpreter\n");
    fs::set_permissions(world.here("orphan"), fs::Permissions::from_mode(0o755)).unwrap();
    for (program, why) in [
        ("nosuchcmd", "there is no such program"),
        ("./nosuchcmd", "there is no such program"),
        ("./plain", "it may not be run"),
        ("./orphan", "what runs it is not there"),
    ] {
        // The beginning, so that there is something to run it for.
        let told =
            world.fails(1, &["watch", "--since", "beginning", "--cursor-file", "state", "--exec", program]);
        assert_eq!(told, format!("tidemark: cannot run '{program}': {why}\n"));
        assert!(!world.here("state").exists(), "the cursor is where it was");
    }
    // One that is not there is told of before anything has happened.
    assert!(world.fails(1, &["watch", "--exec", "nosuchcmd"]).contains("no such program"));
}

/// A quiet watch notices that nobody reads it any more.
#[test]
fn a_watch_that_nobody_reads_ends() {
    let world = World::new();
    let mut command = world.command(&["watch", "--json"]);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert!(line.contains("caught_up"), "{line}");
    // The reader is dropped, and nothing happens on the server.
    until("it ends", || child.try_wait().unwrap().is_some());
    let ended = child.wait_with_output().unwrap();
    assert_eq!((ended.status.code(), ended.stderr.is_empty()), (Some(141), true));
}
