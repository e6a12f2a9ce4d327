//! `[server.tls]`: the same router over https, and a certificate that is replaced while it serves.

use std::os::unix::fs::symlink;
use std::path::Path;

use rustls::HandshakeKind;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::app::Setup;
use crate::support::client::request;
use crate::support::process::{command, run};
use crate::support::secured::{Pair, connect, connector};
use crate::support::{
    Config, Script, Step, TestApp, Upstream, chat, eventually, secs, streamed_chat,
};

async fn secured(upstream: &Upstream) -> TestApp {
    Setup::default().over_tls().start(&Config::with(upstream)).await
}

/// The certificate that a client is shown.
async fn shown(app: &TestApp) -> Vec<u8> {
    let stream = connect(&connector(&["http/1.1"]), app.own_addr).await.unwrap();
    stream.get_ref().1.peer_certificates().unwrap()[0].to_vec()
}

async fn certificate_of(app: &TestApp) -> Value {
    app.get("/health/detail").await.json()["certificate"].clone()
}

/// Starts in a folder with these files.
async fn start_with(upstream: &Upstream, pair: &Pair) -> Result<TestApp, String> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("router.toml"), Config::with(upstream).text()).unwrap();
    pair.write(folder.path());
    Setup::default().over_tls().start_in(folder).await
}

#[tokio::test]
async fn calls_and_streams_are_served_over_https() {
    let upstream = Upstream::with(|seen| match seen.json()["stream"] == true {
        true => Script::stream(&["a", "b"]),
        false => Script::chat("hi"),
    })
    .await;
    let app = secured(&upstream).await;
    assert_eq!(app.chat(&chat("gpt-x")).await.status, 200);
    let streamed = app.chat(&streamed_chat("gpt-x")).await;
    assert!(streamed.text().ends_with("data: [DONE]\n\n"), "{}", streamed.text());
    let me = app.get("/me").await.json();
    let snippet = me["snippets"]["curl"].as_str().unwrap().to_owned();
    assert!(snippet.contains("https://"), "{snippet}");
    let running = app.get("/config").await;
    assert!(running.text().contains("cert.pem"), "{}", running.text());
}

#[tokio::test]
async fn the_session_cookie_is_for_https_alone() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let app = secured(&upstream).await;
    let key = "sk-a-key-that-logs-in";
    let made = app.post("/api-keys", &json!({"name": "team", "key": key})).await;
    assert_eq!(made.status, 201, "{}", made.text());
    let login = json!({"api_key": key, "cookie": true}).to_string();
    let json = [("content-type", "application/json")];
    let answer = request(app.addr, "POST", "/auth/login", &json, login.as_bytes()).await;
    let cookie = answer.header("set-cookie").unwrap_or_default().to_owned();
    assert!(cookie.ends_with("; Secure"), "{cookie}");
}

#[tokio::test]
async fn a_client_that_leaves_is_noticed() {
    let upstream = Upstream::start(Script::stream(&["a", "b"]).stall_after_frames(2)).await;
    let app = secured(&upstream).await;
    let mut client = app.begin_chat(&streamed_chat("gpt-x")).await;
    client.read_frame_after_head().await;
    client.close();
    upstream.expect_closed_within(secs(1)).await;
    assert_eq!(app.only_outcome().await, "cancelled 499 client_closed_request");
}

#[tokio::test]
async fn plain_http_is_told_what_to_do() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let app = secured(&upstream).await;
    let body = chat("gpt-x");
    for (method, path, body) in [
        ("GET", "/health", String::new()),
        ("POST", "/v1/chat/completions", body.to_string()),
        ("POST", "/v1/chat/completions", "x".repeat(1_000_000)),
    ] {
        let answer = request(app.own_addr, method, path, &[], body.as_bytes()).await;
        assert_eq!(answer.status, 400);
        assert_eq!(answer.json()["code"], "https_required");
    }
    // Half a handshake, nonsense that begins like one, nothing at all: others are served.
    for bytes in [b"\x16\x03\x01".as_slice(), &[0x16; 600], b""] {
        let mut stream = TcpStream::connect(app.own_addr).await.unwrap();
        stream.write_all(bytes).await.unwrap();
        stream.shutdown().await.unwrap();
        let _ = stream.read_to_end(&mut Vec::new()).await;
    }
    assert_eq!(app.chat(&chat("gpt-x")).await.status, 200);
}

#[tokio::test]
async fn a_client_that_comes_again_resumes_its_session() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let app = secured(&upstream).await;
    let connector = connector(&["http/1.1"]);
    let mut kinds = Vec::new();
    for _ in 0..2 {
        let mut stream = connect(&connector, app.own_addr).await.unwrap();
        let get = "GET /health HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
        stream.write_all(get.as_bytes()).await.unwrap();
        // The tickets come before the answer.
        stream.read_to_end(&mut Vec::new()).await.unwrap();
        kinds.push(stream.get_ref().1.handshake_kind().unwrap());
    }
    assert_eq!(kinds, [HandshakeKind::Full, HandshakeKind::Resumed]);
}

fn link(folder: &Path, to: &str) {
    for file in ["cert.pem", "key.pem"] {
        let _ = std::fs::remove_file(folder.join(file));
        symlink(folder.join(to).join(file), folder.join(file)).unwrap();
    }
}

