//! The certificate and key of a TLS listener.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem};

/// Why TLS can't be served.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file can't be read.
    #[error("could not read {what} {}", path.display())]
    Read {
        /// Which of the two.
        what: &'static str,
        /// Where.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file holds something, but not PEM.
    #[error("{what} {} is not valid PEM", path.display())]
    Pem {
        /// Which of the two.
        what: &'static str,
        /// Where.
        path: PathBuf,
        /// Why.
        source: pem::Error,
    },
    /// A file holds no section of the right kind.
    #[error("{what} {} contains no {what}", path.display())]
    Empty {
        /// Which of the two.
        what: &'static str,
        /// Where.
        path: PathBuf,
    },
    /// The two don't belong together, or are of a kind that can't be used.
    #[error("certificate {} and private key {} can't be used", cert.display(), key.display())]
    Unusable {
        /// The certificate's file.
        cert: PathBuf,
        /// The key's file.
        key: PathBuf,
        /// Why.
        source: rustls::Error,
    },
}

const CERTIFICATE: &str = "certificate";
const PRIVATE_KEY: &str = "private key";

/// Loads a PEM certificate chain (the server's own certificate first) and its PEM private key (PKCS #8, PKCS #1 or
/// SEC1). The server offers TLS 1.2 and 1.3, and HTTP/2 and HTTP/1.1 by ALPN.
///
/// # Errors
/// [`TlsError`] names the file at fault.
pub fn load(cert: &Path, key: &Path) -> Result<Arc<ServerConfig>, TlsError> {
    let chain_pem = read(CERTIFICATE, cert)?;
    let chain = CertificateDer::pem_slice_iter(&chain_pem)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|source| TlsError::Pem { what: CERTIFICATE, path: cert.into(), source })?;
    if chain.is_empty() {
        return Err(TlsError::Empty { what: CERTIFICATE, path: cert.into() });
    }
    let secret = PrivateKeyDer::from_pem_slice(&read(PRIVATE_KEY, key)?).map_err(|source| match source {
        pem::Error::NoItemsFound => TlsError::Empty { what: PRIVATE_KEY, path: key.into() },
        source => TlsError::Pem { what: PRIVATE_KEY, path: key.into(), source },
    })?;
    let unusable = |source| TlsError::Unusable { cert: cert.into(), key: key.into(), source };
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(unusable)?
        .with_no_client_auth()
        .with_single_cert(chain, secret)
        .map_err(unusable)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

fn read(what: &'static str, path: &Path) -> Result<Vec<u8>, TlsError> {
    std::fs::read(path).map_err(|source| TlsError::Read { what, path: path.into(), source })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loads_what_fits_together_and_names_what_does_not() {
        let dir = tempfile::tempdir().unwrap();
        let put = |name: &str, text: &str| {
            let path = dir.path().join(name);
            std::fs::write(&path, text).unwrap();
            path
        };
        let made = rcgen::generate_simple_self_signed(vec!["localhost".into()]).unwrap();
        let other = rcgen::generate_simple_self_signed(vec!["localhost".into()]).unwrap();
        let cert = put("cert.pem", &made.cert.pem());
        let key = put("key.pem", &made.signing_key.serialize_pem());
        let other_key = put("other.pem", &other.signing_key.serialize_pem());
        let empty = put("empty.pem", "nothing\n");
        let broken = put("broken.pem", "-----BEGIN CERTIFICATE-----\n!!\n-----END CERTIFICATE-----\n");

        assert_eq!(load(&cert, &key).unwrap().alpn_protocols, [&b"h2"[..], b"http/1.1"]);
        let message = |cert: &Path, key: &Path| load(cert, key).unwrap_err().to_string();
        assert!(message(&dir.path().join("absent"), &key).starts_with("could not read certificate"));
        assert!(message(&empty, &key).ends_with("empty.pem contains no certificate"));
        assert!(message(&broken, &key).ends_with("broken.pem is not valid PEM"));
        assert!(message(&cert, &empty).ends_with("empty.pem contains no private key"));
        assert!(message(&cert, &cert).ends_with("cert.pem contains no private key"));
        assert!(message(&cert, &other_key).ends_with("can't be used"));
    }
}
