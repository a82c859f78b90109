//! Puts the parts together: the only place that knows all of them.

use crate::config;
use crate::exit::Failure;
use crate::seams::{OsEntropy, SystemClock};
use anyhow::{Context, anyhow};
use axum::Router;
use axum::extract::Request;
use axum::response::Response;
use std::path::Path;
use std::sync::Arc;
use tidemark_api::Intakes;
use tidemark_api::box_events::{self, BoxEvents};
use tidemark_api::dropbox_v1::{self, DropboxV1};
use tidemark_api::http::Origin;
use tidemark_api::server::Drain;
use tidemark_api::telemetry::{
    Exposition, Figures, Inspector, Ready, Telemetry, Vitals, observe, os_entropy,
};
use tidemark_api::tokens::Sealer;
use tidemark_api::{oauth, web};
use tidemark_core::cloud::{Cloud, Parts, SearchLimits};
use tidemark_core::fetches::{self, Fetches};
use tidemark_core::hub::{self, Hub};
use tidemark_core::journal::Journal;
use tidemark_core::media::{self, Media};
use tidemark_core::people::{People, RateLimits};
use tidemark_core::store::{Clock, Entropy, Loopback};
use tidemark_core::webhooks::{self, Dispatcher, Registry};
use tidemark_egress::{Gateway, Rules, extra_roots};
use tidemark_media::process::Workers;
use tidemark_store_local::accounts::{ACCOUNTS_FILE, LocalAccounts};
use tidemark_store_local::{LocalRenditions, LocalStore, Options};

/// A server of one machine, all but its sockets.
pub(crate) struct Assembly {
    pub(crate) store: Arc<LocalStore>,
    accounts: Arc<LocalAccounts>,
    pub(crate) cloud: Arc<Cloud>,
    pub(crate) people: Arc<People>,
    pub(crate) fetches: Arc<Fetches>,
    pub(crate) site: web::Site,
    pub(crate) dispatcher: Arc<Dispatcher>,
    inspector: Arc<Inspector>,
    protocols: Protocols,
}

/// What programs speak.
#[derive(Clone)]
struct Protocols {
    dropbox_v1: Arc<DropboxV1>,
    box_events: Arc<BoxEvents>,
}

/// What the operator chose about the parts.
#[derive(Clone)]
pub(crate) struct Choices {
    pub(crate) waiters: hub::Limits,
    pub(crate) rates: RateLimits,
    pub(crate) dropbox_v1: dropbox_v1::Settings,
    pub(crate) box_events: box_events::Settings,
    pub(crate) origin: Origin,
    pub(crate) egress: config::Egress,
    pub(crate) webhooks: webhooks::Rules,
    pub(crate) media: config::Media,
    /// Whether accounts and store are a pair even if they are not known to be one.
    pub(crate) pair: bool,
}

/// Opens a data folder, creating it as needed, and builds everything that stands on it. Blocks for as long as the disk
/// takes. Metrics must have been installed before.
pub(crate) fn assemble(folder: &Path, choices: Choices) -> Result<Assembly, Failure> {
    let Choices { waiters, rates, dropbox_v1, box_events, origin, egress, webhooks: rules, media, pair } =
        choices;
    // First, because a slip in it should leave nothing behind.
    let egress_limits = egress.fetches.clone();
    let egress = Arc::new(way_out(&egress)?);
    let (clock, entropy): (Arc<dyn Clock>, Arc<dyn Entropy>) = (Arc::new(SystemClock), Arc::new(OsEntropy));
    let options = Options::default();
    let reserve = options.reserve_bytes;
    let store = LocalStore::open(folder, &*entropy, options).context("cannot open the data folder")?;
    let store = Arc::new(store);
    let accounts = Arc::new(LocalAccounts::open(folder).context("cannot open the accounts")?);
    accounts.move_in(&store, pair).context("cannot open the data folder")?;
    let hub = Arc::new(Hub::new(waiters));
    let cloud = Arc::new(Cloud::new(Parts {
        journal: Journal::new(store.clone(), Arc::new(Loopback(hub.clone()))),
        blocks: store.clone(),
        uploads: store.clone(),
        accounts: accounts.clone(),
        grants: accounts.clone(),
        links: accounts.clone(),
        names: store.clone(),
        search_limits: SearchLimits::default(),
        hub: hub.clone(),
        clock: clock.clone(),
        entropy: entropy.clone(),
    }));
    let people = People::new(accounts.clone(), accounts.clone(), clock.clone(), entropy.clone());
    let people = Arc::new(people.with_secret(&store.secret()).rate_limits(rates));
    let notifier = Arc::new(dropbox_v1::Webhooks::new(egress.clone(), entropy.clone()));
    let dispatcher = Arc::new(Dispatcher::new(webhooks::Parts {
        cloud: cloud.clone(),
        hub,
        accounts: accounts.clone(),
        webhooks: accounts.clone(),
        notifier: notifier.clone(),
        clock: clock.clone(),
        entropy: entropy.clone(),
        rules,
    }));
    let fetches = Arc::new(Fetches::new(fetches::Parts {
        cloud: cloud.clone(),
        accounts: accounts.clone(),
        grants: accounts.clone(),
        uploads: store.clone(),
        fetches: store.clone(),
        egress,
        clock: clock.clone(),
        entropy: entropy.clone(),
        limits: egress_limits,
    }));
    let registry = Registry::new(people.clone(), accounts.clone(), notifier, clock.clone());
    let inspector = Arc::new(Inspector::new(clock.clone()));
    let console = web::Console { registry: Arc::new(registry), inspector: inspector.clone() };
    let renditions = LocalRenditions::open(folder, media.cache, reserve)
        .context("cannot open the cache of the data folder")?;
    let workers = Workers::new(media.worker_memory).context("cannot find the program that runs here")?;
    let media = Arc::new(Media::new(media::Parts {
        blocks: store.clone(),
        imaging: Arc::new(workers),
        renditions: Arc::new(renditions),
        clock,
        limits: media.limits(),
    }));
    let sealer = Sealer::new(&store.secret(), entropy.clone());
    let site = web::Site::new(people.clone(), cloud.clone(), media.clone(), console).at(origin.clone());
    let intakes = Arc::new(Intakes::new(dropbox_v1.uploads_per_account_max));
    let dropbox_v1 = DropboxV1::new(dropbox_v1::Parts {
        cloud: cloud.clone(),
        people: people.clone(),
        fetches: fetches.clone(),
        media: media.clone(),
        sealer: sealer.clone(),
        entropy: entropy.clone(),
        origin: origin.clone(),
        intakes: intakes.clone(),
        settings: dropbox_v1,
    });
    let box_events = BoxEvents::new(box_events::Parts {
        cloud: cloud.clone(),
        people: people.clone(),
        media,
        sealer,
        entropy,
        origin,
        intakes,
        settings: box_events,
    });
    let protocols = Protocols { dropbox_v1: Arc::new(dropbox_v1), box_events: Arc::new(box_events) };
    Ok(Assembly { store, accounts, cloud, people, fetches, site, dispatcher, inspector, protocols })
}

