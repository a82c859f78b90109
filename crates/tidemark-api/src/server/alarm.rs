//! One timer for a deadline that moves all the time.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::time::{Instant, Sleep, sleep_until};

/// A timer that follows a moving deadline lazily: a deadline that moves away costs nothing until the timer fires at
/// the old one and is set anew. A busy connection so touches the timer wheel once a second, not for every request.
#[derive(Default)]
pub(super) struct Alarm {
    sleep: Option<Pin<Box<Sleep>>>,
    armed: bool,
}

impl Alarm {
    /// Ready once `deadline`, as it is said to be by this call, has passed.
    pub(super) fn poll(&mut self, deadline: Option<Instant>, cx: &mut Context<'_>) -> Poll<()> {
        let Some(deadline) = deadline else { return Poll::Pending };
        let sleep = self.sleep.get_or_insert_with(|| {
            self.armed = true;
            Box::pin(sleep_until(deadline))
        });
        loop {
            if !self.armed || deadline < sleep.deadline() {
                sleep.as_mut().reset(deadline);
                self.armed = true;
            }
            ready!(sleep.as_mut().poll(cx));
            self.armed = false;
            if Instant::now() >= deadline {
                return Poll::Ready(());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::time::Duration;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn fires_at_the_last_deadline_it_was_told() {
        let start = Instant::now();
        let at = |seconds| Some(start + Duration::from_secs(seconds));
        let mut alarm = Alarm::default();
        for deadline in [at(10), at(30), None, at(5), at(20)] {
            assert!(poll_fn(|cx| Poll::Ready(alarm.poll(deadline, cx))).await.is_pending());
        }
        poll_fn(|cx| alarm.poll(at(20), cx)).await;
        assert_eq!(start.elapsed().as_secs(), 20);
        poll_fn(|cx| alarm.poll(at(21), cx)).await;
        assert_eq!(start.elapsed().as_secs(), 21);
    }
}
