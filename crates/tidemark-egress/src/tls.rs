//! Whom to believe that they are who they say.

use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, pem};
use rustls::{ClientConfig, RootCertStore};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Why a file of certificates can't be used.
#[derive(Debug, thiserror::Error)]
pub enum RootsError {
    /// It can't be read.
    #[error("could not read the certificates in {}", .path.display())]
    Read {
        /// Where.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It holds something, but not PEM.
    #[error("{} is not valid PEM", .path.display())]
    Pem {
        /// Where.
        path: PathBuf,
        /// Why.
        source: pem::Error,
    },
    /// It holds none.
    #[error("{} contains no certificate", .path.display())]
    Empty {
        /// Where.
        path: PathBuf,
    },
    /// It holds one that is no certificate of an authority.
    #[error("a certificate in {} can't be used", .path.display())]
    Unusable {
        /// Where.
        path: PathBuf,
        /// Why.
        source: rustls::Error,
    },
}

/// The certificates of a PEM file, to be believed besides the public authorities'.
pub fn extra_roots(path: &Path) -> Result<Vec<CertificateDer<'static>>, RootsError> {
    let text = std::fs::read(path).map_err(|source| RootsError::Read { path: path.into(), source })?;
    let found = CertificateDer::pem_slice_iter(&text)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|source| RootsError::Pem { path: path.into(), source })?;
    if found.is_empty() {
        return Err(RootsError::Empty { path: path.into() });
    }
    let mut store = RootCertStore::empty();
    for root in &found {
        store.add(root.clone()).map_err(|source| RootsError::Unusable { path: path.into(), source })?;
    }
    Ok(found)
}

/// TLS 1.2 and 1.3 with the public authorities and these besides.
pub(crate) fn config(extra: Vec<CertificateDer<'static>>) -> Arc<ClientConfig> {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    // What can't be used was refused when it was read.
    roots.add_parsable_certificates(extra);
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("the provider has what both versions need")
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Arc::new(config)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_roots_holds_certificates() {
        let dir = tempfile::tempdir().unwrap();
        let put = |name: &str, text: &str| {
            let path = dir.path().join(name);
            std::fs::write(&path, text).unwrap();
            path
        };
        let made = rcgen::generate_simple_self_signed(vec!["localhost".into()]).unwrap().cert.pem();
        assert_eq!(extra_roots(&put("two.pem", &format!("{made}{made}"))).unwrap().len(), 2);
        let message = |path: &Path| extra_roots(path).unwrap_err().to_string();
        assert!(message(&dir.path().join("absent")).starts_with("could not read"));
        assert!(message(&put("empty.pem", "nothing\n")).ends_with("contains no certificate"));
        let broken = "-----BEGIN CERTIFICATE-----\n!!\n-----END CERTIFICATE-----\n";
        assert!(message(&put("broken.pem", broken)).ends_with("is not valid PEM"));
        let other = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        assert!(message(&put("other.pem", other)).ends_with("can't be used"));
    }
}
