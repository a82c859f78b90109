//! What befalls whole machines.

use std::time::Duration;

use tokio::time::sleep;

use super::{BLOW_MAX, World};
use crate::disk::Mount;
use crate::scenarios::Blow;
use crate::trace::note;

impl World {
    /// This round's blows, and how long after its beginning they fall.
    pub(super) fn blows(&mut self) -> Vec<(Duration, Blow)> {
        let length = self.scenario.pause_max * u32::try_from(self.scenario.acts).unwrap_or(u32::MAX);
        let length = u64::try_from(length.as_millis()).unwrap_or(u64::MAX).clamp(500, 60_000);
        let blows = self.scenario.blows.clone();
        let mut blows: Vec<_> = blows
            .into_iter()
            .map(|blow| (Duration::from_millis(self.random.within(0..length)), blow))
            .collect();
        blows.sort_by_key(|(after, _)| *after);
        blows
    }

    async fn while_it_lasts(&mut self) {
        let ms = self.random.within(10..BLOW_MAX.as_millis() as u64);
        sleep(Duration::from_millis(ms)).await;
    }

    pub(super) async fn strike(&mut self, blow: Blow) {
        note!(self.trace, "{blow:?}");
        self.trace.count(match blow {
            Blow::Kill(_) => "blow: kill",
            Blow::PowerCut(_) => "blow: power cut",
            Blow::Offline(_) => "blow: offline",
            Blow::Unmount(_) => "blow: unmount",
            Blow::ClockShift(_) => "blow: clock shift",
            Blow::FullDisk(_) => "blow: full disk",
            Blow::ServerCrash => "blow: server crash",
            Blow::ServerRestore => "blow: server restore",
        });
        match blow {
            Blow::Kill(at) => {
                self.devices[at].kill().await;
                self.pause().await;
                self.devices[at].start();
            }
            Blow::PowerCut(at) => {
                self.devices[at].cut_power().await;
                self.pause().await;
                self.devices[at].start();
            }
            Blow::Offline(at) => {
                self.devices[at].link.set_up(false);
                self.while_it_lasts().await;
                self.devices[at].link.set_up(true);
            }
            Blow::Unmount(at) => {
                let mount = if self.random.chance(500) { Mount::Gone } else { Mount::Empty };
                self.devices[at].disk.set_mount(mount);
                self.while_it_lasts().await;
                // Somebody may start it before the disk is back.
                self.devices[at].look_after().await;
                self.devices[at].start();
                self.pause().await;
                self.devices[at].disk.set_mount(Mount::There);
                self.pause().await;
                self.devices[at].look_after().await;
                self.devices[at].start();
            }
            Blow::ClockShift(at) => {
                let ms = self.random.within(0..7_200_000) as i64 - 3_600_000;
                note!(self.trace, "{}'s clock is set by {ms} ms", self.devices[at].name);
                self.devices[at].clock.shift(ms);
            }
            Blow::FullDisk(at) => {
                let used = self.devices[at].disk.used();
                let mut faults = self.scenario.disk.clone();
                faults.capacity = Some(used + self.random.within(0..500));
                self.devices[at].disk.set_faults(faults);
                self.while_it_lasts().await;
                self.devices[at].disk.set_faults(self.scenario.disk.clone());
            }
            Blow::ServerCrash => {
                self.server.crash();
                self.pause().await;
                self.server.start();
            }
            // A server that is empty all of a sudden stops every engine until somebody has looked: that is meant.
            Blow::ServerRestore if self.server.listing().is_empty() => {}
            Blow::ServerRestore => {
                self.server.back_up();
                self.while_it_lasts().await;
                self.server.crash();
                self.restore();
                self.pause().await;
                self.server.start();
            }
        }
    }

    /// Some moments.
    async fn pause(&mut self) {
        let ms = self.random.within(0..3000);
        sleep(Duration::from_millis(ms)).await;
    }

    /// The server is put back. What it had since then, and nobody else has, is lost for good: that is what it means.
    fn restore(&mut self) {
        let before = self.server.listing();
        if self.server.restore() {
            let elsewhere: Vec<_> = self.devices.iter().map(|device| device.disk.seen()).collect();
            self.history.server_was_restored(&before, &elsewhere);
        }
    }
}
