//! A world: machines with people, a server, and what befalls them, until it gets quiet and everything is looked at.

mod blows;
mod mend;
mod quiet;

use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use tidemark_client::{AccessToken, Client, Server};
use tidemark_sync::marker::{self, Ties};
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::checkers::{self, DeviceScene, Scene};
use crate::clock::SimClock;
use crate::device::{Device, Keeper, Order, Trouble};
use crate::disk::{DiskFaults, SimDisk};
use crate::history::History;
use crate::mutations::Mutation;
use crate::net::{Link, NetFaults};
use crate::random::Random;
use crate::scenarios::Scenario;
use crate::seams::SimEntropy;
use crate::server::SimServer;
use crate::trace::{Trace, note};
use crate::users::{Contents, Online, Person};

/// What machines are called.
const MACHINES: [&str; 4] = ["ant", "bee", "cat", "dog"];

/// Makes what keeps a machine's folder.
pub(crate) type MakeKeeper = dyn Fn() -> Rc<dyn Keeper> + Send + Sync;

/// A world.
pub(crate) struct World {
    scenario: Scenario,
    random: Random,
    trace: Trace,
    history: History,
    contents: Contents,
    server: SimServer,
    devices: Vec<Device>,
    people: Vec<Person>,
}

impl World {
    /// The one that this seed makes.
    pub(crate) async fn new(seed: u64, keeper: &MakeKeeper, trace: Trace) -> World {
        let random = Random::new(seed);
        let scenario = Scenario::draw(&mut random.fork("scenario"));
        note!(trace, "seed {seed}: {scenario:?}");
        let began = Instant::now();
        let (history, contents) = (History::default(), Contents::default());
        let server = SimServer::new(&random, SimClock::new(began), trace.clone(), history.clone()).await;
        let mut world = World {
            scenario: scenario.clone(),
            random: random.fork("world"),
            trace: trace.clone(),
            history: history.clone(),
            contents: contents.clone(),
            server: server.clone(),
            devices: Vec::new(),
            people: Vec::new(),
        };
        let account = world.online().client.account().await.expect("nothing goes wrong yet");
        let (uid, server_id) = (account.uid, account.server_id.expect("this server says which one it is"));
        for (name, insensitive) in MACHINES.into_iter().zip(&scenario.insensitive) {
            let mut parts = random.fork(name);
            let clock = SimClock::new(began);
            clock.shift(parts.within(0..4000) as i64 - 2000);
            let disk = SimDisk::new(
                name,
                *insensitive,
                parts.fork("disk"),
                clock.clone(),
                trace.clone(),
                history.clone(),
            );
            let ties = Ties {
                server: server_id.as_str().into(),
                account: uid.to_string().into(),
                device: name.into(),
            };
            set_up(&disk, &ties).await;
            let link = Link::new(name, server.clone(), history.clone(), parts.fork("net"), trace.clone());
            let person =
                Person::new(name, disk.clone(), contents.clone(), scenario.habits, parts.fork("person"));
            let random = parts.fork("processes");
            world.devices.push(Device::new(
                name,
                disk,
                link,
                clock,
                keeper(),
                server.token(),
                ties,
                random,
                trace.clone(),
            ));
            world.people.push(person);
        }
        world
    }

    /// Lets it live from quiet point to quiet point, and looks at it there.
    pub(crate) async fn live(&mut self) {
        for round in 1..=self.scenario.rounds {
            note!(self.trace, "round {round}");
            self.rage().await;
            self.calm().await;
            if !self.settle().await {
                return;
            }
        }
        // Everybody is started again once more: what a crash or a failure left behind is gone then.
        if self.look_again(true).await {
            self.check(true).await;
        }
    }

    /// Waits until nothing is to do, and looks at everything.
    async fn settle(&mut self) -> bool {
        if !self.wait_for_quiet().await || !self.look_early().await {
            return false;
        }
        // Whatever could not be done while things were broken is tried again now, not some time later.
        self.tell_all(Order::Rescan).await;
        self.wait_for_quiet().await
            && self.mend().await
            && self.look_again(false).await
            && self.check(false).await
    }

    /// Nobody was told to look at everything, and nobody asks for help: then all have noticed by themselves what happened, by the
    /// time that those have looked who are not told by their disk.
    async fn look_early(&mut self) -> bool {
        tokio::time::sleep(POLLED_WITHIN).await;
        if !self.wait_for_quiet().await {
            return false;
        }
        // What was refused, by people or by the hardware, is tried again only now and then.
        let is_refused = self.scenario.disk.broken > 0 || self.history.has_locks();
        let is_asking = |device: &Device| device.report().is_none_or(|report| report.problems > 0);
        if is_refused || self.devices.iter().any(is_asking) {
            return true;
        }
        let checked = checkers::check_early(&self.scene(false));
        if let Err(why) = &checked {
            self.trace.fail(format_args!("{why}"));
        }
        checked.is_ok()
    }

    async fn tell_all(&self, order: Order) {
        for device in &self.devices {
            device.tell(order).await;
        }
    }

    async fn stop(&mut self) {
        for device in &mut self.devices {
            device.stop().await;
        }
    }

    fn failed(&self) -> bool {
        self.trace.failure().is_some()
    }

