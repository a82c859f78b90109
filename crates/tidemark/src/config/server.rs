//! `[server]`: where it listens, and what stands in front of it.

use axum::http::uri::Authority;
use clap::Args;
use serde::Deserialize;
use serde::Deserializer;
use serde::de::Error as _;
use std::net::{Ipv4Addr, SocketAddr};
use tidemark_api::http::Origin;

/// The port, if nothing is said: of the loopback only, so that nobody serves the world by accident.
const LISTEN: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 8765);

/// As flags and file say it.
#[derive(Clone, Args, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct ServerFlags {
    /// The address and port to listen on; port 0 takes a free one [default: 127.0.0.1:8765]
    #[arg(long, value_name = "ADDR:PORT", env = "TIDEMARK_LISTEN", value_parser = address)]
    #[serde(deserialize_with = "address_in_file")]
    listen: Option<SocketAddr>,
    /// What people call the server, such as https://cloud.example.org; links begin with it [default: as each client
    /// calls it]
    #[arg(long, value_name = "URL", env = "TIDEMARK_PUBLIC_URL", value_parser = public_url)]
    #[serde(deserialize_with = "public_url_in_file")]
    public_url: Option<String>,
    /// Everybody comes through a proxy that speaks TLS and appends to X-Forwarded-For; listen where only it can reach
    #[arg(
        long,
        env = "TIDEMARK_BEHIND_PROXY",
        value_name = "BOOL",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true"
    )]
    behind_proxy: Option<bool>,
    /// Tell the metrics to everybody who asks, and not on this machine only
    #[arg(
        long,
        env = "TIDEMARK_METRICS_PUBLIC",
        value_name = "BOOL",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true"
    )]
    metrics_public: Option<bool>,
    /// Serve a photo gallery, too, at /gallery
    #[arg(
        long,
        env = "TIDEMARK_GALLERY",
        value_name = "BOOL",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true"
    )]
    gallery: Option<bool>,
}

/// Names are not looked up: what a name stands for may change, and what is served to the world should not.
fn address(text: &str) -> Result<SocketAddr, String> {
    let example = "an address and a port, such as 127.0.0.1:8765, or 0.0.0.0:8765 for every network";
    text.parse().map_err(|_| format!("it takes {example}"))
}

fn address_in_file<'de, D: Deserializer<'de>>(file: D) -> Result<Option<SocketAddr>, D::Error> {
    address(&String::deserialize(file)?).map(Some).map_err(D::Error::custom)
}

/// A scheme and a host, perhaps with a port; what is left of the slash that people put behind it.
fn public_url(text: &str) -> Result<String, String> {
    let example = "it takes an address such as https://cloud.example.org, without a path";
    let url = text.strip_suffix('/').unwrap_or(text);
    let authority = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://")).ok_or(example)?;
    let parsed = authority.parse::<Authority>().map_err(|_| example)?;
    if parsed.host().is_empty() || authority.contains('@') {
        Err(example.to_owned())
    } else {
        Ok(url.to_owned())
    }
}

fn public_url_in_file<'de, D: Deserializer<'de>>(file: D) -> Result<Option<String>, D::Error> {
    public_url(&String::deserialize(file)?).map(Some).map_err(D::Error::custom)
}

/// As it is.
#[derive(Debug)]
pub(crate) struct Server {
    /// Where to listen.
    pub(crate) listen: SocketAddr,
    /// What people call it; nothing for whatever each client calls it.
    pub(crate) public_url: Option<String>,
    /// Whether a proxy stands in front, whose word on people's addresses counts.
    pub(crate) behind_proxy: bool,
    /// Whether everybody may read the metrics.
    pub(crate) metrics_public: bool,
    /// Whether there is a gallery, too.
    pub(crate) gallery: bool,
}

impl Server {
    /// Flags first, then the file, then the defaults.
    pub(crate) fn resolve(flags: ServerFlags, file: ServerFlags) -> Server {
        Server {
            listen: flags.listen.or(file.listen).unwrap_or(LISTEN),
            public_url: flags.public_url.or(file.public_url),
            behind_proxy: flags.behind_proxy.or(file.behind_proxy).unwrap_or(false),
            metrics_public: flags.metrics_public.or(file.metrics_public).unwrap_or(false),
            gallery: flags.gallery.or(file.gallery).unwrap_or(false),
        }
    }

    /// How the addresses begin that it hands out.
    pub(crate) fn origin(&self) -> Origin {
        Origin { public: self.public_url.clone(), behind_proxy: self.behind_proxy }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_public_url_is_a_scheme_and_a_host() {
        for (text, url) in [
            ("https://cloud.example.org", "https://cloud.example.org"),
            ("https://cloud.example.org/", "https://cloud.example.org"),
            ("http://[::1]:8765", "http://[::1]:8765"),
        ] {
            assert_eq!(public_url(text).as_deref(), Ok(url));
        }
        for text in [
            "cloud.example.org",
            "ftp://cloud.example.org",
            "https://",
            "https://a/b",
            "https://me@a",
            "https://a b",
            "",
        ] {
            assert!(public_url(text).is_err(), "{text}");
        }
    }
}