#[tokio::test]
async fn a_replaced_certificate_is_shown_without_a_restart() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let app = secured(&upstream).await;
    let mut before = shown(&app).await;
    // One file after the other, then as Kubernetes does it.
    let ways: [&dyn Fn(&Pair); 2] = [&|pair| pair.write(app.folder.path()), &|pair| {
        let folder = app.folder.path().join("new");
        std::fs::create_dir(&folder).unwrap();
        pair.write(&folder);
        link(app.folder.path(), "new");
    }];
    for way in ways {
        way(&Pair::valid(2021, 2091));
        eventually("the new certificate is shown", async || shown(&app).await != before).await;
        before = shown(&app).await;
        assert_eq!(certificate_of(&app).await["problem"], Value::Null);
    }
    assert_eq!(app.events("certificate.reloaded").await.len(), 2);
}

#[tokio::test]
async fn a_pair_that_cannot_be_used_replaces_nothing_and_is_told() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let app = secured(&upstream).await;
    let before = shown(&app).await;
    let good = |name: &str| std::fs::read_to_string(app.folder.path().join(name)).unwrap();
    let (cert, key) = (good("cert.pem"), good("key.pem"));
    let (other, expired) = (Pair::valid(2020, 2090), Pair::valid(2019, 2020));
    let half = cert[..cert.len() / 2].to_owned();
    for (pair, expected) in [
        (Pair { cert: other.cert, key: key.clone() }, "does not fit"),
        (Pair { cert: half, key: key.clone() }, "not whole"),
        (Pair { cert: cert.clone(), key: String::new() }, "empty"),
        (expired, "has expired"),
    ] {
        pair.write(app.folder.path());
        eventually(&format!("it is told: {expected}"), async || {
            let told = certificate_of(&app).await["problem"].as_str().map(str::to_owned);
            told.is_some_and(|told| told.contains(expected) && told.contains("serve on"))
        })
        .await;
        assert_eq!(shown(&app).await, before);
        assert_eq!(app.get("/health/ready").await.status, 200);
        let page = app.get("/metrics").await.text().to_owned();
        assert!(page.contains("llm_router_tls_certificate_current 0"), "{page}");
    }
    Pair { cert, key }.write(app.folder.path());
    eventually("all is well again", async || certificate_of(&app).await["problem"].is_null()).await;
    let page = app.get("/metrics").await.text().to_owned();
    assert!(page.contains("llm_router_tls_certificate_current 1"), "{page}");
    // 2090-01-01.
    let expiry = "llm_router_tls_certificate_expiry_timestamp_seconds 3786912000";
    assert!(page.contains(expiry), "{page}");
    assert_eq!(app.events("certificate.refused").await.len(), 4);
    assert_eq!(app.events("certificate.reloaded").await.len(), 1);
}

#[tokio::test]
async fn a_start_without_a_usable_pair_fails_and_an_expired_one_serves() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let (one, other) = (Pair::valid(2020, 2090), Pair::valid(2020, 2090));
    let misfit = Pair { cert: one.cert.clone(), key: other.key };
    let error = start_with(&upstream, &misfit).await.err().expect("the key does not fit");
    assert!(error.contains("[server.tls]") && error.contains("does not fit"), "{error}");

    let app = start_with(&upstream, &Pair::valid(2019, 2020)).await.unwrap();
    let told = certificate_of(&app).await;
    assert!(told["problem"].as_str().unwrap().contains("has expired on 2020-01-01"), "{told}");
    assert_eq!(told["valid_until"], "2020-01-01T00:00:00Z");
    assert_eq!(app.get("/health/ready").await.status, 200);
}

#[tokio::test]
async fn half_of_the_setting_is_refused() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let setup = Setup::default().env("LLM_ROUTER_TLS_CERT", "/some/cert.pem");
    if std::env::var("TEST_OVER_TLS").is_ok() {
        return;
    }
    let error = setup.try_start(&Config::with(&upstream)).await.err().expect("no key");
    assert!(error.contains("set LLM_ROUTER_TLS_KEY as well"), "{error}");
    let config = Config::with(&upstream).tables("[server.tls]\ncert = \"/some/cert.pem\"\n");
    let error = Setup::default().try_start(&config).await.err().expect("no key");
    assert!(error.contains("`key` is missing"), "{error}");
}

#[tokio::test]
async fn a_stop_ends_idle_connections_and_lets_a_stream_end() {
    let upstream =
        Upstream::start(Script::stream(&["a", "b"]).after_frames(2, Step::WaitForSignal)).await;
    let app = secured(&upstream).await;
    let _idle = connect(&connector(&["http/1.1"]), app.own_addr).await.unwrap();
    let mut client = app.begin_chat(&streamed_chat("gpt-x")).await;
    client.read_frame_after_head().await;
    let stopping = tokio::task::spawn_blocking(move || app.stop());
    upstream.proceed();
    let (frames, _) = client.read_to_end().await;
    assert_eq!(frames.last().unwrap(), "data: [DONE]\n\n");
    let (_folder, stopped) = stopping.await.unwrap();
    assert_eq!((stopped.accepted, stopped.written), (1, 1));
}

#[tokio::test]
async fn the_verb_that_asks_for_health_speaks_https() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let app = secured(&upstream).await;
    let mut ask = command(app.folder.path());
    ask.args(["health", "--host", "127.0.0.1", "--port", &app.own_addr.port().to_string()]);
    ask.env("LLM_ROUTER_TLS_CERT", "cert.pem").env("LLM_ROUTER_TLS_KEY", "key.pem");
    let (code, out, log) = run(ask).await;
    assert_eq!((code, out.starts_with("ok: ")), (0, true), "{out}{log}");
}
