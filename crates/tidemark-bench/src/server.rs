//! Tidemark under measurement: started by the command contract, or one that runs already.

use std::fs::File;
use std::io::{BufRead, BufReader, Write as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use crate::client::Client;
use crate::process::Running;
use crate::wire;

/// The accounts of a run. Each has one purpose, so that a case does not feel what another one left.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Account {
    /// Uploads and downloads.
    Files,
    /// Holds the large tree and nothing else.
    LargeTree,
    /// Holds the small tree and nothing else.
    SmallTree,
    /// Its polls are woken.
    Waiter,
    /// Its polls are not.
    Bystander(usize),
    /// Looks at its files in a browser.
    Web,
    /// Has pictures.
    Gallery,
}

impl Account {
    /// How many accounts the polls that are not woken are spread over.
    pub(crate) const BYSTANDERS: usize = 8;
    const COUNT: usize = 6 + Self::BYSTANDERS;

    fn index(self) -> usize {
        match self {
            Account::Files => 0,
            Account::Waiter => 1,
            Account::LargeTree => 2,
            Account::SmallTree => 3,
            Account::Bystander(n) => 4 + n % Self::BYSTANDERS,
            Account::Web => 4 + Self::BYSTANDERS,
            Account::Gallery => 5 + Self::BYSTANDERS,
        }
    }
}

/// With what somebody signs in.
pub(crate) struct Person {
    pub(crate) email: String,
    pub(crate) password: String,
}

impl Person {
    fn of(index: usize) -> Self {
        Self { email: format!("bench{index}@example.org"), password: format!("only for this run {index}") }
    }
}

/// A server and the tokens that open it.
pub(crate) struct Tidemark {
    addr: SocketAddr,
    tokens: Vec<String>,
    own: Option<Own>,
}

/// What it takes to start one of our own again.
struct Own {
    launch: Launch,
    running: Option<Running>,
}

/// How a server of our own is started.
#[derive(Clone, Debug)]
pub(crate) struct Launch {
    pub(crate) binary: PathBuf,
    pub(crate) data: PathBuf,
    /// More arguments for `serve`.
    pub(crate) arguments: Vec<String>,
}

impl Tidemark {
    /// Starts a server on an empty data folder and creates the accounts.
    pub(crate) fn launch(launch: Launch) -> Result<Self> {
        std::fs::create_dir_all(&launch.data)?;
        let (running, addr) = serve(&launch)?;
        let tokens = create_accounts(&launch)?;
        Ok(Self { addr, tokens, own: Some(Own { launch, running: Some(running) }) })
    }

    /// How another one like this is started, on another data folder.
    pub(crate) fn another(&self, data: PathBuf) -> Result<Launch> {
        let own = self.own.as_ref().context("no other server is started beside one that runs already")?;
        Ok(Launch { data, ..own.launch.clone() })
    }

    /// Uses a server that runs already.
    pub(crate) fn attach(url: &str, tokens: Vec<String>) -> Result<Self> {
        if tokens.is_empty() {
            bail!("a running server needs at least one --token");
        }
        Ok(Self { addr: address_of(url)?, tokens, own: None })
    }

    pub(crate) fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// An account's token; an error if the running server was given with too few.
    pub(crate) fn token(&self, account: Account) -> Result<&str> {
        let index = account.index();
        let token = self.tokens.get(index).map(String::as_str);
        token.with_context(|| format!("{} tokens (--token) are needed, one per account", index + 1))
    }

    /// Who signs in to an account.
    pub(crate) fn person(&self, account: Account) -> Result<Person> {
        self.own.as_ref().context("nobody knows the passwords of a server that runs already")?;
        Ok(Person::of(account.index()))
    }

    /// The process, if it is ours to look into.
    pub(crate) fn pid(&self) -> Option<u32> {
        self.own.as_ref()?.running.as_ref().map(Running::pid)
    }

    /// Stops the server and starts it on the same data: how long until it answered a request that needs the
    /// journal.
    pub(crate) fn restart(&mut self) -> Result<Duration> {
        let token = self.token(Account::Files)?.to_owned();
        let own = self.own.as_mut().context("a server that runs already is not restarted")?;
        own.running = None;
        let begin = Instant::now();
        let (running, addr) = serve(&own.launch)?;
        self.addr = addr;
        Client::connect(addr)?.expect(&wire::metadata(&token, "", None), 200)?;
        let taken = begin.elapsed();
        own.running = Some(running);
        Ok(taken)
    }
}

