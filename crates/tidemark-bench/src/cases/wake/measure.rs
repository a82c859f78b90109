//! The same steps for every system: park, weigh, wake one, wake all.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use rustix::event::{PollFd, PollFlags, Timespec};

use super::system::System;
use crate::client::Client;
use crate::http::Summary;
use crate::parked::Parked;
use crate::process;
use crate::stats::Latencies;
use crate::world::Effort;

/// A wake-up that takes longer is lost.
const PATIENCE: Duration = Duration::from_secs(20);

/// The same for a system that forgets: there it is told apart from a poll that came too late.
const PATIENCE_FORGETFUL: Duration = Duration::from_secs(2);

/// Polls that may come too late in a round before the round is given up.
const MISSED_MAX: usize = 5;

/// How long a poll gets to reach its place before the change is made.
const PARKING: Duration = Duration::from_millis(2);

/// Polls parked and dropped before anything is weighed, so that what is allocated once is there.
const WARM_UP: usize = 200;

/// One figure per round, or why there is none.
pub(crate) struct Figures {
    pub(crate) after_p50: Result<Vec<f64>>,
    pub(crate) after_p99: Result<Vec<f64>>,
    pub(crate) total_p50: Result<Vec<f64>>,
    pub(crate) total_p99: Result<Vec<f64>>,
    pub(crate) fan_out: Result<Vec<f64>>,
    /// Bytes per poll; a single figure.
    pub(crate) memory: Result<Vec<f64>>,
}

/// Measures a system with so many polls parked.
pub(crate) fn measure(system: &mut dyn System, size: usize, effort: &Effort) -> Result<Figures> {
    let pids = system.pids();
    drop(Parked::open(system.addr(), WARM_UP.min(size), &mut |index| system.bystander(index))?);
    settle(&pids)?;
    let before = process::memory(&pids);
    let mut parked = Parked::open(system.addr(), size, &mut |index| system.bystander(index))?;
    settle(&pids)?;
    parked.check_all_wait()?;
    let memory =
        before.and_then(|before| Ok(vec![(process::memory(&pids)? - before).max(0.0) / size as f64]));
    let memory =
        if pids.is_empty() { Err(anyhow::anyhow!("the process is not ours to look into")) } else { memory };

    let rounds: Result<Vec<Round>> = (0..effort.rounds).map(|_| wake_one(system, effort.wakes)).collect();
    let still = parked.check_all_wait();
    drop(parked);
    settle(&pids)?;
    let rounds = still.and(rounds);
    let column = |figure: fn(&Round) -> f64| match &rounds {
        Ok(rounds) => Ok(rounds.iter().map(figure).collect()),
        Err(error) => Err(anyhow::anyhow!("{error:#}")),
    };
    Ok(Figures {
        after_p50: column(|round| round.after.quantile(0.5)),
        after_p99: column(|round| round.after.quantile(0.99)),
        total_p50: column(|round| round.total.quantile(0.5)),
        total_p99: column(|round| round.total.quantile(0.99)),
        fan_out: wake_all(system, size, effort.rounds),
        memory,
    })
}

fn settle(pids: &[u32]) -> Result<()> {
    if pids.is_empty() {
        std::thread::sleep(Duration::from_secs(2));
        return Ok(());
    }
    process::settle(pids, PATIENCE)
}

/// Latencies of one round.
struct Round {
    /// From the change's answer to the poll's; 0 if the poll was answered first.
    after: Latencies,
    /// From sending the change to the poll's answer.
    total: Latencies,
}

/// Wakes one poll again and again.
fn wake_one(system: &mut dyn System, wakes: usize) -> Result<Round> {
    let mut waiter = Client::connect(system.addr())?;
    let mut changer = Client::connect(system.addr())?;
    let mut round = Round { after: Latencies::new(), total: Latencies::new() };
    // The first tenth warms up.
    let warm_up = wakes / 10;
    let (mut woken, mut missed) = (0, 0);
    while woken < warm_up + wakes {
        let Some(wake) = wake_once(system, &mut waiter, &mut changer)? else {
            missed += 1;
            // The poll that came too late goes with its connection.
            waiter = Client::connect(system.addr())?;
            ensure!(missed <= MISSED_MAX, "{missed} polls of {woken} came too late to be woken");
            continue;
        };
        woken += 1;
        if woken > warm_up {
            round.after.record(wake.woken.saturating_duration_since(wake.stored));
            round.total.record(wake.woken - wake.sent);
        }
    }
    Ok(round)
}

