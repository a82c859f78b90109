//! `tidemark unlink`.

use super::session::{Trust, client, server_of, transport};
use crate::exit::Failure;
use crate::output::{complain, say};
use crate::profile::{Profile, ProfileName, Profiles};
use crate::words;
use anyhow::anyhow;
use clap::Args;
use tidemark_client::RefusalKind;

#[derive(Args)]
#[command(after_help = "\
Examples:
  tidemark unlink                       the link that is used by default
  tidemark unlink --profile work
  tidemark unlink --keep-token          the token goes on working elsewhere")]
pub(crate) struct Flags {
    /// Which link, by its name [default: the one that commands use]
    #[arg(long, value_name = "NAME")]
    profile: Option<ProfileName>,
    /// Forget the token, and leave it valid: the server is not asked
    #[arg(long)]
    keep_token: bool,
    #[command(flatten)]
    trust: Trust,
}

pub(super) async fn run(flags: Flags) -> Result<(), Failure> {
    let profiles = Profiles::open()?;
    let name = match &flags.profile {
        Some(name) => name.clone(),
        None => profiles.default()?,
    };
    let Some(profile) = profiles.get(&name)? else {
        return Err(Failure::Unknown(anyhow!("there is no profile '{name}'")));
    };
    if !flags.keep_token {
        let revoked = revoke(&flags, &name, &profile).await;
        revoked.map_err(|failure| {
            failure.during("the token was not revoked, so it is kept (--keep-token forgets it all the same)")
        })?;
    }
    if let Err(error) = profile.token.forget(&name).await {
        complain(&format!("{error:#}"));
    }
    profiles.remove(&name)?;
    say(&format!("The link to {} on {} is ended.", words::shown(&profile.email), profile.server))
}

async fn revoke(flags: &Flags, name: &ProfileName, profile: &Profile) -> Result<(), Failure> {
    let token = profile.token.token(name).await?;
    let transport = transport(flags.trust.ca_file.as_deref().or(profile.ca_file.as_deref()))?;
    let client = client(&server_of(&profile.server)?, token, &transport);
    match client.disable_access_token().await {
        Ok(()) => Ok(()),
        // It ended already.
        Err(error) if error.kind() == Some(RefusalKind::Unauthorized) => Ok(()),
        Err(error) => Err(Failure::from(error)),
    }
}
