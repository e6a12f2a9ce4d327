//! On a stop signal the router lets calls end, cuts off those that do not, and writes all records.

use std::net::SocketAddr;

use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::process::Command;

use crate::support::app::{Setup, outcome};
use crate::support::client::RawClient;
use crate::support::process::{command, folder_with, serve};
use crate::support::{
    Config, Script, Step, TestApp, Upstream, chat, eventually, secs, streamed_chat,
};

#[tokio::test]
async fn a_stream_in_flight_is_served_to_its_end() {
    let upstream =
        Upstream::start(Script::stream(&["a", "b"]).after_frames(2, Step::WaitForSignal)).await;
    let app = TestApp::start(&Config::with(&upstream)).await;
    let mut client = app.begin_chat(&streamed_chat("gpt-x")).await;
    client.read_frame_after_head().await;
    let stopping = std::thread::spawn(move || app.stop());
    upstream.proceed();
    let (frames, _) = client.read_to_end().await;
    assert_eq!(frames.last().unwrap(), "data: [DONE]\n\n");
    let (folder, stopped) = stopping.join().unwrap();
    assert_eq!((stopped.accepted, stopped.written), (1, 1));
    let app = Setup::default().start_in(folder).await.unwrap();
    assert_eq!(app.only_outcome().await, "success 200");
}

#[tokio::test]
async fn what_does_not_end_in_time_is_given_up_and_recorded() {
    let upstream = Upstream::with(|seen| match seen.json()["stream"] == true {
        true => Script::stream(&["a", "b"]).stall_after_frames(2),
        false => Script::chat("hi").before_head(Step::Stall),
    })
    .await;
    let config = Config::with(&upstream).server("shutdown_timeout = 1");
    let app = TestApp::start(&config).await;
    let mut streamed = app.begin_chat(&streamed_chat("gpt-x")).await;
    streamed.read_frame_after_head().await;
    let _whole = app.begin_chat(&chat("gpt-x")).await;
    upstream.wait_for_requests(2).await;

    let (folder, stopped) = tokio::task::spawn_blocking(move || app.stop()).await.unwrap();

    assert_eq!((stopped.accepted, stopped.written), (2, 2));
    upstream.wait_for_open_connections(0).await;
    let app = Setup::default().start_in(folder).await.unwrap();
    let outcomes: Vec<String> = app.records().await.iter().map(outcome).collect();
    assert_eq!(outcomes, ["error 503 shutting_down", "error 503 shutting_down"]);
}

/// The doors through which a stream can come: path, `accept` and body.
fn streams() -> [(&'static str, &'static str, Value); 4] {
    let invoke = json!({"prompt": "hi", "stream": true});
    [
        ("/v1/chat/completions", "*/*", streamed_chat("gpt-x")),
        ("/models/up/gpt-x/invoke", "application/jsonl", invoke.clone()),
        ("/models/up/gpt-x/invoke", "text/event-stream", invoke.clone()),
        ("/route/invoke", "*/*", json!({"query": {"name": "gpt-x"}, "request": invoke})),
    ]
}

async fn begin(app: &TestApp, (path, accept, body): &(&str, &str, Value)) -> RawClient {
    let mut client = RawClient::connect(app.addr).await;
    client.post_json(path, &body.to_string(), &[("accept", accept)]).await;
    client
}

async fn stopped(app: TestApp) -> TestApp {
    let (folder, stopped) = tokio::task::spawn_blocking(move || app.stop()).await.unwrap();
    assert!(stopped.is_clean(), "{stopped:?}");
    Setup::default().start_in(folder).await.unwrap()
}

