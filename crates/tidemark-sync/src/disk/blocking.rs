//! Where calls are made that may block.

use std::cell::RefCell;
use std::future::pending;

use tokio::runtime::Handle;
use tokio::sync::watch;

use crate::ports::Work;

thread_local! {
    /// Whose work goes on on this thread, if any does: it was given up when the other end is gone.
    static HOSTED: RefCell<Option<watch::Receiver<()>>> = const { RefCell::new(None) };
}

/// Runs what may block: right here where work is hosted, elsewhere on a thread that may.
pub(super) async fn call<T: Send + 'static>(call: impl FnOnce() -> T + Send + 'static) -> T {
    match HOSTED.with_borrow(|asking| asking.as_ref().map(|asking| asking.has_changed().is_ok())) {
        Some(true) => call(),
        // Nobody waits for it any more, and whoever comes next may be at work here.
        Some(false) => pending().await,
        None => off_thread(call).await,
    }
}

/// Gives work a thread of its own until it ends or this future is dropped: from then on it begins no call, as when it awaited each
/// itself. To hand each of ten calls over to another thread and back costs more than most of them do.
pub(super) async fn host(work: Work) {
    // (Its end is told by dropping it, on whatever way this future ends.)
    let (_held, mut asking) = watch::channel(());
    let runtime = Handle::current();
    off_thread(move || {
        let _hosting = Hosting::begin(asking.clone());
        runtime.block_on(async {
            tokio::select! {
                biased;
                _ = asking.changed() => {}
                () = work => {}
            }
        });
    })
    .await;
}

/// As long as it lives, calls are made on this thread.
struct Hosting;

impl Hosting {
    fn begin(asking: watch::Receiver<()>) -> Hosting {
        HOSTED.set(Some(asking));
        Hosting
    }
}

impl Drop for Hosting {
    fn drop(&mut self) {
        HOSTED.set(None);
    }
}

async fn off_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(failed) => match failed.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // Only a runtime that is shutting down refuses work, and then nobody polls this again.
            Err(_) => pending().await,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex, mpsc};
    use std::thread;

    #[tokio::test]
    async fn hosted_work_makes_its_calls_on_one_thread() {
        let here = thread::current().id();
        let elsewhere = call(|| thread::current().id()).await;
        let threads = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&threads);
        let work = async move {
            for _ in 0..3 {
                // It may wait for anything in between.
                tokio::task::yield_now().await;
                let id = call(|| thread::current().id()).await;
                seen.lock().unwrap().push(id);
            }
        };
        host(Box::pin(work)).await;
        let threads = threads.lock().unwrap().clone();
        assert!(elsewhere != here && !threads.contains(&here));
        assert_eq!(threads, [threads[0]; 3]);
        // Such a thread is anybody's afterwards.
        host(Box::pin(async { call(|| ()).await })).await;
        call(|| HOSTED.with_borrow(|asking| assert!(asking.is_none()))).await;
    }

    #[tokio::test]
    async fn what_is_given_up_makes_no_further_call() {
        let (entered, begun) = mpsc::channel();
        let (leave, stay) = mpsc::channel::<()>();
        let (calls, called) = mpsc::channel();
        let work = async move {
            call(move || {
                entered.send(()).unwrap();
                stay.recv().unwrap();
            })
            .await;
            call(move || calls.send(()).unwrap()).await;
        };
        let hosting = tokio::spawn(host(Box::pin(work)));
        tokio::task::spawn_blocking(move || begun.recv().unwrap()).await.unwrap();
        hosting.abort();
        assert!(hosting.await.unwrap_err().is_cancelled());
        leave.send(()).unwrap();
        // The work is gone, and has not called.
        assert_eq!(tokio::task::spawn_blocking(move || called.recv()).await.unwrap(), Err(mpsc::RecvError));
    }

    #[tokio::test]
    async fn a_panic_is_passed_on() {
        let hosting = tokio::spawn(host(Box::pin(async { call(|| panic!("on the disk")).await })));
        assert!(hosting.await.unwrap_err().is_panic());
        call(|| HOSTED.with_borrow(|asking| assert!(asking.is_none()))).await;
    }
}
