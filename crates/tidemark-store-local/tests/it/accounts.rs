//! `accounts.db`: the promises, several processes' worth of connections, and what is on disk.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tidemark_core::model::{
    Access, AccountId, App, AppKey, EntryId, Grant, GrantId, Link, LinkAddress, LinkId, LinkKey, LinkRules,
    NamespaceId, Proof, Referent, SecretHash, Timestamp, Vanity, Visits,
};
use tidemark_core::store::{
    AccountChange, AccountStore, AddAccount, AddLink, AppChange, GrantStore, LinkStore, NONCES_MAX,
    NewAccount, NewGrant, NewLink, SessionStore, StoreError, UseStore, WebhookStore, conformance,
};
use tidemark_store_local::OpenError;
use tidemark_store_local::accounts::{ACCOUNTS_FILE, LocalAccounts};

#[tokio::test]
async fn keeps_the_promises() {
    let folder = TempDir::new().unwrap();
    let opened = std::sync::atomic::AtomicU32::new(0);
    let open = || async {
        let n = opened.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        LocalAccounts::open(&folder.path().join(n.to_string())).unwrap()
    };
    conformance::accounts::suite(open).await;
    conformance::sessions::suite(open).await;
    conformance::families::suite(open).await;
    conformance::webhooks::suite(open).await;
    conformance::links::suite(open).await;
}

fn open(folder: &TempDir) -> LocalAccounts {
    LocalAccounts::open(folder.path()).unwrap()
}

fn token(n: u8) -> SecretHash {
    SecretHash([n; 32])
}

async fn link(store: &LocalAccounts) -> (AccountId, App, Grant) {
    let new = NewAccount {
        email: "ann@example.org".into(),
        name: "Ann".into(),
        password: None,
        quota: None,
        admin: false,
        created: Timestamp(1),
        first_only: false,
    };
    let AddAccount::Added(ann) = store.add_account(new).await.unwrap() else { panic!("ann is new") };
    let app = App {
        key: AppKey("a".into()),
        secret: "s".into(),
        name: "A".into(),
        access: Access::Full,
        redirect_uris: vec![],
        webhook_uris: vec![],
        disabled: false,
        paused: false,
        created: Timestamp(1),
        owner: None,
    };
    store.add_app(&app).await.unwrap();
    let grant = store
        .add_grant(NewGrant::lasting(ann.id, &app.key, Proof::Bearer, token(1), Timestamp(1)))
        .await
        .unwrap();
    (ann.id, app, grant)
}

/// Separate connections see each other as separate processes do: through the file alone.
#[tokio::test]
async fn what_another_process_changes_holds_within_a_tenth_of_a_second() {
    let moment = || tokio::time::sleep(Duration::from_millis(100));
    let folder = TempDir::new().unwrap();
    let (server, command) = (open(&folder), open(&folder));
    let (ann, app, grant) = link(&command).await;
    assert!(server.grant(token(1)).await.unwrap().is_some(), "and now it is in the cache");

    command.change_account(ann, AccountChange::Disabled(true)).await.unwrap();
    moment().await;
    assert!(server.grant(token(1)).await.unwrap().unwrap().1.disabled);
    command.change_app(&app.key, AppChange::Disabled(true)).await.unwrap();
    moment().await;
    assert!(server.grant(token(1)).await.unwrap().unwrap().2.disabled);
    command.revoke_grant(grant.id).await.unwrap();
    moment().await;
    assert_eq!(server.grant(token(1)).await.unwrap(), None);
}

#[tokio::test]
async fn what_this_process_changes_holds_at_once() {
    let folder = TempDir::new().unwrap();
    let server = open(&folder);
    let (ann, _, grant) = link(&server).await;
    assert!(server.grant(token(1)).await.unwrap().is_some(), "and now it is in the cache");
    server.change_account(ann, AccountChange::Disabled(true)).await.unwrap();
    assert!(server.grant(token(1)).await.unwrap().unwrap().1.disabled);
    server.revoke_grant(grant.id).await.unwrap();
    assert_eq!(server.grant(token(1)).await.unwrap(), None);
}

