//! Accounts and apps.

use super::LocalAccounts;
use super::rows::{self, ACCOUNT, APP};
use async_trait::async_trait;
use rusqlite::{OptionalExtension, ToSql, named_params, params};
use tidemark_core::model::{Account, AccountId, App, AppKey, EntryId, PasswordHash, email_key};
use tidemark_core::store::{
    AccountChange, AccountStore, AddAccount, AppChange, ChangeEmail, NewAccount, StoreError,
};

#[async_trait]
impl AccountStore for LocalAccounts {
    async fn add_account(&self, new: NewAccount) -> Result<AddAccount, StoreError> {
        self.write("add an account", move |db| {
            let key = email_key(&new.email);
            let exists = |sql, params: &[&dyn ToSql]| db.query_row(sql, params, |row| row.get::<_, bool>(0));
            if new.first_only && exists("SELECT EXISTS (SELECT 1 FROM account)", &[])? {
                return Ok(AddAccount::NotFirst);
            }
            if exists("SELECT EXISTS (SELECT 1 FROM account WHERE email_key = ?1)", &[&key])? {
                return Ok(AddAccount::EmailTaken);
            }
            db.execute("INSERT INTO namespace (created) VALUES (?1)", [new.created.0])?;
            let namespace = db.last_insert_rowid();
            db.execute(
                "INSERT INTO account (email, email_key, name, password, namespace, quota, admin, created)
                 VALUES (:email, :email_key, :name, :password, :namespace, :quota, :admin, :created)",
                named_params! {
                    ":email": new.email,
                    ":email_key": key,
                    ":name": new.name,
                    ":password": new.password.map(|hash| hash.0),
                    ":namespace": namespace,
                    ":quota": new.quota.map(u64::cast_signed),
                    ":admin": new.admin,
                    ":created": new.created.0,
                },
            )?;
            let sql = format!("SELECT {ACCOUNT} FROM account WHERE id = ?1");
            db.query_row(&sql, [db.last_insert_rowid()], rows::account).map(AddAccount::Added)
        })
        .await
    }

    async fn account(&self, id: AccountId) -> Result<Option<Account>, StoreError> {
        self.read("look up an account", move |db| {
            let mut query = db.prepare_cached(&format!("SELECT {ACCOUNT} FROM account WHERE id = ?1"))?;
            query.query_row([id.0.cast_signed()], rows::account).optional()
        })
        .await
    }

    async fn account_by_email(&self, email: &str) -> Result<Option<Account>, StoreError> {
        let key = email_key(email);
        self.read("look up an account", move |db| {
            let mut query =
                db.prepare_cached(&format!("SELECT {ACCOUNT} FROM account WHERE email_key = ?1"))?;
            query.query_row([key], rows::account).optional()
        })
        .await
    }

    async fn accounts(&self) -> Result<Vec<Account>, StoreError> {
        self.read("list the accounts", move |db| {
            let mut query = db.prepare_cached(&format!("SELECT {ACCOUNT} FROM account ORDER BY id"))?;
            query.query_map([], rows::account)?.collect()
        })
        .await
    }

    async fn count_accounts(&self) -> Result<u64, StoreError> {
        self.read("count the accounts", move |db| {
            db.prepare_cached("SELECT count(*) FROM account")?
                .query_row([], |row| row.get::<_, i64>(0).map(i64::cast_unsigned))
        })
        .await
    }

    async fn change_account(&self, id: AccountId, change: AccountChange) -> Result<bool, StoreError> {
        self.write("change an account", move |db| {
            let (column, value): (_, &dyn ToSql) = match &change {
                AccountChange::Name(name) => ("name", name),
                AccountChange::Password(password) => {
                    ("password", &password.as_ref().map(|PasswordHash(hash)| hash))
                }
                AccountChange::Quota(quota) => ("quota", &quota.map(u64::cast_signed)),
                AccountChange::Admin(admin) => ("admin", admin),
                AccountChange::Disabled(disabled) => ("disabled", disabled),
            };
            let sql = format!("UPDATE account SET {column} = ?1 WHERE id = ?2");
            Ok(db.execute(&sql, params![value, id.0.cast_signed()])? == 1)
        })
        .await
    }

    async fn change_email(&self, id: AccountId, email: &str) -> Result<ChangeEmail, StoreError> {
        let (email, key) = (email.to_owned(), email_key(email));
        self.write("change an e-mail", move |db| {
            let id = id.0.cast_signed();
            let taken = "SELECT EXISTS (SELECT 1 FROM account WHERE email_key = ?1 AND id <> ?2)";
            if db.query_row(taken, params![key, id], |row| row.get(0))? {
                return Ok(ChangeEmail::Taken);
            }
            let sql = "UPDATE account SET email = ?2, email_key = ?3 WHERE id = ?1";
            Ok(match db.execute(sql, params![id, email, key])? {
                0 => ChangeEmail::NoAccount,
                _ => ChangeEmail::Changed,
            })
        })
        .await
    }

    async fn replace_password(
        &self,
        id: AccountId,
        old: &PasswordHash,
        new: PasswordHash,
    ) -> Result<bool, StoreError> {
        let old = old.clone();
        self.write("change a password", move |db| {
            let sql = "UPDATE account SET password = ?3 WHERE id = ?1 AND password = ?2";
            Ok(db.execute(sql, params![id.0.cast_signed(), old.0, new.0])? == 1)
        })
        .await
    }

