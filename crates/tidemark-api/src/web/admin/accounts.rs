//! `GET /admin`, `GET` and `POST /admin/accounts/new`, `GET` and `POST /admin/accounts/{number}`: everybody's accounts.

use super::{Admin, quota};
use crate::http::{ParamError, Params};
use crate::web::account::Storage;
use crate::web::form::Submission;
use crate::web::frame::{Frame, Part};
use crate::web::moment::Moment;
use crate::web::page::{self, PageError, error_page, plain, redirect};
use crate::web::{ADMIN_PATH, Site};
use askama::Template;
use axum::extract::{Path, RawQuery, State};
use axum::response::Response;
use http::{HeaderMap, StatusCode};
use tidemark_core::cloud::Reach;
use tidemark_core::model::AccountId;
use tidemark_core::people::{
    AccountError, Administration, AdministrationError, EMAIL_MAX, Member, NewPerson, PASSWORD_MAX,
    PASSWORD_MIN,
};
use tidemark_core::store::StoreError;

/// How many accounts a page has.
const PAGE: usize = 100;

#[derive(Template)]
#[template(path = "admin_accounts.html")]
struct AccountsPage {
    rows: Vec<Row>,
    count: usize,
    before: Option<usize>,
    next: Option<usize>,
    frame: Frame,
}

/// An account as the pages tell it.
struct Row {
    number: u64,
    name: String,
    email: String,
    storage: Storage,
    is_admin: bool,
    is_disabled: bool,
    since: String,
    seen: Option<Moment>,
}

#[derive(Template)]
#[template(path = "admin_new_account.html")]
struct NewAccountPage<'a> {
    name: &'a str,
    email: &'a str,
    quota: &'a str,
    is_admin: bool,
    problem: Option<Problem>,
    password_min: usize,
    password_max: usize,
    frame: Frame,
}

#[derive(Template)]
#[template(path = "admin_account.html")]
struct AccountPage {
    row: Row,
    /// Whether it is the account of who looks.
    is_self: bool,
    quota: String,
    done: Option<&'static str>,
    problem: Option<Problem>,
    password_min: usize,
    password_max: usize,
    email_max: usize,
    frame: Frame,
}

/// Why a form was not done.
struct Problem {
    text: String,
    /// The field or the form that is to blame.
    place: &'static str,
}

impl NewAccountPage<'_> {
    fn is_wrong(&self, field: &str) -> bool {
        self.problem.as_ref().is_some_and(|problem| problem.place == field)
    }
}

impl AccountPage {
    fn is_wrong(&self, form: &str) -> bool {
        self.problem.as_ref().is_some_and(|problem| problem.place == form)
    }
}

/// Everybody, the oldest account first.
pub(in crate::web) async fn list(
    State(site): State<Site>,
    admin: Admin,
    RawQuery(query): RawQuery,
) -> Result<Response, PageError> {
    let verbs = admin.verbs(&site).await?;
    let after = Params::parse(query.as_deref(), None)?.integer::<usize>("after")?.unwrap_or(0);
    let members = verbs.members().await?;
    let count = members.len();
    let mut rows = Vec::new();
    for member in members.into_iter().skip(after).take(PAGE) {
        rows.push(row(&site, member).await?);
    }
    let mut headers = HeaderMap::new();
    let page = AccountsPage {
        rows,
        count,
        before: (after > 0).then(|| after.saturating_sub(PAGE)),
        next: after.checked_add(PAGE).filter(|next| *next < count),
        frame: admin.0.frame(&site, Part::Admin, &mut headers),
    };
    Ok(page::with(page::page(StatusCode::OK, &page), headers))
}

async fn row(site: &Site, Member { account, seen }: Member) -> Result<Row, StoreError> {
    let usage = site.cloud.usage(&site.cloud.scope(&account, Reach::Whole).await?).await?;
    Ok(Row {
        number: account.id.0,
        storage: Storage::new(usage.bytes, account.quota),
        is_admin: account.admin,
        is_disabled: account.disabled,
        since: page::date(account.created),
        seen: seen.map(|seen| Moment::new(seen, site.cloud.now())),
        name: plain(&account.name),
        email: plain(&account.email),
    })
}

