//! Grants at the price of a look into shared memory: every request asks for one.

use super::rows::{self, ACCOUNT, APP, GRANT};
use rusqlite::{Connection, OptionalExtension};
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};
use tidemark_core::model::{Account, App, Grant, SecretHash};

type Linked = (Grant, Account, App);

/// How many grants are kept; some 500 bytes each. Beyond this, all are forgotten and the busy ones come back.
const GRANTS_MAX: usize = 16_384;

/// The grants that were looked up since anybody last changed one, or its account or app.
///
/// `PRAGMA data_version` tells, without touching the disk, whether any other connection has committed: another
/// process's, or this process's writing one. Nothing is ever written through this connection, so a version that is
/// still the same means that what was read is still so. It costs some system calls, so it is asked once in
/// [`FRESH`]; what this process itself changed takes hold at once.
///
/// Much is committed that no grant depends on: each request that is signed leaves a nonce. So when somebody has, the
/// database is asked for the number that its triggers raise whenever a grant may have changed.
pub(super) struct GrantCache(Mutex<State>);

/// How long what was read may be taken for what is: the contract allows a tenth of a second.
const FRESH: Duration = Duration::from_millis(50);

struct State {
    connection: Connection,
    version: i64,
    /// As the database counts it.
    permission_version: i64,
    /// When the version was looked at; nothing if it must be looked at again.
    looked: Option<Instant>,
    grants: HashMap<SecretHash, Linked>,
}

impl GrantCache {
    pub(super) fn new(connection: Connection) -> GrantCache {
        GrantCache(Mutex::new(State {
            connection,
            version: 0,
            permission_version: 0,
            looked: None,
            grants: HashMap::new(),
        }))
    }

    /// The grant that this token carries. A hit takes some microseconds, so this is called without leaving the thread;
    /// a miss is one lookup by index in a small database.
    pub(super) fn look_up(&self, token: SecretHash) -> rusqlite::Result<Option<Linked>> {
        let mut state = self.state();
        state.refresh()?;
        if let Some(found) = state.grants.get(&token) {
            return Ok(Some(found.clone()));
        }
        // A change between the two looks is found by the next call, as a new version.
        let found = state.read(token)?;
        if let Some(found) = &found {
            if state.grants.len() >= GRANTS_MAX {
                state.grants.clear();
            }
            state.grants.insert(token, found.clone());
        }
        Ok(found)
    }

    /// This process has changed the database.
    pub(super) fn expire(&self) {
        self.state().looked = None;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().expect("nothing panics while it holds the lock")
    }
}

impl State {
    /// Forgets everything if anybody may have changed any of it.
    fn refresh(&mut self) -> rusqlite::Result<()> {
        if self.looked.is_some_and(|looked| looked.elapsed() < FRESH) {
            return Ok(());
        }
        let now = Instant::now();
        let version = self.version()?;
        if version != self.version {
            let permission_version = self.permission_version()?;
            if permission_version != self.permission_version {
                self.grants.clear();
                self.permission_version = permission_version;
            }
            // Last: had the database not answered, it must be asked again.
            self.version = version;
        }
        self.looked = Some(now);
        Ok(())
    }

    fn version(&self) -> rusqlite::Result<i64> {
        self.connection.prepare_cached("PRAGMA data_version")?.query_row([], |row| row.get(0))
    }

    fn permission_version(&self) -> rusqlite::Result<i64> {
        let sql = "SELECT number FROM permission_version";
        self.connection.prepare_cached(sql)?.query_row([], |row| row.get(0))
    }

    fn read(&self, token: SecretHash) -> rusqlite::Result<Option<Linked>> {
        let sql = format!(
            "SELECT {ACCOUNT}, {APP}, {GRANT} FROM permission
             JOIN account ON account.id = permission.account
             JOIN app ON app.key = permission.app WHERE permission.token = ?1"
        );
        self.connection.prepare_cached(&sql)?.query_row([token.0], rows::linked).optional()
    }
}

#[cfg(test)]
mod tests {
    use crate::accounts::LocalAccounts;
    use tempfile::TempDir;
    use tidemark_core::model::{Access, App, AppKey, Proof, SecretHash, Ticket, TicketKind, Timestamp};
    use tidemark_core::store::{
        AccountChange, AccountStore, AddAccount, AddWebhook, AppChange, GrantStore, LastUses, NewAccount,
        NewGrant, NewSession, SessionStore, UseStore, WebhookChange, WebhookStore,
    };

    const TOKEN: SecretHash = SecretHash([1; 32]);

    /// How many grants are remembered by one who looks now.
    fn kept(store: &LocalAccounts) -> usize {
        let mut state = store.0.grants.state();
        state.looked = None;
        state.refresh().unwrap();
        state.grants.len()
    }

    #[tokio::test]
    async fn what_no_grant_depends_on_leaves_them_remembered() {
        let folder = TempDir::new().unwrap();
        let store = LocalAccounts::open(folder.path()).unwrap();
        // Another process's.
        let other = LocalAccounts::open(folder.path()).unwrap();
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
        let grant = |n| {
            store.add_grant(NewGrant::lasting(
                ann.id,
                &app.key,
                Proof::OAuth1,
                SecretHash([n; 32]),
                Timestamp(5),
            ))
        };
        grant(1).await.unwrap();
        let second = grant(2).await.unwrap();
        let look = || async { store.grant(TOKEN).await.unwrap().expect("it is there") };

        look().await;
        for (n, by) in [(1, &store), (2, &other)] {
            assert!(by.remember_once(SecretHash([n; 32]), Timestamp(5), Timestamp(9)).await.unwrap());
        }
        store
            .save_ticket(&Ticket { secret: TOKEN, expires: Timestamp(9), kind: TicketKind::Setup })
            .await
            .unwrap();
        let session = store.add_session(NewSession {
            secret: TOKEN,
            account: ann.id,
            created: Timestamp(5),
            expires: Timestamp(9),
            browser: String::new(),
            address: String::new(),
        });
        let used = (second.id, Timestamp(6));
        let sessions = vec![(session.await.unwrap().id, Timestamp(6))];
        store.note_uses(LastUses { sessions, grants: vec![used] }).await.unwrap();
        assert_eq!(kept(&store), 1);

        for by in [&store, &other] {
            look().await;
            assert!(by.change_account(ann.id, AccountChange::Name("Bo".into())).await.unwrap());
            assert_eq!(kept(&store), 0, "an account");
            look().await;
            assert!(by.change_app(&app.key, AppChange::Disabled(true)).await.unwrap());
            assert_eq!(kept(&store), 0, "an app");
        }
        look().await;
        let AddWebhook::Added(hook) = other.add_webhook(&app.key, "https://x/", Timestamp(5)).await.unwrap()
        else {
            panic!("it is new")
        };
        assert_eq!(kept(&store), 0, "a webhook");
        assert_eq!(look().await.2.webhook_uris, ["https://x/"]);
        assert!(other.change_webhook(hook.id, WebhookChange::TryNow).await.unwrap());
        assert_eq!(kept(&store), 1, "no address of a webhook's");
        assert!(other.remove_webhook(hook.id).await.unwrap());
        assert_eq!(kept(&store), 0, "a webhook that ended");
        look().await;
        assert!(other.revoke_grant(second.id).await.unwrap());
        assert_eq!(kept(&store), 0, "a grant");
        assert_eq!(other.unlink(ann.id, &app.key).await.unwrap(), 1);
        assert_eq!((kept(&store), store.grant(TOKEN).await.unwrap()), (0, None));
    }
}
