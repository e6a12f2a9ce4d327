//! `/api/embed` and `/api/embeddings` at upstreams of three APIs.

use serde_json::{Value, json};

use crate::embeddings::config;
use crate::support::client::request;
use crate::support::{Script, TestApp, Upstream};

const MANY: &str = "/api/embed";
const ONE: &str = "/api/embeddings";

#[tokio::test]
async fn ollama_gets_the_clients_bytes_and_its_answer_comes_as_it_is() {
    for (path, body, answer, told) in [
        (
            MANY,
            r#"{ "input":["a","b"], "truncate":false, "keep_alive":0.50, "options":{"num_ctx":9, "x":1.50}, "model":"m:latest", "x_new":{"n":1.50} }"#,
            r#"{ "model":"remote-embedding","embeddings":[[1.50,-2.0],[0.0,1e-3]],"total_duration":14143917,"load_duration":1019500,"prompt_eval_count":2000,"x":1 }"#,
            Some(2000),
        ),
        (
            ONE,
            r#"{ "prompt":"a", "options":{"x":1.50}, "model":"m:latest" }"#,
            r#"{ "embedding":[1.50,-2.0], "x":1 }"#,
            None,
        ),
    ] {
        let upstream = Upstream::start(Script::chat_body(answer)).await.takes_anything();
        let app = TestApp::start(&config("ollama", &upstream)).await;
        // Ollama's own clients name no type, or another.
        let headers = [("content-type", "application/x-www-form-urlencoded")];
        let got = request(app.addr, "POST", path, &headers, body.as_bytes()).await;
        assert_eq!((got.status, got.text()), (200, answer), "{path}");
        assert_eq!(got.header("content-type"), Some("application/json"));
        let seen = upstream.requests().remove(0);
        assert_eq!(seen.path, path);
        assert_eq!(seen.body, body.replace("m:latest", "remote-embedding"));
        let record = app.only_record().await;
        assert_eq!(
            (&record["endpoint"], &record["requested"]),
            (&json!("ollama_embeddings"), &json!("m"))
        );
        assert_eq!(record["usage_estimated"], told.is_none(), "{path}");
        if let Some(tokens) = told {
            assert_eq!((&record["prompt_tokens"], &record["cost"]), (&json!(tokens), &json!(0.2)));
        }
    }
}

#[tokio::test]
async fn other_apis_answer_in_ollamas_form() {
    let openai = r#"{"object":"list","model":"served","data":[{"index":1,"embedding":[0.25]},{"index":0,"embedding":[1.0]}],"usage":{"prompt_tokens":7}}"#;
    let gemini = r#"{"embeddings":[{"values":[1.0]},{"values":[0.25]}],"usageMetadata":{"promptTokenCount":7}}"#;
    for (kind, body, path) in [
        ("openai_compatible", openai, "/v1/embeddings"),
        ("gemini", gemini, "/v1beta/models/remote-embedding:batchEmbedContents"),
    ] {
        let upstream = Upstream::start(Script::chat_body(body)).await;
        let app = TestApp::start(&config(kind, &upstream)).await;
        let asked = json!({"model": "up/m", "input": ["one", "two"], "dimensions": 2, "keep_alive": "5m", "truncate": true});
        let answer = app.post(MANY, &asked).await;
        assert_eq!(answer.status, 200, "{kind}: {}", answer.text());
        let mut told = answer.json();
        let model = told.as_object_mut().unwrap().remove("model").unwrap();
        assert!(model.is_string(), "{model}");
        let expected = json!({
            "embeddings": [[1.0], [0.25]],
            "total_duration": 0, "load_duration": 0, "prompt_eval_count": 7,
        });
        assert_eq!(told, expected, "{kind}");
        assert_eq!(answer.header("x-llm-router-dropped"), Some("truncate"));
        let seen = upstream.requests().remove(0);
        assert_eq!(seen.path, path);
        let sent = String::from_utf8(seen.body.to_vec()).unwrap();
        assert!(sent.contains("\"one\"") && !sent.contains("keep_alive"), "{sent}");
        assert_eq!(app.only_record().await["prompt_tokens"], 7);
    }
    let one = r#"{"data":[{"index":0,"embedding":[1.0]}],"usage":{"prompt_tokens":7}}"#;
    let upstream = Upstream::start(Script::chat_body(one)).await;
    let app = TestApp::start(&config("openai", &upstream)).await;
    for (path, body, expected) in [
        (ONE, json!({"model": "tag:embed", "prompt": "a"}), json!({"embedding": [1.0]})),
        (MANY, json!({"model": "m", "input": "a"}), json!([[1.0]])),
    ] {
        let told = app.post(path, &body).await.json();
        let told = if path == MANY { &told["embeddings"] } else { &told };
        assert_eq!(*told, expected, "{path}");
    }
}

