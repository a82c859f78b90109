//! What there is: the gallery as whoever serves it holds it, and what all of its parts share.

use std::fmt;
use std::fs;
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use axum::Router;
use http::HeaderValue;
use tidemark_client::{Client, Entropy, OWN_APP, Server, Transport};
use tokio::sync::{Semaphore, watch};
use url::Url;

use crate::events::Presence;
use crate::keys::Keys;
use crate::pages::{self, Flows, Ways};
use crate::session::Sessions;
use crate::store::{Database, Store, StoreError};

/// Tells the time, in seconds since 1970.
pub type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

/// How often what is old is forgotten.
const SWEEP: Duration = Duration::from_secs(60 * 60);
/// A browser that was not there for so long has to sign in again, in seconds.
pub(crate) const SESSION_LIFE: i64 = 30 * 24 * 60 * 60;
/// What is kept of somebody who is signed in nowhere any more is forgotten after so long, in seconds.
const LEFT_LIFE: i64 = 7 * 24 * 60 * 60;
/// How many pictures of one gallery are asked for at once.
const ASKING_MAX: usize = 32;

/// What a gallery needs.
pub struct Options {
    /// Whose pictures.
    pub server: Server,
    /// What people call the host that the gallery is on, such as `https://photos.example.org`: scheme and host, perhaps with a
    /// port, without a slash at the end.
    pub public_url: String,
    /// Below which path it is there; empty for the top, otherwise with a slash before and none behind, such as `/gallery`.
    pub prefix: String,
    /// Where people see all of their files, folders by their paths below it, such as `/files`; nothing if that is not known, as of
    /// a server that may be anybody's.
    pub files: Option<String>,
    /// As which app it asks for permission.
    pub app: App,
    /// Where it keeps what it keeps. It is made if it is not there.
    pub folder: PathBuf,
    /// How many bytes of thumbnails are kept at most.
    pub thumbnails_max: u64,
    /// The way to the server.
    pub transport: Arc<dyn Transport>,
    /// For secrets: it must be unpredictable.
    pub entropy: Arc<dyn Entropy>,
    /// The time.
    pub clock: Clock,
}

/// An app that is registered with the server.
#[derive(Clone)]
pub struct App {
    /// Its key; [`OWN_APP`] needs no registration, and returns to this machine only.
    pub key: String,
    /// How people are asked.
    pub signing: Signing,
}

/// How people are asked for permission.
#[derive(Clone)]
pub enum Signing {
    /// By OAuth 2, with the code flow and PKCE: no secret is needed.
    Code,
    /// By OAuth 1.0a, with requests signed by HMAC-SHA1; the token is then exchanged for one of OAuth 2.
    OAuth1 {
        /// The app's secret.
        secret: String,
    },
}

