//! One seed: a runtime of its own, in which time stands still until everybody sleeps.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use tokio::task::LocalSet;
use tokio::time::Instant;

use crate::trace::{Digest, Keep, Trace};
use crate::world::{MakeKeeper, World};

/// What came of a seed.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Which one it was.
    pub seed: u64,
    /// Why it failed, if it did.
    pub failure: Option<String>,
    /// What happened, in short.
    pub digest: Digest,
    /// The last that happened, or all of it, if that was wanted.
    pub lines: Vec<String>,
    /// How often each kind of thing happened.
    pub counts: BTreeMap<&'static str, u64>,
    /// How much time passed in it.
    pub lasted: Duration,
}

/// Runs a seed once.
pub(crate) fn once(seed: u64, keeper: &MakeKeeper, keep: Keep) -> Outcome {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    let runtime = runtime.expect("a runtime without threads and sockets can be had");
    let (trace, began) = runtime.block_on(async { (Trace::new(keep), Instant::now()) });
    let lived = catch_unwind(AssertUnwindSafe(|| {
        let local = LocalSet::new();
        local.block_on(&runtime, async {
            let mut world = World::new(seed, keeper, trace.clone()).await;
            world.live().await;
        });
    }));
    let lasted = runtime.block_on(async { began.elapsed() });
    if lived.is_err() {
        let _time = runtime.enter();
        trace.fail(format_args!("the world panicked"));
    }
    // What still runs notes nothing any more.
    let outcome = Outcome {
        seed,
        failure: trace.failure(),
        digest: trace.digest(),
        lines: trace.lines(),
        counts: trace.counts(),
        lasted,
    };
    drop(runtime);
    outcome
}

/// Runs a seed twice: the second run must do just what the first did.
pub(crate) fn twice(seed: u64, keeper: &MakeKeeper) -> Outcome {
    let mut first = once(seed, keeper, Keep::Last);
    let second = once(seed, keeper, Keep::Nothing);
    if first.digest != second.digest && first.failure.is_none() {
        first.failure = Some("the second run of this seed did something else".to_owned());
        first.lines = difference(seed, keeper);
    }
    first
}

/// Where two runs of a seed part.
fn difference(seed: u64, keeper: &MakeKeeper) -> Vec<String> {
    let (one, other) = (once(seed, keeper, Keep::All).lines, once(seed, keeper, Keep::All).lines);
    let Some(at) = one.iter().zip(&other).position(|(one, other)| one != other) else {
        return vec!["two further runs of it did the same".to_owned()];
    };
    let mut lines: Vec<String> = one[at.saturating_sub(20)..at].to_vec();
    lines.push(format!("once: {}", one[at]));
    lines.push(format!("then: {}", other[at]));
    lines
}
