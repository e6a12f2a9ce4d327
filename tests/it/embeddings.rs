//! `POST /v1/embeddings` at upstreams of three APIs.

use serde_json::{Value, json};

use crate::support::client::request;
use crate::support::{Config, Script, TestApp, Upstream, chat};

const PRICED: &str =
    "serves = \"embedding\"\ncost_per_1k_tokens = 0.1\ncost_per_1k_completion_tokens = 0.0";

/// One provider `up` of that type, with the model `m`, called `remote-embedding` there.
pub fn config(kind: &str, upstream: &Upstream) -> Config {
    let model = format!(
        "remote_identifier = \"remote-embedding\"\ntags = [\"embed\"]\n[models.config]\n{PRICED}"
    );
    at(Config::new(), "up", kind, upstream).model("up", "m", &model)
}

fn at(config: Config, name: &str, kind: &str, upstream: &Upstream) -> Config {
    config.tables(&format!(
        "[[providers]]\nname = \"{name}\"\ntype = \"{kind}\"\nbase_url = \"{}\"\napi_key = \"sk-upstream\"",
        upstream.base_url()
    ))
}

const ANSWER: &str = r#"{ "object":"list","data":[{"object":"embedding","index":0,"embedding":"AACAPwAAIMA=", "x":1.50}],"model":"served","usage":{"prompt_tokens":2000,"total_tokens":2000}}"#;

#[tokio::test]
async fn the_family_gets_the_clients_bytes_and_its_answer_comes_as_it_is() {
    let upstream = Upstream::start(Script::chat_body(ANSWER)).await;
    let app = TestApp::start(&config("openai", &upstream)).await;
    let body = r#"{ "input":[[1,2],[3]], "encoding_format":"base64", "model":"up/m", "x_new":{"n":1.50} }"#;
    let headers = [("content-type", "application/json")];
    let answer = request(app.addr, "POST", "/v1/embeddings", &headers, body.as_bytes()).await;
    assert_eq!((answer.status, answer.text()), (200, ANSWER));
    let seen = upstream.requests().remove(0);
    assert_eq!(seen.path, "/v1/embeddings");
    assert_eq!(seen.body, body.replace("up/m", "remote-embedding"));
    let record = app.only_record().await;
    assert_eq!(record["endpoint"], "embeddings");
    assert_eq!(
        (&record["prompt_tokens"], &record["completion_tokens"], &record["cost"]),
        (&json!(2000), &json!(0), &json!(0.2))
    );
    assert_eq!(record["usage_estimated"], false);
}

#[tokio::test]
async fn gemini_and_ollama_answer_in_openais_form() {
    for (kind, body, path, told) in [
        (
            "gemini",
            r#"{"embeddings":[{"values":[1.0,-2.5]},{"values":[0.25,0.5]}]}"#,
            "/v1beta/models/remote-embedding:batchEmbedContents",
            None,
        ),
        (
            "ollama",
            r#"{"model":"remote-embedding","embeddings":[[1.0,-2.5],[0.25,0.5]],"prompt_eval_count":7}"#,
            "/api/embed",
            Some(7),
        ),
    ] {
        let upstream = Upstream::start(Script::chat_body(body)).await;
        let app = TestApp::start(&config(kind, &upstream)).await;
        let mut asked = json!({"model": "up/m", "input": ["one", "two"], "user": "u"});
        let answer = app.post("/v1/embeddings", &asked).await;
        let shown: Value = answer.json();
        assert_eq!(answer.status, 200, "{kind}: {}", answer.text());
        assert_eq!(
            shown["data"][1],
            json!({"object": "embedding", "index": 1, "embedding": [0.25, 0.5]})
        );
        assert_eq!(answer.header("x-llm-router-dropped"), Some("user"));
        assert_eq!(upstream.requests()[0].path, path);
        let record = app.only_record().await;
        assert_eq!(record["usage_estimated"], told.is_none(), "{kind}");
        if let Some(told) = told {
            assert_eq!(record["prompt_tokens"], told);
            assert_eq!(shown["usage"]["prompt_tokens"], told);
        } else {
            assert_eq!(shown["usage"]["prompt_tokens"], record["prompt_tokens"]);
            assert_eq!(record["completion_tokens"], 0);
        }

        asked["encoding_format"] = json!("base64");
        let shown: Value = app.post("/v1/embeddings", &asked).await.json();
        assert_eq!(shown["data"][0]["embedding"], "AACAPwAAIMA=", "{kind}");
    }
}

