//! The whole way: judged, connected, asked, and followed where it leads.

use crate::body::ResponseBody;
use crate::exchange::{exchange, headers};
use crate::resolve::{Resolve, SystemResolver};
use crate::rules::Rules;
use crate::target::Target;
use crate::tls;
use async_trait::async_trait;
use bytes::Bytes;
use http::StatusCode;
use http::header::{CONTENT_TYPE, LOCATION};
use hyper::body::Body as _;
use rustls::pki_types::CertificateDer;
use std::sync::Arc;
use tidemark_core::store::{Egress, EgressError, Incoming, OutMethod, Outgoing};
use tokio_rustls::TlsConnector;

/// Sends requests to other people's servers, by its rules.
pub struct Gateway {
    pub(crate) rules: Rules,
    pub(crate) resolver: Arc<dyn Resolve>,
    pub(crate) tls: TlsConnector,
}

impl Gateway {
    /// A way out by these rules, that believes the public authorities and these certificates.
    #[must_use]
    pub fn new(rules: Rules, extra_roots: Vec<CertificateDer<'static>>) -> Gateway {
        let tls = TlsConnector::from(tls::config(extra_roots));
        Gateway { rules, resolver: Arc::new(SystemResolver::default()), tls }
    }

    /// With names looked up elsewhere than where the operating system says.
    #[must_use]
    pub fn resolver(self, resolver: Arc<dyn Resolve>) -> Gateway {
        Gateway { resolver, ..self }
    }

    async fn follow(&self, request: Outgoing) -> Result<Incoming, EgressError> {
        let Outgoing { mut method, url, headers: said, mut body, whereto, redirects_max, patience } = request;
        let mut headers = headers(&said)?;
        let mut target = Target::parse(&url)?;
        let mut redirects = 0;
        loop {
            let stream = self.connect(&target, whereto).await?;
            let (response, driver) = exchange(stream, &target, method, headers.clone(), body.clone()).await?;
            let status = response.status();
            let location =
                response.headers().get(LOCATION).filter(|_| redirects_max > 0 && is_redirect(status));
            let Some(location) = location else {
                let length = response.body().size_hint().exact();
                let body = Box::new(ResponseBody::new(response.into_body(), driver, patience));
                return Ok(Incoming { status: status.as_u16(), length, body });
            };
            if redirects == redirects_max {
                return Err(EgressError::Redirects);
            }
            redirects += 1;
            // Servers send UTF-8 there, although headers are ASCII.
            let location = std::str::from_utf8(location.as_bytes()).map_err(|_| EgressError::Url)?;
            let next = target.join(location)?;
            if target.secure && !next.secure {
                return Err(EgressError::Downgrade);
            }
            if !target.is_same_origin(&next) {
                let kind = said.iter().filter(|(name, _)| name.eq_ignore_ascii_case(CONTENT_TYPE.as_str()));
                headers = self::headers(&kind.cloned().collect::<Vec<_>>())?;
            }
            if status == StatusCode::SEE_OTHER {
                (method, body) = (OutMethod::Get, Bytes::new());
                headers.remove(CONTENT_TYPE);
            }
            target = next;
        }
    }
}

#[async_trait]
impl Egress for Gateway {
    fn check(&self, url: &str) -> Result<(), EgressError> {
        let target = Target::parse(url)?;
        if self.rules.allow_port(&target.host, target.port) { Ok(()) } else { Err(EgressError::Port) }
    }

    async fn send(&self, request: Outgoing) -> Result<Incoming, EgressError> {
        let patience = request.patience;
        tokio::time::timeout(patience, self.follow(request)).await.unwrap_or(Err(EgressError::TimedOut))
    }
}

/// Whether a status says that what was asked for is elsewhere.
fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}
