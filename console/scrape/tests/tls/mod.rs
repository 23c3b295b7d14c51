//! TLS: who is believed, who is not, and what is said about it.

use std::net::SocketAddr;
use std::sync::Arc;

use cutaway_model::{Cause, Message};
use cutaway_scrape::{Credentials, Options, Tls, TlsError, TlsFiles, once};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig};

use crate::{LONG, targets};

const CA: &[u8] = include_bytes!("../../../testdata/tls/ca.pem");
const SERVER: &[u8] = include_bytes!("../../../testdata/tls/server.pem");
const SERVER_KEY: &[u8] = include_bytes!("../../../testdata/tls/server.key");
const CLIENT: &[u8] = include_bytes!("../../../testdata/tls/client.pem");
const CLIENT_KEY: &[u8] = include_bytes!("../../../testdata/tls/client.key");

/// Serves one variable, named after the authorization it was shown.
async fn server(asks_for_certificate: bool) -> SocketAddr {
    let provider = Arc::new(ring::default_provider());
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .expect("the usual versions");
    let builder = if asks_for_certificate {
        let mut roots = RootCertStore::empty();
        let ca = CertificateDer::from_pem_slice(CA).expect("PEM");
        roots.add(ca).expect("an authority");
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
        builder.with_client_cert_verifier(verifier.build().expect("a verifier"))
    } else {
        builder.with_no_client_auth()
    };
    let certificate = CertificateDer::from_pem_slice(SERVER).expect("PEM");
    let key = PrivateKeyDer::from_pem_slice(SERVER_KEY).expect("PEM");
    let config = builder
        .with_single_cert(vec![certificate], key)
        .expect("they go together");
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
    let address = listener.local_addr().expect("bound");
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let Ok(mut stream) = acceptor.accept(stream).await else {
                    return;
                };
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    if stream.read_buf(&mut head).await.unwrap_or(0) == 0 {
                        return;
                    }
                }
                let head = String::from_utf8_lossy(&head).into_owned();
                let mut lines = head.lines();
                let shown = lines.find_map(|line| line.strip_prefix("authorization: "));
                let body = format!("{{\"{}\": 1}}", shown.unwrap_or("nobody"));
                let answer = format!(
                    "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
                    body.len()
                );
                drop(stream.write_all(answer.as_bytes()).await);
                drop(stream.shutdown().await);
            });
        }
    });
    address
}

fn files() -> TlsFiles {
    TlsFiles {
        authorities: Some(CA.to_vec()),
        ..TlsFiles::default()
    }
}

/// The target's name, and the variable it served or why not.
async fn read(address: SocketAddr, files: &TlsFiles) -> (String, Result<String, Cause>) {
    let options = Options {
        timeout: LONG,
        credentials: Some(Credentials::bearer("tok3n")),
        tls: Some(Tls::new(files).expect("files in order")),
        ..Options::default()
    };
    assert!(!format!("{options:?}").contains("tok3n"));
    let list = format!("https://localhost:{}/debug/vars", address.port());
    let (info, messages) = once(&targets(&list), options).await.remove(0);
    let read = messages.into_iter().find_map(|message| match message {
        Message::Sample { values, .. } => Some(Ok(values[0].0.name().to_owned())),
        Message::Failed { cause, .. } => Some(Err(cause)),
        _ => None,
    });
    (info.name, read.expect("one or the other"))
}

#[tokio::test]
async fn a_certificate_of_ones_own_authority_is_believed() {
    let address = server(false).await;
    let (name, read) = read(address, &files()).await;
    assert_eq!(read, Ok("Bearer tok3n".to_owned()));
    assert!(!name.contains("verified"), "{name}");
}

#[tokio::test]
async fn strangers_are_not_believed_unless_told_to_and_then_it_is_said() {
    let address = server(false).await;
    let (_, refused) = read(address, &TlsFiles::default()).await;
    assert!(
        matches!(&refused, Err(Cause::Tls(why)) if why.contains("certificate")),
        "{refused:?}"
    );
    let insecure = TlsFiles {
        insecure: true,
        ..TlsFiles::default()
    };
    let (name, read) = read(address, &insecure).await;
    assert_eq!(read, Ok("Bearer tok3n".to_owned()));
    assert!(name.ends_with("(not verified)"), "{name}");
}

#[tokio::test]
async fn a_client_certificate_is_shown() {
    let address = server(true).await;
    let mine = TlsFiles {
        identity: Some((CLIENT.to_vec(), CLIENT_KEY.to_vec())),
        ..files()
    };
    assert_eq!(read(address, &mine).await.1, Ok("Bearer tok3n".to_owned()));
    assert!(read(address, &files()).await.1.is_err());
}

#[test]
fn bad_files_are_named() {
    let empty = TlsFiles {
        authorities: Some(b"nothing".to_vec()),
        ..TlsFiles::default()
    };
    assert!(matches!(Tls::new(&empty), Err(TlsError::NoAuthority)));
    let without_key = TlsFiles {
        identity: Some((CLIENT.to_vec(), CLIENT.to_vec())),
        ..files()
    };
    assert!(matches!(Tls::new(&without_key), Err(TlsError::NoKey)));
    let swapped = TlsFiles {
        identity: Some((CLIENT.to_vec(), SERVER_KEY.to_vec())),
        ..files()
    };
    assert!(matches!(Tls::new(&swapped), Err(TlsError::Rustls(_))));
    assert!(!format!("{:?}", Tls::new(&files())).contains("BEGIN"));
}
