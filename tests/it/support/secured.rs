//! Clients of a router that speaks https: a plain face in front of it, for tests that speak HTTP/1, and HTTP/2.
#![allow(dead_code, reason = "no single test needs all of it")]

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use h2::client::{ResponseFuture, SendRequest};
use h2::{RecvStream, SendStream};
use rcgen::{CertificateParams, KeyPair, date_time_ymd};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{
    WebPkiSupportedAlgorithms, ring, verify_tls12_signature, verify_tls13_signature,
};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, Error, SignatureScheme};
use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// A certificate and its key, in PEM.
#[derive(Clone)]
pub struct Pair {
    pub cert: String,
    pub key: String,
}

impl Pair {
    /// For this machine, valid in these years.
    pub fn valid(from: i32, until: i32) -> Self {
        let names = vec![String::from("localhost"), String::from("127.0.0.1")];
        let mut params = CertificateParams::new(names).unwrap();
        params.not_before = date_time_ymd(from, 1, 1);
        params.not_after = date_time_ymd(until, 1, 1);
        let key = KeyPair::generate().unwrap();
        Self { cert: params.self_signed(&key).unwrap().pem(), key: key.serialize_pem() }
    }

    pub fn write(&self, folder: &Path) {
        std::fs::write(folder.join("cert.pem"), &self.cert).unwrap();
        std::fs::write(folder.join("key.pem"), &self.key).unwrap();
    }
}

/// Trusts whatever it is shown.
#[derive(Debug)]
struct Trusting(WebPkiSupportedAlgorithms);

impl ServerCertVerifier for Trusting {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, cert, signed, &self.0)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, cert, signed, &self.0)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_schemes()
    }
}

/// What speaks one of these protocols.
pub fn connector(alpn: &[&str]) -> TlsConnector {
    let provider = Arc::new(ring::default_provider());
    let trusting = Trusting(provider.signature_verification_algorithms);
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(trusting))
        .with_no_client_auth();
    config.alpn_protocols = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
    TlsConnector::from(Arc::new(config))
}

pub async fn connect(
    connector: &TlsConnector,
    addr: SocketAddr,
) -> std::io::Result<TlsStream<TcpStream>> {
    let tcp = TcpStream::connect(addr).await?;
    tcp.set_nodelay(true)?;
    connector.connect(ServerName::try_from("localhost").unwrap(), tcp).await
}

/// Takes plain HTTP/1 and speaks TLS with the router, for as long as the test's runtime lives.
pub async fn face(router: SocketAddr) -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let addr = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let connector = connector(&["http/1.1"]);
        while let Ok((mut inside, _)) = listener.accept().await {
            let connector = connector.clone();
            tokio::spawn(async move {
                let Ok(mut outside) = connect(&connector, router).await else { return };
                let _ = tokio::io::copy_bidirectional(&mut inside, &mut outside).await;
            });
        }
    });
    addr
}

/// A connection that speaks HTTP/2.
pub struct Http2 {
    pub send: SendRequest<Bytes>,
    authority: String,
    driver: tokio::task::JoinHandle<Result<(), h2::Error>>,
}

/// An answer whose body came to its end.
#[derive(Debug)]
pub struct Answer {
    pub head: http::response::Parts,
    pub body: Bytes,
}

impl Answer {
    pub fn status(&self) -> u16 {
        self.head.status.as_u16()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

impl Http2 {
    pub async fn connect(addr: SocketAddr) -> Self {
        Self::with(addr, &h2::client::Builder::new()).await
    }

    pub async fn with(addr: SocketAddr, builder: &h2::client::Builder) -> Self {
        let stream = connect(&connector(&["h2"]), addr).await.unwrap();
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(b"h2".as_slice()));
        let (send, connection) = builder.handshake(stream).await.unwrap();
        let driver = tokio::spawn(connection);
        Self { send, authority: format!("localhost:{}", addr.port()), driver }
    }

    /// A request whose body is still to come, unless `is_all`.
    pub async fn begin(
        &mut self,
        (method, path): (&str, &str),
        headers: &[(&str, &str)],
        is_all: bool,
    ) -> (ResponseFuture, SendStream<Bytes>) {
        let uri = format!("https://{}{path}", self.authority);
        let mut request = http::Request::builder().method(method).uri(uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(()).unwrap();
        let mut ready = self.send.clone().ready().await.unwrap();
        ready.send_request(request, is_all).unwrap()
    }

    pub async fn get(&mut self, path: &str) -> Answer {
        whole(self.begin(("GET", path), &[], true).await.0).await
    }

    /// A JSON request that was sent whole.
    pub async fn post(&mut self, path: &str, body: &Value) -> (ResponseFuture, SendStream<Bytes>) {
        let json = [("content-type", "application/json")];
        let (response, mut sending) = self.begin(("POST", path), &json, false).await;
        sending.send_data(body.to_string().into(), true).unwrap();
        (response, sending)
    }

    pub async fn chat(&mut self, body: &Value) -> Answer {
        whole(self.post("/v1/chat/completions", body).await.0).await
    }

    /// How the connection ended, for the client.
    pub async fn ended(self) -> Result<(), h2::Error> {
        let Self { send, driver, .. } = self;
        let ended = tokio::time::timeout(super::secs(10), driver).await;
        drop(send);
        ended.expect("the connection ends").unwrap()
    }

    /// Closes the connection, without a word of HTTP/2.
    pub fn hang_up(self) {
        self.driver.abort();
    }
}

pub async fn whole(response: ResponseFuture) -> Answer {
    let (head, body) = response.await.unwrap().into_parts();
    Answer { head, body: rest(body).await.unwrap() }
}

pub async fn next(body: &mut RecvStream) -> Option<Result<Bytes, h2::Error>> {
    let chunk = body.data().await?;
    if let Ok(chunk) = &chunk {
        let _ = body.flow_control().release_capacity(chunk.len());
    }
    Some(chunk)
}

/// An answer before the request's end is followed by a reset without an error: no more of it is wanted.
pub async fn rest(mut body: RecvStream) -> Result<Bytes, h2::Error> {
    let mut all = BytesMut::new();
    loop {
        match next(&mut body).await {
            Some(Ok(chunk)) => all.extend_from_slice(&chunk),
            Some(Err(error)) if error.reason() != Some(h2::Reason::NO_ERROR) => return Err(error),
            Some(Err(_)) | None => return Ok(all.freeze()),
        }
    }
}
