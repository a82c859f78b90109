//! Servers to be asked: scripts on the loopback.

use bytes::Bytes;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tidemark_core::store::{Egress as _, EgressError, Incoming, OutMethod, Outgoing, Whereto};
use tidemark_egress::{Gateway, Rules};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// A server that answers every request with what its script says for it.
pub(crate) struct Origin {
    pub(crate) address: SocketAddr,
    seen: Arc<Mutex<Vec<String>>>,
    task: JoinHandle<()>,
}

impl Drop for Origin {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// What a script says: bytes, and whether the connection stays open behind them.
pub(crate) enum Answer {
    Whole(String),
    Hang(String),
}

impl From<&str> for Answer {
    fn from(text: &str) -> Answer {
        Answer::Whole(text.to_owned())
    }
}

impl From<String> for Answer {
    fn from(text: String) -> Answer {
        Answer::Whole(text)
    }
}

impl Origin {
    /// A server whose script is given each request, as text.
    pub(crate) async fn start<A: Into<Answer>>(script: impl Fn(&str) -> A + Send + Sync + 'static) -> Origin {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (heard, script) = (Arc::clone(&seen), Arc::new(script));
        let task = tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let (heard, script) = (Arc::clone(&heard), Arc::clone(&script));
                tokio::spawn(async move {
                    let request = read_request(&mut stream).await;
                    heard.lock().unwrap().push(request.clone());
                    answer(&mut stream, script(&request).into()).await;
                });
            }
        });
        Origin { address, seen, task }
    }

    /// The requests that came, whole.
    pub(crate) fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }
}

/// Reads a request with its body, if it says how long that is.
pub(crate) async fn read_request(stream: &mut (impl AsyncRead + Unpin)) -> String {
    let mut bytes = Vec::new();
    let mut piece = [0; 4096];
    loop {
        let read = stream.read(&mut piece).await.unwrap_or(0);
        bytes.extend_from_slice(&piece[..read]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let whole = text.split_once("\r\n\r\n").is_some_and(|(head, body)| {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            body.len() >= length.map_or(0, |length| length.parse().unwrap())
        });
        if read == 0 || whole {
            return text;
        }
    }
}

/// Sends what a script says. The other end may have gone away.
pub(crate) async fn answer(stream: &mut (impl AsyncWrite + AsyncRead + Unpin), answer: Answer) {
    let (text, hang) = match answer {
        Answer::Whole(text) => (text, false),
        Answer::Hang(text) => (text, true),
    };
    if stream.write_all(text.as_bytes()).await.is_err() {
        return;
    }
    if hang {
        // Until the other end has had enough.
        let mut rest = Vec::new();
        let _gone = stream.read_to_end(&mut rest).await;
    } else {
        let _gone = stream.shutdown().await;
    }
}

/// A way out that may go to the loopback.
pub(crate) fn gateway() -> Gateway {
    Gateway::new(Rules { allow: vec!["127.0.0.0/8".parse().unwrap()] }, Vec::new())
}

pub(crate) fn get(url: &str) -> Outgoing {
    Outgoing {
        method: OutMethod::Get,
        url: url.to_owned(),
        headers: Vec::new(),
        body: Bytes::new(),
        whereto: Whereto::Public,
        redirects_max: 5,
        patience: Duration::from_secs(10),
    }
}

/// A response whole: its status and its body, or how that ended.
pub(crate) async fn whole(response: Incoming) -> (u16, Result<String, EgressError>) {
    let (status, mut body) = (response.status, response.body);
    let mut text = Vec::new();
    while let Some(piece) = body.next().await {
        match piece {
            Ok(bytes) => text.extend_from_slice(&bytes),
            Err(error) => {
                assert!(body.next().await.is_none(), "after an error there is nothing more");
                return (status, Err(error));
            }
        }
    }
    assert!(body.next().await.is_none());
    (status, Ok(String::from_utf8(text).unwrap()))
}

/// What becomes of a request by these rules.
pub(crate) async fn ask(
    gateway: &Gateway,
    request: Outgoing,
) -> Result<(u16, Result<String, EgressError>), EgressError> {
    match gateway.send(request).await {
        Ok(response) => Ok(whole(response).await),
        Err(error) => Err(error),
    }
}
