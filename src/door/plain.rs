//! Someone who speaks plain HTTP on the port of TLS is told so, in place of bytes that mean nothing
//! to a browser.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// The first byte of a TLS connection: a record of its handshake.
const HANDSHAKE: u8 = 0x16;

const ANSWER: &str = "HTTP/1.1 400 Bad Request\r\n\
    content-type: application/json\r\n\
    content-length: 118\r\n\
    connection: close\r\n\r\n\
    {\"detail\":\"this port takes https only: write https:// in place of http://\",\"code\":\"https_required\",\"request_id\":null}\n";

/// For the client to get the answer and leave.
const LINGER: Duration = Duration::from_secs(2);

/// The most that is read of a request that is refused.
const MOST_READ: usize = 64 * 1024;

/// Whether the client begins a handshake. Waits for its first byte.
pub async fn is_tls(stream: &TcpStream) -> bool {
    let mut first = [0];
    let read = stream.peek(&mut first).await;
    // With no byte at all, the handshake finds out what is wrong.
    !matches!(read, Ok(1)) || first == [HANDSHAKE]
}

/// What is left unread would make the kernel take the answer back.
pub async fn refuse(mut stream: TcpStream) {
    let _ = stream.write_all(ANSWER.as_bytes()).await;
    let _ = stream.shutdown().await;
    let read_on = async {
        let mut buffer = [0; 4096];
        let mut left = MOST_READ;
        while let Ok(read @ 1..) = stream.read(&mut buffer).await {
            left = left.saturating_sub(read);
            if left == 0 {
                return;
            }
        }
    };
    // A client that stays is closed on.
    let _ = timeout(LINGER, read_on).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_is_as_long_as_it_says() {
        let (head, body) = ANSWER.split_once("\r\n\r\n").unwrap();
        assert!(head.contains(&format!("content-length: {}\r\n", body.len())), "{}", body.len());
        assert!(serde_json::from_str::<serde_json::Value>(body).is_ok());
    }
}
