//! `:embedContent` and `:batchEmbedContents` at upstreams of three APIs.

use serde_json::{Value, json};

use crate::embeddings::config;
use crate::support::client::request;
use crate::support::{Script, TestApp, Upstream};

const SINGLE: &str = "/v1beta/models/up/m:embedContent";
const BATCH: &str = "/v1beta/models/up/m:batchEmbedContents";

fn one(text: &str) -> Value {
    json!({"model": "models/up/m", "content": {"parts": [{"text": text}]}, "taskType": "RETRIEVAL_QUERY", "outputDimensionality": 2})
}

#[tokio::test]
async fn gemini_gets_the_clients_bytes_and_its_answer_comes_as_it_is() {
    let headers = [("content-type", "application/json")];
    for (path, body, there, answer) in [
        (
            SINGLE,
            r#"{ "content":{"parts":[{"inlineData":{"mimeType":"image/png","data":"AA=="}}]}, "model":"models/up/m", "x_new":{"n":1.50} }"#,
            "/v1beta/models/remote-embedding:embedContent",
            r#"{ "embedding":{"values":[1.50,-2.0],"x":1},"usageMetadata":{"promptTokenCount":2000} }"#,
        ),
        (
            "/v1/models/up%2Fm:batchEmbedContents",
            r#"{ "requests":[{"model":"models/up/m","content":{"parts":[{"text":"a"}]}, "x":1.50}], "y":2 }"#,
            "/v1beta/models/remote-embedding:batchEmbedContents",
            r#"{ "embeddings":[{"values":[1.50]}],"usageMetadata":{"promptTokenCount":2000} }"#,
        ),
    ] {
        let upstream = Upstream::start(Script::chat_body(answer)).await;
        let app = TestApp::start(&config("gemini", &upstream)).await;
        let got = request(app.addr, "POST", path, &headers, body.as_bytes()).await;
        assert_eq!((got.status, got.text()), (200, answer), "{path}");
        let seen = upstream.requests().remove(0);
        assert_eq!(seen.path, there);
        assert_eq!(seen.body, body.replace("up/m", "remote-embedding"));
        let record = app.only_record().await;
        assert_eq!(
            (&record["endpoint"], &record["requested"]),
            (&json!("gemini_embeddings"), &json!("up/m"))
        );
        assert_eq!((&record["prompt_tokens"], &record["cost"]), (&json!(2000), &json!(0.2)));
    }
}

