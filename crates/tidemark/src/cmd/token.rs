//! `tidemark token`: access tokens without a browser.

use super::people;
use super::secret_from_stdin;
use super::user::Listing;
use crate::config::CommonFlags;
use crate::exit::Failure;
use crate::output::{day, json, line, minute, table};
use crate::words::span;
use anyhow::anyhow;
use clap::{Args, Subcommand};
use serde::Serialize;
use std::time::Duration;
use tidemark_core::model::{App, Grant, GrantId, Proof, Timestamp};

/// In seconds.
const DAY: u64 = 24 * 60 * 60;
/// The longest life that can be asked for; what shall last longer has none.
const LIFE_MAX: u64 = 3_650 * DAY;

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Give an app a person's permission; prints the access token alone
    Create {
        /// The app's key
        #[arg(long, value_name = "APP_KEY")]
        app: String,
        /// The person's e-mail
        #[arg(long, value_name = "EMAIL")]
        user: String,
        /// How long the token is good for: 90s, 30m, 1h, 7d; without this, until it is revoked
        #[arg(long, value_name = "DURATION", value_parser = life)]
        expires: Option<Duration>,
    },
    /// List a person's tokens: their numbers, not they themselves, which nobody can tell any more
    List {
        /// The person's e-mail
        #[arg(long, value_name = "EMAIL")]
        user: String,
        #[command(flatten)]
        listing: Listing,
    },
    /// End a token at once
    Revoke(Revoke),
}

#[derive(Args)]
#[group(required = true, multiple = false)]
pub(crate) struct Revoke {
    /// The token's number, as `token list` shows it
    #[arg(value_name = "NUMBER")]
    number: Option<u64>,
    /// Read the token itself from standard input
    #[arg(long)]
    token_stdin: bool,
}

/// A token as JSON.
#[derive(Serialize)]
pub(super) struct Shown {
    number: u64,
    /// `bearer` or `oauth1`.
    kind: &'static str,
    app_key: String,
    app_name: String,
    /// Milliseconds since 1970.
    created: i64,
    /// The same; nothing if it is good until it is revoked.
    expires: Option<i64>,
    /// Whether its app gets the next one with a refresh token.
    renewed: bool,
}

impl Shown {
    pub(super) fn of((grant, app): (Grant, App)) -> Shown {
        let kind = match grant.proof {
            Proof::Bearer => "bearer",
            Proof::OAuth1 => "oauth1",
        };
        Shown {
            number: grant.id.0,
            kind,
            app_key: app.key.0,
            app_name: app.name,
            created: grant.created.0,
            expires: grant.expires.map(|expires| expires.0),
            renewed: grant.family.is_some(),
        }
    }
}

/// Prints them for people.
pub(super) fn print(tokens: &[Shown]) {
    let row = |token: &Shown| {
        let Shown { number, kind, app_key, app_name, created, expires, renewed } = token;
        let day = day(Timestamp(*created));
        let until = match expires {
            _ if *renewed => "renewed".to_owned(),
            Some(expires) => minute(Timestamp(*expires)),
            None => "never".to_owned(),
        };
        [number.to_string(), day, until, (*kind).to_owned(), app_key.clone(), app_name.clone()]
    };
    let head = ["NUMBER", "CREATED", "EXPIRES", "KIND", "APP KEY", "APP"];
    table(head, &tokens.iter().map(row).collect::<Vec<_>>());
}

pub(crate) async fn run(common: &CommonFlags, command: Command) -> Result<(), Failure> {
    match command {
        Command::Create { app, user, expires } => create(common, &app, &user, expires).await,
        Command::List { user, listing } => list(common, &user, &listing).await,
        Command::Revoke(which) => revoke(common, &which).await,
    }
}

/// How long something is good for.
fn life(text: &str) -> Result<Duration, String> {
    span(text, LIFE_MAX).ok_or_else(|| "such as 90s, 30m, 1h or 7d, and 10 years at most".to_owned())
}

async fn create(
    common: &CommonFlags,
    app: &str,
    user: &str,
    expires: Option<Duration>,
) -> Result<(), Failure> {
    let people = people(common)?;
    let (app, account) = (people.app(app).await?, people.account(user).await?);
    let (token, _) = match expires {
        Some(life) => people.issue_token_for(&account, &app, life).await?,
        None => people.issue_token(&account, &app).await?,
    };
    line(token.reveal());
    Ok(())
}

async fn list(common: &CommonFlags, user: &str, listing: &Listing) -> Result<(), Failure> {
    let people = people(common)?;
    let account = people.account(user).await?;
    let grants = people.grants(account.id).await?;
    let shown: Vec<Shown> = grants.into_iter().map(Shown::of).collect();
    if listing.json {
        json(&shown);
    } else {
        print(&shown);
    }
    Ok(())
}

async fn revoke(common: &CommonFlags, which: &Revoke) -> Result<(), Failure> {
    let people = people(common)?;
    let revoked = match which.number {
        Some(number) => people.revoke(GrantId(number)).await?,
        None => people.revoke_token(&secret_from_stdin("Token")?).await?,
    };
    if revoked {
        line("The token is revoked.");
        Ok(())
    } else {
        Err(Failure::Unknown(anyhow!("there is no such token")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_life_is_a_number_with_a_unit() {
        for (text, seconds) in
            [("90s", 90), ("30m", 1_800), ("1h", 3_600), ("7d", 7 * DAY), ("3650d", LIFE_MAX)]
        {
            assert_eq!(life(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        for wrong in [
            "",
            "1",
            "h",
            "0s",
            "-1h",
            "+1h",
            "1.5h",
            "1 h",
            "1w",
            "3651d",
            "99999999999999999999d",
            "1\u{e9}",
        ] {
            assert!(life(wrong).is_err(), "{wrong}");
        }
    }
}
