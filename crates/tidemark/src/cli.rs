//! What can be said on the command line.

use crate::cmd::{app, serve, token, user};
use crate::config;
use clap::{CommandFactory, Parser, Subcommand};
use std::ffi::OsString;

const AFTER_HELP: &str = "\
To begin:
  tidemark serve                                        and open the set-up link that it prints
  tidemark app add \"My program\" --access full           prints the app's key and secret
  tidemark token create --app APP_KEY --user EMAIL      prints an access token

Every setting can be given as a flag, as an environment variable (TIDEMARK_DATA, TIDEMARK_LISTEN, ...) or in the TOML
file that --config names: the flag counts first, then the variable, then the file. The admin commands (user, app,
token) work on the same data folder while the server runs, and take hold at once.

Exit codes: 0 done, 1 could not be done, 2 not understood, 3 no such account, app, token, webhook or data folder,
4 refused.";

/// A self-hosted file cloud that tells you about a change the moment it is durable.
#[derive(Parser)]
#[command(name = "tidemark", version, after_help = AFTER_HELP, arg_required_else_help = true)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) common: config::CommonFlags,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Variables of the environment that look like settings and are none: slips, perhaps.
pub(crate) fn unknown_variables() -> Vec<String> {
    fn known(command: &clap::Command, found: &mut Vec<OsString>) {
        found.extend(command.get_arguments().filter_map(|argument| argument.get_env().map(OsString::from)));
        command.get_subcommands().for_each(|command| known(command, found));
    }
    let mut settings = Vec::new();
    known(&Cli::command(), &mut settings);
    let names = std::env::vars_os().map(|(name, _)| name).filter(|name| !settings.contains(name));
    let mut names: Vec<String> = names.filter_map(|name| name.into_string().ok()).collect();
    names.retain(|name| name.starts_with("TIDEMARK_"));
    names.sort();
    names
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Serve every API and the web pages on one port.
    Serve(Box<serve::Flags>),
    /// Add, list and change accounts.
    #[command(subcommand)]
    User(user::Command),
    /// Register, list and shut out apps.
    #[command(subcommand)]
    App(app::Command),
    /// Create, list and revoke access tokens.
    #[command(subcommand)]
    Token(token::Command),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
