//! `tidemark serve`: puts the parts together and serves until it is told to stop.

use super::open_people;
use crate::config::{self, CommonFlags, LogFlags, ServerFlags, TlsFlags};
use crate::exit::Failure;
use crate::output::line;
use anyhow::Context;
use clap::Args;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tidemark_api::server::{self, Limits};
use tidemark_api::{oauth, web};
use tidemark_core::people::People;

/// How often what has expired is forgotten.
const SWEEP_EVERY: Duration = Duration::from_secs(60 * 60);

#[derive(Args)]
pub(crate) struct Flags {
    #[command(flatten)]
    server: ServerFlags,
    #[command(flatten)]
    tls: TlsFlags,
    #[command(flatten)]
    log: LogFlags,
}

/// Everything that `serve` wants to know.
struct Settings {
    data: PathBuf,
    server: config::Server,
    tls: Option<config::Tls>,
}

pub(crate) fn run(common: &CommonFlags, flags: Flags) -> Result<(), Failure> {
    let file = common.file()?;
    let data = common.data(&file)?;
    config::Log::resolve(flags.log, file.log).start()?;
    let settings = Settings {
        data,
        server: config::Server::resolve(flags.server, file.server),
        tls: config::Tls::resolve(flags.tls, file.tls)?,
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("cannot start")?;
    runtime.block_on(serve(&settings))
}

async fn serve(settings: &Settings) -> Result<(), Failure> {
    let people = Arc::new(open_people(&settings.data)?);
    let site = web::Site::new(people.clone()).tls_in_front(settings.server.tls_in_front);
    let router = web::router(site.clone()).merge(oauth::router(site)).fallback(web::not_found);
    let mut server = server::Server::new(router, Limits::default());
    if let Some(config::Tls { cert, key }) = &settings.tls {
        server = server.tls(server::tls::load(cert, key).context("cannot speak TLS")?);
    }
    let address = settings.server.listen;
    let listener = server::bind(address).with_context(|| format!("cannot listen on {address}"))?;
    let address = listener.local_addr().context("cannot listen")?;
    greet(&people, address, settings.tls.is_some()).await?;
    tokio::spawn(sweep(people));
    server.run(vec![listener], told_to_stop()).await.context("cannot serve")?;
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

async fn sweep(people: Arc<People>) {
    let mut interval = tokio::time::interval(SWEEP_EVERY);
    loop {
        interval.tick().await;
        match people.sweep().await {
            Ok(0) => {}
            Ok(tickets) => tracing::debug!(tickets, "expired tickets were forgotten"),
            Err(error) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "expired tickets were not forgotten"
                );
            }
        }
    }
}

async fn told_to_stop() {
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())
        .expect("a handler of SIGTERM can be set while the runtime runs");
    tokio::select! {
        _ = terminate.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
}
