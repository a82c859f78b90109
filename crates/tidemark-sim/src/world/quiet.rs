//! Waiting until nothing is to do any more.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::World;
use crate::device::Order;
use crate::trace::note;

/// Nothing takes longer than this once nothing goes wrong any more: the longest pauses of everybody who waits for something.
const QUIET_AFTER: Duration = Duration::from_secs(3600);
/// How long nothing must have happened.
const STILL_FOR: Duration = Duration::from_secs(4);
const LOOK_EVERY: Duration = Duration::from_millis(1000);
/// How often an engine may plan before nothing is to do.
const ROUNDS_MAX: u32 = 200;

impl World {
    /// Whether it got quiet; notes what is wrong otherwise.
    pub(super) async fn wait_for_quiet(&mut self) -> bool {
        let began = Instant::now();
        let mut before = None;
        let mut still_since = began;
        let at_first: Vec<u32> = self.devices.iter().map(|device| rounds(device.report())).collect();
        loop {
            sleep(LOOK_EVERY).await;
            let mut quiet = true;
            for (device, at_first) in self.devices.iter_mut().zip(&at_first) {
                device.look_after().await;
                let Some(report) = device.report() else {
                    device.start();
                    quiet = false;
                    continue;
                };
                if report.rounds > at_first + ROUNDS_MAX {
                    self.trace.fail(format_args!("{} goes round in circles: {report:?}", device.name));
                }
                if report.held {
                    // Its person meant it.
                    self.trace.count("engine: held deletions");
                    device.tell(Order::Release).await;
                }
                quiet &= report.quiet;
            }
            if self.failed() {
                return false;
            }
            let now: Vec<_> =
                self.devices.iter().map(|device| (device.disk.work(), device.link.work())).collect();
            if !quiet || before.as_ref() != Some(&now) {
                still_since = Instant::now();
            }
            before = Some(now);
            if still_since.elapsed() >= STILL_FOR {
                note!(self.trace, "quiet");
                return true;
            }
            if began.elapsed() > QUIET_AFTER {
                let reports =
                    self.devices.iter().map(|device| format!("{}: {:?}", device.name, device.report()));
                let reports: Vec<String> = reports.collect();
                self.trace.fail(format_args!("it does not get quiet: {}", reports.join("; ")));
                return false;
            }
        }
    }
}

fn rounds(report: Option<crate::device::Report>) -> u32 {
    report.map_or(0, |report| report.rounds)
}
