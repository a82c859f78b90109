//! What a verb does when the tree changes between its plan and its commit.

use super::{command, run};
use crate::world::World;
use async_trait::async_trait;
use expect_test::{Expect, expect};
use std::sync::{Arc, Mutex};
use tidemark_core::model::{DEPTH_MAX, Draft, Epoch, NamespaceId};
use tidemark_core::store::memory::MemoryStore;
use tidemark_core::store::{Appended, Head, JournalStore, Snapshot, StoreError};

/// A store in which somebody else is faster: before the first append, another verb has its way.
struct Meanwhile {
    inner: Arc<MemoryStore>,
    first: Mutex<Option<Act>>,
}

type Act = Box<dyn FnOnce() + Send>;

#[async_trait]
impl JournalStore for Meanwhile {
    async fn append(&self, draft: Draft) -> Result<Appended, StoreError> {
        let first = self.first.lock().expect("no panic").take();
        if let Some(first) = first {
            first();
        }
        self.inner.append(draft).await
    }

    async fn read(&self, namespace: NamespaceId) -> Result<Box<dyn Snapshot>, StoreError> {
        self.inner.read(namespace).await
    }

    async fn head(&self, namespace: NamespaceId) -> Result<Head, StoreError> {
        self.inner.head(namespace).await
    }

    async fn kept(&self) -> Result<u64, StoreError> {
        self.inner.kept().await
    }

    fn epoch(&self) -> Epoch {
        self.inner.epoch()
    }
}

/// Sets a tree up, plans `line`, does `meanwhile`, and lets the plan go on. Shown is what became of it.
fn check(setup: &str, line: &str, meanwhile: &'static str, expected: &Expect) {
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    let shown = runtime().block_on(async {
        let world = World::with_quota(Some(40)).await;
        run(&world, setup).await;
        let scope = world.whole().await;
        let (other, theirs) = (Arc::clone(&world.cloud), scope.clone());
        // On another thread, because this one's runtime is in the middle of an append.
        let act = move || {
            let did = runtime().block_on(command(&other, &theirs, meanwhile));
            assert!(!did.starts_with("refused"), "{meanwhile}: {did}");
        };
        let act = || std::thread::spawn(act).join().expect("what happens meanwhile does not panic");
        let first = Mutex::new(Some(Box::new(act) as Act));
        let cloud = world.over(Arc::new(Meanwhile { inner: Arc::clone(&world.store), first }));
        command(&cloud, &scope, line).await
    });
    expected.assert_eq(&shown);
}

/// What comes into a folder while it is being moved does not end up deeper than anything may lie.
#[test]
fn nothing_grows_too_deep_on_its_way() {
    let deep = "/d".repeat(DEPTH_MAX - 2);
    let setup = format!("mkdir {deep}\nmkdir /a");
    let line = format!("mv /a {deep}/a");
    check(&setup, &line, "mkdir /a/b/c", &expect!["refused: the path is too deep"]);
    check(&setup, &line.replace("mv", "cp"), "mkdir /a/b/c", &expect!["refused: the path is too deep"]);
    let back = format!("{setup}\nrm /a");
    check(&back, "undelete /a", "mkdir /x", &expect!["/a/ @130 #127"]);
}

/// A file goes to the path that was asked for, wherever the folder that was there has gone.
#[test]
fn a_put_follows_the_path_and_not_the_folder() {
    check("mkdir /a", "put /a/x 12", "mv /a /b", &expect!["/a/x @4 #4 2 bytes"]);
    check("mkdir /a", "put /a/x 12", "rm /a", &expect!["/a/x @4 #4 2 bytes"]);
    check("put /a/x 1", "put /a/x 12", "mv /a/x /a/y", &expect!["/a/x @4 #4 2 bytes"]);
    check("put /a/x 1", "put /a/x 12", "rm /a", &expect!["/a/x @5 #5 2 bytes"]);
}

