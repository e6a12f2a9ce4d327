//! The calls under way: who sees them, and how one is cancelled.

use serde_json::{Value, json};

use crate::support::client::{RawClient, Response, request};
use crate::support::{
    Config, Script, Step, TestApp, Upstream, chat, eventually, secs, streamed_chat,
};

const USER: &str = "sk-the-key-of-a-user";
const OTHER: &str = "sk-the-key-of-another";

fn with_users(upstream: &Upstream) -> Config {
    Config::with(upstream).tables(&format!(
        "[[api_keys]]\nkey = \"{USER}\"\nname = \"user\"\n\
         [[api_keys]]\nkey = \"{OTHER}\"\nname = \"other\"\n"
    ))
}

async fn ask(app: &TestApp, method: &str, path: &str, key: &str) -> Response {
    let credential = format!("Bearer {key}");
    request(app.addr, method, path, &[("authorization", &credential)], b"").await
}

async fn items(app: &TestApp) -> Vec<Value> {
    app.get("/monitor/in-flight").await.json()["items"].as_array().unwrap().clone()
}

async fn begin(app: &TestApp, id: &str, key: Option<&str>, body: &Value) -> RawClient {
    let credential = key.map(|key| format!("Bearer {key}"));
    let mut headers = vec![("x-request-id", id)];
    headers.extend(credential.as_deref().map(|value| ("authorization", value)));
    let mut client = RawClient::connect(app.addr).await;
    client.post_json("/v1/chat/completions", &body.to_string(), &headers).await;
    client
}

#[tokio::test]
async fn a_call_is_listed_from_its_first_attempt_to_its_end() {
    let script = Script::stream(&["a", "b"]).after_frames(2, Step::WaitForSignal);
    let upstream = Upstream::start(script).await;
    let app = TestApp::start(&with_users(&upstream)).await;
    assert_eq!(items(&app).await, [] as [Value; 0]);
    let mut client = begin(&app, "mine/1", Some(USER), &streamed_chat("gpt-x")).await;
    client.read_frame_after_head().await;
    let listed = items(&app).await;
    assert_eq!(listed.len(), 1, "{listed:?}");
    for (name, value) in [
        ("request_id", json!("mine/1")),
        ("endpoint", json!("chat")),
        ("requested", json!("gpt-x")),
        ("model_name", json!("gpt-x")),
        ("provider_name", json!("up")),
        ("api_key", json!("user")),
        ("is_stream", json!(true)),
        ("attempt", json!(1)),
    ] {
        assert_eq!(listed[0][name], value, "{name}");
    }
    assert!(listed[0]["first_token_at"].as_str() >= listed[0]["started_at"].as_str());

    // A user sees its own calls alone, and cancels none.
    let seen =
        async |key| ask(&app, "GET", "/monitor/in-flight", key).await.json()["items"].clone();
    assert_eq!(seen(USER).await.as_array().unwrap().len(), 1);
    assert_eq!(seen(OTHER).await, json!([]));
    let path = "/monitor/in-flight/mine%2F1";
    assert_eq!(ask(&app, "DELETE", path, USER).await.status, 403);

    upstream.proceed();
    let (frames, _) = client.read_to_end().await;
    assert_eq!(frames.last().unwrap(), "data: [DONE]\n\n");
    assert_eq!(items(&app).await, [] as [Value; 0]);
    assert_eq!(app.delete(path).await.status, 404);
    assert_eq!(app.only_outcome().await, "success 200");
}

#[tokio::test]
async fn a_cancelled_stream_ends_with_an_error_and_its_upstream_is_let_go() {
    let script = Script::stream(&["a", "b"]).stall_after_frames(2);
    let upstream = Upstream::start(script).await;
    let app = TestApp::start(&Config::with(&upstream)).await;
    let mut client = begin(&app, "mine/1", None, &streamed_chat("gpt-x")).await;
    client.read_frame_after_head().await;
    let answer = app.delete("/monitor/in-flight/mine/1").await;
    assert_eq!(answer.json(), json!({"request_id": "mine/1", "cancelled": 1}));
    let (frames, _) = client.read_to_end().await;
    let last = String::from_utf8_lossy(frames.last().unwrap());
    assert!(last.contains("\"cancelled\""), "{last}");
    let events = app.events("call.cancelled").await;
    assert_eq!(events.len(), 1, "{events:?}");
    let event = &events[0];
    assert_eq!(
        (&event["subject"], &event["actor"], &event["before"]["model_name"]),
        (&json!("mine/1"), &json!("local"), &json!("gpt-x"))
    );
    upstream.expect_closed_within(secs(5)).await;
    assert_eq!(app.only_outcome().await, "cancelled 499 cancelled");
}

#[tokio::test]
async fn a_cancelled_call_that_waits_for_its_first_byte_is_answered_499() {
    for body in [chat("gpt-x"), streamed_chat("gpt-x")] {
        let upstream = Upstream::start(Script::chat("hi").before_head(Step::Stall)).await;
        let app = TestApp::start(&Config::with(&upstream)).await;
        let mut client = begin(&app, "one", None, &body).await;
        upstream.wait_for_requests(1).await;
        assert_eq!(app.delete("/monitor/in-flight/one").await.status, 200);
        assert_eq!(client.read_head().await.status, 499);
        upstream.expect_closed_within(secs(5)).await;
        assert_eq!(app.only_outcome().await, "cancelled 499 cancelled");
    }
}

#[tokio::test]
async fn a_call_that_queues_for_a_limit_can_be_cancelled() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let limit =
        "[models.rate_limit]\nmax_requests = 1\nper_seconds = 3600\nmax_wait_ms = 3_600_000";
    let config = Config::new().provider("up", &upstream.base_url()).model("up", "gpt-x", limit);
    let app = TestApp::start(&config).await;
    assert_eq!(app.chat(&chat("gpt-x")).await.status, 200);
    let mut client = begin(&app, "queued", None, &chat("gpt-x")).await;
    eventually("it is listed", async || items(&app).await.len() == 1).await;
    assert_eq!(items(&app).await[0]["attempt"], 0);
    assert_eq!(app.delete("/monitor/in-flight/queued").await.status, 200);
    assert_eq!(client.read_head().await.status, 499);
    assert_eq!(upstream.request_count(), 1);
    let records = app.records().await;
    assert_eq!(crate::support::app::outcome(&records[1]), "cancelled 499 cancelled");
}

#[tokio::test]
async fn calls_that_were_given_the_same_id_are_cancelled_together() {
    let upstream = Upstream::start(Script::chat("hi").before_head(Step::Stall)).await;
    let app = TestApp::start(&Config::with(&upstream)).await;
    let mut clients = Vec::new();
    for id in ["same", "same", "another"] {
        clients.push(begin(&app, id, None, &chat("gpt-x")).await);
    }
    upstream.wait_for_requests(3).await;
    let answer = app.delete("/monitor/in-flight/same").await;
    assert_eq!(answer.json()["cancelled"], 2);
    // A cancelled call is listed until its task has ended.
    eventually("the other call is left", async || {
        let left = items(&app).await;
        left.len() == 1 && left[0]["request_id"] == "another"
    })
    .await;
    assert_eq!(app.delete("/monitor/in-flight/another").await.json()["cancelled"], 1);
    for client in &mut clients {
        assert_eq!(client.read_head().await.status, 499);
    }
}
