//! What an operator sees: the access log, metrics, health, and the id that ties an answer to its log line.
//!
//! [`observe`] puts all of it around a router. Neither logs nor metrics ever hold a query, a header or a body, since
//! tokens, cookies and people's words travel there. What the [`Inspector`] shows to whoever owns an app is told there.

mod access;
mod exposition;
mod health;
pub(crate) mod inspector;
pub(crate) mod request_id;
pub(crate) mod trends;
pub(crate) mod vitals;

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn;

pub use self::access::RouteClass;
pub use self::exposition::{Exposition, install};
pub use self::inspector::Inspector;
pub use self::request_id::{Entropy, IdHeader, RequestId, os_entropy};
pub use self::trends::Figures;
pub use self::vitals::{Measure, Vitals};
use crate::refusals;
use crate::server::Drain;

/// Says whether the server can do its work, or in a few words why it can't. Asked by `/readyz`, so it must be quick.
pub type Ready = Arc<dyn Fn() -> Result<(), String> + Send + Sync>;

/// What [`observe`] needs.
#[derive(Clone)]
pub struct Telemetry {
    /// Rendered at `/metrics`.
    pub exposition: Exposition,
    /// A server that drains is not ready.
    pub drain: Drain,
    /// Whether everything else is.
    pub ready: Ready,
    /// Whether everybody may read the metrics, and not only who asks on this machine, without a proxy between.
    pub metrics_public: bool,
    /// Where request ids begin.
    pub entropy: Entropy,
    /// Keeps the latest requests of apps that somebody owns, for whoever does; nothing to keep none.
    pub inspector: Option<Arc<Inspector>>,
}

/// Adds `/healthz`, `/readyz` and `/metrics` to a router, and to each of its answers a request id, a line in the access
/// log and its part in the metrics. A request that does not name one host gets no further than this.
pub fn observe(router: Router, telemetry: Telemetry) -> Router {
    let (ids, inspector) = (request_id::RequestIds::new(telemetry.entropy), telemetry.inspector.clone());
    let router = router.merge(health::router(telemetry)).layer(from_fn(refusals::unless_one_host));
    router.layer(access::AccessLayer::new(ids, inspector))
}
