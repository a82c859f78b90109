//! Work beside the requests, for as long as the server runs.

use std::time::Duration;
use tokio::task::{JoinHandle, JoinSet};

/// How long to wait before work that broke off begins again.
const PAUSE: Duration = Duration::from_secs(5);

/// Does work that has no end of its own. If it panics, that is a bug, and the log has it; the server goes on answering, and
/// so everybody would believe that the work is done, too: it begins again. It ends with the handle's `abort`.
pub(crate) fn beside<Work>(what: &'static str, work: impl FnMut() -> Work + Send + 'static) -> JoinHandle<()>
where
    Work: Future<Output = ()> + Send + 'static,
{
    tokio::spawn(again_and_again(what, PAUSE, work))
}

async fn again_and_again<Work>(what: &'static str, pause: Duration, mut work: impl FnMut() -> Work)
where
    Work: Future<Output = ()> + Send + 'static,
{
    loop {
        // A set, because what is in it ends with it.
        let mut begun = JoinSet::new();
        begun.spawn(work());
        if let Some(Err(error)) = begun.join_next().await {
            tracing::error!(%error, what, "work beside the requests broke off; it begins again");
        }
        tokio::time::sleep(pause).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::sync::mpsc;

    #[tokio::test]
    async fn what_broke_off_begins_again_and_ends_when_it_is_told_to() {
        let (begins, mut begun) = mpsc::unbounded_channel();
        let mut times = 0;
        let pause = Duration::from_millis(1);
        let work = move || {
            times += 1;
            let (begins, times) = (begins.clone(), times);
            async move {
                begins.send(times).unwrap();
                assert!(times > 2, "it breaks off twice");
                std::future::pending::<()>().await;
                drop(begins);
            }
        };
        let working = tokio::spawn(again_and_again("a test", pause, work));
        for expected in 1..=3 {
            assert_eq!(begun.recv().await, Some(expected));
        }
        assert!(tokio::time::timeout(pause * 50, begun.recv()).await.is_err(), "it goes on");
        working.abort();
        assert_eq!(begun.recv().await, None, "nothing of it is left");
    }
}