/// With it a client has a model loaded before it needs it.
#[tokio::test]
async fn nothing_to_embed_calls_no_model() {
    let upstream = Upstream::start(Script::chat_body("{}")).await;
    let app = TestApp::start(&config("ollama", &upstream)).await;
    for (path, body, expected) in [
        (MANY, json!({"model": "m"}), json!({"model": "m", "embeddings": []})),
        (
            MANY,
            json!({"model": "m:latest", "input": []}),
            json!({"model": "m:latest", "embeddings": []}),
        ),
        (ONE, json!({"model": "m", "keep_alive": 0}), json!({"embedding": []})),
    ] {
        let answer = app.post(path, &body).await;
        assert_eq!((answer.status, answer.json()), (200, expected), "{path} {body}");
    }
    assert!(upstream.requests().is_empty());
}

#[tokio::test]
async fn faults_have_ollamas_form() {
    let upstream = Upstream::start(Script::chat_body(r#"{"data":[]}"#)).await;
    let app = TestApp::start(&config("openai", &upstream).model("up", "gpt-4o", "")).await;
    for (path, body, status, part) in [
        (MANY, json!({"model": "m", "input": 5}), 400, "`input` must be a text or a list of texts"),
        (MANY, json!({"model": "m", "input": [["a"]]}), 400, "`input` must be"),
        (MANY, json!({"model": "m", "input": "a", "dimensions": -1}), 400, "`dimensions` must be"),
        (MANY, json!({"model": 5, "input": "a"}), 400, "`model` must be a string"),
        (MANY, json!({"input": "a"}), 400, "model"),
        (MANY, json!({}), 400, "model"),
        (MANY, json!([]), 400, "object"),
        (MANY, json!({"model": "nothing", "input": "a"}), 404, "nothing"),
        (MANY, json!({"model": "nothing"}), 404, "nothing"),
        (MANY, json!({"model": "gpt-4o", "input": "a"}), 400, "serves `chat`, not embeddings"),
        (MANY, json!({"model": "m", "input": "a"}), 502, "answered 0 embeddings for 1 texts"),
        (ONE, json!({"model": "m", "prompt": ["a"]}), 400, "`prompt` must be a text"),
    ] {
        let answer = app.post(path, &body).await;
        let told = answer.json();
        let message = told["error"].as_str().unwrap_or_default().to_owned();
        assert_eq!(answer.status, status, "{body}: {told}");
        assert!(message.contains(part) && told["code"].is_string(), "{body}: {told}");
    }
    let broken = request(app.addr, "POST", MANY, &[], b"{\"model\":\"m\",\"input\":[\"a").await;
    assert_eq!(broken.status, 400);
    assert!(broken.json()["error"].is_string(), "{}", broken.text());
    assert_eq!(app.get(MANY).await.status, 405);
}

#[tokio::test]
async fn what_ollama_refuses_keeps_its_words() {
    let said = r#"{ "error": "the input length exceeds the context length", "x":1.50 }"#;
    let upstream = Upstream::start(Script::status(400).json(said)).await.takes_anything();
    let app = TestApp::start(&config("ollama", &upstream)).await;
    for (path, body) in
        [(MANY, json!({"model": "m", "input": "a"})), (ONE, json!({"model": "m", "prompt": "a"}))]
    {
        let answer = app.post(path, &body).await;
        let expected: Value = serde_json::from_str(said).unwrap();
        assert_eq!((answer.status, answer.json()), (400, expected), "{path}");
    }
}

#[tokio::test]
async fn a_keys_rights_and_limits_hold() {
    let upstream = Upstream::start(Script::chat_body(r#"{"embeddings":[[1.0]]}"#)).await;
    for (lines, expected) in
        [("allowed_models = [\"up/other\"]", [403, 403]), ("requests_per_minute = 1", [200, 429])]
    {
        let key =
            format!("[[api_keys]]\nkey = \"sk-of-ollamas-client\"\nname = \"team\"\n{lines}\n");
        let app = TestApp::start(&config("ollama", &upstream).tables(&key)).await;
        let headers = [("authorization", "Bearer sk-of-ollamas-client")];
        for status in expected {
            let body = br#"{"model":"m","input":"a"}"#;
            let got = request(app.addr, "POST", MANY, &headers, body).await;
            assert_eq!(got.status, status, "{lines}: {}", got.text());
            assert_eq!(got.json()["error"].is_string(), status != 200, "{}", got.text());
        }
    }
}

#[tokio::test]
async fn an_explanation_takes_the_same_bodies() {
    let upstream = Upstream::start(Script::chat_body("{}")).await;
    let app = TestApp::start(&config("ollama", &upstream)).await;
    for text in ["input", "prompt"] {
        let body = json!({"model": "tag:embed", text: "a"});
        let shown: Value = app.post("/route/explain?endpoint=embeddings", &body).await.json();
        assert_eq!(shown["estimates"][0]["model"], "up/m", "{shown}");
    }
    assert!(upstream.requests().is_empty());
}
