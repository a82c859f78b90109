//! Rows and nouns, converted by hand in both directions.

use rusqlite::types::{FromSqlError, Type};
use rusqlite::{Row, ToSql};
use std::time::Duration;
use tidemark_core::model::{
    Access, Account, AccountId, App, AppKey, Attempt, Audience, Challenge, EntryId, Epoch, Family, FamilyId,
    Given, Grant, GrantId, Health, Lifetime, Link, LinkId, LinkKey, LinkRules, NamespaceId, Pair,
    PasswordHash, Proof, Referent, RequestState, SecretHash, Seq, Session, SessionId, Ticket, TicketKind,
    Timestamp, Vanity, Visits, Watch, Watermark, Webhook, WebhookId,
};

/// The columns that [`account`] reads, of `account`.
pub(super) const ACCOUNT: &str = "account.id, account.email, account.name, account.password, account.namespace, account.quota, account.admin, \
     account.disabled, account.created";
const ACCOUNT_COLUMNS: usize = 9;

/// The columns that [`app`] reads, of `app`.
pub(super) const APP: &str = "app.key, app.secret, app.name, app.access, app.redirect_uris, \
     (SELECT group_concat(uri, char(10) ORDER BY id) FROM webhook WHERE webhook.app = app.key), \
     app.disabled, app.created, app.owner";
const APP_COLUMNS: usize = 9;

/// The columns that [`grant`] reads, of `permission`.
pub(super) const GRANT: &str = "permission.id, permission.account, permission.app, permission.token, permission.proof, permission.created, \
     permission.expires, permission.family, \
     EXISTS (SELECT 1 FROM family WHERE family.permission = permission.id AND former_permission IS NOT NULL)";

/// The columns that [`family`] reads, of `family`.
pub(super) const FAMILY: &str = "id, account, app, created, permission, refresh, expires, former_permission, former_refresh, former_expires";

/// The columns that [`link`] reads, of `link`.
pub(super) const LINK: &str = "id, key, account, namespace, entry, born, app, created, audience, password, expires, \
     can_download, vanity, downloads, previews";

/// The columns that [`session`] reads, of `session`.
pub(super) const SESSION: &str = "id, secret, account, created, expires, seen, browser, address";

/// The columns that [`ticket`] reads and [`ticket_values`] gives, of `ticket`.
pub(super) const TICKET: &str = "secret, expires, kind, account, app, redirect_uri, challenge, challenge_method, permission, lifetime, family";

/// The columns that [`webhook`] reads, of `webhook`.
pub(super) const WEBHOOK: &str = "id, app, uri, created, failures, failing_since, next_try, disabled";

/// The columns that [`watch`] reads, of a webhook, an account and its permissions together.
pub(super) const WATCH: &str = "webhook.id, permission.account, account.namespace, \
     max(webhook.created, min(permission.created)), told.epoch, told.root, told.seq, ifnull(told.again, 0)";

pub(super) fn account(row: &Row<'_>) -> rusqlite::Result<Account> {
    account_at(row, 0)
}

fn account_at(row: &Row<'_>, at: usize) -> rusqlite::Result<Account> {
    Ok(Account {
        id: AccountId(row.get::<_, i64>(at)?.cast_unsigned()),
        email: row.get(at + 1)?,
        name: row.get(at + 2)?,
        password: row.get::<_, Option<String>>(at + 3)?.map(PasswordHash),
        namespace: NamespaceId(row.get(at + 4)?),
        quota: row.get::<_, Option<i64>>(at + 5)?.map(i64::cast_unsigned),
        admin: row.get(at + 6)?,
        disabled: row.get(at + 7)?,
        created: Timestamp(row.get(at + 8)?),
    })
}

/// What `app.disabled` says of an app that its owner has shut out. It is 1 where an administrator did, and 0 where nobody.
const PAUSED: i64 = 2;

/// The column `app.disabled`.
pub(super) fn app_disabled(app: &App) -> i64 {
    if app.paused { PAUSED } else { i64::from(app.disabled) }
}

pub(super) fn app(row: &Row<'_>) -> rusqlite::Result<App> {
    app_at(row, 0)
}

