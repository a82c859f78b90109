//! A machine: a disk, a way to the server, a clock, and a process that keeps the sync folder.

use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use tidemark_client::{AccessToken, Client, Server, Transport};
use tidemark_sync::marker::Ties;
use tidemark_sync::ports::Disk;
use tidemark_sync::state::ProblemKind;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::clock::SimClock;
use crate::disk::{Listing, Mount, SimDisk};
use crate::mutations::Mutation;
use crate::net::Link;
use crate::random::Random;
use crate::seams::SimEntropy;
use crate::trace::{Trace, note};

/// What keeps a sync folder. What it remembers outlives its processes.
#[async_trait(?Send)]
pub(crate) trait Keeper {
    /// One process of it, until it stops by itself or is told to. If the future is dropped, it was killed.
    async fn run(&self, process: Process);

    /// What cannot be as it is, and why. Asked while there is no process.
    async fn problems(&self) -> Vec<Trouble>;

    /// What mistake was planted in it.
    fn mutation(&self) -> Option<Mutation>;

    /// Whether what it remembers is what both sides have, now that nothing is to do; otherwise what is not.
    async fn drift(&self, disk: &Listing, server: &Listing) -> Result<(), String>;
}

/// Something that cannot be as it is.
#[derive(Clone, Debug)]
pub(crate) struct Trouble {
    /// Where the machine says that it is; and where what it is about is by now, if it still is.
    pub(crate) places: Vec<String>,
    /// What kind of thing stands in the way.
    pub(crate) kind: ProblemKind,
    /// What it is.
    pub(crate) why: String,
}

/// What a process is given.
pub(crate) struct Process {
    pub(crate) client: Client,
    pub(crate) disk: Arc<dyn Disk>,
    pub(crate) clock: SimClock,
    pub(crate) entropy: Arc<SimEntropy>,
    pub(crate) name: &'static str,
    pub(crate) ties: Ties,
    pub(crate) orders: mpsc::Receiver<Order>,
    pub(crate) report: watch::Sender<Report>,
    pub(crate) trace: Trace,
}

/// What a process is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    /// Look at everything again.
    Rescan,
    /// The deletions that are held are meant.
    Release,
    /// End.
    Stop,
}

/// What a process says of itself.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Report {
    /// In words.
    pub(crate) phase: String,
    /// Whether nothing is to do.
    pub(crate) quiet: bool,
    /// Whether deletions are held.
    pub(crate) held: bool,
    /// How often it planned something since nothing was to do.
    pub(crate) rounds: u32,
    /// How many things cannot be as they are.
    pub(crate) problems: u64,
}

/// A machine.
pub(crate) struct Device {
    pub(crate) name: &'static str,
    pub(crate) disk: SimDisk,
    pub(crate) link: Link,
    pub(crate) clock: SimClock,
    pub(crate) keeper: Rc<dyn Keeper>,
    token: String,
    ties: Ties,
    random: Random,
    trace: Trace,
    running: Option<Running>,
}

struct Running {
    task: JoinHandle<()>,
    orders: mpsc::Sender<Order>,
    report: watch::Receiver<Report>,
    alive: Arc<AtomicBool>,
}

impl Device {
    #[expect(clippy::too_many_arguments, reason = "a machine has that many parts")]
    pub(crate) fn new(
        name: &'static str,
        disk: SimDisk,
        link: Link,
        clock: SimClock,
        keeper: Rc<dyn Keeper>,
        token: &str,
        ties: Ties,
        random: Random,
        trace: Trace,
    ) -> Device {
        let token = token.to_owned();
        Device { name, disk, link, clock, keeper, token, ties, random, trace, running: None }
    }

