//! One connection of the scripted upstream: reads a request, remembers it, plays the script, waits for the next.
#![allow(dead_code, reason = "no single test needs all of it")]

use std::io;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::sync::{Notify, Semaphore, watch};

use super::received;
use super::script::{Script, Step};
use super::wire::{self, BodyLeft, Wire};

const DRIP_GAP: Duration = Duration::from_micros(200);

/// A request as the upstream got it.
#[derive(Clone, Debug)]
pub struct Seen {
    pub method: String,
    /// The request target: path and query.
    pub path: String,
    /// Names in lower case, in the order they came.
    pub headers: Vec<(String, String)>,
    pub body: Bytes,
    /// Counted from 0, in the order of acceptance.
    pub connection: usize,
    /// When its last byte was read.
    pub at: Instant,
}

impl Seen {
    pub fn header(&self, name: &str) -> Option<&str> {
        wire::header(&self.headers, name)
    }

    pub fn json(&self) -> serde_json::Value {
        let text = String::from_utf8_lossy(&self.body);
        serde_json::from_str(&text)
            .unwrap_or_else(|error| panic!("the upstream got no JSON ({error}): `{text}`"))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConnectionState {
    /// Accepted, and not a byte yet.
    Fresh,
    /// From the first byte of a request to the end of the answer.
    Busy,
    /// Answered, and waiting for the first byte of the next request.
    Idle,
    ClosedByPeer,
    ClosedByUpstream,
}

impl ConnectionState {
    pub fn is_open(self) -> bool {
        matches!(self, Self::Fresh | Self::Busy | Self::Idle)
    }
}

/// Everything that has happened to the upstream.
#[derive(Debug, Default)]
pub struct Log {
    pub requests: Vec<Seen>,
    pub connections: Vec<ConnectionState>,
    /// What could not be read as HTTP.
    pub malformed: Vec<String>,
    /// What the provider whose dialect this is would answer 400 to.
    pub invalid: Vec<String>,
}

impl Log {
    pub fn open_connections(&self) -> usize {
        self.connections.iter().filter(|state| state.is_open()).count()
    }
}

pub type Answerer = Box<dyn FnMut(&Seen) -> Script + Send>;

/// What the connections share with the test.
pub struct Stage {
    pub log: watch::Sender<Log>,
    pub answerer: Mutex<Answerer>,
    pub signals: Semaphore,
    pub close_idle: Notify,
    /// Bytes that the peers took of what is sent again and again.
    pub repeated: AtomicU64,
}

/// Who ended the connection.
enum Ended {
    ByPeer,
    ByUpstream,
}

impl From<io::Error> for Ended {
    fn from(_: io::Error) -> Self {
        Self::ByPeer
    }
}

pub struct Connection {
    number: usize,
    wire: Wire,
    stage: Arc<Stage>,
}

impl Connection {
    pub fn new(number: usize, wire: Wire, stage: Arc<Stage>) -> Self {
        Self { number, wire, stage }
    }

    pub async fn serve(mut self) {
        let ended = loop {
            if let Err(ended) = self.exchange().await {
                break ended;
            }
        };
        let Self { number, wire, stage } = self;
        // The socket goes first: who reads `closed` may rely on the FIN or RST being out.
        drop(wire);
        stage.log.send_modify(|log| {
            log.connections[number] = match ended {
                Ended::ByPeer => ConnectionState::ClosedByPeer,
                Ended::ByUpstream => ConnectionState::ClosedByUpstream,
            }
        });
    }

    async fn exchange(&mut self) -> Result<(), Ended> {
        self.wait_for_first_byte().await?;
        self.mark(ConnectionState::Busy);
        let request = match self.read_request().await {
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                return Err(self.complain(&error).await);
            }
            other => other?,
        };
        let script = (self.stage.answerer.lock().unwrap())(&request);
        let is_last =
            request.header("connection").is_some_and(|value| value.eq_ignore_ascii_case("close"));
        let complaint = received::check(&request.path, &request.body).err();
        self.stage.log.send_modify(|log| {
            log.invalid.extend(complaint.map(|why| format!("{}: {why}", request.path)));
            log.requests.push(request);
        });
        let (mut read, mut write) = self.wire.stream.split();
        tokio::select! {
            // What can be sent at once is sent, even to a peer that has said FIN already.
            biased;
            played = play(&mut write, script.into_steps(), &self.stage) => played?,
            () = peer_closes(&mut read, &mut self.wire.buffer) => return Err(Ended::ByPeer),
        }
        if is_last {
            return Err(Ended::ByUpstream);
        }
        self.mark(ConnectionState::Idle);
        Ok(())
    }

    fn mark(&self, state: ConnectionState) {
        self.stage.log.send_modify(|log| log.connections[self.number] = state);
    }

    async fn wait_for_first_byte(&mut self) -> Result<(), Ended> {
        if !self.wire.buffer.is_empty() {
            return Ok(());
        }
        let is_idle = self.stage.log.borrow().connections[self.number] == ConnectionState::Idle;
        tokio::select! {
            filled = self.wire.fill() => Ok(filled?),
            () = self.stage.close_idle.notified(), if is_idle => Err(Ended::ByUpstream),
        }
    }

    async fn read_request(&mut self) -> io::Result<Seen> {
        let head = self.wire.head().await?;
        let mut words = head.first_line.split(' ');
        let (Some(method), Some(path), Some("HTTP/1.1")) =
            (words.next(), words.next(), words.next())
        else {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                format!("no request line: `{}`", head.first_line),
            ));
        };
        let left = head.body_left(BodyLeft::Bytes(0))?;
        if wire::header(&head.headers, "expect")
            .is_some_and(|value| value.eq_ignore_ascii_case("100-continue"))
        {
            self.wire.stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").await?;
        }
        let body = self.wire.body(left).await?;
        Ok(Seen {
            method: method.to_owned(),
            path: path.to_owned(),
            headers: head.headers,
            body,
            connection: self.number,
            at: Instant::now(),
        })
    }

    async fn complain(&mut self, error: &io::Error) -> Ended {
        self.stage.log.send_modify(|log| log.malformed.push(error.to_string()));
        let answer = b"HTTP/1.1 400 Malformed\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
        match self.wire.stream.write_all(answer).await {
            Ok(()) => Ended::ByUpstream,
            Err(_) => Ended::ByPeer,
        }
    }
}

