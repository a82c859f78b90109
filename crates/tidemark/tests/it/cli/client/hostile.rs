//! Servers that tell what no server should.

use super::World;
use crate::cli::finish;
use std::io::{Read, Write};
use std::net::TcpListener;

const HEAD: &str = r#""rev":"1","revision":1,"modified":"Wed, 05 Feb 2014 09:07:03 +0000","root":"dropbox","icon":"x","size":"1 B","thumb_exists":false"#;

/// A server that answers every request with what is made for its first line.
fn server(answer: impl Fn(&str) -> String + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let (mut head, mut byte) = (Vec::new(), [0]);
            while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|read| read > 0) {
                head.push(byte[0]);
            }
            let head = String::from_utf8_lossy(&head);
            let body = answer(head.lines().next().unwrap_or_default());
            let _ = write!(
                stream,
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
                body.len()
            );
        }
    });
    url
}

fn file(path: &str) -> String {
    let path = serde_json::to_string(path).unwrap();
    format!(r#"{{"path":{path},"is_dir":false,"bytes":1,"mime_type":"x",{HEAD}}}"#)
}

fn folder(contents: &[String]) -> String {
    let contents = contents.join(",");
    format!(r#"{{"path":"/f","is_dir":true,"bytes":0,"hash":"h","contents":[{contents}],{HEAD}}}"#)
}

/// Names that lead out of the folder are written nowhere; neither is anything else that such a server tells.
#[test]
fn names_of_a_hostile_server_lead_nowhere() {
    let world = World::unlinked();
    for path in [
        "/f/..",
        "/f/../../evil",
        "/f/.",
        "/f/a\u{0}b",
        "/f/\u{1b}[2J",
        "/f/a\\b",
        "",
        "evil",
        "/f//evil",
        "/f/x/../../../evil",
    ] {
        let told = folder(&[file(path)]);
        let url = server(move |_| told.clone());
        for arguments in [&["get", "-r", "/f", "-o", "out/"][..], &["get", "-r", "/f"], &["ls", "/f"]] {
            let mut command = world.command(arguments);
            command.env("TIDEMARK_SERVER", &url).env("TIDEMARK_TOKEN", "x");
            let run = finish(command, "");
            assert_ne!(run.code, 0, "{path:?} {arguments:?}");
            assert!(!run.out.contains('\u{1b}') && !run.err.contains('\u{1b}'), "{run:?}");
        }
        let outside = world.tidemark.data().with_file_name("evil");
        assert!(!outside.exists() && !outside.with_file_name("..").join("evil").exists(), "{path:?}");
        let here: Vec<String> = world.listed().into_iter().filter(|name| !name.ends_with('/')).collect();
        assert!(here.is_empty(), "{path:?}: {here:?}");
    }
}

/// A file that is called like the part of another would become it.
#[test]
fn parts_are_not_got() {
    let world = World::new();
    world.put("/f/.a.txt.tidemark-part", "not a part");
    world.put("/f/b.txt", "b");
    let run = world.run(&["get", "-r", "/f"]);
    assert!(run.code == 4 && run.err.contains("unfinished part"), "{run:?}");
    assert_eq!(world.listed(), ["f/", "f/b.txt"]);
}

/// Where nothing came, nothing is left.
#[test]
fn a_file_that_does_not_come_leaves_no_part() {
    let world = World::unlinked();
    let url = server(|line| if line.contains("/1/metadata") { file("/a.txt") } else { "nothing".to_owned() });
    let mut command = world.command(&["get", "/a.txt"]);
    command.env("TIDEMARK_SERVER", &url).env("TIDEMARK_TOKEN", "x");
    let run = finish(command, "");
    assert!(run.code == 1 && run.err.contains("makes no sense"), "{run:?}");
    assert_eq!(world.listed(), [""; 0]);
}

/// What a server says of a person is shown, and does nothing.
#[test]
fn words_of_a_hostile_server_do_nothing() {
    let world = World::unlinked();
    let account = r#"{"uid":1,"display_name":"A\u001b]0;owned\u0007nn","email":"a\u202e@b.c","quota_info":{"quota":1,"normal":1,"shared":0}}"#;
    let url = server(move |_| account.to_owned());
    let run = world.run_with(&["link", &url, "--token-stdin"], "x");
    assert_eq!(run.code, 0, "{run:?}");
    let mut command = world.command(&["account"]);
    command.env("TIDEMARK_SERVER", &url).env("TIDEMARK_TOKEN", "x");
    let account = finish(command, "");
    for text in [&run.out, &account.out, &world.ok(&["account", "--all"])] {
        assert!(text.contains("@b.c"), "{text:?}");
        assert!(!text.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{text:?}");
    }
    for refusal in [r#"{"error":"\u001b[2J gone"}"#, "\u{1b}[2J", "{", "[]"] {
        let url = server(move |_| refusal.to_owned());
        let mut command = world.command(&["ls"]);
        command.env("TIDEMARK_SERVER", &url).env("TIDEMARK_TOKEN", "x");
        let run = finish(command, "");
        assert!(run.code == 1 && !run.err.contains('\u{1b}'), "{run:?}");
    }
}