#[tokio::test]
async fn a_model_serves_what_it_is_made_for() {
    let upstream = Upstream::start(Script::chat_body(ANSWER)).await.takes_anything();
    let config = at(Config::new(), "up", "openai", &upstream)
        .model("up", "gpt-4o", "tags = [\"all\"]")
        .model("up", "text-embedding-3-small", "tags = [\"all\"]")
        .model("up", "unheard-of", "")
        .tables("[[providers]]\nname = \"far\"\ntype = \"claude\"\napi_key = \"k\"")
        .model("far", "anything", "");
    let app = TestApp::start(&config).await;
    let embed = async |model: &str| {
        let answer = app.post("/v1/embeddings", &json!({"model": model, "input": "a"})).await;
        let shown: Value = answer.json();
        (answer.status, shown["error"]["message"].as_str().unwrap_or_default().to_owned(), shown)
    };

    let (status, message, shown) = embed("up/gpt-4o").await;
    assert_eq!((status, &shown["error"]["param"]), (400, &json!("model")), "{message}");
    assert!(message.contains("serves `chat`, not embeddings"), "{message}");
    let (status, message, _) = embed("far/anything").await;
    assert!(status == 400 && message.contains("without an endpoint for embeddings"), "{message}");
    // Nobody says what it is made for, so who names it knows.
    assert_eq!(embed("up/unheard-of").await.0, 200);
    assert_eq!(embed("tag:all").await.0, 200);
    assert_eq!(upstream.requests().len(), 2, "nothing else was sent");

    let answer = app.post("/v1/chat/completions", &chat("up/text-embedding-3-small")).await;
    let shown: Value = answer.json();
    let message = shown["error"]["message"].as_str().unwrap();
    assert!(answer.status == 400 && message.contains("serves `embedding`, not chat"), "{message}");
}

#[tokio::test]
async fn tags_and_aliases_find_models_that_embed() {
    let upstream = Upstream::start(Script::chat_body(ANSWER)).await;
    let config = config("openai", &upstream)
        .routing("[routing]\nretries = 0\n[routing.aliases]\nvectors = \"tag:embed\"\n")
        .model("up", "gpt-4o", "tags = [\"embed\"]");
    let app = TestApp::start(&config).await;
    for name in ["tag:embed", "vectors", "m", "up/m", "auto"] {
        for _ in 0..3 {
            let answer = app.post("/v1/embeddings", &json!({"model": name, "input": "a"})).await;
            let route = answer.header("x-llm-router-route").unwrap_or_default().to_owned();
            assert_eq!((answer.status, route.as_str()), (200, "up/m;attempts=1"), "{name}");
        }
    }
}

