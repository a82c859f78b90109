//! `tidemark completions` and `tidemark man`: what a shell and a manual know of the command line.

use crate::cli;
use crate::exit::Failure;
use anyhow::Context;
use clap::Args;
use clap_complete::Shell;
use std::path::PathBuf;

#[derive(Args)]
#[command(after_help = "\
Examples:
  tidemark completions bash > ~/.local/share/bash-completion/completions/tidemark
  tidemark completions zsh > \"${fpath[1]}/_tidemark\"
  tidemark completions fish > ~/.config/fish/completions/tidemark.fish")]
pub(crate) struct CompletionsFlags {
    /// For which shell
    shell: Shell,
}

#[derive(Args)]
#[command(after_help = "\
Example:
  tidemark man ~/.local/share/man/man1     and then: man tidemark-get")]
pub(crate) struct ManFlags {
    /// Where to: a page for each command
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

pub(crate) fn completions(flags: &CompletionsFlags) -> Result<(), Failure> {
    let mut text = Vec::new();
    clap_complete::generate(flags.shell, &mut cli::command(), "tidemark", &mut text);
    crate::output::bytes(&text)
}

pub(crate) fn man(flags: &ManFlags) -> Result<(), Failure> {
    let folder = &flags.folder;
    std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let what = || format!("cannot write pages to {}", folder.display());
    Ok(clap_mangen::generate_to(cli::command(), folder).with_context(what)?)
}
