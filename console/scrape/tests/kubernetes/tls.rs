//! TLS to the API server, as every real one speaks it: whom it believes, and whom the console believes.

use std::path::Path;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig};

use crate::double::Server;
use crate::world::{Service, World};

const FILES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../testdata/tls");

fn file(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(FILES).join(name)).expect("it is there")
}

/// Wants to see a certificate of its own authority.
fn acceptor() -> TlsAcceptor {
    let provider = Arc::new(ring::default_provider());
    let mut roots = RootCertStore::empty();
    let ca = CertificateDer::from_pem_slice(&file("ca.pem")).expect("PEM");
    roots.add(ca).expect("an authority");
    let verifier =
        WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider));
    let certificate = CertificateDer::from_pem_slice(&file("server.pem")).expect("PEM");
    let key = PrivateKeyDer::from_pem_slice(&file("server.key")).expect("PEM");
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("the usual versions")
        .with_client_cert_verifier(verifier.build().expect("a verifier"))
        .with_single_cert(vec![certificate], key)
        .expect("they go together");
    TlsAcceptor::from(Arc::new(config))
}

/// A user with a certificate, of a cluster with an authority of its own.
fn known(world: &World) -> (Value, Value) {
    let place = Path::new(FILES);
    let cluster = json!({
        "server": format!("https://localhost:{}", world.server.addr.port()),
        "certificate-authority-data": STANDARD.encode(file("ca.pem")),
    });
    let user = json!({
        "client-certificate": place.join("client.pem"),
        "client-key-data": STANDARD.encode(file("client.key")),
    });
    (cluster, user)
}

#[tokio::test]
async fn certificates_of_the_kubeconfig_are_shown_and_believed() {
    let (mut world, service) = (
        World::with(Server::start(Some(acceptor())).await),
        Service::start("0.1.0").await,
    );
    world.pod("api-1", &service);
    let (cluster, user) = known(&world);
    world.log_in_at(&cluster, &user);
    let mut seen = world.watch("k8s:sales-system");
    seen.reads(&["api-1"]).await;
}

#[tokio::test]
async fn who_is_not_believed_says_so_and_the_kubeconfig_is_read_again() {
    let (mut world, service) = (
        World::with(Server::start(Some(acceptor())).await),
        Service::start("0.1.0").await,
    );
    world.pod("api-1", &service);
    let (cluster, user) = known(&world);
    // The authority is not named.
    let mut strange = cluster.clone();
    strange["certificate-authority-data"] = Value::Null;
    world.log_in_at(&strange, &user);
    let mut seen = world.watch("k8s:sales-system");
    seen.fails("k8s:sales-system", "TLS: the API server https://localhost")
        .await;
    seen.fails("k8s:sales-system", "certificate").await;
    world.log_in_at(&cluster, &user);
    seen.reads(&["api-1"]).await;
}
