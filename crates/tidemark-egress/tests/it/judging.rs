//! Where requests go, and where they don't.

use crate::origin::{Origin, ask, gateway, get};
use async_trait::async_trait;
use std::collections::VecDeque;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tidemark_core::store::{Egress as _, EgressError, Outgoing, Whereto};
use tidemark_egress::{Gateway, Resolve, Rules};
use tokio::net::{TcpSocket, TcpStream};

const HELLO: &str = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

/// Says what it was told to say, one answer after the other, the last one for ever.
struct Script(Mutex<VecDeque<Vec<&'static str>>>);

fn script(answers: &[&[&'static str]]) -> Arc<Script> {
    Arc::new(Script(Mutex::new(answers.iter().map(|answer| answer.to_vec()).collect())))
}

#[async_trait]
impl Resolve for Script {
    async fn resolve(&self, _: &str) -> io::Result<Vec<IpAddr>> {
        let mut answers = self.0.lock().unwrap();
        let answer = if answers.len() > 1 { answers.pop_front() } else { answers.front().cloned() };
        Ok(answer.unwrap().iter().map(|ip| ip.parse().unwrap()).collect())
    }
}

fn strict() -> Gateway {
    Gateway::new(Rules::default(), Vec::new())
}

async fn refusal(gateway: &Gateway, url: &str) -> EgressError {
    match gateway.send(get(url)).await {
        Ok(response) => panic!("{url} was answered with {}", response.status),
        Err(error) => error,
    }
}

#[tokio::test]
async fn no_spelling_of_a_private_address_is_gone_to() {
    let origin = Origin::start(|_| HELLO).await;
    let port = origin.address.port();
    for host in [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "0177.0.0.1",
        "017700000001",
        "127.0.0.1.",
        "0",
        "0.0.0.0",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::127.0.0.1]",
        "[64:ff9b::127.0.0.1]",
        "[2002:7f00:1::]",
        "localhost",
        "LOCALHOST",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "0xa9fea9fe",
        "100.64.0.1",
        "198.18.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "240.0.0.1",
        "[fd00::1]",
        "[fe80::1]",
        "[ff02::1]",
        "[fd00:ec2::254]",
    ] {
        assert_eq!(
            refusal(&strict(), &format!("http://{host}:{port}/")).await,
            EgressError::Forbidden,
            "{host}"
        );
    }
    assert_eq!(refusal(&strict(), &format!("http://[fe80::1%25lo]:{port}/")).await, EgressError::Url);
    assert!(origin.seen().is_empty());
}

#[tokio::test]
async fn a_name_is_judged_by_every_one_of_its_addresses() {
    let origin = Origin::start(|_| HELLO).await;
    let url = format!("http://files.example:{}/", origin.address.port());
    for private in ["127.0.0.1", "::1", "::ffff:127.0.0.1", "10.0.0.1", "fd00::1"] {
        let gateway = strict().resolver(script(&[&[private, private]]));
        assert_eq!(refusal(&gateway, &url).await, EgressError::Forbidden, "{private}");
    }
    let gateway = strict().resolver(script(&[&[]]));
    assert_eq!(refusal(&gateway, &url).await, EgressError::Unknown);
    // Of several, only those are gone to that may be. (10.0.0.1 would not answer, nor would the second connection.)
    let rules = Rules { allow: vec!["127.0.0.1".parse().unwrap()] };
    let gateway = Gateway::new(rules, Vec::new()).resolver(script(&[&["10.0.0.1", "::1", "127.0.0.1"]]));
    assert_eq!(ask(&gateway, get(&url)).await, Ok((200, Ok("hello".into()))));
    assert_eq!(origin.seen().len(), 1);
}

/// A host with several addresses, the first of which swallow whatever comes, is as good as its last one: it does not use
/// up the time that there is.
#[tokio::test]
async fn an_address_that_swallows_everything_keeps_the_others_not_waiting() {
    let origin = Origin::start(|_| HELLO).await;
    let port = origin.address.port();
    let mut silent = Vec::new();
    for ip in ["127.0.0.2", "127.0.0.3"] {
        let address = SocketAddr::new(ip.parse().unwrap(), port);
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(address).unwrap();
        let listener = socket.listen(1).unwrap();
        // Once its queue is full, the kernel drops what else comes.
        let knocks: Vec<_> = (0..8).map(|_| tokio::spawn(TcpStream::connect(address))).collect();
        silent.push((listener, knocks));
    }
    tokio::time::sleep(Duration::from_millis(100)).await;
    let gateway = gateway().resolver(script(&[&["127.0.0.2", "127.0.0.3", "127.0.0.1"]]));
    let request =
        Outgoing { patience: Duration::from_secs(5), ..get(&format!("http://files.example:{port}/")) };
    assert_eq!(ask(&gateway, request).await, Ok((200, Ok("hello".into()))));
}

#[tokio::test]
async fn a_name_that_changes_its_mind_leads_nowhere_else() {
    // It resolves to an allowed address first, and to the loopback when it is asked again.
    let origin = Origin::start(|_| HELLO).await;
    let rules = || Rules { allow: vec!["127.0.0.2".parse().unwrap()] };
    let url = format!("http://rebinding.example:{}/", origin.address.port());
    let gateway = Gateway::new(rules(), Vec::new()).resolver(script(&[&["127.0.0.2"], &["127.0.0.1"]]));
    // Nothing listens on the first one. A gateway that resolved again to connect would reach the server.
    assert_eq!(refusal(&gateway, &url).await, EgressError::Unreachable);
    assert_eq!(refusal(&gateway, &url).await, EgressError::Forbidden, "every request is judged anew");
    assert!(origin.seen().is_empty());
}

#[tokio::test]
async fn an_operator_may_allow_a_host_and_an_administrator_any() {
    let origin = Origin::start(|_| HELLO).await;
    let port = origin.address.port();
    let url = format!("http://files.lan:{port}/");
    for (allow, allowed) in [
        (format!("files.lan:{port}"), true),
        ("files.lan".to_owned(), true),
        ("127.0.0.0/8".to_owned(), true),
        (format!("127.0.0.1:{port}"), true),
        ("files.lan:1234".to_owned(), false),
        ("lan".to_owned(), false),
        ("10.0.0.0/8".to_owned(), false),
        ("127.0.0.1:1234".to_owned(), false),
    ] {
        let rules = Rules { allow: vec![allow.parse().unwrap()] };
        let gateway = Gateway::new(rules, Vec::new()).resolver(script(&[&["127.0.0.1"]]));
        let expected = if allowed { Ok((200, Ok("hello".into()))) } else { Err(EgressError::Forbidden) };
        assert_eq!(ask(&gateway, get(&url)).await, expected, "{allow}");
    }
    let anywhere = Outgoing { whereto: Whereto::Anywhere, ..get(&origin.url("/")) };
    assert_eq!(ask(&strict(), anywhere).await, Ok((200, Ok("hello".into()))));
    let elsewhere = Outgoing { whereto: Whereto::Anywhere, ..get("file:///etc/passwd") };
    assert_eq!(ask(&strict(), elsewhere).await, Err(EgressError::Url));
}

#[tokio::test]
async fn other_protocols_and_credentials_are_refused() {
    for (url, refused) in [
        ("file:///etc/passwd", EgressError::Url),
        ("gopher://example.org/", EgressError::Url),
        ("http://me:pw@example.org/", EgressError::Url),
        ("example.org", EgressError::Url),
        ("http://127.0.0.1:25/", EgressError::Port),
        ("http://127.0.0.1:0/", EgressError::Port),
        ("https://example.org:6667/", EgressError::Port),
    ] {
        assert_eq!(gateway().check(url), Err(refused.clone()), "{url}");
        assert_eq!(refusal(&gateway(), url).await, refused, "{url}");
    }
    assert_eq!(gateway().check("http://10.0.0.1/"), Ok(()), "where it leads is judged when it is gone there");
}

#[tokio::test]
async fn nobody_there_and_no_such_name() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", free.local_addr().unwrap());
    drop(free);
    assert_eq!(refusal(&gateway(), &url).await, EgressError::Unreachable);
    assert_eq!(refusal(&gateway(), "http://no-such-name.invalid/").await, EgressError::Unknown);
}
