//! Telling what was noticed on a disk: late, sometimes as "too much", sometimes no more.

use std::collections::{BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tidemark_sync::ports::{LocalPath, Noticed, Watch};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

use super::{DiskFaults, is_seen};
use crate::random::Random;

/// How many things can be noticed before somebody hears of them.
const QUEUE_MAX: usize = 64;
/// How late they are told at most, in milliseconds.
const LATE_MAX: u64 = 40;

/// Everybody who watches a disk.
#[derive(Default)]
pub(super) struct Watchers(Vec<Arc<Ears>>);

struct Ears {
    heard: Mutex<Heard>,
    wake: Notify,
}

#[derive(Default)]
struct Heard {
    queue: VecDeque<(Instant, Noticed)>,
    ended: bool,
}

impl Ears {
    fn heard(&self) -> MutexGuard<'_, Heard> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Watchers {
    pub(super) fn watch(&mut self) -> Box<dyn Watch> {
        self.0.retain(|ears| Arc::strong_count(ears) > 1);
        let ears = Arc::new(Ears { heard: Mutex::default(), wake: Notify::new() });
        self.0.push(Arc::clone(&ears));
        Box::new(SimWatch(ears))
    }

    /// Nobody hears anything any more.
    pub(super) fn end(&mut self) {
        for ears in self.0.drain(..) {
            ears.heard().ended = true;
            ears.wake.notify_one();
        }
    }

    /// Tells this. Answers which fault there was, if any.
    pub(super) fn tell(
        &mut self,
        noticed: BTreeSet<LocalPath>,
        random: &mut Random,
        faults: &DiskFaults,
    ) -> Option<&'static str> {
        let noticed: Vec<LocalPath> = noticed.into_iter().filter(is_seen).collect();
        if noticed.is_empty() || self.0.is_empty() {
            return None;
        }
        if random.chance(faults.deaf) {
            self.end();
            return Some("disk: watch ended");
        }
        let due = Instant::now() + Duration::from_millis(random.within(0..LATE_MAX));
        let too_much = random.chance(faults.overflow);
        for ears in &self.0 {
            let mut heard = ears.heard();
            if too_much || heard.queue.len() + noticed.len() > QUEUE_MAX {
                heard.queue.clear();
                heard.queue.push_back((due, Noticed::Overflow));
            } else {
                heard.queue.extend(noticed.iter().map(|path| (due, Noticed::Changed(path.clone()))));
            }
            drop(heard);
            ears.wake.notify_one();
        }
        too_much.then_some("disk: overflow")
    }
}

struct SimWatch(Arc<Ears>);

#[async_trait]
impl Watch for SimWatch {
    async fn next(&mut self) -> Noticed {
        loop {
            let due = {
                let mut heard = self.0.heard();
                match heard.queue.front() {
                    Some((due, _)) if *due <= Instant::now() => {
                        let (_, noticed) = heard.queue.pop_front().expect("it was just looked at");
                        return noticed;
                    }
                    Some((due, _)) => Some(*due),
                    None if heard.ended => return Noticed::Ended,
                    None => None,
                }
            };
            match due {
                Some(due) => sleep_until(due).await,
                None => self.0.wake.notified().await,
            }
        }
    }
}
