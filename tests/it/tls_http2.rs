//! HTTP/2 over TLS: many requests on one connection, and what HTTP/1 promises holds for each of them.

use serde_json::{Value, json};

use crate::support::app::{Setup, outcome};
use crate::support::secured::{Answer, Http2, next, rest, whole};
use crate::support::{Config, Script, Step, TestApp, Upstream, chat, secs, streamed_chat};

const LEFT: &str = "cancelled 499 client_closed_request";

async fn secured(config: &Config) -> TestApp {
    Setup::default().over_tls().start(config).await
}

async fn with(script: Script) -> (Upstream, TestApp, Http2) {
    let upstream = Upstream::start(script).await;
    let app = secured(&Config::with(&upstream)).await;
    let client = Http2::connect(app.own_addr).await;
    (upstream, app, client)
}

#[tokio::test]
async fn many_calls_and_streams_share_a_connection() {
    const CALLS: usize = 100;
    let upstream = Upstream::with(|seen| match seen.json()["stream"] == true {
        true => Script::stream(&["a", "b"]).before_head(Step::WaitForSignal),
        false => Script::chat("hi").before_head(Step::WaitForSignal),
    })
    .await;
    let app = secured(&Config::with(&upstream)).await;
    let mut client = Http2::connect(app.own_addr).await;
    let mut answers = Vec::new();
    for call in 0..CALLS {
        let body = if call % 2 == 0 { chat("gpt-x") } else { streamed_chat("gpt-x") };
        answers.push(client.post("/v1/chat/completions", &body).await.0);
    }
    upstream.wait_for_requests(CALLS).await;
    (0..CALLS).for_each(|_| upstream.proceed());
    for (call, answer) in answers.into_iter().enumerate() {
        let answer = whole(answer).await;
        assert_eq!(answer.status(), 200);
        let is_streamed = answer.body.ends_with(b"data: [DONE]\n\n");
        assert_eq!(is_streamed, call % 2 == 1, "{}", answer.text());
        assert!(answer.head.headers.contains_key("date"));
        assert!(answer.head.headers.contains_key("x-request-id"));
        assert!(!answer.head.headers.contains_key("transfer-encoding"));
    }
    assert_eq!(app.records().await.len(), CALLS);
}

#[tokio::test]
async fn a_stream_that_its_client_resets_ends_its_call_and_no_other() {
    for (script, body, chunks) in [
        (Script::chat("hi").before_head(Step::Stall), chat("gpt-x"), 0),
        (Script::stream(&["a"]).before_head(Step::Stall), streamed_chat("gpt-x"), 0),
        (Script::stream(&["a", "b"]).stall_after_frames(2), streamed_chat("gpt-x"), 1),
    ] {
        let (upstream, app, mut client) = with(script).await;
        let (response, mut sending) = client.post("/v1/chat/completions", &body).await;
        upstream.wait_for_requests(1).await;
        if chunks > 0 {
            let mut body = response.await.unwrap().into_body();
            next(&mut body).await.unwrap().unwrap();
        }
        sending.send_reset(h2::Reason::CANCEL);
        upstream.expect_closed_within(secs(1)).await;
        assert_eq!(app.only_outcome().await, LEFT);
        assert_eq!(client.get("/health").await.status(), 200, "the connection serves on");
    }
}

#[tokio::test]
async fn a_connection_that_breaks_ends_all_its_calls() {
    let (upstream, app, mut client) = with(Script::chat("hi").before_head(Step::Stall)).await;
    let mut answers = Vec::new();
    for _ in 0..3 {
        answers.push(client.post("/v1/chat/completions", &chat("gpt-x")).await);
    }
    upstream.wait_for_requests(3).await;
    client.hang_up();
    drop(answers);
    upstream.wait_for_open_connections(0).await;
    let outcomes: Vec<String> = app.records().await.iter().map(outcome).collect();
    assert_eq!(outcomes, [LEFT; 3]);
}

#[tokio::test]
async fn a_client_that_reads_nothing_of_a_stream_loses_that_stream() {
    let text = "x".repeat(60_000);
    let frame = format!("data: {{\"choices\":[{{\"delta\":{{\"content\":\"{text}\"}}}}]}}\n\n");
    let frames: Vec<&str> = vec![&frame; 40];
    let upstream = Upstream::start(Script::stream_frames(&frames).then(Step::Stall)).await;
    let app = secured(&Config::with(&upstream).server("client_stall_timeout = 1")).await;
    // What is not read of the stream leaves room for others.
    let mut wide = h2::client::Builder::new();
    wide.initial_connection_window_size(1_000_000);
    let mut client = Http2::with(app.own_addr, &wide).await;
    let (response, _sending) = client.post("/v1/chat/completions", &streamed_chat("gpt-x")).await;
    let body = response.await.unwrap().into_body();
    upstream.expect_closed_within(secs(10)).await;
    assert_eq!(app.only_outcome().await, LEFT);
    assert_eq!(client.get("/health").await.status(), 200, "the connection serves on");
    let broken = rest(body).await.unwrap_err();
    assert_eq!(broken.reason(), Some(h2::Reason::CANCEL));
}

