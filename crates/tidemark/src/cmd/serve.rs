//! `tidemark serve`: puts the parts together and serves until it is told to stop.

use crate::assemble::assemble;
use crate::config::{self, CommonFlags, DropboxV1Flags, LimitFlags, LogFlags, ServerFlags, TlsFlags};
use crate::exit::Failure;
use crate::output::line;
use anyhow::Context;
use clap::Args;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tidemark_api::dropbox_v1;
use tidemark_api::server::{self, Drain, Server};
use tidemark_api::{telemetry, web};
use tidemark_core::cloud::Cloud;
use tidemark_core::people::People;
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::MissedTickBehavior;

/// How often the journals that somebody waits for are looked at: the most that a lost wake-up can cost.
const LOOK_EVERY: Duration = Duration::from_secs(15);
/// How often what has expired is forgotten.
const SWEEP_EVERY: Duration = Duration::from_secs(60 * 60);

#[derive(Args)]
pub(crate) struct Flags {
    #[command(flatten)]
    server: ServerFlags,
    #[command(flatten)]
    tls: TlsFlags,
    #[command(flatten, next_help_heading = "Limits")]
    limits: LimitFlags,
    #[command(flatten, next_help_heading = "Dropbox Core API v1")]
    dropbox_v1: DropboxV1Flags,
    #[command(flatten, next_help_heading = "Log")]
    log: LogFlags,
}

/// Everything that `serve` wants to know.
struct Settings {
    data: PathBuf,
    server: config::Server,
    tls: Option<config::Tls>,
    limits: LimitFlags,
    dropbox_v1: dropbox_v1::Settings,
}

pub(crate) fn run(common: &CommonFlags, flags: Flags) -> Result<(), Failure> {
    let file = common.file()?;
    let data = common.data(&file)?;
    let _log = config::Log::resolve(flags.log, file.log).start()?;
    let settings = Settings {
        data,
        server: config::Server::resolve(flags.server, file.server),
        tls: config::Tls::resolve(flags.tls, file.tls)?,
        limits: flags.limits.or(file.limits),
        dropbox_v1: config::dropbox_v1::resolve(flags.dropbox_v1, file.dropbox_v1)?,
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("cannot start")?;
    runtime.block_on(serve(&settings))
}

async fn serve(settings: &Settings) -> Result<(), Failure> {
    // First of all: handles that are made before there is a recorder record nothing.
    let exposition = telemetry::install().context("cannot keep metrics")?;
    tokio::spawn(exposition.clone().keep_up());
    let assembly = assemble(
        &settings.data,
        settings.limits.hub(),
        settings.dropbox_v1.clone(),
        settings.server.behind_proxy,
    )?;
    let drain = Drain::new();
    let mut server =
        Server::new(assembly.router(exposition, drain.clone()), settings.limits.server()).drain(drain);
    if let Some(config::Tls { cert, key }) = &settings.tls {
        server = server.tls(server::tls::load(cert, key).context("cannot speak TLS")?);
    }
    let address = settings.server.listen;
    let listener = server::bind(address).with_context(|| format!("cannot listen on {address}"))?;
    let address = listener.local_addr().context("cannot listen")?;
    // Before anybody is told where the server is, so that who was told can stop it in order.
    let stop = told_to_stop().context("cannot handle signals")?;
    greet(&assembly.people, address, settings.tls.is_some()).await?;
    tokio::spawn(look_for_waiters(assembly.cloud.clone()));
    tokio::spawn(sweep(assembly.people.clone(), assembly.cloud.clone()));
    server.run(vec![listener], stop).await.context("cannot serve")?;
    assembly.store.close().await;
    Ok(())
}

/// Tells where the server is, and how the first account is made while there is none.
async fn greet(people: &People, address: SocketAddr, tls: bool) -> Result<(), Failure> {
    let url = format!("{}://{address}", if tls { "https" } else { "http" });
    line(&format!("Tidemark serves on {url}"));
    if let Some(secret) = people.setup_link().await? {
        line("There is no account yet. Make the first one here (the link works once, for a day):");
        line(&format!("  {url}{}?token={}", web::SETUP_PATH, secret.reveal()));
    }
    Ok(())
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

async fn sweep(people: Arc<People>, cloud: Arc<Cloud>) {
    let mut interval = tokio::time::interval(SWEEP_EVERY);
    loop {
        interval.tick().await;
        match tokio::try_join!(people.sweep(), cloud.sweep()) {
            Ok((0, 0)) => {}
            Ok((tickets, uploads)) => tracing::debug!(tickets, uploads, "what had expired was forgotten"),
            Err(error) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "what has expired was not forgotten"
                );
            }
        }
    }
}

/// Ready when the process is told to end, by SIGTERM or Ctrl-C.
fn told_to_stop() -> std::io::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}
