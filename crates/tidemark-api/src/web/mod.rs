//! The pages that people see: setting the server up, signing in and out, what they have linked and shared, and what
//! others have shared with them.
//!
//! Plain HTML with one style sheet; where a page comes alive, its scripts are modules of ours ([`assets`]). Every page carries the headers of [`page`], every form is read through
//! [`form::Submission`], which lets nothing through that another site could have sent. The pages of the OAuth flow stand
//! in [`crate::oauth`] and are built from the same parts.

mod account;
mod activity;
mod admin;
mod around;
pub(crate) mod assets;
mod browser;
mod console;
pub(crate) mod continuation;
pub(crate) mod cookie;
mod download;
mod files;
pub(crate) mod form;
pub(crate) mod frame;
mod linked_apps;
mod links;
mod moment;
pub(crate) mod page;
mod profile;
mod setup;
pub(crate) mod shared;
mod sign_in;
mod unconfirmed;
pub(crate) mod visitor;
mod welcome;

pub use around::framed;
pub use console::Console;

use crate::Intakes;
use crate::http::Origin;
use crate::telemetry::Vitals;
use axum::Router;
use axum::routing::{get, post};
use std::sync::Arc;
use tidemark_core::cloud::Cloud;
use tidemark_core::media::Media;
use tidemark_core::people::People;

/// Where people sign in.
pub const SIGN_IN_PATH: &str = "/login";
/// Where people sign out, by a form.
pub const SIGN_OUT_PATH: &str = "/logout";
/// Where people see their files; below it, by path.
pub const FILES_PATH: &str = "/files";
/// Where people see who they are here.
pub const ACCOUNT_PATH: &str = "/account";
/// Where administrators see everybody; below it, what they can do.
pub const ADMIN_PATH: &str = "/admin";
/// Where people see what they have shared.
pub const LINKS_PATH: &str = "/links";
/// Where the first account is made; `?token=` and the secret of [`People::setup_link`] complete the link.
pub const SETUP_PATH: &str = "/setup";

/// What the pages and the OAuth endpoints stand on.
#[derive(Clone)]
pub struct Site {
    pub(crate) people: Arc<People>,
    pub(crate) cloud: Arc<Cloud>,
    pub(crate) media: Arc<Media>,
    pub(crate) console: Console,
    /// How the server is, if anybody watches it.
    pub(crate) vitals: Option<Arc<Vitals>>,
    /// Where the server's own gallery is, if it has one.
    pub(crate) gallery: Option<&'static str>,
    /// The archives that are being sent.
    pub(crate) archives: Arc<Intakes>,
    /// Those of folders that links show, by whose they are.
    pub(crate) shared_archives: Arc<Intakes>,
    /// How addresses of this server begin, and whether every browser comes over TLS and through a proxy, which unwraps it.
    pub(crate) origin: Origin,
}

impl Site {
    /// Over these people, their files and what is made of those, and their apps, for browsers that connect to the server itself.
    pub fn new(people: Arc<People>, cloud: Arc<Cloud>, media: Arc<Media>, console: Console) -> Site {
        let room = || Arc::new(Intakes::new(download::PER_ACCOUNT_MAX));
        Site {
            people,
            cloud,
            media,
            console,
            vitals: None,
            gallery: None,
            archives: room(),
            shared_archives: room(),
            origin: Origin::default(),
        }
    }

    /// With what administrators are told of the server itself.
    #[must_use]
    pub fn watched(self, vitals: Arc<Vitals>) -> Site {
        Site { vitals: Some(vitals), ..self }
    }

    /// With a way to the gallery that is served at this path, if there is one.
    #[must_use]
    pub fn beside(self, gallery: Option<&'static str>) -> Site {
        Site { gallery, ..self }
    }

    /// Says where browsers find the server. If a proxy stands in front of it, that speaks TLS with them, so that cookies
    /// are for TLS only, and appends their addresses to `X-Forwarded-For`, so that whoever guesses passwords is told
    /// apart from the others. Nobody else may reach the server then: they could claim any address.
    #[must_use]
    pub fn at(self, origin: Origin) -> Site {
        Site { origin, ..self }
    }
}

/// The pages. The caller decides what is behind every other path ([`not_found`](crate::not_found) answers for nobody), and then
/// puts a [frame](framed) around what is told there.
pub fn router(site: Site) -> Router {
    Router::new()
        .route("/", get(welcome::show))
        .route("/help", get(welcome::help))
        .route(ACCOUNT_PATH, get(account::show))
        .route("/activity", get(activity::show))
        .route("/account/name", post(profile::change_name))
        .route("/account/email", post(profile::change_email))
        .route("/account/password", post(account::change_password))
        .route("/account/sessions/end", post(account::end_session))
        .route("/account/sessions/end-others", post(account::end_others))
        .route(ADMIN_PATH, get(admin::accounts::list))
        .route("/admin/server", get(admin::server::show))
        .route("/admin/trends", get(admin::server::trends))
        .route("/admin/accounts/new", get(admin::accounts::ask).post(admin::accounts::add))
        .route("/admin/accounts/{number}", get(admin::accounts::show).post(admin::accounts::change))
        .route("/linked-apps/revoke", get(linked_apps::ask).post(linked_apps::unlink))
        .route(FILES_PATH, get(files::show))
        .route("/files/{*path}", get(files::show))
        .route("/download", post(download::send))
        .route("/session/token", post(files::token))
        .route(LINKS_PATH, get(links::show))
        .route("/links/revoke", get(links::ask).post(links::revoke))
        .route("/links/expiry", post(links::set_expiry))
        .route(shared::PAGES, get(shared::open).post(shared::unlock).options(shared::preflight))
        .route(shared::SHORT, get(shared::lengthen).options(shared::preflight))
        .route(shared::VANITY, get(shared::lengthen).options(shared::preflight))
        .route(SETUP_PATH, get(setup::show).post(setup::submit))
        .route(SIGN_IN_PATH, get(sign_in::show).post(sign_in::submit))
        .route(SIGN_OUT_PATH, post(sign_in::leave))
        .route(assets::ROUTE, get(assets::serve))
        .merge(console::routes())
        .with_state(site)
}
