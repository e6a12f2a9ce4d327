//! Where the providers of the cells are, from a scripted upstream to a port where nobody listens.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpSocket, TcpStream};

use super::fault::Fault;
use crate::support::{Upstream, tls};

/// Where the providers are.
pub struct Places {
    faulty: String,
    refusing: String,
    unanswering: String,
    without_tls: String,
    untrusted: String,
    /// What keeps them as they are.
    _held: (TcpListener, Vec<TcpStream>, tempfile::TempDir),
}

impl Places {
    pub async fn open(faulty: &Upstream) -> Self {
        let (unanswering, listener, held) = full_backlog().await;
        let folder = tempfile::tempdir().unwrap();
        let untrusted = tls::face(faulty, "localhost", &folder.path().join("ca.pem")).await;
        Self {
            faulty: faulty.base_url(),
            refusing: format!("http://127.0.0.1:{}", Upstream::refusing_port()),
            unanswering: format!("http://{unanswering}"),
            without_tls: format!("https://{}", without_tls().await),
            untrusted: format!("https://localhost:{untrusted}"),
            _held: (listener, held, folder),
        }
    }

    pub fn of(&self, fault: Fault) -> String {
        match fault {
            Fault::Refused => &self.refusing,
            Fault::Unanswered => &self.unanswering,
            Fault::NoTls => &self.without_tls,
            Fault::UntrustedCertificate => &self.untrusted,
            _ => &self.faulty,
        }
        .clone()
    }
}

/// A listener whose backlog is full: further handshakes are never completed.
async fn full_backlog() -> (SocketAddr, TcpListener, Vec<TcpStream>) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1).unwrap();
    let addr = listener.local_addr().unwrap();
    let mut held = Vec::new();
    let patience = Duration::from_millis(200);
    while let Ok(Ok(stream)) = tokio::time::timeout(patience, TcpStream::connect(addr)).await {
        held.push(stream);
        assert!(held.len() < 100, "the backlog never fills");
    }
    (addr, listener, held)
}

/// Answers whatever comes as a web server does that hears no HTTP.
async fn without_tls() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ =
                stream.write_all(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n").await;
            let _ = stream.shutdown().await;
        }
    });
    addr
}
