//! Tells what happens in an account from now on, until a person must mend something.
//!
//! `cargo run -p tidemark-client --example follow -- SERVER TOKEN_FILE`

use std::error::Error;
use std::fs;
use std::io::{Write, stdout};
use std::path::Path;
use std::sync::Arc;

use futures_util::StreamExt as _;
use tidemark_client::{AccessToken, ChangeEvent, Client, HttpOptions, HttpTransport, Server, SystemEntropy};

pub(crate) async fn run(
    server: &str,
    token_file: &Path,
    out: &mut (dyn Write + Send),
) -> Result<(), Box<dyn Error>> {
    let token = AccessToken::new(fs::read_to_string(token_file)?.trim())?;
    let transport = Arc::new(HttpTransport::new(&HttpOptions::default())?);
    let client = Client::new(Server::new(server)?, token, transport, Arc::new(SystemEntropy));

    let now = client.latest_cursor(None).await?;
    let mut changes = client.changes(Some(now), None);
    while let Some(event) = changes.next().await {
        match event? {
            ChangeEvent::Entry(entry) if entry.is_folder() => writeln!(out, "folder  {}", entry.path)?,
            ChangeEvent::Entry(entry) => writeln!(out, "file    {}", entry.path)?,
            ChangeEvent::Gone(path) => writeln!(out, "gone    {path}")?,
            ChangeEvent::Reset => writeln!(out, "everything is told anew")?,
            ChangeEvent::Waiting { error, pause } => writeln!(out, "waiting {pause:?}: {error}")?,
            // Where to begin next time.
            ChangeEvent::Checkpoint(_) | ChangeEvent::CaughtUp(_) => out.flush()?,
        }
    }
    Ok(())
}

#[allow(dead_code, reason = "the tests call what is above")]
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [server, token_file] = arguments.as_slice() else {
        return Err("usage: follow SERVER TOKEN_FILE".into());
    };
    run(server, token_file.as_ref(), &mut stdout()).await
}
