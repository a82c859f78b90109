//! `[limits]`: how many may come at once, and how often. Everything else that is bounded has a fixed bound.

use super::Count;
use clap::Args;
use serde::Deserialize;
use tidemark_api::server;
use tidemark_core::hub;
use tidemark_core::people::RateLimits;

/// As flags and file say it.
#[derive(Clone, Copy, Args, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct LimitFlags {
    /// How many connections may be open, if the limit on open files allows [default: 150000]
    #[arg(long, value_name = "NUMBER", env = "TIDEMARK_CONNECTIONS_MAX")]
    connections_max: Option<Count>,
    /// How many connections one address other than the loopback may have open [default: 2000]
    #[arg(long, value_name = "NUMBER", env = "TIDEMARK_CONNECTIONS_PER_PEER_MAX")]
    connections_per_peer_max: Option<Count>,
    /// How many requests may wait for changes [default: 200000]
    #[arg(long, value_name = "NUMBER", env = "TIDEMARK_WAITERS_MAX")]
    waiters_max: Option<Count>,
    /// How many requests of one account may wait for changes [default: 100000]
    #[arg(long, value_name = "NUMBER", env = "TIDEMARK_WAITERS_PER_ACCOUNT_MAX")]
    waiters_per_account_max: Option<Count>,
    /// How many requests an account may make in a minute, through all of its apps [default: any number]
    #[arg(long, value_name = "NUMBER", env = "TIDEMARK_ACCOUNT_REQUESTS_PER_MINUTE")]
    account_requests_per_minute: Option<Count>,
    /// How many requests an app may make in a minute, for all of its accounts [default: any number]
    #[arg(long, value_name = "NUMBER", env = "TIDEMARK_APP_REQUESTS_PER_MINUTE")]
    app_requests_per_minute: Option<Count>,
}

impl LimitFlags {
    /// Flags first, then the file.
    pub(crate) fn or(self, file: LimitFlags) -> LimitFlags {
        LimitFlags {
            connections_max: self.connections_max.or(file.connections_max),
            connections_per_peer_max: self.connections_per_peer_max.or(file.connections_per_peer_max),
            waiters_max: self.waiters_max.or(file.waiters_max),
            waiters_per_account_max: self.waiters_per_account_max.or(file.waiters_per_account_max),
            account_requests_per_minute: self
                .account_requests_per_minute
                .or(file.account_requests_per_minute),
            app_requests_per_minute: self.app_requests_per_minute.or(file.app_requests_per_minute),
        }
    }

    /// The server's limits, with what was said.
    pub(crate) fn server(&self) -> server::Limits {
        let default = server::Limits::default();
        server::Limits {
            connections_max: or(self.connections_max, default.connections_max),
            connections_per_peer_max: or(self.connections_per_peer_max, default.connections_per_peer_max),
            ..default
        }
    }

    /// The hub's limits, with what was said.
    pub(crate) fn hub(&self) -> hub::Limits {
        let default = hub::Limits::default();
        hub::Limits {
            waiters: or(self.waiters_max, default.waiters),
            waiters_per_account: or(self.waiters_per_account_max, default.waiters_per_account),
        }
    }

    /// How often accounts and apps may ask.
    pub(crate) fn rates(&self) -> RateLimits {
        RateLimits {
            account_per_minute: self.account_requests_per_minute.map(|count| count.0),
            app_per_minute: self.app_requests_per_minute.map(|count| count.0),
        }
    }
}

fn or(said: Option<Count>, default: usize) -> usize {
    said.map_or(default, Count::as_usize)
}
