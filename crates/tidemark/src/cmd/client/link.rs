//! `tidemark link`.

use super::session::{Trust, client, server_of, transport};
use super::{Printing, interruptible};
use crate::cmd::secret_from_stdin;
use crate::exit::Failure;
use crate::output::{complain, say, say_json};
use crate::profile::{Kept, Place, Profile, ProfileName, Profiles, token_of};
use crate::words;
use anyhow::{Context, anyhow};
use clap::Args;
use serde::Serialize;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;
use tidemark_client::{
    AccessToken, Account, Authorization, HttpTransport, Loopback, LoopbackError, OWN_APP, RefusalKind,
    Server, SystemEntropy,
};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};

/// How long a person may take in the browser.
const PATIENCE: Duration = Duration::from_secs(15 * 60);
/// More than any code has, in bytes.
const CODE_MAX: u64 = 4096;

#[derive(Args)]
#[command(after_help = "\
Examples:
  tidemark link https://cloud.example.org                 opens a browser, where you allow it
  tidemark link http://127.0.0.1:8765 --no-browser        prints the page to open anywhere, and takes the code it shows
  tidemark token create --app KEY --user EMAIL | tidemark link URL --token-stdin     for servers and CI
The token is kept in the desktop's keyring if there is one, otherwise in a file that only you can read. Scripts need no link:
they set TIDEMARK_SERVER and TIDEMARK_TOKEN.")]
pub(crate) struct Flags {
    /// The server's address
    url: String,
    /// What to call the link [default: after the server]
    #[arg(long, value_name = "NAME")]
    profile: Option<ProfileName>,
    /// Open no browser: copy the code from the page by hand
    #[arg(long, conflicts_with_all = ["token_stdin", "token_command"])]
    no_browser: bool,
    /// Take an access token from standard input, and ask nobody
    #[arg(long, conflicts_with = "token_command")]
    token_stdin: bool,
    /// Run this command, words parted by spaces, whenever a token is needed, and keep none
    #[arg(long, value_name = "COMMAND", conflicts_with = "keep_token_in")]
    token_command: Option<String>,
    /// Where the token is kept
    #[arg(long, value_name = "PLACE", default_value = "auto")]
    keep_token_in: Place,
    /// Link as this app, which must be registered with the server [default: as the server's own client]
    #[arg(long, value_name = "KEY", default_value = OWN_APP, hide_default_value = true)]
    app_key: String,
    #[command(flatten)]
    trust: Trust,
    #[command(flatten)]
    printing: Printing,
}

/// A new link: documented in docs/CLIENT.md, and kept.
#[derive(Serialize)]
struct Linked<'a> {
    profile: &'a str,
    server: &'a str,
    uid: u64,
    email: &'a str,
    name: &'a str,
    token_in: &'a str,
}

pub(super) fn run(flags: Flags) -> Result<(), Failure> {
    // Before signals are listened to: a terminal that hides what is typed must not be left so.
    let given = match flags.token_stdin {
        true => Some(token_of(&secret_from_stdin("Token")?)?),
        false => None,
    };
    let is_given = given.is_some();
    interruptible(None, link(flags, given)).map_err(|failure| {
        failure.of_token(|| match is_given {
            true => {
                "the server does not take this token: `tidemark token create`, on the server's machine, makes one".to_owned()
            }
            false => "the server does not take the token that the command gave".to_owned(),
        })
    })
}

async fn link(flags: Flags, given: Option<AccessToken>) -> Result<(), Failure> {
    let server = server_of(&flags.url)?;
    let ca_file = flags.trust.ca_file.as_deref().map(absolute).transpose()?;
    let transport = transport(ca_file.as_deref())?;
    if !server.is_encrypted() && !is_here(&server) {
        complain(&format!(
            "take care: on the way to {server} everybody can read the token and the files; use https"
        ));
    }
    let command = flags.token_command.as_deref().map(words_of).transpose()?;
    let is_own = given.is_none() && command.is_none();
    let token = match (given, &command) {
        (Some(token), _) => token,
        // Under any name: it is asked for its token, and not for what the profile is called.
        (None, Some(command)) => command.token(&ProfileName::for_server(server.as_str())).await?,
        (None, None) => {
            is_there(&server, &transport).await?;
            allowed(&flags, &server, &transport).await?
        }
    };
    let asking = client(&server, token.clone(), &transport);
    let kept = async {
        let account = asking.account().await?;
        let link = New { server: &server, ca_file, account: &account, is_own };
        let (name, replaced) = keep(&flags, link, &token, command).await?;
        Ok((account, name, replaced))
    };
    match kept.await {
        Ok((account, name, replaced)) => {
            // The link that this one takes the place of had a token of its own.
            if let Some(old) = replaced.filter(|old| old.reveal() != token.reveal()) {
                let _ = client(&server, old, &transport).disable_access_token().await;
            }
            greet(&flags, &server, &account, &name)
        }
        Err(failure) => {
            // Nobody knows it any more: it had better open nothing.
            if is_own {
                let _ = asking.disable_access_token().await;
            }
            Err(failure)
        }
    }
}

