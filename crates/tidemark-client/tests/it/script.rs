//! A server that answers what a test says, and remembers what it was asked.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::header::AUTHORIZATION;
use http::{Request, Response};
use tidemark_client::{AccessToken, Body, Client, Patience, Server, Transport, TransportError};

use crate::world::{BASE, Dice};

pub(crate) struct Script {
    answers: Mutex<VecDeque<Result<Response<Body>, TransportError>>>,
    asked: Mutex<Vec<Asked>>,
}

/// A request, as it came.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) line: String,
    pub(crate) authorization: Option<String>,
    pub(crate) patience: Option<Duration>,
    pub(crate) body: Bytes,
}

impl Script {
    /// These are the answers, in order; whoever asks once more finds nobody.
    pub(crate) fn new(
        answers: impl IntoIterator<Item = Result<Response<Body>, TransportError>>,
    ) -> Arc<Script> {
        Arc::new(Script { answers: Mutex::new(answers.into_iter().collect()), asked: Mutex::default() })
    }

    pub(crate) fn client(self: &Arc<Script>) -> Client {
        let token = AccessToken::new("open-sesame").unwrap();
        Client::new(Server::new(BASE).unwrap(), token, self.clone(), Arc::new(Dice))
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    pub(crate) fn answers_left(&self) -> usize {
        self.answers.lock().unwrap().len()
    }
}

#[async_trait]
impl Transport for Script {
    async fn send(&self, request: Request<Body>) -> Result<Response<Body>, TransportError> {
        let (head, body) = request.into_parts();
        let body = match body {
            Body::Bytes(bytes) => bytes,
            _ => Bytes::new(),
        };
        let authorization = head.headers.get(AUTHORIZATION).map(|value| value.to_str().unwrap().to_owned());
        self.asked.lock().unwrap().push(Asked {
            line: format!("{} {}", head.method, head.uri.path_and_query().unwrap()),
            authorization,
            patience: head.extensions.get::<Patience>().map(|patience| patience.0),
            body,
        });
        self.answers.lock().unwrap().pop_front().expect("the script has an answer to every request")
    }
}

/// An answer with this status and body.
pub(crate) fn says(status: u16, body: impl Into<Bytes>) -> Result<Response<Body>, TransportError> {
    Ok(Response::builder().status(status).body(Body::Bytes(body.into())).unwrap())
}

/// The same with a header.
pub(crate) fn says_with(
    status: u16,
    header: (&'static str, &'static str),
    body: &'static str,
) -> Result<Response<Body>, TransportError> {
    says(status, body).map(|mut answer| {
        answer.headers_mut().insert(header.0, header.1.parse().unwrap());
        answer
    })
}