#[tokio::test]
async fn a_slow_client_gets_every_byte() {
    let texts: Vec<String> =
        (0..40).map(|number| format!("{number} {}", "y".repeat(20_000))).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let (_upstream, _app, mut client) = with(Script::stream(&texts)).await;
    let (response, _sending) = client.post("/v1/chat/completions", &streamed_chat("gpt-x")).await;
    let mut body = response.await.unwrap().into_body();
    let mut received = Vec::new();
    while let Some(chunk) = next(&mut body).await {
        received.extend_from_slice(&chunk.unwrap());
        tokio::task::yield_now().await;
    }
    let received = String::from_utf8(received).unwrap();
    assert!(received.ends_with("data: [DONE]\n\n"));
    assert_eq!(received.matches('y').count(), 40 * 20_000);
}

#[tokio::test]
async fn bodies_have_the_same_limits() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let limits = "max_body_bytes = 2_000_000\nbody_timeout = 1";
    let app = secured(&Config::with(&upstream).server(limits)).await;
    let mut client = Http2::connect(app.own_addr).await;
    let post = ("POST", "/v1/chat/completions");
    let json = [("content-type", "application/json")];

    let announced = [json[0], ("content-length", "3000000")];
    let (response, _sending) = client.begin(post, &announced, false).await;
    assert_eq!(whole(response).await.status(), 413);

    let (response, mut sending) = client.begin(post, &json, false).await;
    sending.send_data(vec![b' '; 3_000_000].into(), false).unwrap();
    assert_eq!(whole(response).await.status(), 413, "and no more of it is waited for");

    let (response, mut sending) = client.begin(post, &json, false).await;
    sending.send_data("{".into(), false).unwrap();
    let answer = whole(response).await;
    assert_eq!(
        (answer.status(), answer.json()["error"]["code"].clone()),
        (408, json!("request_timeout"))
    );

    // A file whose length is known before its bytes are.
    let export = client.get("/monitor/export/json").await;
    assert_eq!(export.status(), 200);
    let length = export.head.headers.get("content-length");
    assert!(length.is_none_or(|length| *length == export.body.len().to_string()));

    // Larger than any window, and within the limits.
    let mut large = chat("gpt-x");
    large["messages"][0]["content"] = json!("x".repeat(1_900_000));
    assert_eq!(client.chat(&large).await.status(), 200);
    assert_eq!(client.get("/health").await.status(), 200, "the connection serves on");
}

async fn with_headers(
    client: &mut Http2,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
) -> Answer {
    whole(client.begin((method, path), headers, true).await.0).await
}

#[tokio::test]
async fn a_host_is_believed_as_in_http1() {
    let (_upstream, app, mut client) = with(Script::chat("hi")).await;
    let localhost = format!("localhost:{}", app.own_addr.port());
    for (headers, expected) in [
        (vec![], 200),
        (vec![("host", localhost.as_str())], 200),
        // A page whose name was made to lead here, and one who says two things.
        (vec![("host", "evil.example")], 400),
        (vec![("host", localhost.as_str()), ("host", "evil.example")], 400),
        (vec![("origin", "https://evil.example")], 401),
    ] {
        let answer = with_headers(&mut client, "GET", "/v1/models", &headers).await;
        assert_eq!(answer.status(), expected, "{headers:?}: {}", answer.text());
        assert!(serde_json::from_slice::<Value>(&answer.body).is_ok(), "{}", answer.text());
    }
    let mut ready = client.send.clone().ready().await.unwrap();
    let foreign = http::Request::get("https://evil.example/v1/models").body(()).unwrap();
    let (response, _) = ready.send_request(foreign, true).unwrap();
    assert_eq!(whole(response).await.status(), 401, "a local caller calls a local name");
}

