//! `tidemark account`.

use super::{Printing, Whose};
use crate::exit::Failure;
use crate::output::{say, say_json};
use crate::profile::{ProfileName, Profiles};
use crate::words;
use clap::Args;
use serde::Serialize;

#[derive(Args)]
#[command(after_help = "\
Examples:
  tidemark account           asks the server
  tidemark account --all     which accounts this machine is linked to, without asking anybody")]
pub(crate) struct Flags {
    /// List all links of this machine
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    printing: Printing,
    #[command(flatten)]
    pub(super) whose: Whose,
}

/// An account: documented in docs/CLIENT.md, and kept.
#[derive(Serialize)]
struct Told<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    profile: Option<&'a str>,
    server: &'a str,
    uid: u64,
    email: &'a str,
    name: &'a str,
    used: u64,
    /// `null` if there is no limit.
    quota: Option<u64>,
}

/// A link of this machine: documented in docs/CLIENT.md, and kept.
#[derive(Serialize)]
struct Linked<'a> {
    profile: &'a str,
    server: &'a str,
    uid: u64,
    email: &'a str,
    token_in: &'a str,
    default: bool,
}

pub(super) async fn run(flags: Flags) -> Result<(), Failure> {
    if flags.all {
        return all(&flags);
    }
    let session = flags.whose.session().await?;
    let account = session.client.account().await?;
    let profile = session.profile.as_ref().map(|(name, _)| name.to_string());
    let (used, quota) = (account.quota.used, account.quota.limit);
    let server = session.client.server().as_str();
    if flags.printing.json {
        return say_json(&Told {
            profile: profile.as_deref(),
            server,
            uid: account.uid,
            email: &account.email,
            name: &account.display_name,
            used,
            quota,
        });
    }
    say(&format!("{} <{}>", words::shown(&account.display_name), words::shown(&account.email)))?;
    say(&format!("on {server}{}", profile.map_or_else(String::new, |name| format!(" (profile {name})"))))?;
    let of =
        quota.map_or_else(|| ", without a limit".to_owned(), |quota| format!(" of {}", words::size(quota)));
    say(&format!("{} used{of}", words::size(used)))
}

fn all(flags: &Flags) -> Result<(), Failure> {
    let profiles = Profiles::open()?;
    let default: Option<ProfileName> = profiles.default().ok();
    let mut rows = Vec::new();
    for name in profiles.names()? {
        let Some(profile) = profiles.get(&name)? else { continue };
        let is_default = default.as_ref() == Some(&name);
        if flags.printing.json {
            say_json(&Linked {
                profile: &name.to_string(),
                server: &profile.server,
                uid: profile.uid,
                email: &profile.email,
                token_in: profile.token.place(),
                default: is_default,
            })?;
            continue;
        }
        let mark = if is_default { "*" } else { " " };
        rows.push([format!("{mark} {name}"), words::shown(&profile.email).into_owned(), profile.server]);
    }
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default();
    let (names, emails) = (width(0), width(1));
    rows.iter()
        .try_for_each(|[name, email, server]| say(&format!("{name:names$}  {email:emails$}  {server}")))
}
