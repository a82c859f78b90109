//! What a program asks for on an authorization page: `docs/protocols/dropbox-v1.md`, `docs/protocols/box.md`, RFC 6749
//! sections 4.1.1 and 4.2.1, RFC 7636 section 4.3.
//!
//! `force_reapprove`, `require_role`, `disable_signup` and `locale` are accepted and change nothing: the person is asked
//! every time, there is one kind of account, nobody signs up by themselves, and there is one language. Likewise Box's
//! `scope` and `box_login`: what an app may reach is said when it is registered.

use crate::http::Params;
use crate::web::Site;
use crate::web::page::{error_page, unavailable};
use axum::response::Response;
use http::StatusCode;
use tidemark_core::model::{App, Challenge, Lifetime};
use tidemark_core::people::returns_to;

/// The longest `state`, in bytes.
const STATE_MAX: usize = 500;

/// What the program wants to get.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ResponseKind {
    /// A code to exchange for a token.
    Code,
    /// The token itself.
    Token,
}

impl ResponseKind {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            ResponseKind::Code => "code",
            ResponseKind::Token => "token",
        }
    }
}

/// Where the browser goes back to.
pub(super) struct Return {
    /// One of the app's own (or what goes for one), without a fragment.
    pub(super) uri: String,
    /// What the program wants to see again.
    pub(super) state: Option<String>,
}

/// A request that can be put to the person.
pub(super) struct Request {
    pub(super) app: App,
    pub(super) kind: ResponseKind,
    pub(super) back: Back,
    pub(super) challenge: Option<Challenge>,
    /// Of what a code gives; the page that the program asks at says it.
    pub(super) lifetime: Lifetime,
}

/// How the program gets to know what the person decided.
pub(super) enum Back {
    /// The browser brings it.
    Redirect(Return),
    /// The person copies the code. The state has nowhere to go.
    Copy,
}

impl Back {
    /// Where the browser goes.
    pub(super) fn uri(&self) -> Option<&str> {
        match self {
            Back::Redirect(back) => Some(&back.uri),
            Back::Copy => None,
        }
    }
}

/// Why a request cannot be put to the person.
pub(super) enum Unfit {
    /// Who asks, or where the answer should go, is not known for sure: only the person is told (RFC 6749 section
    /// 4.1.2.1).
    Page(Box<Response>),
    /// The program is told.
    Tell { back: Return, kind: ResponseKind, error: &'static str, description: &'static str },
}

impl Request {
    /// Reads and checks a request.
    pub(super) async fn read(params: &Params, lifetime: Lifetime, site: &Site) -> Result<Request, Unfit> {
        let app = read_app(params, site).await?;
        // An error must travel as the answer would have.
        let kind = match (lifetime, params.get("response_type")) {
            (Lifetime::Lasting, Some("token")) => ResponseKind::Token,
            _ => ResponseKind::Code,
        };
        let state = params.get("state");
        if state.is_some_and(|state| state.len() > STATE_MAX) {
            return Err(unfit("The app sent a state that is too long."));
        }
        let is_own = |uri: &str| match kind {
            ResponseKind::Code => returns_to(&app, uri),
            // Whoever catches a token has it, and the ports of a machine are for all who use it.
            ResponseKind::Token => app.redirect_uris.iter().any(|own| own == uri),
        };
        let back = match params.get("redirect_uri") {
            Some(uri) if is_own(uri) => {
                Back::Redirect(Return { uri: uri.to_owned(), state: state.map(str::to_owned) })
            }
            Some(_) => {
                return Err(unfit(
                    "The app wants to send you to an address that is not registered for it. Nothing was allowed.",
                ));
            }
            None => match lifetime {
                Lifetime::Lasting => Back::Copy,
                Lifetime::Renewed => Back::Redirect(Return {
                    uri: only_address(&app)?.to_owned(),
                    state: state.map(str::to_owned),
                }),
            },
        };
        match read_wish(params, &app, lifetime, kind, &back) {
            Ok(challenge) => Ok(Request { app, kind, back, challenge, lifetime }),
            Err((error, description)) => Err(match back {
                Back::Redirect(back) => Unfit::Tell { back, kind, error, description },
                Back::Copy => unfit(&format!("The app's request is not valid: {description}.")),
            }),
        }
    }