#[tokio::test]
async fn everything_survives_being_closed() {
    let folder = TempDir::new().unwrap();
    let (ann, app, grant) = link(&open(&folder)).await;
    let store = open(&folder);
    assert_eq!(store.account(ann).await.unwrap().unwrap().name, "Ann");
    assert_eq!(store.apps().await.unwrap(), [app]);
    assert_eq!(store.grant(token(1)).await.unwrap().unwrap().0, grant);
    store.revoke_grant(grant.id).await.unwrap();
    drop(store);
    let next = open(&folder)
        .add_grant(NewGrant::lasting(ann, &AppKey("a".into()), Proof::Bearer, token(2), Timestamp(1)))
        .await
        .unwrap();
    assert!(next.id > grant.id, "numbers are not used twice, even after the last was revoked");
}

#[test]
fn many_may_create_and_open_it_at_once() {
    let folder = Arc::new(TempDir::new().unwrap());
    let open = |_| {
        let folder = Arc::clone(&folder);
        std::thread::spawn(move || LocalAccounts::open(&folder.path().join("new")).map(|_| ()))
    };
    let opening: Vec<_> = (0..8).map(open).collect();
    for thread in opening {
        thread.join().unwrap().unwrap();
    }
}

#[tokio::test]
async fn writers_of_several_processes_wait_for_each_other() {
    let folder = TempDir::new().unwrap();
    let stores: Vec<LocalAccounts> = (0..4).map(|_| open(&folder)).collect();
    let (ann, app, _) = link(&stores[0]).await;
    let adds = (0..80).map(|n| {
        stores[n % 4].add_grant(NewGrant::lasting(
            ann,
            &app.key,
            Proof::Bearer,
            token(n as u8 + 10),
            Timestamp(1),
        ))
    });
    for added in futures_util::future::join_all(adds).await {
        added.unwrap();
    }
    assert_eq!(stores[1].grants(ann).await.unwrap().len(), 81);
}

#[tokio::test]
async fn a_lookup_is_cheap() {
    let folder = TempDir::new().unwrap();
    let store = open(&folder);
    link(&store).await;
    store.grant(token(1)).await.unwrap();
    let round = async || {
        let start = Instant::now();
        for _ in 0..2_000 {
            store.grant(token(1)).await.unwrap().unwrap();
        }
        start.elapsed() / 2_000
    };
    let mut fastest = Duration::MAX;
    for _ in 0..5 {
        fastest = fastest.min(round().await);
    }
    // Some 5 us in this unoptimized build; 60 us without the cache.
    assert!(fastest < Duration::from_micros(30), "{fastest:?}");
}

/// Of the first release, with an app that had two addresses which nobody has ever asked whether they want to be told.
#[tokio::test]
async fn a_database_of_version_1_is_brought_up_to_date() {
    let folder = TempDir::new().unwrap();
    let old = rusqlite::Connection::open(folder.path().join(ACCOUNTS_FILE)).unwrap();
    old.execute_batch(include_str!("../../src/accounts/schema/1.sql")).unwrap();
    old.execute_batch(
        "INSERT INTO namespace VALUES (7, 1);
         INSERT INTO account VALUES (1, 'Ann@x', 'ann@x', 'Ann', NULL, 7, NULL, 0, 0, 1);
         INSERT INTO app VALUES (1, 'a', 's', 'A', 'full', 'https://r', 'https://one' || char(10) || 'https://two', 0, 5);
         INSERT INTO app VALUES (2, 'b', 's', 'B', 'full', '', '', 0, 6);
         INSERT INTO permission VALUES (1, 1, 'a', zeroblob(32), 5);
         PRAGMA user_version = 1;",
    )
    .unwrap();
    drop(old);
    let store = open(&folder);
    let (_, ann, app) = store.grant(SecretHash([0; 32])).await.unwrap().unwrap();
    assert_eq!((ann.email.as_str(), app.redirect_uris.as_slice()), ("Ann@x", &["https://r".to_owned()][..]));
    assert_eq!(app.webhook_uris, ["https://one", "https://two"]);
    assert_eq!(store.apps().await.unwrap()[1].webhook_uris, [""; 0]);
    let webhooks = store.webhooks().await.unwrap();
    assert_eq!(
        webhooks.iter().map(|hook| hook.uri.as_str()).collect::<Vec<_>>(),
        ["https://one", "https://two"]
    );
    assert!(webhooks.iter().all(|hook| hook.health.disabled == Some(Timestamp(5))));
    let new = NewLink {
        key: LinkKey("abcdefghijklmno".into()),
        account: ann.id,
        referent: Referent { namespace: ann.namespace, entry: EntryId(1), born: Timestamp(1) },
        app: app.key,
        created: Timestamp(6),
        rules: LinkRules::default(),
    };
    assert!(matches!(store.add_link(new, 10).await.unwrap(), AddLink::Made(link) if link.id.0 == 1));
    drop(store);
    assert_eq!(open(&folder).webhooks().await.unwrap(), webhooks);
}

