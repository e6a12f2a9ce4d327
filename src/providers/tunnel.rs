//! A TCP connection to an upstream through a proxy: HTTP CONNECT (RFC 9110, section 9.3.6) or
//! SOCKS5. The proxy sees only the tunnel; TLS runs inside it, from the router to the upstream.

use std::io::{Error, ErrorKind};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_socks::tcp::Socks5Stream;

use super::resolver::GuardedResolver;
use crate::domain::proxy::{Proxy, ProxyKind};

/// The longest head of a proxy's answer to CONNECT.
const MAX_HEAD: usize = 16 * 1024;

/// # Errors
/// When the proxy cannot be reached, or refuses.
///
/// # Cancel safety
/// Dropping the future closes the connection to the proxy.
pub async fn open(
    proxy: &Proxy,
    resolver: &GuardedResolver,
    host: &str,
    port: u16,
) -> Result<TcpStream, Error> {
    let through = async |stream| match proxy.kind {
        ProxyKind::Http => http_connect(stream, proxy, host, port).await,
        ProxyKind::Socks5 => socks5(stream, proxy, host, port).await,
    };
    let opened = match resolver.connect(&proxy.host, proxy.port).await {
        Ok(stream) => through(stream).await,
        Err(error) => Err(error),
    };
    opened.map_err(|error| Error::new(error.kind(), format!("proxy {proxy}: {error}")))
}

async fn http_connect(
    mut stream: TcpStream,
    proxy: &Proxy,
    host: &str,
    port: u16,
) -> Result<TcpStream, Error> {
    let authority =
        if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") };
    let mut request = format!("CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n");
    if let Some((user, password)) = &proxy.credentials {
        let pair = format!("{user}:{}", password.expose());
        request.push_str("Proxy-Authorization: Basic ");
        request.push_str(&data_encoding::BASE64.encode(pair.as_bytes()));
        request.push_str("\r\n");
    }
    request.push_str("\r\n");
    stream.write_all(request.as_bytes()).await?;
    let status = read_status(&mut stream).await?;
    match status {
        200..=299 => Ok(stream),
        407 => Err(Error::new(ErrorKind::PermissionDenied, "it requires other credentials (407)")),
        status => Err(Error::other(format!("it refused CONNECT with {status}"))),
    }
}

/// Reads the head byte by byte, because the bytes after it belong to the upstream.
async fn read_status(stream: &mut TcpStream) -> Result<u16, Error> {
    let mut head = Vec::with_capacity(256);
    while !head.ends_with(b"\r\n\r\n") {
        if head.len() >= MAX_HEAD {
            return Err(Error::new(ErrorKind::InvalidData, "its answer to CONNECT has no end"));
        }
        head.push(stream.read_u8().await.map_err(|_| {
            Error::new(ErrorKind::InvalidData, "it closed before it answered CONNECT")
        })?);
    }
    let status = head.split(|byte| *byte == b' ').nth(1);
    let status = status.and_then(|status| std::str::from_utf8(status).ok()?.parse().ok());
    status.ok_or_else(|| Error::new(ErrorKind::InvalidData, "it does not speak HTTP"))
}

async fn socks5(
    stream: TcpStream,
    proxy: &Proxy,
    host: &str,
    port: u16,
) -> Result<TcpStream, Error> {
    let target = (host, port);
    let opened = match &proxy.credentials {
        None => Socks5Stream::connect_with_socket(stream, target).await,
        Some((user, password)) => {
            let password = password.expose();
            Socks5Stream::connect_with_password_and_socket(stream, target, user, password).await
        }
    };
    opened.map(Socks5Stream::into_inner).map_err(|error| Error::other(error.to_string()))
}
