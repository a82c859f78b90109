//! Letting work go on.

use std::time::Duration;

use tokio::sync::oneshot;

use super::Disk;

/// How long something may take to end.
const PATIENCE: Duration = Duration::from_secs(10);

pub(super) async fn suite(disk: &dyn Disk) {
    work_is_done_to_its_end(disk).await;
    what_is_given_up_ends(disk).await;
}

async fn work_is_done_to_its_end(disk: &dyn Disk) {
    let (done, mut waiting) = oneshot::channel();
    let work = async move {
        // It may wait for others in between.
        tokio::task::yield_now().await;
        let _ = done.send(());
    };
    disk.host(Box::pin(work)).await;
    waiting.try_recv().expect("it was done when the call answered");
}

async fn what_is_given_up_ends(disk: &dyn Disk) {
    let (begun, begins) = oneshot::channel();
    let (held, ended) = oneshot::channel::<()>();
    let work = async move {
        let _held = held;
        let _ = begun.send(());
        std::future::pending::<()>().await;
    };
    tokio::select! {
        () = disk.host(Box::pin(work)) => panic!("it has no end"),
        begun = begins => begun.expect("it begins"),
    }
    let ended = tokio::time::timeout(PATIENCE, ended).await.expect("it ends");
    ended.expect_err("it is gone");
}