#[test]
fn a_newer_programs_database_is_left_alone() {
    let folder = TempDir::new().unwrap();
    drop(open(&folder));
    let file = folder.path().join(ACCOUNTS_FILE);
    let raise = rusqlite::Connection::open(&file).unwrap();
    raise.pragma_update(None, "user_version", 99).unwrap();
    let refused = LocalAccounts::open(folder.path());
    assert!(matches!(refused, Err(OpenError::TooNew { found: 99, .. })));
}

#[test]
fn what_is_no_database_is_refused() {
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join(ACCOUNTS_FILE), "x".repeat(5_000)).unwrap();
    assert!(matches!(LocalAccounts::open(folder.path()), Err(OpenError::Database { .. })));
    let refused = LocalAccounts::open(Path::new("/dev/null/x"));
    assert!(matches!(refused, Err(OpenError::File { .. })));
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_owner_can_read_it() {
    use std::os::unix::fs::PermissionsExt;
    let folder = TempDir::new().unwrap();
    let inner = folder.path().join("data");
    let store = LocalAccounts::open(&inner).unwrap();
    link(&store).await;
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&inner), 0o700);
    let mut files = 0;
    for file in std::fs::read_dir(&inner).unwrap() {
        assert_eq!(mode(&file.unwrap().path()), 0o600);
        files += 1;
    }
    assert_eq!(files, 3, "the database, its log and its index");
}

/// A database as version 1 wrote it keeps its people, its tokens (which are bearer tokens) and its sessions.
#[tokio::test]
async fn a_version_1_database_is_migrated_and_keeps_its_rows() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join(ACCOUNTS_FILE);
    let old = rusqlite::Connection::open(&file).unwrap();
    old.execute_batch(include_str!("../../src/accounts/schema/1.sql")).unwrap();
    old.pragma_update(None, "user_version", 1).unwrap();
    old.execute_batch(
        "INSERT INTO namespace VALUES (1, 5);
         INSERT INTO account (id, email, email_key, name, namespace, admin, created)
             VALUES (1, 'ann@example.org', 'ann@example.org', 'Ann', 1, 1, 5);
         INSERT INTO app (key, secret, name, access, redirect_uris, webhook_uris, disabled, created)
             VALUES ('a', 's', 'A', 'full', '', '', 0, 5);
         INSERT INTO permission (id, account, app, token, created) VALUES (7, 1, 'a', zeroblob(32), 5);
         INSERT INTO ticket (secret, expires, kind, account) VALUES (zeroblob(32), 99, 'session', 1);
         INSERT INTO ticket (secret, expires, kind, permission)
             VALUES (x'0101010101010101010101010101010101010101010101010101010101010101', 99, 'spent-code', 7);",
    )
    .unwrap();
    drop(old);

    let store = open(&folder);
    let (grant, ann, app) = store.grant(token(0)).await.unwrap().unwrap();
    assert_eq!(
        (grant.id, grant.proof, ann.name.as_str(), app.name.as_str()),
        (GrantId(7), Proof::Bearer, "Ann", "A")
    );
    let session = store.session(token(0)).await.unwrap().unwrap();
    let month = 30 * 24 * 60 * 60 * 1_000;
    assert_eq!(
        (session.account, session.expires, session.created),
        (ann.id, Timestamp(99), Timestamp(99 - month))
    );
    assert_eq!((session.browser.as_str(), session.address.as_str()), ("", ""), "nobody had asked");
    assert_eq!(store.ticket(token(0)).await.unwrap(), None);
    assert_eq!(store.account_uses().await.unwrap(), [(ann.id, session.created)]);
    assert_eq!(store.ticket(token(1)).await.unwrap(), None, "nobody knows whose code it was");
    let next = store
        .add_grant(NewGrant::lasting(ann.id, &app.key, Proof::OAuth1, token(9), Timestamp(6)))
        .await
        .unwrap();
    assert_eq!(store.grant(token(9)).await.unwrap().unwrap().0, next);
    drop(store);
    open(&folder);
    let version = rusqlite::Connection::open(&file).unwrap();
    assert_eq!(version.pragma_query_value(None, "user_version", |row| row.get::<_, u32>(0)).unwrap(), 5);
}