/// Why there is no gallery.
#[derive(Debug, thiserror::Error)]
pub enum GalleryError {
    /// The address cannot be one of pages.
    #[error("'{0}' cannot be a gallery's address: it should look like https://photos.example.org")]
    PublicUrl(String),
    /// The server's own app leads to this machine only.
    #[error(
        "browsers are sent back to '{0}', which the server's own app may not do: register an app on the server, with \
         `tidemark app add Gallery --access full --redirect-uri {0}`, and give its key with --app-key"
    )]
    NotHere(String),
    /// The server's own app has no secret to sign with.
    #[error(
        "OAuth 1 needs an app of its own: register one with the redirect URI '{0}', and give its key and its secret"
    )]
    NoSecret(String),
    /// The data folder cannot be used.
    #[error("the gallery's folder {0} cannot be used")]
    Folder(PathBuf, #[source] io::Error),
    /// The database cannot be used.
    #[error("the gallery's database in {0} cannot be used")]
    Store(PathBuf, #[source] Box<dyn std::error::Error + Send + Sync>),
}

/// A photo gallery. Cheap to clone.
#[derive(Clone)]
pub struct Gallery {
    inner: Arc<Inner>,
}

/// What all parts share.
pub(crate) struct Inner {
    pub(crate) options: Options,
    /// Where browsers come back to with a permission.
    pub(crate) redirect_uri: String,
    /// The host, with its port, under which it is there.
    pub(crate) authority: String,
    pub(crate) keys: Keys,
    pub(crate) store: Store,
    pub(crate) presence: Presence,
    pub(crate) sessions: Sessions,
    pub(crate) flows: Flows,
    pub(crate) ways: Ways,
    /// Of questions that pages wait for.
    pub(crate) asking: Semaphore,
    /// How many of them there are.
    pub(crate) waiting: AtomicUsize,
    stopped: watch::Sender<bool>,
}

impl Gallery {
    /// Opens a gallery. Nothing is asked of the server yet.
    ///
    /// # Errors
    /// [`GalleryError`].
    pub fn open(options: Options) -> Result<Gallery, GalleryError> {
        let bad = || GalleryError::PublicUrl(options.public_url.clone());
        let url = Url::parse(&options.public_url).map_err(|_| bad())?;
        let origin = url.origin().ascii_serialization();
        let is_web = matches!(url.scheme(), "http" | "https");
        if !is_web || origin != options.public_url || url.path() != "/" {
            return Err(bad());
        }
        let authority = origin.split_once("://").map_or_else(String::new, |(_, rest)| rest.to_owned());
        let is_own = options.app.key == OWN_APP;
        // The server's own app has addresses without a path only.
        let page = if is_own { "/" } else { "/callback" };
        let redirect_uri = format!("{}{}{page}", options.public_url, options.prefix);
        let is_here = matches!(url.host_str(), Some("127.0.0.1" | "[::1]")) && url.scheme() == "http";
        let registered = || format!("{}{}/callback", options.public_url, options.prefix);
        match options.app.signing {
            Signing::OAuth1 { .. } if is_own => return Err(GalleryError::NoSecret(registered())),
            Signing::Code if is_own && !(is_here && options.prefix.is_empty()) => {
                return Err(GalleryError::NotHere(registered()));
            }
            Signing::OAuth1 { .. } | Signing::Code => {}
        }
        let folder = options.folder.clone();
        let of_folder = |error| GalleryError::Folder(folder.clone(), error);
        let of_store = |error: StoreError| GalleryError::Store(folder.clone(), error.into());
        // What is in it is other people's.
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&folder).map_err(of_folder)?;
        let keys = Keys::open(&folder, &*options.entropy).map_err(of_folder)?;
        let store =
            Store::open(&folder, options.server.as_str(), options.thumbnails_max).map_err(of_store)?;
        let inner = Inner {
            redirect_uri,
            authority,
            keys,
            store,
            presence: Presence::default(),
            sessions: Sessions::default(),
            flows: Flows::default(),
            ways: Ways::default(),
            asking: Semaphore::new(ASKING_MAX),
            waiting: AtomicUsize::new(0),
            stopped: watch::Sender::new(false),
            options,
        };
        Ok(Gallery { inner: Arc::new(inner) })
    }

    /// Where browsers find it.
    #[must_use]
    pub fn url(&self) -> String {
        format!("{}{}/", self.inner.options.public_url, self.inner.options.prefix)
    }

    /// The header that takes its session out of a browser: for whoever signs somebody out of the whole host.
    pub fn clear_session(&self) -> HeaderValue {
        self.inner.clear_session()
    }

    /// Every page and picture of it, below its prefix. A [`Peer`](crate::Peer) in a request's extensions tells where it comes from.
    pub fn router(&self) -> Router {
        pages::router(self.inner.clone())
    }

    /// Forgets what is old, now and every hour; it has no end.
    pub async fn tidy(&self) {
        loop {
            if let Err(error) = self.inner.sweep().await {
                tracing::warn!(error = &error as &dyn std::error::Error, "what is old was not forgotten");
            }
            tokio::time::sleep(SWEEP).await;
        }
    }

    /// Ends whatever waits: the pages' lines for news, and watching. To be called before whoever serves it stops.
    pub fn stop(&self) {
        self.inner.stopped.send_replace(true);
    }
}

impl Inner {
    /// The time, in seconds since 1970.
    pub(crate) fn now(&self) -> i64 {
        (self.options.clock)()
    }

    /// Whether it is reached under TLS.
    pub(crate) fn is_secure(&self) -> bool {
        self.options.public_url.starts_with("https://")
    }

    /// A path of the gallery, as a browser asks for it.
    pub(crate) fn path(&self, path: &str) -> String {
        format!("{}{path}", self.options.prefix)
    }

    /// Asks the server with somebody's token.
    pub(crate) fn client(&self, token: tidemark_client::AccessToken) -> Client {
        let Options { server, transport, entropy, .. } = &self.options;
        Client::new(server.clone(), token, transport.clone(), entropy.clone())
    }

    /// Ready when everything that waits is to end.
    pub(crate) async fn stopped(&self) {
        // It cannot be dropped while this borrows it.
        let _ = self.stopped.subscribe().wait_for(|stopped| *stopped).await;
    }

    async fn sweep(&self) -> Result<(), StoreError> {
        let now = self.now();
        let sweep = move |store: &Database| store.sweep(now - SESSION_LIFE, now - LEFT_LIFE, now);
        for person in self.store.writing(sweep).await? {
            tracing::info!(person = person.0, "what was kept of somebody who left was forgotten");
            if let Err(error) = self.store.caching(move |thumbnails| thumbnails.forget(person)).await {
                // Nobody gets to see them any more, and in time they make room for others.
                tracing::warn!(
                    person = person.0,
                    error = &error as &dyn std::error::Error,
                    "their thumbnails were not forgotten"
                );
            }
        }
        self.sessions.forget_unused(now - SESSION_LIFE);
        Ok(())
    }
}

impl fmt::Debug for Gallery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gallery").field("url", &self.url()).finish_non_exhaustive()
    }
}
