//! Whatever an upstream does to a whole answer: a clear status, one record, nothing hanging.

use serde_json::{Value, json};

use crate::support::app::outcome;
use crate::support::client::Response;
use crate::support::{Config, Script, Step, TestApp, Upstream, chat, secs, streamed_chat};

/// The answer to a call whose one upstream does this, and how it was recorded.
async fn call(script: Script) -> (Response, String) {
    let upstream = Upstream::start(script).await;
    let app = TestApp::start(&Config::with(&upstream)).await;
    let answer = app.chat(&chat("gpt-x")).await;
    let outcome = outcome(&app.only_record().await);
    (answer, outcome)
}

fn message(answer: &Response) -> String {
    answer.json()["error"]["message"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn error_statuses_are_mapped_as_the_contract_says() {
    let body = r#"{"error":{"message":"the upstream's words","type":"t","code":"c"}}"#;
    for (upstream, status, code) in [
        (400, 400, "upstream_rejected_request"),
        (401, 502, "upstream_refused_key"),
        (402, 502, "upstream_billing"),
        (403, 502, "upstream_refused_key"),
        (404, 404, "upstream_not_found"),
        (410, 404, "upstream_not_found"),
        (408, 504, "upstream_timeout"),
        (413, 413, "request_too_large"),
        (422, 400, "upstream_rejected_request"),
        (429, 429, "upstream_rate_limited"),
        (500, 502, "upstream_error"),
        (502, 502, "upstream_error"),
        (503, 503, "upstream_overloaded"),
        (504, 504, "upstream_timeout"),
        (529, 503, "upstream_overloaded"),
        (302, 502, "upstream_error"),
    ] {
        let (answer, recorded) = call(Script::status(upstream).json(body)).await;
        assert_eq!(
            (answer.status, &answer.json()["error"]["code"]),
            (status, &json!(code)),
            "{upstream}"
        );
        assert_eq!(recorded, format!("error {status} {code}"));
        let tells = message(&answer).contains("the upstream's words");
        assert_eq!(tells, !matches!(upstream, 401 | 403), "{upstream}: {}", message(&answer));
    }
}

#[tokio::test]
async fn the_same_statuses_before_a_stream_are_ordinary_errors_too() {
    for (upstream_status, status) in [(400, 400), (401, 502), (429, 429), (500, 502), (529, 503)] {
        let script = Script::status(upstream_status).json(r#"{"error":{"message":"no"}}"#);
        let upstream = Upstream::start(script).await;
        let app = TestApp::start(&Config::with(&upstream)).await;
        let answer = app.chat(&streamed_chat("gpt-x")).await;
        assert_eq!(answer.status, status);
        assert_eq!(answer.header("content-type"), Some("application/json"));
    }
}

#[tokio::test]
async fn a_429_keeps_its_retry_after() {
    let (answer, _) = call(Script::status(429).header("retry-after", "7").json("{}")).await;
    assert_eq!((answer.status, answer.header("retry-after")), (429, Some("7")));
    let (answer, _) = call(Script::status(429).header("retry-after-ms", "1500").json("{}")).await;
    assert_eq!(answer.header("retry-after"), Some("2"));
}

#[tokio::test]
async fn a_refused_connection_is_a_502() {
    let config = Config::new()
        .provider("up", &format!("http://127.0.0.1:{}", Upstream::refusing_port()))
        .model("up", "gpt-x", "");
    let app = TestApp::start(&config).await;
    let answer = app.chat(&chat("gpt-x")).await;
    assert_eq!(answer.status, 502);
    assert!(message(&answer).contains("provider `up`: cannot connect"), "{}", message(&answer));
    assert_eq!(app.only_outcome().await, "error 502 upstream_unreachable");
}

#[tokio::test]
async fn a_host_that_does_not_resolve_is_a_502() {
    let config =
        Config::new().provider("up", "http://no-such-host.invalid").model("up", "gpt-x", "");
    let app = TestApp::start(&config).await;
    let answer = app.chat(&chat("gpt-x")).await;
    assert_eq!(answer.status, 502, "{}", answer.text());
}

#[tokio::test]
async fn an_upstream_that_closes_a_new_connection_is_a_502_and_asked_only_once() {
    let upstream = Upstream::start(Script::refuse_at_once()).await;
    let app = TestApp::start(&Config::with(&upstream)).await;
    let answer = app.chat(&chat("gpt-x")).await;
    assert_eq!(answer.status, 502);
    assert!(message(&answer).contains("closed before the answer"), "{}", message(&answer));
    assert_eq!(upstream.request_count(), 1);
    assert_eq!(app.only_outcome().await, "error 502 upstream_closed");
}

#[tokio::test]
async fn a_connection_closed_between_two_requests_is_not_seen_by_the_client() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let app = TestApp::start(&Config::with(&upstream)).await;
    for _ in 0..6 {
        assert_eq!(app.chat(&chat("gpt-x")).await.status, 200);
        upstream.close_idle_connections().await;
    }
}

#[tokio::test]
async fn a_connection_that_dies_as_the_request_arrives_is_tried_again_unseen() {
    for death in [Step::Close, Step::Reset] {
        let upstream = Upstream::sequence(vec![
            Script::chat("one"),
            Script::exactly(vec![death]),
            Script::chat("two"),
        ])
        .await;
        let app = TestApp::start(&Config::with(&upstream).one_worker()).await;
        assert_eq!(app.chat(&chat("gpt-x")).await.status, 200);
        assert_eq!(app.chat(&chat("gpt-x")).await.status, 200);
        assert_eq!(upstream.request_count(), 3);
        assert_eq!(app.records().await.len(), 2);
    }
}

#[tokio::test]
async fn what_is_no_chat_completion_is_a_502_that_says_what_came() {
    for (script, says) in [
        (Script::status(200).body("text/html", "<html>hello</html>"), "HTML"),
        (Script::status(500).body("text/html", "<html>hello</html>"), "an HTML page"),
        (Script::chat_body(r#"{"choices":[{"message":{"con"#), "breaks off in the middle"),
        (Script::chat_body(""), "an empty body"),
        (Script::chat_body("[]"), "no chat completion"),
        (Script::chat_body(r#"{"object":"list"}"#), "without `choices`"),
        (Script::chat_body(r#"{"error":{"message":"no credits left"}}"#), "no credits left"),
        (Script::exactly(vec![Step::Send(b"nonsense\r\n\r\n".to_vec()), Step::Close]), "HTTP"),
    ] {
        let (answer, recorded) = call(script).await;
        assert_eq!(answer.status, 502, "{says}: {}", answer.text());
        assert!(message(&answer).contains(says), "{}", message(&answer));
        assert!(recorded.starts_with("error 502"), "{recorded}");
    }
}

#[tokio::test]
async fn an_answer_cut_off_in_its_body_is_a_502() {
    let cut = Script::chat("a long answer").cut_frame_in_half(1);
    let (answer, recorded) = call(cut.clone()).await;
    assert_eq!(answer.status, 502, "{}", answer.text());
    assert!(message(&answer).contains("closed before the answer"), "{}", message(&answer));
    assert_eq!(recorded, "error 502 upstream_closed");
    let (answer, recorded) = call(cut.clone().chunked()).await;
    assert!(message(&answer).contains("closed before the answer"), "{}", message(&answer));
    assert_eq!(recorded, "error 502 upstream_closed");
    // Where the connection's end is that of the body, only the JSON tells.
    let (answer, recorded) = call(cut.until_close()).await;
    assert!(message(&answer).contains("breaks off in the middle"), "{}", message(&answer));
    assert_eq!(recorded, "error 502 upstream_bad_answer");
}

#[tokio::test]
async fn an_answer_without_end_is_a_502() {
    let pieces = vec![" ".repeat(1024 * 1024); 65];
    let (answer, recorded) = call(Script::stream_frames(&pieces)).await;
    assert!(message(&answer).contains("answered more than 67108864 bytes"), "{}", message(&answer));
    assert_eq!(recorded, "error 502 upstream_bad_answer");
}

#[tokio::test]
async fn a_key_in_an_upstreams_words_is_not_passed_on() {
    let body = r#"{"error":{"message":"bad key sk-upstream for you"}}"#;
    for status in [400, 401, 403, 429, 500] {
        let upstream = Upstream::start(Script::status(status).json(body)).await;
        let app = TestApp::start(&Config::with(&upstream)).await;
        let answer = app.chat(&chat("gpt-x")).await;
        assert!(!answer.text().contains("sk-upstream"), "{status}: {}", answer.text());
        let record = app.only_record().await.to_string();
        assert!(!record.contains("sk-upstream"), "{status}: {record}");
    }
    let error = "data: {\"error\":{\"message\":\"bad key sk-upstream for you\"}}\n\n";
    let chunk = "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n";
    for (script, request) in [
        (Script::chat_body(body), chat("gpt-x")),
        (Script::stream_frames(&[error]), streamed_chat("gpt-x")),
        (Script::stream_frames(&[chunk, error]), streamed_chat("gpt-x")),
    ] {
        let upstream = Upstream::start(script).await;
        let app = TestApp::start(&Config::with(&upstream)).await;
        let answer = app.chat(&request).await;
        assert!(answer.text().contains("[redacted]"), "{}", answer.text());
        assert!(!answer.text().contains("sk-upstream"), "{}", answer.text());
        let record = app.only_record().await.to_string();
        assert!(!record.contains("sk-upstream"), "{record}");
    }
}

#[tokio::test]
async fn a_stall_before_the_head_ends_with_a_504_after_the_configured_time() {
    let upstream = Upstream::start(Script::chat("hi").before_head(Step::Stall)).await;
    let config = Config::new()
        .provider_with("up", &upstream.base_url(), "[providers.settings]\ntimeout = 0.2")
        .model("up", "gpt-x", "");
    let app = TestApp::start(&config).await;
    let answer = app.chat(&chat("gpt-x")).await;
    assert_eq!(answer.status, 504);
    assert!(
        message(&answer).contains("the response head took longer than 0.2 s"),
        "{}",
        message(&answer)
    );
    assert_eq!(app.only_outcome().await, "error 504 upstream_timeout");
    upstream.expect_closed_within(secs(1)).await;
}

#[tokio::test]
async fn the_default_timeout_comes_from_the_environment() {
    let upstream = Upstream::start(Script::chat("hi").before_head(Step::Stall)).await;
    let setup = crate::support::app::Setup::default().env("LLM_ROUTER_DEFAULT_TIMEOUT", "0.2");
    let app = setup.start(&Config::with(&upstream)).await;
    assert_eq!(app.chat(&chat("gpt-x")).await.status, 504);
}

#[tokio::test]
async fn a_stall_in_the_body_of_a_whole_answer_ends_with_a_504() {
    let head =
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 500\r\n\r\n{\"cho";
    let script = Script::exactly(vec![Step::Send(head.as_bytes().to_vec()), Step::Stall]);
    let upstream = Upstream::start(script).await;
    let config = Config::with(&upstream).tables("[timeouts]\nidle = 0.2");
    let app = TestApp::start(&config).await;
    assert_eq!(app.chat(&chat("gpt-x")).await.status, 504);
    upstream.expect_closed_within(secs(1)).await;
}

#[tokio::test]
async fn an_upstream_that_does_not_take_the_connection_ends_with_a_504() {
    // A listener whose backlog is full: the handshake is never completed.
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1).unwrap();
    let addr = listener.local_addr().unwrap();
    let mut held = Vec::new();
    while let Ok(Ok(stream)) = tokio::time::timeout(
        std::time::Duration::from_millis(200),
        tokio::net::TcpStream::connect(addr),
    )
    .await
    {
        held.push(stream);
        assert!(held.len() < 100, "the backlog never fills");
    }
    let config = Config::new()
        .provider_with(
            "up",
            &format!("http://{addr}"),
            "[providers.settings]\nconnect_timeout = 0.2",
        )
        .model("up", "gpt-x", "");
    let app = TestApp::start(&config).await;
    let answer = app.chat(&chat("gpt-x")).await;
    assert_eq!(answer.status, 504, "{}", answer.text());
    assert!(message(&answer).contains("the connection took longer"), "{}", message(&answer));
}

#[tokio::test]
async fn the_next_provider_of_a_model_serves_when_the_first_fails() {
    let broken = Upstream::start(Script::status(500).json("{}")).await;
    let sound = Upstream::start(Script::chat("hi")).await;
    let config = Config::new()
        .provider("one", &broken.base_url())
        .provider("two", &sound.base_url())
        .model("one", "gpt-x", "[models.config]\npriority = 1")
        .model("two", "gpt-x", "");
    let app = TestApp::start(&config).await;
    assert_eq!(app.chat(&chat("gpt-x")).await.status, 200);
    let record = app.only_record().await;
    assert_eq!((&record["provider_name"], &record["attempts"]), (&json!("two"), &json!(2)));
    assert_eq!(app.chat(&chat("one/gpt-x")).await.status, 502, "a named provider is not left");
}

#[tokio::test]
async fn a_fault_of_the_callers_own_is_not_tried_elsewhere() {
    let strict = Upstream::start(Script::status(400).json(r#"{"error":{"message":"bad"}}"#)).await;
    let other = Upstream::start(Script::chat("hi")).await;
    let config = Config::new()
        .provider("one", &strict.base_url())
        .provider("two", &other.base_url())
        .model("one", "gpt-x", "[models.config]\npriority = 1")
        .model("two", "gpt-x", "");
    let app = TestApp::start(&config).await;
    assert_eq!(app.chat(&chat("gpt-x")).await.status, 400);
    assert_eq!(other.request_count(), 0);
}

#[tokio::test]
async fn over_max_connections_a_call_queues_and_is_then_a_503() {
    let upstream = Upstream::start(Script::chat("hi").before_head(Step::WaitForSignal)).await;
    let settings = "[providers.settings]\nmax_connections = 1\nconnect_timeout = 0.3";
    let config =
        Config::new().provider_with("up", &upstream.base_url(), settings).model("up", "gpt-x", "");
    let app = TestApp::start(&config).await;
    let mut first = app.begin_chat(&chat("gpt-x")).await;
    upstream.wait_for_requests(1).await;
    let refused = app.chat(&chat("gpt-x")).await;
    assert_eq!((refused.status, refused.header("retry-after")), (503, Some("1")));
    upstream.proceed();
    assert_eq!(first.read_head().await.status, 200);
    let outcomes: Vec<Value> =
        app.records().await.iter().map(|record| record["error_code"].clone()).collect();
    assert!(outcomes.contains(&json!("provider_busy")), "{outcomes:?}");
}
