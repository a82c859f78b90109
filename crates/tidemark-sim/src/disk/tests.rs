//! The promises of a disk, kept by this one.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use tidemark_sync::ports::conformance;
use tokio::time::Instant;

use super::SimDisk;
use super::port::OpenDisk;
use crate::clock::SimClock;
use crate::history::History;
use crate::random::Random;
use crate::trace::{Keep, Trace};

fn disk(insensitive: bool) -> OpenDisk {
    let clock = SimClock::new(Instant::now());
    let trace = Trace::new(Keep::Nothing);
    let disk = SimDisk::new("ant", insensitive, Random::new(1), clock, trace, History::default());
    disk.open(Arc::new(AtomicBool::new(true))).expect("it is there")
}

/// A simulated disk keeps every promise that a real one makes, whether or not it tells names apart by case.
#[tokio::test(start_paused = true)]
async fn keeps_the_promises_of_disks() {
    for insensitive in [false, true] {
        conformance::suite(&disk(insensitive)).await;
        conformance::watching(&disk(insensitive)).await;
    }
}
