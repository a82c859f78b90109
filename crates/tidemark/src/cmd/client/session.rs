//! Who asks which server.

use crate::exit::{Failure, TokenRefused};
use crate::profile::{Profile, ProfileName, Profiles, token_of, variable};
use crate::words;
use anyhow::{Context, anyhow};
use clap::Args;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tidemark_client::{AccessToken, Client, HttpOptions, HttpTransport, RetryPolicy, Server, SystemEntropy};

/// A secret, so it has no flag.
pub(crate) const TOKEN_VARIABLE: &str = "TIDEMARK_TOKEN";

/// Whose files, and where.
#[derive(Args, Clone)]
pub(crate) struct Whose {
    /// The link to use, by its name [default: the last one made]
    #[arg(long, help_heading = HEADING, value_name = "NAME")]
    pub(super) profile: Option<ProfileName>,
    /// The server's address: picks the link to it; or, with a token in TIDEMARK_TOKEN, needs none
    #[arg(long, help_heading = HEADING, value_name = "URL", env = "TIDEMARK_SERVER", conflicts_with = "profile")]
    pub(super) server: Option<String>,
    #[command(flatten)]
    pub(super) trust: Trust,
}

#[derive(Args, Clone)]
pub(crate) struct Trust {
    /// Trust the authorities in this file (PEM), too [default: those of the link]
    #[arg(long, help_heading = HEADING, value_name = "FILE", env = "TIDEMARK_CA_FILE")]
    pub(super) ca_file: Option<PathBuf>,
}

impl Trust {
    /// The file with further authorities.
    pub(crate) fn ca_file(&self) -> Option<&Path> {
        self.ca_file.as_deref()
    }
}

const HEADING: &str = "Whose files";

/// What a command has when it knows whom to ask.
pub(super) struct Session {
    pub(super) client: Client,
    /// None if the environment has the token.
    pub(super) profile: Option<(ProfileName, Profile)>,
}

/// One that asks is waiting, and had rather know: three tries in a second or two.
const IMPATIENT: RetryPolicy = RetryPolicy {
    tries_max: 3,
    pause_first: Duration::from_millis(250),
    pause_max: Duration::from_secs(10),
    patience: Duration::from_secs(30),
};

impl Whose {
    /// Opens the session: nothing is asked yet.
    pub(super) async fn session(&self) -> Result<Session, Failure> {
        // A flag counts before a variable: whoever names a profile means that.
        if self.profile.is_none()
            && let Some(token) = variable(TOKEN_VARIABLE).map_err(Failure::Misunderstood)?
        {
            let Some(server) = &self.server else {
                return Err(Failure::Misunderstood(anyhow!(
                    "{TOKEN_VARIABLE} is set, and so TIDEMARK_SERVER must be: a token is for one server"
                )));
            };
            let token = token_of(&token).map_err(|error| error.during(TOKEN_VARIABLE))?;
            let client = client(&server_of(server)?, token, &transport(self.trust.ca_file.as_deref())?);
            return Ok(Session { client, profile: None });
        }
        let (name, profile) = self.chosen()?;
        let token = profile.token.token(&name).await?;
        let ca_file = self.trust.ca_file.as_deref().or(profile.ca_file.as_deref());
        let client = client(&server_of(&profile.server)?, token, &transport(ca_file)?);
        Ok(Session { client, profile: Some((name, profile)) })
    }

    /// The same for what belongs to an account already: unless somebody says otherwise, the link to that account counts, whichever
    /// was made last.
    pub(super) fn for_account(&self, server_id: &str, uid: &str) -> Result<Whose, Failure> {
        let says_token = variable(TOKEN_VARIABLE).map_err(Failure::Misunderstood)?.is_some();
        if self.profile.is_some() || says_token {
            return Ok(self.clone());
        }
        let server = self.server.as_deref().map(server_of).transpose()?;
        let mut links = links_to(server_id, uid)?;
        links.retain(|(_, profile)| server.as_ref().is_none_or(|server| profile.server == server.as_str()));
        let last = Profiles::open()?.default().ok();
        let is_last = links.iter().any(|(name, _)| Some(name) == last.as_ref());
        let chosen = if is_last { last } else { links.into_iter().next().map(|(name, _)| name) };
        Ok(match chosen {
            Some(name) => Whose { profile: Some(name), server: None, ..self.clone() },
            None => self.clone(),
        })
    }