    /// Everybody does what they like, and everything goes wrong.
    async fn rage(&mut self) {
        for device in &mut self.devices {
            let mut faults = self.scenario.disk.clone();
            faults.lying_sync = device.keeper.mutation() == Some(Mutation::ForgetsToSync);
            device.disk.set_faults(faults);
            device.link.set_faults(self.scenario.net.clone());
            device.start();
        }
        let active = if self.scenario.alone { 1 } else { self.people.len() };
        for (device, person) in self.devices.iter().zip(&self.people).take(active) {
            let person = person.clone();
            device.disk.set_meddler(Arc::new(move |path| person.meddle(path)));
        }
        let mut alive = JoinSet::new();
        let (acts, pause) = (self.scenario.acts, self.scenario.pause_max);
        for person in self.people.iter().take(active) {
            alive.spawn(person.clone().live(acts, pause));
        }
        if self.scenario.online {
            let online = self.online();
            alive.spawn(online.live(acts, pause));
        }
        let blows = self.blows();
        let began = Instant::now();
        for (after, blow) in blows {
            tokio::time::sleep_until(began + after).await;
            self.strike(blow).await;
        }
        while let Some(done) = alive.join_next().await {
            if done.is_err_and(|lost| lost.is_panic()) {
                self.trace.fail(format_args!("a person panicked: the simulator is wrong"));
            }
        }
        for device in &mut self.devices {
            device.look_after().await;
        }
    }

    /// Nothing goes wrong any more, and everything that was broken is mended.
    async fn calm(&mut self) {
        note!(self.trace, "calm");
        self.server.start();
        for device in &mut self.devices {
            device.disk.set_faults(DiskFaults::default());
            device.link.set_faults(NetFaults::default());
            device.link.set_up(true);
            device.disk.set_mount(crate::disk::Mount::There);
            device.disk.permit_all();
            device.look_after().await;
            device.start();
        }
    }

    /// Somebody who works on the server directly, over a network that never fails.
    fn online(&mut self) -> Online {
        let random = Random::new(self.random.next());
        let link = Link::new(
            "web",
            self.server.clone(),
            self.history.clone(),
            random.fork("net"),
            self.trace.clone(),
        );
        let entropy = Arc::new(SimEntropy::new(random.fork("entropy")));
        let server = Server::new(SERVER).expect("an address");
        let token = AccessToken::new(self.server.token().to_owned()).expect("the server made it");
        Online {
            client: Client::new(server, token, Arc::new(link), entropy),
            server: self.server.clone(),
            contents: self.contents.clone(),
            habits: self.scenario.habits,
            history: self.history.clone(),
            trace: self.trace.clone(),
            random,
        }
    }

    /// Ends all engines, and looks at everything.
    async fn check(&mut self, started_again: bool) -> bool {
        self.stop().await;
        let mut scene = self.scene(started_again);
        for (device, seen) in self.devices.iter().zip(&mut scene.devices) {
            seen.problems = device.keeper.problems().await;
        }
        let mut checked = checkers::check(&scene);
        for (device, seen) in self.devices.iter().zip(&scene.devices) {
            if checked.is_ok() {
                let drift = device.keeper.drift(&seen.seen, &scene.server).await;
                checked =
                    drift.map_err(|why| format!("drift: {} remembers something else: {why}", seen.name));
            }
        }
        if let Err(why) = &checked {
            self.show(&scene);
            self.trace.fail(format_args!("{why}"));
        }
        checked.is_ok()
    }

    /// What there is to see now.
    fn scene(&self, started_again: bool) -> Scene<'_> {
        let device = |Device { name, disk, .. }: &Device| DeviceScene {
            name,
            seen: disk.seen(),
            own: disk.own(),
            problems: Vec::new(),
        };
        Scene {
            scenario: &self.scenario,
            started_again,
            contents: self.history.all(),
            server: self.server.listing(),
            devices: self.devices.iter().map(device).collect(),
        }
    }

    /// Notes what everybody has, for whoever reads about a failure.
    fn show(&self, scene: &Scene<'_>) {
        let devices = scene.devices.iter().map(|device| (device.name, &device.seen));
        for (name, listing) in devices.chain([("server", &scene.server)]) {
            for (path, laid) in listing {
                match laid {
                    crate::disk::Laid::File(bytes) => {
                        note!(self.trace, "{name} has {path}: {}", crate::history::Named(bytes));
                    }
                    other => note!(self.trace, "{name} has {path}: {other:?}"),
                }
            }
        }
        for device in &scene.devices {
            for Trouble { places, why, .. } in &device.problems {
                note!(self.trace, "{} has a problem with {}: {why}", device.name, places.join(", now "));
            }
        }
    }

    /// Everybody looks at everything again, or is even started again: nobody may find anything to do.
    async fn look_again(&mut self, restart: bool) -> bool {
        let before: Vec<_> =
            self.devices.iter().map(|device| (device.disk.work(), device.link.work())).collect();
        match restart {
            true => self.devices.iter_mut().for_each(Device::start),
            false => self.tell_all(Order::Rescan).await,
        }
        if !self.wait_for_quiet().await {
            return false;
        }
        for (device, before) in self.devices.iter().zip(before) {
            let (name, now) = (device.name, (device.disk.work(), device.link.work()));
            // What has a problem is tried again, in vain.
            if now != before
                && self.devices.iter().all(|device| device.report().is_none_or(|report| report.problems == 0))
            {
                self.trace.fail(format_args!("idle: {name} found something to do: {now:?} after {before:?}"));
            }
        }
        !self.failed()
    }
}

/// Makes an empty folder a sync folder, as the command line does.
async fn set_up(disk: &SimDisk, ties: &Ties) {
    let open = disk.open(Arc::new(AtomicBool::new(true))).expect("it is there");
    marker::write(&open, ties).await.expect("nothing goes wrong yet");
}

/// The server's address.
const SERVER: &str = "http://sim.test";

/// By when everybody looks at everything whose disk does not tell them what changes, and has given up a question to the server
/// that nobody answers any more.
const POLLED_WITHIN: Duration = Duration::from_secs(500);

/// How long a blow lasts at most.
const BLOW_MAX: Duration = Duration::from_secs(20);
