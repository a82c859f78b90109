//! Webhooks, what was told by them, and the attempts to.

use super::LocalAccounts;
use super::rows::{self, WATCH, WEBHOOK};
use async_trait::async_trait;
use rusqlite::types::Value;
use rusqlite::{OptionalExtension, ToSql, Transaction, named_params, params};
use tidemark_core::model::{
    AccountId, AppKey, Attempt, Health, Progress, Timestamp, Watch, Webhook, WebhookId,
};
use tidemark_core::store::{ATTEMPTS_KEPT, AddWebhook, StoreError, Watched, WebhookChange, WebhookStore};

#[async_trait]
impl WebhookStore for LocalAccounts {
    async fn add_webhook(
        &self,
        app: &AppKey,
        uri: &str,
        created: Timestamp,
    ) -> Result<AddWebhook, StoreError> {
        let (app, uri) = (app.clone(), uri.to_owned());
        self.write("add a webhook", move |db| {
            let known = "SELECT EXISTS (SELECT 1 FROM app WHERE key = ?1)";
            if !db.query_row(known, [&app.0], |row| row.get(0))? {
                return Ok(AddWebhook::NoApp);
            }
            let sql = "INSERT INTO webhook (app, uri, created) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING";
            if db.execute(sql, params![app.0, uri, created.0])? == 0 {
                return Ok(AddWebhook::Exists);
            }
            let id = WebhookId(db.last_insert_rowid().cast_unsigned());
            Ok(AddWebhook::Added(Webhook { id, app, uri, created, health: Health::default() }))
        })
        .await
    }

    async fn remove_webhook(&self, id: WebhookId) -> Result<bool, StoreError> {
        self.write("remove a webhook", move |db| {
            Ok(db.execute("DELETE FROM webhook WHERE id = ?1", [id.0.cast_signed()])? == 1)
        })
        .await
    }

    async fn webhooks(&self) -> Result<Vec<Webhook>, StoreError> {
        self.read("list the webhooks", move |db| {
            let mut query = db.prepare_cached(&format!("SELECT {WEBHOOK} FROM webhook ORDER BY id"))?;
            query.query_map([], rows::webhook)?.collect()
        })
        .await
    }

    async fn webhook(&self, id: WebhookId) -> Result<Option<Webhook>, StoreError> {
        self.read("look up a webhook", move |db| {
            let mut query = db.prepare_cached(&format!("SELECT {WEBHOOK} FROM webhook WHERE id = ?1"))?;
            query.query_row([id.0.cast_signed()], rows::webhook).optional()
        })
        .await
    }

    async fn change_webhook(&self, id: WebhookId, change: WebhookChange) -> Result<bool, StoreError> {
        self.write("change a webhook", move |db| {
            let sql = match change {
                WebhookChange::TryNow => "UPDATE webhook SET next_try = NULL WHERE id = ?1",
                WebhookChange::Enable => {
                    "UPDATE webhook SET failures = 0, failing_since = NULL, next_try = NULL, disabled = NULL
                     WHERE id = ?1"
                }
            };
            Ok(db.execute(sql, [id.0.cast_signed()])? == 1)
        })
        .await
    }

    async fn watches(&self, which: Watched<'_>) -> Result<Vec<Watch>, StoreError> {
        // Lists go as JSON, because that is the array that SQLite can read. Requests to tell again are few among all
        // that was told, so those are where that search begins. Pages are read along `permission_of_app`, without sorting.
        let (told, condition, values): (_, _, Vec<(&str, Value)>) = match which {
            Watched::Namespaces(of) => (
                "LEFT JOIN",
                "account.namespace IN (SELECT value FROM json_each(:these))",
                vec![(":these", json(of.iter().map(|id| id.0.into())))],
            ),
            Watched::Accounts(id, of) => (
                "LEFT JOIN",
                "webhook.id = :webhook AND permission.account IN (SELECT value FROM json_each(:these))",
                vec![(":webhook", number(id.0)), (":these", json(of.iter().map(|id| id.0)))],
            ),
            Watched::After(id, account, limit) => (
                "LEFT JOIN",
                "webhook.id = :webhook AND permission.account > :account",
                vec![
                    (":webhook", number(id.0)),
                    (":account", number(account.0)),
                    (":limit", number(limit as u64)),
                ],
            ),
            Watched::Again(limit) => ("JOIN", "told.again > 0", vec![(":limit", number(limit as u64))]),
        };
        let limit = if matches!(which, Watched::After(..) | Watched::Again(_)) { "LIMIT :limit" } else { "" };
        let sql = format!(
            "SELECT {WATCH} FROM webhook
             JOIN app ON app.key = webhook.app AND NOT app.disabled
             JOIN permission ON permission.app = webhook.app
             JOIN account ON account.id = permission.account AND NOT account.disabled
             {told} webhook_told AS told ON told.webhook = webhook.id AND told.account = permission.account
             WHERE webhook.disabled IS NULL AND {condition}
             GROUP BY webhook.id, permission.account ORDER BY webhook.id, permission.account {limit}"
        );
        self.read("list whom to tell", move |db| {
            let values: Vec<_> = values.iter().map(|(name, value)| (*name, value as &dyn ToSql)).collect();
            db.prepare_cached(&sql)?.query_map(values.as_slice(), rows::watch)?.collect()
        })
        .await
    }

