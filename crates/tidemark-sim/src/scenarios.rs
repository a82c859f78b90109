//! What kind of world a seed makes: how many machines, who does what, and what goes wrong.

use std::time::Duration;

use crate::disk::DiskFaults;
use crate::net::NetFaults;
use crate::random::Random;
use crate::users::Habits;

/// What kind of world it is.
#[derive(Clone, Debug)]
pub(crate) struct Scenario {
    /// For each machine, whether it has a disk that does not tell names apart by case.
    pub(crate) insensitive: Vec<bool>,
    /// Whether somebody works on the server directly.
    pub(crate) online: bool,
    /// Only the first machine's person does anything.
    pub(crate) alone: bool,
    pub(crate) habits: Habits,
    /// How often it gets quiet.
    pub(crate) rounds: u32,
    /// How many things each does before it gets quiet.
    pub(crate) acts: u64,
    pub(crate) pause_max: Duration,
    pub(crate) disk: DiskFaults,
    pub(crate) net: NetFaults,
    /// What befalls whole machines between two quiet points.
    pub(crate) blows: Vec<Blow>,
}

/// What befalls a machine, or the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Blow {
    /// The engine's process is killed, and started again.
    Kill(usize),
    /// The power goes off and on.
    PowerCut(usize),
    /// There is no network for a while.
    Offline(usize),
    /// The sync folder's disk goes away for a while.
    Unmount(usize),
    /// A clock is set.
    ClockShift(usize),
    /// Its disk is full for a while.
    FullDisk(usize),
    /// The server crashes, and starts again.
    ServerCrash,
    /// The server is put back to what it was before.
    ServerRestore,
}

impl Scenario {
    /// The one that this seed makes.
    pub(crate) fn draw(random: &mut Random) -> Scenario {
        let devices = random.weighted(&[(2, 75), (3, 20), (4, 5)]);
        let cases = random.chance(300);
        let insensitive = (0..devices).map(|_| random.chance(200)).collect();
        let habits = Habits { apart: random.chance(200), cases };
        let alone = !habits.apart && random.chance(120);
        let disk = match random.below(3) {
            0 => DiskFaults::default(),
            1 => DiskFaults { slow: 100, meddled: 10, overflow: 10, deaf: 1, ..DiskFaults::default() },
            _ => DiskFaults {
                slow: 250,
                broken: 3,
                meddled: if alone || habits.apart { 10 } else { 40 },
                overflow: 60,
                deaf: 10,
                ..DiskFaults::default()
            },
        };
        let net = match random.below(3) {
            0 => NetFaults::default(),
            1 => NetFaults {
                slow: 30,
                not_sent: 20,
                before: 10,
                after: 30,
                answer: 10,
                ..NetFaults::default()
            },
            _ => NetFaults {
                slow: 100,
                not_sent: 40,
                before: 30,
                after: 60,
                silent: 5,
                twice: 30,
                answer: 40,
                flipped: 10,
            },
        };
        let mut scenario = Scenario {
            insensitive,
            online: !alone && random.chance(350),
            alone,
            habits,
            rounds: random.weighted(&[(1, 70), (2, 25), (3, 5)]),
            acts: random.within(3..14),
            pause_max: Duration::from_millis(random.weighted(&[(50, 30), (400, 40), (3000, 30)])),
            disk,
            net,
            blows: Vec::new(),
        };
        let blows = random.weighted(&[(0, 30), (1, 30), (2, 20), (3, 20)]);
        scenario.blows = (0..blows).map(|_| Blow::draw(devices, random)).collect();
        scenario
    }

    /// Whether the server may have been put back.
    pub(crate) fn restores(&self) -> bool {
        self.blows.contains(&Blow::ServerRestore)
    }

    /// Whether an engine may not know what became of something that it did: because an answer was lost, or it was killed
    /// before it could write it down. What it did and somebody then changed looks to it like two people's work.
    pub(crate) fn leaves_doubts(&self) -> bool {
        let NetFaults { before, after, silent, twice, answer, .. } = self.net;
        let is_blow = |blow: &Blow| !matches!(blow, Blow::ClockShift(_) | Blow::FullDisk(_));
        before + after + silent + twice + answer > 0 || self.blows.iter().any(is_blow)
    }

    /// Whether no two can ever have worked on the same file.
    pub(crate) fn has_no_conflicts(&self) -> bool {
        (self.alone || self.habits.apart) && !self.leaves_doubts()
    }
}

impl Blow {
    fn draw(devices: usize, random: &mut Random) -> Blow {
        let device = random.below(devices);
        random.weighted(&[
            (Blow::Kill(device), 300),
            (Blow::PowerCut(device), 200),
            (Blow::Offline(device), 120),
            (Blow::Unmount(device), 80),
            (Blow::ClockShift(device), 60),
            (Blow::FullDisk(device), 80),
            (Blow::ServerCrash, 150),
            (Blow::ServerRestore, 40),
        ])
    }
}
