//! The router's own format: direct and by tags, whole, as lines and as events.

use serde_json::{Value, json};

use crate::support::client::request;
use crate::support::{Config, Script, TestApp, Upstream};

const ANSWER: &str = r#"{"id":"c","model":"m","choices":[{"index":0,"finish_reason":"tool_calls","message":
{"role":"assistant","content":"text","reasoning_content":"thought","tool_calls":[{"id":"1"}]}}],
"usage":{"prompt_tokens":1000,"completion_tokens":100,"total_tokens":1100}}"#;

fn config(upstream: &Upstream) -> Config {
    let url = upstream.base_url();
    let price = "[models.config]\ncost_per_1k_tokens = 0.001\ncost_per_1k_completion_tokens = 0.01";
    Config::new()
        .provider("one", &url)
        .provider("two", &url)
        .model("one", "coder", &format!("tags = [\"coding\", \"fast\"]\n{price}"))
        .model("two", "writer", &format!("tags = [\"writing\", \"fast\"]\n{price}\npriority = 5"))
        .model("two", "old", "tags = [\"coding\", \"old\"]\nis_active = false")
}

async fn app(script: Script) -> (Upstream, TestApp) {
    let upstream = Upstream::start(script).await;
    let app = TestApp::start(&config(&upstream)).await;
    (upstream, app)
}

#[tokio::test]
async fn a_direct_call_answers_text_cost_usage_and_the_raw_body() {
    let (upstream, app) = app(Script::chat_body(ANSWER)).await;
    let body = json!({"prompt": "hi", "parameters": {"temperature": 0.5}, "tools": []});
    let answer = app.post("/models/one/coder/invoke", &body).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let found = answer.json();
    let expected = json!({
        "output_text": "text", "cost": 0.002, "finish_reason": "tool_calls", "model": "coder",
        "provider": "one", "tool_calls": [{"id": "1"}], "reasoning": "thought",
        "raw": serde_json::from_str::<Value>(ANSWER).unwrap(),
    });
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(&found[name], value, "{name}");
    }
    assert_eq!(found["usage"]["total_tokens"], 1100);
    assert_eq!(found["request_id"].as_str(), answer.header("x-request-id"));
    let seen = upstream.requests().remove(0).json();
    assert_eq!(
        seen,
        json!({"model": "coder", "tools": [], "temperature": 0.5,
            "messages": [{"role": "user", "content": "hi"}]})
    );
    assert_eq!(app.only_record().await["endpoint"], "invoke");
}

#[tokio::test]
async fn a_query_picks_by_tags_types_providers_and_priority() {
    let (upstream, app) = app(Script::chat("hi")).await;
    for (query, model) in [
        (json!({"tags": ["coding"]}), "coder"),
        (json!({"tags": ["fast"]}), "writer"),
        (json!({"tags": ["fast"], "exclude_tags": ["writing"]}), "coder"),
        (json!({"any_tags": ["coding", "nothing"]}), "coder"),
        (json!({"tags": ["fast"], "providers": ["one"]}), "coder"),
        (json!({"provider_types": ["openai_compatible"]}), "writer"),
        (json!({"name": "coder"}), "coder"),
        (json!({"tags": ["coding"], "include_inactive": true}), "coder"),
        (Value::Null, "writer"),
        (json!({}), "writer"),
    ] {
        let body = json!({"query": query, "request": {"prompt": "hi"}});
        let answer = app.post("/route/invoke", &body).await;
        assert_eq!(answer.json()["model"], model, "{query}: {}", answer.text());
    }
    let first = &app.records().await[0];
    assert_eq!((&first["endpoint"], &first["requested"]), (&json!("route"), &json!("tag:coding")));
    assert!(upstream.request_count() == 10);
}

#[tokio::test]
async fn a_query_that_matches_nothing_says_so() {
    let (_upstream, app) = app(Script::chat("hi")).await;
    for (body, status, says) in [
        (json!({"query": {"tags": ["old"]}, "request": {"prompt": "hi"}}), 404, "tag:old"),
        (json!({"query": {"tags": "coding"}, "request": {"prompt": "hi"}}), 400, "query"),
        (
            json!({"query": {"tag": ["coding"]}, "request": {"prompt": "hi"}}),
            400,
            "unknown field `tag`",
        ),
        (
            json!({"query": {"provider_types": ["opnai"]}, "request": {"prompt": "hi"}}),
            400,
            "opnai",
        ),
        (json!({"query": {"strategy": "luck"}, "request": {"prompt": "hi"}}), 400, "luck"),
        (json!({"query": {}}), 400, "`request` must be an object"),
        (json!({"query": {}, "request": {}}), 400, "`prompt` or `messages` is missing"),
        (json!({"qurey": {}, "request": {"prompt": "hi"}}), 400, "`qurey` is unknown"),
    ] {
        let answer = app.post("/route/invoke", &body).await;
        assert_eq!(answer.status, status, "{body}: {}", answer.text());
        assert!(answer.json()["detail"].as_str().unwrap().contains(says), "{}", answer.text());
    }
}

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test]
async fn a_stream_is_one_object_a_line_with_one_final_line() {
    let (_upstream, app) = app(Script::stream(&["a", "b"])).await;
    let body = json!({"query": {"tags": ["coding"]}, "request": {"prompt": "hi", "stream": true}});
    let answer = app.post("/route/invoke", &body).await;
    assert_eq!(answer.header("content-type"), Some("application/jsonl; charset=utf-8"));
    let lines = lines(answer.text());
    let texts: Vec<_> = lines.iter().filter_map(|line| line["text"].as_str()).collect();
    assert_eq!(texts.concat(), "ab");
    let finals = lines.iter().filter(|line| line["is_final"] == true).count();
    let last = lines.last().unwrap();
    assert_eq!((finals, &last["is_final"]), (1, &json!(true)));
    assert_eq!((&last["usage"]["total_tokens"], &last["cost"]), (&json!(11), &json!(0.000_029)));
    assert_eq!((&last["model"], &last["finish_reason"]), (&json!("coder"), &json!("stop")));
}

#[tokio::test]
async fn with_accept_the_same_objects_come_as_events() {
    let (_upstream, app) = app(Script::stream(&["a"])).await;
    let headers = [("content-type", "application/json"), ("accept", "text/event-stream")];
    let body = json!({"prompt": "hi", "stream": true}).to_string();
    let answer =
        request(app.addr, "POST", "/models/one/coder/invoke", &headers, body.as_bytes()).await;
    assert_eq!(answer.header("content-type"), Some("text/event-stream; charset=utf-8"));
    let frames = answer.frames();
    let last = String::from_utf8_lossy(frames.last().unwrap()).into_owned();
    let last: Value = serde_json::from_str(last.strip_prefix("data: ").unwrap()).unwrap();
    assert_eq!(last["is_final"], true);
}

#[tokio::test]
async fn a_broken_stream_ends_with_an_error_line_that_is_final() {
    let (_upstream, app) = app(Script::stream(&["a", "b"]).reset_after_frames(2)).await;
    let body = json!({"prompt": "hi", "stream": true});
    let answer = app.post("/models/one/coder/invoke", &body).await;
    let lines = lines(answer.text());
    let last = lines.last().unwrap();
    assert_eq!(
        (&last["is_final"], &last["error"]["code"]),
        (&json!(true), &json!("upstream_closed"))
    );
    assert_eq!(lines.iter().filter(|line| line["is_final"] == true).count(), 1);
    assert_eq!(app.only_record().await["status"], "error");
}