/// Nobody is sent to a page that is not there.
async fn is_there(server: &Server, transport: &HttpTransport) -> Result<(), Failure> {
    let error = match tidemark_client::probe(server, transport).await {
        Ok(()) => return Ok(()),
        Err(error) => error,
    };
    let nothing = || format!("there is no Tidemark at {server}");
    match Failure::from(error) {
        // It may be there, and not serve at present; whatever else answers is another server.
        failure @ Failure::Unreachable(_) => Err(failure.during(nothing())),
        Failure::Unknown(error) | Failure::Refused(error) | Failure::Broken(error) => {
            Err(Failure::Unreachable(error.context(nothing())))
        }
        failure => Err(failure.during(nothing())),
    }
}

/// Asks the person for a token of our own.
async fn allowed(flags: &Flags, server: &Server, transport: &HttpTransport) -> Result<AccessToken, Failure> {
    let browser = if flags.no_browser { None } else { browser() };
    let (authorization, code) = match browser {
        Some(browser) => by_browser(flags, server, &browser).await?,
        None => by_hand(flags, server).await?,
    };
    let authorized = authorization.finish(&code, transport).await;
    let authorized = authorized.map_err(|error| match error.kind() {
        Some(RefusalKind::BadRequest) => Failure::Refused(anyhow!(
            "the server does not take this code: run the same command again, and copy the new one whole"
        )),
        _ => error.into(),
    })?;
    Ok(authorized.token)
}

async fn by_browser(
    flags: &Flags,
    server: &Server,
    browser: &str,
) -> Result<(Authorization, String), Failure> {
    let door = Loopback::open().await.context("this machine's own door cannot be opened")?;
    let authorization =
        Authorization::new(server.clone(), &flags.app_key, Some(door.redirect_uri()), &SystemEntropy);
    let url = authorization.url();
    let mut command = tokio::process::Command::new(browser);
    command.arg(&url).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let opened = command.spawn();
    match &opened {
        Ok(_) => complain(&format!("allow it in the browser; if none opens, go to\n  {url}")),
        Err(_) => complain(&format!("no browser opens: on this machine, go to\n  {url}")),
    }
    match door.code(&authorization, PATIENCE).await {
        Ok(code) => Ok((authorization, code)),
        Err(error @ (LoopbackError::TimedOut | LoopbackError::Denied(_))) => {
            Err(Failure::Refused(error.into()))
        }
        Err(error @ LoopbackError::Io(_)) => Err(Failure::Broken(error.into())),
    }
}

async fn by_hand(flags: &Flags, server: &Server) -> Result<(Authorization, String), Failure> {
    let authorization = Authorization::new(server.clone(), &flags.app_key, None, &SystemEntropy);
    complain(&format!("go to this page, allow it, and copy the code here:\n  {}", authorization.url()));
    let mut code = String::new();
    let mut input = BufReader::new(tokio::io::stdin().take(CODE_MAX));
    input.read_line(&mut code).await.context("cannot read the code")?;
    match code.trim() {
        "" => Err(Failure::Refused(anyhow!("there was no code"))),
        code => Ok((authorization, code.to_owned())),
    }
}

/// What opens a page for the person who sits here, if anybody does.
fn browser() -> Option<String> {
    let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    if let Some(chosen) = std::env::var_os("BROWSER").filter(|chosen| !chosen.is_empty()) {
        return chosen.into_string().ok();
    }
    if cfg!(target_os = "macos") {
        return Some("open".to_owned());
    }
    (is_set("DISPLAY") || is_set("WAYLAND_DISPLAY")).then(|| "xdg-open".to_owned())
}