#[tokio::test]
async fn another_candidate_answers_where_the_first_fails() {
    let first = Upstream::start(Script::status(429).json(r#"{"error":{"message":"slow"}}"#)).await;
    let second = Upstream::start(Script::chat_body(
        r#"{"model":"n","embeddings":[[0.5]],"prompt_eval_count":3}"#,
    ))
    .await;
    let config = config("openai", &first).model(
        "up",
        "first",
        "[models.config]\nserves = \"embedding\"\nfallbacks = [\"there/second\"]",
    );
    let config = at(config, "there", "ollama", &second).model(
        "there",
        "second",
        "[models.config]\nserves = \"embedding\"",
    );
    let app = TestApp::start(&config).await;
    let asked = json!({"model": "up/first", "models": ["there/second"], "input": "a"});
    let answer = app.post("/v1/embeddings", &asked).await;
    let shown: Value = answer.json();
    assert_eq!((answer.status, &shown["data"][0]["embedding"]), (200, &json!([0.5])));
    assert_eq!(answer.header("x-llm-router-route"), Some("there/second;attempts=2"));
}

#[tokio::test]
async fn a_refusal_of_the_same_api_keeps_its_words() {
    let said = r#"{ "error": {"message":"too long","type":"invalid_request_error","x":1.50} }"#;
    for (status, is_own) in [(400, true), (413, true), (422, true), (401, false), (500, true)] {
        let upstream = Upstream::start(Script::status(status).json(said)).await;
        let app = TestApp::start(&config("openai", &upstream)).await;
        let answer = app.post("/v1/embeddings", &json!({"model": "up/m", "input": "a"})).await;
        assert_eq!(answer.text() == said, is_own, "{status}: {}", answer.text());
        assert_eq!(answer.status == status, is_own, "{status}: {}", answer.status);
    }
}

#[tokio::test]
async fn an_upstream_that_breaks_off_is_told() {
    for script in [
        Script::chat_body(ANSWER).cut_frame_in_half(1),
        Script::chat_body(r#"{"data":[]}"#),
        Script::chat_body("no json"),
        Script::refuse_at_once(),
    ] {
        let upstream = Upstream::start(script).await;
        let app = TestApp::start(&config("openai", &upstream)).await;
        let answer = app.post("/v1/embeddings", &json!({"model": "up/m", "input": "a"})).await;
        let shown: Value = answer.json();
        assert_eq!(answer.status, 502, "{shown}");
        assert!(shown["error"]["message"].is_string());
        assert_eq!(app.only_record().await["status"], "error");
    }
}

#[tokio::test]
async fn a_mock_embeds() {
    let config = Config::new().tables("[[providers]]\nname = \"mock\"\ntype = \"mock\"").model(
        "mock",
        "vectors",
        "[models.config]\nserves = \"embedding\"",
    );
    let app = TestApp::start(&config).await;
    let asked = json!({"model": "mock/vectors", "input": ["a b", "a b", "c"], "dimensions": 4});
    let shown: Value = app.post("/v1/embeddings", &asked).await.json();
    let vector = |index: usize| shown["data"][index]["embedding"].as_array().unwrap();
    assert_eq!((vector(0).len(), vector(0) == vector(1), vector(0) == vector(2)), (4, true, false));
    assert_eq!(shown["usage"]["prompt_tokens"], 5);
}

#[tokio::test]
async fn what_is_nothing_to_embed_is_refused() {
    let upstream = Upstream::start(Script::chat_body(ANSWER)).await;
    let app = TestApp::start(&config("ollama", &upstream)).await;
    for (body, param) in [
        (json!({"model": "up/m"}), "input"),
        (json!({"model": "up/m", "input": [1.5]}), "input[0]"),
        (json!({"input": "a"}), "model"),
        (json!({"model": ["up/m"], "input": "a"}), "model"),
    ] {
        let answer = app.post("/v1/embeddings", &body).await;
        let shown: Value = answer.json();
        assert_eq!((answer.status, &shown["error"]["param"]), (400, &json!(param)), "{body}");
    }
    assert_eq!(upstream.requests().len(), 0);
}

#[tokio::test]
async fn an_explanation_says_which_models_embed() {
    let upstream = Upstream::start(Script::chat_body(ANSWER)).await;
    let config = config("openai", &upstream).model("up", "gpt-4o", "tags = [\"embed\"]");
    let app = TestApp::start(&config).await;
    let asked = json!({"model": "tag:embed", "input": "a"});
    let shown: Value = app.post("/route/explain?endpoint=embeddings", &asked).await.json();
    assert_eq!(shown["candidates"].as_array().unwrap().len(), 1, "{shown}");
    assert_eq!(shown["estimates"][0]["model"], "up/m");
    let left = shown["left_out"].to_string();
    assert!(left.contains("serves `chat`, not embeddings"), "{left}");
    let unknown = app.post("/route/explain?endpoint=embedding", &asked).await;
    assert_eq!((unknown.status, &unknown.json()["param"]), (400, &json!("endpoint")));
}

#[tokio::test]
async fn a_keys_rights_limits_and_budget_hold() {
    const KEY: &str = "sk-the-key-of-embeddings";
    let upstream = Upstream::start(Script::chat_body(ANSWER)).await;
    let key = |lines: &str| format!("[[api_keys]]\nkey = \"{KEY}\"\nname = \"team\"\n{lines}\n");
    for (lines, expected) in [
        ("allowed_models = [\"up/other\"]", [403, 403]),
        ("requests_per_minute = 1", [200, 429]),
        // A call takes 0.2 dollars.
        ("[api_keys.budget]\nusd = 0.1\n", [200, 402]),
    ] {
        let app = TestApp::start(&config("openai", &upstream).tables(&key(lines))).await;
        let headers = [
            ("authorization", "Bearer sk-the-key-of-embeddings"),
            ("content-type", "application/json"),
        ];
        let body = json!({"model": "up/m", "input": "a"}).to_string();
        for status in expected {
            let got = request(app.addr, "POST", "/v1/embeddings", &headers, body.as_bytes()).await;
            assert_eq!(got.status, status, "{lines}: {}", got.text());
        }
    }
}

#[tokio::test]
async fn more_texts_than_gemini_takes_are_asked_for_one_batch_after_another() {
    let batch = |from: usize, to: usize| {
        let values: Vec<Value> = (from..to).map(|index| json!({"values": [index]})).collect();
        let usage = json!({"promptTokenCount": 1000});
        let body = json!({"embeddings": values, "usageMetadata": usage});
        Script::chat_body(&body.to_string())
    };
    let texts: Vec<String> = (0..205).map(|index| format!("text {index}")).collect();
    let asked = json!({"model": "up/m", "input": texts});

    let upstream = Upstream::sequence(vec![batch(0, 100), batch(100, 200), batch(200, 205)]).await;
    let app = TestApp::start(&config("gemini", &upstream)).await;
    let answer = app.post("/v1/embeddings", &asked).await;
    let shown: Value = answer.json();
    assert_eq!(answer.status, 200, "{shown}");
    let data = shown["data"].as_array().unwrap();
    let found: Vec<f64> = data.iter().map(|it| it["embedding"][0].as_f64().unwrap()).collect();
    assert_eq!(found, (0..205).map(f64::from).collect::<Vec<_>>());
    let seen = upstream.requests();
    let sizes = seen.iter().map(|request| {
        let body: Value = serde_json::from_slice(&request.body).unwrap();
        body["requests"].as_array().unwrap().len()
    });
    assert_eq!(sizes.collect::<Vec<_>>(), [100, 100, 5]);
    let record = app.only_record().await;
    assert_eq!((&record["prompt_tokens"], &record["cost"]), (&json!(3000), &json!(0.3)));

    for (second, status) in [
        (
            Script::status(400)
                .json(r#"{"error":{"code":400,"message":"no","status":"INVALID_ARGUMENT"}}"#),
            400,
        ),
        (batch(100, 150), 502),
    ] {
        let upstream = Upstream::sequence(vec![batch(0, 100), second, batch(200, 205)]).await;
        let config = config("gemini", &upstream).routing("retries = 0");
        let app = TestApp::start(&config).await;
        let answer = app.post("/v1/embeddings", &asked).await;
        assert_eq!(answer.status, status, "{}", answer.text());
        assert_eq!(app.only_record().await["status"], "error");
    }
}

/// Nobody has to write down what the vendors publish.
#[tokio::test]
async fn well_known_models_have_a_price() {
    let config = Config::new()
        .tables("[[providers]]\nname = \"openai\"\ntype = \"openai\"\napi_key = \"k\"")
        .tables("[[providers]]\nname = \"google\"\ntype = \"gemini\"\napi_key = \"k\"")
        .model("openai", "text-embedding-3-small", "")
        .model("google", "gemini-embedding-001", "");
    let app = TestApp::start(&config).await;
    for (model, cost) in
        [("openai/text-embedding-3-small", 0.02), ("google/gemini-embedding-001", 0.15)]
    {
        let asked = json!({"model": model, "input": "a ".repeat(1000)});
        let shown: Value = app.post("/route/explain?endpoint=embeddings", &asked).await.json();
        let tokens = shown["prompt_tokens"].as_f64().unwrap();
        let expected = tokens * cost / 1e6;
        let found = shown["estimates"][0]["prompt_cost"].as_f64().unwrap();
        assert!(tokens > 0.0 && (found - expected).abs() < 1e-8, "{model}: {found} {expected}");
    }
}
