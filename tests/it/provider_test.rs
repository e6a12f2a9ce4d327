//! `POST /providers/{name}/test` and `llm-router providers test NAME`: a real call, a true answer.

use serde_json::{Value, json};

use crate::support::{Config, Script, TestApp, Upstream};

async fn tested(app: &TestApp, name: &str) -> Value {
    let answer = app.post(&format!("/providers/{name}/test"), &json!({})).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

#[tokio::test]
async fn the_list_of_models_is_asked_for_and_else_one_token() {
    let listing = Upstream::start(Script::status(200).json(r#"{"data":[]}"#)).await;
    let app = TestApp::start(&Config::with(&listing)).await;
    let probe = tested(&app, "up").await;
    assert_eq!(probe["ok"], true, "{probe}");
    assert!(probe["latency_ms"].as_f64().unwrap() > 0.0);
    let seen = listing.requests().remove(0);
    assert_eq!((seen.method.as_str(), seen.path.as_str()), ("GET", "/v1/models"));
    assert_eq!(seen.header("authorization"), Some("Bearer sk-upstream"));

    let chatting = Upstream::with(|seen| match seen.method.as_str() {
        "GET" => Script::status(404).json("{}"),
        _ => Script::chat("hi"),
    })
    .await;
    let app = TestApp::start(&Config::with(&chatting)).await;
    assert_eq!(tested(&app, "up").await["ok"], true);
    let sent = chatting.requests().remove(1).json();
    assert_eq!((&sent["model"], &sent["max_tokens"]), (&json!("gpt-x"), &json!(1)));
    assert_eq!(app.records().await, [] as [Value; 0], "a test is no call of a client");
}

#[tokio::test]
async fn what_is_wrong_is_said_without_the_key() {
    let refusing =
        Upstream::start(Script::status(401).json(r#"{"error":{"message":"bad key sk-upstream"}}"#))
            .await;
    let config = Config::with(&refusing)
        .provider("gone", &format!("http://127.0.0.1:{}", Upstream::refusing_port()))
        .provider_with("shut", "http://127.0.0.1:1", "api_key_env = \"NO_SUCH_KEY\"");
    let app = TestApp::start(&config).await;
    for (name, says) in [
        ("up", "it answered 401: bad key [redacted]"),
        ("gone", "cannot connect"),
        ("shut", "set NO_SUCH_KEY"),
    ] {
        let probe = tested(&app, name).await;
        assert_eq!(probe["ok"], false, "{probe}");
        assert!(probe["detail"].as_str().unwrap().contains(says), "{probe}");
    }
    assert_eq!(app.post("/providers/nobody/test", &json!({})).await.status, 404);
}

#[tokio::test]
async fn every_kind_is_asked_where_it_lists_its_models_and_else_for_a_token_in_its_own_words() {
    for (kind, list, chat, key) in [
        ("openrouter", "/v1/models", "/v1/chat/completions", "authorization"),
        ("claude", "/v1/models", "/v1/messages", "x-api-key"),
        ("gemini", "/v1beta/models", "/v1beta/models/m:generateContent", "x-goog-api-key"),
        ("ollama", "/api/tags", "/api/chat", "authorization"),
    ] {
        for has_list in [true, false] {
            let upstream = Upstream::with(move |seen| match (seen.method.as_str(), has_list) {
                ("GET", false) => Script::status(404).json("{}"),
                _ => Script::status(200).json("{}"),
            })
            .await;
            let provider = format!(
                "[[providers]]\nname = \"up\"\ntype = \"{kind}\"\nbase_url = \"{}\"\napi_key = \"sk-upstream\"",
                upstream.base_url()
            );
            let app = TestApp::start(&Config::new().tables(&provider).model("up", "m", "")).await;
            let probe = tested(&app, "up").await;
            assert_eq!(probe["ok"], true, "{kind}: {probe}");
            let seen = upstream.requests();
            let paths: Vec<&str> = seen.iter().map(|seen| seen.path.as_str()).collect();
            assert_eq!(paths, if has_list { vec![list] } else { vec![list, chat] }, "{kind}");
            for seen in seen {
                assert!(seen.header(key).unwrap().ends_with("sk-upstream"), "{kind}");
            }
        }
    }
}
