//! Mistakes about the server.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::StreamExt as _;
use http::{HeaderValue, Request, Response, Uri};
use tidemark_client::{Body, Transport, TransportError};
use tokio::time::Instant;

use super::Mutation;

/// How long what is told is older than what was sent.
const OLD: Duration = Duration::from_millis(1500);

pub(super) struct Mutated {
    inner: Arc<dyn Transport>,
    mutation: Mutation,
    sent: Mutex<Option<Instant>>,
}

impl Mutated {
    pub(super) fn new(inner: Arc<dyn Transport>, mutation: Mutation) -> Mutated {
        Mutated { inner, mutation, sent: Mutex::default() }
    }

    fn sent_lately(&self) -> bool {
        let sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
        sent.is_some_and(|sent| sent.elapsed() < OLD)
    }
}

#[async_trait]
impl Transport for Mutated {
    async fn send(&self, mut request: Request<Body>) -> Result<Response<Body>, TransportError> {
        let path = request.uri().path().to_owned();
        match self.mutation {
            Mutation::DropsParentRev if has(&request, "parent_rev") => {
                change_query(&mut request, |field| match field.split('=').next() {
                    Some("parent_rev") => None,
                    Some("autorename") => Some("overwrite=true"),
                    _ => Some(field),
                });
            }
            Mutation::OverwritesNew if has(&request, "overwrite=false") => {
                change_query(&mut request, |field| match field {
                    "overwrite=false" => Some("overwrite=true"),
                    _ => Some(field),
                });
            }
            Mutation::RenamesNew if has(&request, "overwrite=false") => {
                change_query(&mut request, |field| match field {
                    "autorename=false" => Some("autorename=true"),
                    _ => Some(field),
                });
            }
            Mutation::DropsAsOf if path.starts_with("/1/fileops/") => {
                let form = form(&request);
                let kept: Vec<&str> = form.split('&').filter(|field| !field.starts_with("as_of=")).collect();
                let kept = Bytes::from(kept.join("&"));
                request.headers_mut().insert(http::header::CONTENT_LENGTH, HeaderValue::from(kept.len()));
                *request.body_mut() = Body::Bytes(kept);
            }
            Mutation::NoEcho if path == "/1/delta" && self.sent_lately() => {
                let form = form(&request);
                if let Some(cursor) = form.split('&').find_map(|field| field.strip_prefix("cursor=")) {
                    let text = format!(
                        r#"{{"entries": [], "reset": false, "cursor": "{cursor}", "has_more": false}}"#
                    );
                    return Ok(Response::new(Body::Bytes(text.into())));
                }
            }
            _ => {}
        }
        let is_first = !form(&request).contains("cursor=");
        let response = self.inner.send(request).await?;
        if path.starts_with("/1/fileops/") || path.starts_with("/1/files_put/") {
            *self.sent.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        }
        if self.mutation == Mutation::IgnoresReset && path == "/1/delta" && !is_first {
            return without_reset(response).await;
        }
        Ok(response)
    }
}

fn has(request: &Request<Body>, field: &str) -> bool {
    request.uri().query().is_some_and(|query| query.contains(field))
}

fn change_query(request: &mut Request<Body>, change: impl Fn(&str) -> Option<&str>) {
    let query = request.uri().query().unwrap_or_default().to_owned();
    let fields: Vec<&str> = query.split('&').filter_map(change).collect();
    let uri = request.uri();
    let text = format!("http://sim.test{}?{}", uri.path(), fields.join("&"));
    *request.uri_mut() = text.parse::<Uri>().expect("it was an address before");
}

fn form(request: &Request<Body>) -> String {
    match request.body() {
        Body::Bytes(bytes) if request.method() == http::Method::POST => {
            String::from_utf8_lossy(bytes).into_owned()
        }
        Body::Bytes(_) | Body::Empty | Body::Stream { .. } => String::new(),
    }
}

async fn without_reset(response: Response<Body>) -> Result<Response<Body>, TransportError> {
    let (head, body) = response.into_parts();
    let mut stream = body.into_stream();
    let mut all = Vec::new();
    while let Some(piece) = stream.next().await {
        match piece {
            Ok(piece) => all.extend_from_slice(&piece),
            // As it broke off.
            Err(error) => {
                let pieces = [Ok(Bytes::from(all)), Err(error)];
                let stream = futures_util::stream::iter(pieces).boxed();
                return Ok(Response::from_parts(head, Body::Stream { length: None, stream }));
            }
        }
    }
    let text = String::from_utf8_lossy(&all).replace("\"reset\": true", "\"reset\": false");
    let text = text.replace("\"reset\":true", "\"reset\":false");
    Ok(Response::from_parts(head, Body::Bytes(text.into())))
}