/// When what happened.
struct Wake {
    sent: Instant,
    stored: Instant,
    woken: Instant,
}

/// Wakes one poll; `None` if it came after its change to a system that forgets changes.
fn wake_once(system: &mut dyn System, waiter: &mut Client, changer: &mut Client) -> Result<Option<Wake>> {
    waiter.send(&system.waiter()?)?;
    let change = system.change()?;
    std::thread::sleep(PARKING);
    ensure!(!readable(&[waiter], Duration::ZERO)?, "a poll was answered before there was a change");
    let sent = Instant::now();
    changer.send(&change)?;
    let patience = if system.forgets() { PATIENCE_FORGETFUL } else { PATIENCE };
    let (stored, woken) = both_answers(changer, waiter, patience)?;
    let stored = stored.with_context(|| format!("no answer to a change for {} s", patience.as_secs()))?;
    ensure!(
        (200..=202).contains(&stored.summary.status),
        "a change was answered with {}",
        stored.summary.status
    );
    let Some(woken) = woken else {
        ensure!(system.forgets(), "a wake-up was lost: no answer for {} s", patience.as_secs());
        return Ok(None);
    };
    waiter.check(b"poll", woken.summary, 200)?;
    system.check()(waiter.body())?;
    Ok(Some(Wake { sent, stored: stored.at, woken: woken.at }))
}

#[derive(Clone, Copy)]
struct Answer {
    summary: Summary,
    at: Instant,
}

/// Reads what comes first, then the other one; what did not come within the patience is missing.
fn both_answers(
    first: &mut Client,
    second: &mut Client,
    patience: Duration,
) -> Result<(Option<Answer>, Option<Answer>)> {
    let (mut one, mut two): (Option<Answer>, Option<Answer>) = (None, None);
    loop {
        let come = match (&one, &two) {
            (Some(_), Some(_)) => return Ok((one, two)),
            (None, None) => readable(&[first, second], patience)?,
            (None, Some(_)) => readable(&[first], patience)?,
            (Some(_), None) => readable(&[second], patience)?,
        };
        if !come {
            return Ok((one, two));
        }
        one = read(first, one)?;
        two = read(second, two)?;
    }
}

/// The answer that was read before, or one that has come now.
fn read(client: &mut Client, before: Option<Answer>) -> Result<Option<Answer>> {
    if before.is_some() || !readable(&[client], Duration::ZERO)? {
        return Ok(before);
    }
    Ok(client.receive_some()?.map(|summary| Answer { summary, at: Instant::now() }))
}

/// Whether something can be read from one of them, waiting for it.
fn readable(clients: &[&mut Client], patience: Duration) -> Result<bool> {
    let mut fds: Vec<_> = clients.iter().map(|client| PollFd::new(client.stream(), PollFlags::IN)).collect();
    let patience = Timespec::try_from(patience).context("the patience does not fit")?;
    Ok(rustix::event::poll(&mut fds, Some(&patience))? > 0)
}

/// Seconds from sending a change until the last of all polls that wait for it was answered.
fn wake_all(system: &mut dyn System, size: usize, rounds: usize) -> Result<Vec<f64>> {
    let pids = system.pids();
    let check = system.check();
    let mut changer = Client::connect(system.addr())?;
    let poll = system.waiter()?;
    let mut parked = Parked::open(system.addr(), size, &mut |_| Ok(poll.clone()))?;
    let mut times = Vec::new();
    for round in 0..rounds {
        if round > 0 {
            let poll = system.waiter()?;
            parked.ask_again(&mut |_| Ok(poll.clone()))?;
        }
        settle(&pids)?;
        parked.check_all_wait()?;
        let change = system.change()?;
        let sent = Instant::now();
        changer.send(&change)?;
        let last = parked.all_answered(PATIENCE, check)?;
        times.push((last - sent).as_secs_f64());
        let summary = changer.receive()?;
        ensure!((200..=202).contains(&summary.status), "a change was answered with {}", summary.status);
    }
    Ok(times)
}