/// Links of version 2 stay what they were: open to everybody.
#[tokio::test]
async fn a_version_2_database_is_migrated_and_keeps_its_links() {
    let folder = TempDir::new().unwrap();
    let old = rusqlite::Connection::open(folder.path().join(ACCOUNTS_FILE)).unwrap();
    for version in
        [include_str!("../../src/accounts/schema/1.sql"), include_str!("../../src/accounts/schema/2.sql")]
    {
        old.execute_batch(version).unwrap();
    }
    old.execute_batch(
        "INSERT INTO namespace VALUES (1, 5);
         INSERT INTO account (id, email, email_key, name, namespace, admin, created)
             VALUES (1, 'ann@example.org', 'ann@example.org', 'Ann', 1, 1, 5);
         INSERT INTO app (key, secret, name, access, redirect_uris, disabled, created)
             VALUES ('a', 's', 'A', 'full', '', 0, 5);
         INSERT INTO link (id, key, account, namespace, entry, born, app, created, expires)
             VALUES (3, 'abcdefghij01234', 1, 1, 9, 4, 'a', 5, NULL), (7, 'abcdefghij56789', 1, 1, 10, 4, 'a', 6, 99);
         PRAGMA user_version = 2;",
    )
    .unwrap();
    drop(old);
    let link = |id, key: &str, entry, created, expires: Option<i64>| Link {
        id: LinkId(id),
        key: LinkKey(key.into()),
        account: AccountId(1),
        referent: Referent { namespace: NamespaceId(1), entry: EntryId(entry), born: Timestamp(4) },
        app: AppKey("a".into()),
        created: Timestamp(created),
        rules: LinkRules { expires: expires.map(Timestamp), ..LinkRules::default() },
        visits: Visits::default(),
    };
    let kept = [link(7, "abcdefghij56789", 10, 6, Some(99)), link(3, "abcdefghij01234", 9, 5, None)];
    for _ in 0..2 {
        let store = open(&folder);
        assert_eq!(store.links(AccountId(1), None, 10).await.unwrap(), kept);
        assert_eq!(
            store.link(&LinkAddress::Key(kept[1].key.clone())).await.unwrap().as_ref(),
            Some(&kept[1])
        );
    }
}

/// A page that strangers see, and a listing, go on while somebody's write waits for the disk.
#[tokio::test]
async fn links_are_found_while_another_process_writes() {
    let folder = TempDir::new().unwrap();
    let store = open(&folder);
    let (ann, app, _) = link(&store).await;
    let new = NewLink {
        key: LinkKey("abcdefghijklmno".into()),
        account: ann,
        referent: Referent { namespace: NamespaceId(1), entry: EntryId(1), born: Timestamp(1) },
        app: app.key,
        created: Timestamp(6),
        rules: LinkRules::default(),
    };
    let AddLink::Made(made) = store.add_link(new, 10).await.unwrap() else { panic!("it is new") };
    let mut writer = rusqlite::Connection::open(folder.path().join(ACCOUNTS_FILE)).unwrap();
    let write = writer.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate).unwrap();
    let waiting = tokio::spawn({
        let store = store.clone();
        async move { store.remove_link(ann, LinkId(1)).await }
    });
    let found = async {
        let address = LinkAddress::Key(made.key.clone());
        assert_eq!(store.link(&address).await.unwrap().as_ref(), Some(&made));
        assert_eq!(
            store.links_to(ann, NamespaceId(1), &[EntryId(1)]).await.unwrap(),
            std::slice::from_ref(&made)
        );
    };
    tokio::time::timeout(Duration::from_secs(5), found).await.expect("no look waits for a write");
    write.rollback().unwrap();
    assert_eq!(waiting.await.unwrap().unwrap(), Some(made));
}

/// A request that was answered before a restart cannot be sent again after it.
#[tokio::test]
async fn words_survive_being_closed() {
    let folder = TempDir::new().unwrap();
    assert!(open(&folder).remember_once(token(1), Timestamp(5), Timestamp(10)).await.unwrap());
    let store = open(&folder);
    assert!(!store.remember_once(token(1), Timestamp(5), Timestamp(10)).await.unwrap());
    store.sweep_tickets(Timestamp(10)).await.unwrap();
    assert!(open(&folder).remember_once(token(1), Timestamp(5), Timestamp(10)).await.unwrap());
}