/// A conflict that came up meanwhile is one, and a name that was free meanwhile is looked for again.
#[test]
fn conflicts_are_seen_however_late() {
    check("mkdir /a", "add /a/x 12", "put /a/X 1", &expect!["/a/X (1) @3 #3 2 bytes"]);
    check("put /x 1", "add /x 12", "add /x 123", &expect!["/x (2) @3 #3 2 bytes"]);
    check(
        "put /x 1",
        "update-strict /x 12 1",
        "put /x 123",
        &expect!["refused: something else is at the path"],
    );
    check("put /x 1", "put-strict /x 12", "mv /x /y", &expect!["/x @3 #3 2 bytes"]);
    check("mkdir /a", "mkdir /a/b", "put /a/b 1", &expect!["refused: there is already something at /a/b"]);
}

/// A name that is taken meanwhile is not taken twice, and what moved meanwhile is renamed where it is.
#[test]
fn renaming_with_new_bytes_looks_again() {
    let script = "put /a/x 1\nmkdir /b";
    check(script, "put-as #2 12 y", "put /a/Y 123", &expect!["refused: something else is at the path"]);
    check(script, "put-as #2 12 y", "mv /a/x /b/z", &expect!["/b/y @6 #2 2 bytes"]);
    check(script, "put-as #2 12 y", "rm /a", &expect!["refused: the root of the path is gone"]);
}

/// Nothing is moved or copied to where something is by now, nor a folder into itself.
#[test]
fn relocating_looks_at_both_ends() {
    check(
        "put /a/x 1\nmkdir /b",
        "mv /a/x /b/x",
        "put /b/x 12",
        &expect!["refused: there is already something at /b/x"],
    );
    check("put /a/x 1\nmkdir /b", "mv /a/x /b/x", "rm /b", &expect!["/b/x @6 #2 1 bytes"]);
    check("put /a/x 1\nmkdir /b", "mv /a/x /b/x", "rm /a", &expect!["refused: there is nothing at the path"]);
    check("mkdir /a\nmkdir /b", "mv /a /b/a", "mv /b /a/b", &expect!["/b/a/ @5 #1"]);
    check("put /a/x 1", "cp /a /b", "put /a/x 12", &expect!["/b/ @4 #4"]);
    check("put /a/x 1", "rm /a", "mv /a /b", &expect!["refused: there is nothing at the path"]);
}

/// What was to go as of a position stays, if it changes at the last instant.
#[test]
fn what_was_known_is_looked_at_again() {
    for meanwhile in ["put /f/d/x 12", "put /f/new 1", "mv /f/d/x /x", "rm /f/d", "respell /f /F"] {
        let changed = &expect!["refused: it has changed"];
        check("put /f/d/x 1", "rm-as-of /f 3", meanwhile, changed);
        check("put /f/d/x 1", "mv-as-of /f /h 3", meanwhile, changed);
    }
    check("put /f/d/x 1", "rm-as-of /f 3", "put /else 1", &expect!["/f/ @5 #1 gone"]);
    check("put /f/d/x 1", "mv-as-of /f /h 3", "put /else 1", &expect!["/h/ @5 #1"]);
    check("put /f/d/x 1", "rm-as-of /f 3", "rm /f", &expect!["refused: there is nothing at the path"]);
}

/// What is brought back comes back once, and to where it was asked for.
#[test]
fn bringing_back_looks_again() {
    check(
        "put /a/x 1\nrm /a",
        "undelete /a",
        "undelete /a",
        &expect!["refused: there is already something at /a"],
    );
    check("put /a/x 1\nrm /a/x", "undelete /a/x", "rm /a", &expect!["refused: there is nothing at the path"]);
    check("put /a/x 1\nput /a/x 12\nrm /a/x", "restore /a/x 2", "rm /a", &expect!["/a/x @7 #7 1 bytes"]);
    check(
        "put /a/x 1\nput /a/x 12\nrm /a/x",
        "restore /a/x 2",
        "put /a/x 123",
        &expect!["/a/x @6 #5 1 bytes"],
    );
    check(
        "put /x 1\nrm /x",
        "undelete /x",
        "put /y 1234567890123456789012345678901234567890",
        &expect!["refused: the account is over its quota"],
    );
}
