//! `tidemark app`: programs that may ask people for permission.

use super::user::Listing;
use super::webhook::{self, Address};
use super::{people, registry_of_new_folder};
use crate::config::CommonFlags;
use crate::exit::Failure;
use crate::output::{json, line, table};
use clap::{Args, Subcommand, ValueEnum};
use serde::Serialize;
use tidemark_core::model::{self, App};
use tidemark_core::people::NewApp;

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Register an app; prints its key and secret as JSON
    Add(Add),
    /// List the apps
    List(Listing),
    /// Show one app, without its secret
    Show {
        /// The app's key
        #[arg(value_name = "APP_KEY")]
        key: String,
        /// Show its secret, too
        #[arg(long)]
        secret: bool,
        #[command(flatten)]
        listing: Listing,
    },
    /// Shut an app out: none of its tokens work any more, and nobody can allow it
    #[command(visible_alias = "disable")]
    Remove {
        /// The app's key
        #[arg(value_name = "APP_KEY")]
        key: String,
    },
    /// Let an app in again, with the tokens it had
    Enable {
        /// The app's key
        #[arg(value_name = "APP_KEY")]
        key: String,
    },
    /// See to the addresses where an app may send browsers back to
    #[command(subcommand)]
    Redirect(Redirect),
    /// See to the addresses where an app is told of changes
    #[command(subcommand)]
    Webhook(webhook::Command),
}

#[derive(Subcommand)]
pub(crate) enum Redirect {
    /// Add an address: https, or http to localhost
    Add(Address),
    /// Remove an address, unless it is the last
    Remove(Address),
}

#[derive(Args)]
pub(crate) struct Add {
    /// What people see when they are asked to allow it; also the name of its folder
    name: String,
    /// How far it reaches
    #[arg(long)]
    access: Access,
    /// Where it may send browsers back to: https, or http to localhost (can be repeated)
    #[arg(long = "redirect-uri", value_name = "URI")]
    redirect_uris: Vec<String>,
    /// Where it wants to be told of changes (can be repeated); each address is asked at once, and must answer GET with
    /// the parameter `challenge` as its whole body
    #[arg(long = "webhook-uri", value_name = "URI")]
    webhook_uris: Vec<String>,
    /// There may be another app of this name, though people cannot tell them apart
    #[arg(long)]
    allow_same_name: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Access {
    /// All files of whoever allows it
    Full,
    /// A folder of its own
    AppFolder,
}

/// What `app add` prints: scripts rely on it.
#[derive(Serialize)]
struct Registered<'a> {
    app_key: &'a str,
    app_secret: &'a str,
}

#[derive(Serialize)]
struct Shown<'a> {
    app_key: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    app_secret: Option<&'a str>,
    name: &'a str,
    access: &'static str,
    redirect_uris: &'a [String],
    webhook_uris: &'a [String],
    disabled: bool,
    /// Milliseconds since 1970.
    created: i64,
}

pub(crate) async fn run(common: &CommonFlags, command: Command) -> Result<(), Failure> {
    match command {
        Command::Add(flags) => add(common, flags).await?,
        Command::List(listing) => list(common, &listing).await?,
        Command::Show { key, secret, listing } => show(common, &key, secret, &listing).await?,
        Command::Remove { key } => {
            let app = people(common)?.set_app_disabled(&key, true).await?;
            line(&format!("{} is shut out.", app.name));
        }
        Command::Enable { key } => {
            let app = people(common)?.set_app_disabled(&key, false).await?;
            line(&format!("{} is let in again.", app.name));
        }
        Command::Redirect(Redirect::Add(Address { key, uri })) => {
            let app = people(common)?.add_redirect_uri(&key, &uri).await?;
            line(&format!("{} may send browsers back to {uri}.", app.name));
        }
        Command::Redirect(Redirect::Remove(Address { key, uri })) => {
            let app = people(common)?.remove_redirect_uri(&key, &uri).await?;
            line(&format!("{} may not send browsers back to {uri} any more.", app.name));
        }
        Command::Webhook(command) => webhook::run(common, command).await?,
    }
    Ok(())
}

async fn add(common: &CommonFlags, flags: Add) -> Result<(), Failure> {
    let app = NewApp {
        name: flags.name,
        access: match flags.access {
            Access::Full => model::Access::Full,
            Access::AppFolder => model::Access::AppFolder,
        },
        redirect_uris: flags.redirect_uris,
        same_name: flags.allow_same_name,
        owner: None,
        webhook_uris: flags.webhook_uris,
    };
    let app = registry_of_new_folder(common)?.register_app(app).await?;
    json(&Registered { app_key: &app.key.0, app_secret: &app.secret });
    Ok(())
}

async fn list(common: &CommonFlags, listing: &Listing) -> Result<(), Failure> {
    let apps = people(common)?.apps().await?;
    if listing.json {
        json(&apps.iter().map(|app| shown(app, false)).collect::<Vec<_>>());
    } else {
        let row =
            |app: &App| [app.key.0.clone(), app.name.clone(), access(app).to_owned(), mark(app).to_owned()];
        table(["APP KEY", "NAME", "ACCESS", ""], &apps.iter().map(row).collect::<Vec<_>>());
    }
    Ok(())
}

async fn show(common: &CommonFlags, key: &str, secret: bool, listing: &Listing) -> Result<(), Failure> {
    let app = people(common)?.app(key).await?;
    if listing.json {
        json(&shown(&app, secret));
        return Ok(());
    }
    let mut rows = vec![
        ["name".to_owned(), app.name.clone()],
        ["key".to_owned(), app.key.0.clone()],
        ["access".to_owned(), format!("{} {}", access(&app), mark(&app)).trim_end().to_owned()],
    ];
    rows.extend(secret.then(|| ["secret".to_owned(), app.secret.clone()]));
    rows.extend(app.redirect_uris.iter().map(|uri| ["redirect".to_owned(), uri.clone()]));
    rows.extend(app.webhook_uris.iter().map(|uri| ["webhook".to_owned(), uri.clone()]));
    for [what, value] in rows {
        line(&format!("{what:9} {value}"));
    }
    Ok(())
}

fn shown(app: &App, secret: bool) -> Shown<'_> {
    Shown {
        app_key: &app.key.0,
        app_secret: secret.then_some(&app.secret),
        name: &app.name,
        access: access(app),
        redirect_uris: &app.redirect_uris,
        webhook_uris: &app.webhook_uris,
        disabled: app.disabled,
        created: app.created.0,
    }
}

fn access(app: &App) -> &'static str {
    match app.access {
        model::Access::Full => "full",
        model::Access::AppFolder => "app-folder",
    }
}

fn mark(app: &App) -> &'static str {
    if app.disabled { "disabled" } else { "" }
}