/// Runs `tidemark serve` until it tells its URL.
fn serve(launch: &Launch) -> Result<(Running, SocketAddr)> {
    let mut command = Command::new(&launch.binary);
    command.args(["serve", "--listen", "127.0.0.1:0", "--box-realtime-hold", "600", "--data"]);
    command.arg(&launch.data).args(&launch.arguments);
    until_told(&mut command, &launch.data.with_extension("log"))
}

/// Runs a command of ours until it tells the URL at which it serves.
pub(crate) fn until_told(command: &mut Command, log: &Path) -> Result<(Running, SocketAddr)> {
    let log_file = File::options().create(true).append(true).open(log)?;
    // As the peers, which do not log each request either.
    command.env("TIDEMARK_LOG", "warn");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log_file);
    let mut running = Running::start(command)?;
    let mut lines = BufReader::new(running.stdout()?);
    let mut line = String::new();
    loop {
        line.clear();
        if lines.read_line(&mut line)? == 0 {
            let log = std::fs::read_to_string(log).unwrap_or_default();
            bail!("it ended without telling its URL: {}", log.lines().last().unwrap_or_default());
        }
        if let Some(at) = line.find("http://") {
            let addr = address_of(&line[at..])?;
            // What it prints later must not fill the pipe.
            std::thread::spawn(move || std::io::copy(&mut lines, &mut std::io::sink()));
            return Ok((running, addr));
        }
    }
}

/// The address in `http://ADDR:PORT/...`.
fn address_of(url: &str) -> Result<SocketAddr> {
    let rest = url.trim().strip_prefix("http://").context("a plain http:// URL is needed")?;
    let end = rest.find(|c: char| c == '/' || c.is_whitespace()).unwrap_or(rest.len());
    rest[..end].parse().with_context(|| format!("{} is not an address and a port", &rest[..end]))
}

fn create_accounts(launch: &Launch) -> Result<Vec<String>> {
    let app = admin(launch, &["app", "add", "bench", "--access", "full"], None)?;
    let app: Value = serde_json::from_str(&app).context("`app add` did not print JSON")?;
    let key = app["app_key"].as_str().context("`app add` printed no app_key")?;
    (0..Account::COUNT)
        .map(|n| {
            let Person { email, password } = Person::of(n);
            let mut add = vec!["user", "add", &email, "--password-stdin"];
            // Who looks at pages looks at those of administrators, too.
            add.extend((n == Account::Web.index()).then_some("--admin"));
            admin(launch, &add, Some(&format!("{password}\n")))?;
            let token = admin(launch, &["token", "create", "--app", key, "--user", &email], None)?;
            Ok(token.trim().to_owned())
        })
        .collect()
}

/// Runs an admin command; what it printed.
fn admin(launch: &Launch, arguments: &[&str], input: Option<&str>) -> Result<String> {
    let mut child = Command::new(&launch.binary)
        .args(arguments)
        .arg("--data")
        .arg(&launch.data)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("could not run tidemark {}", arguments[..2].join(" ")))?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(input.unwrap_or_default().as_bytes())?;
    }
    let output = child.wait_with_output()?;
    if !output.status.success() {
        let why = String::from_utf8_lossy(&output.stderr);
        bail!("tidemark {} failed: {}", arguments[..2].join(" "), why.trim());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The binary to measure: as given, else the release build, which is made if it is missing.
pub(crate) fn binary(given: Option<&Path>, workspace: &Path) -> Result<PathBuf> {
    if let Some(given) = given {
        return std::path::absolute(given).context("the path of the binary is not understood");
    }
    let built = workspace.join("target/release/tidemark");
    if !built.exists() {
        let cargo = Command::new("cargo")
            .args(["build", "--release", "--package", "tidemark"])
            .current_dir(workspace)
            .status();
        if !cargo.context("could not run cargo")?.success() {
            bail!("tidemark does not build");
        }
    }
    Ok(built)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_found_in_what_serve_prints() {
        assert_eq!(address_of("http://127.0.0.1:8765\n").unwrap().port(), 8765);
        assert_eq!(address_of("http://127.0.0.1:80/setup?x=y for the first account").unwrap().port(), 80);
        assert!(address_of("https://127.0.0.1:80").is_err());
        assert!(address_of("http://somewhere").is_err());
    }

    #[test]
    fn every_account_has_a_place_of_its_own() {
        let single = [Account::Files, Account::LargeTree, Account::SmallTree, Account::Waiter];
        let mut all: Vec<_> = single
            .into_iter()
            .chain([Account::Web, Account::Gallery])
            .chain((0..Account::BYSTANDERS).map(Account::Bystander))
            .map(Account::index)
            .collect();
        all.sort_unstable();
        assert_eq!(all, (0..Account::COUNT).collect::<Vec<_>>());
    }
}