    async fn set_told(&self, id: WebhookId, told: &[Progress]) -> Result<(), StoreError> {
        let told = told.to_vec();
        self.write("keep what was told", move |db| set_told(db, id, &told)).await
    }

    async fn record(
        &self,
        id: WebhookId,
        attempt: &Attempt,
        health: Health,
        told: &[Progress],
    ) -> Result<(), StoreError> {
        let (attempt, told) = (attempt.clone(), told.to_vec());
        self.write("keep what came of a delivery", move |db| {
            let Health { failures, failing_since, next_try, disabled } = health;
            let there = db.execute(
                "UPDATE webhook SET failures = :failures, failing_since = :since, next_try = :next,
                 disabled = :disabled WHERE id = :id",
                named_params! {
                    ":failures": failures,
                    ":since": failing_since.map(|at| at.0),
                    ":next": next_try.map(|at| at.0),
                    ":disabled": disabled.map(|at| at.0),
                    ":id": id.0.cast_signed(),
                },
            )?;
            if there == 0 {
                return Ok(());
            }
            keep_attempt(db, id, &attempt)?;
            set_told(db, id, &told)
        })
        .await
    }

    async fn attempts(&self, id: WebhookId) -> Result<Vec<Attempt>, StoreError> {
        self.read("list the attempts", move |db| {
            let sql = "SELECT at, took, accounts, status, failure FROM webhook_attempt
                       WHERE webhook = ?1 ORDER BY id DESC";
            db.prepare_cached(sql)?.query_map([id.0.cast_signed()], rows::attempt)?.collect()
        })
        .await
    }

    async fn ask_again(&self, id: WebhookId, account: Option<AccountId>) -> Result<usize, StoreError> {
        self.write("ask to tell again", move |db| {
            let sql = "INSERT INTO webhook_told (webhook, account, again)
                       SELECT DISTINCT webhook.id, permission.account, 1 FROM webhook
                       JOIN permission ON permission.app = webhook.app
                       WHERE webhook.id = ?1 AND permission.account = ifnull(?2, permission.account)
                       ON CONFLICT DO UPDATE SET again = again + 1";
            db.execute(sql, params![id.0.cast_signed(), account.map(|account| account.0.cast_signed())])
        })
        .await
    }
}

fn number(id: u64) -> Value {
    Value::Integer(id.cast_signed())
}

fn json(ids: impl Iterator<Item = u64>) -> Value {
    Value::Text(format!("[{}]", ids.map(|id| id.to_string()).collect::<Vec<_>>().join(",")))
}

fn set_told(db: &Transaction<'_>, id: WebhookId, told: &[Progress]) -> rusqlite::Result<()> {
    let mut set = db.prepare_cached(
        "INSERT INTO webhook_told (webhook, account, epoch, root, seq)
         SELECT id, :account, :epoch, :root, :seq FROM webhook WHERE id = :webhook
         ON CONFLICT DO UPDATE SET epoch = excluded.epoch, root = excluded.root, seq = excluded.seq,
         again = CASE again WHEN :again THEN 0 ELSE again END",
    )?;
    for Progress { account, told, again } in told {
        set.execute(named_params! {
            ":webhook": id.0.cast_signed(),
            ":account": account.0.cast_signed(),
            ":epoch": told.epoch.0.cast_signed(),
            ":root": told.root.map(|root| root.0.cast_signed()),
            ":seq": told.seq.0.cast_signed(),
            ":again": again.cast_signed(),
        })?;
    }
    Ok(())
}

fn keep_attempt(db: &Transaction<'_>, id: WebhookId, attempt: &Attempt) -> rusqlite::Result<()> {
    let Attempt { at, took, accounts, status, failure } = attempt;
    let took = i64::try_from(took.as_millis()).unwrap_or(i64::MAX);
    db.prepare_cached(
        "INSERT INTO webhook_attempt (webhook, at, took, accounts, status, failure)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute(params![id.0.cast_signed(), at.0, took, accounts, status, failure])?;
    db.prepare_cached(
        "DELETE FROM webhook_attempt WHERE webhook = ?1 AND id <=
         (SELECT id FROM webhook_attempt WHERE webhook = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)",
    )?
    .execute(params![id.0.cast_signed(), ATTEMPTS_KEPT])?;
    Ok(())
}
