//! The examples do what they say.

#[path = "../../examples/follow.rs"]
mod follow;
#[path = "../../examples/link.rs"]
mod link;
#[path = "../../examples/mirror.rs"]
mod mirror;
#[path = "../../examples/upload.rs"]
mod upload;

use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tempfile::TempDir;
use tidemark_core::model::{Challenge, Lifetime};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::socket::Served;
use crate::world::{World, noise, path};

/// What an example has written so far.
#[derive(Clone, Default)]
struct Out(Arc<Mutex<Vec<u8>>>);

impl Out {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    /// Waits until it has written this.
    async fn says(&self, text: &str) {
        let wait = async {
            while !self.text().contains(text) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        let told = tokio::time::timeout(Duration::from_secs(60), wait).await;
        assert!(told.is_ok(), "{text} is not in {}", self.text());
    }
}

impl Write for Out {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A server, and a folder with the token in it.
async fn linked() -> (World, Served, TempDir, PathBuf) {
    let world = World::new().await;
    let served = Served::plain(world.router());
    let folder = tempfile::tempdir().unwrap();
    let token_file = folder.path().join("token");
    fs::write(&token_file, format!("{}\n", world.token.reveal())).unwrap();
    (world, served, folder, token_file)
}

/// The page is named, the browser comes back, and the token that is kept is for nobody else to read.
#[tokio::test]
async fn link_keeps_a_token() {
    let (world, served, folder, _) = linked().await;
    let token_file = folder.path().join("new");
    let out = Out::default();
    let mut written = out.clone();
    let linking = link::run(&served.address, &world.app.key.0, &token_file, &mut written);
    let browser = async {
        out.says("\n").await;
        let text = out.text();
        let (_, query) = text.trim().split_once('?').unwrap();
        let field = |wanted: &str| {
            let mut fields = form_urlencoded::parse(query.as_bytes());
            fields.find(|(name, _)| name == wanted).unwrap().1.into_owned()
        };
        let (back, challenge) = (field("redirect_uri"), Challenge::S256(field("code_challenge")));
        let allowed = world.people.authorize(
            &world.account,
            &world.app,
            Some(back.clone()),
            Some(challenge),
            Lifetime::Lasting,
        );
        let (code, state) = (allowed.await.unwrap(), field("state"));
        let host = back.trim_start_matches("http://").trim_end_matches('/');
        let mut stream = tokio::net::TcpStream::connect(host).await.unwrap();
        let request = format!("GET /?code={}&state={state} HTTP/1.1\r\nHost: {host}\r\n\r\n", code.reveal());
        stream.write_all(request.as_bytes()).await.unwrap();
        stream.read_to_string(&mut String::new()).await.unwrap();
    };
    let (linked, ()) = tokio::join!(linking, browser);
    linked.unwrap();
    let token = fs::read_to_string(&token_file).unwrap();
    assert_eq!(world.people.authenticate(&token).await.unwrap().account.id, world.account.id);
    assert!(!out.text().contains(&token));
    #[cfg(unix)]
    assert_eq!(
        std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&token_file).unwrap().permissions()) & 0o777,
        0o600
    );
    served.stop().await;
}

/// A large file arrives, its progress is shown, and nothing is left beside it.
#[tokio::test]
async fn upload_shows_progress() {
    let (world, served, folder, token_file) = linked().await;
    let local = folder.path().join("film.mp4");
    fs::write(&local, noise((16 << 20) + 1, 3)).unwrap();
    let out = Out::default();
    let told =
        upload::run(&served.address, &token_file, &local, "/films/film.mp4", out.clone()).await.unwrap();
    assert!(told.starts_with("/films/film.mp4 is there"));
    assert!(out.text().ends_with("\n100 %\n") && out.text().contains("\n50 %\n"), "{}", out.text());
    let there = world.client().metadata(&path("/films/film.mp4")).await.unwrap();
    assert_eq!(there.file().unwrap().bytes, (16 << 20) + 1);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    served.stop().await;
}

/// What happens from now on is told, until the token ends.
#[tokio::test]
async fn follow_tells_what_happens() {
    let (world, served, _folder, token_file) = linked().await;
    world.put("/before", "1").await;
    let mut out = Out::default();
    let seen = out.clone();
    let address = served.address.clone();
    let follow = follow::run(&address, &token_file, &mut out);
    let user = async {
        // It is known to listen when it tells of something.
        for number in 0.. {
            world.put(&format!("/marks/{number}"), "1").await;
            tokio::time::sleep(Duration::from_millis(20)).await;
            if !seen.text().is_empty() {
                break;
            }
        }
        let client = world.client();
        client.create_folder(&path("/Folder")).await.unwrap();
        seen.says("folder  /Folder\n").await;
        client.delete(&path("/Folder"), None).await.unwrap();
        seen.says("gone    /folder\n").await;
        served.stop().await;
        seen.says("waiting ").await;
    };
    tokio::select! {
        ended = follow => panic!("it ended: {ended:?}"),
        () = user => {}
    }
    assert!(!seen.text().contains("/before"));
}

/// Additions, changes, moves and deletions arrive, from where the last time ended.
#[tokio::test]
async fn mirror_follows_in_steps() {
    let (world, served, folder, token_file) = linked().await;
    let (client, mirror) = (world.client(), folder.path().join("mirror"));
    let cursor_file = folder.path().join("cursor");
    let files = || {
        let mut all = Vec::new();
        let mut folders = vec![mirror.clone()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                let name = path.strip_prefix(&mirror).unwrap().to_str().unwrap().to_owned();
                if path.is_dir() {
                    all.push(name + "/");
                    folders.push(path);
                } else {
                    all.push(format!("{name}={}", fs::read_to_string(path).unwrap()));
                }
            }
        }
        all.sort();
        all
    };
    let run = || mirror::run(&served.address, &token_file, &mirror, &cursor_file);
    world.put("/a", "1").await;
    world.put("/Folder/Deep/b", "2").await;
    run().await.unwrap();
    assert_eq!(files(), ["Folder/", "Folder/Deep/", "Folder/Deep/b=2", "a=1"]);
    world.put("/a", "one").await;
    client.move_to(&path("/Folder"), &path("/Moved"), None).await.unwrap();
    run().await.unwrap();
    assert_eq!(files(), ["Moved/", "Moved/Deep/", "Moved/Deep/b=2", "a=one"]);
    client.delete(&path("/moved/deep"), None).await.unwrap();
    client.delete(&path("/a"), None).await.unwrap();
    world.put("/A/c", "3").await;
    run().await.unwrap();
    assert_eq!(files(), ["A/", "A/c=3", "Moved/"]);
    // From the beginning, over what is there.
    fs::remove_file(&cursor_file).unwrap();
    run().await.unwrap();
    assert_eq!(files(), ["A/", "A/c=3", "Moved/"]);
    served.stop().await;
}
