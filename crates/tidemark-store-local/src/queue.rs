//! A bounded queue from many callers to one thread, which takes all that waits at once.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// What one thread still has to do.
pub(crate) struct Queue<T> {
    state: Mutex<State<T>>,
    bell: Condvar,
    len_max: usize,
}

struct State<T> {
    waiting: VecDeque<T>,
    nudged: bool,
    closed: bool,
}

/// Why an item was not taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refused {
    /// As much waits already as may.
    #[error("too much work is waiting")]
    Full,
    /// Nobody will do it any more.
    #[error("the store is closed")]
    Closed,
}

impl<T> Queue<T> {
    /// A queue in which at most `len_max` items wait.
    pub(crate) fn new(len_max: usize) -> Queue<T> {
        let state = State { waiting: VecDeque::new(), nudged: false, closed: false };
        Queue { state: Mutex::new(state), bell: Condvar::new(), len_max }
    }

    // No code that can panic runs while the lock is held.
    fn state(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds an item at the end.
    pub(crate) fn push(&self, item: T) -> Result<(), Refused> {
        let mut state = self.state();
        if state.closed {
            return Err(Refused::Closed);
        }
        if state.waiting.len() >= self.len_max {
            return Err(Refused::Full);
        }
        state.waiting.push_back(item);
        // Whoever finds others waiting knows that they have rung.
        if state.waiting.len() == 1 {
            self.bell.notify_one();
        }
        Ok(())
    }

    /// Lets a thread that waits in [`Queue::take`] return at once, even with nothing.
    pub(crate) fn nudge(&self) {
        self.state().nudged = true;
        self.bell.notify_one();
    }

    /// Up to `len_max` items, in order, as soon as there are any; none after `patience`; nothing at all when the queue
    /// was closed and everything in it has been taken. For one thread only.
    pub(crate) fn take(&self, len_max: usize, patience: Duration) -> Option<Vec<T>> {
        let idle = |state: &mut State<T>| state.waiting.is_empty() && !state.nudged && !state.closed;
        let waited = self.bell.wait_timeout_while(self.state(), patience, idle);
        let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        state.nudged = false;
        if state.closed && state.waiting.is_empty() {
            return None;
        }
        let len = state.waiting.len().min(len_max);
        Some(state.waiting.drain(..len).collect())
    }

    /// Takes nothing in any more.
    pub(crate) fn close(&self) {
        self.state().closed = true;
        self.bell.notify_all();
    }

    /// Closes the queue and drops what waits: the thread that should have done it is gone.
    pub(crate) fn abandon(&self) {
        let mut state = self.state();
        state.closed = true;
        let abandoned = std::mem::take(&mut state.waiting);
        drop(state);
        // Outside the lock: dropping an item wakes whoever waits for its answer.
        drop(abandoned);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_waiting_is_taken_in_order_up_to_the_bound() {
        let queue = Queue::new(3);
        for n in 0..3 {
            queue.push(n).unwrap();
        }
        assert_eq!(queue.push(3), Err(Refused::Full));
        assert_eq!(queue.take(2, Duration::ZERO), Some(vec![0, 1]));
        assert_eq!(queue.take(2, Duration::ZERO), Some(vec![2]));
        assert_eq!(queue.take(2, Duration::ZERO), Some(vec![]), "nothing came in time");
    }

    #[test]
    fn a_closed_queue_is_emptied_first() {
        let queue = Queue::new(3);
        queue.push(1).unwrap();
        queue.close();
        assert_eq!(queue.push(2), Err(Refused::Closed));
        assert_eq!(queue.take(9, Duration::MAX), Some(vec![1]));
        assert_eq!(queue.take(9, Duration::MAX), None);
    }

    #[test]
    fn a_nudge_ends_the_wait() {
        let queue = Queue::<()>::new(1);
        queue.nudge();
        assert_eq!(queue.take(1, Duration::MAX), Some(vec![]));
    }
}
