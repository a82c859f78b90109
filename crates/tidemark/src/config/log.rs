//! `[log]`: what is logged, and how it looks.

use clap::{Args, ValueEnum};
use serde::Deserialize;
use std::io::IsTerminal;
use tracing_appender::non_blocking::{NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::util::SubscriberInitExt;

/// As flags and file say it.
#[derive(Args, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct LogFlags {
    /// What to log: a level, or levels by part, such as `warn,tidemark_api=debug` [default: info]
    #[arg(id = "log", long = "log", value_name = "FILTER", env = "TIDEMARK_LOG")]
    filter: Option<String>,
    /// How a line of the log looks [default: text]
    #[arg(id = "log_format", long = "log-format", value_name = "FORMAT", env = "TIDEMARK_LOG_FORMAT")]
    format: Option<Format>,
}

/// How a line of the log looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Format {
    /// For people.
    #[default]
    Text,
    /// For programs.
    Json,
}

/// As it is.
#[derive(Debug)]
pub(crate) struct Log {
    filter: String,
    format: Format,
}

impl Log {
    /// Flags first, then the file, then the defaults.
    pub(crate) fn resolve(flags: LogFlags, file: LogFlags) -> Log {
        Log {
            filter: flags.filter.or(file.filter).unwrap_or_else(|| "info".to_owned()),
            format: flags.format.or(file.format).unwrap_or_default(),
        }
    }

    /// Begins to log, on standard error: standard output is for what was asked for. Lines are written by a thread of
    /// their own, so that a request never waits for a terminal; none is dropped. What is returned writes the last of
    /// them when it is dropped.
    pub(crate) fn start(&self) -> anyhow::Result<WorkerGuard> {
        let filter = EnvFilter::try_new(&self.filter)
            .map_err(|error| anyhow::anyhow!("the log filter '{}' is not valid: {error}", self.filter))?;
        let (writer, guard) = NonBlockingBuilder::default().lossy(false).finish(std::io::stderr());
        let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(writer);
        let colours = std::io::stderr().is_terminal();
        match self.format {
            Format::Text => builder.with_ansi(colours).finish().try_init()?,
            Format::Json => builder.json().finish().try_init()?,
        }
        Ok(guard)
    }
}
