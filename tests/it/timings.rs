//! Where the time of a call went, in its trace and in `server-timing`. Nothing here asserts how long
//! anything took, only what follows what, and that the parts fit into the whole.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{Config, Script, Step, TestApp, Upstream, chat, streamed_chat};

/// Rounding of the parts to 10 µs.
const ROUNDED: f64 = 0.1;

const PARTS: [&str; 8] = [
    "auth_ms",
    "route_ms",
    "queue_ms",
    "connect_ms",
    "first_byte_ms",
    "first_token_ms",
    "stream_ms",
    "translate_ms",
];

async fn route_of_last(app: &TestApp) -> Value {
    let id = app.records().await.pop().unwrap()["id"].clone();
    app.get(&format!("/monitor/invocations/{id}")).await.json()["route"].clone()
}

fn names(timings: &Value) -> Vec<&str> {
    let is_there = |name: &&str| timings.get(*name).is_some();
    PARTS.into_iter().filter(is_there).collect()
}

fn assert_parts_fit(timings: &Value) {
    let parts: f64 = PARTS.iter().filter_map(|name| timings[*name].as_f64()).sum();
    let total = timings["total_ms"].as_f64().unwrap();
    assert!(parts <= total + ROUNDED, "{timings:#}");
}

fn pause() -> Step {
    Step::Pause(Duration::from_millis(30))
}

#[tokio::test]
async fn a_whole_answer_says_where_its_time_went() {
    let upstream = Upstream::start(Script::chat("hi").before_head(pause())).await;
    let app = TestApp::start(&Config::with(&upstream).one_worker()).await;
    let answer = app.chat(&chat("gpt-x")).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let header = answer.header("server-timing").unwrap();
    let metrics: Vec<(&str, f64)> = header
        .split(", ")
        .map(|metric| metric.split_once(";dur=").unwrap())
        .map(|(name, ms)| (name, ms.parse().unwrap()))
        .collect();
    let order: Vec<&str> = metrics.iter().map(|(name, _)| *name).collect();
    let expected =
        ["auth", "route", "queue", "connect", "first-byte", "stream", "translate", "total"];
    assert_eq!(order, expected);

    let route = route_of_last(&app).await;
    let timings = &route["timings"];
    for (name, ms) in metrics {
        let name = format!("{}_ms", name.replace('-', "_"));
        assert_eq!(timings[&name].as_f64(), Some(ms), "{name} of {timings:#}");
    }
    assert_parts_fit(timings);
    let attempt = &route["attempts"][0];
    assert_eq!((&attempt["outcome"], &attempt["http_status"]), (&json!("answered"), &json!(200)));
    assert_eq!(attempt.get("error"), None);
    let number = |name: &str| attempt[name].as_f64().unwrap();
    let parts = number("queue_ms") + number("connect_ms") + number("first_byte_ms");
    assert!(parts <= number("ms") + ROUNDED, "{attempt:#}");
    let end = number("at_ms") + number("ms");
    assert!(end <= timings["total_ms"].as_f64().unwrap() + ROUNDED, "{route:#}");

    app.chat(&chat("gpt-x")).await;
    assert_eq!(upstream.connection_count(), 1);
    assert_eq!(route_of_last(&app).await["attempts"][0]["connect_ms"], 0.0, "it was pooled");
}

#[tokio::test]
async fn a_stream_has_a_first_token_and_no_header() {
    let script = Script::stream(&["a", "b"]).before_head(pause()).after_frames(1, pause());
    let upstream = Upstream::start(script).await;
    let app = TestApp::start(&Config::with(&upstream)).await;
    let answer = app.chat(&streamed_chat("gpt-x")).await;
    assert_eq!((answer.status, answer.header("server-timing")), (200, None));
    let route = route_of_last(&app).await;
    let timings = &route["timings"];
    let expected = [
        "auth_ms",
        "route_ms",
        "queue_ms",
        "connect_ms",
        "first_byte_ms",
        "first_token_ms",
        "stream_ms",
    ];
    assert_eq!(names(timings), expected);
    assert_parts_fit(timings);
}

#[tokio::test]
async fn each_attempt_says_when_it_began_and_why_it_failed() {
    let broken = Upstream::start(Script::status(500).json("{}").before_head(pause())).await;
    let closed = format!("http://127.0.0.1:{}/v1", Upstream::refusing_port());
    let sound = Upstream::start(Script::chat("hi")).await;
    let config = Config::new()
        .provider("a", &broken.base_url())
        .provider("b", &closed)
        .provider("c", &sound.base_url())
        .model("a", "gpt-x", "[models.config]\npriority = 2")
        .model("b", "gpt-x", "[models.config]\npriority = 1")
        .model("c", "gpt-x", "");
    let app = TestApp::start(&config).await;
    assert_eq!(app.chat(&chat("gpt-x")).await.status, 200);
    let route = route_of_last(&app).await;
    let attempts = route["attempts"].as_array().unwrap();
    let statuses: Vec<_> = attempts.iter().map(|attempt| attempt.get("http_status")).collect();
    assert_eq!(statuses, [Some(&json!(500)), None, Some(&json!(200))], "{route:#}");
    let failed: Vec<_> = attempts.iter().map(|attempt| attempt.get("error").is_some()).collect();
    assert_eq!(failed, [true, true, false], "{route:#}");
    assert_eq!(attempts[1].get("first_byte_ms"), None, "nothing was heard: {route:#}");
    for pair in attempts.windows(2) {
        let end = pair[0]["at_ms"].as_f64().unwrap() + pair[0]["ms"].as_f64().unwrap();
        assert!(end <= pair[1]["at_ms"].as_f64().unwrap() + ROUNDED, "{route:#}");
    }
    assert_parts_fit(&route["timings"]);
}

#[tokio::test]
async fn a_call_without_a_candidate_has_no_times_of_one() {
    let upstream = Upstream::refusing_port();
    let config = Config::new()
        .provider("a", &format!("http://127.0.0.1:{upstream}/v1"))
        .model("a", "gpt-x", "");
    let app = TestApp::start(&config).await;
    assert_eq!(app.chat(&chat("gpt-x")).await.status, 502);
    let route = route_of_last(&app).await;
    assert_eq!(names(&route["timings"]), ["auth_ms", "route_ms", "queue_ms"], "{route:#}");
}
