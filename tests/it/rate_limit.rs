//! Rate limits: refused with the time to come again, or a bounded wait.

use serde_json::json;

use crate::support::app::outcome;
use crate::support::{Config, Script, TestApp, Upstream, chat, streamed_chat};

fn limited(upstream: &Upstream, limit: &str) -> Config {
    let lines = format!("[models.rate_limit]\n{limit}");
    Config::new().provider("up", &upstream.base_url()).model("up", "gpt-x", &lines)
}

#[tokio::test]
async fn over_the_limit_is_a_429_with_all_its_headers() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let app = TestApp::start(&limited(&upstream, "max_requests = 2\nper_seconds = 3600")).await;
    let header = |answer: &crate::support::client::Response, name: &str| {
        answer.header(&format!("x-ratelimit-{name}-requests")).unwrap().to_owned()
    };

    let first = app.chat(&chat("gpt-x")).await;
    assert_eq!((header(&first, "limit"), header(&first, "remaining")), ("2".into(), "1".into()));
    assert!(
        header(&first, "reset").starts_with("30m") || header(&first, "reset").starts_with("29m")
    );
    let second = app.chat(&chat("gpt-x")).await;
    assert_eq!(header(&second, "remaining"), "0");

    for body in [chat("gpt-x"), streamed_chat("gpt-x")] {
        let refused = app.chat(&body).await;
        assert_eq!(refused.status, 429);
        let seconds: u64 = refused.header("retry-after").unwrap().parse().unwrap();
        assert!((1..=1800).contains(&seconds), "{seconds}");
        assert_eq!(
            (header(&refused, "limit"), header(&refused, "remaining")),
            ("2".into(), "0".into())
        );
        let error = refused.json()["error"].clone();
        assert_eq!(
            (&error["code"], &error["type"]),
            (&json!("rate_limit_exceeded"), &json!("rate_limit_error"))
        );
        assert!(error["message"].as_str().unwrap().contains("2 requests per 3600 s"), "{error}");
    }
    assert_eq!(upstream.request_count(), 2);
    let outcomes: Vec<String> = app.records().await.iter().map(outcome).collect();
    let refused = "error 429 rate_limit_exceeded";
    assert_eq!(outcomes, ["success 200", "success 200", refused, refused]);
}

#[tokio::test]
async fn exactly_the_limit_gets_through_from_many_clients_at_once() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let app = TestApp::start(&limited(
        &upstream,
        "max_requests = 10\nper_seconds = 3600\nburst_size = 25",
    ))
    .await;
    let mut clients = Vec::new();
    for _ in 0..100 {
        clients.push(app.begin_chat(&chat("gpt-x")).await);
    }
    let (mut through, mut refused) = (0, 0);
    for client in &mut clients {
        let status = client.read_head().await.status;
        let body = client.read_body().await;
        match status {
            200 => through += 1,
            429 => refused += 1,
            status => panic!("{status}: {}", body.escape_ascii()),
        }
    }
    assert_eq!((through, refused), (25, 75));
}

#[tokio::test]
async fn within_max_wait_a_call_waits_for_its_turn() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let limit = "max_requests = 20\nper_seconds = 1\nburst_size = 20\nmax_wait_ms = 60_000";
    let app = TestApp::start(&limited(&upstream, limit)).await;
    let mut clients = Vec::new();
    for _ in 0..40 {
        clients.push(app.begin_chat(&chat("gpt-x")).await);
    }
    for client in &mut clients {
        assert_eq!(client.read_head().await.status, 200);
    }
    assert_eq!(upstream.request_count(), 40);
}

#[tokio::test]
async fn a_wait_that_would_be_too_long_is_refused_at_once() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let limit = "max_requests = 1\nper_seconds = 3600\nmax_wait_ms = 1000";
    let app = TestApp::start(&limited(&upstream, limit)).await;
    assert_eq!(app.chat(&chat("gpt-x")).await.status, 200);
    let refused = app.chat(&chat("gpt-x")).await;
    assert_eq!(refused.status, 429);
    let seconds: u64 = refused.header("retry-after").unwrap().parse().unwrap();
    assert!((3500..=3600).contains(&seconds), "{seconds}");
}

#[tokio::test]
async fn a_limited_model_yields_to_the_next_candidate() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let limit = "tags = [\"t\"]\n[models.config]\npriority = 1\n[models.rate_limit]\nmax_requests = 1\nper_seconds = 3600";
    let config = Config::new()
        .provider("up", &upstream.base_url())
        .model("up", "limited", limit)
        .model("up", "free", "tags = [\"t\"]");
    let app = TestApp::start(&config).await;
    for _ in 0..3 {
        assert_eq!(app.chat(&chat("tag:t")).await.status, 200);
    }
    let models: Vec<_> =
        upstream.requests().iter().map(|seen| seen.json()["model"].clone()).collect();
    assert_eq!(models, ["limited", "free", "free"].map(|model| json!(model)));
}

#[tokio::test]
async fn a_reload_keeps_the_fill_level_where_the_numbers_did_not_change() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let config = limited(&upstream, "max_requests = 1\nper_seconds = 3600");
    let app = TestApp::start(&config).await;
    assert_eq!(app.chat(&chat("gpt-x")).await.status, 200);

    app.reconfigure(&config.clone().model("up", "other", "").text()).await;
    assert_eq!(app.chat(&chat("other")).await.status, 200);
    assert_eq!(app.chat(&chat("gpt-x")).await.status, 429);

    app.reconfigure(&limited(&upstream, "max_requests = 2\nper_seconds = 3600").text()).await;
    assert_eq!(app.chat(&chat("gpt-x")).await.status, 200);
}