fn app_at(row: &Row<'_>, at: usize) -> rusqlite::Result<App> {
    Ok(App {
        key: AppKey(row.get(at)?),
        secret: row.get(at + 1)?,
        name: row.get(at + 2)?,
        access: access(&row.get::<_, String>(at + 3)?).ok_or_else(|| broken(at + 3))?,
        redirect_uris: lines(&row.get::<_, String>(at + 4)?),
        webhook_uris: lines(&row.get::<_, Option<String>>(at + 5)?.unwrap_or_default()),
        disabled: row.get(at + 6)?,
        paused: row.get::<_, i64>(at + 6)? == PAUSED,
        created: Timestamp(row.get(at + 7)?),
        owner: row.get::<_, Option<i64>>(at + 8)?.map(|id| AccountId(id.cast_unsigned())),
    })
}

pub(super) fn grant(row: &Row<'_>) -> rusqlite::Result<Grant> {
    grant_at(row, 0)
}

fn grant_at(row: &Row<'_>, at: usize) -> rusqlite::Result<Grant> {
    Ok(Grant {
        id: GrantId(row.get::<_, i64>(at)?.cast_unsigned()),
        account: AccountId(row.get::<_, i64>(at + 1)?.cast_unsigned()),
        app: AppKey(row.get(at + 2)?),
        token: SecretHash(row.get(at + 3)?),
        proof: proof(row.get_ref(at + 4)?.as_str()?).ok_or_else(|| broken(at + 4))?,
        created: Timestamp(row.get(at + 5)?),
        expires: row.get::<_, Option<i64>>(at + 6)?.map(Timestamp),
        family: row.get::<_, Option<i64>>(at + 7)?.map(|id| FamilyId(id.cast_unsigned())),
        unsettled: row.get(at + 8)?,
    })
}

pub(super) fn family(row: &Row<'_>) -> rusqlite::Result<Family> {
    let grant = |id: i64| GrantId(id.cast_unsigned());
    let current =
        Pair { grant: grant(row.get(4)?), refresh: SecretHash(row.get(5)?), expires: Timestamp(row.get(6)?) };
    let former = match row.get::<_, Option<i64>>(7)? {
        Some(id) => {
            Some(Pair { grant: grant(id), refresh: SecretHash(row.get(8)?), expires: Timestamp(row.get(9)?) })
        }
        None => None,
    };
    Ok(Family {
        id: FamilyId(row.get::<_, i64>(0)?.cast_unsigned()),
        account: AccountId(row.get::<_, i64>(1)?.cast_unsigned()),
        app: AppKey(row.get(2)?),
        created: Timestamp(row.get(3)?),
        current,
        former,
    })
}

/// Reads [`ACCOUNT`], [`APP`] and [`GRANT`], in this order.
pub(super) fn linked(row: &Row<'_>) -> rusqlite::Result<(Grant, Account, App)> {
    let grant = grant_at(row, ACCOUNT_COLUMNS + APP_COLUMNS)?;
    Ok((grant, account_at(row, 0)?, app_at(row, ACCOUNT_COLUMNS)?))
}

pub(super) fn link(row: &Row<'_>) -> rusqlite::Result<Link> {
    Ok(Link {
        id: LinkId(row.get::<_, i64>(0)?.cast_unsigned()),
        key: LinkKey(row.get(1)?),
        account: AccountId(row.get::<_, i64>(2)?.cast_unsigned()),
        referent: Referent {
            namespace: NamespaceId(row.get(3)?),
            entry: EntryId(row.get::<_, i64>(4)?.cast_unsigned()),
            born: Timestamp(row.get(5)?),
        },
        app: AppKey(row.get(6)?),
        created: Timestamp(row.get(7)?),
        rules: LinkRules {
            audience: audience(row.get_ref(8)?.as_str()?).ok_or_else(|| broken(8))?,
            password: row.get::<_, Option<String>>(9)?.map(PasswordHash),
            expires: row.get::<_, Option<i64>>(10)?.map(Timestamp),
            can_download: row.get(11)?,
            vanity: row.get::<_, Option<String>>(12)?.as_deref().map(vanity).transpose()?,
        },
        visits: Visits {
            downloads: row.get::<_, i64>(13)?.cast_unsigned(),
            previews: row.get::<_, i64>(14)?.cast_unsigned(),
        },
    })
}

