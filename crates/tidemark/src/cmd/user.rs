//! `tidemark user`: accounts.

use super::{people, people_of_new_folder, secret_from_stdin, token};
use crate::config::{CommonFlags, Size, SizeError};
use crate::exit::Failure;
use crate::output::{json, line, table};
use clap::{Args, Subcommand};
use serde::Serialize;
use tidemark_core::model::Account;
use tidemark_core::people::NewPerson;

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Add an account, with the password from standard input
    Add(Add),
    /// List the accounts
    List(Listing),
    /// Show one account and what is linked to it
    Show {
        /// The account's e-mail
        email: String,
        #[command(flatten)]
        listing: Listing,
    },
    /// Shut an account out: signed out, and its tokens do not work; its files stay
    Disable {
        /// The account's e-mail
        email: String,
    },
    /// Let an account in again
    Enable {
        /// The account's e-mail
        email: String,
    },
    /// Give an account a new password, from standard input, and sign it out everywhere
    #[command(visible_alias = "reset-password")]
    Passwd {
        /// The account's e-mail
        email: String,
        #[command(flatten)]
        password: PasswordFlag,
    },
    /// Change what an account signs in with, and is named by in these commands
    Email {
        /// The account's e-mail
        email: String,
        /// The new one
        #[arg(value_name = "NEW-EMAIL")]
        new: String,
    },
    /// Change how much an account may keep
    Quota {
        /// The account's e-mail
        email: String,
        /// Such as 10GB, 512MiB, or `none` for no limit
        #[arg(value_name = "SIZE", value_parser = quota)]
        quota: Quota,
    },
}

#[derive(Args)]
pub(crate) struct Add {
    /// What the person signs in with
    email: String,
    #[command(flatten)]
    password: PasswordFlag,
    /// What the person is called [default: the e-mail's first part]
    #[arg(long)]
    name: Option<String>,
    /// How much the account may keep, such as 10GB or 512MiB [default: no limit]
    #[arg(long, value_name = "SIZE", value_parser = quota)]
    quota: Option<Quota>,
    /// The person may administer the server
    #[arg(long)]
    admin: bool,
    #[command(flatten)]
    listing: Listing,
}

/// Passwords are never taken from the command line, which every process can read.
#[derive(Args)]
pub(crate) struct PasswordFlag {
    /// Read the password from standard input (one line)
    #[arg(long = "password-stdin", required = true)]
    _stdin: bool,
}

#[derive(Args)]
pub(crate) struct Listing {
    /// Print JSON, for programs
    #[arg(long)]
    pub(crate) json: bool,
}

/// How much an account may keep; nothing for no limit.
#[derive(Clone, Copy)]
pub(crate) struct Quota(Option<u64>);

fn quota(text: &str) -> Result<Quota, SizeError> {
    if text.eq_ignore_ascii_case("none") { Ok(Quota(None)) } else { Ok(Quota(Some(text.parse::<Size>()?.0))) }
}

/// An account as JSON. The names are the old API's, where it has them.
#[derive(Serialize)]
struct Shown<'a> {
    uid: u64,
    email: &'a str,
    name: &'a str,
    admin: bool,
    disabled: bool,
    quota: Option<u64>,
    namespace: String,
    /// Milliseconds since 1970.
    created: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    linked_apps: Option<&'a [token::Shown]>,
}

pub(crate) async fn run(common: &CommonFlags, command: Command) -> Result<(), Failure> {
    match command {
        Command::Add(flags) => add(common, flags).await?,
        Command::List(listing) => list(common, &listing).await?,
        Command::Show { email, listing } => show(common, &email, &listing).await?,
        Command::Disable { email } => {
            let account = people(common)?.set_disabled(&email, true).await?;
            line(&format!("{} is shut out.", account.email));
        }
        Command::Enable { email } => {
            let account = people(common)?.set_disabled(&email, false).await?;
            line(&format!("{} is let in again.", account.email));
        }
        Command::Passwd { email, .. } => {
            let people = people(common)?;
            let account = people.set_password(&email, &secret_from_stdin("New password")?).await?;
            line(&format!("{} has a new password, and is signed out everywhere.", account.email));
        }
        Command::Email { email, new } => {
            let account = people(common)?.set_email(&email, &new).await?;
            line(&format!("Account {} signs in as {} from now on.", account.id.0, account.email));
        }
        Command::Quota { email, quota: Quota(quota) } => {
            let account = people(common)?.set_quota(&email, quota).await?;
            let room =
                account.quota.map_or("as much as there is room for".to_owned(), |_| quota_text(&account));
            line(&format!("{} may keep {room}.", account.email));
        }
    }
    Ok(())
}

async fn add(common: &CommonFlags, flags: Add) -> Result<(), Failure> {
    let person = NewPerson {
        email: flags.email,
        name: flags.name,
        password: secret_from_stdin("Password")?,
        quota: flags.quota.and_then(|quota| quota.0),
        admin: flags.admin,
    };
    let account = people_of_new_folder(common)?.add_account(person).await?;
    if flags.listing.json {
        json(&shown(&account, None));
    } else {
        line(&format!("Added {} as account {}.", account.email, account.id.0));
    }
    Ok(())
}

async fn list(common: &CommonFlags, listing: &Listing) -> Result<(), Failure> {
    let accounts = people(common)?.accounts().await?;
    if listing.json {
        json(&accounts.iter().map(|account| shown(account, None)).collect::<Vec<_>>());
    } else {
        let row = |account: &Account| {
            [
                account.id.0.to_string(),
                account.email.clone(),
                account.name.clone(),
                quota_text(account),
                marks(account),
            ]
        };
        table(["UID", "E-MAIL", "NAME", "QUOTA", ""], &accounts.iter().map(row).collect::<Vec<_>>());
    }
    Ok(())
}

async fn show(common: &CommonFlags, email: &str, listing: &Listing) -> Result<(), Failure> {
    let people = people(common)?;
    let account = people.account(email).await?;
    let grants = people.grants(account.id).await?;
    let linked: Vec<token::Shown> = grants.into_iter().map(token::Shown::of).collect();
    if listing.json {
        json(&shown(&account, Some(&linked)));
        return Ok(());
    }
    line(&format!("{} <{}>", account.name, account.email));
    let marks = Some(marks(&account)).filter(|marks| !marks.is_empty());
    let marks = marks.map_or(String::new(), |marks| format!(" ({marks})"));
    line(&format!("Account {}{marks}, quota: {}", account.id.0, quota_text(&account)));
    if linked.is_empty() {
        line("No app is linked.");
    } else {
        token::print(&linked);
    }
    Ok(())
}

fn shown<'a>(account: &'a Account, linked_apps: Option<&'a [token::Shown]>) -> Shown<'a> {
    Shown {
        uid: account.id.0,
        email: &account.email,
        name: &account.name,
        admin: account.admin,
        disabled: account.disabled,
        quota: account.quota,
        namespace: format!("{:08x}", account.namespace.0),
        created: account.created.0,
        linked_apps,
    }
}

fn quota_text(account: &Account) -> String {
    account.quota.map_or("no limit".to_owned(), |quota| Size(quota).to_string())
}

fn marks(account: &Account) -> String {
    let marks = [(account.admin, "administrator"), (account.disabled, "disabled")];
    marks.into_iter().filter_map(|(is, mark)| is.then_some(mark)).collect::<Vec<_>>().join(", ")
}
