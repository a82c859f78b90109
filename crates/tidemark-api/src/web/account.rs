//! `GET /account`, `POST /account/password`, `POST /account/sessions/end` and `/account/sessions/end-others`: who somebody is
//! here, what they have linked, and where they are signed in. (What they are called is changed in [`profile`](super::profile).)

use super::form::Submission;
use super::frame::{Frame, Member, Part};
use super::moment::Moment;
use super::page::{self, PageError, plain, redirect};
use super::unconfirmed::Unconfirmed;
use super::{ACCOUNT_PATH, Site};
use crate::http::{ParamError, Params};
use askama::Template;
use axum::extract::{RawQuery, State};
use axum::response::Response;
use http::{HeaderMap, StatusCode};
use tidemark_core::cloud::Reach;
use tidemark_core::model::{Access, SessionId, Timestamp};
use tidemark_core::people::{
    ChangePasswordError, DISPLAY_NAME_MAX, EMAIL_MAX, LinkedApp, OwnSession, PASSWORD_MAX, PASSWORD_MIN,
    PasswordError,
};

#[derive(Template)]
#[template(path = "account.html")]
struct AccountPage {
    name: String,
    email: String,
    since: String,
    storage: Storage,
    apps: Vec<AppRow>,
    sessions: Vec<SessionRow>,
    has_others: bool,
    /// What the form that led here has done.
    done: Option<&'static str>,
    problem: Option<Problem>,
    password_min: usize,
    password_max: usize,
    name_max: usize,
    email_max: usize,
    /// Others ask an administrator.
    may_change_email: bool,
    frame: Frame,
}

impl AccountPage {
    /// Why a form was not done.
    fn problem(&self, form: Form) -> Option<&Problem> {
        self.problem.as_ref().filter(|problem| problem.field.form() == form)
    }

    fn is_wrong(&self, field: Field) -> bool {
        self.problem.as_ref().is_some_and(|problem| problem.field == field)
    }

    /// What was typed into a form, or what stands there.
    fn typed<'a>(&'a self, form: Form, otherwise: &'a str) -> &'a str {
        self.problem(form).map_or(otherwise, |problem| problem.typed.as_str())
    }
}

/// How much of what somebody may keep they keep.
pub(super) struct Storage {
    pub(super) used: String,
    /// Nothing where there is no limit.
    pub(super) quota: Option<String>,
    /// In per cent of that, up to 100.
    pub(super) percent: u64,
}

impl Storage {
    pub(super) fn new(used: u64, quota: Option<u64>) -> Storage {
        let percent = |quota: u64| match quota {
            0 => 100,
            quota => u64::try_from(u128::from(used) * 100 / u128::from(quota))
                .map_or(100, |percent| percent.min(100)),
        };
        Storage { used: page::size(used), quota: quota.map(page::size), percent: quota.map_or(0, percent) }
    }
}

/// An app with all that an account has permitted to it.
struct AppRow {
    key: String,
    name: String,
    reach: &'static str,
    /// How often, if more than once.
    links: Option<usize>,
    since: String,
    used: Option<Moment>,
}

struct SessionRow {
    number: u64,
    browser: String,
    is_here: bool,
    since: Moment,
    seen: Moment,
    address: String,
}

/// What a form says when it comes back.
pub(super) struct Problem {
    pub(super) text: String,
    /// What is to blame.
    pub(super) field: Field,
    /// What was typed, unless it was a password.
    pub(super) typed: String,
}

/// The fields of the page that something can be wrong with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    Name,
    Email,
    /// The password that the e-mail asks for.
    EmailPassword,
    CurrentPassword,
    NewPassword,
}

/// The forms that they are in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Name,
    Email,
    Password,
}

impl Field {
    fn form(self) -> Form {
        match self {
            Field::Name => Form::Name,
            Field::Email | Field::EmailPassword => Form::Email,
            Field::CurrentPassword | Field::NewPassword => Form::Password,
        }
    }
}

/// The page of whoever is signed in.
pub(super) async fn show(
    State(site): State<Site>,
    member: Member,
    RawQuery(query): RawQuery,
) -> Result<Response, PageError> {
    let done = match Params::parse(query.as_deref(), None)?.get("done") {
        Some("unlinked") => Some("The app is revoked. It can no longer reach your files."),
        Some("name") => Some("Your name is changed."),
        Some("email") => Some("Your e-mail is changed. Sign in with it from now on."),
        Some("password") => Some("Your password is changed. Everywhere else, you are signed out."),
        Some("ended") => Some("That browser is signed out."),
        Some("ended-others") => Some("Everywhere else, you are signed out."),
        _ => None,
    };
    account_page(&site, &member, StatusCode::OK, done, None).await
}

