//! `tidemark serve`: puts the parts together and serves until it is told to stop.

use crate::assemble::{Assembly, Choices, assemble};
use crate::beside::beside;
use crate::cli;
use crate::config::{
    self, BoxFlags, CommonFlags, DropboxV1Flags, EgressFlags, LimitFlags, LogFlags, MediaFlags, ServerFlags,
    TlsFlags, WebhookFlags,
};
use crate::exit::Failure;
use crate::inside::Inside;
use crate::output::line;
use crate::told::Told;
use anyhow::{Context, anyhow};
use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::http::header::SET_COOKIE;
use axum::middleware::{Next, from_fn};
use clap::Args;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tidemark_api::http::Origin;
use tidemark_api::server::{self, Drain, Server};
use tidemark_api::{telemetry, web};
use tidemark_client::SystemEntropy;
use tidemark_core::cloud::Cloud;
use tidemark_core::fetches::Fetches;
use tidemark_core::people::People;
use tidemark_gallery::{App, Gallery, Options, Signing};
use tokio::time::MissedTickBehavior;

/// How often the journals that somebody waits for are looked at: the most that a lost wake-up can cost.
const LOOK_EVERY: Duration = Duration::from_secs(15);
/// How often it is written how often links were used: the most that a crash forgets.
const COUNT_EVERY: Duration = Duration::from_secs(30);
/// How often it is written when sessions and permissions were used last: the most that a crash forgets.
const NOTE_EVERY: Duration = Duration::from_secs(60);
/// Where the server's own gallery is.
const GALLERY: &str = "/gallery";
/// Signals that come closer together than this are one.
const ONE_WISH: Duration = Duration::from_millis(200);
/// How often what has expired is forgotten.
const SWEEP_EVERY: Duration = Duration::from_secs(60 * 60);

#[derive(Args)]
pub(crate) struct Flags {
    #[command(flatten)]
    common: CommonFlags,
    #[command(flatten)]
    server: ServerFlags,
    #[command(flatten)]
    tls: TlsFlags,
    #[command(flatten, next_help_heading = "Limits")]
    limits: LimitFlags,
    #[command(flatten, next_help_heading = "Dropbox Core API v1")]
    dropbox_v1: DropboxV1Flags,
    #[command(flatten, next_help_heading = "Box Content API")]
    box_events: BoxFlags,
    #[command(flatten, next_help_heading = "Requests to other servers")]
    egress: EgressFlags,
    #[command(flatten, next_help_heading = "Webhooks")]
    webhooks: WebhookFlags,
    #[command(flatten, next_help_heading = "Thumbnails and media")]
    media: MediaFlags,
    #[command(flatten, next_help_heading = "Log")]
    log: LogFlags,
    /// Take tidemark.db and accounts.db for a pair although one of them belongs to another, or was lost; for once, after
    /// a loss without a backup
    #[arg(long, help_heading = "Repair")]
    pair: bool,
}

/// Everything that `serve` wants to know.
struct Settings {
    data: PathBuf,
    server: config::Server,
    tls: Option<config::Tls>,
    limits: server::Limits,
    parts: Choices,
}

pub(crate) fn run(flags: Flags) -> Result<(), Failure> {
    let file = flags.common.file()?;
    let data = flags.common.data(&file)?;
    let _log = config::Log::resolve(flags.log, file.log).start().map_err(Failure::Misunderstood)?;
    for name in cli::unknown_variables() {
        tracing::warn!("{name} is set, and is no setting: see `tidemark serve --help`");
    }
    let server = config::Server::resolve(flags.server, file.server);
    let limits = flags.limits.or(file.limits);
    let parts = Choices {
        waiters: limits.hub(),
        rates: limits.rates(),
        dropbox_v1: config::dropbox_v1::resolve(flags.dropbox_v1, file.dropbox_v1)
            .map_err(Failure::Misunderstood)?,
        box_events: config::box_events::resolve(flags.box_events, file.box_events)
            .map_err(Failure::Misunderstood)?,
        origin: server.origin(),
        egress: config::egress::resolve(flags.egress, file.egress),
        webhooks: flags.webhooks.resolve(file.webhooks),
        media: config::Media::resolve(flags.media, file.media).map_err(Failure::Misunderstood)?,
        pair: flags.pair,
    };
    let tls = config::Tls::resolve(flags.tls, file.tls).map_err(Failure::Misunderstood)?;
    let settings = Settings { data, server, tls, limits: limits.server(), parts };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("cannot start")?;
    runtime.block_on(serve(settings))
}

