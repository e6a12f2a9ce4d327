//! Compressed request bodies, and bodies that come too slowly.

use std::io::Write as _;
use std::time::Duration;

use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};
use serde_json::{Value, json};

use crate::support::client::{RawClient, Response, request};
use crate::support::{Config, Script, TestApp, Upstream, chat, secs};

const JSON: (&str, &str) = ("content-type", "application/json");

async fn start() -> (Upstream, TestApp) {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let app = TestApp::start(&Config::with(&upstream).server("max_body_bytes = 10_000")).await;
    (upstream, app)
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

fn zlib(text: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

fn brotli(text: &[u8]) -> Vec<u8> {
    let mut packed = Vec::new();
    brotli::CompressorWriter::new(&mut packed, 4096, 5, 22).write_all(text).unwrap();
    packed
}

fn zstd(text: &[u8]) -> Vec<u8> {
    zstd::encode_all(text, 3).unwrap()
}

async fn post(app: &TestApp, path: &str, encoding: &str, body: &[u8]) -> Response {
    request(app.addr, "POST", path, &[JSON, ("content-encoding", encoding)], body).await
}

#[tokio::test]
async fn a_packed_body_is_served_on_every_surface() {
    let (upstream, app) = start().await;
    let chat = chat("gpt-x").to_string();
    let prompt = json!({"prompt": "hi"}).to_string();
    let query = json!({"query": {"name": "gpt-x"}, "request": {"prompt": "hi"}}).to_string();
    for (encoding, pack) in [
        ("gzip", gzip as fn(&[u8]) -> Vec<u8>),
        ("x-gzip", gzip),
        ("GZIP", gzip),
        ("deflate", zlib),
        ("br", brotli),
        ("zstd", zstd),
        ("identity", |text| text.to_vec()),
        ("gzip, identity, br", |text| brotli(&gzip(text))),
        ("zstd,deflate", |text| zlib(&zstd(text))),
    ] {
        for (path, text) in [
            ("/v1/chat/completions", &chat),
            ("/api/v1/chat/completions", &chat),
            ("/models/up/gpt-x/v1/chat/completions", &chat),
            ("/models/up/gpt-x/invoke", &prompt),
            ("/route/invoke", &query),
            ("/route/explain", &query),
        ] {
            let answer = post(&app, path, encoding, &pack(text.as_bytes())).await;
            assert_eq!(answer.status, 200, "{encoding} {path}: {}", answer.text());
        }
        let key = json!({"name": format!("k{}", encoding.len())}).to_string();
        let made = post(&app, "/api-keys", encoding, &pack(key.as_bytes())).await;
        assert_eq!(made.status, 201, "{encoding}: {}", made.text());
        let login = json!({"api_key": made.json()["key"]}).to_string();
        let answer = post(&app, "/auth/login", encoding, &pack(login.as_bytes())).await;
        assert_eq!(answer.status, 200, "{encoding}: {}", answer.text());
    }
    assert_eq!(upstream.requests()[0].header("content-encoding"), None);
    assert_eq!(upstream.requests()[0].json()["messages"], json!(chat_messages(&chat)));
}

fn chat_messages(text: &str) -> Value {
    serde_json::from_str::<Value>(text).unwrap()["messages"].clone()
}

#[tokio::test]
async fn what_unpacks_to_too_much_or_not_at_all_is_refused() {
    let (upstream, app) = start().await;
    let bomb = vec![b' '; 50_000_000];
    let text = chat("gpt-x").to_string();
    for (encoding, pack) in
        [("gzip", gzip as fn(&[u8]) -> Vec<u8>), ("deflate", zlib), ("br", brotli), ("zstd", zstd)]
    {
        let answer = post(&app, "/v1/chat/completions", encoding, &pack(&bomb)).await;
        assert_eq!(answer.status, 413, "{encoding}: {}", answer.text());
        let nested = format!("{encoding}, gzip");
        let answer = post(&app, "/v1/chat/completions", &nested, &gzip(&pack(&bomb))).await;
        assert_eq!(answer.status, 413, "{nested}: {}", answer.text());
        let whole = pack(text.as_bytes());
        for broken in [text.as_bytes(), &whole[..whole.len() - 1], b""] {
            let answer = post(&app, "/v1/chat/completions", encoding, broken).await;
            let code = answer.json()["error"]["code"].clone();
            assert_eq!(
                (answer.status, code),
                (400, json!("invalid_content_encoding")),
                "{encoding}"
            );
        }
    }
    assert_eq!(upstream.request_count(), 0);
}

#[tokio::test]
async fn an_unknown_coding_is_a_415_that_names_those_that_are_known() {
    let (_upstream, app) = start().await;
    let text = chat("gpt-x").to_string();
    for encoding in ["compress", "gzip, snappy", "*", "gzip;q=1"] {
        for path in ["/v1/chat/completions", "/models/up/gpt-x/invoke", "/auth/login"] {
            let answer = post(&app, path, encoding, text.as_bytes()).await;
            assert_eq!(answer.status, 415, "{encoding} {path}: {}", answer.text());
            assert_eq!(answer.header("accept-encoding"), Some("gzip, deflate, br, zstd"));
        }
    }
}

#[tokio::test]
async fn a_body_that_trickles_ends_with_a_408_and_its_connection() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let app = TestApp::start(&Config::with(&upstream).server("body_timeout = 1")).await;
    for (path, framing) in [
        ("/v1/chat/completions", "content-length: 100000"),
        ("/v1/chat/completions", "transfer-encoding: chunked"),
        ("/auth/login", "content-length: 60000"),
    ] {
        let mut client = RawClient::connect(app.addr).await;
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n{framing}\r\n\r\n"
        );
        client.send_raw(head).await;
        let piece = if framing.contains("chunked") { "1\r\n \r\n" } else { " " };
        let answer = loop {
            // It answers, and closes, while bytes are on their way.
            if client.try_send_raw(piece).await.is_err() {
                break client.read_head().await;
            }
            match tokio::time::timeout(Duration::from_millis(100), client.read_head()).await {
                Ok(head) => break head,
                Err(_) => continue,
            }
        };
        assert_eq!(answer.status, 408, "{path} {framing}");
        assert_eq!(answer.header("connection"), Some("close"));
        let body = client.read_body().await;
        assert!(String::from_utf8_lossy(&body).contains("body_timeout"), "{body:?}");
        client.expect_end_within(secs(10)).await;
    }
    assert_eq!(upstream.request_count(), 0);
}
