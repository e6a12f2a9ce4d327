//! `llm-router health`: asks the running router whether it is well; for health checks of containers
//! and for scripts.

use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, TcpStream, ToSocketAddrs};
use std::process::ExitCode;
use std::sync::mpsc;
use std::time::Duration;

use clap::Args;
use serde_json::Value;

use super::own_https::secured;
use super::{complain, say};
use crate::config::server_section;
use crate::config::settings::{Flags, Settings, config_path, process_env};

/// An answer is smaller by far.
const MOST_BYTES: u64 = 256 * 1024;

/// Ask the running router whether it is well
///
/// It is asked at the address of the flags, the environment or router.toml; where it listens on all
/// addresses, at the loopback. The exit code is 0 if it is well, else 1.
#[derive(Args)]
pub struct Health {
    /// Ask whether it can take calls, and not only whether it answers
    #[arg(long)]
    ready: bool,
    /// How long to wait for the answer
    #[arg(long, value_name = "SECONDS", default_value = "5", value_parser = seconds)]
    timeout: Duration,
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: Option<f64> = text.parse().ok();
    let seconds = seconds.filter(|seconds| (0.001..=86_400.0).contains(seconds));
    seconds.map(Duration::from_secs_f64).ok_or_else(|| String::from("write a number of seconds"))
}

pub fn health(flags: &Flags, wanted: &Health) -> ExitCode {
    match ask(flags, wanted) {
        Ok(line) => {
            say(&line);
            ExitCode::SUCCESS
        }
        Err(problem) => {
            complain(&format!("error: {problem}"));
            ExitCode::FAILURE
        }
    }
}

fn ask(flags: &Flags, wanted: &Health) -> Result<String, String> {
    let path = config_path(flags, process_env);
    // A file that cannot be used is no reason: the router keeps the last one that could be.
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let server = server_section(&text, &process_env);
    let settings =
        Settings::resolve(flags, process_env, &server).map_err(|error| error.to_string())?;
    if settings.port == 0 {
        return Err(String::from("port 0 is any free port: name the router's with --port"));
    }
    let place = Place::of(&settings);
    let path = if wanted.ready { "/health/ready" } else { "/health" };
    let answer = answer_within(wanted.timeout, &place, path)?;
    judged(&answer, &place.to_string(), wanted.ready)
}

/// Where the router is asked.
#[derive(Clone)]
struct Place {
    host: String,
    port: u16,
    is_https: bool,
}

impl Place {
    fn of(settings: &Settings) -> Self {
        let host = match settings.host.parse::<IpAddr>() {
            Ok(IpAddr::V4(address)) if address.is_unspecified() => Ipv4Addr::LOCALHOST.to_string(),
            Ok(IpAddr::V6(address)) if address.is_unspecified() => Ipv6Addr::LOCALHOST.to_string(),
            _ => settings.host.clone(),
        };
        Self { host, port: settings.port, is_https: settings.tls.is_some() }
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.host.contains(':') {
            true => write!(formatter, "[{}]:{}", self.host, self.port),
            false => write!(formatter, "{}:{}", self.host, self.port),
        }
    }
}

/// On a thread of its own: the lookup of a name has no deadline.
fn answer_within(timeout: Duration, place: &Place, path: &'static str) -> Result<Answer, String> {
    let (sender, receiver) = mpsc::channel();
    let asked = place.clone();
    std::thread::spawn(move || {
        let _ = sender.send(answer(timeout, &asked, path));
    });
    let late = || format!("no answer from {place} within {} s", timeout.as_secs_f64());
    receiver.recv_timeout(timeout).unwrap_or_else(|_| Err(late()))
}

struct Answer {
    status: u16,
    body: Value,
}

fn answer(timeout: Duration, place: &Place, path: &str) -> Result<Answer, String> {
    let unreachable = |error: std::io::Error| {
        format!("nothing answers at {place}: {error}; is the router running, and is this its port?")
    };
    let resolved = (place.host.as_str(), place.port).to_socket_addrs().map_err(unreachable)?;
    let mut connected = Err(std::io::Error::other("the host has no address"));
    for address in resolved {
        connected = TcpStream::connect_timeout(&address, timeout);
        if connected.is_ok() {
            break;
        }
    }
    let stream = connected.map_err(unreachable)?;
    let request = format!(
        "GET {path} HTTP/1.1\r\nhost: {place}\r\naccept: application/json\r\nconnection: close\r\n\r\n"
    );
    let broken = |error| format!("{place} breaks the connection off: {error}");
    let bytes = match place.is_https {
        false => exchanged(stream, &request),
        true => secured(stream).and_then(|stream| exchanged(stream, &request)),
    };
    let bytes = bytes.map_err(broken)?;
    parsed(&bytes).ok_or_else(|| format!("what listens on {place} does not speak HTTP"))
}

fn exchanged(mut stream: impl Read + Write, request: &str) -> io::Result<Vec<u8>> {
    stream.write_all(request.as_bytes())?;
    let mut bytes = Vec::new();
    stream.take(MOST_BYTES).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn parsed(bytes: &[u8]) -> Option<Answer> {
    let text = String::from_utf8_lossy(bytes);
    let (head, body) = text.split_once("\r\n\r\n")?;
    let status = head.strip_prefix("HTTP/1.")?.split(' ').nth(1)?.parse().ok()?;
    Some(Answer { status, body: serde_json::from_str(body).unwrap_or(Value::Null) })
}

fn judged(answer: &Answer, place: &str, is_ready: bool) -> Result<String, String> {
    let word = answer.body.get("status").and_then(Value::as_str).unwrap_or_default();
    match (answer.status, word) {
        (200, "ok" | "ready") => Ok(format!("{word}: {place}")),
        (503, "not ready") => Err(format!("not ready: {place}: {}", reasons(&answer.body))),
        (401 | 403 | 429, _) if is_ready => Err(format!(
            "{place} asks for a key, which `--ready` does not send: without `--ready` none is needed"
        )),
        (status, _) => Err(format!(
            "{place} answers with status {status}, and not as LLM Router does: is this its port?"
        )),
    }
}

fn reasons(body: &Value) -> String {
    let checks = body.get("checks").and_then(Value::as_array).into_iter().flatten();
    let failed = checks.filter(|check| check.get("is_ok") != Some(&Value::Bool(true)));
    let told = failed.map(|check| {
        let text = |key| check.get(key).and_then(Value::as_str).unwrap_or("unknown");
        format!("{}: {}", text("name"), text("detail"))
    });
    told.collect::<Vec<_>>().join("; ")
}
