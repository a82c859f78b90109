//! Whose turn it is. Each account has a lane in which its work goes one behind the other (or a few beside one another);
//! only the head of a lane stands in line with the heads of the others. So a thousand pictures of one account keep
//! another's first one waiting for no more than the work that is in progress.

use crate::model::AccountId;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How much there is room for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Room {
    /// How much is worked on at once.
    pub(crate) at_once: usize,
    /// How much of that for one account.
    pub(crate) at_once_per_account: usize,
    /// How many requests of one account may wait.
    pub(crate) waiting_per_account: usize,
}

pub(crate) struct Lanes {
    room: Room,
    places: Arc<Semaphore>,
    lanes: Arc<Mutex<HashMap<AccountId, Lane>>>,
}

struct Lane {
    turns: Arc<Semaphore>,
    /// Requests that wait for something in it.
    waiting: usize,
    /// Work that stands in it, waiting or in progress.
    standing: usize,
}

/// The right to work, until it is dropped.
pub(crate) struct Turn {
    _place: Option<OwnedSemaphorePermit>,
    _turn: Option<OwnedSemaphorePermit>,
    _standing: Member,
}

/// The right to wait, until it is dropped.
pub(crate) struct Waiting(#[expect(dead_code, reason = "it counts for as long as it lives")] Member);

/// Counted in a lane, which is forgotten with its last one.
struct Member {
    lanes: Arc<Mutex<HashMap<AccountId, Lane>>>,
    account: AccountId,
    counter: fn(&mut Lane) -> &mut usize,
}

impl Lanes {
    pub(crate) fn new(room: Room) -> Lanes {
        let places = Arc::new(Semaphore::new(room.at_once.max(1)));
        Lanes { room, places, lanes: Arc::default() }
    }

    /// Counts a request that waits; nothing if the account has too many already.
    pub(crate) fn wait(&self, account: AccountId) -> Option<Waiting> {
        self.enter(account, |lane| &mut lane.waiting, self.room.waiting_per_account)
            .map(|(member, _)| Waiting(member))
    }

    /// Waits for the account's turn.
    pub(crate) async fn turn(&self, account: AccountId) -> Turn {
        let entered = self.enter(account, |lane| &mut lane.standing, usize::MAX);
        let (standing, turns) = entered.expect("there is no limit");
        // Neither is ever closed.
        let turn = turns.acquire_owned().await.ok();
        let place = Arc::clone(&self.places).acquire_owned().await.ok();
        Turn { _place: place, _turn: turn, _standing: standing }
    }

    fn enter(
        &self,
        account: AccountId,
        counter: fn(&mut Lane) -> &mut usize,
        max: usize,
    ) -> Option<(Member, Arc<Semaphore>)> {
        let mut lanes = locked(&self.lanes);
        let lane = lanes.entry(account).or_insert_with(|| Lane {
            turns: Arc::new(Semaphore::new(self.room.at_once_per_account.max(1))),
            waiting: 0,
            standing: 0,
        });
        if *counter(lane) >= max {
            return None;
        }
        *counter(lane) += 1;
        Some((Member { lanes: Arc::clone(&self.lanes), account, counter }, Arc::clone(&lane.turns)))
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        let mut lanes = locked(&self.lanes);
        let Some(lane) = lanes.get_mut(&self.account) else { return };
        *(self.counter)(lane) -= 1;
        if lane.waiting == 0 && lane.standing == 0 {
            lanes.remove(&self.account);
        }
    }
}

fn locked(lanes: &Mutex<HashMap<AccountId, Lane>>) -> MutexGuard<'_, HashMap<AccountId, Lane>> {
    lanes.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;

    fn lanes(at_once: usize, at_once_per_account: usize) -> Lanes {
        Lanes::new(Room { at_once, at_once_per_account, waiting_per_account: 2 })
    }

    #[tokio::test]
    async fn heads_of_lanes_take_turns() {
        let lanes = lanes(1, 1);
        let (ann, bob) = (AccountId(1), AccountId(2));
        let first = lanes.turn(ann).await;
        let (mut second, mut third, mut bobs) =
            (Box::pin(lanes.turn(ann)), Box::pin(lanes.turn(ann)), Box::pin(lanes.turn(bob)));
        for waiting in [&mut second, &mut third, &mut bobs] {
            assert!(waiting.now_or_never().is_none());
        }
        drop(first);
        assert!((&mut third).now_or_never().is_none());
        assert!((&mut second).now_or_never().is_none(), "bob's came before ann's second was at the head");
        let turn = (&mut bobs).now_or_never().expect("it is bob's turn");
        drop(turn);
        let turn = (&mut second).now_or_never().expect("it is ann's turn again");
        drop(turn);
        drop((&mut third).now_or_never().expect("and again"));
        drop((second, third, bobs));
        assert!(locked(&lanes.lanes).is_empty(), "who wants nothing is forgotten");
    }

    #[tokio::test]
    async fn so_many_may_wait_and_others_have_their_own() {
        let lanes = lanes(1, 1);
        let (one, _two) = (lanes.wait(AccountId(1)).expect("free"), lanes.wait(AccountId(1)).expect("free"));
        assert!(lanes.wait(AccountId(1)).is_none());
        assert!(lanes.wait(AccountId(2)).is_some());
        drop(one);
        assert!(lanes.wait(AccountId(1)).is_some());
    }
}
