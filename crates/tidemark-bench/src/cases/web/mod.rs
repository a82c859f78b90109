//! The page of files in a browser, with a folder of 50,000 files: until it is seen, how it scrolls, until a change is seen; and
//! what all pages weigh.

mod arrival;
mod listing;
mod scrolling;
mod weight;

use std::cell::Cell;

use anyhow::{Context as _, Result};
use serde_json::json;

use crate::browser::Browser;
use crate::client::Client;
use crate::report::Row;
use crate::server::{Account, Tidemark};
use crate::wire;
use crate::world::World;

pub(crate) const NAME: &str = "web";

/// What a browser does at the least.
const EMPTY: &str = "an empty page in the same browser";

/// Files in the large folder, and in the small one.
const LARGE: usize = 50_000;
const SMALL: usize = 10;
/// Uploads at a time.
const CLIENTS: usize = 16;

/// All that the figures are taken with: there for all rows, or for none.
struct Stage<'a> {
    server: &'a Tidemark,
    /// Somebody has signed in.
    browser: Browser,
    large: Folder,
    small: Folder,
}

/// A folder of [`Account::Web`].
struct Folder {
    path: String,
    /// How many files are in it by now.
    count: Cell<usize>,
}

pub(crate) fn run(world: &mut World) -> Result<Vec<Row>> {
    let world = &*world;
    let stage = Stage::set(world).map_err(|error| format!("{error:#}"));
    let mut rows = listing::rows(world, &stage);
    rows.extend(scrolling::rows(world, &stage));
    rows.extend(arrival::rows(world, &stage, SMALL, |stage| &stage.small));
    rows.extend(arrival::rows(world, &stage, LARGE, |stage| &stage.large));
    rows.extend(weight::rows(world, &stage));
    Ok(rows)
}

impl<'a> Stage<'a> {
    fn set(world: &'a World) -> Result<Self> {
        let server = world.server()?;
        let person = server.person(Account::Web)?;
        let browser = Browser::start(&world.workspace)?;
        browser.ask(&json!({
            "ask": "enter", "origin": format!("http://{}", server.addr()),
            "email": person.email, "password": person.password,
        }))?;
        let (large, small) = (fill(server, "/Large", LARGE)?, fill(server, "/Small", SMALL)?);
        Ok(Self { server, browser, large, small })
    }

    fn token(&self) -> Result<&str> {
        self.server.token(Account::Web)
    }

    fn origin(&self) -> String {
        format!("http://{}", self.server.addr())
    }
}

impl Folder {
    /// The address of its page.
    fn page(&self) -> String {
        format!("/files{}", self.path)
    }
}

/// A folder with so many small files.
fn fill(server: &Tidemark, path: &str, count: usize) -> Result<Folder> {
    let token = server.token(Account::Web)?;
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..CLIENTS)
            .map(|worker| {
                scope.spawn(move || -> Result<()> {
                    let mut client = Client::connect(server.addr())?;
                    for file in (worker..count).step_by(CLIENTS) {
                        let path = format!("{path}/note-{file:05}.txt");
                        client.expect(&wire::upload(token, &path, path.as_bytes()), 200)?;
                    }
                    Ok(())
                })
            })
            .collect();
        workers.into_iter().try_for_each(|worker| worker.join().expect("a worker does not panic"))
    })
    .context("could not fill a folder")?;
    Ok(Folder { path: path.to_owned(), count: Cell::new(count) })
}