    /// Starts a process, if there is none and its folder is anywhere.
    pub(crate) fn start(&mut self) {
        self.bury();
        if self.running.is_some() {
            return;
        }
        let alive = Arc::new(AtomicBool::new(true));
        let Some(disk) = self.disk.open(Arc::clone(&alive)) else { return };
        note!(self.trace, "{} starts", self.name);
        let entropy = Arc::new(SimEntropy::new(Random::new(self.random.next())));
        let server = Server::new("http://sim.test").expect("an address");
        let token = AccessToken::new(self.token.clone()).expect("the server made it");
        let mut transport: Arc<dyn Transport> = Arc::new(self.link.clone());
        let mut disk: Arc<dyn Disk> = Arc::new(disk);
        if let Some(mutation) = self.keeper.mutation() {
            transport = mutation.of_transport(transport);
            disk = mutation.of_disk(disk);
        }
        let client = Client::new(server, token, transport, entropy.clone());
        let (orders, receiver) = mpsc::channel(8);
        let (report, reports) = watch::channel(Report::default());
        let process = Process {
            client,
            disk,
            clock: self.clock.clone(),
            entropy,
            name: self.name,
            ties: self.ties.clone(),
            orders: receiver,
            report,
            trace: self.trace.clone(),
        };
        let keeper = Rc::clone(&self.keeper);
        // An engine stays on one thread: it owns its database.
        let task = tokio::task::spawn_local(async move { keeper.run(process).await });
        self.running = Some(Running { task, orders, report: reports, alive });
    }

    /// Forgets a process that has ended by itself.
    fn bury(&mut self) {
        if self.running.as_ref().is_some_and(|running| running.task.is_finished()) {
            self.running = None;
        }
    }

    /// Kills its process.
    pub(crate) async fn kill(&mut self) {
        let Some(running) = self.running.take() else { return };
        note!(self.trace, "{} is killed", self.name);
        running.alive.store(false, Ordering::Relaxed);
        running.task.abort();
        self.ended(running.task).await;
    }

    /// Its power goes off and on again.
    pub(crate) async fn cut_power(&mut self) {
        self.kill().await;
        if self.disk.mount() == Mount::There {
            self.disk.cut_power();
        }
    }

    /// Tells its process to end, and waits for that.
    pub(crate) async fn stop(&mut self) {
        let Some(running) = self.running.take() else { return };
        note!(self.trace, "{} is told to stop", self.name);
        let _ = running.orders.send(Order::Stop).await;
        let mut task = running.task;
        match timeout(Duration::from_secs(600), &mut task).await {
            Ok(done) => self.check(done),
            Err(_) => {
                self.trace.fail(format_args!("{} does not stop", self.name));
                task.abort();
            }
        }
    }

    /// Tells its process something.
    pub(crate) async fn tell(&self, order: Order) {
        if let Some(running) = &self.running {
            note!(self.trace, "{} is told {order:?}", self.name);
            let _ = running.orders.send(order).await;
        }
    }

    /// What its process says of itself; none if there is none.
    pub(crate) fn report(&self) -> Option<Report> {
        let running = self.running.as_ref()?;
        (!running.task.is_finished()).then(|| running.report.borrow().clone())
    }

    /// Looks after a process that has ended by itself: a panic is always a failure.
    pub(crate) async fn look_after(&mut self) {
        if self.running.as_ref().is_some_and(|running| running.task.is_finished())
            && let Some(running) = self.running.take()
        {
            note!(self.trace, "{} has ended by itself: {}", self.name, running.report.borrow().phase);
            self.ended(running.task).await;
        }
    }

    async fn ended(&self, task: JoinHandle<()>) {
        let done = task.await;
        self.check(done);
    }

    fn check(&self, done: Result<(), tokio::task::JoinError>) {
        if let Err(lost) = done
            && lost.is_panic()
        {
            let payload = lost.into_panic();
            let words = payload.downcast_ref::<String>().map(String::as_str);
            let words = words.or_else(|| payload.downcast_ref::<&str>().copied()).unwrap_or("without words");
            self.trace.fail(format_args!("{} panicked: {words}", self.name));
        }
    }
}
