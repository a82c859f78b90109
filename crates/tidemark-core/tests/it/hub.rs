//! No wake-up is lost, whatever the order of events; limits hold; nothing stays behind.
//!
//! Every step of the hub is one critical section, so trying every order of steps tries every schedule.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use tidemark_core::hub::{Hub, Limits, Overloaded, Reached, Waiter};
use tidemark_core::model::{AccountId, NamespaceId, Seq};
use tidemark_core::store::Announcement;

const TREE: NamespaceId = NamespaceId(1);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Append,
    Announce,
    Register,
    Look,
    Sleep,
}

/// Somebody who does its steps in order, between those of others.
struct Actor {
    steps: &'static [Step],
    done: usize,
    /// A committer: what it appended.
    seq: Seq,
    /// A waiter: how far its last look saw, its place in the hub, and whether it was woken.
    saw: Seq,
    waiter: Option<Waiter>,
    woken: Arc<Flag>,
    told: bool,
}

#[derive(Default)]
struct Flag(AtomicBool);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::SeqCst);
    }
}

const COMMITTER: &[Step] = &[Step::Append, Step::Announce];
const WAITER: &[Step] = &[Step::Register, Step::Look, Step::Sleep];
/// What a waiter must never do.
const CARELESS_WAITER: &[Step] = &[Step::Look, Step::Register, Step::Sleep];

/// Runs one schedule: which actor takes its next step, over and over. Whether some waiter sleeps through a commit.
fn loses(schedule: &[usize], parts: &[&'static [Step]]) -> bool {
    let hub = Arc::new(Hub::new(Limits::default()));
    let mut head = Seq::ZERO;
    let mut actors: Vec<Actor> = parts
        .iter()
        .map(|steps| Actor {
            steps,
            done: 0,
            seq: Seq::ZERO,
            saw: Seq::ZERO,
            waiter: None,
            woken: Arc::default(),
            told: false,
        })
        .collect();
    for &which in schedule {
        let actor = &mut actors[which];
        let step = actor.steps[actor.done];
        actor.done += 1;
        match step {
            Step::Append => {
                head = head.next();
                actor.seq = head;
            }
            Step::Announce => hub.hear(Announcement { namespace: TREE, seq: actor.seq, loud: true }),
            Step::Register => actor.waiter = Some(hub.register(TREE, AccountId(1)).expect("few wait")),
            Step::Look => actor.saw = head,
            Step::Sleep => {
                let waker = Waker::from(Arc::clone(&actor.woken));
                let poll =
                    actor.waiter.as_mut().map(|waiter| waiter.poll_heard(&mut Context::from_waker(&waker)));
                actor.told = matches!(poll, Some(Poll::Ready(_)));
            }
        }
    }
    actors.iter().any(|actor| {
        actor.waiter.is_some() && actor.saw < head && !actor.told && !actor.woken.0.load(Ordering::SeqCst)
    })
}

/// Every order in which the actors' steps can happen.
fn schedules(parts: &[&'static [Step]]) -> Vec<Vec<usize>> {
    fn extend(left: &mut [usize], schedule: &mut Vec<usize>, all: &mut Vec<Vec<usize>>) {
        if left.iter().all(|left| *left == 0) {
            all.push(schedule.clone());
        }
        for actor in 0..left.len() {
            if left[actor] > 0 {
                left[actor] -= 1;
                schedule.push(actor);
                extend(left, schedule, all);
                schedule.pop();
                left[actor] += 1;
            }
        }
    }
    let mut left: Vec<usize> = parts.iter().map(|steps| steps.len()).collect();
    let mut all = Vec::new();
    extend(&mut left, &mut Vec::new(), &mut all);
    all
}

#[test]
fn no_schedule_loses_a_wake_up() {
    for parts in [
        &[COMMITTER, WAITER][..],
        &[COMMITTER, COMMITTER, WAITER],
        &[COMMITTER, WAITER, WAITER],
        &[COMMITTER, COMMITTER, WAITER, WAITER],
    ] {
        let schedules = schedules(parts);
        for schedule in &schedules {
            assert!(!loses(schedule, parts), "lost by {schedule:?}");
        }
    }
}

/// The check can fail: a waiter that looks before it registers sleeps through some commits.
#[test]
fn looking_before_registering_is_found_out() {
    let parts = &[COMMITTER, CARELESS_WAITER];
    assert!(schedules(parts).iter().any(|schedule| loses(schedule, parts)));
}

#[test]
fn a_waiter_is_told_each_position_once_and_stale_news_never() {
    let hub = Arc::new(Hub::new(Limits::default()));
    let mut waiter = hub.register(TREE, AccountId(1)).expect("few wait");
    let woken = Arc::new(Flag::default());
    let waker = Waker::from(Arc::clone(&woken));
    let cx = &mut Context::from_waker(&waker);
    let reached = |seq, loud| Poll::Ready(Reached { seq: Seq(seq), loud: Seq(loud) });
    let hear = |seq| hub.hear(Announcement { namespace: TREE, seq: Seq(seq), loud: true });
    let hear_quietly = |seq| hub.hear(Announcement { namespace: TREE, seq: Seq(seq), loud: false });
    hear(3);
    assert_eq!(waiter.poll_heard(cx), reached(3, 3));
    assert!(waiter.poll_heard(cx).is_pending());
    for seq in [3, 2, 1] {
        hear(seq);
    }
    hub.hear(Announcement { namespace: NamespaceId(2), seq: Seq(9), loud: true });
    assert!(!woken.0.load(Ordering::SeqCst), "doubled, late and foreign news wake nobody");
    hear(7);
    assert!(woken.0.load(Ordering::SeqCst));
    assert_eq!(waiter.poll_heard(cx), reached(7, 7));
    hear_quietly(9);
    assert_eq!(waiter.poll_heard(cx), reached(9, 7));
    hear(8);
    assert_eq!(waiter.poll_heard(cx), reached(9, 8), "a loud one is news, though a quiet one overtook it");
    hear_quietly(8);
    assert!(waiter.poll_heard(cx).is_pending());
}

#[test]
fn limits_hold_and_places_are_given_back() {
    let hub = Arc::new(Hub::new(Limits { waiters: 3, waiters_per_account: 2 }));
    let register = |tree, account| hub.register(NamespaceId(tree), AccountId(account));
    let first = register(1, 1).expect("the first");
    let second = register(2, 1).expect("the second");
    assert_eq!(register(1, 1).err(), Some(Overloaded), "too many of one account");
    let third = register(1, 2).expect("of another account");
    assert_eq!(register(3, 3).err(), Some(Overloaded), "too many in all");
    assert_eq!(hub.waiting(), 3);
    drop(second);
    assert_eq!(hub.topics(), [NamespaceId(1)]);
    drop((register(1, 1).expect("a place was given back"), first, third));
    assert_eq!(hub.waiting(), 0);
    assert!(hub.topics().is_empty(), "a topic lives as long as its waiters");
}
