//! What is measured, one file per subject.

mod delta;
mod downloads;
mod folder_sync;
mod folders;
mod gallery;
mod large_files;
mod not_modified;
mod search;
mod startup;
mod uploads;
mod wake;
mod watch_exec;
mod web;

use anyhow::Result;

use crate::report::Row;
use crate::world::World;

/// One subject: some rows of the report.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) what: &'static str,
    pub(crate) run: fn(&mut World) -> Result<Vec<Row>>,
}

/// Cases that stand together in the documents: all of them are written, or none.
pub(crate) struct Section {
    /// Tells its part of the document from those of others.
    pub(crate) name: &'static str,
    /// The file of its plot.
    pub(crate) plot: &'static str,
    pub(crate) cases: &'static [Case],
}

/// Everything that is measured.
pub(crate) const SECTIONS: &[Section] = &[
    Section { name: "measured", plot: "benchmarks.svg", cases: SERVER },
    Section { name: "measured pages", plot: "benchmarks-pages.svg", cases: PAGES },
];

/// All cases, in order.
pub(crate) fn all() -> impl Iterator<Item = &'static Case> {
    SECTIONS.iter().flat_map(|section| section.cases)
}

/// What people see in a browser.
const PAGES: &[Case] = &[
    Case {
        name: web::NAME,
        what: "pages in a browser: a folder of 50,000 files, scrolling, a change; bytes of script and style",
        run: web::run,
    },
    Case {
        name: gallery::NAME,
        what: "the gallery's 304 for pictures and thumbnails, for each second of the processor",
        run: gallery::run,
    },
];

/// What programs ask of the server, in the order that lets later cases use the tree of earlier ones.
const SERVER: &[Case] = &[
    Case {
        name: uploads::NAME,
        what: "durable small uploads by 1, 16, 64 clients of one account",
        run: uploads::run,
    },
    Case {
        name: large_files::NAME,
        what: "one large file up and down, its processor time and memory",
        run: large_files::run,
    },
    Case {
        name: downloads::NAME,
        what: "downloads of 1 KiB, 64 KiB, 4 MiB by 64 clients",
        run: downloads::run,
    },
    Case {
        name: not_modified::NAME,
        what: "304 for a folder's hash and a file's ETag",
        run: not_modified::run,
    },
    Case { name: delta::NAME, what: "paging through a large tree's delta", run: delta::run },
    Case { name: search::NAME, what: "finding names in a large tree", run: search::run },
    Case { name: startup::NAME, what: "start-up with the large tree", run: startup::run },
    Case { name: folders::NAME, what: "moving and deleting a large folder", run: folders::run },
    Case {
        name: wake::NAME,
        what: "commit to wake-up among parked polls, fan-out, memory per poll",
        run: wake::run,
    },
    Case {
        name: watch_exec::NAME,
        what: "commit to the command that `tidemark watch --exec` runs for it",
        run: watch_exec::run,
    },
    Case {
        name: folder_sync::NAME,
        what: "two folders kept the same: many small files, one large, one small change",
        run: folder_sync::run,
    },
];
