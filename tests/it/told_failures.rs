//! Several candidates fail: which is retried, which failure is reported, and which circuit counts
//! it.

use serde_json::Value;

use crate::support::app::outcome;
use crate::support::{Config, Script, Step, TestApp, Upstream, chat};

const TOO_LONG: &str = r#"{"error":{"message":"too long","code":"context_length_exceeded"}}"#;
const POLICY: &str = r#"{"error":{"message":"no","code":"content_policy_violation"}}"#;

/// Providers `a`, `b` and `c`, each with a model `m`, in this order.
async fn app(upstreams: &[&Upstream], lines: &str, routing: &str) -> TestApp {
    let mut config = Config::new().routing(routing);
    for (place, upstream) in upstreams.iter().enumerate() {
        let name = ["a", "b", "c"][place];
        let model = format!("[models.config]\npriority = {}\n{lines}", 9 - place);
        config = config.provider(name, &upstream.base_url()).model(name, "m", &model);
    }
    TestApp::start(&config).await
}

fn error(status: u16) -> Script {
    Script::status(status).json("{}")
}

fn limited(seconds: &str) -> Script {
    error(429).header("retry-after", seconds)
}

#[tokio::test]
async fn who_asks_for_long_patience_does_not_keep_others_from_being_asked_again() {
    let busy = Upstream::start(limited("60")).await;
    let flaky = Upstream::sequence(vec![error(503), Script::chat("hi")]).await;
    let app = app(&[&busy, &flaky], "", "[routing]\nretries = 1\nbackoff = 0.001").await;
    let answer = app.chat(&chat("m")).await;
    assert_eq!(answer.header("x-llm-router-route"), Some("b/m;attempts=3"), "{}", answer.text());
    assert_eq!((busy.request_count(), flaky.request_count()), (1, 2));
}

#[tokio::test]
async fn the_most_specific_failure_is_reported_and_recorded_with_its_model() {
    let too_long = || Script::status(400).json(TOO_LONG);
    for (first, second, told, retry_after) in [
        (limited("5"), limited("60"), "a error 429 upstream_rate_limited", Some("5")),
        (limited("60"), limited("5"), "b error 429 upstream_rate_limited", Some("5")),
        (limited("7"), error(500), "a error 429 upstream_rate_limited", Some("7")),
        (error(500), limited("7"), "b error 429 upstream_rate_limited", Some("7")),
        (error(500), too_long(), "a error 502 upstream_error", None),
        (too_long(), error(500), "b error 502 upstream_error", None),
        (too_long(), too_long(), "b error 400 context_length_exceeded", None),
    ] {
        let (first, second) = (Upstream::start(first).await, Upstream::start(second).await);
        let app = app(&[&first, &second], "", "[routing]\nretries = 0").await;
        let answer = app.chat(&chat("m")).await;
        assert_eq!(answer.header("retry-after"), retry_after, "{told}");
        let record = app.only_record().await;
        let provider = record["provider_name"].as_str().unwrap();
        assert_eq!(format!("{provider} {}", outcome(&record)), told);
        assert_eq!(record["http_status"], answer.status);
    }
}

#[tokio::test]
async fn a_candidate_without_room_is_named_in_the_record_of_its_refusal() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let app = app(&[&upstream], "tokens_per_minute = 1", "").await;
    let statuses = [app.chat(&chat("m")).await.status, app.chat(&chat("m")).await.status];
    assert_eq!(statuses, [200, 429]);
    let records = app.records().await;
    assert_eq!(outcome(&records[1]), "error 429 tokens_per_minute_exceeded");
    assert_eq!(records[1]["model_name"], "m");
}

#[tokio::test]
async fn after_a_content_refusal_only_the_models_configured_for_it_are_tried() {
    let broken = Upstream::start(error(503)).await;
    let refusing = Upstream::start(Script::status(400).json(POLICY)).await;
    let named = Upstream::sequence(vec![error(503), Script::chat("hi")]).await;
    let config = Config::new()
        .routing("[routing]\nretries = 2\nmax_attempts = 9\nbackoff = 0.001")
        .provider("broken", &broken.base_url())
        .provider("refusing", &refusing.base_url())
        .provider("named", &named.base_url())
        .model("broken", "m", "[models.config]\npriority = 9")
        .model("refusing", "m", "[models.config]\ncontent_fallbacks = [\"free\"]")
        .model("named", "free", "");
    let app = TestApp::start(&config).await;
    assert_eq!(app.chat(&chat("m")).await.status, 200);
    let asked = [&broken, &refusing, &named].map(Upstream::request_count);
    assert_eq!(asked, [1, 1, 2]);
}

fn resting(health: &Value) -> Vec<&str> {
    let models = health["models_not_closed"].as_array().unwrap();
    models.iter().map(|model| model["name"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_model_is_blamed_for_a_deadline_only_where_it_had_most_of_the_time() {
    let stalling =
        || async { Upstream::start(Script::chat("late").before_head(Step::Stall)).await };
    let (first, second) = (stalling().await, stalling().await);
    let rest = "[routing.circuit]\nfailures = 1\nrest = 60\n[timeouts]\nhead";
    for (head, upstreams, blamed) in
        [(0.4, vec![&first, &second], "a/m"), (9.0, vec![&first], "a/m")]
    {
        let routing = format!("[routing]\nretries = 0\ndeadline = 0.5\n{rest} = {head}");
        let app = app(&upstreams, "", &routing).await;
        assert_eq!(app.chat(&chat("m")).await.json()["error"]["code"], "deadline_exceeded");
        assert_eq!(resting(&app.get("/health/detail").await.json()), [blamed]);
    }
}
