//! Transfers that are interrupted, and go on where they were.

use super::proxy::{Proxy, Way};
use super::{World, noise, until};
use crate::cli::{Run, finish};
use rustix::process::{Pid, Signal, kill_process};
use std::fs;
use std::process::{Child, Stdio};

/// How a command is ended: as a person does, or as a power cut.
const WAYS: [Signal; 2] = [Signal::INT, Signal::KILL];

fn begun(world: &World, arguments: &[&str]) -> Child {
    let mut command = world.command(arguments);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Ends it; it says how to go on, if it can.
fn end(child: Child, signal: Signal) {
    kill_process(Pid::from_child(&child), signal).unwrap();
    let output = child.wait_with_output().unwrap();
    if signal == Signal::INT {
        let run = Run {
            code: output.status.code().unwrap(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        };
        assert_eq!((run.code, run.out.as_str()), (130, ""));
        assert!(run.err.contains("interrupted: run the same command again"), "{}", run.err);
    }
}

/// A server behind a way that can be blocked.
fn blocked() -> (World, Proxy) {
    let world = World::unlinked();
    let proxy = Proxy::to(&world.serving.address);
    world.link(&proxy.url);
    (world, proxy)
}

#[test]
fn an_upload_goes_on_where_it_was() {
    let (world, proxy) = blocked();
    for (round, signal) in WAYS.into_iter().enumerate() {
        let bytes = noise(30 << 20, round as u64);
        world.write("big", &bytes);
        let state = world.tidemark.data().with_file_name(".local/state/tidemark/uploads");
        proxy.stop_after(Way::ToServer, 20 << 20);
        let child = begun(&world, &["put", "big", "/big.bin"]);
        proxy.stuck();
        end(child, signal);
        assert_eq!(state.read_dir().unwrap().count(), 1, "it is known how far it was");
        assert_eq!(super::mode(&state), 0o700);

        proxy.open();
        world.ok(&["put", "big", "/big.bin"]);
        let sent = proxy.carried(Way::ToServer);
        // Two chunks of 8 MiB were there. What became of the third is found out by asking, which may cost a chunk.
        assert!(sent < 23 << 20, "{sent} bytes were sent");
        assert_eq!(state.read_dir().unwrap().count(), 0, "nothing is left of it");
        let output = world.command(&["cat", "/big.bin"]).output().unwrap();
        assert!(output.stdout == bytes, "the bytes are the same");
    }
}

/// What is sent is what the file is now, whatever it was when the upload began.
#[test]
fn a_file_that_changed_is_sent_anew() {
    let (world, proxy) = blocked();
    world.write("big", noise(30 << 20, 1));
    proxy.stop_after(Way::ToServer, 20 << 20);
    let child = begun(&world, &["put", "big", "/big.bin"]);
    proxy.stuck();
    end(child, Signal::INT);
    proxy.open();
    let bytes = noise(30 << 20, 2);
    world.write("big", &bytes);
    world.ok(&["put", "big", "/big.bin"]);
    let output = world.command(&["cat", "/big.bin"]).output().unwrap();
    assert!(output.stdout == bytes, "the bytes are the new ones");
}

/// A file that is written to while it is sent would be a mixture of what it was and what it is.
#[test]
fn no_mixture_becomes_a_file() {
    let (world, proxy) = blocked();
    world.write("big", noise(30 << 20, 7));
    proxy.stop_after(Way::ToServer, 12 << 20);
    let child = begun(&world, &["put", "big", "/big.bin"]);
    proxy.stuck();
    let file = fs::OpenOptions::new().write(true).open(world.here("big")).unwrap();
    std::os::unix::fs::FileExt::write_all_at(&file, b"changed", 0).unwrap();
    proxy.open();
    let output = child.wait_with_output().unwrap();
    let err = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.code() == Some(6) && err.contains("it changed while it was sent"), "{err}");
    assert_eq!(world.ok(&["ls"]), "");
    world.ok(&["put", "-q", "big", "/big.bin"]);
    world.ok(&["get", "-q", "/big.bin"]);
    assert!(fs::read(world.here("big")).unwrap() == fs::read(world.here("big.bin")).unwrap());
}

#[test]
fn a_download_goes_on_where_it_was() {
    let (world, proxy) = blocked();
    let bytes = noise(24 << 20, 3);
    world.write("source", &bytes);
    world.ok(&["put", "source", "/big.bin"]);
    for signal in WAYS {
        let part = world.here(".big.bin.tidemark-part");
        proxy.stop_after(Way::FromServer, 16 << 20);
        let child = begun(&world, &["get", "/big.bin"]);
        proxy.stuck();
        // What the connection holds is little; the rest is written by and by.
        until("most of it is written", || fs::metadata(&part).is_ok_and(|part| part.len() > 12 << 20));
        end(child, signal);
        assert!(!world.here("big.bin").exists(), "nothing half is to be seen");

        proxy.open();
        world.ok(&["get", "/big.bin"]);
        let came = proxy.carried(Way::FromServer);
        assert!(came < 13 << 20, "{came} bytes came");
        assert!(fs::read(world.here("big.bin")).unwrap() == bytes, "the bytes are the same");
        assert!(!part.exists());
        fs::remove_file(world.here("big.bin")).unwrap();
    }
}

/// A part of another version is no part of this one.
#[test]
fn a_part_of_an_older_version_is_of_no_use() {
    let (world, proxy) = blocked();
    world.write("source", noise(24 << 20, 4));
    world.ok(&["put", "source", "/big.bin"]);
    proxy.stop_after(Way::FromServer, 16 << 20);
    let child = begun(&world, &["get", "/big.bin"]);
    proxy.stuck();
    end(child, Signal::INT);
    proxy.open();
    let bytes = noise(24 << 20, 5);
    world.write("source", &bytes);
    world.ok(&["put", "source", "/big.bin"]);
    world.ok(&["get", "/big.bin"]);
    assert!(fs::read(world.here("big.bin")).unwrap() == bytes, "the bytes are the new ones");
    // Nor is one that is longer, or one that has no end of its own.
    for part in [noise(25 << 20, 5), noise(24 << 20, 6), Vec::new()] {
        fs::remove_file(world.here("big.bin")).unwrap();
        world.write(".big.bin.tidemark-part", part);
        world.ok(&["get", "/big.bin"]);
        assert!(fs::read(world.here("big.bin")).unwrap() == bytes, "the bytes are the same");
    }
}

/// Two commands do not write one file.
#[test]
fn one_file_is_got_once_at_a_time() {
    let (world, proxy) = blocked();
    world.write("source", noise(24 << 20, 7));
    world.ok(&["put", "source", "/big.bin"]);
    proxy.stop_after(Way::FromServer, 16 << 20);
    let first = begun(&world, &["get", "/big.bin"]);
    proxy.stuck();
    // It goes another way, which is not blocked.
    let mut second = world.command(&["get", "/big.bin"]);
    second.env("TIDEMARK_SERVER", world.url()).env("TIDEMARK_TOKEN", world.token());
    let second = finish(second, "");
    assert!(second.code == 6 && second.err.contains("another command is getting"), "{}", second.err);
    end(first, Signal::INT);
}