async fn serve(settings: Settings) -> Result<(), Failure> {
    // First of all: handles that are made before there is a recorder record nothing.
    let exposition = telemetry::install().context("cannot keep metrics")?;
    beside("metrics", {
        let exposition = exposition.clone();
        move || exposition.clone().keep_up()
    });
    // What an operator may have got wrong comes before anything is made or changed.
    let tls = settings.tls.as_ref().map(|tls| server::tls::load(&tls.cert, &tls.key));
    let tls = tls.transpose().context("cannot speak TLS")?;
    let address = settings.server.listen;
    let listener = server::bind(address).with_context(|| format!("cannot listen on {address}"))?;
    let address = listener.local_addr().context("cannot listen")?;
    let assembly = assemble(&settings.data, settings.parts.clone())?;
    let drain = Drain::new();
    let patience = settings.limits.drain_timeout;
    let vitals = assembly.vitals(&exposition);
    beside("watching", {
        let vitals = vitals.clone();
        move || vitals.clone().watch()
    });
    let router = assembly.router(vitals, settings.server.gallery.then_some(GALLERY));
    let gallery = match settings.server.gallery {
        true => Some(gallery_of(&assembly, router.clone(), address, &settings).await?),
        false => None,
    };
    let router = match &gallery {
        Some(gallery) => with_gallery(router, gallery, settings.parts.origin.clone()),
        None => router,
    };
    let router = assembly.observed(router, exposition, drain.clone(), settings.server.metrics_public);
    let mut server = Server::new(router, settings.limits.clone()).drain(drain);
    if let Some(tls) = tls {
        server = server.tls(tls);
    }
    // Before anybody is told where the server is, so that who was told can stop it in order.
    let listen = || Told::listen().context("cannot handle signals");
    let (mut told_once, mut told_twice) = (listen()?, listen()?);
    if let Err(error) = assembly.people.ensure_own_apps().await {
        // Everything else works without, and the next start tries again.
        tracing::warn!(
            ?error,
            "the app of this project's own programs could not be added: they cannot be linked"
        );
    }
    greet(&assembly.people, address, &settings).await?;
    if let Some(gallery) = &gallery {
        line(&format!("The gallery is at {}", gallery.url()));
        beside("tidying the gallery", {
            let gallery = gallery.clone();
            move || {
                let gallery = gallery.clone();
                async move { gallery.tidy().await }
            }
        });
    }
    let Assembly { cloud, people, fetches, dispatcher, .. } = &assembly;
    beside("looking for waiters", {
        let cloud = cloud.clone();
        move || look_for_waiters(cloud.clone())
    });
    beside("sweeping", {
        let (people, cloud, fetches) = (people.clone(), cloud.clone(), fetches.clone());
        move || sweep(people.clone(), cloud.clone(), fetches.clone())
    });
    let counting = beside("counting visits", {
        let cloud = cloud.clone();
        move || count_visits(cloud.clone())
    });
    let noting = beside("noting uses", {
        let people = people.clone();
        move || note_uses(people.clone())
    });
    let fetching = beside("fetching", {
        let fetches = fetches.clone();
        move || fetches.clone().run()
    });
    let telling = beside("telling apps", {
        let dispatcher = dispatcher.clone();
        move || dispatcher.clone().run()
    });
    let stop = async move {
        told_once.signalled().await;
        if let Some(gallery) = gallery {
            gallery.stop();
        }
        let seconds = patience.as_secs();
        tracing::info!(
            "stopping: what is in progress may take {seconds} s; told again, it is cut off at once"
        );
    };
    let at_once = async move {
        told_twice.signalled().await;
        // Some supervisors signal a process and its group: that is one wish, not two.
        let one_wish = tokio::time::Instant::now() + ONE_WISH;
        loop {
            told_twice.signalled().await;
            if tokio::time::Instant::now() >= one_wish {
                break;
            }
        }
    };
    tokio::select! {
        served = server.run(vec![listener], stop) => drop(served.context("cannot serve")?),
        () = at_once => tracing::warn!("what was in progress is cut off"),
    }
    // What it leaves begins again with the next start.
    fetching.abort();
    // What it was telling will be told again: it is on disk how far each app was told.
    telling.abort();
    counting.abort();
    write_visits(cloud).await;
    noting.abort();
    write_uses(people).await;
    assembly.store.close().await;
    tracing::info!("stopped");
    Ok(())
}

/// Tells where the server is, and how the first account is made while there is none.
async fn greet(people: &People, address: SocketAddr, settings: &Settings) -> Result<(), Failure> {
    let (tls, behind_proxy) = (settings.tls.is_some(), settings.server.behind_proxy);
    let scheme = if tls { "https" } else { "http" };
    line(&format!("Tidemark serves on {scheme}://{address}"));
    tracing::info!(%address, tls, data = %settings.data.display(), version = env!("CARGO_PKG_VERSION"), "serving");
    let is_elsewhere = !address.ip().is_loopback();
    if is_elsewhere && !tls && !behind_proxy {
        tracing::warn!(
            "passwords and files cross the network for everybody to read: use --tls-cert and --tls-key, or a proxy"
        );
    }
    if let Some(secret) = people.setup_link().await? {
        let public = settings.server.public_url.clone();
        let is_guess = public.is_none() && (tls || behind_proxy || is_elsewhere);
        let url = public.unwrap_or_else(|| format!("{scheme}://{}", from_here(address)));
        line("There is no account yet. Make the first one here (the link works once, for a day):");
        line(&format!("  {url}{}?token={}", web::SETUP_PATH, secret.reveal()));
        if is_guess {
            line(&format!("Where people reach the server by another name, put that in place of {url}"));
        }
    }
    Ok(())
}