#[tokio::test]
async fn it_remembers_so_many_words_and_no_more() {
    let folder = TempDir::new().unwrap();
    let store = open(&folder);
    assert!(store.remember_once(token(1), Timestamp(5), Timestamp(10)).await.unwrap());
    let direct = rusqlite::Connection::open(folder.path().join(ACCOUNTS_FILE)).unwrap();
    // The clock was set back since, and another hour's words have come and gone.
    let last = "INSERT INTO nonce (number, word, expires) VALUES (?1, ?2, 20)";
    direct.execute(last, rusqlite::params![3 * NONCES_MAX, token(2).0]).unwrap();
    assert!(store.remember_once(token(5), Timestamp(5), Timestamp(30)).await.unwrap(), "there are three");
    let others = "WITH RECURSIVE n (i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
                  INSERT INTO nonce (number, word, expires) SELECT i, randomblob(32), 20 FROM n";
    direct.execute(others, [NONCES_MAX - 3]).unwrap();
    assert!(
        store.remember_once(token(3), Timestamp(5), Timestamp(30)).await.unwrap(),
        "there is room for one"
    );
    let refused = store.remember_once(token(4), Timestamp(5), Timestamp(30)).await;
    assert!(matches!(refused, Err(StoreError::Unavailable { .. })));
    assert!(
        !store.remember_once(token(3), Timestamp(5), Timestamp(30)).await.unwrap(),
        "what is known is known"
    );
    let room = store.remember_once(token(4), Timestamp(10), Timestamp(30)).await.unwrap();
    assert!(room, "what expired makes room");
}

/// Links of version 4 are kept with their rules, outlive their app, and their numbers are not given out again.
#[tokio::test]
async fn links_of_version_4_are_kept() {
    let folder = TempDir::new().unwrap();
    let old = rusqlite::Connection::open(folder.path().join(ACCOUNTS_FILE)).unwrap();
    for script in [
        include_str!("../../src/accounts/schema/1.sql"),
        include_str!("../../src/accounts/schema/2.sql"),
        include_str!("../../src/accounts/schema/3.sql"),
        include_str!("../../src/accounts/schema/4.sql"),
    ] {
        old.execute_batch(script).unwrap();
    }
    old.execute_batch(
        "INSERT INTO namespace VALUES (7, 1);
         INSERT INTO account VALUES (1, 'Ann@x', 'ann@x', 'Ann', NULL, 7, NULL, 0, 0, 1);
         INSERT INTO app (key, secret, name, access, redirect_uris, disabled, created) VALUES ('a', 's', 'A', 'full', '', 0, 5);
         INSERT INTO link VALUES (3, 'abcdefghijklmno', 1, 7, 1, 1, 'a', 6, 9, 'members', NULL, 0, 'Summer', 4, 5);
         INSERT INTO link (key, account, namespace, entry, born, app, created) VALUES ('bcdefghijklmnop', 1, 7, 2, 1, 'a', 6);
         DELETE FROM link WHERE id = 4;
         PRAGMA user_version = 4;",
    )
    .unwrap();
    drop(old);
    let store = open(&folder);
    let kept = store.links(AccountId(1), None, 9).await.unwrap();
    let [link] = kept.as_slice() else { panic!("{kept:?}") };
    assert_eq!((link.id.0, link.rules.can_download, link.rules.expires), (3, false, Some(Timestamp(9))));
    let name = LinkAddress::Vanity(Vanity::parse("summer").unwrap());
    assert_eq!(store.link(&name).await.unwrap().as_ref(), Some(link));
    let new = NewLink {
        key: LinkKey("cdefghijklmnopq".into()),
        referent: Referent { entry: EntryId(2), ..link.referent },
        account: AccountId(1),
        app: link.app.clone(),
        created: Timestamp(7),
        rules: LinkRules::default(),
    };
    assert!(matches!(store.add_link(new, 10).await.unwrap(), AddLink::Made(link) if link.id.0 == 5));
    assert!(store.delete_app(&link.app).await.unwrap());
    assert_eq!(store.link(&name).await.unwrap().as_ref(), Some(link));
}
