//! People read what their machine cannot do by itself, and do what it asks of them.

use tidemark_sync::ports::LocalPath;
use tidemark_sync::state::ProblemKind;

use super::World;
use crate::device::{Device, Order, Trouble};
use crate::disk::Laid;

/// How often: mending one thing may show another.
const ROUNDS_MAX: u32 = 20;

impl World {
    /// Does so until no machine asks for anything; notes what is left if that helps nothing.
    pub(super) async fn mend(&mut self) -> bool {
        for round in 0..ROUNDS_MAX {
            self.stop().await;
            let mut asked = Vec::new();
            for (index, device) in self.devices.iter().enumerate() {
                asked.extend(device.keeper.problems().await.into_iter().map(|trouble| (index, trouble)));
            }
            self.devices.iter_mut().for_each(Device::start);
            if asked.is_empty() {
                return self.wait_for_quiet().await;
            }
            if round + 1 == ROUNDS_MAX {
                for (index, Trouble { places, why, .. }) in &asked {
                    let (name, places) = (self.devices[*index].name, places.join(", now "));
                    self.trace.fail(format_args!("problems: {name} still has one with {places}: {why}"));
                }
            }
            for (number, (index, trouble)) in asked.iter().enumerate() {
                self.trace.count("people: mended");
                mend(&self.devices[*index], trouble, &format!("mended {round}.{number}"));
            }
            self.tell_all(Order::Rescan).await;
            if !self.wait_for_quiet().await {
                return false;
            }
        }
        false
    }
}

fn mend(device: &Device, trouble: &Trouble, name: &str) {
    let places: Vec<LocalPath> = trouble.places.iter().filter_map(|place| LocalPath::parse(place)).collect();
    match trouble.kind {
        // Whatever lies where the machine says, or in it, and cannot be synced, goes. Nobody knows of any other place.
        ProblemKind::Special => {
            let Some(place) = places.first() else { return };
            let others = device.disk.seen().into_iter().filter(|(_, laid)| *laid == Laid::Other);
            for (path, _) in others.filter(|(path, _)| device.disk.is_within(path, place)) {
                device.disk.remove(&path);
            }
        }
        ProblemKind::NameTaken => {
            for place in &places {
                let (folder, _) = place.split().expect("the root has a name");
                let to = folder.join(name).expect("it is a name");
                if device.disk.seen().contains_key(place) {
                    device.disk.move_by_hand(place, &to);
                }
            }
        }
        ProblemKind::BadName
        | ProblemKind::Denied
        | ProblemKind::Full
        | ProblemKind::TooLarge
        | ProblemKind::Failed => {}
    }
}
