//! `tidemark gallery` under measurement, with somebody signed in who has pictures.

use std::net::SocketAddr;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

use crate::client::Client;
use crate::http;
use crate::process::{self, Running};
use crate::server::{self, Account, Tidemark};
use crate::visit::Visit;
use crate::wire;
use crate::world::World;

/// What the session's cookie is called.
pub(crate) const COOKIE: &str = "tidemark-gallery";

/// How long the gallery may take to read its folders.
const PATIENCE: Duration = Duration::from_secs(60);

/// The gallery, running.
pub(crate) struct Gallery {
    running: Running,
    addr: SocketAddr,
    /// Of somebody who is signed in.
    pub(crate) session: String,
}

/// A picture as the gallery knows it.
pub(crate) struct Known {
    pub(crate) id: i64,
    pub(crate) rev: String,
}

impl Gallery {
    /// Puts these files into a folder of [`Account::Gallery`], starts the gallery with one thread for its work, and signs in.
    pub(crate) fn start(world: &World, name: &str, files: &[(String, Vec<u8>)]) -> Result<Self> {
        let server = world.server()?;
        let person = server.person(Account::Gallery)?;
        put(server, files)?;
        let folder = world.make_folder(name)?;
        let mut command = Command::new(server.another(folder.clone())?.binary);
        command.args(["gallery", "--listen", "127.0.0.1:0", "--server"]);
        command.arg(format!("http://{}", server.addr())).arg("--data").arg(&folder);
        command.env("TOKIO_WORKER_THREADS", "1");
        let (running, addr) = server::until_told(&mut command, &folder.with_extension("log"))
            .context("could not start the gallery")?;
        let mut visit = Visit::default();
        visit.allow(addr, "/sign-in", &person).context("nobody could sign in to the gallery")?;
        let session = visit.cookie(addr, COOKIE).context("the gallery set no cookie")?.to_owned();
        Ok(Self { running, addr, session })
    }

    pub(crate) fn addr(&self) -> SocketAddr {
        self.addr
    }

    pub(crate) fn pid(&self) -> u32 {
        self.running.pid()
    }

    /// A request of whoever is signed in.
    pub(crate) fn request(&self, target: &str, etag: Option<&str>) -> Vec<u8> {
        let (host, cookie) = (self.addr.to_string(), format!("{COOKIE}={}", self.session));
        let mut headers = vec![("Host", &*host), ("Cookie", &*cookie)];
        headers.extend(etag.map(|etag| ("If-None-Match", etag)));
        http::request("GET", target, &headers, b"")
    }

    /// All pictures, once it has read so many and is at rest.
    pub(crate) fn pictures(&self, count: usize) -> Result<Vec<Known>> {
        let mut client = Client::connect(self.addr)?;
        let begin = Instant::now();
        loop {
            let timeline = client.json(&self.request("/api/timeline", None))?;
            let mut found = Vec::new();
            for month in timeline["months"].as_array().into_iter().flatten() {
                let month = month["month"].as_i64().context("a month has no number")?;
                let told = client.json(&self.request(&format!("/api/timeline/{month}"), None))?;
                for picture in told["pictures"].as_array().into_iter().flatten() {
                    let (id, rev) = (picture[0].as_i64(), picture[1].as_str().map(str::to_owned));
                    found.push(Known { id: id.context("no number")?, rev: rev.context("no version")? });
                }
            }
            if found.len() == count {
                process::settle(&[self.pid()], PATIENCE)?;
                return Ok(found);
            }
            if begin.elapsed() > PATIENCE {
                bail!("the gallery knows {} of {count} pictures", found.len());
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}

fn put(server: &Tidemark, files: &[(String, Vec<u8>)]) -> Result<()> {
    let token = server.token(Account::Gallery)?;
    let mut client = Client::connect(server.addr())?;
    for (name, bytes) in files {
        client.expect(&wire::upload(token, &format!("/Pictures/{name}"), bytes), 200)?;
    }
    Ok(())
}
