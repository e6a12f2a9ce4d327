//! Clients that call at a fixed rate, or as fast as the machine allows, and note which calls were answered, and when.

use std::collections::{BTreeMap, HashSet};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::loopback::{header, position};
use crate::number;

/// One call in so many is streamed.
const STREAMED: u64 = 8;

/// When a call was sent, and when the last byte of its answer came.
#[derive(Clone, Copy, Debug)]
struct Times {
    sent: Instant,
    answered: Option<Instant>,
}

/// The calls by their ids.
#[derive(Default)]
pub struct Tally(BTreeMap<String, Times>);

/// What is missing in the file of the calls that were answered.
pub struct Lost {
    pub count: usize,
    /// Before the last answer of all.
    pub oldest: Duration,
    /// One that was answered before a call was sent that is there.
    pub hole: Option<String>,
}

pub struct Load {
    clients: JoinSet<Tally>,
    is_ending: Arc<AtomicBool>,
}

impl Load {
    pub fn start(router: SocketAddr, name: &str) -> Self {
        let (clients, rate) = (number("CRASH_CLIENTS", 48), number("CRASH_RATE", 2_000));
        let pace = Duration::from_micros(clients * 1_000_000 / rate.max(1));
        let is_ending = Arc::new(AtomicBool::new(false));
        let client = |client| call_on(router, format!("{name}-{client}"), pace, is_ending.clone());
        let clients = (0..clients).map(client).collect();
        Self { clients, is_ending }
    }

    /// Each client ends after its call.
    pub fn end_soon(&self) {
        self.is_ending.store(true, Ordering::Relaxed);
    }

    /// Waits until the router has gone, or the clients have ended.
    pub async fn ended(mut self) -> Tally {
        let mut all = Tally::default();
        while let Some(tally) = self.clients.join_next().await {
            all.merge(tally.unwrap());
        }
        assert!(all.answered() > 0, "no call was answered");
        all
    }
}

impl Tally {
    pub fn merge(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    pub fn answered(&self) -> usize {
        self.0.values().filter(|times| times.answered.is_some()).count()
    }

    /// Calls that no whole answer came to.
    pub fn failed(&self) -> usize {
        self.0.len() - self.answered()
    }

    pub fn was_sent(&self, id: &str) -> bool {
        self.0.contains_key(id)
    }

    /// The longest time between two answers.
    pub fn longest_silence(&self) -> Duration {
        let mut answers: Vec<_> = self.0.values().filter_map(|times| times.answered).collect();
        answers.sort_unstable();
        answers.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap_or_default()
    }

    pub fn lost(&self, found: &HashSet<String>) -> Lost {
        let answers = self.0.iter().filter_map(|(id, times)| Some((id, times.answered?)));
        let missing: Vec<_> = answers.clone().filter(|(id, _)| !found.contains(*id)).collect();
        let last = answers.map(|(_, answered)| answered).max();
        let there = self.0.iter().filter(|(id, _)| found.contains(*id));
        let last_sent = there.map(|(_, times)| times.sent).max();
        let before = |answered: Instant| last.map_or(Duration::ZERO, |last| last - answered);
        let is_hole = |answered| last_sent.is_some_and(|sent| answered < sent);
        let hole = missing.iter().find(|(_, answered)| is_hole(*answered));
        Lost {
            count: missing.len(),
            oldest: missing.iter().map(|(_, answered)| before(*answered)).max().unwrap_or_default(),
            hole: hole.map(|(id, _)| (*id).clone()),
        }
    }
}

/// Calls over one connection until it breaks.
async fn call_on(router: SocketAddr, name: String, pace: Duration, end: Arc<AtomicBool>) -> Tally {
    let mut tally = Tally::default();
    let Ok(mut stream) = TcpStream::connect(router).await else { return tally };
    let _ = stream.set_nodelay(true);
    let begin = Instant::now() + pace.mul_f64(fastrand::f64());
    let mut buffer = Vec::new();
    for number in 0.. {
        let due = begin + pace * u32::try_from(number).unwrap();
        tokio::time::sleep_until(due.into()).await;
        if end.load(Ordering::Relaxed) {
            return tally;
        }
        let id = format!("{name}-{number}");
        let request = request(&id, number % STREAMED == 0);
        let sent = Instant::now();
        tally.0.insert(id.clone(), Times { sent, answered: None });
        if stream.write_all(request.as_bytes()).await.is_err() {
            return tally;
        }
        let Some(is_last) = read_answer(&mut stream, &mut buffer).await else { return tally };
        tally.0.insert(id, Times { sent, answered: Some(Instant::now()) });
        if is_last {
            return tally;
        }
    }
    tally
}

fn request(id: &str, is_stream: bool) -> String {
    let body = format!(
        r#"{{"model":"m","stream":{is_stream},"messages":[{{"role":"user","content":"A short question."}}]}}"#
    );
    format!(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
         x-request-id: {id}\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// Whether the connection closes after it. `None` where no whole answer of a served call comes.
async fn read_answer(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Option<bool> {
    loop {
        if let Some((is_served, is_last)) = take_answer(buffer) {
            return is_served.then_some(is_last);
        }
        match stream.read_buf(buffer).await {
            Ok(0) | Err(_) => return None,
            Ok(_) => {}
        }
    }
}

fn take_answer(buffer: &mut Vec<u8>) -> Option<(bool, bool)> {
    let head = position(buffer, b"\r\n\r\n")? + 4;
    let length = header(&buffer[..head], "content-length").map(|length| length.parse::<usize>());
    let end = match length {
        Some(length) => head + length.unwrap(),
        None => head + position(&buffer[head..], b"\r\n0\r\n\r\n")? + 7,
    };
    if buffer.len() < end {
        return None;
    }
    let answer: Vec<u8> = buffer.drain(..end).collect();
    let is_served =
        answer.starts_with(b"HTTP/1.1 200") && position(&answer, b"\"error\"").is_none();
    let is_last = header(&answer[..head], "connection").is_some_and(|value| value == "close");
    Some((is_served, is_last))
}