/// A link that is about to be.
struct New<'a> {
    server: &'a Server,
    ca_file: Option<PathBuf>,
    account: &'a Account,
    is_own: bool,
}

/// Keeps the token; tells under which name, and the token that was made for the link that it takes the place of.
async fn keep(
    flags: &Flags,
    link: New<'_>,
    token: &AccessToken,
    command: Option<Kept>,
) -> Result<(ProfileName, Option<AccessToken>), Failure> {
    let New { server, ca_file, account, is_own } = link;
    let profiles = Profiles::open()?;
    let is_same = |profile: &Profile| profile.server == server.as_str() && profile.uid == account.uid;
    let (name, before) = match &flags.profile {
        Some(name) => match profiles.get(name)? {
            Some(other) if !is_same(&other) => {
                return Err(Failure::Conflict(anyhow!(
                    "the profile '{name}' is linked to {} on {}: end that link (`tidemark unlink --profile {name}`), \
                     or choose another name",
                    words::shown(&other.email),
                    other.server
                )));
            }
            before => (name.clone(), before),
        },
        None => {
            let plain = ProfileName::for_server(server.as_str());
            let mut number = 1;
            loop {
                let name = plain.numbered(number);
                match profiles.get(&name)? {
                    Some(other) if !is_same(&other) => number += 1,
                    before => break (name, before),
                }
            }
        }
    };
    // Before the keyring has the new one in its place.
    let replaced = match &before {
        Some(before) if before.is_own => before.token.token(&name).await.ok(),
        _ => None,
    };
    let token = match command {
        Some(command) => command,
        None => Kept::keep(flags.keep_token_in, &name, token).await?,
    };
    let profile = Profile {
        server: server.as_str().to_owned(),
        ca_file,
        server_id: account.server_id.as_ref().map(|id| id.as_str().to_owned()),
        uid: account.uid,
        email: account.email.clone(),
        is_own,
        token,
    };
    profiles.put(&name, &profile)?;
    Ok((name, replaced))
}

fn greet(flags: &Flags, server: &Server, account: &Account, name: &ProfileName) -> Result<(), Failure> {
    let profiles = Profiles::open()?;
    let token_in = profiles.get(name)?.map_or("nowhere", |profile| profile.token.place());
    if flags.printing.json {
        return say_json(&Linked {
            profile: &name.to_string(),
            server: server.as_str(),
            uid: account.uid,
            email: &account.email,
            name: &account.display_name,
            token_in,
        });
    }
    say(&format!(
        "Hello, {}. This machine is linked to {} on {server}.",
        words::shown(&account.display_name),
        words::shown(&account.email)
    ))?;
    let place = match token_in {
        "keyring" => "in the desktop's keyring".to_owned(),
        "command" => "where your command gets it from".to_owned(),
        _ => format!("in {}", profiles.file(name).display()),
    };
    say(&format!("The link is the profile '{name}'; its token is {place}. To begin: tidemark ls"))
}

/// The words of a command.
fn words_of(text: &str) -> Result<Kept, Failure> {
    let words: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
    match words.is_empty() {
        true => Err(Failure::Misunderstood(anyhow!("--token-command names no command"))),
        false => Ok(Kept::Command(words)),
    }
}

/// Whether it is this very machine.
fn is_here(server: &Server) -> bool {
    let host = server.as_str().split_once("://").map_or("", |(_, rest)| rest);
    let host = host.split('/').next().unwrap_or_default();
    let host = host.strip_prefix('[').map_or_else(
        || host.split(':').next().unwrap_or_default(),
        |rest| rest.split(']').next().unwrap_or_default(),
    );
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

fn absolute(path: &std::path::Path) -> Result<PathBuf, Failure> {
    let what = || format!("there is no {}", path.display());
    std::path::absolute(path).with_context(what).map_err(Failure::Misunderstood)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_needs_no_encryption() {
        for (url, here) in [
            ("http://localhost:8765", true),
            ("http://127.0.0.1", true),
            ("http://[::1]:80/x", true),
            ("http://127.0.0.1.example.org", false),
            ("http://192.168.0.1:8765", false),
        ] {
            assert_eq!(is_here(&Server::new(url).unwrap()), here, "{url}");
        }
    }
}
