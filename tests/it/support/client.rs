//! A client that sees every byte, and can hang up in every way a caller of the gateway can.
//!
//! Every await is bounded on the clock of the test, to 10 s where the test does not say otherwise; under paused time
//! the bound may strike early.
#![allow(dead_code, reason = "no single test needs all of it")]

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;

pub use super::response::{Head, Response};
use super::wire::{self, BodyLeft, Wire};

const PATIENCE: Duration = Duration::from_secs(10);

/// How a body came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyEnd {
    /// As its framing says.
    Complete,
    /// FIN before that.
    Truncated,
    /// RST before that.
    Reset,
}

/// One request on a connection of its own. Panics when the answer does not come whole.
pub async fn request(
    addr: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Response {
    let mut client = RawClient::connect(addr).await;
    // A server may answer and close before it has read all, so a failed write is no failure yet.
    let _ = client.try_send_request(method, path, headers, body).await;
    let head = loop {
        let head = client.read_head().await;
        if head.status >= 200 {
            break head;
        }
    };
    Response { status: head.status, headers: head.headers, body: client.read_body().await }
}

pub async fn post_json(addr: SocketAddr, path: &str, json: &serde_json::Value) -> Response {
    request(
        addr,
        "POST",
        path,
        &[("content-type", "application/json")],
        json.to_string().as_bytes(),
    )
    .await
}

pub struct RawClient {
    addr: SocketAddr,
    patience: Duration,
    wire: Wire,
    /// The answer to HEAD announces a body that never comes.
    asked_for_head: bool,
    left: BodyLeft,
    /// Decoded, and not yet given out as a frame.
    frames: BytesMut,
    end: Option<BodyEnd>,
}

impl RawClient {
    pub async fn connect(addr: SocketAddr) -> Self {
        Self::over(addr, TcpStream::connect(addr)).await
    }

    /// The kernel holds little of what it does not read.
    pub async fn connect_with_small_buffer(addr: SocketAddr) -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(4096).unwrap();
        Self::over(addr, socket.connect(addr)).await
    }

    async fn over(
        addr: SocketAddr,
        connecting: impl Future<Output = io::Result<TcpStream>>,
    ) -> Self {
        let stream = bounded("connect", addr, PATIENCE, connecting).await;
        let stream = stream.unwrap_or_else(|error| panic!("cannot connect to {addr}: {error}"));
        Self {
            addr,
            patience: PATIENCE,
            wire: Wire::new(stream).unwrap(),
            asked_for_head: false,
            left: BodyLeft::Bytes(0),
            frames: BytesMut::new(),
            end: None,
        }
    }

    /// For work whose time is the machine's alone.
    pub fn with_patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Writes the request and reads nothing. `headers` come before those that are added where they lack.
    pub async fn post_json(&mut self, path: &str, body: &str, headers: &[(&str, &str)]) {
        let json = [("content-type", "application/json")];
        let has_type = headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type"));
        let headers = [headers, if has_type { &[] } else { &json }].concat();
        self.send_request("POST", path, &headers, body.as_bytes()).await;
    }

    /// Adds `host` and `content-length` where they lack; with `transfer-encoding` the body has to be encoded already.
    pub async fn send_request(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) {
        let sent = self.try_send_request(method, path, headers, body).await;
        sent.unwrap_or_else(|error| {
            panic!("cannot send {method} {path} to {}: {error}", self.addr)
        });
    }

    pub async fn try_send_request(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> io::Result<()> {
        let has = |wanted: &str| headers.iter().any(|(name, _)| name.eq_ignore_ascii_case(wanted));
        let mut bytes = format!("{method} {path} HTTP/1.1\r\n");
        if !has("host") {
            bytes.push_str(&format!("host: {}\r\n", self.addr));
        }
        for (name, value) in headers {
            bytes.push_str(&format!("{name}: {value}\r\n"));
        }
        if !has("content-length")
            && !has("transfer-encoding")
            && (!body.is_empty() || method == "POST")
        {
            bytes.push_str(&format!("content-length: {}\r\n", body.len()));
        }
        bytes.push_str("\r\n");
        self.asked_for_head = method == "HEAD";
        self.try_send_raw([bytes.as_bytes(), body].concat()).await
    }

    pub async fn send_raw(&mut self, bytes: impl AsRef<[u8]>) {
        let sent = self.try_send_raw(bytes).await;
        sent.unwrap_or_else(|error| panic!("cannot send to {}: {error}", self.addr));
    }

    pub async fn try_send_raw(&mut self, bytes: impl AsRef<[u8]>) -> io::Result<()> {
        bounded("send", self.addr, self.patience, self.wire.stream.write_all(bytes.as_ref())).await
    }

    /// The next head, an interim one (100) included.
    pub async fn read_head(&mut self) -> Head {
        let head = self.try_read_head().await;
        head.unwrap_or_else(|error| panic!("no head came from {}: {error}", self.addr))
    }

    /// `UnexpectedEof` for a FIN in its place, `ConnectionReset` for an RST.
    pub async fn try_read_head(&mut self) -> io::Result<Head> {
        let head = bounded("head", self.addr, self.patience, self.wire.head()).await?;
        let status = head.first_line.split(' ').nth(1).and_then(|code| code.parse().ok());
        let status: u16 = status.unwrap_or_else(|| panic!("no status line: `{}`", head.first_line));
        let is_bare = self.asked_for_head || matches!(status, 100..200 | 204 | 304);
        self.left =
            if is_bare { BodyLeft::Bytes(0) } else { head.body_left(BodyLeft::UntilClose)? };
        self.end = None;
        self.frames.clear();
        Ok(Head { status, headers: head.headers })
    }

    /// The whole body. Panics when it is cut short.
    pub async fn read_body(&mut self) -> Vec<u8> {
        let (body, end) = self.read_body_and_end().await;
        assert_eq!(
            end,
            BodyEnd::Complete,
            "the body from {} was cut short: `{}`",
            self.addr,
            body.escape_ascii()
        );
        body
    }

    /// What comes of the body, and how it ended.
    pub async fn read_body_and_end(&mut self) -> (Vec<u8>, BodyEnd) {
        loop {
            if let Some(end) = self.end {
                return (self.frames.split().to_vec(), end);
            }
            self.read_piece().await;
        }
    }

    /// The next server-sent event with its blank line. Panics when there is none.
    pub async fn read_frame(&mut self) -> Bytes {
        let frame = self.next_frame().await;
        frame.unwrap_or_else(|| {
            panic!("no frame came from {}, the body ended: {:?}", self.addr, self.end)
        })
    }

    /// The next line of the body, with its end. Panics when there is none.
    pub async fn read_line(&mut self) -> Bytes {
        loop {
            if let Some(end) = self.frames.iter().position(|byte| *byte == b'\n') {
                return self.frames.split_to(end + 1).freeze();
            }
            assert!(self.end.is_none(), "no line came from {}, the body ended", self.addr);
            self.read_piece().await;
        }
    }

    /// The next server-sent event; `None` after the last. What a broken body leaves is a frame without a blank line.
    pub async fn next_frame(&mut self) -> Option<Bytes> {
        loop {
            if let Some(end) = wire::frame_end(&self.frames) {
                return Some(self.frames.split_to(end).freeze());
            }
            if self.end.is_some() {
                return (!self.frames.is_empty()).then(|| self.frames.split().freeze());
            }
            self.read_piece().await;
        }
    }

    /// The remaining frames, and how the body ended.
    pub async fn read_to_end(&mut self) -> (Vec<Bytes>, BodyEnd) {
        let mut frames = Vec::new();
        while let Some(frame) = self.next_frame().await {
            frames.push(frame);
        }
        (frames, self.end.expect("no frame is left only at the end"))
    }

    pub async fn read_frame_after_head(&mut self) -> Bytes {
        assert_eq!(self.read_head().await.status, 200);
        self.read_frame().await
    }

    /// Panics unless the connection ends within `bound`, whatever is said before that.
    pub async fn expect_end_within(&mut self, bound: Duration) {
        let end = async { while self.wire.fill().await.is_ok() {} };
        let addr = self.addr;
        timeout(bound, end)
            .await
            .unwrap_or_else(|_| panic!("{addr} did not close within {bound:?}"));
    }

    /// Panics unless the server closes, by FIN or RST and without a further byte, within `bound`.
    pub async fn expect_closed_within(&mut self, bound: Duration) {
        match timeout(bound, self.wire.fill()).await {
            Ok(Err(_)) if self.wire.buffer.is_empty() => {}
            Ok(_) => panic!(
                "{} sent `{}` where it should close",
                self.addr,
                self.wire.buffer.escape_ascii()
            ),
            Err(_) => panic!("{} did not close within {bound:?}", self.addr),
        }
    }

    /// FIN, while answers can still be read.
    pub async fn hang_up_fin(&mut self) {
        bounded("FIN", self.addr, self.patience, self.wire.stream.shutdown()).await.unwrap();
    }

    pub fn hang_up_rst(self) {
        self.wire.stream.set_zero_linger().unwrap();
    }

    /// Drops the socket: FIN when all that came was read, otherwise the kernel sends RST.
    pub fn close(self) {}

    async fn read_piece(&mut self) {
        let piece = self.wire.body_piece(&mut self.left);
        match bounded("body", self.addr, self.patience, piece).await {
            Ok(Some(piece)) => self.frames.extend_from_slice(&piece),
            Ok(None) => self.end = Some(BodyEnd::Complete),
            Err(error) => match error.kind() {
                io::ErrorKind::UnexpectedEof => self.end = Some(BodyEnd::Truncated),
                io::ErrorKind::InvalidData => panic!("{} sent a broken body: {error}", self.addr),
                _ => self.end = Some(BodyEnd::Reset),
            },
        }
    }
}

async fn bounded<T>(
    what: &str,
    addr: SocketAddr,
    patience: Duration,
    future: impl Future<Output = T>,
) -> T {
    timeout(patience, future)
        .await
        .unwrap_or_else(|_| panic!("{what}: {addr} took longer than {patience:?}"))
}
