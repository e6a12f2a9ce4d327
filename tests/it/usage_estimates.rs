//! Usage that no upstream told: counted from the texts of request and answer, off the requests' way, and charged.

use serde_json::{Value, json};

use crate::support::app::Setup;
use crate::support::client::{RawClient, request};
use crate::support::{Config, Script, Step, TestApp, Upstream, eventually};

const KEY: &str = "sk-the-key-of-a-team";

/// A tenth of a dollar a token of the prompt, a dollar one of the answer.
const PRICES: &str =
    "[models.config]\ncost_per_1k_tokens = 100\ncost_per_1k_completion_tokens = 1000\n";

/// Ten tokens of `o200k_base`.
const SENTENCE: &str = "The quick brown fox jumps over the lazy dog.";

fn config(upstream: &Upstream, recording: &str) -> Config {
    Config::new()
        .provider("up", &upstream.base_url())
        .model("up", "gpt-x", PRICES)
        .model("up", "claude-x", PRICES)
        .tables(recording)
        .tables(&format!("[[api_keys]]\nkey = \"{KEY}\"\nname = \"team\"\n"))
}

fn answer(message: &Value) -> Script {
    let message = json!({"choices": [{"index": 0, "message": message, "finish_reason": "stop"}]});
    Script::chat_body(&message.to_string())
}

async fn post(app: &TestApp, body: &Value) -> u16 {
    let headers = [("x-api-key", KEY), ("content-type", "application/json")];
    let body = body.to_string();
    request(app.addr, "POST", "/v1/chat/completions", &headers, body.as_bytes()).await.status
}

/// A call of this content, and its record.
async fn record_of(recording: &str, content: Value, message: Value) -> Value {
    let upstream = Upstream::start(answer(&message)).await;
    let app = TestApp::start(&config(&upstream, recording)).await;
    let body = json!({"model": "gpt-x", "messages": [{"role": "user", "content": content}]});
    assert_eq!(post(&app, &body).await, 200);
    app.only_record().await
}

fn tokens(record: &Value) -> [u64; 3] {
    assert_eq!(record["usage_estimated"], true, "{record}");
    ["prompt_tokens", "completion_tokens", "reasoning_tokens"]
        .map(|name| record[name].as_u64().unwrap())
}

/// What a message and the beginning of the answer cost besides their texts.
const LAYOUT: u64 = 3 + 1 + 3;

#[tokio::test]
async fn texts_are_counted_and_the_key_is_charged_what_the_record_says() {
    let upstream =
        Upstream::start(answer(&json!({"role": "assistant", "content": SENTENCE}))).await;
    let app = TestApp::start(&config(&upstream, "")).await;
    let body =
        |model: &str| json!({"model": model, "messages": [{"role": "user", "content": SENTENCE}]});
    assert_eq!(post(&app, &body("gpt-x")).await, 200);
    let record = app.only_record().await;
    assert_eq!(tokens(&record), [LAYOUT + 10, 10, 0]);
    assert_eq!(record["total_tokens"], LAYOUT + 20);
    assert_eq!(record["cost"], 11.7);

    assert_eq!(post(&app, &body("claude-x")).await, 200);
    let records = app.records().await;
    let [prompt, completion, _] = tokens(&records[1]);
    assert!(prompt > LAYOUT + 10 && completion == 13, "{}", records[1]);
    let costs: f64 = records.iter().map(|record| record["cost"].as_f64().unwrap()).sum();
    let spent = async |app: &TestApp| {
        let me = request(app.addr, "GET", "/me", &[("x-api-key", KEY)], b"").await.json();
        me["used"]["total"].clone()
    };
    let used = spent(&app).await;
    assert!((used["cost"].as_f64().unwrap() - costs).abs() < 1e-9, "{used}, not {costs}");
    assert_eq!(used["tokens"], LAYOUT + 20 + prompt + completion);
    let statistics = app.get("/monitor/statistics").await.json();
    assert_eq!(statistics["overall"]["estimated_calls"], 2);
    assert_eq!(statistics["overall"]["total_tokens"], used["tokens"]);
    // As another process reads it from the database.
    let (folder, _) = app.stop();
    let app = Setup::default().start_in(folder).await.unwrap();
    assert_eq!(spent(&app).await, used);
}