#[tokio::test]
async fn other_apis_answer_in_geminis_form() {
    let openai = r#"{"object":"list","data":[{"index":1,"embedding":[0.25]},{"index":0,"embedding":[1.0]}],"usage":{"prompt_tokens":7}}"#;
    let ollama = r#"{"embeddings":[[1.0],[0.25]],"prompt_eval_count":7}"#;
    for (kind, body, path) in
        [("openai_compatible", openai, "/v1/embeddings"), ("ollama", ollama, "/api/embed")]
    {
        let upstream = Upstream::start(Script::chat_body(body)).await;
        let app = TestApp::start(&config(kind, &upstream)).await;
        let mut second = one("two");
        second["title"] = json!("t");
        let answer = app.post(BATCH, &json!({"requests": [one("one"), second]})).await;
        assert_eq!(answer.status, 200, "{kind}: {}", answer.text());
        let expected = json!({
            "embeddings": [{"values": [1.0]}, {"values": [0.25]}],
            "usageMetadata": {"promptTokenCount": 7},
        });
        assert_eq!(answer.json(), expected, "{kind}");
        assert_eq!(answer.header("x-llm-router-dropped"), Some("title, taskType"));
        let seen = upstream.requests().remove(0);
        assert_eq!(seen.path, path);
        let sent: Value = serde_json::from_slice(&seen.body).unwrap();
        assert_eq!((&sent["input"], &sent["dimensions"]), (&json!(["one", "two"]), &json!(2)));
        assert_eq!(sent["model"], "remote-embedding");
        assert_eq!(app.only_record().await["prompt_tokens"], 7);
    }
    let upstream = Upstream::start(Script::chat_body(r#"{"embeddings":[[1.0]]}"#)).await;
    let app = TestApp::start(&config("ollama", &upstream)).await;
    for path in [SINGLE, "/v1/models/tag:embed:embedContent", "/api/v1beta/models/m:embedContent"] {
        let answer = app.post(path, &one("one")).await;
        assert_eq!(answer.json(), json!({"embedding": {"values": [1.0]}}), "{path}");
    }
}

#[tokio::test]
async fn faults_have_googles_form() {
    let upstream = Upstream::start(Script::chat_body(r#"{"embeddings":[]}"#)).await;
    let app = TestApp::start(&config("ollama", &upstream)).await;
    let picture = json!({"content": {"parts": [{"inlineData": {}}]}});
    for (path, body, status, kind, field) in [
        (SINGLE, json!({}), 400, "INVALID_ARGUMENT", Some("content")),
        (SINGLE, picture, 400, "INVALID_ARGUMENT", Some("content.parts[0]")),
        (SINGLE, json!({"content": 5}), 400, "INVALID_ARGUMENT", Some("content")),
        (BATCH, json!({"requests": null}), 400, "INVALID_ARGUMENT", Some("requests")),
        (BATCH, json!({"requests": []}), 400, "INVALID_ARGUMENT", Some("requests")),
        ("/v1/models/nothing:embedContent", one("a"), 404, "NOT_FOUND", Some("model")),
        (SINGLE, one("a"), 502, "INTERNAL", None),
    ] {
        let answer = app.post(path, &body).await;
        let error = answer.json()["error"].take();
        assert_eq!((answer.status, &error["status"]), (status, &json!(kind)), "{body} {error}");
        let details = error["details"].as_array().unwrap();
        let violations = details.iter().find_map(|detail| detail.get("fieldViolations"));
        let found = violations.and_then(|violations| violations[0]["field"].as_str());
        assert_eq!(found, field, "{body} {error}");
    }
}

#[tokio::test]
async fn what_gemini_refuses_keeps_its_words() {
    let said =
        r#"{ "error": {"code":400,"message":"too long","status":"INVALID_ARGUMENT","x":1.50} }"#;
    let upstream = Upstream::start(Script::status(400).json(said)).await;
    let app = TestApp::start(&config("gemini", &upstream)).await;
    for (path, body) in [(SINGLE, one("a")), (BATCH, json!({"requests": [one("a")]}))] {
        let answer = app.post(path, &body).await;
        let expected: Value = serde_json::from_str(said).unwrap();
        assert_eq!((answer.status, answer.json()), (400, expected), "{path}");
    }
}

#[tokio::test]
async fn a_keys_rights_and_limits_hold() {
    let upstream = Upstream::start(Script::chat_body(r#"{"embedding":{"values":[1.0]}}"#)).await;
    for (lines, expected) in [
        ("allowed_models = [\"up/other\"]", [(403, "PERMISSION_DENIED"); 2]),
        ("requests_per_minute = 1", [(200, ""), (429, "RESOURCE_EXHAUSTED")]),
    ] {
        let key =
            format!("[[api_keys]]\nkey = \"sk-of-gemini-client\"\nname = \"team\"\n{lines}\n");
        let app = TestApp::start(&config("gemini", &upstream).tables(&key)).await;
        let headers =
            [("x-goog-api-key", "sk-of-gemini-client"), ("content-type", "application/json")];
        for (status, kind) in expected {
            let body = one("a").to_string();
            let got = request(app.addr, "POST", SINGLE, &headers, body.as_bytes()).await;
            let shown = got.json()["error"]["status"].as_str().unwrap_or_default().to_owned();
            assert_eq!((got.status, shown.as_str()), (status, kind), "{lines}");
        }
    }
}

#[tokio::test]
async fn an_explanation_takes_the_same_bodies() {
    let upstream = Upstream::start(Script::chat_body("{}")).await;
    let app = TestApp::start(&config("gemini", &upstream)).await;
    let mut single = one("a");
    single["model"] = json!("tag:embed");
    for body in [single, json!({"model": "up/m", "requests": [one("a")]})] {
        let shown: Value = app.post("/route/explain?endpoint=embeddings", &body).await.json();
        assert_eq!(shown["estimates"][0]["model"], "up/m", "{shown}");
    }
    assert_eq!(upstream.requests().len(), 0);
}