/// The server and its gallery, which are one place to people: whoever signs out of the server is signed out of both in this browser.
fn with_gallery(server: Router, gallery: &Gallery, origin: Origin) -> Router {
    let clear = gallery.clear_session();
    let leave = from_fn(move |request: Request, next: Next| {
        let clear = (request.uri().path() == web::SIGN_OUT_PATH).then(|| clear.clone());
        async move {
            let mut response = next.run(request).await;
            // A form that nobody here was shown signs nobody out.
            if let Some(clear) = clear.filter(|_| response.status() == StatusCode::SEE_OTHER) {
                response.headers_mut().append(SET_COOKIE, clear);
            }
            response
        }
    });
    server.layer(leave).merge(super::gallery::placed(gallery.router(), origin))
}

/// The gallery that this server serves itself: it asks as anybody's does, but without a connection, and as an app that needs no
/// registration.
async fn gallery_of(
    assembly: &Assembly,
    server: Router,
    address: SocketAddr,
    settings: &Settings,
) -> Result<Gallery, Failure> {
    let is_named = settings.server.public_url.is_some();
    if !is_named && (!address.ip().is_loopback() || settings.server.behind_proxy) {
        return Err(Failure::Misunderstood(anyhow!(
            "--gallery needs --public-url: browsers are sent back to the gallery by the name that people call it"
        )));
    }
    let scheme = if settings.tls.is_some() { "https" } else { "http" };
    let public_url = settings.server.public_url.clone();
    let public_url = public_url.unwrap_or_else(|| format!("{scheme}://{}", from_here(address)));
    let redirect_uri = format!("{public_url}{GALLERY}/callback");
    assembly.people.ensure_gallery_app(&redirect_uri).await.map_err(|error| {
        Failure::from(error).during(format!("the gallery cannot be at {public_url}{GALLERY}"))
    })?;
    super::gallery::open(Options {
        server: super::client::server_of(&public_url)?,
        public_url,
        prefix: GALLERY.to_owned(),
        files: Some(web::FILES_PATH.to_owned()),
        app: App { key: tidemark_core::model::App::GALLERY.to_owned(), signing: Signing::Code },
        folder: settings.data.join("gallery"),
        thumbnails_max: super::gallery::CACHE.0,
        transport: Arc::new(Inside(server)),
        entropy: Arc::new(SystemEntropy),
        clock: super::gallery::clock(),
    })
}

/// Where a browser on this machine finds a server that listens there.
pub(crate) fn from_here(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(Ipv4Addr::UNSPECIFIED) => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(Ipv6Addr::UNSPECIFIED) => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

async fn look_for_waiters(cloud: Arc<Cloud>) {
    let mut interval = tokio::time::interval(LOOK_EVERY);
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        interval.tick().await;
        if let Err(error) = cloud.look_for_waiters().await {
            tracing::warn!(error = &error as &dyn std::error::Error, "the journals could not be looked at");
        }
    }
}

async fn count_visits(cloud: Arc<Cloud>) {
    let mut interval = tokio::time::interval(COUNT_EVERY);
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        interval.tick().await;
        write_visits(&cloud).await;
    }
}

async fn write_visits(cloud: &Cloud) {
    if let Err(error) = cloud.write_visits().await {
        tracing::warn!(error = &error as &dyn std::error::Error, "how often links were used was not written");
    }
}

async fn note_uses(people: Arc<People>) {
    let mut interval = tokio::time::interval(NOTE_EVERY);
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        interval.tick().await;
        write_uses(&people).await;
    }
}

async fn write_uses(people: &People) {
    if let Err(error) = people.write_uses().await {
        tracing::warn!(
            error = &error as &dyn std::error::Error,
            "when sessions and apps were used last was not written"
        );
    }
}

async fn sweep(people: Arc<People>, cloud: Arc<Cloud>, fetches: Arc<Fetches>) {
    let mut interval = tokio::time::interval(SWEEP_EVERY);
    loop {
        interval.tick().await;
        match tokio::try_join!(people.sweep(), cloud.sweep(), fetches.sweep()) {
            Ok((0, 0, 0)) => {}
            Ok((tickets, uploads, fetches)) => {
                tracing::debug!(tickets, uploads, fetches, "what had expired was forgotten");
            }
            Err(error) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "what has expired was not forgotten"
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_network_includes_this_machine() {
        for (listen, seen) in [
            ("0.0.0.0:80", "127.0.0.1:80"),
            ("[::]:80", "[::1]:80"),
            ("192.0.2.1:80", "192.0.2.1:80"),
            ("127.0.0.1:80", "127.0.0.1:80"),
        ] {
            assert_eq!(from_here(listen.parse().unwrap()).to_string(), seen);
        }
    }
}
