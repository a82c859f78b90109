//! Scripts in, texts out: what each verb does, and what it refuses.
//!
//! A script has a command a line; the answer shows each command with what it did. `check` compares the whole, so a case
//! is read at one glance and updated with `UPDATE_EXPECT=1`.

mod as_of;
mod browse;
mod bytes;
mod conflicts;
mod history;
mod parts;
mod races;
mod referring;
mod relocating;
mod sharing;
mod spots;
mod trash;
mod updating;
mod views;

use crate::world::{World, content};
use expect_test::Expect;
use std::fmt::Write as _;
use std::time::Duration;
use tidemark_core::cloud::{AsOf, Cloud, Condition, Item, Proviso, Put, Refuge, Scope, Spot};
use tidemark_core::model::{ClientTimes, Cursor, EntryId, Name, Node, Path, PathKey, Position, Rev, Seq};

/// A new world in which a script is run.
fn check(script: &str, expected: &Expect) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    let shown = runtime.block_on(async {
        let world = World::with_quota(Some(40)).await;
        run(&world, script).await
    });
    expected.assert_eq(&shown);
}

async fn run(world: &World, script: &str) -> String {
    let mut shown = String::new();
    for line in script.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let scope = world.whole().await;
        let answer = command(&world.cloud, &scope, line).await;
        world.clock.advance(Duration::from_secs(1));
        writeln!(shown, "{line}").expect("strings take everything");
        answer.lines().for_each(|line| writeln!(shown, "    {line}").expect("strings take everything"));
    }
    shown
}

