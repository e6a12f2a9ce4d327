//! No file descriptors left: calls that need one are refused in words, no provider is blamed, the log
//! is not flooded, and everything works again once there are some.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::support::client::{self, RawClient, Response};
use crate::support::process::{LogLines, command_with_descriptors, folder_with, serve_with_log};
use crate::support::{Config, Script, Upstream, chat, eventually};

/// Enough to start, with room for some clients.
const DESCRIPTORS: u32 = 90;

/// More clients than descriptors; those that are not accepted wait at the port.
const CLIENTS: usize = 150;

async fn crowd(address: SocketAddr) -> Vec<TcpStream> {
    let mut crowd = Vec::new();
    for _ in 0..CLIENTS {
        let mut client = TcpStream::connect(address).await.unwrap();
        // Its connection is kept for further requests.
        client.write_all(b"GET /health HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
        crowd.push(client);
    }
    crowd
}

fn count(log: &LogLines, text: &str) -> usize {
    log.lock().unwrap().iter().filter(|line| line.contains(text)).count()
}

/// Over a connection that there was before.
async fn ask(client: &mut RawClient, method: &str, path: &str, body: &Value) -> Response {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let json = [("content-type", "application/json")];
    client.send_request(method, path, &json, body.as_bytes()).await;
    let head = client.read_head().await;
    Response { status: head.status, headers: head.headers, body: client.read_body().await }
}

/// Processor time of a process, in ticks of 10 ms.
fn ticks(id: u32) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap();
    let fields: Vec<&str> = stat.rsplit_once(") ").unwrap().1.split(' ').collect();
    fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
}

#[tokio::test]
async fn without_descriptors_calls_are_refused_in_words_until_there_are_some() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    // With the circuits as they are shipped.
    let config = Config::with(&upstream).routing("[routing]\nretries = 0\n").one_worker();
    let folder = folder_with(&config.text());
    let command = command_with_descriptors(folder.path(), DESCRIPTORS);
    let (mut child, address, log) = serve_with_log(command).await;
    let id = child.id().unwrap();
    let mut before = RawClient::connect(address).await;
    assert_eq!(ask(&mut before, "GET", "/health", &Value::Null).await.status, 200);

    let crowd = crowd(address).await;
    eventually("the log says what is wrong", async || {
        count(&log, "no file descriptors are left") == 1
    })
    .await;
    for _ in 0..12 {
        let refused = ask(&mut before, "POST", "/v1/chat/completions", &chat("gpt-x")).await;
        assert_eq!(refused.status, 503, "{}", refused.text());
        assert_eq!(refused.json()["error"]["code"], "no_file_descriptors");
        assert_eq!(refused.header("retry-after"), Some("1"));
    }
    let ready = ask(&mut before, "GET", "/health/ready", &Value::Null).await;
    assert_eq!(ready.status, 503);
    assert!(ready.text().contains("ulimit -n"), "{}", ready.text());
    let spent = ticks(id);
    tokio::time::sleep(Duration::from_secs(2)).await;
    let spent = ticks(id) - spent;
    assert!(spent < 100, "{spent} ticks of 10 ms in two seconds: it does not spin");
    assert!(count(&log, "Error accepting connection") <= 1, "{:#?}", log.lock().unwrap());
    // Of the calls that were refused each may have a line.
    let lines = log.lock().unwrap().len();
    assert!(lines < 12 + 8, "{:#?}", log.lock().unwrap());

    let saved = config.clone().model("up", "saved-meanwhile", "");
    std::fs::write(folder.path().join("router.toml"), saved.text()).unwrap();
    eventually("the log says that the file cannot be read", async || {
        count(&log, "cannot be read") == 1
    })
    .await;

    drop(crowd);
    eventually("new clients are served", async || {
        client::post_json(address, "/v1/chat/completions", &chat("gpt-x")).await.status == 200
    })
    .await;
    let providers = client::request(address, "GET", "/health/detail", &[], b"").await.json();
    assert_eq!(providers["providers"][0]["circuit"], "closed");
    assert_eq!(providers["models_not_closed"], json!([]));
    eventually("it is ready", async || {
        client::request(address, "GET", "/health/ready", &[], b"").await.status == 200
    })
    .await;
    eventually("the file is read", async || {
        let list = client::request(address, "GET", "/v1/models/saved-meanwhile", &[], b"").await;
        list.status == 200
    })
    .await;
    let page = client::request(address, "GET", "/monitor/invocations", &[], b"").await.json();
    assert_eq!(page["total"], 13, "each call has its record: {page}");
    child.kill().await.unwrap();
}
