//! The sandbox's side of TLS: a certificate, its key, and a handshake that does not take forever.
//! Who trusts the certificate is up to the clients.

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

/// How long a handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// What a sandbox needs to speak TLS: a certificate and its key.
#[derive(Clone)]
pub struct Tls {
    acceptor: TlsAcceptor,
}

/// Why a certificate and a key are of no use.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file is not there, or holds nothing of the kind.
    #[error("{what} cannot be read from {}", path.display())]
    Unreadable {
        /// `the certificate` or `the private key`.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: pem::Error,
    },
    /// Both can be read, but do not belong together or are of a kind that TLS does not know.
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
    /// Reads a certificate, followed by those that vouch for it, and its private key.
    ///
    /// # Errors
    /// When a file cannot be read or holds no such thing, or when the two do not belong together.
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

    /// Says hello to a client; `None` when it does not answer in time, or with anything but TLS.
    pub(super) async fn shake_hands(&self, stream: TcpStream, client: SocketAddr) -> Option<TlsStream<TcpStream>> {
        match tokio::time::timeout(HANDSHAKE, self.acceptor.accept(stream)).await {
            Ok(Ok(stream)) => Some(stream),
            Ok(Err(error)) => {
                // Most of all a certificate that the client does not trust: whoever sets up TLS looks for this line.
                tracing::info!("no TLS with {client}: {error}");
                None
            }
            Err(_) => {
                tracing::info!("no TLS with {client}: it took more than {} seconds", HANDSHAKE.as_secs());
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