    async fn add_app(&self, app: &App) -> Result<bool, StoreError> {
        let app = app.clone();
        self.write("add an app", move |db| {
            let sql = "INSERT INTO app (key, secret, name, access, redirect_uris, disabled, created, owner)
                       VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (key) DO NOTHING";
            if db.execute(sql, app_values(&app).each_ref().map(AsRef::as_ref))? == 0 {
                return Ok(false);
            }
            for uri in &app.webhook_uris {
                let sql = "INSERT INTO webhook (app, uri, created) VALUES (?1, ?2, ?3)";
                db.execute(sql, params![app.key.0, uri, app.created.0])?;
            }
            Ok(true)
        })
        .await
    }

    async fn app(&self, key: &AppKey) -> Result<Option<App>, StoreError> {
        let key = key.clone();
        self.read("look up an app", move |db| {
            let mut query = db.prepare_cached(&format!("SELECT {APP} FROM app WHERE key = ?1"))?;
            query.query_row([key.0], rows::app).optional()
        })
        .await
    }

    async fn apps(&self) -> Result<Vec<App>, StoreError> {
        self.read("list the apps", move |db| {
            let mut query = db.prepare_cached(&format!("SELECT {APP} FROM app ORDER BY number"))?;
            query.query_map([], rows::app)?.collect()
        })
        .await
    }

    async fn apps_of(&self, owner: AccountId) -> Result<Vec<App>, StoreError> {
        self.read("list an account's apps", move |db| {
            let sql = format!("SELECT {APP} FROM app WHERE owner = ?1 ORDER BY number");
            db.prepare_cached(&sql)?.query_map([owner.0.cast_signed()], rows::app)?.collect()
        })
        .await
    }

    async fn change_app(&self, key: &AppKey, change: AppChange) -> Result<bool, StoreError> {
        let key = key.clone();
        self.write("change an app", move |db| {
            let sql = format!("SELECT {APP} FROM app WHERE key = ?1");
            let Some(mut app) = db.query_row(&sql, [&key.0], rows::app).optional()? else { return Ok(false) };
            change.apply(&mut app);
            let uris = rows::text_of_lines(&app.redirect_uris);
            let sql = "UPDATE app SET name = ?2, redirect_uris = ?3, disabled = ?4 WHERE key = ?1";
            Ok(db.execute(sql, params![key.0, app.name, uris, rows::app_disabled(&app)])? == 1)
        })
        .await
    }

    async fn delete_app(&self, key: &AppKey) -> Result<bool, StoreError> {
        let key = key.clone();
        self.write("delete an app", move |db| {
            // What is kept of a webhook, and the last use of a permission, go with those. Permissions name their families.
            for sql in [
                "DELETE FROM ticket WHERE app = ?1",
                "DELETE FROM permission WHERE app = ?1",
                "DELETE FROM family WHERE app = ?1",
                "DELETE FROM webhook WHERE app = ?1",
                "DELETE FROM app_folder WHERE app = ?1",
            ] {
                db.execute(sql, [&key.0])?;
            }
            Ok(db.execute("DELETE FROM app WHERE key = ?1", [&key.0])? == 1)
        })
        .await
    }

    async fn app_folder(&self, account: AccountId, app: &AppKey) -> Result<Option<EntryId>, StoreError> {
        let app = app.clone();
        self.read("look up an app's folder", move |db| {
            let mut query =
                db.prepare_cached("SELECT entry FROM app_folder WHERE account = ?1 AND app = ?2")?;
            let entry = query.query_row(params![account.0.cast_signed(), app.0], |row| row.get::<_, i64>(0));
            entry.map(|entry| EntryId(entry.cast_unsigned())).optional()
        })
        .await
    }

    async fn set_app_folder(
        &self,
        account: AccountId,
        app: &AppKey,
        old: Option<EntryId>,
        new: EntryId,
    ) -> Result<bool, StoreError> {
        let app = app.clone();
        self.write("set an app's folder", move |db| {
            let (account, new) = (account.0.cast_signed(), new.0.cast_signed());
            let set = match old {
                None => db.execute(
                    "INSERT INTO app_folder (account, app, entry) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
                    params![account, app.0, new],
                )?,
                Some(old) => db.execute(
                    "UPDATE app_folder SET entry = ?3 WHERE account = ?1 AND app = ?2 AND entry = ?4",
                    params![account, app.0, new, old.0.cast_signed()],
                )?,
            };
            Ok(set == 1)
        })
        .await
    }
}

/// In the order of the table's columns; webhooks have a table of their own.
fn app_values(app: &App) -> [Box<dyn ToSql>; 8] {
    [
        Box::new(app.key.0.clone()),
        Box::new(app.secret.clone()),
        Box::new(app.name.clone()),
        Box::new(rows::access_text(app.access)),
        Box::new(rows::text_of_lines(&app.redirect_uris)),
        Box::new(rows::app_disabled(app)),
        Box::new(app.created.0),
        Box::new(app.owner.map(|owner| owner.0.cast_signed())),
    ]
}