#[tokio::test]
async fn a_stream_that_the_stop_cuts_off_says_so_and_its_record_has_the_tokens_seen() {
    let script = Script::stream(&["The", " quick", " fox", "."]).stall_after_frames(4);
    let upstream = Upstream::start(script).await;
    let config = Config::with(&upstream).server("shutdown_timeout = 0");
    let app = TestApp::start(&config).await;
    let mut clients = Vec::new();
    for stream in streams() {
        let mut client = begin(&app, &stream).await;
        assert_eq!(client.read_head().await.status, 200);
        client.read_line().await;
        clients.push(client);
    }
    let reading = clients
        .into_iter()
        .map(async |mut client: RawClient| String::from_utf8(client.read_body().await).unwrap());
    let reading: Vec<_> = reading.collect();
    let (app, bodies) = tokio::join!(stopped(app), futures_util::future::join_all(reading));
    for (body, (path, accept, _)) in bodies.iter().zip(streams()) {
        let last = body.trim_end().lines().last().unwrap();
        let last: Value = serde_json::from_str(last.trim_start_matches("data: ")).unwrap();
        let code = match path.starts_with("/v1") {
            true => &last["error"]["code"],
            false => {
                assert_eq!(last["is_final"], true);
                &last["error"]["code"]
            }
        };
        assert_eq!(code, "shutting_down", "{path} {accept}: {body}");
        assert!(!body.contains("[DONE]"), "{body}");
    }
    for record in app.records().await {
        assert_eq!(outcome(&record), "error 503 shutting_down");
        assert!(record["completion_tokens"].as_u64().unwrap() >= 3, "{record}");
        assert!(record["total_tokens"].as_u64() >= record["completion_tokens"].as_u64());
    }
}

#[tokio::test]
async fn calls_that_wait_for_their_first_byte_get_the_shutdown_error() {
    let upstream = Upstream::start(Script::chat("late").before_head(Step::Stall)).await;
    let config = Config::with(&upstream)
        .server("shutdown_timeout = 0")
        .tables("[timeouts]\nheartbeat = 0.05");
    let app = TestApp::start(&config).await;
    let mut whole = app.begin_chat(&chat("gpt-x")).await;
    let mut stream = app.begin_chat(&streamed_chat("gpt-x")).await;
    upstream.wait_for_requests(2).await;
    assert_eq!(stream.read_frame_after_head().await, ": keepalive\n\n");
    let reading = async {
        let head = whole.read_head().await;
        assert_eq!((head.status, head.header("connection")), (503, Some("close")));
        let body = String::from_utf8(whole.read_body().await).unwrap();
        assert!(body.contains("shutting_down"), "{body}");
        let (frames, _) = stream.read_to_end().await;
        let last = String::from_utf8(frames.last().unwrap().to_vec()).unwrap();
        assert!(last.contains("shutting_down"), "{last}");
    };
    tokio::join!(stopped(app), reading);
    upstream.wait_for_open_connections(0).await;
}

#[tokio::test]
async fn a_client_that_reads_nothing_does_not_hold_the_stop_and_has_its_record() {
    let frames = vec![format!("data: {}\n\n", chunk_of(&"x".repeat(64 * 1024))); 400];
    let upstream = Upstream::start(Script::stream_frames(&frames)).await;
    let config = Config::with(&upstream).server("shutdown_timeout = 0");
    let app = TestApp::start(&config).await;
    let mut client = app.begin_chat(&streamed_chat("gpt-x")).await;
    client.read_head().await;
    let app = stopped(app).await;
    assert_eq!(app.only_outcome().await, "error 503 shutting_down");
}

fn chunk_of(text: &str) -> Value {
    json!({
        "id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m",
        "choices": [{"index": 0, "delta": {"content": text}, "finish_reason": null}],
    })
}

async fn wait_until_the_door_is_closed(addr: SocketAddr) {
    eventually("nobody new is let in", async || TcpStream::connect(addr).await.is_err()).await;
}

