//! `tidemark gallery`: the photo gallery, as a server of its own before any server.

use crate::beside::beside;
use crate::cmd::client::{Trust, server_of, transport};
use crate::config::{self, LogFlags, Size, TlsFlags};
use crate::exit::Failure;
use crate::output::line;
use crate::seams::SystemClock;
use crate::told::Told;
use anyhow::{Context, anyhow};
use axum::Router;
use axum::extract::Request;
use axum::middleware::map_request;
use clap::Args;
use std::future;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tidemark_api::http::Origin;
use tidemark_api::server::{self, Drain, Limits, Server};
use tidemark_api::telemetry::{self, Telemetry, observe, os_entropy};
use tidemark_client::{OWN_APP, SystemEntropy, Transport};
use tidemark_core::store::Clock;
use tidemark_gallery::{App, Gallery, GalleryError, Options, Peer, Signing};

/// The port, if nothing is said: of the loopback only, so that nobody serves the world by accident.
const LISTEN: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 8766);
/// How long downloads in progress may take when it is told to stop.
const PATIENCE: Duration = Duration::from_secs(10);
/// How many bytes of thumbnails are kept, if nothing is said: some fifty thousand.
pub(crate) const CACHE: Size = Size(2 << 30);

#[derive(Args)]
#[command(after_help = "\
A web app of its own: people sign in with their accounts on the server, see their pictures by month and by folder, look at
them large, share them, and see new ones as they arrive. It is a client like any other's, and several people may use it.

Examples:
  tidemark gallery --server https://cloud.example.org
        for yourself: open http://127.0.0.1:8766/ and sign in
  tidemark gallery --server https://cloud.example.org --listen 0.0.0.0:443 --public-url https://photos.example.org \\
      --tls-cert cert.pem --tls-key key.pem --app-key KEY
        for everybody: with an app that the server's administrator registered:
          tidemark app add Gallery --access full --redirect-uri https://photos.example.org/callback
  tidemark gallery --server https://cloud.example.org --app-key KEY --app-secret-file secret --oauth1
        people are asked by OAuth 1

On the server's own machine, `tidemark serve --gallery` has it at /gallery, and needs nothing of this. What is kept, and where,
is in docs/GALLERY.md.")]
pub(crate) struct Flags {
    /// The server's address
    #[arg(long, value_name = "URL", env = "TIDEMARK_SERVER")]
    server: String,
    /// The address and port to listen on; port 0 takes a free one [default: 127.0.0.1:8766]
    #[arg(long, value_name = "ADDR:PORT", env = "TIDEMARK_GALLERY_LISTEN")]
    listen: Option<SocketAddr>,
    /// What people call the gallery, such as https://photos.example.org [default: where it listens]
    #[arg(long, value_name = "URL", env = "TIDEMARK_GALLERY_PUBLIC_URL")]
    public_url: Option<String>,
    /// A proxy stands in front, which appends whom it serves to X-Forwarded-For: sign-ins are limited by that. Nobody else may
    /// reach the gallery then
    #[arg(long, env = "TIDEMARK_GALLERY_BEHIND_PROXY")]
    behind_proxy: bool,
    /// Where it keeps what it keeps [default: the platform's, such as ~/.local/share/tidemark-gallery]
    #[arg(long, value_name = "DIR", env = "TIDEMARK_GALLERY_DATA")]
    data: Option<PathBuf>,
    /// How much room thumbnails may take
    #[arg(long, value_name = "SIZE", env = "TIDEMARK_GALLERY_CACHE", default_value_t = CACHE)]
    cache: Size,
    /// Ask people as this app, which must be registered with the server [default: as the server's own client, which
    /// returns to this machine only]
    #[arg(long, value_name = "KEY", env = "TIDEMARK_GALLERY_APP_KEY", default_value = OWN_APP, hide_default_value = true)]
    app_key: String,
    /// A file with the app's secret, for --oauth1
    #[arg(long, value_name = "FILE", env = "TIDEMARK_GALLERY_APP_SECRET_FILE", requires = "oauth1")]
    app_secret_file: Option<PathBuf>,
    /// Ask people by OAuth 1, with signed requests
    #[arg(long, requires = "app_secret_file")]
    oauth1: bool,
    #[command(flatten)]
    trust: Trust,
    #[command(flatten)]
    tls: TlsFlags,
    #[command(flatten, next_help_heading = "Log")]
    log: LogFlags,
}

pub(crate) fn run(flags: Flags) -> Result<(), Failure> {
    let Flags { log, tls, .. } = flags;
    let _log = config::Log::resolve(log, LogFlags::default()).start().map_err(Failure::Misunderstood)?;
    let tls = config::Tls::resolve(tls, TlsFlags::default()).map_err(Failure::Misunderstood)?;
    let flags = Flags { log: LogFlags::default(), tls: TlsFlags::default(), ..flags };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("cannot start")?;
    runtime.block_on(serve(flags, tls))
}

