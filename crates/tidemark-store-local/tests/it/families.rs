//! `accounts.db`: permissions that are renewed, in it, across restarts and as version 2 did not know them.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tidemark_core::model::{
    Access, Account, App, AppKey, Lifetime, Proof, SecretHash, Ticket, TicketKind, Timestamp,
};
use tidemark_core::people::{Exchange, Granted, NewApp, NewPerson, Peer, People, Refresh, RefreshError};
use tidemark_core::store::GrantStore;
use tidemark_core::store::memory::{ManualClock, SeededEntropy};
use tidemark_store_local::accounts::{ACCOUNTS_FILE, LocalAccounts};

/// A server on a data folder; each is a life of its own.
struct Server {
    people: People,
    store: LocalAccounts,
    clock: Arc<ManualClock>,
}

impl Server {
    fn start(folder: &Path, life: u64) -> Server {
        let store = LocalAccounts::open(folder).unwrap();
        let clock = Arc::new(ManualClock::new(Timestamp(1_700_000_000_000)));
        let entropy = Arc::new(SeededEntropy::new(life));
        let shared = Arc::new(store.clone());
        let people = People::new(shared.clone(), shared, clock.clone(), entropy);
        Server { people, store, clock }
    }

    async fn link(&self) -> (Account, App) {
        let person = NewPerson {
            email: "ann@example.org".into(),
            name: None,
            password: "correct horse".into(),
            quota: None,
            admin: false,
        };
        let app = NewApp {
            name: "Camera".into(),
            access: Access::Full,
            redirect_uris: vec![],
            same_name: false,
            owner: None,
            webhook_uris: vec![],
        };
        (self.people.add_account(person).await.unwrap(), self.people.register_app(app).await.unwrap())
    }

    async fn first(&self, ann: &Account, app: &App) -> Granted {
        let code = self.people.authorize(ann, app, None, None, Lifetime::Renewed).await.unwrap();
        let exchange = Exchange {
            code: code.reveal(),
            app: &app.key.0,
            secret: Some(&app.secret),
            redirect_uri: None,
            verifier: None,
            only: None,
        };
        self.people.exchange(exchange, peer()).await.unwrap()
    }

    async fn refresh(&self, app: &App, pair: &Granted) -> Result<Granted, RefreshError> {
        let token = pair.refresh.as_ref().unwrap().reveal();
        self.people.refresh(Refresh { token, app: &app.key.0, secret: &app.secret }, peer()).await
    }

    async fn works(&self, pair: &Granted) -> bool {
        self.people.authenticate(pair.token.reveal()).await.is_ok()
    }
}

fn peer() -> Peer {
    std::net::IpAddr::from([192, 0, 2, 1]).into()
}

/// A lost answer, the first use, and that an old refresh token ended everything, are all remembered.
#[tokio::test]
async fn what_became_of_refresh_tokens_survives_restarts() {
    let folder = TempDir::new().unwrap();
    let server = Server::start(folder.path(), 1);
    let (ann, app) = server.link().await;
    let first = server.first(&ann, &app).await;
    let lost = server.refresh(&app, &first).await.unwrap();
    drop(server);

    let server = Server::start(folder.path(), 2);
    let second = server.refresh(&app, &first).await.expect("nobody used what was lost");
    assert!(!server.works(&lost).await && server.works(&first).await && server.works(&second).await);
    drop(server);

    let server = Server::start(folder.path(), 3);
    assert!(server.works(&second).await);
    let third = server.refresh(&app, &second).await.unwrap();
    assert!(matches!(server.refresh(&app, &first).await, Err(RefreshError::Token)));
    drop(server);

    let server = Server::start(folder.path(), 4);
    for pair in [&first, &second, &third] {
        assert!(!server.works(pair).await);
        assert!(matches!(server.refresh(&app, pair).await, Err(RefreshError::Token)));
    }
}