/// The form for another account.
pub(in crate::web) async fn ask(State(site): State<Site>, admin: Admin) -> Response {
    new_account_page(&site, &admin, &Params::default(), StatusCode::OK, None)
}

fn new_account_page(
    site: &Site,
    admin: &Admin,
    typed: &Params,
    status: StatusCode,
    problem: Option<Problem>,
) -> Response {
    let text = |name| typed.get(name).unwrap_or_default();
    let mut headers = HeaderMap::new();
    let page = NewAccountPage {
        name: text("name"),
        email: text("email"),
        quota: text("quota"),
        is_admin: typed.get("admin").is_some(),
        problem,
        password_min: PASSWORD_MIN,
        password_max: PASSWORD_MAX,
        frame: admin.0.frame(site, Part::Admin, &mut headers),
    };
    page::with(page::page(status, &page), headers)
}

/// Adds an account.
pub(in crate::web) async fn add(
    State(site): State<Site>,
    Submission { visitor, params }: Submission,
) -> Result<Response, PageError> {
    let admin = Admin::of(visitor)?;
    let verbs = admin.verbs(&site).await?;
    let again =
        |problem| Ok(new_account_page(&site, &admin, &params, StatusCode::BAD_REQUEST, Some(problem)));
    let text = |name| params.get(name).unwrap_or_default();
    let Ok(quota) = quota::parse(text("quota")) else {
        return again(Problem { text: quota::UNDERSTOOD.to_owned(), place: "quota" });
    };
    let person = NewPerson {
        email: text("email").to_owned(),
        name: params.get("name").map(str::to_owned),
        password: text("password").to_owned(),
        quota,
        admin: params.get("admin").is_some(),
    };
    match verbs.add(person).await {
        Ok(account) => {
            redirect(StatusCode::SEE_OTHER, &format!("/admin/accounts/{}?done=added", account.id.0))
        }
        Err(error) => match told(error) {
            Ok(problem) => again(problem),
            Err(error) => Err(error.into()),
        },
    }
}

/// One account, and what can be done to it.
pub(in crate::web) async fn show(
    State(site): State<Site>,
    Path(number): Path<String>,
    admin: Admin,
    RawQuery(query): RawQuery,
) -> Result<Response, PageError> {
    let verbs = admin.verbs(&site).await?;
    let done = match Params::parse(query.as_deref(), None)?.get("done") {
        Some("added") => Some("The account is there. Tell its owner the password, and to change it."),
        Some("quota") => Some("The quota is changed."),
        Some("email") => Some("The e-mail is changed. Tell them: they sign in with it from now on."),
        Some("password") => Some("The password is reset, and they are signed out everywhere."),
        Some("admin") => Some("Who administers the server is changed."),
        Some("sign-out") => Some("They are signed out everywhere."),
        Some("disable") => Some("The account is shut out. Its files stay."),
        Some("enable") => Some("The account is let in again."),
        _ => None,
    };
    account_page(&site, &admin, &verbs, &number, StatusCode::OK, done, None).await
}

async fn account_page(
    site: &Site,
    admin: &Admin,
    verbs: &Administration<'_>,
    number: &str,
    status: StatusCode,
    done: Option<&'static str>,
    problem: Option<Problem>,
) -> Result<Response, PageError> {
    let member = match number.parse() {
        Ok(number) => verbs.member(AccountId(number)).await?,
        Err(_) => None,
    };
    let Some(member) = member else { return Ok(no_account()) };
    let (id, quota) = (member.account.id, quota::written(member.account.quota));
    let mut headers = HeaderMap::new();
    let page = AccountPage {
        row: row(site, member).await?,
        is_self: verbs.is_self(id),
        quota,
        done,
        problem,
        password_min: PASSWORD_MIN,
        password_max: PASSWORD_MAX,
        email_max: EMAIL_MAX,
        frame: admin.0.frame(site, Part::Admin, &mut headers),
    };
    Ok(page::with(page::page(status, &page), headers))
}

