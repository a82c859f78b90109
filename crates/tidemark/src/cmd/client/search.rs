//! `tidemark search`.

use super::entry;
use super::{Printing, Whose};
use crate::exit::Failure;
use crate::remote_glob::plain;
use crate::words;
use anyhow::anyhow;
use clap::Args;
use tidemark_client::SearchOptions;

/// What the server searches for has so many characters at least.
const QUERY_MIN: usize = 3;

#[derive(Args)]
#[command(after_help = "\
Examples:
  tidemark search venice jpg            names with both words in them, wherever; case and accents do not count
  tidemark search --in /2024 invoice    only there")]
pub(crate) struct Flags {
    /// What must be in the name: 3 characters at least; of several words, all
    #[arg(value_name = "WORD", required = true)]
    words: Vec<String>,
    /// Only below this folder
    #[arg(long = "in", value_name = "FOLDER", default_value = "/", hide_default_value = true)]
    folder: String,
    /// So many at most
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    limit: Option<u32>,
    /// Also what was deleted
    #[arg(long)]
    deleted: bool,
    #[command(flatten)]
    printing: Printing,
    #[command(flatten)]
    pub(super) whose: Whose,
}

pub(super) async fn run(flags: Flags) -> Result<(), Failure> {
    let session = flags.whose.session().await?;
    let folder = plain(&flags.folder).map_err(Failure::Misunderstood)?;
    let query = flags.words.join(" ");
    if query.trim().chars().count() < QUERY_MIN {
        return Err(Failure::Refused(anyhow!(
            "'{}' is too short to be searched for: it takes {QUERY_MIN} characters",
            words::shown(&query)
        )));
    }
    let options = SearchOptions { limit: flags.limit, include_deleted: flags.deleted };
    for found in session.client.search(&folder, &query, &options).await? {
        flags.printing.entry(&found, entry::path)?;
    }
    Ok(())
}
