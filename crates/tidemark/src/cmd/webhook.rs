//! `tidemark app webhook`: addresses where apps are told of changes.

use super::user::Listing;
use super::{people, registry};
use crate::config::CommonFlags;
use crate::exit::Failure;
use crate::output::{json, line, table};
use clap::{Args, Subcommand};
use serde::Serialize;
use std::time::Duration;
use tidemark_core::model::{Attempt, Health, Timestamp, Webhook};

const AFTER_HELP: &str = "\
An app's server is told that something changed, not what: a POST with {\"delta\": {\"users\": [UID, ...]}}, signed with the
app's secret in the header X-Dropbox-Signature. It should answer 2xx within 10 seconds, and then ask for the changes. What
it does not take is sent again, after 1 second, then twice as long each time, up to 10 minutes; after days of nothing but
failure the webhook is given up until it is enabled.

  tidemark app webhook add APP_KEY https://app.example/hook
  tidemark app webhook log APP_KEY https://app.example/hook

The server takes notice within a second or two.";

#[derive(Subcommand)]
#[command(after_help = AFTER_HELP)]
pub(crate) enum Command {
    /// Add an address, if it answers GET with the parameter `challenge` as its whole body
    Add(Address),
    /// Remove an address, with its log
    Remove(Address),
    /// List an app's addresses, and how deliveries to them go
    List {
        /// The app's key
        #[arg(value_name = "APP_KEY")]
        key: String,
        #[command(flatten)]
        listing: Listing,
    },
    /// Show the latest attempts to tell an address, the latest first
    Log {
        #[command(flatten)]
        address: Address,
        #[command(flatten)]
        listing: Listing,
    },
    /// Ask an address the challenge, and send it a signed notification that tells of nobody
    Test(Address),
    /// Take up an address that was given up, if it answers the challenge; it is told of what it missed
    Enable(Address),
    /// Tell an address again of all people who allowed the app, at once
    Replay {
        #[command(flatten)]
        address: Address,
        /// Of this person only
        #[arg(long, value_name = "EMAIL")]
        user: Option<String>,
    },
}

#[derive(Args)]
pub(crate) struct Address {
    /// The app's key
    #[arg(value_name = "APP_KEY")]
    pub(super) key: String,
    /// The address, spelled as it was (or is to be) registered
    pub(super) uri: String,
}

/// A webhook as JSON. Times are milliseconds since 1970.
#[derive(Serialize)]
struct Shown<'a> {
    uri: &'a str,
    created: i64,
    failures: u32,
    failing_since: Option<i64>,
    next_try: Option<i64>,
    disabled: Option<i64>,
}

/// An attempt as JSON. Times are milliseconds, that of the day since 1970.
#[derive(Serialize)]
struct Tried<'a> {
    at: i64,
    took: u64,
    users: u32,
    status: Option<u16>,
    failure: Option<&'a str>,
}

pub(crate) async fn run(common: &CommonFlags, command: Command) -> Result<(), Failure> {
    match command {
        Command::Add(Address { key, uri }) => {
            registry(common)?.add(&key, &uri).await?;
            line(&format!("{uri} is told of changes from now on."));
        }
        Command::Remove(Address { key, uri }) => {
            registry(common)?.remove(&key, &uri).await?;
            line(&format!("{uri} is not told any more."));
        }
        Command::List { key, listing } => list(common, &key, &listing).await?,
        Command::Log { address, listing } => log(common, &address, &listing).await?,
        Command::Test(Address { key, uri }) => {
            let status = registry(common)?.test(&key, &uri).await?;
            line(&format!("{uri} answered the challenge, and a notification with status {status}."));
        }
        Command::Enable(Address { key, uri }) => {
            registry(common)?.enable(&key, &uri).await?;
            line(&format!("{uri} answered the challenge, and is told of changes."));
        }
        Command::Replay { address, user } => replay(common, &address, user.as_deref()).await?,
    }
    Ok(())
}