async fn command(cloud: &Cloud, scope: &Scope, line: &str) -> String {
    let words: Vec<&str> = line.split(' ').collect();
    let path = |at: usize| Path::parse(words[at]).expect("a good path");
    // `#7` is the entry 7, wherever it is, and `#7/name` that name in the folder 7.
    let spot = |at: usize| match words[at].strip_prefix('#').map(|word| word.split_once('/').ok_or(word)) {
        None => Spot::Path(path(at)),
        Some(Err(entry)) => Spot::Entry(EntryId(entry.parse().expect("a number"))),
        Some(Ok((folder, name))) => Spot::In {
            folder: EntryId(folder.parse().expect("a number")),
            name: Name::new(name).expect("a good name"),
        },
    };
    let seq = |at: usize| Seq(words[at].parse().expect("a number"));
    let rev = |text: &str| Rev { seq: Seq(text.parse().expect("a number")), namespace: scope.namespace };
    let put = |condition, autorename| Put {
        at: spot(1),
        content: content(words[2]),
        condition,
        autorename,
        times: ClientTimes::default(),
    };
    match words[0] {
        "put" => text(cloud.put_file(scope, &put(Condition::Overwrite, true)).await),
        "put-strict" => text(cloud.put_file(scope, &put(Condition::Overwrite, false)).await),
        "put-as" => {
            let name = Name::new(words[3]).expect("a good name");
            text(cloud.put_file_as(scope, &put(Condition::Replace(None), false), Some(&name)).await)
        }
        "add" => text(cloud.put_file(scope, &put(Condition::Add, true)).await),
        "add-strict" => text(cloud.put_file(scope, &put(Condition::Add, false)).await),
        "update" => text(cloud.put_file(scope, &put(Condition::Update(rev(words[3])), true)).await),
        "update-strict" => text(cloud.put_file(scope, &put(Condition::Update(rev(words[3])), false)).await),
        "mkdir" => text(cloud.create_folder(scope, spot(1)).await),
        "rm" => text(cloud.delete(scope, spot(1)).await),
        "rm-if" => {
            let proviso = Proviso { seq: Some(seq(2)), ..Proviso::default() };
            text(cloud.delete_if(scope, spot(1), proviso).await)
        }
        "rmdir" => {
            let proviso = Proviso { empty: true, ..Proviso::default() };
            text(cloud.delete_if(scope, spot(1), proviso).await)
        }
        "mv" => text(cloud.move_to(scope, spot(1), spot(2), false).await),
        "rm-as-of" => {
            let proviso = Proviso { as_of: Some(as_of(cloud, scope, seq(2))), ..Proviso::default() };
            text(cloud.delete_if(scope, spot(1), proviso).await)
        }
        "mv-as-of" => {
            let as_of = Some(as_of(cloud, scope, seq(3)));
            text(cloud.move_if(scope, spot(1), spot(2), false, as_of).await)
        }
        "respell" => text(cloud.move_to(scope, spot(1), spot(2), true).await),
        "cp" => text(cloud.copy_to(scope, spot(1), spot(2)).await),
        "trash" => match cloud.trash(scope, None, 100).await {
            Ok(trash) => trash.iter().map(|trashed| shown(&trashed.item) + "\n").collect(),
            Err(error) => format!("refused: {error}"),
        },
        // `untrash 7`, or with a folder and a name to take if need be.
        "untrash" => {
            let refuge = Refuge {
                folder: words.get(2).map(|folder| EntryId(folder.parse().expect("a number"))),
                name: words.get(3).map(|name| Name::new(name).expect("a good name")),
            };
            text(cloud.untrash(scope, EntryId(seq(1).0), &refuge).await)
        }
        "purge" => match cloud.purge(scope, EntryId(seq(1).0)).await {
            Ok(()) => "gone for good".into(),
            Err(refusal) => format!("refused: {refusal}"),
        },
        "undelete" => text(cloud.undelete(scope, &path(1)).await),
        "restore" => text(cloud.restore(scope, &path(1), rev(words[2])).await),
        "stat" => cloud
            .stat(scope, spot(1))
            .await
            .map(|item| shown_or_nothing(&item))
            .unwrap_or_else(|error| error.to_string()),
        "stat-rev" => {
            let item = cloud.stat_rev(scope, &path(1), rev(words[2])).await;
            item.map(|item| shown_or_nothing(&item)).unwrap_or_else(|error| error.to_string())
        }
        "ls" | "ls-deleted" => match cloud.list(scope, spot(1), 100, words[0] == "ls-deleted").await {
            Ok(listing) => listing.children.iter().map(|item| shown(item) + "\n").collect(),
            Err(error) => format!("refused: {error}"),
        },
        "revs" => match cloud.revisions(scope, &path(1), 100).await {
            Ok(Some(items)) => items.iter().map(|item| shown(item) + "\n").collect(),
            Ok(None) => "nothing".into(),
            Err(error) => format!("refused: {error}"),
        },
        "usage" => {
            let totals = cloud.usage(scope).await.expect("memory does not fail");
            format!("{} bytes in {} entries", totals.bytes, totals.entries)
        }
        other => panic!("no such command: {other}"),
    }
}

/// What somebody knows who has been told all up to this position.
fn as_of(cloud: &Cloud, scope: &Scope, seq: Seq) -> AsOf {
    let position = Some(Position { seq, expansion: None });
    let cursor = Cursor { position, ..cloud.first_cursor(scope, PathKey::default(), false) };
    cloud.as_of(scope, &cursor).expect("a cursor into this tree")
}

fn text<E: std::fmt::Display>(result: Result<Item, E>) -> String {
    result.map_or_else(|refusal| format!("refused: {refusal}"), |item| shown(&item))
}

fn shown_or_nothing(item: &Option<Item>) -> String {
    item.as_ref().map_or_else(|| "nothing".into(), shown)
}

/// `path @rev #id size`, or `path/ @rev #id`; `gone` for what is not there any more.
fn shown(item: &Item) -> String {
    let seq = item.gone.map_or(item.entry.seq, |gone| gone.seq).0;
    let gone = if item.gone.is_some() { " gone" } else { "" };
    match &item.entry.node {
        Node::Folder(_) => format!("{}/ @{seq} #{}{gone}", item.path, item.entry.id.0),
        Node::File(file) => {
            format!("{} @{seq} #{} {} bytes{gone}", item.path, item.entry.id.0, file.content.size)
        }
    }
}