fn vanity(text: &str) -> rusqlite::Result<Vanity> {
    Vanity::parse(text).ok_or_else(|| broken(12))
}

pub(super) fn ticket(row: &Row<'_>) -> rusqlite::Result<Ticket> {
    let account = || row.get::<_, i64>(3).map(|id| AccountId(id.cast_unsigned()));
    let challenge = || {
        let method = row.get::<_, Option<String>>(7)?;
        challenge(row.get(6)?, method.as_deref()).ok_or_else(|| broken(7))
    };
    let kind = match row.get_ref(2)?.as_str()? {
        "setup" => TicketKind::Setup,
        "code" => TicketKind::Code {
            account: account()?,
            app: AppKey(row.get(4)?),
            redirect_uri: row.get(5)?,
            challenge: challenge()?,
            lifetime: lifetime(row.get_ref(9)?.as_str()?).ok_or_else(|| broken(9))?,
        },
        "allowed-request" => {
            TicketKind::Request(RequestState::Allowed { account: account()?, app: AppKey(row.get(4)?) })
        }
        "denied-request" => TicketKind::Request(RequestState::Denied),
        "spent-request" => TicketKind::Request(RequestState::Spent),
        "spent-code" => TicketKind::SpentCode {
            gave: match row.get::<_, Option<i64>>(10)? {
                Some(id) => Given::Family(FamilyId(id.cast_unsigned())),
                None => Given::Grant(GrantId(row.get::<_, i64>(8)?.cast_unsigned())),
            },
            app: AppKey(row.get(4)?),
            challenge: challenge()?,
        },
        _ => return Err(broken(2)),
    };
    Ok(Ticket { secret: SecretHash(row.get(0)?), expires: Timestamp(row.get(1)?), kind })
}

/// The values of a ticket's columns.
pub(super) fn ticket_values(ticket: &Ticket) -> [Box<dyn ToSql>; 11] {
    let (mut account, mut app, mut redirect_uri, mut challenge, mut gave) = (None, None, None, None, None);
    let mut lifetime = Lifetime::Lasting;
    let kind = match &ticket.kind {
        TicketKind::Setup => "setup",
        TicketKind::Code { account: of, app: to, redirect_uri: uri, challenge: proof_key, lifetime: how } => {
            (account, app, lifetime) = (Some(of), Some(to), *how);
            (redirect_uri, challenge) = (uri.clone(), proof_key.clone());
            "code"
        }
        TicketKind::SpentCode { gave: given, app: to, challenge: proof_key } => {
            (gave, app, challenge) = (Some(*given), Some(to), proof_key.clone());
            "spent-code"
        }
        TicketKind::Request(RequestState::Allowed { account: of, app: to }) => {
            (account, app) = (Some(of), Some(to));
            "allowed-request"
        }
        TicketKind::Request(RequestState::Denied) => "denied-request",
        TicketKind::Request(RequestState::Spent) => "spent-request",
    };
    let (challenge, method) = match challenge {
        Some(Challenge::Plain(text)) => (Some(text), Some("plain")),
        Some(Challenge::S256(text)) => (Some(text), Some("S256")),
        None => (None, None),
    };
    let (grant, family) = match gave {
        Some(Given::Grant(id)) => (Some(id.0.cast_signed()), None),
        Some(Given::Family(id)) => (None, Some(id.0.cast_signed())),
        None => (None, None),
    };
    [
        Box::new(ticket.secret.0),
        Box::new(ticket.expires.0),
        Box::new(kind),
        Box::new(account.map(|id| id.0.cast_signed())),
        Box::new(app.map(|app| app.0.clone())),
        Box::new(redirect_uri),
        Box::new(challenge),
        Box::new(method),
        Box::new(grant),
        Box::new(lifetime_text(lifetime)),
        Box::new(family),
    ]
}

pub(super) fn session(row: &Row<'_>) -> rusqlite::Result<Session> {
    Ok(Session {
        id: SessionId(row.get::<_, i64>(0)?.cast_unsigned()),
        secret: SecretHash(row.get(1)?),
        account: AccountId(row.get::<_, i64>(2)?.cast_unsigned()),
        created: Timestamp(row.get(3)?),
        expires: Timestamp(row.get(4)?),
        seen: Timestamp(row.get(5)?),
        browser: row.get(6)?,
        address: row.get(7)?,
    })
}

