//! Who can park polls and wake them: Tidemark by the Core API and by Box's, nchan and the limit by channels.

use std::net::SocketAddr;

use anyhow::{Context as _, Result, bail};

use crate::client::Client;
use crate::http;
use crate::scripts::{noise, stamp, unique};
use crate::server::{Account, Tidemark};
use crate::wire;

/// Size of the upload that wakes.
const CHANGE_SIZE: usize = 4096;

/// A server of long polls.
pub(crate) trait System {
    fn addr(&self) -> SocketAddr;

    /// Its processes, if they may be looked into.
    fn pids(&self) -> Vec<u32>;

    /// The `index`-th poll of those that the change does not concern.
    fn bystander(&mut self, index: usize) -> Result<Vec<u8>>;

    /// A poll that the next change answers.
    fn waiter(&mut self) -> Result<Vec<u8>>;

    /// The change.
    fn change(&mut self) -> Result<Vec<u8>>;

    /// Whether a poll that comes after a change is not told of it. Then a poll that was slow to arrive has missed
    /// its change, which is the measurement's fault; where a cursor says what was seen it would be a lost wake-up.
    fn forgets(&self) -> bool;

    /// Refuses what is no answer to a poll that was woken.
    fn check(&self) -> fn(&[u8]) -> Result<()>;
}

/// Tidemark: polls of several accounts, woken by an upload of one of them.
pub(crate) struct Polls<'a> {
    server: &'a Tidemark,
    client: Client,
    /// Cursors of the accounts where nothing happens.
    still: Vec<String>,
    body: Vec<u8>,
}

impl<'a> Polls<'a> {
    pub(crate) fn new(server: &'a Tidemark) -> Result<Self> {
        let mut client = Client::connect(server.addr())?;
        let still = (0..Account::BYSTANDERS)
            .map(|n| latest_cursor(&mut client, server.token(Account::Bystander(n))?))
            .collect::<Result<_>>()?;
        Ok(Self { server, client, still, body: noise(CHANGE_SIZE) })
    }
}

fn latest_cursor(client: &mut Client, token: &str) -> Result<String> {
    let answer = client.json(&wire::latest_cursor(token))?;
    Ok(answer["cursor"].as_str().context("latest_cursor told no cursor")?.to_owned())
}

impl System for Polls<'_> {
    fn addr(&self) -> SocketAddr {
        self.server.addr()
    }

    fn pids(&self) -> Vec<u32> {
        self.server.pid().into_iter().collect()
    }

    fn bystander(&mut self, index: usize) -> Result<Vec<u8>> {
        Ok(wire::longpoll(&self.still[index % self.still.len()]))
    }

    fn waiter(&mut self) -> Result<Vec<u8>> {
        let token = self.server.token(Account::Waiter)?;
        Ok(wire::longpoll(&latest_cursor(&mut self.client, token)?))
    }

    fn change(&mut self) -> Result<Vec<u8>> {
        stamp(&mut self.body);
        let path = format!("/wake/{}-{}", std::process::id(), unique());
        Ok(wire::upload(self.server.token(Account::Waiter)?, &path, &self.body))
    }

    fn forgets(&self) -> bool {
        false
    }

    fn check(&self) -> fn(&[u8]) -> Result<()> {
        |body| {
            let answer: serde_json::Value =
                serde_json::from_slice(body).context("a poll's answer is not JSON")?;
            if answer["changes"] != true {
                bail!("a poll was answered without a change: {answer}");
            }
            Ok(())
        }
    }
}

/// Tidemark again: realtime polls of Box's protocol, woken by an upload of the Core API.
pub(crate) struct RealtimePolls<'a> {
    polls: Polls<'a>,
    /// Addresses, with positions, of the accounts where nothing happens.
    still: Vec<String>,
}

impl<'a> RealtimePolls<'a> {
    pub(crate) fn new(server: &'a Tidemark) -> Result<Self> {
        let mut client = Client::connect(server.addr())?;
        let still = (0..Account::BYSTANDERS)
            .map(|n| realtime_address(&mut client, server.token(Account::Bystander(n))?))
            .collect::<Result<_>>()?;
        Ok(Self { polls: Polls::new(server)?, still })
    }
}

/// Where an account's events are waited for from now on, as a target.
fn realtime_address(client: &mut Client, token: &str) -> Result<String> {
    let now = client.json(&wire::events(token, "now"))?;
    let position = now["next_stream_position"].as_u64().context("events told no position")?;
    let servers = client.json(&wire::realtime_servers(token))?;
    let url = servers["entries"][0]["url"].as_str().context("there is no realtime server")?;
    let target = url.find("/subscribe").context("the realtime server is somewhere else")?;
    Ok(format!("{}&stream_position={position}", &url[target..]))
}

impl System for RealtimePolls<'_> {
    fn addr(&self) -> SocketAddr {
        self.polls.addr()
    }

    fn pids(&self) -> Vec<u32> {
        self.polls.pids()
    }

    fn bystander(&mut self, index: usize) -> Result<Vec<u8>> {
        Ok(http::request("GET", &self.still[index % self.still.len()], &[], b""))
    }

    fn waiter(&mut self) -> Result<Vec<u8>> {
        let token = self.polls.server.token(Account::Waiter)?;
        Ok(http::request("GET", &realtime_address(&mut self.polls.client, token)?, &[], b""))
    }

    fn change(&mut self) -> Result<Vec<u8>> {
        self.polls.change()
    }

    fn forgets(&self) -> bool {
        false
    }

    fn check(&self) -> fn(&[u8]) -> Result<()> {
        |body| {
            let answer: serde_json::Value =
                serde_json::from_slice(body).context("a realtime answer is not JSON")?;
            if answer["message"] != "new_change" {
                bail!("a poll was answered without a change: {answer}");
            }
            Ok(())
        }
    }
}

/// nchan and the limit: `GET /sub/NAME` waits for `POST /pub/NAME`.
pub(crate) struct Channels {
    addr: SocketAddr,
    pids: Vec<u32>,
    body: Vec<u8>,
}

impl Channels {
    pub(crate) fn new(addr: SocketAddr, pids: Vec<u32>) -> Self {
        Self { addr, pids, body: noise(CHANGE_SIZE) }
    }
}

impl System for Channels {
    fn addr(&self) -> SocketAddr {
        self.addr
    }

    fn pids(&self) -> Vec<u32> {
        self.pids.clone()
    }

    fn bystander(&mut self, index: usize) -> Result<Vec<u8>> {
        Ok(http::request("GET", &format!("/sub/still{}", index % Account::BYSTANDERS), &[], b""))
    }

    fn waiter(&mut self) -> Result<Vec<u8>> {
        Ok(http::request("GET", "/sub/waiter", &[], b""))
    }

    fn change(&mut self) -> Result<Vec<u8>> {
        stamp(&mut self.body);
        Ok(http::request("POST", "/pub/waiter", &[], &self.body))
    }

    fn forgets(&self) -> bool {
        true
    }

    fn check(&self) -> fn(&[u8]) -> Result<()> {
        |body| if body.is_empty() { bail!("a poll was answered with nothing") } else { Ok(()) }
    }
}
