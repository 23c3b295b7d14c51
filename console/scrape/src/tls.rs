//! TLS to targets: whom to believe, and who to be.

use std::fmt;
use std::sync::Arc;

use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::client::danger::{
    HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier,
};
use tokio_rustls::rustls::crypto::{CryptoProvider, ring};
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use tokio_rustls::rustls::{
    self, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
};

/// How to speak TLS with targets whose URL begins with `https`. Keys in it are never printed.
#[derive(Clone)]
pub struct Tls {
    connector: TlsConnector,
    verified: bool,
}

/// What TLS is made from, each as PEM.
#[derive(Clone, Default)]
pub struct TlsFiles {
    /// Certification authorities to believe instead of the system's.
    pub authorities: Option<Vec<u8>>,
    /// A certificate to show, followed by those that vouch for it, and its key.
    pub identity: Option<(Vec<u8>, Vec<u8>)>,
    /// Whether to believe any certificate.
    pub insecure: bool,
}

/// Why there is no TLS.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// No certificate of an authority can be read.
    #[error("the file of certification authorities has no certificate in PEM form")]
    NoAuthority,
    /// The client's certificate cannot be read.
    #[error("the client's certificate file has no certificate in PEM form")]
    NoCertificate,
    /// The client's key cannot be read.
    #[error("the client's key file has no private key in PEM form")]
    NoKey,
    /// Certificate and key do not go together, or an algorithm is unknown.
    #[error("TLS: {0}")]
    Rustls(#[from] rustls::Error),
}

impl Tls {
    /// From files that were read. Without authorities, the system's are believed.
    ///
    /// # Errors
    /// Something in the files is not what it should be.
    pub fn new(files: &TlsFiles) -> Result<Self, TlsError> {
        let provider = Arc::new(ring::default_provider());
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider));
        let builder = builder.with_safe_default_protocol_versions()?;
        let builder = if files.insecure {
            let anybody = Arc::new(Anybody(provider));
            builder
                .dangerous()
                .with_custom_certificate_verifier(anybody)
        } else {
            builder.with_root_certificates(roots(files.authorities.as_deref())?)
        };
        let config = match &files.identity {
            None => builder.with_no_client_auth(),
            Some((certificate, key)) => {
                let certificates = certificates(certificate);
                if certificates.is_empty() {
                    return Err(TlsError::NoCertificate);
                }
                let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| TlsError::NoKey)?;
                builder.with_client_auth_cert(certificates, key)?
            }
        };
        Ok(Self {
            connector: TlsConnector::from(Arc::new(config)),
            verified: !files.insecure,
        })
    }

    /// Whether it is certain who answers.
    pub fn is_verified(&self) -> bool {
        self.verified
    }

    pub(crate) fn connector(&self) -> &TlsConnector {
        &self.connector
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls")
            .field("verified", &self.verified)
            .finish_non_exhaustive()
    }
}

fn certificates(pem: &[u8]) -> Vec<CertificateDer<'static>> {
    CertificateDer::pem_slice_iter(pem).flatten().collect()
}

fn roots(own: Option<&[u8]>) -> Result<RootCertStore, TlsError> {
    let mut roots = RootCertStore::empty();
    let believed = own.map_or_else(
        || rustls_native_certs::load_native_certs().certs,
        certificates,
    );
    let (added, _) = roots.add_parsable_certificates(believed);
    if added == 0 && own.is_some() {
        return Err(TlsError::NoAuthority);
    }
    Ok(roots)
}

/// Believes any certificate; signatures are checked all the same.
#[derive(Debug)]
struct Anybody(Arc<CryptoProvider>);

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
