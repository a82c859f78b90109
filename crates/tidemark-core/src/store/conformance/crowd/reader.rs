//! A client that keeps what `delta` tells it, by the rules of the old API's clients.

use super::audit::{Listing, Shown};
use crate::cloud::{Cloud, Page, Scope};
use crate::model::{Cursor, Path, PathKey};
use std::sync::Arc;

pub(super) struct Reader {
    cursor: Cursor,
    prefix: PathKey,
    held: Listing,
}

impl Reader {
    pub(super) fn new(cloud: &Cloud, scope: &Scope, prefix: &str) -> Reader {
        let prefix = Path::parse(prefix).expect("good").key();
        Reader { cursor: cloud.first_cursor(scope, prefix.clone(), false), prefix, held: Listing::new() }
    }

    /// Reads until it has seen the end, sleeping whenever there is nothing to read.
    pub(super) async fn follow(mut self, cloud: Arc<Cloud>, scope: Scope) -> Listing {
        let end = self.prefix.join(&Path::parse("end").expect("good").name().expect("one").key());
        while !self.read(&cloud, &scope).await || !self.held.contains_key(&end) {
            let poll = cloud.longpoll(self.cursor.clone()).expect("few wait");
            assert!(poll.wait(super::TOO_LONG).await, "nothing came below {}", self.prefix);
        }
        self.held
    }

    pub(super) async fn read_all(mut self, cloud: &Cloud, scope: &Scope) -> Listing {
        self.read(cloud, scope).await;
        self.held
    }

    /// Reads until there is no more.
    async fn read(&mut self, cloud: &Cloud, scope: &Scope) -> bool {
        loop {
            let page = cloud.delta(scope, self.cursor.clone(), 7).await.expect("an own cursor");
            let more = page.more;
            self.apply(page);
            if !more {
                return true;
            }
        }
    }

    fn apply(&mut self, page: Page) {
        if page.reset {
            self.held.clear();
        }
        for told in page.told {
            if told.item.as_ref().is_none_or(|item| !item.entry.is_folder()) {
                self.held.retain(|path, _| !path.is_at_or_under(&told.key));
            }
            if let Some(item) = told.item {
                self.held.insert(told.key, Shown::of(&item.entry));
            }
        }
        self.cursor = page.cursor;
    }
}