    /// What to say of a token that the server does not take.
    pub(super) fn refused_token(&self) -> String {
        if self.profile.is_none() && matches!(variable(TOKEN_VARIABLE), Ok(Some(_))) {
            return format!(
                "the server does not take the token in {TOKEN_VARIABLE}: `tidemark token create`, on the server's machine, \
                 makes one"
            );
        }
        match self.chosen() {
            Ok((name, profile)) => format!(
                "the server does not take the token of the profile '{name}' any more: run `tidemark link {} --profile {name}` \
                 again",
                words::shown(&profile.server)
            ),
            Err(_) => TokenRefused.to_string(),
        }
    }

    /// The profile that counts.
    pub(super) fn chosen(&self) -> Result<(ProfileName, Profile), Failure> {
        let profiles = Profiles::open()?;
        let name = match (&self.profile, &self.server) {
            (Some(name), _) => name.clone(),
            (None, Some(server)) => of_server(&profiles, &server_of(server)?)?,
            (None, None) => profiles.default()?,
        };
        match profiles.get(&name)? {
            Some(profile) => Ok((name, profile)),
            None => {
                let missing = anyhow!(
                    "there is no profile '{name}': run `tidemark link URL --profile {name}`, or see `tidemark account --all`"
                );
                // Who names one asks for that one; without a name, there is no link at all.
                Err(if self.profile.is_some() {
                    Failure::Unknown(missing)
                } else {
                    Failure::Unlinked(missing)
                })
            }
        }
    }
}

/// The links to an account of the server that calls itself so.
pub(super) fn links_to(server_id: &str, uid: &str) -> Result<Vec<(ProfileName, Profile)>, Failure> {
    let profiles = Profiles::open()?;
    let mut found = Vec::new();
    for name in profiles.names()? {
        // One that cannot be read is told of when it is used.
        if let Ok(Some(profile)) = profiles.get(&name)
            && profile.server_id.as_deref() == Some(server_id)
            && profile.uid.to_string() == uid
        {
            found.push((name, profile));
        }
    }
    Ok(found)
}

/// The one link to a server.
fn of_server(profiles: &Profiles, server: &Server) -> Result<ProfileName, Failure> {
    let mut found = Vec::new();
    for name in profiles.names()? {
        if profiles.get(&name)?.is_some_and(|profile| profile.server == server.as_str()) {
            found.push(name);
        }
    }
    match &found[..] {
        [name] => Ok(name.clone()),
        [] => Err(Failure::Unlinked(anyhow!("not linked to {server}: run `tidemark link {server}`"))),
        _ => Err(Failure::Misunderstood(anyhow!(
            "there are several links to {server}: say which with --profile ({})",
            found.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
        ))),
    }
}

impl Session {
    /// The client with the patience of transfers, which people leave alone.
    pub(super) fn patient(&self) -> Client {
        self.client.with_retries(RetryPolicy::default())
    }
}

/// Reads a server's address.
pub(crate) fn server_of(address: &str) -> Result<Server, Failure> {
    Server::new(address).map_err(|error| Failure::Misunderstood(error.into()))
}

/// Asks this server with this token.
pub(super) fn client(server: &Server, token: AccessToken, transport: &HttpTransport) -> Client {
    let client = Client::new(server.clone(), token, Arc::new(transport.clone()), Arc::new(SystemEntropy));
    client.with_retries(IMPATIENT)
}

/// The network, as the environment has it.
pub(crate) fn transport(ca_file: Option<&Path>) -> Result<HttpTransport, Failure> {
    let extra_authorities = match ca_file {
        None => None,
        Some(file) => {
            let what = || format!("cannot read the authorities in {}", file.display());
            Some(std::fs::read(file).with_context(what).map_err(Failure::Misunderstood)?)
        }
    };
    let options = HttpOptions { extra_authorities, proxy_from_environment: true, ..HttpOptions::default() };
    Ok(HttpTransport::new(&options).context("cannot connect to anything")?)
}
