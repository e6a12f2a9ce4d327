//! Every bad request gets an error that says what is wrong and how to fix it.

use serde_json::{Value, json};

use crate::support::app::outcome;
use crate::support::client::{RawClient, request};
use crate::support::{Config, Script, TestApp, Upstream, chat, secs};

const JSON: (&str, &str) = ("content-type", "application/json");

async fn app() -> (Upstream, TestApp) {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let config = Config::with(&upstream).server("max_body_bytes = 10_000");
    let app = TestApp::start(&config).await;
    (upstream, app)
}

/// Status, param and message of the refusal of a chat body.
async fn refusal(app: &TestApp, body: &str) -> (u16, Value, String) {
    let answer = request(app.addr, "POST", "/v1/chat/completions", &[JSON], body.as_bytes()).await;
    let error = answer.json()["error"].clone();
    let message = error["message"].as_str().unwrap_or_default().to_owned();
    (answer.status, error["param"].clone(), message)
}

#[tokio::test]
async fn a_bad_body_is_a_400_that_names_the_field() {
    let (upstream, app) = app().await;
    for (body, param, says) in [
        ("", json!(null), "not a JSON object"),
        ("{\"model\": \"gpt-x\", ", json!(null), "not a JSON object"),
        ("[]", json!(null), "not a JSON object"),
        (r#"{"model":"gpt-x","messages":[]}"#, json!("messages"), "empty"),
        (r#"{"model":"gpt-x"}"#, json!("messages"), "missing"),
        (r#"{"model":"gpt-x","messages":"hi"}"#, json!("messages"), "must be a list"),
        (r#"{"model":"gpt-x","messages":[{"role":7}]}"#, json!("messages[0].role"), "a string"),
        (
            r#"{"model":"gpt-x","messages":[{"role":"user"}],"temperature":"hot"}"#,
            json!("temperature"),
            "must be a number, not a string",
        ),
        (
            r#"{"model":"gpt-x","messages":[{"role":"user"}],"stream":1}"#,
            json!("stream"),
            "must be a boolean",
        ),
        (
            r#"{"model":"a","model":"b","messages":[{"role":"user"}]}"#,
            json!(null),
            "`model` stands twice",
        ),
        (r#"{"messages":[{"role":"user"}]}"#, json!("model"), "no model is named"),
        (r#"{"model":"","messages":[{"role":"user"}]}"#, json!("model"), "no model is named"),
    ] {
        let (status, found, message) = refusal(&app, body).await;
        assert_eq!((status, &found), (400, &param), "{body}: {message}");
        assert!(message.contains(says), "{body}: {message}");
    }
    assert_eq!(upstream.request_count(), 0);
    assert_eq!(app.records().await, [] as [Value; 0], "what was not understood is no call");
}

#[tokio::test]
async fn a_body_deeper_than_any_stack_is_refused_or_served_but_does_no_harm() {
    let (_upstream, app) = app().await;
    let deep = format!(
        r#"{{"model":"gpt-x","messages":[{{"role":"user"}}],"x":{}{}}}"#,
        "[".repeat(4000),
        "]".repeat(4000)
    );
    let (status, _, message) = refusal(&app, &deep).await;
    assert!(status == 200 || status == 400, "{status}: {message}");
    assert_eq!(app.chat(&chat("gpt-x")).await.status, 200);
}

#[tokio::test]
async fn an_unknown_model_is_a_404_with_near_names_and_a_record() {
    let (_upstream, app) = app().await;
    let (status, param, message) =
        refusal(&app, r#"{"model":"up/gtp-x","messages":[{"role":"user"}]}"#).await;
    assert_eq!((status, param), (404, json!("model")));
    assert_eq!(message, "model `up/gtp-x` is unknown or not active; did you mean `up/gpt-x`?");
    let record = app.only_record().await;
    assert_eq!(outcome(&record), "error 404 model_not_found");
    assert_eq!((&record["requested"], &record["attempts"]), (&json!("up/gtp-x"), &json!(0)));
}

#[tokio::test]
async fn at_most_three_near_names_are_offered() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let mut config = Config::new().provider("up", &upstream.base_url());
    for name in ["gpt-1", "gpt-2", "gpt-3", "gpt-4", "llama"] {
        config = config.model("up", name, "");
    }
    let app = TestApp::start(&config).await;
    let (_, _, message) = refusal(&app, r#"{"model":"gpt-9","messages":[{"role":"user"}]}"#).await;
    assert_eq!(message.matches("up/gpt-").count(), 3, "{message}");
    let (_, _, message) = refusal(&app, r#"{"model":"zzz","messages":[{"role":"user"}]}"#).await;
    assert!(message.ends_with("GET /v1/models lists all"), "{message}");
}

#[tokio::test]
async fn an_unknown_content_type_is_a_415_that_says_what_to_send() {
    let (_upstream, app) = app().await;
    for content_type in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"] {
        let headers = [("content-type", content_type)];
        let body = chat("gpt-x").to_string();
        let answer =
            request(app.addr, "POST", "/v1/chat/completions", &headers, body.as_bytes()).await;
        assert_eq!(answer.status, 415, "{content_type}");
        assert!(answer.text().contains("application/json"), "{}", answer.text());
    }
}

#[tokio::test]
async fn a_body_over_the_limit_is_a_413_whether_announced_or_not() {
    let (_upstream, app) = app().await;
    let body =
        json!({"model": "gpt-x", "messages": [{"role": "user", "content": "x".repeat(10_000)}]});
    let (status, _, message) = refusal(&app, &body.to_string()).await;
    assert_eq!(status, 413);
    assert!(message.contains("10000 bytes"), "{message}");

    let mut client = RawClient::connect(app.addr).await;
    let head = "POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
        transfer-encoding: chunked\r\n\r\n";
    client.send_raw(head).await;
    let text = body.to_string();
    let (one, other) = text.as_bytes().split_at(5000);
    for part in [one, other] {
        client.send_raw(format!("{:x}\r\n", part.len())).await;
        client.send_raw(part).await;
        client.send_raw("\r\n").await;
    }
    client.send_raw("0\r\n\r\n").await;
    assert_eq!(client.read_head().await.status, 413);
}

#[tokio::test]
async fn an_unknown_path_and_a_wrong_method_get_errors_in_the_paths_own_shape() {
    let (_upstream, app) = app().await;
    let answer = app.get("/nothing").await;
    assert_eq!((answer.status, &answer.json()["code"]), (404, &json!("not_found")));
    assert_eq!(answer.json()["request_id"].as_str(), answer.header("x-request-id"));
    let answer = app.get("/v1/chat/completions").await;
    assert_eq!(
        (answer.status, &answer.json()["error"]["code"]),
        (405, &json!("method_not_allowed"))
    );
    let answer = app.get("/v1/nothing").await;
    assert_eq!((answer.status, &answer.json()["error"]["code"]), (404, &json!("not_found")));
    for (path, says) in [
        ("/chat/completions", "the base URL of an SDK ends in /v1 once"),
        ("/v1/v1/chat/completions", "the base URL of an SDK ends in /v1 once"),
        ("/v1/v1/embeddings", "embeddings are at POST /v1/embeddings"),
    ] {
        let answer = app.post(path, &json!({})).await;
        assert_eq!((answer.status, &answer.json()["error"]["code"]), (404, &json!("not_found")));
        let text = answer.json()["error"]["message"].to_string();
        assert!(text.contains(says), "{path}: {text}");
    }
}

#[tokio::test]
async fn every_answer_carries_a_request_id_and_keeps_a_sane_one() {
    let (_upstream, app) = app().await;
    for path in ["/health", "/v1/models", "/nothing", "/api/models"] {
        assert!(app.get(path).await.header("x-request-id").is_some(), "{path}");
    }
    let kept = request(app.addr, "GET", "/health", &[("x-request-id", "trace-7")], b"").await;
    assert_eq!(kept.header("x-request-id"), Some("trace-7"));
    let insane = request(app.addr, "GET", "/health", &[("x-request-id", "two words")], b"").await;
    assert_ne!(insane.header("x-request-id"), Some("two words"));
    let headers = [JSON, ("x-request-id", "trace-8")];
    let body = chat("gpt-x").to_string();
    request(app.addr, "POST", "/v1/chat/completions", &headers, body.as_bytes()).await;
    assert_eq!(app.only_record().await["request_id"], "trace-8");
}

#[tokio::test]
async fn a_client_that_sends_half_a_body_and_leaves_does_no_harm() {
    let (_upstream, app) = app().await;
    let mut client = RawClient::connect(app.addr).await;
    let head = "POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
        content-length: 500\r\n\r\n{\"model\":";
    client.send_raw(head).await;
    client.hang_up_fin().await;
    client.expect_end_within(secs(5)).await;
    assert_eq!(app.chat(&chat("gpt-x")).await.status, 200);
}
