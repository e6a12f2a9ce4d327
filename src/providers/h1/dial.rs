//! New connections: directly or through a proxy, with TLS or without.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use url::{Host, Url};

use super::connection::Connection;
use super::io::Io;
use crate::domain::proxy::Proxy;
use crate::providers::counted::ConnectionCounts;
use crate::providers::resolver::GuardedResolver;
use crate::providers::tunnel;

/// Where a URL leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Destination {
    host: String,
    port: u16,
    /// The name that its certificate must bear; `None` without TLS.
    tls: Option<ServerName<'static>>,
}

impl Destination {
    /// `None` when the URL has no host, or one that no certificate can bear.
    pub fn of(url: &Url) -> Option<Self> {
        let host = match url.host()? {
            Host::Domain(name) => name.to_owned(),
            Host::Ipv4(address) => address.to_string(),
            Host::Ipv6(address) => address.to_string(),
        };
        let tls = match url.scheme() {
            "https" => Some(ServerName::try_from(host.clone()).ok()?),
            _ => None,
        };
        Some(Self { port: url.port_or_known_default()?, host, tls })
    }
}

#[derive(Debug)]
pub enum DialError {
    /// Not connected within the time for it.
    TooSlow,
    Io(io::Error),
}

pub struct Dialer {
    pub tls: Arc<ClientConfig>,
    pub proxy: Option<Proxy>,
    pub resolver: GuardedResolver,
    /// For the name's lookup and TCP, with the proxy's tunnel if there is one; and again for TLS.
    pub limit: Duration,
    pub counts: Arc<ConnectionCounts>,
}

impl Dialer {
    /// Opens a connection; returns how long that took, without TLS.
    ///
    /// # Errors
    /// When it cannot be opened in time.
    ///
    /// # Cancel safety
    /// Dropping the future closes what was opened.
    pub async fn dial(&self, to: &Destination) -> Result<(Connection, Duration), DialError> {
        let began = Instant::now();
        let tcp = async {
            match &self.proxy {
                None => self.resolver.connect(&to.host, to.port).await,
                Some(proxy) => tunnel::open(proxy, &self.resolver, &to.host, to.port).await,
            }
        };
        let stream = within(self.limit, tcp).await?;
        let took = began.elapsed();
        // A socket that refuses the option still works, only slower.
        let _ = stream.set_nodelay(true);
        let open = self.counts.opened_one();
        let io = match &to.tls {
            None => Io::Plain(stream),
            Some(name) => {
                let connector = TlsConnector::from(self.tls.clone());
                let tls = connector.connect(name.clone(), stream);
                Io::Tls(Box::new(within(self.limit, tls).await?))
            }
        };
        Ok((Connection::new(io, open), took))
    }
}

async fn within<T>(
    limit: Duration,
    step: impl Future<Output = io::Result<T>>,
) -> Result<T, DialError> {
    match timeout(limit, step).await {
        Err(_) => Err(DialError::TooSlow),
        Ok(done) => done.map_err(DialError::Io),
    }
}
