//! The simulator itself: that it is deterministic, and that it finds what it should.

use tidemark_sim::{Engine, run};

/// A sync that compares paths and bytes and takes the newest side's word for it is found out, and soon.
#[test]
fn a_careless_engine_is_found_out() {
    let summary = run(0, 4, 2, Engine::Careless);
    assert!(summary.failures.len() >= 2, "only {} of {} seeds failed", summary.failures.len(), summary.seeds);
}

/// Every seed runs twice and does the same both times, and things happen in it.
#[test]
fn a_seed_does_the_same_twice() {
    let summary = run(0, 6, 2, Engine::Real);
    let differs = summary.failures.iter().filter_map(|outcome| outcome.failure.as_deref());
    let differs: Vec<&str> = differs.filter(|why| why.contains("did something else")).collect();
    assert_eq!(differs, [""; 0]);
    assert_eq!(summary.seeds, 6);
    assert!(summary.counts.len() > 10, "hardly anything happened: {:?}", summary.counts);
}