#[tokio::test]
async fn requests_on_kept_alive_connections_are_answered_while_calls_in_flight_end() {
    let upstream = Upstream::with(|seen| match seen.json()["stream"] == true {
        true => Script::stream(&["a", "b"]).after_frames(2, Step::WaitForSignal),
        false => Script::chat("hi"),
    })
    .await;
    let app = TestApp::start(&Config::with(&upstream)).await;
    let mut in_flight = app.begin_chat(&streamed_chat("gpt-x")).await;
    in_flight.read_frame_after_head().await;
    let mut kept = Vec::new();
    for _ in 0..4 {
        let mut client = RawClient::connect(app.addr).await;
        client.send_request("GET", "/health", &[], b"").await;
        assert_eq!(client.read_head().await.header("connection"), None);
        client.read_body().await;
        kept.push(client);
    }
    let addr = app.addr;
    let stopping = tokio::task::spawn_blocking(move || app.stop());
    wait_until_the_door_is_closed(addr).await;

    let mut streamed = kept.pop().unwrap();
    streamed.post_json("/v1/chat/completions", &streamed_chat("gpt-x").to_string(), &[]).await;
    let head = streamed.read_head().await;
    assert_eq!((head.status, head.header("connection")), (200, Some("close")));
    for (mut client, (path, body)) in kept.into_iter().zip([
        ("/v1/chat/completions", chat("gpt-x")),
        ("/models/up/gpt-x/invoke", json!({"prompt": "hi"})),
        ("/v1/chat/completions", json!({})),
    ]) {
        client.post_json(path, &body.to_string(), &[]).await;
        let head = client.read_head().await;
        assert_eq!(head.header("connection"), Some("close"), "{path} {body}");
        assert_eq!(head.status, if body == json!({}) { 400 } else { 200 }, "{path}");
        client.read_body().await;
        client.expect_closed_within(secs(5)).await;
    }
    for client in [&mut in_flight, &mut streamed] {
        upstream.proceed();
        let (frames, _) = client.read_to_end().await;
        assert_eq!(frames.last().unwrap(), "data: [DONE]\n\n");
    }
    let (_, stopped) = stopping.await.unwrap();
    assert_eq!((stopped.accepted, stopped.written), (4, 4));
}

#[tokio::test]
async fn a_second_signal_ends_at_once_with_what_is_owed_written() {
    let config = "[server]\nshutdown_timeout = 600\n[[providers]]\nname = \"demo\"\n\
                  type = \"mock\"\n[[models]]\nname = \"slow\"\nprovider = \"demo\"\n\
                  [models.config.mock]\ntext = \"a b c\"\ntokens = 10000\ntoken_interval_ms = 50\n";
    for (first, second) in [("INT", "INT"), ("TERM", "TERM"), ("INT", "TERM"), ("TERM", "INT")] {
        let folder = folder_with(config);
        let (mut router, addr) = serve(command(folder.path())).await;
        let mut client = RawClient::connect(addr).await;
        let body = streamed_chat("demo/slow").to_string();
        client.post_json("/v1/chat/completions", &body, &[]).await;
        client.read_frame_after_head().await;
        let pid = router.id().unwrap().to_string();
        let send = async |name: &str| {
            let sent = Command::new("kill").args([&format!("-{name}"), &pid]).status().await;
            assert!(sent.unwrap().success());
        };
        send(first).await;
        wait_until_the_door_is_closed(addr).await;
        send(second).await;
        let (frames, _) = client.read_to_end().await;
        let last = String::from_utf8(frames.last().unwrap().to_vec()).unwrap();
        assert!(last.contains("shutting_down"), "{first}, {second}: {last}");
        let ended = tokio::time::timeout(secs(60), router.wait()).await.expect("it ends");
        assert_eq!(ended.unwrap().code(), Some(0), "{first}, {second}");

        let (mut router, addr) = serve(command(folder.path())).await;
        let page = crate::support::client::request(addr, "GET", "/monitor/invocations", &[], b"");
        let records = page.await.json()["items"].clone();
        assert_eq!(outcome(&records[0]), "error 503 shutting_down", "{records}");
        router.start_kill().unwrap();
    }
}
