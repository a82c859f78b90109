//! Who is believed, and what may not lead out of TLS.

use crate::origin::{answer, ask, get, read_request};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::net::SocketAddr;
use std::sync::Arc;
use tidemark_core::store::EgressError;
use tidemark_egress::{Gateway, Rules};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// An authority of our own.
fn authority() -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// A TLS server with a certificate for these names, which says the same to everybody. With `cut`, it hangs up without
/// saying that this was all.
async fn serve(
    authority: &CertifiedIssuer<'static, KeyPair>,
    names: &[&str],
    said: &'static str,
    cut: bool,
) -> SocketAddr {
    let key = KeyPair::generate().unwrap();
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let cert = CertificateParams::new(names).unwrap().signed_by(&key, authority).unwrap();
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .unwrap();
    let (acceptor, listener) =
        (TlsAcceptor::from(Arc::new(config)), TcpListener::bind("127.0.0.1:0").await.unwrap());
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            read_request(&mut stream).await;
            if cut {
                stream.write_all(said.as_bytes()).await.unwrap();
                stream.flush().await.unwrap();
                stream.into_inner().0.shutdown().await.unwrap();
            } else {
                answer(&mut stream, said.into()).await;
            }
        }
    });
    address
}

fn gateway(roots: Vec<CertificateDer<'static>>) -> Gateway {
    Gateway::new(Rules { allow: vec!["127.0.0.1".parse().unwrap(), "localhost".parse().unwrap()] }, roots)
}

const HELLO: &str = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

#[tokio::test]
async fn only_certificates_of_known_authorities_are_believed() {
    let ca = authority();
    let address = serve(&ca, &["localhost", "127.0.0.1"], HELLO, false).await;
    for host in ["127.0.0.1", "localhost", "LOCALHOST"] {
        let url = format!("https://{host}:{}/", address.port());
        let known = gateway(vec![ca.der().clone()]);
        assert_eq!(ask(&known, get(&url)).await, Ok((200, Ok("hello".into()))), "{host}");
        assert_eq!(ask(&gateway(Vec::new()), get(&url)).await, Err(EgressError::Untrusted), "{host}");
        let other = gateway(vec![authority().der().clone()]);
        assert_eq!(ask(&other, get(&url)).await, Err(EgressError::Untrusted), "{host}");
    }
}

#[tokio::test]
async fn a_certificate_is_for_the_name_in_the_url() {
    let ca = authority();
    let address = serve(&ca, &["files.example"], HELLO, false).await;
    let url = format!("https://localhost:{}/", address.port());
    let gateway = gateway(vec![ca.der().clone()]);
    assert_eq!(ask(&gateway, get(&url)).await, Err(EgressError::Untrusted));
}

#[tokio::test]
async fn a_body_that_was_cut_off_is_not_taken_for_a_short_one() {
    let ca = authority();
    let gateway = gateway(vec![ca.der().clone()]);
    let said = "HTTP/1.1 200 OK\r\n\r\nhello";
    let whole = serve(&ca, &["127.0.0.1"], said, false).await;
    let cut = serve(&ca, &["127.0.0.1"], said, true).await;
    assert_eq!(ask(&gateway, get(&format!("https://{whole}/"))).await, Ok((200, Ok("hello".into()))));
    assert_eq!(ask(&gateway, get(&format!("https://{cut}/"))).await, Ok((200, Err(EgressError::Broken))));
}

#[tokio::test]
async fn what_was_asked_for_encrypted_does_not_come_plain() {
    let ca = authority();
    let said = "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1234/\r\nContent-Length: 0\r\n\r\n";
    let address = serve(&ca, &["127.0.0.1"], said, false).await;
    let gateway = gateway(vec![ca.der().clone()]);
    assert_eq!(ask(&gateway, get(&format!("https://{address}/"))).await, Err(EgressError::Downgrade));
}
