//! Clients that call by name, by tag and by alias, whole and streamed, on both endpoints; every tenth disconnects.

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::door::Door;
use crate::fault::Goodbye;
use crate::scripts::SOUND;
use crate::support::client::{BodyEnd, RawClient};

/// Between two calls of a client, at most; so that the load is the same on any machine.
const PAUSE_MS: u64 = 60;

/// Not [`Door::Completions`]: these upstreams have the endpoint, and speak nothing but chats.
const DOORS: [Door; 6] =
    [Door::Chat, Door::Messages, Door::Responses, Door::Gemini, Door::Ollama, Door::Route];

const NAMES: &[&str] = &[
    "auto",
    "best",
    "a",
    "b",
    "one/a",
    "two/a",
    "three/b",
    "c",
    "narrow",
    "limited",
    "tag:fast",
    "tag:cheap",
    "tag:fast+cheap",
    "tag:fast,!cheap",
];

#[derive(Clone, Debug, Default)]
pub struct Tally {
    pub calls: u64,
    /// Whole, with the upstream's words.
    pub answered: u64,
    /// With an HTTP error, or an error event in a stream.
    pub refused: u64,
    /// Of these, in a stream that had begun.
    pub broken: u64,
    pub left: u64,
    /// The refusals and the broken streams by what they said.
    pub codes: BTreeMap<String, u64>,
    /// Calls that ended in no such way.
    pub unclean: Vec<String>,
}

enum End {
    Answered,
    Refused(String),
    Broken(String),
    Left,
    Unclean(String),
}

pub async fn run(addr: SocketAddr, clients: u64, length: Duration) -> Tally {
    let end = Instant::now() + length;
    let mut tasks = JoinSet::new();
    for _ in 0..clients {
        tasks.spawn(client(addr, end));
    }
    let mut tally = Tally::default();
    while let Some(one) = tasks.join_next().await {
        let one = one.unwrap();
        tally.calls += one.calls;
        tally.answered += one.answered;
        tally.refused += one.refused;
        tally.broken += one.broken;
        tally.left += one.left;
        tally.unclean.extend(one.unclean);
        for (code, count) in one.codes {
            *tally.codes.entry(code).or_default() += count;
        }
    }
    tally
}

async fn client(addr: SocketAddr, end: Instant) -> Tally {
    let mut tally = Tally::default();
    while Instant::now() < end {
        // A task of its own: a client that waits in vain panics.
        let call = tokio::spawn(call(addr));
        let how = match call.await {
            Ok(how) => how,
            Err(panic) => End::Unclean(panic.to_string()),
        };
        tally.calls += 1;
        match how {
            End::Answered => tally.answered += 1,
            End::Refused(code) => {
                tally.refused += 1;
                *tally.codes.entry(code).or_default() += 1;
            }
            End::Broken(code) => {
                tally.refused += 1;
                tally.broken += 1;
                *tally.codes.entry(code).or_default() += 1;
            }
            End::Left => tally.left += 1,
            End::Unclean(what) => tally.unclean.push(what),
        }
        tokio::time::sleep(Duration::from_millis(fastrand::u64(..PAUSE_MS))).await;
    }
    tally
}

async fn call(addr: SocketAddr) -> End {
    let door = DOORS[fastrand::usize(..DOORS.len())];
    let is_stream = fastrand::bool();
    let mut client = RawClient::connect(addr).await;
    let name = NAMES[fastrand::usize(..NAMES.len())];
    let path = door.path(name, is_stream);
    client.post_json(&path, &body(door, name, is_stream).to_string(), &[]).await;
    if fastrand::u8(..10) == 0 {
        leave(client, is_stream).await;
        return End::Left;
    }
    let head = client.read_head().await;
    let (body, end) = client.read_body_and_end().await;
    let body = String::from_utf8(body).unwrap();
    let seen = if is_stream && head.status == 200 {
        door.streamed(&body, end)
    } else if end == BodyEnd::Complete {
        door.whole(&head, &serde_json::from_str(&body).unwrap())
    } else {
        return End::Unclean(format!("cut short: {body}"));
    };
    judge(&seen, head.status, is_stream)
}

fn judge(seen: &str, status: u16, is_stream: bool) -> End {
    let good_end = if is_stream { ", good end" } else { "" };
    if seen == format!("200, `{SOUND}`{good_end}") {
        End::Answered
    } else if matches!(status, 400 | 404 | 413 | 429 | 502 | 503 | 504 | 529) {
        End::Refused(code_in(seen))
    } else if seen.starts_with("200, `")
        && seen.contains("`, error event `")
        && seen.ends_with(", end")
    {
        End::Broken(code_in(seen))
    } else {
        End::Unclean(seen.to_owned())
    }
}

/// The last word in backticks.
fn code_in(seen: &str) -> String {
    seen.rsplit('`').nth(1).unwrap_or_default().to_owned()
}

fn body(door: Door, name: &str, is_stream: bool) -> Value {
    match door {
        Door::Chat | Door::Ollama => json!({
            "model": name, "stream": is_stream, "messages": [{"role": "user", "content": "hi"}],
        }),
        Door::Completions => json!({"model": name, "prompt": "hi", "stream": is_stream}),
        Door::Responses => json!({"model": name, "input": "hi", "stream": is_stream}),
        Door::Messages => json!({
            "model": name, "max_tokens": 100, "stream": is_stream,
            "messages": [{"role": "user", "content": "hi"}],
        }),
        Door::Gemini => json!({"contents": [{"role": "user", "parts": [{"text": "hi"}]}]}),
        Door::Route => {
            let query = match name.strip_prefix("tag:") {
                Some(_) => json!({"tags": ["fast"], "exclude_tags": ["nothing"]}),
                None if matches!(name, "auto" | "best") => json!({"any_tags": ["fast", "cheap"]}),
                None => json!({"name": name}),
            };
            json!({"query": query, "request": {"prompt": "hi", "stream": is_stream}})
        }
    }
}

/// After a while, or in the middle of a stream; by FIN or by RST.
async fn leave(mut client: RawClient, is_stream: bool) {
    if is_stream && fastrand::bool() {
        client.read_head().await;
    } else {
        tokio::time::sleep(Duration::from_millis(fastrand::u64(..50))).await;
    }
    let goodbye = if fastrand::bool() { Goodbye::Fin } else { Goodbye::Rst };
    drop(goodbye.say(client).await);
}

impl fmt::Display for Tally {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { calls, answered, refused, broken, left, codes, unclean } = self;
        write!(
            out,
            "{calls} calls: {answered} answered, {refused} refused (of them {broken} in a stream that had begun), \
             {left} left, {} unclean\n{codes:?}",
            unclean.len()
        )
    }
}