fn no_account() -> Response {
    error_page(StatusCode::NOT_FOUND, "Nothing here", "There is no such account.")
}

/// Does to an account what one of its forms asks for.
pub(in crate::web) async fn change(
    State(site): State<Site>,
    Path(number): Path<String>,
    Submission { visitor, params }: Submission,
) -> Result<Response, PageError> {
    let admin = Admin::of(visitor)?;
    let verbs = admin.verbs(&site).await?;
    let Ok(id) = number.parse().map(AccountId) else { return Ok(no_account()) };
    let act = params.get("act").unwrap_or_default();
    let (form, done) = match act {
        "quota" => match quota::parse(params.get_or_empty("quota").unwrap_or_default()) {
            Ok(quota) => ("quota", verbs.set_quota(id, quota).await),
            Err(()) => {
                let problem = Problem { text: quota::UNDERSTOOD.to_owned(), place: "quota" };
                let status = StatusCode::BAD_REQUEST;
                return account_page(&site, &admin, &verbs, &number, status, None, Some(problem)).await;
            }
        },
        "password" => {
            ("password", verbs.reset_password(id, params.get("password").unwrap_or_default()).await)
        }
        "email" => ("email", verbs.set_email(id, params.get("email").unwrap_or_default()).await),
        "admin" => ("admin", verbs.set_admin(id, true).await),
        "no-admin" => ("admin", verbs.set_admin(id, false).await),
        "sign-out" => ("sign-out", verbs.sign_out(id).await.map(|_| ())),
        "disable" => ("disable", verbs.set_disabled(id, true).await),
        "enable" => ("enable", verbs.set_disabled(id, false).await),
        other => return Err(ParamError::invalid("act", "one of the page's", other).into()),
    };
    match done {
        Ok(()) => redirect(StatusCode::SEE_OTHER, &format!("{ADMIN_PATH}/accounts/{}?done={form}", id.0)),
        Err(AdministrationError::Unknown) => Ok(no_account()),
        Err(error) => {
            let problem = Problem { place: form, ..told(error)? };
            account_page(&site, &admin, &verbs, &number, StatusCode::BAD_REQUEST, None, Some(problem)).await
        }
    }
}

/// What the page says of a refusal, and of which field; what is no refusal is the server's own failure.
fn told(error: AdministrationError) -> Result<Problem, StoreError> {
    let (place, text) = match error {
        AdministrationError::Yourself => {
            ("", "This is your own account: change that on your account's page.".to_owned())
        }
        AdministrationError::LastAdmin => ("", "Nobody would be left to administer the server.".to_owned()),
        AdministrationError::Unknown | AdministrationError::Account(AccountError::Unknown(_)) => {
            ("", "There is no such account any more.".to_owned())
        }
        AdministrationError::Account(AccountError::Email(_)) => {
            ("email", "This is not an e-mail address.".to_owned())
        }
        AdministrationError::Account(AccountError::EmailTaken(_)) => {
            ("email", "There is an account with this e-mail already.".to_owned())
        }
        AdministrationError::Account(AccountError::Name) => {
            ("name", "This name is too long, or cannot be shown.".to_owned())
        }
        AdministrationError::Account(AccountError::Password(_)) => {
            ("password", format!("A password has {PASSWORD_MIN} to {PASSWORD_MAX} characters."))
        }
        AdministrationError::Account(AccountError::Busy | AccountError::SetupLink) => {
            ("", "The server is busy. Please try again.".to_owned())
        }
        AdministrationError::Account(AccountError::Store(error)) => return Err(error),
    };
    Ok(Problem { text, place })
}
