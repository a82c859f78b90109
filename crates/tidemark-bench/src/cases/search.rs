//! Finding names in a large tree, beside SQLite, which has the same names in one table and nothing to check.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use rusqlite::Connection;

use crate::client::Client;
use crate::race::Race;
use crate::report::{Role, Row, Unit, grouped};
use crate::server::{Account, Tidemark};
use crate::stats::Latencies;
use crate::wire;
use crate::world::World;

pub(crate) const NAME: &str = "search";

const LIKE: &str = "SQLite, LIKE";
const TRIGRAMS: &str = "SQLite, FTS5 trigrams";

/// Searches in a round.
const SEARCHES: usize = 100;

/// What the design allows among a million entries.
const TARGET_S: f64 = 0.010;

/// How long the server may take to make its index.
const PATIENCE: Duration = Duration::from_secs(120);

/// One file has this in its name.
const RARE: &str = "needle";

/// What is looked for.
struct Question {
    what: &'static str,
    query: &'static str,
    /// Whether in one branch only.
    in_branch: bool,
}

const QUESTIONS: [Question; 5] = [
    Question { what: "a name that is there once", query: RARE, in_branch: false },
    Question { what: "a word that nearly every name has", query: "txt", in_branch: false },
    Question { what: "two words", query: "042 txt", in_branch: false },
    Question { what: "a word that no name has", query: "nothing", in_branch: false },
    Question { what: "a word, in a folder of 999", query: "042", in_branch: true },
];

pub(crate) fn run(world: &mut World) -> Result<Vec<Row>> {
    let (mut branch, mut entries) = (String::new(), world.effort.entries);
    if world.server.is_ok() {
        let tree = world.large_tree()?;
        let server = world.server()?;
        let token = server.token(Account::LargeTree)?;
        let mut client = Client::connect(server.addr())?;
        client.expect(&wire::upload(token, &format!("{}/{RARE}.txt", tree.root), b"x"), 200)?;
        wait_for_index(&mut client, token)?;
        (branch, entries) = (tree.branch, tree.entries);
    }
    let (like, trigrams) = (names(entries, "CREATE TABLE names (name TEXT)"), trigrams(entries));
    let (like, trigrams) =
        (like.map_err(|error| format!("{error:#}")), trigrams.map_err(|error| format!("{error:#}")));
    let world = &*world;
    let mut rows = Vec::new();
    for Question { what, query, in_branch } in &QUESTIONS {
        let path = if *in_branch { &branch } else { "/" };
        for (quantile, label) in [(0.5, "p50"), (0.99, "p99")] {
            let mut race = Race::new();
            if !in_branch {
                race = race
                    .lane_of(Role::Peer, LIKE, &like, |db, _| table(db, query, quantile, like_sql))
                    .lane_of(Role::Peer, TRIGRAMS, &trigrams, |db, _| table(db, query, quantile, match_sql));
            }
            let lanes = race
                .lane_of(Role::Ours, "Tidemark", &world.server, |server, _| {
                    ours(server, path, query, quantile)
                })
                .run(world.effort.rounds);
            let what = format!("search among {} entries for {what}, {label}", grouped(entries));
            let row = Row::new(NAME, what, Unit::Time, lanes).target_at(TARGET_S);
            rows.push(if *in_branch {
                row
            } else {
                row.note("a request over HTTP; SQLite answers in process")
            });
        }
    }
    Ok(rows)
}

/// A server that has just got a large tree may ask to come back.
fn wait_for_index(client: &mut Client, token: &str) -> Result<()> {
    let (begin, request) = (Instant::now(), wire::search(token, "/", RARE));
    loop {
        let answer = client.exchange(&request)?;
        match answer.status {
            200 => return Ok(()),
            503 if begin.elapsed() < PATIENCE => std::thread::sleep(Duration::from_millis(100)),
            status => bail!("a search was answered with {status}"),
        }
    }
}

fn ours(server: &Tidemark, path: &str, query: &str, quantile: f64) -> Result<f64> {
    let request = wire::search(server.token(Account::LargeTree)?, path, query);
    let mut client = Client::connect(server.addr())?;
    timed(quantile, || client.expect(&request, 200).map(drop))
}

fn timed(quantile: f64, mut search: impl FnMut() -> Result<()>) -> Result<f64> {
    let mut latencies = Latencies::new();
    for _ in 0..SEARCHES {
        let begin = Instant::now();
        search()?;
        latencies.record(begin.elapsed());
    }
    Ok(latencies.quantile(quantile))
}

/// The tree's names in a table in memory.
fn names(entries: usize, create: &str) -> Result<Connection> {
    let mut db = Connection::open_in_memory()?;
    db.execute_batch(create)?;
    let fill = db.transaction()?;
    {
        let mut insert = fill.prepare("INSERT INTO names (name) VALUES (?)")?;
        for entry in 0..entries {
            insert.execute([format!("{:04}.txt", entry % 1000)])?;
        }
        insert.execute([format!("{RARE}.txt")])?;
    }
    fill.commit()?;
    Ok(db)
}

fn trigrams(entries: usize) -> Result<Connection> {
    let create = "CREATE VIRTUAL TABLE names USING fts5 (name, content = '', tokenize = 'trigram')";
    names(entries, create).context("this SQLite has no trigrams")
}

fn like_sql(words: usize) -> String {
    let conditions = vec!["name LIKE '%' || ? || '%'"; words];
    format!("SELECT rowid FROM names WHERE {} ORDER BY rowid DESC LIMIT 1000", conditions.join(" AND "))
}

fn match_sql(_: usize) -> String {
    "SELECT rowid FROM names WHERE names MATCH ? ORDER BY rowid DESC LIMIT 1000".to_owned()
}

fn table(db: &Connection, query: &str, quantile: f64, sql: fn(usize) -> String) -> Result<f64> {
    let mut words: Vec<String> = query.split(' ').map(str::to_owned).collect();
    let text = sql(words.len());
    if text.contains("MATCH") {
        words = vec![words.iter().map(|word| format!("\"{word}\"")).collect::<Vec<_>>().join(" AND ")];
    }
    let mut find = db.prepare(&text)?;
    timed(quantile, || {
        let mut rows = find.query(rusqlite::params_from_iter(&words))?;
        let mut found = 0;
        while rows.next()?.is_some() {
            found += 1;
        }
        ensure!(found <= 1000, "SQLite found {found}");
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Both tables find what is there, so that they do the work that is measured.
    #[test]
    fn the_peers_find_the_names() {
        let count = |db: &Connection, sql: &str, word: &str| -> usize {
            let mut find = db.prepare(sql).unwrap();
            let found = find.query_map([word], |_| Ok(())).unwrap();
            found.count()
        };
        let (like, trigrams) =
            (names(2000, "CREATE TABLE names (name TEXT)").unwrap(), trigrams(2000).unwrap());
        for (word, found) in [(RARE, 1), ("042.", 2), ("txt", 1000), ("nothing", 0)] {
            assert_eq!(count(&like, &like_sql(1), word), found, "{word}");
            assert_eq!(count(&trigrams, &match_sql(1), &format!("\"{word}\"")), found, "{word}");
        }
    }
}
