//! The awc client of one pool: TCP without Nagle's delay, TLS, and every default of awc that would
//! cut a long answer set to what a relay needs.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use actix_rt::net::TcpStream;
use actix_service::{Service as _, fn_service};
use actix_tls::connect::{
    ConnectError, ConnectInfo, Connection, Connector as TcpConnector, Resolver,
};
use awc::http::Uri;
use awc::{Client, Connector};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

use super::resolver::GuardedResolver;
use super::tunnel;
use crate::config::egress::EgressPolicy;
use crate::domain::failure::Fault;
use crate::domain::proxy::Proxy;
use crate::observe::descriptors::are_exhausted;

/// An older connection is replaced, so that a changed DNS entry takes effect.
const LIFETIME: Duration = Duration::from_secs(600);

/// `ProviderState::connections` bounds the calls over all workers; awc's limit per client must not
/// be reached.
const AWC_LIMIT: usize = 1_000_000;

/// TLS with the roots that Mozilla trusts, HTTP/1.1 only: one connection a call, so that cancelling
/// a call closes nothing else.
pub fn trust_roots() -> Arc<ClientConfig> {
    // awc builds a default configuration of its own from the process-wide provider. If one is
    // installed already, as by an earlier test, it is the same.
    let _ = rustls::crypto::ring::default_provider().install_default();
    tls(actix_tls::connect::rustls_0_23::webpki_roots_cert_store())
}

/// The same roots and the certificates of a file.
///
/// # Errors
/// When the file cannot be read or holds no certificate.
pub fn trust_file(path: &str) -> Result<Arc<ClientConfig>, Fault> {
    let bad = |what: String| match are_exhausted() {
        true => Fault::NoDescriptors,
        false => Fault::Connect(format!("its ca_file `{path}` cannot be used: {what}")),
    };
    let mut roots = actix_tls::connect::rustls_0_23::webpki_roots_cert_store();
    let certificates =
        CertificateDer::pem_file_iter(path).map_err(|error| bad(error.to_string()))?;
    let mut count = 0;
    for certificate in certificates {
        let certificate = certificate.map_err(|error| bad(error.to_string()))?;
        roots.add(certificate).map_err(|error| bad(error.to_string()))?;
        count += 1;
    }
    if count == 0 {
        return Err(bad(String::from("it holds no certificate")));
    }
    Ok(tls(roots))
}

fn tls(roots: RootCertStore) -> Arc<ClientConfig> {
    let mut config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Arc::new(config)
}

pub fn client(
    keep_alive: Duration,
    connect: Duration,
    tls: Arc<ClientConfig>,
    proxy: Option<Proxy>,
    egress: EgressPolicy,
) -> Client {
    let direct = TcpConnector::new(Resolver::custom(GuardedResolver(egress))).service();
    let proxy = proxy.map(Rc::new);
    let tcp = fn_service(move |info: ConnectInfo<Uri>| {
        let (direct, proxy) = (direct.clone(), proxy.clone());
        async move {
            let connection = match proxy {
                None => direct.call(info).await?,
                Some(proxy) => through(&proxy, &GuardedResolver(egress), info).await?,
            };
            // A socket that refuses the option still works, only slower.
            let _ = connection.io_ref().set_nodelay(true);
            Ok::<_, ConnectError>(connection)
        }
    });
    let connector = Connector::new()
        .connector(tcp)
        .rustls_0_23(tls)
        .timeout(connect)
        .handshake_timeout(connect)
        .conn_keep_alive(keep_alive)
        .conn_lifetime(LIFETIME)
        .limit(AWC_LIMIT);
    Client::builder()
        .connector(connector)
        .disable_timeout()
        .disable_redirects()
        .no_default_headers()
        .finish()
}

async fn through(
    proxy: &Proxy,
    resolver: &GuardedResolver,
    info: ConnectInfo<Uri>,
) -> Result<Connection<Uri, TcpStream>, ConnectError> {
    let host = info.hostname().trim_matches(['[', ']']).to_owned();
    let stream =
        tunnel::open(proxy, resolver, &host, info.port()).await.map_err(ConnectError::Io)?;
    let uri = info.request().clone();
    Ok(Connection::new(uri, stream))
}