#[tokio::test]
async fn reasoning_tool_calls_and_other_scripts_are_counted_and_images_are_no_text() {
    let message = json!({
        "content": null, "reasoning_content": SENTENCE,
        "tool_calls": [{"id": "a", "type": "function", "function": {"name": "hello", "arguments": " world"}}],
    });
    let found = tokens(&record_of("", json!("hi"), message).await);
    assert_eq!(found, [LAYOUT + 1, 12, 10]);

    let image = format!("data:image/png;base64,{}", "iVBORw0KGgoAAAANSUhEUgAA".repeat(40_000));
    let parts = json!([
        {"type": "text", "text": SENTENCE}, {"type": "image_url", "image_url": {"url": image}},
    ]);
    let [prompt, ..] = tokens(&record_of("", parts, json!({"content": "hi"})).await);
    assert!((1_000..1_200).contains(&prompt), "{prompt}");

    let text = json!({"content": "人工智能".repeat(1_000)});
    let found = tokens(&record_of("", json!("😀👍🏽".repeat(1_000)), text).await);
    assert_eq!(found, [LAYOUT + 4_000, 2_000, 0]);
}

#[tokio::test]
async fn ten_megabytes_of_one_letter_are_counted_by_their_beginning() {
    let text = "a".repeat(9_000_000);
    let message = json!({"content": "a".repeat(3_000_000)});
    let [prompt, completion, _] = tokens(&record_of("", json!(text), message).await);
    assert!(prompt.abs_diff(9_000_000 / 8) < 30_000, "{prompt}");
    assert!(completion.abs_diff(3_000_000 / 8) < 10_000, "{completion}");
}

#[tokio::test]
async fn where_no_bodies_are_kept_their_beginnings_are_counted() {
    let recording = "[recording]\nbodies = false\n";
    let text = json!({"content": format!(" {SENTENCE}").repeat(2_000)});
    let record = record_of(recording, json!(SENTENCE), text).await;
    let [prompt, completion, _] = tokens(&record);
    assert_eq!(prompt, LAYOUT + 10);
    assert!(completion.abs_diff(20_000) < 500, "{completion}");
    assert!(record["request_body"].is_null() && record["bodies_dropped"].is_null(), "{record}");
}

#[tokio::test]
async fn of_a_stream_that_is_left_the_texts_that_went_by_are_counted() {
    let texts = ["The quick", " brown fox", " jumps over", " the lazy", " dog."];
    let upstream = Upstream::start(Script::stream(&texts).after_frames(6, Step::Stall)).await;
    let app = TestApp::start(&config(&upstream, "")).await;
    for (path, body) in [
        (
            "/v1/chat/completions",
            json!({"model": "gpt-x", "stream": true, "messages": [{"role": "user", "content": SENTENCE}]}),
        ),
        ("/models/up/gpt-x/invoke", json!({"prompt": SENTENCE, "stream": true})),
    ] {
        let before = app.recorded_count().await;
        let mut client = RawClient::connect(app.addr).await;
        client.post_json(path, &body.to_string(), &[("x-api-key", KEY)]).await;
        client.read_head().await;
        let mut seen = String::new();
        while !seen.contains("dog.") {
            seen.push_str(&String::from_utf8_lossy(&client.read_line().await));
        }
        client.close();
        eventually("the call is recorded", async || app.recorded_count().await > before).await;
    }
    for record in app.records().await {
        assert_eq!(
            (&record["status"], &record["usage_partial"]),
            (&json!("cancelled"), &json!(true))
        );
        assert_eq!(tokens(&record), [LAYOUT + 10, 10, 0], "{record}");
    }
}