async fn serve(flags: Flags, tls: Option<config::Tls>) -> Result<(), Failure> {
    let exposition = telemetry::install().context("cannot keep metrics")?;
    beside("metrics", {
        let exposition = exposition.clone();
        move || exposition.clone().keep_up()
    });
    let server = server_of(&flags.server)?;
    let certificates = tls.as_ref().map(|tls| server::tls::load(&tls.cert, &tls.key));
    let certificates = certificates.transpose().context("cannot speak TLS")?;
    let signing = match &flags.app_secret_file {
        None => Signing::Code,
        Some(file) => Signing::OAuth1 { secret: secret_in(file)? },
    };
    let transport: Arc<dyn Transport> = Arc::new(transport(flags.trust.ca_file())?);
    let address = flags.listen.unwrap_or(LISTEN);
    let listener = server::bind(address).with_context(|| format!("cannot listen on {address}"))?;
    let address = listener.local_addr().context("cannot listen")?;
    let scheme = if tls.is_some() { "https" } else { "http" };
    let origin = origin(&flags);
    let public_url = flags.public_url.as_deref().map(|url| url.trim_end_matches('/').to_owned());
    let gallery = open(Options {
        server,
        public_url: public_url.unwrap_or_else(|| format!("{scheme}://{}", super::serve::from_here(address))),
        prefix: String::new(),
        files: None,
        app: App { key: flags.app_key, signing },
        folder: flags.data.map_or_else(config::gallery_folder, Ok)?,
        thumbnails_max: flags.cache.0,
        transport,
        entropy: Arc::new(SystemEntropy),
        clock: clock(),
    })?;
    let drain = Drain::new();
    let router = observe(
        placed(gallery.router(), origin),
        Telemetry {
            exposition,
            drain: drain.clone(),
            ready: Arc::new(|| Ok(())),
            metrics_public: false,
            entropy: os_entropy,
            inspector: None,
        },
    );
    let mut server =
        Server::new(router, Limits { drain_timeout: PATIENCE, ..Limits::default() }).drain(drain);
    if let Some(certificates) = certificates {
        server = server.tls(certificates);
    }
    let listen = || Told::listen().context("cannot handle signals");
    let (mut told_once, mut told_twice) = (listen()?, listen()?);
    line(&format!("The gallery is at {}", gallery.url()));
    tracing::info!(%address, server = flags.server, version = env!("CARGO_PKG_VERSION"), "serving");
    beside("tidying the gallery", {
        let gallery = gallery.clone();
        move || {
            let gallery = gallery.clone();
            async move { gallery.tidy().await }
        }
    });
    let stop = async move {
        told_once.signalled().await;
        gallery.stop();
        tracing::info!(
            "stopping: what is in progress may take {} s; told again, it is cut off",
            PATIENCE.as_secs()
        );
    };
    let at_once = async move {
        told_twice.signalled().await;
        told_twice.signalled().await;
    };
    tokio::select! {
        served = server.run(vec![listener], stop) => drop(served.context("cannot serve")?),
        () = at_once => tracing::warn!("what was in progress is cut off"),
    }
    tracing::info!("stopped");
    Ok(())
}

/// What is believed of where requests come from.
fn origin(flags: &Flags) -> Origin {
    Origin { public: None, behind_proxy: flags.behind_proxy }
}

/// A gallery's pages, which are told where each request comes from.
pub(crate) fn placed(gallery: Router, origin: Origin) -> Router {
    gallery.layer(map_request(move |request: Request| {
        let (mut parts, body) = request.into_parts();
        let peer = Peer::from(origin.peer(&parts));
        parts.extensions.insert(peer);
        future::ready(Request::from_parts(parts, body))
    }))
}

/// Opens a gallery.
pub(crate) fn open(options: Options) -> Result<Gallery, Failure> {
    Gallery::open(options).map_err(|error| match error {
        GalleryError::PublicUrl(_) | GalleryError::NotHere(_) | GalleryError::NoSecret(_) => {
            Failure::Misunderstood(error.into())
        }
        GalleryError::Folder(..) | GalleryError::Store(..) => Failure::Broken(error.into()),
    })
}

/// The machine's clock, as a gallery reads it.
pub(crate) fn clock() -> tidemark_gallery::Clock {
    Arc::new(|| SystemClock.now().0.div_euclid(1000))
}

/// A secret that stands alone in a file.
fn secret_in(file: &Path) -> Result<String, Failure> {
    let what = || format!("cannot read the app's secret in {}", file.display());
    let text = std::fs::read_to_string(file).with_context(what).map_err(Failure::Misunderstood)?;
    match text.trim() {
        "" => Err(Failure::Misunderstood(anyhow!("there is no secret in {}", file.display()))),
        secret => Ok(secret.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::Extension;
    use axum::body::{Body, to_bytes};
    use axum::routing::get;
    use clap::Parser;
    use std::net::IpAddr;
    use tower::ServiceExt as _;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        flags: Flags,
    }

    /// Who is served by a proxy is counted by themselves; without one, nobody is where they claim to be.
    #[tokio::test]
    async fn a_gallery_is_told_where_requests_come_from() {
        let peer = |address: &str| Peer::from(address.parse::<IpAddr>().unwrap());
        for (words, expected) in [
            (&["gallery", "--server", "https://a.example", "--behind-proxy"][..], peer("192.0.2.7")),
            (&["gallery", "--server", "https://a.example"], peer("127.0.0.1")),
        ] {
            let Line { flags } = Line::try_parse_from(words).unwrap();
            let page = get(|Extension(peer): Extension<Peer>| async move { format!("{peer:?}") });
            let router = placed(Router::new().route("/", page), origin(&flags));
            let request = Request::get("/").header("x-forwarded-for", "192.0.2.9, 192.0.2.7");
            let answer = router.oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
            let told = to_bytes(answer.into_body(), 1 << 10).await.unwrap();
            assert_eq!(told, format!("{expected:?}"), "{words:?}");
        }
    }
}
