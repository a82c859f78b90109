//! `tidemark share`.

use super::entry::quoted;
use super::tree::nothing_at;
use super::{Printing, Whose};
use crate::exit::Failure;
use crate::output::{say, say_json};
use crate::remote_glob::plain;
use crate::words;
use clap::Args;
use serde::Serialize;
use tidemark_client::{RefusalKind, Timestamp};

#[derive(Args)]
#[command(after_help = "\
Examples:
  tidemark share /Photos                a page that whoever has the link can open; the same link every time
  tidemark share --direct /film.mp4     the bytes themselves, for players; for some hours
Links are listed, bounded and revoked at the server's page /links.")]
pub(crate) struct Flags {
    /// Which file or folder
    path: String,
    /// A link to the file's bytes, which ends by itself
    #[arg(long)]
    direct: bool,
    #[command(flatten)]
    printing: Printing,
    #[command(flatten)]
    pub(super) whose: Whose,
}

/// From here on, 2100-01-01, a time says that there is none: the protocol has no other word for it.
const NEVER: Timestamp = Timestamp(4_102_444_800);

/// A link: documented in docs/CLIENT.md, and kept.
#[derive(Serialize)]
struct Shared<'a> {
    path: &'a str,
    url: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires: Option<String>,
}

pub(super) async fn run(flags: Flags) -> Result<(), Failure> {
    let session = flags.whose.session().await?;
    let path = plain(&flags.path).map_err(Failure::Misunderstood)?;
    let link = match flags.direct {
        true => session.client.media(&path).await,
        false => session.client.share(&path, false).await,
    };
    let link = link.map_err(|error| match error.kind() {
        Some(RefusalKind::NotFound) => nothing_at(&path),
        _ => Failure::from(error).during(format!("cannot share {}", quoted(&path))),
    })?;
    match flags.printing.json {
        true => say_json(&Shared {
            path: path.as_str(),
            url: &link.url,
            expires: link.expires.filter(|time| *time < NEVER).map(words::rfc3339),
        }),
        false => say(&words::shown(&link.url)),
    }
}
