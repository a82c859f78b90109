//! Accounts that an app may have to be told of.

use crate::model::AccountId;
use std::collections::{HashSet, VecDeque};

/// Accounts, each once, in the order in which they came: one that changes all the time cannot keep others waiting.
#[derive(Default)]
pub(super) struct Due {
    order: VecDeque<AccountId>,
    present: HashSet<AccountId>,
}

impl Due {
    pub(super) fn is_empty(&self) -> bool {
        self.order.is_empty()
    }

    pub(super) fn push(&mut self, account: AccountId) {
        if self.present.insert(account) {
            self.order.push_back(account);
        }
    }

    /// Up to so many, the ones that have waited longest.
    pub(super) fn take(&mut self, limit: usize) -> Vec<AccountId> {
        let taken: Vec<AccountId> = self.order.drain(..limit.min(self.order.len())).collect();
        for account in &taken {
            self.present.remove(account);
        }
        taken
    }

    /// What was taken is still due, before everything else.
    pub(super) fn put_back(&mut self, accounts: &[AccountId]) {
        for account in accounts.iter().rev() {
            if self.present.insert(*account) {
                self.order.push_front(*account);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_waited_longest_comes_first_and_once() {
        let mut due = Due::default();
        for n in [3, 1, 3, 2, 1] {
            due.push(AccountId(n));
        }
        let first = due.take(2);
        assert_eq!(first, [AccountId(3), AccountId(1)]);
        due.push(AccountId(3));
        due.put_back(&first);
        assert_eq!(due.take(9), [AccountId(1), AccountId(2), AccountId(3)]);
        assert!(due.is_empty());
    }
}
