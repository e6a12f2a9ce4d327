//! The protocol's own messages read what the router writes.

use std::path::Path;
use std::process::Stdio;

use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

use super::{SAMPLED, collector, spans, telemetry};
use crate::support::client::request;
use crate::support::{Config, Script, TestApp, Upstream, chat, skip, streamed_chat};

#[tokio::test]
async fn the_messages_of_the_protocol_accept_all_spans() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/otlp");
    let python = folder.join(".venv/bin/python");
    if !python.exists() {
        return skip("opentelemetry-proto is not installed; `make test-tools` does it");
    }
    let failing = Upstream::start(Script::status(500)).await;
    let upstream = Upstream::with(|seen| match seen.json()["stream"] == true {
        true => Script::stream(&["a", "b"]),
        false => Script::chat("hi"),
    })
    .await;
    let collector = collector().await;
    let config = Config::new()
        .provider("first", &failing.base_url())
        .provider("second", &upstream.base_url())
        .model("first", "gpt-é", "tags = [\"t\"]\n[models.config]\npriority = 9")
        .model("second", "gpt-x", "tags = [\"t\"]\n[models.config]\npriority = 0")
        .tables("[routing.aliases]\nbest = { target = \"tag:t\", strategy = \"priority\" }")
        .tables(&telemetry(&collector));
    let app = TestApp::start(&config).await;
    app.chat(&chat("best")).await;
    app.chat(&streamed_chat("gpt-x")).await;
    app.chat(&chat("unknown \"model\" \\ 模型")).await;
    let headers =
        [("content-type", "application/json"), ("traceparent", SAMPLED), ("tracestate", "a=\"1")];
    let body = chat("gpt-x").to_string();
    request(app.addr, "POST", "/v1/chat/completions", &headers, body.as_bytes()).await;
    let count = spans(&collector, 8).await.len();

    let mut judge = Command::new(python);
    judge.arg("-B").arg(folder.join("check.py")).stdin(Stdio::piped());
    let mut judge = judge.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut input = judge.stdin.take().unwrap();
    for seen in collector.requests() {
        input.write_all(&seen.body).await.unwrap();
        input.write_all(b"\n").await.unwrap();
    }
    drop(input);
    let output = judge.wait_with_output().await.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), count.to_string());
}