    /// The request as form fields or query, as [`Request::read`] reads it.
    pub(super) fn fields(&self) -> Vec<(&'static str, &str)> {
        let mut fields = vec![("response_type", self.kind.as_str()), ("client_id", &self.app.key.0)];
        if let Back::Redirect(back) = &self.back {
            fields.push(("redirect_uri", &back.uri));
            fields.extend(back.state.as_deref().map(|state| ("state", state)));
        }
        match &self.challenge {
            Some(Challenge::Plain(text)) => {
                fields.extend([("code_challenge", text.as_str()), ("code_challenge_method", "plain")]);
            }
            Some(Challenge::S256(text)) => {
                fields.extend([("code_challenge", text.as_str()), ("code_challenge_method", "S256")]);
            }
            None => {}
        }
        fields
    }
}

async fn read_app(params: &Params, site: &Site) -> Result<App, Unfit> {
    let key = params.get("client_id").ok_or_else(|| {
        unfit("The app that sent you here did not say which one it is: its link has no client_id. Nothing was allowed.")
    })?;
    match site.people.open_app(key).await {
        // Nobody but this server's own pages speaks for them, and they need not ask.
        Ok(app) => app
            .filter(|app| app.key.0 != App::PAGES)
            .ok_or_else(|| unfit("The app that sent you here is not registered with this server.")),
        Err(error) => Err(Unfit::Page(Box::new(unavailable(&error)))),
    }
}

/// Where the browser of a program goes that did not say it: there must be no doubt.
fn only_address(app: &App) -> Result<&str, Unfit> {
    match app.redirect_uris.as_slice() {
        [only] => Ok(only),
        [] => Err(unfit(
            "There is no address registered for the app to which you could go back. Nothing was allowed.",
        )),
        _ => Err(unfit(
            "The app did not say to which of its registered addresses you should go back. Nothing was allowed.",
        )),
    }
}

/// What can be told to the program if it is wrong: the error and its description.
type Wrong = (&'static str, &'static str);

fn read_wish(
    params: &Params,
    app: &App,
    lifetime: Lifetime,
    kind: ResponseKind,
    back: &Back,
) -> Result<Option<Challenge>, Wrong> {
    match (params.get("response_type"), lifetime) {
        (Some("code"), _) | (Some("token"), Lifetime::Lasting) => {}
        (Some(_), Lifetime::Lasting) => {
            return Err(("unsupported_response_type", "response_type must be code or token"));
        }
        (Some(_), Lifetime::Renewed) => {
            return Err(("unsupported_response_type", "response_type must be code"));
        }
        (None, _) => return Err(("invalid_request", "response_type is missing")),
    }
    if app.is_public() && (kind, lifetime) != (ResponseKind::Code, Lifetime::Lasting) {
        // Whoever got hold of a token would have it, and what renews one needs a secret.
        return Err(("unauthorized_client", "this app may ask only for a code, and for tokens that last"));
    }
    match (kind, back) {
        (ResponseKind::Token, Back::Copy) => Err(("invalid_request", "redirect_uri is missing")),
        // A token is not exchanged, so there is nothing to prove.
        (ResponseKind::Token, Back::Redirect(_)) => Ok(None),
        (ResponseKind::Code, _) => match read_challenge(params)? {
            // A plain one stands in the browser's history, and proves nothing.
            None | Some(Challenge::Plain(_)) if app.is_public() => {
                Err(("invalid_request", "this app must send a code_challenge, with the method S256"))
            }
            challenge => Ok(challenge),
        },
    }
}

fn read_challenge(params: &Params) -> Result<Option<Challenge>, Wrong> {
    let method = params.get("code_challenge_method");
    let Some(text) = params.get("code_challenge") else {
        return match method {
            None => Ok(None),
            Some(_) => Err(("invalid_request", "code_challenge is missing")),
        };
    };
    let unreserved = |b: u8| b.is_ascii_alphanumeric() || b"-._~".contains(&b);
    if !(43..=128).contains(&text.len()) || !text.bytes().all(unreserved) {
        return Err(("invalid_request", "code_challenge must be 43 to 128 unreserved characters"));
    }
    match method {
        Some("S256") => Ok(Some(Challenge::S256(text.to_owned()))),
        Some("plain") | None => Ok(Some(Challenge::Plain(text.to_owned()))),
        Some(_) => Err(("invalid_request", "code_challenge_method must be S256 or plain")),
    }
}

fn unfit(text: &str) -> Unfit {
    Unfit::Page(Box::new(error_page(StatusCode::BAD_REQUEST, "This app cannot be connected", text)))
}