pub(super) fn webhook(row: &Row<'_>) -> rusqlite::Result<Webhook> {
    let time = |at| row.get::<_, Option<i64>>(at).map(|time| time.map(Timestamp));
    Ok(Webhook {
        id: WebhookId(row.get::<_, i64>(0)?.cast_unsigned()),
        app: AppKey(row.get(1)?),
        uri: row.get(2)?,
        created: Timestamp(row.get(3)?),
        health: Health {
            failures: row.get(4)?,
            failing_since: time(5)?,
            next_try: time(6)?,
            disabled: time(7)?,
        },
    })
}

pub(super) fn watch(row: &Row<'_>) -> rusqlite::Result<Watch> {
    let number = |at| row.get::<_, Option<i64>>(at).map(|number| number.map(i64::cast_unsigned));
    let (epoch, root, seq) = (number(4)?, number(5)?, number(6)?);
    let told = epoch.zip(seq);
    Ok(Watch {
        webhook: WebhookId(row.get::<_, i64>(0)?.cast_unsigned()),
        account: AccountId(row.get::<_, i64>(1)?.cast_unsigned()),
        namespace: NamespaceId(row.get(2)?),
        since: Timestamp(row.get(3)?),
        told: told.map(|(epoch, seq)| Watermark {
            epoch: Epoch(epoch),
            root: root.map(EntryId),
            seq: Seq(seq),
        }),
        again: row.get::<_, i64>(7)?.cast_unsigned(),
    })
}

pub(super) fn attempt(row: &Row<'_>) -> rusqlite::Result<Attempt> {
    Ok(Attempt {
        at: Timestamp(row.get(0)?),
        took: Duration::from_millis(row.get::<_, i64>(1)?.cast_unsigned()),
        accounts: row.get(2)?,
        status: row.get(3)?,
        failure: row.get(4)?,
    })
}

/// What is kept of how far an app's permission reaches.
pub(super) fn access_text(access: Access) -> &'static str {
    match access {
        Access::Full => "full",
        Access::AppFolder => "app-folder",
    }
}

fn access(text: &str) -> Option<Access> {
    [Access::Full, Access::AppFolder].into_iter().find(|access| access_text(*access) == text)
}

/// What is kept of for whom a link is.
pub(super) fn audience_text(audience: Audience) -> &'static str {
    match audience {
        Audience::Everybody => "everybody",
        Audience::Members => "members",
        Audience::Owner => "owner",
    }
}

fn audience(text: &str) -> Option<Audience> {
    [Audience::Everybody, Audience::Members, Audience::Owner]
        .into_iter()
        .find(|audience| audience_text(*audience) == text)
}

/// What is kept of how a token is used.
pub(super) fn proof_text(proof: Proof) -> &'static str {
    match proof {
        Proof::Bearer => "bearer",
        Proof::OAuth1 => "oauth1",
    }
}

fn proof(text: &str) -> Option<Proof> {
    [Proof::Bearer, Proof::OAuth1].into_iter().find(|proof| proof_text(*proof) == text)
}

/// What is kept of what a code gives.
fn lifetime_text(lifetime: Lifetime) -> &'static str {
    match lifetime {
        Lifetime::Lasting => "lasting",
        Lifetime::Renewed => "renewed",
    }
}

fn lifetime(text: &str) -> Option<Lifetime> {
    [Lifetime::Lasting, Lifetime::Renewed].into_iter().find(|lifetime| lifetime_text(*lifetime) == text)
}

fn challenge(text: Option<String>, method: Option<&str>) -> Option<Option<Challenge>> {
    Some(match (text, method) {
        (Some(text), Some("plain")) => Some(Challenge::Plain(text)),
        (Some(text), Some("S256")) => Some(Challenge::S256(text)),
        (None, None) => None,
        _ => return None,
    })
}

/// URIs as text: they hold no line breaks.
pub(super) fn text_of_lines(lines: &[String]) -> String {
    lines.join("\n")
}

fn lines(text: &str) -> Vec<String> {
    text.lines().map(str::to_owned).collect()
}

/// A column says what it cannot say.
fn broken(column: usize) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, Type::Text, Box::new(FromSqlError::InvalidType))
}
