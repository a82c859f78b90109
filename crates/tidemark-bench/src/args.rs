//! The command line.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Parser, Subcommand};

use crate::world::Effort;

/// Measures Tidemark beside the limits of the machine and beside other programs.
#[derive(Debug, Parser)]
#[command(name = "tidemark-bench")]
pub(crate) struct Args {
    /// Takes less than three minutes: fewer and shorter rounds, a smaller file, up to 10,000 parked polls
    #[arg(long)]
    pub(crate) quick: bool,
    /// Measures these cases only
    #[arg(long, value_name = "CASE", value_delimiter = ',')]
    pub(crate) only: Vec<String>,
    /// Tells the cases
    #[arg(long)]
    pub(crate) list: bool,
    /// Measures a server that runs already (plain HTTP); cases that restart it are left out
    #[arg(long, value_name = "URL", requires = "token")]
    pub(crate) server: Option<String>,
    /// An access token for it; one per account: files, waiter, large tree, small tree, eight bystanders
    #[arg(long, value_name = "TOKEN", value_delimiter = ',')]
    pub(crate) token: Vec<String>,
    /// The server's binary [default: the release build, which is made if it is missing]
    #[arg(long, value_name = "FILE", conflicts_with = "server")]
    pub(crate) binary: Option<PathBuf>,
    /// One more argument for `tidemark serve`
    #[arg(long, value_name = "ARGUMENT", allow_hyphen_values = true)]
    pub(crate) serve_arg: Vec<String>,
    /// Measures only the limits and the peers
    #[arg(long, conflicts_with_all = ["server", "binary"])]
    pub(crate) peers_only: bool,
    /// Writes all figures to a file
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
    /// Rewrites docs/BENCHMARKS.md and its plot [default for a full run]
    #[arg(long)]
    pub(crate) docs: bool,
    /// Leaves the documents alone
    #[arg(long, conflicts_with = "docs")]
    pub(crate) no_docs: bool,
    /// Works in a new folder below this one, on the disk to be measured [default: the build directory]
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,
    /// Rounds per figure [default: 5, quick 3]
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub(crate) rounds: Option<u16>,
    /// Entries of the large tree [default: 100000]
    #[arg(long, value_parser = clap::value_parser!(u32).range(1000..=99_999_000))]
    pub(crate) entries: Option<u32>,
    /// Numbers of parked polls [default: 1000,10000,50000]
    #[arg(long, value_name = "N", value_delimiter = ',', value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub(crate) parked: Vec<u32>,
    #[command(subcommand)]
    pub(crate) command: Option<Hidden>,
}

/// Parts of this program that run as processes of their own.
#[derive(Debug, Subcommand)]
pub(crate) enum Hidden {
    /// The minimal server of long polls
    #[command(hide = true)]
    Responder {
        /// Where changes are made durable
        file: PathBuf,
    },
}

impl Args {
    pub(crate) fn effort(&self) -> Effort {
        let (rounds, measure_ms, warm_up_ms, wakes) =
            if self.quick { (3, 500, 100, 150) } else { (5, 3000, 500, 400) };
        let mut parked: Vec<usize> = self.parked.iter().map(|size| *size as usize).collect();
        if parked.is_empty() {
            parked = if self.quick { vec![1000, 10_000] } else { vec![1000, 10_000, 50_000] };
        }
        Effort {
            rounds: self.rounds.map_or(rounds, usize::from),
            measure: Duration::from_millis(measure_ms),
            warm_up: Duration::from_millis(warm_up_ms),
            wakes,
            large_file: if self.quick { 256 << 20 } else { 1 << 30 },
            synced_files: if self.quick { 2000 } else { 10_000 },
            entries: self.entries.map_or(100_000, |entries| entries as usize),
            parked,
            deletions: if self.quick { 1 } else { 3 },
        }
    }

    /// The command as a reader would give it: what changes the figures, without this machine's paths.
    pub(crate) fn command_line(&self) -> String {
        let mut line = "cargo xtask bench".to_owned();
        let mut add = |part: String| {
            line.push(' ');
            line.push_str(&part);
        };
        if self.quick {
            add("--quick".to_owned());
        }
        if self.peers_only {
            add("--peers-only".to_owned());
        }
        if !self.only.is_empty() {
            add(format!("--only {}", self.only.join(",")));
        }
        if let Some(rounds) = self.rounds {
            add(format!("--rounds {rounds}"));
        }
        if let Some(entries) = self.entries {
            add(format!("--entries {entries}"));
        }
        if !self.parked.is_empty() {
            let sizes: Vec<String> = self.parked.iter().map(u32::to_string).collect();
            add(format!("--parked {}", sizes.join(",")));
        }
        line
    }

    /// Whether the documents are rewritten.
    pub(crate) fn writes_docs(&self) -> bool {
        let full = !self.quick && self.only.is_empty() && !self.peers_only;
        (self.docs || full) && !self.no_docs
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(line: &str) -> Args {
        Args::try_parse_from(line.split(' ')).unwrap()
    }

    #[test]
    fn the_command_line_is_told_without_paths() {
        let args =
            args("bench --quick --only wake,delta --binary /home/me/tidemark --json /tmp/x --parked 10,20");
        assert_eq!(args.command_line(), "cargo xtask bench --quick --only wake,delta --parked 10,20");
        assert_eq!(args.effort().parked, [10, 20]);
    }

    #[test]
    fn only_a_full_run_rewrites_the_documents_unasked() {
        assert!(args("bench").writes_docs());
        assert!(!args("bench --quick").writes_docs());
        assert!(args("bench --quick --docs").writes_docs());
        assert!(!args("bench --no-docs").writes_docs());
        assert!(!args("bench --only wake").writes_docs());
    }

    #[test]
    fn a_running_server_needs_a_token() {
        assert!(Args::try_parse_from(["bench", "--server", "http://127.0.0.1:1"]).is_err());
    }
}
