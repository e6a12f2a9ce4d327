//! A plain JSON service as the upstream (`remote_http`): with the router's own format, with an
//! operator's template, and whole where a stream was requested.

use serde_json::{Value, json};

use crate::support::{Config, Script, TestApp, Upstream, chat, streamed_chat};

fn config(kind: &str, upstream: &Upstream, lines: &str) -> Config {
    let provider = format!(
        "[[providers]]\nname = \"up\"\ntype = \"{kind}\"\nbase_url = \"{}\"\napi_key = \"k\"\n{lines}",
        upstream.base_url()
    );
    let prices =
        "[models.config]\ncost_per_1k_tokens = 0.001\ncost_per_1k_completion_tokens = 0.01";
    Config::new().tables(&provider).model("up", "m", prices)
}

const TEMPLATE: &str = r#"
[providers.settings]
endpoint = "generate"
request = { inputs = "$prompt", parameters = { max_new_tokens = "$parameters.max_tokens", seed = 7 } }
response = { text = "/0/generated_text", prompt_tokens = "/0/details/prefill", completion_tokens = "/0/details/tokens" }
"#;

const GENERATED: &str = r#"[{"generated_text":"It rains.","details":{"prefill":9,"tokens":3}}]"#;

#[tokio::test]
async fn one_router_can_stand_behind_another() {
    let behind = TestApp::start(
        &Config::new()
            .tables("[[providers]]\nname = \"mock\"\ntype = \"mock\"")
            .model("mock", "echo", ""),
    )
    .await;
    for kind in ["remote_http", "custom_http"] {
        let provider = format!(
            "[[providers]]\nname = \"up\"\ntype = \"{kind}\"\nbase_url = \"http://{}/models/mock/echo/invoke\"",
            behind.addr
        );
        let app = TestApp::start(&Config::new().tables(&provider).model("up", "m", "")).await;
        let answer = app.chat(&chat("m")).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        let said = answer.json()["choices"][0]["message"]["content"].clone();
        let direct = behind.chat(&chat("mock/echo")).await.json();
        assert_eq!(said, direct["choices"][0]["message"]["content"]);

        let answer = app.chat(&streamed_chat("m")).await;
        let chunks: Vec<Value> = answer
            .text()
            .split("\n\n")
            .filter_map(|frame| serde_json::from_str(frame.strip_prefix("data: ")?).ok())
            .collect();
        let text =
            |chunk: &Value| chunk["choices"][0]["delta"]["content"].as_str().map(str::to_owned);
        let streamed: String = chunks.iter().filter_map(text).collect();
        assert_eq!(json!(streamed), said);
        assert!(answer.text().ends_with("data: [DONE]\n\n"), "{}", answer.text());
    }
}

#[tokio::test]
async fn a_template_says_what_is_sent_and_where_the_answer_lies() {
    let upstream = Upstream::start(Script::chat_body(GENERATED)).await;
    let app = TestApp::start(&config("custom_http", &upstream, TEMPLATE)).await;
    let mut body = chat("m");
    body["max_tokens"] = json!(50);
    body["temperature"] = json!(0.5);
    let answer = app.chat(&body).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let seen = upstream.requests().remove(0);
    assert_eq!(seen.path, "/generate");
    let prompt = body["messages"][0]["content"].clone();
    let sent = json!({"inputs": prompt, "parameters": {"max_new_tokens": 50, "seed": 7}});
    assert_eq!(seen.json(), sent);
    assert_eq!(answer.header("x-llm-router-dropped"), Some("temperature"));
    assert_eq!(answer.json()["choices"][0]["message"]["content"], "It rains.");
    let record = app.only_record().await;
    assert_eq!((&record["prompt_tokens"], &record["completion_tokens"]), (&json!(9), &json!(3)));
    let whole = app.get(&format!("/monitor/invocations/{}", record["id"])).await.json();
    assert_eq!((&whole["dropped"], &whole["adjusted"]), (&json!(["temperature"]), &json!([])));
    assert_eq!(whole["route"]["dropped"], whole["dropped"]);
}

/// The record of a failed call says what its upstream was sent, and keeps only so much of it.
#[tokio::test]
async fn a_failed_calls_record_names_what_was_dropped_within_bounds() {
    let upstream = Upstream::start(Script::status(400).json("{\"error\": \"no\"}")).await;
    let app = TestApp::start(&config("custom_http", &upstream, TEMPLATE)).await;
    let mut body = chat("m");
    body["temperature"] = json!(0.5);
    body["x".repeat(65)] = json!(1);
    for at in 0..50 {
        body[format!("own_{at}")] = json!(1);
    }
    assert_eq!(app.chat(&body).await.status, 400);
    let record = app.only_record().await;
    let whole = app.get(&format!("/monitor/invocations/{}", record["id"])).await.json();
    let dropped = whole["dropped"].as_array().unwrap();
    assert_eq!(dropped.len(), 20, "{dropped:?}");
    assert!(dropped.iter().all(|name| name.as_str().unwrap().len() <= 64), "{dropped:?}");
}

#[tokio::test]
async fn a_service_that_does_not_stream_is_one_chunk_of_a_stream() {
    let upstream = Upstream::start(Script::chat_body(GENERATED)).await;
    let app = TestApp::start(&config("remote_http", &upstream, TEMPLATE)).await;
    let answer = app.chat(&streamed_chat("m")).await;
    assert!(answer.text().contains("It rains."), "{}", answer.text());
    assert!(answer.text().ends_with("data: [DONE]\n\n"), "{}", answer.text());
    assert_eq!(app.only_record().await["status"], "success");
}

#[tokio::test]
async fn an_answer_without_text_says_which_setting_would_find_it() {
    let upstream = Upstream::start(Script::chat_body(r#"{"words":"hi"}"#)).await;
    let app = TestApp::start(&config("remote_http", &upstream, "")).await;
    let answer = app.chat(&chat("m")).await;
    assert_eq!(answer.status, 502);
    assert!(answer.text().contains("settings.response.text"), "{}", answer.text());
}

#[tokio::test]
async fn a_template_that_cannot_work_is_refused_with_its_line() {
    let upstream = Upstream::start(Script::chat_body(GENERATED)).await;
    for (lines, says) in [
        ("[providers.settings]\nrequest = { inputs = \"$promt\" }", "$promt"),
        ("[providers.settings]\nresponse = { text = \"generated_text\" }", "/generated_text"),
    ] {
        let refused = crate::support::app::Setup::default()
            .try_start(&config("remote_http", &upstream, lines))
            .await;
        let message = refused.err().unwrap_or_default();
        assert!(message.contains(says), "{message}");
    }
}