#[tokio::test]
async fn what_has_no_body_has_none() {
    let (_upstream, _app, mut client) = with(Script::chat("hi")).await;
    let get = client.get("/openapi.json").await;
    let head = with_headers(&mut client, "HEAD", "/openapi.json", &[]).await;
    assert_eq!((head.status(), head.body.len()), (200, 0));
    assert_eq!(head.head.headers["content-length"], get.body.len().to_string());
    assert_eq!(with_headers(&mut client, "GET", "/no/such/page.js", &[]).await.status(), 404);
    assert_eq!(with_headers(&mut client, "DELETE", "/health", &[]).await.status(), 405);
}

#[tokio::test]
async fn an_upstream_that_breaks_off_is_told_at_the_end_of_the_stream() {
    let (_upstream, app, mut client) = with(Script::stream(&["a", "b"]).cut_frame_in_half(2)).await;
    let (response, _sending) = client.post("/v1/chat/completions", &streamed_chat("gpt-x")).await;
    let answer = whole(response).await;
    assert!(answer.text().contains("\"error\""), "{}", answer.text());
    assert!(app.only_outcome().await.starts_with("error"), "{}", app.only_outcome().await);
}

#[tokio::test]
async fn a_stop_asks_clients_to_leave_and_lets_streams_end() {
    let script = Script::stream(&["a", "b"]).after_frames(2, Step::WaitForSignal);
    let (upstream, app, mut client) = with(script).await;
    let idle = Http2::connect(app.own_addr).await;
    let (response, _sending) = client.post("/v1/chat/completions", &streamed_chat("gpt-x")).await;
    let mut body = response.await.unwrap().into_body();
    let mut received = next(&mut body).await.unwrap().unwrap().to_vec();

    let stopping = tokio::task::spawn_blocking(move || app.stop());
    // Asked to leave, a client begins nothing more and closes; its last word may find the connection
    // closed already.
    let has_left = |ended: Result<(), h2::Error>| ended.err().is_none_or(|error| error.is_io());
    assert!(has_left(idle.ended().await));
    upstream.proceed();
    received.extend_from_slice(&rest(body).await.unwrap());
    assert!(received.ends_with(b"data: [DONE]\n\n"));
    assert!(has_left(client.ended().await));
    let (_folder, stopped) = stopping.await.unwrap();
    assert_eq!((stopped.accepted, stopped.written), (1, 1));
}

#[tokio::test]
async fn what_the_stop_cuts_off_says_so() {
    let upstream = Upstream::start(Script::stream(&["a", "b"]).stall_after_frames(2)).await;
    let app = secured(&Config::with(&upstream).server("shutdown_timeout = 1")).await;
    let mut client = Http2::connect(app.own_addr).await;
    let (response, _sending) = client.post("/v1/chat/completions", &streamed_chat("gpt-x")).await;
    let body = response.await.unwrap().into_body();
    upstream.wait_for_requests(1).await;
    let stopping = tokio::task::spawn_blocking(move || app.stop());
    let received = rest(body).await.unwrap();
    let received = String::from_utf8_lossy(&received).into_owned();
    assert!(received.contains("shutting_down"), "{received}");
    let (_folder, stopped) = stopping.await.unwrap();
    assert_eq!((stopped.accepted, stopped.written), (1, 1));
}

/// Reads events of the live stream until one of that name.
async fn live_event(body: &mut h2::RecvStream, name: &str) -> Value {
    let mut text = String::new();
    loop {
        let chunk = next(body).await.expect("the stream goes on").unwrap();
        text.push_str(std::str::from_utf8(&chunk).unwrap());
        let (whole, left) = text.rsplit_once("\n\n").unwrap_or(("", &text));
        let event = whole.split("\n\n").find(|event| event.contains(&format!("event: {name}\n")));
        let data =
            event.and_then(|event| event.lines().find_map(|line| line.strip_prefix("data: ")));
        if let Some(data) = data {
            return serde_json::from_str(data).unwrap();
        }
        text = left.to_owned();
    }
}

#[tokio::test]
async fn the_live_stream_shares_the_connection_of_calls_and_ends_at_the_stop() {
    let (_upstream, app, mut client) = with(Script::chat("hi")).await;
    let (response, _) = client.begin(("GET", "/monitor/live"), &[], true).await;
    let mut body = response.await.unwrap().into_body();
    assert_eq!(client.chat(&chat("gpt-x")).await.status(), 200);
    let ended = live_event(&mut body, "ended").await;
    assert_eq!(ended["id"], app.only_record().await["id"]);
    let stopping = tokio::task::spawn_blocking(move || app.stop());
    rest(body).await.unwrap();
    client.ended().await.unwrap();
    stopping.await.unwrap();
}