/// The way out to other people's servers, by the operator's rules.
fn way_out(settings: &config::Egress) -> Result<Gateway, Failure> {
    let allow = settings.allow.iter().map(|exception| exception.parse()).collect::<Result<_, _>>();
    let allow = allow.context("cannot understand what --egress-allow, or `allow` below [egress], names");
    let allow = allow.map_err(Failure::Misunderstood)?;
    let roots = match &settings.ca {
        Some(file) => extra_roots(file).context("cannot use the certificates of --egress-ca")?,
        None => Vec::new(),
    };
    Ok(Gateway::new(Rules { allow }, roots))
}

/// The people of a data folder, which is created if it is not there. For commands that run beside a server.
pub(crate) fn people(folder: &Path) -> Result<People, Failure> {
    let store = accounts(folder)?;
    Ok(People::new(store.clone(), store, Arc::new(SystemClock), Arc::new(OsEntropy)))
}

/// The webhooks of a data folder, which is created if it is not there. For commands that run beside a server.
pub(crate) fn registry(folder: &Path, egress: &config::Egress) -> Result<Registry, Failure> {
    let store = accounts(folder)?;
    let (clock, entropy): (Arc<dyn Clock>, Arc<dyn Entropy>) = (Arc::new(SystemClock), Arc::new(OsEntropy));
    let people = Arc::new(People::new(store.clone(), store.clone(), clock.clone(), entropy.clone()));
    let notifier = Arc::new(dropbox_v1::Webhooks::new(Arc::new(way_out(egress)?), entropy));
    Ok(Registry::new(people, store, notifier, clock))
}

fn accounts(folder: &Path) -> Result<Arc<LocalAccounts>, Failure> {
    if !has_accounts(folder) && LocalStore::is_in(folder) {
        let missing = anyhow!("{} has lost its {ACCOUNTS_FILE}: put it back from a backup", folder.display());
        return Err(Failure::Refused(missing));
    }
    LocalAccounts::open(folder).map(Arc::new).map_err(|error| Failure::Broken(error.into()))
}

/// Whether the folder is one that a server or a command has created.
pub(crate) fn has_accounts(folder: &Path) -> bool {
    folder.join(ACCOUNTS_FILE).exists()
}

impl Assembly {
    /// How the server is, which somebody should watch.
    pub(crate) fn vitals(&self, exposition: &Exposition) -> Arc<Vitals> {
        let (exposition, store) = (exposition.clone(), self.store.clone());
        let measure = move || Figures { free: store.bytes_free(), ..exposition.figures() };
        Arc::new(Vitals::new(Arc::new(measure), self.ready(), Arc::new(SystemClock)))
    }

    fn ready(&self) -> Ready {
        let (store, accounts) = (self.store.clone(), self.accounts.clone());
        Arc::new(move || store.ready().and_then(|()| accounts.ready()).map_err(|error| error.to_string()))
    }

    /// Every API and page by its path; the pages lead to the gallery, if there is one.
    pub(crate) fn router(&self, vitals: Arc<Vitals>, gallery: Option<&'static str>) -> Router {
        let site = self.site.clone().watched(vitals).beside(gallery);
        let pages = web::router(site.clone()).merge(oauth::router(self.site.clone()));
        let protocols = self.protocols.clone();
        let router = pages.fallback(move |request: Request| {
            let protocols = protocols.clone();
            async move { protocols.answer(request).await }
        });
        web::framed(router, site)
    }

    /// The same, and whatever else is served, observed.
    pub(crate) fn observed(
        &self,
        router: Router,
        exposition: Exposition,
        drain: Drain,
        metrics_public: bool,
    ) -> Router {
        let ready = self.ready();
        let (entropy, inspector) = (os_entropy, Some(self.inspector.clone()));
        observe(router, Telemetry { exposition, drain, ready, metrics_public, entropy, inspector })
    }
}

impl Protocols {
    /// What is behind a path that no page has.
    async fn answer(&self, request: Request) -> Response {
        let path = request.uri().path();
        if dropbox_v1::routes::is_ours(path) {
            self.dropbox_v1.handle(request).await
        } else if box_events::routes::is_ours(path) {
            self.box_events.handle(request).await
        } else {
            tidemark_api::not_found(path, request.headers())
        }
    }
}
