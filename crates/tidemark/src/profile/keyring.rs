//! The desktop's keyring, by its own command: `secret-tool`, which comes with libsecret.
//!
//! Speaking to it over D-Bus ourselves would add forty crates and a second async runtime to the program
//! (docs/decisions/0015-tokens-of-the-command-line.md). The token goes through pipes and never stands on a command line.

use super::ProfileName;
use super::token::printed_by;
use anyhow::{Context, anyhow};
use std::process::Stdio;
use std::time::Duration;
use tidemark_client::AccessToken;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

const TOOL: &str = "secret-tool";
/// A keyring that is locked asks its person, who may take a while; one without anybody to ask must not hold us for ever.
const PATIENCE: Duration = Duration::from_secs(60);

/// Whether it is worth trying: without a session's bus there is nobody to ask.
pub(super) fn may_be_there() -> bool {
    cfg!(target_os = "linux") && std::env::var_os("DBUS_SESSION_BUS_ADDRESS").is_some()
}

pub(super) async fn store(profile: &ProfileName, token: &AccessToken) -> anyhow::Result<()> {
    let label = format!("--label=Tidemark: {profile}");
    let mut command = tool("store", &[&label], profile);
    let work = async {
        let mut child = command.stdin(Stdio::piped()).spawn()?;
        let mut input = child.stdin.take().expect("it was asked for");
        input.write_all(token.reveal().as_bytes()).await?;
        drop(input);
        child.wait().await
    };
    let status = patiently(async { work.await.map_err(Into::into) }).await?;
    if status.success() {
        Ok(())
    } else {
        Err(anyhow!("the keyring did not take the token ({TOOL}: {status})"))
    }
}

pub(super) async fn load(profile: &ProfileName) -> anyhow::Result<String> {
    let mut command = tool("lookup", &[], profile);
    let text = patiently(printed_by(&mut command)).await?;
    if text.is_empty() { Err(anyhow!("the keyring has no token for '{profile}' any more")) } else { Ok(text) }
}

pub(super) async fn clear(profile: &ProfileName) -> anyhow::Result<()> {
    let mut command = tool("clear", &[], profile);
    let status = patiently(async { command.status().await.map_err(Into::into) }).await?;
    if status.success() {
        Ok(())
    } else {
        Err(anyhow!("the keyring did not forget the token ({TOOL}: {status})"))
    }
}

fn tool(verb: &str, options: &[&str], profile: &ProfileName) -> Command {
    let mut command = Command::new(TOOL);
    command.arg(verb).args(options).args(["service", "tidemark", "profile"]).arg(profile.to_string());
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    command
}

async fn patiently<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    let answer = tokio::time::timeout(PATIENCE, work).await;
    let answer = answer.map_err(|_| anyhow!("it does not answer")).and_then(|answer| answer);
    answer.with_context(|| format!("the keyring cannot be reached by {TOOL}"))
}
