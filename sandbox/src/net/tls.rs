//! Server-side TLS: a certificate, its key, and a handshake with a timeout.

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::{self, PemObject};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{self, ServerConfig};
use tokio_rustls::server::TlsStream;

/// The timeout of a handshake.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// The TLS configuration of a sandbox: a certificate and its key.
#[derive(Clone)]
pub struct Tls {
    acceptor: TlsAcceptor,
}

/// Why a certificate and a key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file does not exist, or does not contain it.
    #[error("{what} cannot be read from {}", path.display())]
    Unreadable {
        /// `the certificate` or `the private key`.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: pem::Error,
    },
    /// Both are readable, but do not match or are of a kind that TLS does not support.
    #[error("the certificate {} and the private key {} cannot be used together", certificate.display(), key.display())]
    Unusable {
        /// The file of the certificate.
        certificate: PathBuf,
        /// The file of the key.
        key: PathBuf,
        /// What is wrong with them.
        source: rustls::Error,
    },
}

impl Tls {
    /// Reads a certificate, followed by its chain, and its private key.
    ///
    /// # Errors
    ///
    /// If a file cannot be read or does not contain one, or if the two do not match.
    pub fn from_pem_files(certificate: &Path, key: &Path) -> Result<Self, TlsError> {
        let chain = chain(certificate).map_err(|source| TlsError::Unreadable {
            what: "the certificate",
            path: certificate.to_owned(),
            source,
        })?;
        let private = PrivateKeyDer::from_pem_file(key).map_err(|source| TlsError::Unreadable {
            what: "the private key",
            path: key.to_owned(),
            source,
        })?;
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("ring speaks the default versions")
            .with_no_client_auth()
            .with_single_cert(chain, private)
            .map_err(|source| TlsError::Unusable {
                certificate: certificate.to_owned(),
                key: key.to_owned(),
                source,
            })?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self { acceptor: TlsAcceptor::from(Arc::new(config)) })
    }

    /// Performs the TLS handshake; `None` if the client does not complete it in time, or does not speak TLS.
    pub(super) async fn shake_hands(&self, stream: TcpStream, client: SocketAddr) -> Option<TlsStream<TcpStream>> {
        match tokio::time::timeout(HANDSHAKE, self.acceptor.accept(stream)).await {
            Ok(Ok(stream)) => Some(stream),
            Ok(Err(error)) => {
                // Most often the client does not trust the certificate; this line helps to diagnose it.
                tracing::info!("TLS handshake with {client} failed: {error}");
                None
            }
            Err(_) => {
                tracing::info!("TLS handshake with {client} timed out after {} seconds", HANDSHAKE.as_secs());
                None
            }
        }
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").finish_non_exhaustive()
    }
}

fn chain(path: &Path) -> Result<Vec<CertificateDer<'static>>, pem::Error> {
    let chain = CertificateDer::pem_file_iter(path)?.collect::<Result<Vec<_>, _>>()?;
    if chain.is_empty() { Err(pem::Error::NoItemsFound) } else { Ok(chain) }
}