async fn list(common: &CommonFlags, key: &str, listing: &Listing) -> Result<(), Failure> {
    let registry = registry(common)?;
    let (webhooks, now) = (registry.list(key).await?, registry.now());
    if listing.json {
        json(&webhooks.iter().map(shown).collect::<Vec<_>>());
    } else {
        let row = |webhook: &Webhook| [webhook.uri.clone(), state(&webhook.health, now)];
        table(["ADDRESS", "STATE"], &webhooks.iter().map(row).collect::<Vec<_>>());
    }
    Ok(())
}

async fn log(common: &CommonFlags, address: &Address, listing: &Listing) -> Result<(), Failure> {
    let registry = registry(common)?;
    let webhook = registry.find(&address.key, &address.uri).await?;
    let (attempts, now) = (registry.attempts(webhook.id).await?, registry.now());
    if listing.json {
        json(&attempts.iter().map(tried).collect::<Vec<_>>());
    } else {
        let row = |attempt: &Attempt| {
            [
                format!("{} ago", span(now.since(attempt.at))),
                format!("{} ms", attempt.took.as_millis()),
                attempt.accounts.to_string(),
                match (&attempt.failure, attempt.status) {
                    (None, status) => format!("delivered, status {}", status.unwrap_or_default()),
                    (Some(failure), _) => failure.clone(),
                },
            ]
        };
        table(["WHEN", "TOOK", "USERS", "OUTCOME"], &attempts.iter().map(row).collect::<Vec<_>>());
    }
    Ok(())
}

async fn replay(common: &CommonFlags, address: &Address, user: Option<&str>) -> Result<(), Failure> {
    let account = match user {
        Some(email) => Some(people(common)?.account(email).await?.id),
        None => None,
    };
    let told = registry(common)?.replay(&address.key, &address.uri, account).await?;
    let people = if told == 1 { "1 person".to_owned() } else { format!("{told} people") };
    line(&format!("{} is told again of {people}.", address.uri));
    Ok(())
}

fn shown(webhook: &Webhook) -> Shown<'_> {
    let Health { failures, failing_since, next_try, disabled } = webhook.health;
    let [failing_since, next_try, disabled] = [failing_since, next_try, disabled].map(|at| at.map(|at| at.0));
    Shown { uri: &webhook.uri, created: webhook.created.0, failures, failing_since, next_try, disabled }
}

fn tried(attempt: &Attempt) -> Tried<'_> {
    Tried {
        at: attempt.at.0,
        took: u64::try_from(attempt.took.as_millis()).unwrap_or(u64::MAX),
        users: attempt.accounts,
        status: attempt.status,
        failure: attempt.failure.as_deref(),
    }
}

fn state(health: &Health, now: Timestamp) -> String {
    let ago = |since| span(now.since(since));
    match health {
        Health { disabled: Some(_), failures: 0, .. } => "disabled, and never asked: see `enable`".to_owned(),
        Health { disabled: Some(since), .. } => format!("disabled {} ago", ago(*since)),
        Health { failing_since: Some(since), next_try, failures, .. } => {
            let next = next_try.map_or_else(|| "now".to_owned(), |at| format!("in {}", span(at.since(now))));
            format!("failing for {} ({failures} times), tried again {next}", ago(*since))
        }
        Health { .. } => "working".to_owned(),
    }
}

/// In the largest unit that it has at least one of.
fn span(span: Duration) -> String {
    let seconds = span.as_secs();
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min", seconds / 60),
        3_600..86_400 => format!("{} h", seconds / 3_600),
        _ => format!("{} d", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_deliveries_go_is_told_in_words() {
        let (now, at) =
            (Timestamp(100_000_000), |seconds: i64| Some(Timestamp(100_000_000 + seconds * 1_000)));
        let well = Health::default();
        let failing = Health { failures: 3, failing_since: at(-7_300), next_try: at(80), disabled: None };
        for (health, told) in [
            (well, "working"),
            (failing, "failing for 2 h (3 times), tried again in 1 min"),
            (Health { next_try: None, ..failing }, "failing for 2 h (3 times), tried again now"),
            (Health { disabled: at(-59), ..failing }, "disabled 59 s ago"),
            (Health { disabled: at(-90_000), ..well }, "disabled, and never asked: see `enable`"),
        ] {
            assert_eq!(state(&health, now), told);
        }
        assert_eq!(span(Duration::from_secs(200_000)), "2 d");
    }
}
