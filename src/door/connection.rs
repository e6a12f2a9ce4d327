//! A connection from its first byte: plain HTTP is refused in words, then the handshake settles
//! which HTTP is spoken.

use std::net::SocketAddr;
use std::rc::Rc;

use actix_http::body::{BoxBody, MessageBody};
use actix_http::{Protocol, Request, Response};
use actix_service::Service;
use log::debug;
use socket2::SockRef;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::server::TlsStream;

use super::exchange::Peer;
use super::settings::Door;
use super::{http2, plain};

pub type Secured = TlsStream<TcpStream>;

/// What HTTP/1 is served by.
pub type OneConnection = (Secured, Protocol, Option<SocketAddr>);

/// # Cancel safety
/// Dropping it closes the connection.
pub async fn serve<S, B, H>(tcp: TcpStream, door: &Door, application: Rc<S>, http1: Rc<H>)
where
    S: Service<Request>,
    S::Response: Into<Response<B>>,
    S::Error: Into<Response<BoxBody>>,
    B: MessageBody + 'static,
    H: Service<OneConnection>,
{
    let stall = door.times.stall;
    let socket = SockRef::from(&tcp);
    // What a system does not have, only slow or silent clients notice.
    let _ = socket.set_tcp_nodelay(true);
    let _ = socket.set_tcp_user_timeout(Some(stall));
    let address = tcp.peer_addr().ok();
    match timeout(door.times.head, plain::is_tls(&tcp)).await {
        Ok(true) => {}
        Ok(false) => return plain::refuse(tcp).await,
        Err(_) => return,
    }
    let secured = match timeout(door.times.head, door.acceptor.accept(tcp)).await {
        Ok(Ok(secured)) => secured,
        // A client that does not trust the certificate ends here as well.
        Ok(Err(error)) => return debug!("no TLS with {address:?}: {error}"),
        Err(_) => return,
    };
    let is_http2 = secured.get_ref().1.alpn_protocol() == Some(b"h2");
    if is_http2 {
        let peer = Peer { address, stall };
        http2::serve(secured, application, (peer, door.http2_limits()), door.drain.notice()).await;
    } else {
        // Its errors are of the connection, which is at its end.
        let _ = http1.call((secured, Protocol::Http1, address)).await;
    }
}
