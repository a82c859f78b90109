//! What can be said on the command line.

use crate::cmd::{app, client, completions, gallery, serve, token, user};
use crate::config::CommonFlags;
use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand};
use std::ffi::OsString;
use std::fmt::Write as _;

const AFTER_HELP: &str = "\
To begin with a server that is there:
  tidemark link https://cloud.example.org               once; then
  tidemark ls, put, get, watch ...                      each explains itself: tidemark get --help

To begin with a server of your own:
  tidemark serve                                        and open the set-up link that it prints
  tidemark app add \"My program\" --access full           prints an app's key and secret
  tidemark token create --app APP_KEY --user EMAIL      prints an access token

Scripts set TIDEMARK_SERVER and TIDEMARK_TOKEN, and need no link. Every setting of the server can be given as a flag, as an
environment variable (TIDEMARK_DATA, TIDEMARK_LISTEN, ...) or in the TOML file that --config names: the flag counts first, then
the variable, then the file. The admin commands (user, app, token) work on the same data folder while the server runs, and
take hold at once.

Exit codes: 0 done, 1 could not be done (or several failures of several kinds), 2 not understood, 3 no such file, account, app,
token, webhook or data folder, 4 refused, 5 not linked, or the token is not valid any more, 6 something else is there or was
changed meanwhile, 7 the server was not reached or cannot serve, 130 interrupted (143 by SIGTERM), 141 nobody reads the output.";

/// In which order help tells of the commands.
const GROUPS: [(&str, &[&str]); 4] = [
    (
        "Files on a server",
        &[
            "link", "unlink", "account", "ls", "get", "put", "cat", "rm", "mv", "cp", "mkdir", "revs",
            "restore", "search", "share", "du", "watch", "sync",
        ],
    ),
    ("The server", &["serve", "gallery"]),
    ("Administration, beside the server's data folder", &["user", "app", "token"]),
    ("This program", &["completions", "man", "help"]),
];

/// A self-hosted file cloud that tells you about a change the moment it is durable.
#[derive(Parser)]
#[command(name = "tidemark", version, after_help = AFTER_HELP, arg_required_else_help = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// The command line, with help that groups the commands.
pub(crate) fn command() -> clap::Command {
    let mut command = Cli::command();
    command.build();
    let width = command.get_subcommands().map(|inner| inner.get_name().len()).max().unwrap_or_default();
    let mut listed = String::new();
    for (heading, names) in GROUPS {
        let _ = writeln!(listed, "{heading}:");
        for name in names {
            let about = command.find_subcommand(name).and_then(clap::Command::get_about);
            let about = about.map(ToString::to_string).unwrap_or_default();
            let _ = writeln!(listed, "  {name:width$}  {about}");
        }
        listed.push('\n');
    }
    let template = format!(
        "{{about-with-newline}}\n{{usage-heading}} {{usage}}\n\n{listed}Options:\n{{options}}{{after-help}}\n"
    );
    Cli::command().help_template(template)
}

impl Cli {
    /// Reads the command line. What cannot be read, and help, end the process.
    pub(crate) fn read() -> Cli {
        let matches = command().get_matches();
        Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit())
    }
}

/// Variables of the environment that look like settings and are none: slips, perhaps.
pub(crate) fn unknown_variables() -> Vec<String> {
    fn known(command: &clap::Command, found: &mut Vec<OsString>) {
        found.extend(command.get_arguments().filter_map(|argument| argument.get_env().map(OsString::from)));
        command.get_subcommands().for_each(|command| known(command, found));
    }
    let mut settings = vec![client::TOKEN_VARIABLE.into()];
    known(&Cli::command(), &mut settings);
    let names = std::env::vars_os().map(|(name, _)| name).filter(|name| !settings.contains(name));
    let mut names: Vec<String> = names.filter_map(|name| name.into_string().ok()).collect();
    names.retain(|name| name.starts_with("TIDEMARK_"));
    names.sort();
    names
}

#[derive(Subcommand)]
pub(crate) enum Command {
    #[command(flatten)]
    Client(client::Command),
    /// Serve every API and the web pages on one port
    Serve(Box<serve::Flags>),
    /// Serve a photo gallery, for the accounts of a server
    Gallery(Box<gallery::Flags>),
    /// Add, list and change accounts
    User(OnFolder<user::Command>),
    /// Register, list and shut out apps
    App(OnFolder<app::Command>),
    /// Create, list and revoke access tokens
    Token(OnFolder<token::Command>),
    /// Print what a shell needs to complete commands and flags
    Completions(completions::CompletionsFlags),
    /// Write the manual's pages
    Man(completions::ManFlags),
}

/// A family of commands on a data folder.
#[derive(Args)]
pub(crate) struct OnFolder<C: Subcommand> {
    #[command(flatten)]
    pub(crate) common: CommonFlags,
    #[command(subcommand)]
    pub(crate) command: C,
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn the_command_line_is_consistent() {
        command().debug_assert();
    }

    /// A new command is told of, in its group.
    #[test]
    fn every_command_is_in_one_group() {
        let mut built = Cli::command();
        built.build();
        let commands: BTreeSet<&str> = built
            .get_subcommands()
            .filter(|inner| !inner.is_hide_set())
            .map(clap::Command::get_name)
            .collect();
        let grouped: Vec<&str> = GROUPS.iter().flat_map(|(_, names)| *names).copied().collect();
        assert_eq!(grouped.len(), commands.len());
        assert_eq!(grouped.into_iter().collect::<BTreeSet<_>>(), commands);
    }
}