/// A token is noted once, and no request after that writes anything: the log stays as long as it is.
#[tokio::test]
async fn a_token_costs_one_write_in_its_life() {
    let folder = TempDir::new().unwrap();
    let server = Server::start(folder.path(), 1);
    let (ann, app) = server.link().await;
    let version = rusqlite::Connection::open(folder.path().join(ACCOUNTS_FILE)).unwrap();
    // Raised by every commit of another connection that wrote something.
    let writes = || version.pragma_query_value(None, "data_version", |row| row.get::<_, i64>(0)).unwrap();
    let first = server.first(&ann, &app).await;
    let none = writes();
    for _ in 0..3 {
        assert!(server.works(&first).await);
    }
    assert_eq!(writes(), none, "there is nothing to note about the first of a family");
    let second = server.refresh(&app, &first).await.unwrap();
    let before = writes();
    let at_once = futures_util::future::join_all((0..8).map(|_| server.works(&second))).await;
    assert!(at_once.into_iter().all(|works| works));
    let noted = writes();
    assert_ne!(noted, before);
    for _ in 0..3 {
        assert!(server.works(&second).await && server.works(&first).await);
    }
    assert_eq!(writes(), noted);
}

/// Neither tokens nor what they begin with can be read from the disk.
#[tokio::test]
async fn only_digests_are_on_disk() {
    let folder = TempDir::new().unwrap();
    let server = Server::start(folder.path(), 1);
    let (ann, app) = server.link().await;
    let first = server.first(&ann, &app).await;
    let second = server.refresh(&app, &first).await.unwrap();
    let mut bytes = Vec::new();
    for file in std::fs::read_dir(folder.path()).unwrap() {
        bytes.extend(std::fs::read(file.unwrap().path()).unwrap());
    }
    let holds = |part: &[u8]| bytes.windows(part.len()).any(|window| window == part);
    assert!(holds(&second.token.hash().0), "this looks where they are kept");
    for pair in [&first, &second] {
        let refresh = pair.refresh.as_ref().unwrap().reveal();
        assert!(holds(&pair.refresh.as_ref().unwrap().hash().0));
        for text in [pair.token.reveal(), refresh, &refresh[..22], &refresh[22..]] {
            assert!(!holds(text.as_bytes()));
        }
    }
}

/// A database as version 2 wrote it keeps its tokens and codes, which last as they did, and takes families.
#[tokio::test]
async fn a_version_2_database_is_migrated_and_keeps_its_rows() {
    let folder = TempDir::new().unwrap();
    let old = rusqlite::Connection::open(folder.path().join(ACCOUNTS_FILE)).unwrap();
    old.execute_batch(include_str!("../../src/accounts/schema/1.sql")).unwrap();
    old.execute_batch(include_str!("../../src/accounts/schema/2.sql")).unwrap();
    old.pragma_update(None, "user_version", 2).unwrap();
    old.execute_batch(
        "INSERT INTO namespace VALUES (1, 5);
         INSERT INTO account (id, email, email_key, name, namespace, admin, created)
             VALUES (1, 'ann@example.org', 'ann@example.org', 'Ann', 1, 1, 5);
         INSERT INTO app (key, secret, name, access, redirect_uris, disabled, created)
             VALUES ('a', 's', 'A', 'full', '', 0, 5);
         INSERT INTO permission (id, account, app, token, created, proof)
             VALUES (7, 1, 'a', zeroblob(32), 5, 'bearer'),
             (8, 1, 'a', x'0202020202020202020202020202020202020202020202020202020202020202', 6, 'oauth1');
         INSERT INTO ticket (secret, expires, kind, account, app) VALUES (zeroblob(32), 99, 'code', 1, 'a');",
    )
    .unwrap();
    drop(old);

    let server = Server::start(folder.path(), 1);
    for (token, proof) in [(0, Proof::Bearer), (2, Proof::OAuth1)] {
        let (grant, ..) = server.store.grant(SecretHash([token; 32])).await.unwrap().unwrap();
        assert_eq!((grant.proof, grant.expires, grant.family, grant.unsettled), (proof, None, None, false));
    }
    let ann = server.people.account("ann@example.org").await.unwrap();
    let (account, app) = (ann.id, AppKey("a".into()));
    let kind =
        TicketKind::Code { account, app, redirect_uri: None, challenge: None, lifetime: Lifetime::Lasting };
    let code = Ticket { secret: SecretHash([0; 32]), expires: Timestamp(99), kind };
    assert_eq!(server.store.ticket(code.secret).await.unwrap(), Some(code));
    let app = server.people.app("a").await.unwrap();
    let first = server.first(&ann, &app).await;
    assert!(server.works(&first).await);
    server.clock.advance(Duration::from_secs(90 * 24 * 60 * 60));
    server.people.sweep().await.unwrap();
    assert_eq!(server.store.grants(ann.id).await.unwrap().len(), 2, "what was there lasts");
}
