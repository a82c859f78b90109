//! `[tls]`: the server's own certificate.

use anyhow::bail;
use clap::Args;
use serde::Deserialize;
use std::path::PathBuf;

/// As flags and file say it.
#[derive(Args, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct TlsFlags {
    /// Speak TLS with the certificate chain in this PEM file
    #[arg(id = "tls_cert", long = "tls-cert", value_name = "FILE", env = "TIDEMARK_TLS_CERT")]
    cert: Option<PathBuf>,
    /// The certificate's private key, a PEM file
    #[arg(id = "tls_key", long = "tls-key", value_name = "FILE", env = "TIDEMARK_TLS_KEY")]
    key: Option<PathBuf>,
}

/// As it is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Tls {
    /// The certificate chain, PEM.
    pub(crate) cert: PathBuf,
    /// The private key, PEM.
    pub(crate) key: PathBuf,
}

impl Tls {
    /// Flags first, then the file; nothing if neither says anything.
    pub(crate) fn resolve(flags: TlsFlags, file: TlsFlags) -> anyhow::Result<Option<Tls>> {
        match (flags.cert.or(file.cert), flags.key.or(file.key)) {
            (Some(cert), Some(key)) => Ok(Some(Tls { cert, key })),
            (None, None) => Ok(None),
            (Some(_), None) => bail!("--tls-cert needs --tls-key"),
            (None, Some(_)) => bail!("--tls-key needs --tls-cert"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_and_its_key_come_together() {
        let flags = |cert: Option<&str>, key: Option<&str>| TlsFlags {
            cert: cert.map(PathBuf::from),
            key: key.map(PathBuf::from),
        };
        let none = || flags(None, None);
        assert_eq!(Tls::resolve(none(), none()).unwrap(), None);
        let both = Tls::resolve(flags(Some("c"), None), flags(Some("other"), Some("k"))).unwrap();
        assert_eq!(both, Some(Tls { cert: "c".into(), key: "k".into() }));
        assert!(Tls::resolve(flags(Some("c"), None), none()).is_err());
        assert!(Tls::resolve(none(), flags(None, Some("k"))).is_err());
    }
}
