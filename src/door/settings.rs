//! What all connections are served with.

use std::sync::Arc;
use std::time::Duration;

use rustls::ServerConfig;
use rustls::crypto::ring::{Ticketer, default_provider};
use tokio_rustls::TlsAcceptor;

use super::certificate::Certificate;
use super::drain::Drain;
use super::http2::Limits;

/// How long a client may take.
#[derive(Clone, Copy, Debug)]
pub struct Times {
    /// For its handshake, and for the head of its first request.
    pub head: Duration,
    /// Between two requests.
    pub keep_alive: Duration,
    /// To read anything of what it is sent.
    pub stall: Duration,
}

#[derive(Clone)]
pub struct Door {
    pub(super) acceptor: TlsAcceptor,
    pub(super) drain: Drain,
    pub(super) times: Times,
}

impl Door {
    /// # Errors
    /// When the machine has no random numbers.
    pub fn new(
        certificate: Arc<Certificate>,
        drain: Drain,
        times: Times,
    ) -> Result<Self, rustls::Error> {
        let builder = ServerConfig::builder_with_provider(Arc::new(default_provider()));
        let mut config = builder
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_cert_resolver(certificate);
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        // A client that comes again spares both sides the signature; nothing is kept for it here.
        config.ticketer = Ticketer::new()?;
        Ok(Self { acceptor: TlsAcceptor::from(Arc::new(config)), drain, times })
    }

    pub(super) fn http2_limits(&self) -> Limits {
        Limits { head: self.times.head, keep_alive: self.times.keep_alive }
    }
}