async fn play(write: &mut WriteHalf<'_>, steps: Vec<Step>, stage: &Stage) -> Result<(), Ended> {
    for step in steps {
        match step {
            Step::Send(bytes) => write.write_all(&bytes).await?,
            Step::SendForever(bytes) => loop {
                write.write_all(&bytes).await?;
                stage.repeated.fetch_add(bytes.len() as u64, Ordering::Relaxed);
            },
            Step::Drip { bytes, chunk } => drip(write, &bytes, chunk).await?,
            Step::Pause(time) => tokio::time::sleep(time).await,
            Step::Stall => std::future::pending().await,
            Step::Close => {
                write.shutdown().await?;
                return Err(Ended::ByUpstream);
            }
            Step::Reset => {
                write.as_ref().set_zero_linger()?;
                return Err(Ended::ByUpstream);
            }
            Step::WaitForSignal => stage.signals.acquire().await.unwrap().forget(),
        }
    }
    Ok(())
}

async fn drip(write: &mut WriteHalf<'_>, bytes: &[u8], chunk: usize) -> io::Result<()> {
    for piece in bytes.chunks(chunk) {
        write.write_all(piece).await?;
        write.flush().await?;
        // Tokio's timer knows no less than a millisecond, which is too long for every byte of an answer, and spinning
        // would take the CPU from the reader.
        tokio::task::spawn_blocking(|| std::thread::park_timeout(DRIP_GAP)).await?;
    }
    Ok(())
}

/// Ends with the peer's FIN or RST; a request that comes early is kept for its turn.
async fn peer_closes(read: &mut ReadHalf<'_>, buffer: &mut BytesMut) {
    while let Ok(1..) = read.read_buf(buffer).await {}
}
