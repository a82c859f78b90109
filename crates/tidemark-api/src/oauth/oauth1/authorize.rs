//! `GET` and `POST /1/oauth/authorize`: the person decides about a request token.
//!
//! The page is the one of OAuth 2, with its rules: the person signs in first, the form is proven to be ours, and nothing
//! hangs on what it repeats. Afterwards the browser goes to the program's callback, or stays.

use super::callback;
use crate::http::Params;
use crate::oauth::consent::{After, Question, ask};
use crate::oauth::redirect::with_query;
use crate::web::form::Submission;
use crate::web::page::{PageError, error_page, plain, redirect, unavailable};
use crate::web::visitor::Visitor;
use crate::web::{Site, continuation};
use axum::extract::{RawQuery, State};
use axum::response::Response;
use http::{StatusCode, Uri};
use tidemark_core::model::App;
use tidemark_core::people::callback_host;
use tidemark_core::people::oauth1::RequestError;

/// Why nobody is asked. Only the person is told: who asks, or where the answer should go, is not known for sure.
enum Unfit {
    Token,
    Callback,
}

/// A request that can be put to the person, or was.
struct Request<'a> {
    token: &'a str,
    callback: Option<&'a str>,
}

impl Request<'_> {
    fn read<'a>(params: &'a Params, callback: Option<&'a str>) -> Result<Request<'a>, Unfit> {
        // The old service showed a PIN where a program said `oob`; ours asks its person to come back.
        let callback = callback.filter(|callback| *callback != "oob");
        let token = params.get("oauth_token").ok_or(Unfit::Token)?;
        Ok(Request { token, callback })
    }

    fn fields(&self) -> Vec<(&'static str, &str)> {
        let mut fields = vec![("oauth_token", self.token)];
        fields.extend(self.callback.map(|callback| ("oauth_callback", callback)));
        fields
    }

    /// The address of this request, in our own spelling.
    fn here(&self, uri: &Uri) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(self.fields());
        format!("{}?{}", uri.path(), query.finish())
    }

    /// The host of the callback, if there is one.
    fn host(&self, app: &App) -> Result<Option<&str>, Unfit> {
        let Some(callback) = self.callback else { return Ok(None) };
        callback_host(app, callback).map(Some).ok_or(Unfit::Callback)
    }
}

/// Shows what is asked.
pub(super) async fn show(
    State(site): State<Site>,
    visitor: Visitor,
    uri: Uri,
    RawQuery(query): RawQuery,
) -> Result<Response, PageError> {
    let (params, callback) = callback::read(query.as_deref().unwrap_or_default())?;
    let request = match Request::read(&params, callback.as_deref()) {
        Ok(request) => request,
        Err(unfit) => return Ok(refuse(&unfit)),
    };
    let Some(app) = site.people.requesting_app(request.token).await? else {
        return Ok(refuse(&Unfit::Token));
    };
    let host = match request.host(&app) {
        Ok(host) => host,
        Err(unfit) => return Ok(refuse(&unfit)),
    };
    let question = Question {
        app: &app,
        after: host.map_or(After::Return, After::Leave),
        fields: request.fields(),
        here: &request.here(&uri),
        action: uri.path(),
    };
    ask(&site, &visitor, question).await
}

/// Does what the person decided. Whose request it is and where it may lead is looked up anew.
pub(super) async fn decide(
    State(site): State<Site>,
    uri: Uri,
    form: Submission,
) -> Result<Response, PageError> {
    let request = match Request::read(&form.params, form.params.get("oauth_callback")) {
        Ok(request) => request,
        Err(unfit) => return Ok(refuse(&unfit)),
    };
    let Some(account) = &form.visitor.account else {
        return redirect(StatusCode::SEE_OTHER, &continuation::sign_in_url(&request.here(&uri)));
    };
    // Before anything is allowed.
    if let Some(app) = site.people.requesting_app(request.token).await?
        && let Err(unfit) = request.host(&app)
    {
        return Ok(refuse(&unfit));
    }
    let allow = form.params.get("decision") == Some("allow");
    let app = match site.people.decide(request.token, account, allow).await {
        Ok(app) => app,
        Err(RequestError::Unknown) => return Ok(refuse(&Unfit::Token)),
        // Shut out since the page was shown.
        Err(RequestError::AccountDisabled) => return Ok(denied()),
        Err(RequestError::Store(error)) => return Ok(unavailable(&error)),
    };
    if allow {
        tracing::info!(account = account.id.0, app = %app.key, "an app was allowed");
    }
    if let Err(unfit) = request.host(&app) {
        return Ok(refuse(&unfit));
    }
    let uid = account.id.0.to_string();
    let fields = match allow {
        true => [("uid", uid.as_str()), ("oauth_token", request.token)],
        false => [("not_approved", "true"), ("oauth_token", request.token)],
    };
    match request.callback {
        Some(callback) => redirect(StatusCode::FOUND, &with_query(callback, &fields)),
        None if allow => Ok(error_page(
            StatusCode::OK,
            "Allowed",
            &format!("{} may use your account now. You may return to the app.", plain(&app.name)),
        )),
        None => Ok(denied()),
    }
}

fn denied() -> Response {
    error_page(StatusCode::OK, "Not allowed", "The app got no permission. You may return to the app.")
}

fn refuse(unfit: &Unfit) -> Response {
    let text = match unfit {
        Unfit::Token => {
            "The app's request is not known here, was decided about before, or is too old. Please begin again in the app."
        }
        Unfit::Callback => {
            "The app wants to send you to an address that it may not send you to. Nothing was allowed."
        }
    };
    error_page(StatusCode::BAD_REQUEST, "This app cannot be connected", text)
}