pub(super) async fn account_page(
    site: &Site,
    member: &Member,
    status: StatusCode,
    done: Option<&'static str>,
    problem: Option<Problem>,
) -> Result<Response, PageError> {
    let (account, now) = (&member.account, site.cloud.now());
    let here = member.visitor.session().unwrap_or_default();
    let usage = site.cloud.usage(&site.cloud.scope(account, Reach::Whole).await?).await?;
    let sessions = site.people.sessions(account.id, here).await?;
    let sessions: Vec<_> = sessions.into_iter().map(|session| session_row(session, now)).collect();
    let apps = site.people.linked_apps(account.id).await?;
    let mut headers = HeaderMap::new();
    let page = AccountPage {
        name: plain(&account.name),
        email: account.email.clone(),
        since: page::date(account.created),
        storage: Storage::new(usage.bytes, account.quota),
        apps: apps.into_iter().map(|app| app_row(app, now)).collect(),
        has_others: sessions.iter().any(|session| !session.is_here),
        sessions,
        done,
        problem,
        password_min: PASSWORD_MIN,
        password_max: PASSWORD_MAX,
        name_max: DISPLAY_NAME_MAX,
        email_max: EMAIL_MAX,
        may_change_email: account.admin,
        frame: member.frame(site, Part::Account, &mut headers),
    };
    Ok(page::with(page::page(status, &page), headers))
}

fn app_row(linked: LinkedApp, now: Timestamp) -> AppRow {
    AppRow {
        key: linked.app.key.0,
        name: plain(&linked.app.name),
        reach: match linked.app.access {
            Access::Full => "All your files",
            Access::AppFolder => "Its own folder",
        },
        links: Some(linked.links).filter(|links| *links > 1),
        since: page::date(linked.since),
        used: linked.used.map(|used| Moment::new(used, now)),
    }
}

fn session_row(OwnSession { session, is_here }: OwnSession, now: Timestamp) -> SessionRow {
    let browser = if session.browser.is_empty() { "A browser".to_owned() } else { session.browser };
    SessionRow {
        number: session.id.0,
        browser,
        is_here,
        since: Moment::new(session.created, now),
        seen: Moment::new(session.seen, now),
        address: session.address,
    }
}

/// Changes the password of whoever knows the current one.
pub(super) async fn change_password(
    State(site): State<Site>,
    Submission { visitor, params }: Submission,
) -> Result<Response, PageError> {
    let member = Member::of(visitor, ACCOUNT_PATH)?;
    let text = |name| params.get(name).unwrap_or_default();
    let (visitor, id) = (&member.visitor, member.account.id);
    let here = visitor.session().unwrap_or_default();
    let changed = site.people.change_password(id, text("current"), text("new"), here, visitor.peer).await;
    let again = async |status, text: String, field| {
        let problem = Problem { text, field, typed: String::new() };
        account_page(&site, &member, status, None, Some(problem)).await
    };
    match changed {
        Ok(()) => {
            tracing::info!(account = id.0, "a password was changed");
            redirect(StatusCode::SEE_OTHER, "/account?done=password")
        }
        Err(ChangePasswordError::New(PasswordError::TooShort | PasswordError::TooLong)) => {
            let text = format!("A password has {PASSWORD_MIN} to {PASSWORD_MAX} characters.");
            again(StatusCode::BAD_REQUEST, text, Field::NewPassword).await
        }
        Err(ChangePasswordError::Confirm(error)) => {
            let unconfirmed = Unconfirmed::of(error, "The current password is wrong.")?;
            let page = again(unconfirmed.status, unconfirmed.text.clone(), Field::CurrentPassword).await?;
            Ok(unconfirmed.on(page))
        }
        Err(ChangePasswordError::Store(error)) => Err(error.into()),
    }
}

/// Signs one browser out.
pub(super) async fn end_session(
    State(site): State<Site>,
    Submission { visitor, params }: Submission,
) -> Result<Response, PageError> {
    let member = Member::of(visitor, ACCOUNT_PATH)?;
    let number = params.integer("session")?.ok_or(ParamError::Missing { name: "session" })?;
    if site.people.end_own_session(member.account.id, SessionId(number)).await? {
        tracing::info!(account = member.account.id.0, session = number, "a session was ended");
    }
    redirect(StatusCode::SEE_OTHER, "/account?done=ended")
}

/// Signs all browsers out but the one that asks.
pub(super) async fn end_others(State(site): State<Site>, form: Submission) -> Result<Response, PageError> {
    let member = Member::of(form.visitor, ACCOUNT_PATH)?;
    let here = member.visitor.session().unwrap_or_default();
    let ended = site.people.end_other_sessions(member.account.id, here).await?;
    tracing::info!(account = member.account.id.0, ended, "all other sessions were ended");
    redirect(StatusCode::SEE_OTHER, "/account?done=ended-others")
}
