//! Who is let in by a link.

use super::{BROWSER, PASSWORD, World, peer};
use crate::model::{
    AccountId, AppKey, Audience, EntryId, Link, LinkId, LinkKey, LinkRules, NamespaceId, PasswordHash,
    Referent, Timestamp, Visits,
};
use crate::people::{Admission, Guest, LINK_PROOF_LIFE, LinkPasswordError, LockedLink, UnlockError};
use futures_util::future::join_all;
use std::sync::atomic::Ordering;
use std::time::Duration;

const OWNER: AccountId = AccountId(1);

fn link(audience: Audience, password: Option<PasswordHash>) -> Link {
    Link {
        id: LinkId(7),
        key: LinkKey("abcdefghij01234".into()),
        account: OWNER,
        referent: Referent { namespace: NamespaceId(1), entry: EntryId(1), born: Timestamp(1) },
        app: AppKey("app".into()),
        created: Timestamp(1),
        rules: LinkRules { audience, password, ..LinkRules::default() },
        visits: Visits::default(),
    }
}

impl World {
    /// What becomes of somebody: "open", "locked" or "closed".
    fn admits(&self, link: &Link, account: Option<AccountId>, proof: Option<&str>) -> &'static str {
        match self.people.admit_guest(link.clone(), Guest { account, proof }) {
            Admission::Open(_) => "open",
            Admission::Locked(_) => "locked",
            Admission::Closed => "closed",
        }
    }

    fn locked(&self, link: &Link) -> LockedLink {
        match self.people.admit_guest(link.clone(), Guest::default()) {
            Admission::Locked(locked) => locked,
            other => panic!("{other:?}"),
        }
    }

    async fn protected(&self, password: &str) -> Link {
        link(Audience::Everybody, Some(self.people.link_password(OWNER, password).await.unwrap()))
    }
}

#[tokio::test]
async fn a_link_is_for_whom_it_was_meant() {
    let world = World::new();
    let hash = || Some(PasswordHash("hash".into()));
    let (nobody, owner, member) = (None, Some(OWNER), Some(AccountId(2)));
    for (link, expected) in [
        (link(Audience::Everybody, None), ["open", "open", "open"]),
        (link(Audience::Everybody, hash()), ["locked", "open", "locked"]),
        (link(Audience::Members, None), ["closed", "open", "open"]),
        (link(Audience::Owner, None), ["closed", "open", "closed"]),
    ] {
        let admitted = [nobody, owner, member].map(|account| world.admits(&link, account, Some("proof")));
        assert_eq!(admitted, expected, "{link:?}");
    }
}

#[tokio::test]
async fn who_knew_the_password_is_let_in_until_it_changes_or_a_day_is_over() {
    let world = World::new();
    let link = world.protected("correct horse").await;
    let locked = world.locked(&link);
    for wrong in ["Correct horse", "correct horse ", "short", ""] {
        let refused = world.people.unlock(&locked, wrong, peer(1)).await;
        assert!(matches!(refused, Err(UnlockError::Refused)), "{wrong}");
    }
    let (proof, open) = world.people.unlock(&locked, "correct horse", peer(1)).await.unwrap();
    assert_eq!(open.link(), &link);
    let proof = proof.reveal();
    assert_eq!(world.admits(&link, None, Some(proof)), "open");
    assert!(!format!("{locked:?}{open:?}").contains("correct horse"));

    let other = Link { id: LinkId(8), ..link.clone() };
    assert_eq!(world.admits(&other, None, Some(proof)), "locked", "it is for one link");
    let again = world.protected("correct horse").await;
    assert_eq!(world.admits(&again, None, Some(proof)), "locked", "it is for one choice of a password");

    for at in [0, 10, proof.len() - 1] {
        let mut forged = proof.to_owned().into_bytes();
        forged[at] = if forged[at] == b'A' { b'B' } else { b'A' };
        let forged = String::from_utf8(forged).unwrap();
        assert_eq!(world.admits(&link, None, Some(&forged)), "locked", "{at}");
    }
    for forged in ["", "x", &proof[1..], &format!("{proof}A"), &"A".repeat(54), &"é".repeat(27)] {
        assert_eq!(world.admits(&link, None, Some(forged)), "locked", "{forged}");
    }
    world.clock.advance(LINK_PROOF_LIFE - Duration::from_millis(1));
    assert_eq!(world.admits(&link, None, Some(proof)), "open");
    world.clock.advance(Duration::from_millis(1));
    assert_eq!(world.admits(&link, None, Some(proof)), "locked");
}

