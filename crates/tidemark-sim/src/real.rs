//! The real engine.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use tidemark_client::ContentHash;
use tidemark_sync::driver::{Command, Engine, Hindrance, Options, Phase, Seams, Status};
use tidemark_sync::ports::LocalPath;
use tidemark_sync::state::{Problem, State};
use tidemark_sync::trees::{Item, Kind, LocalId, LocalNode, RemoteId, RemoteNode, Trees as _};
use tokio::sync::{Mutex, mpsc};

use crate::device::{Keeper, Order, Process, Report, Trouble};
use crate::disk::{Laid, Listing};
use crate::mutations::Mutation;
use crate::trace::note;

/// Folders larger than this are not made here.
const CHILDREN_MAX: usize = 10_000;

/// The real engine. What it knows outlives its processes, as a database does.
pub(crate) struct Real {
    state: Mutex<State>,
    mutation: Option<Mutation>,
}

impl Real {
    pub(crate) fn new(mutation: Option<Mutation>) -> Real {
        let state = State::in_memory().expect("a database in memory can be had");
        Real { state: Mutex::new(state), mutation }
    }
}

#[async_trait(?Send)]
impl Keeper for Real {
    async fn run(&self, process: Process) {
        let Process { client, disk, clock, entropy, name, ties, mut orders, report, trace } = process;
        let mut state = self.state.lock().await;
        let ties = (self.mutation != Some(Mutation::IgnoresMarker)).then_some(ties);
        let seams = Seams { clock: Arc::new(clock), entropy };
        let options = Options { device: name.into(), ties, ..Options::default() };
        let engine = match Engine::begin(client, disk, &mut state, seams, options).await {
            Ok(engine) => engine,
            Err(error) => {
                note!(trace, "{name} does not begin: {error}");
                return;
            }
        };
        let mut status = engine.status();
        let (commands, receiver) = mpsc::channel(8);
        let running = engine.run(receiver);
        tokio::pin!(running);
        loop {
            tokio::select! {
                biased;
                stopped = &mut running => {
                    note!(trace, "{name} ends: {stopped:?}");
                    return;
                }
                Some(order) = orders.recv() => {
                    let _ = commands.send(command(order)).await;
                }
                Ok(()) = status.changed() => {
                    let now = told(&status.borrow_and_update());
                    if now.phase != report.borrow().phase {
                        note!(trace, "{name} is {}", now.phase);
                    }
                    report.send_replace(now);
                }
            }
        }
    }

    fn mutation(&self) -> Option<Mutation> {
        self.mutation
    }

    async fn problems(&self) -> Vec<Trouble> {
        let state = self.state.lock().await;
        let problems = state.problems(CHILDREN_MAX).expect("a database in memory can be read");
        // What a problem says of its place is of when it was noted; it may be elsewhere by now.
        let place = |problem: &Problem| match &problem.item {
            Item::Local(id) => Some(state.local_path(*id).ok()??.to_string()),
            Item::Remote(id) => Some(state.remote_path(id).ok()??.as_str().to_owned()),
        };
        let trouble = |problem: Problem| {
            let places = [Some(problem.path.clone()), place(&problem)].into_iter().flatten();
            let places = places.map(|path| path.trim_start_matches('/').to_owned()).collect();
            Trouble { places, kind: problem.kind, why: format!("{:?}: {}", problem.kind, problem.text) }
        };
        problems.into_iter().map(trouble).collect()
    }

    async fn drift(&self, disk: &Listing, server: &Listing) -> Result<(), String> {
        let state = self.state.lock().await;
        let local = known_local(&state);
        let remote = known_remote(&state);
        compare("the disk", &local, disk)?;
        compare("the server", &remote, server)
    }
}

fn command(order: Order) -> Command {
    match order {
        Order::Rescan => Command::Rescan,
        Order::Release => Command::Release,
        Order::Stop => Command::Stop,
    }
}

fn told(status: &Status) -> Report {
    let held = status.hindrances.iter().any(|hindrance| matches!(hindrance, Hindrance::MassDeletion { .. }));
    Report {
        phase: match &status.phase {
            Phase::Offline { error, .. } => format!("offline: {error}"),
            Phase::Hindered => format!("hindered: {:?}", status.hindrances),
            other => format!("{other:?}"),
        },
        quiet: status.phase == Phase::UpToDate,
        held,
        rounds: status.rounds_since_quiet,
        problems: status.counts.problems,
    }
}

/// What is known of a file; none of a folder.
type Known = BTreeMap<LocalPath, Option<(u64, Option<ContentHash>)>>;

fn compare(side: &str, known: &Known, there: &Listing) -> Result<(), String> {
    for (path, laid) in there {
        match (laid, known.get(path)) {
            // Not synced, and so not known.
            (Laid::Other, None) | (Laid::Folder, Some(None)) => {}
            (Laid::File(bytes), Some(Some((size, hash)))) if is(bytes, *size, *hash) => {}
            (_, known) => return Err(format!("{path} on {side} is known as {known:?}")),
        }
    }
    match known.keys().find(|path| !there.contains_key(path)) {
        Some(path) => Err(format!("{path} is not on {side} any more")),
        None => Ok(()),
    }
}

fn is(bytes: &Bytes, size: u64, hash: Option<ContentHash>) -> bool {
    bytes.len() as u64 == size && hash.is_none_or(|hash| hash == ContentHash::of(bytes))
}

fn known_local(state: &State) -> Known {
    let (mut all, mut open) = (Known::new(), vec![(LocalPath::root(), LocalId::ROOT)]);
    while let Some((path, id)) = open.pop() {
        let children =
            state.local_children(id, None, CHILDREN_MAX).expect("a database in memory can be read");
        for LocalNode { id, place, file } in children {
            let path = path.join(&place.name).expect("it is a name on the disk");
            if file.is_none() {
                open.push((path.clone(), id));
            }
            all.insert(path, file.map(|file| (file.stamp.size, file.hash)));
        }
    }
    all
}

fn known_remote(state: &State) -> Known {
    let (mut all, mut open) = (Known::new(), vec![(LocalPath::root(), RemoteId::root())]);
    while let Some((path, id)) = open.pop() {
        let children =
            state.remote_children(&id, None, CHILDREN_MAX).expect("a database in memory can be read");
        for node in children {
            let path = path.join(&node.place.name).expect("people here give good names");
            if node.kind() == Kind::Folder {
                open.push((path.clone(), node.id.clone()));
            }
            let RemoteNode { file, .. } = node;
            all.insert(path, file.map(|file| (file.content.size, Some(file.content.hash))));
        }
    }
    all
}
