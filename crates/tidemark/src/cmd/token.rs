//! `tidemark token`: access tokens without a browser.

use super::people;
use super::secret_from_stdin;
use super::user::Listing;
use crate::config::CommonFlags;
use crate::exit::Failure;
use crate::output::{day, json, line, table};
use anyhow::anyhow;
use clap::{Args, Subcommand};
use serde::Serialize;
use tidemark_core::model::{App, Grant, GrantId, Proof, Timestamp};

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
}

impl Shown {
    pub(super) fn of((grant, app): (Grant, App)) -> Shown {
        let kind = match grant.proof {
            Proof::Bearer => "bearer",
            Proof::OAuth1 => "oauth1",
        };
        Shown { number: grant.id.0, kind, app_key: app.key.0, app_name: app.name, created: grant.created.0 }
    }
}

/// Prints them for people.
pub(super) fn print(tokens: &[Shown]) {
    let row = |token: &Shown| {
        let Shown { number, kind, app_key, app_name, created } = token;
        let day = day(Timestamp(*created));
        [number.to_string(), day, (*kind).to_owned(), app_key.clone(), app_name.clone()]
    };
    table(["NUMBER", "CREATED", "KIND", "APP KEY", "APP"], &tokens.iter().map(row).collect::<Vec<_>>());
}

pub(crate) async fn run(common: &CommonFlags, command: Command) -> Result<(), Failure> {
    match command {
        Command::Create { app, user } => create(common, &app, &user).await,
        Command::List { user, listing } => list(common, &user, &listing).await,
        Command::Revoke(which) => revoke(common, &which).await,
    }
}

async fn create(common: &CommonFlags, app: &str, user: &str) -> Result<(), Failure> {
    let people = people(common)?;
    let (app, account) = (people.app(app).await?, people.account(user).await?);
    let (token, _) = people.issue_token(&account, &app).await?;
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