/// A restart forgets nobody, and no other server's proof counts.
#[tokio::test]
async fn proofs_are_made_with_the_servers_secret() {
    let with = |secret: u8| {
        let World { people, clock } = World::new();
        World { people: people.with_secret(&[secret; 32]), clock }
    };
    let server = with(7);
    let link = server.protected("correct horse").await;
    let (proof, _) = server.people.unlock(&server.locked(&link), "correct horse", peer(1)).await.unwrap();
    assert_eq!(with(7).admits(&link, None, Some(proof.reveal())), "open");
    assert_eq!(with(8).admits(&link, None, Some(proof.reveal())), "locked");
}

#[tokio::test]
async fn whoever_guesses_waits() {
    let world = World::new();
    let link = world.protected("correct horse").await;
    let locked = world.locked(&link);
    for _ in 0..5 {
        assert!(matches!(
            world.people.unlock(&locked, "wrong horse", peer(1)).await,
            Err(UnlockError::Refused)
        ));
    }
    let hashes = world.people.passwords.hashes.load(Ordering::Relaxed);
    for guess in ["wrong horse", "correct horse"] {
        let held = world.people.unlock(&locked, guess, peer(1)).await;
        assert!(matches!(held, Err(UnlockError::Wait(wait)) if wait > Duration::ZERO), "{held:?}");
    }
    assert_eq!(world.people.passwords.hashes.load(Ordering::Relaxed), hashes, "no guess was looked at");
    assert!(world.people.unlock(&locked, "correct horse", peer(2)).await.is_ok(), "others do not");
    let other = Link { id: LinkId(8), ..link };
    assert!(
        world.people.unlock(&world.locked(&other), "correct horse", peer(1)).await.is_ok(),
        "nor elsewhere"
    );
}

#[tokio::test]
async fn a_password_is_long_enough() {
    let world = World::new();
    let refused = world.people.link_password(OWNER, "1234567").await;
    assert!(matches!(refused, Err(LinkPasswordError::Unfit(_))), "{refused:?}");
    assert!(world.people.link_password(OWNER, "12345678").await.unwrap().0.starts_with("$argon2id$"));
}

/// Programs say it with each request; a hash takes tens of milliseconds.
#[tokio::test]
async fn a_password_that_was_right_is_hashed_once() {
    let world = World::new();
    let link = world.protected("correct horse").await;
    let locked = world.locked(&link);
    let hashes = || world.people.passwords.hashes.load(Ordering::Relaxed);
    world.people.unlock(&locked, "correct horse", peer(1)).await.unwrap();
    let before = hashes();
    let (proof, _) = world.people.unlock(&locked, "correct horse", peer(2)).await.unwrap();
    assert_eq!((hashes(), world.admits(&link, None, Some(proof.reveal()))), (before, "open"));
    for wrong in ["correct horsf", "wrong horse"] {
        assert!(matches!(world.people.unlock(&locked, wrong, peer(2)).await, Err(UnlockError::Refused)));
    }
    assert_eq!(hashes(), before + 2, "a guess costs as much as ever");
    let changed = world.protected("battery staple").await;
    let refused = world.people.unlock(&world.locked(&changed), "correct horse", peer(3)).await;
    assert!(matches!(refused, Err(UnlockError::Refused)), "it was right before");
    let other = Link { id: LinkId(8), ..world.protected("another horse").await };
    let refused = world.people.unlock(&world.locked(&other), "correct horse", peer(4)).await;
    assert!(matches!(refused, Err(UnlockError::Refused)), "it is another's");
    for _ in 0..5 {
        assert!(world.people.unlock(&locked, "wrong horse", peer(5)).await.is_err());
    }
    let held = world.people.unlock(&locked, "correct horse", peer(5)).await;
    assert!(matches!(held, Err(UnlockError::Wait(_))), "who guesses waits for this, too");
}

/// Hashing takes long, and all who sign in wait for it, too.
#[tokio::test]
async fn whoever_sets_passwords_keeps_nobody_from_signing_in() {
    let world = World::new();
    world.account("ann@example.org").await;
    let set = join_all((0..100).map(|_| world.people.link_password(OWNER, "correct horse")));
    let other = world.people.link_password(AccountId(2), "correct horse");
    let sign_in = world.people.sign_in("ann@example.org", PASSWORD, peer(1), BROWSER);
    let (set, other, sign_in) = tokio::join!(set, other, sign_in);
    assert!(sign_in.is_ok(), "{:?}", sign_in.err());
    assert!(other.is_ok(), "others have a line of their own");
    let busy = set.iter().filter(|made| matches!(made, Err(LinkPasswordError::Busy))).count();
    assert_eq!((set.iter().filter(|made| made.is_ok()).count(), busy), (16, 84));
}
