//! A client of Ollama's API at an upstream of the same one: bytes go and come as they are.

use serde_json::{Value, json};

use crate::messages::config;
use crate::ollama_chats::ask;
use crate::support::client::request;
use crate::support::{Config, Script, TestApp, Upstream};

const ANSWER: &str = r#"{ "model":"llama3","created_at":"2026-11-23T10:00:00.5Z","message":{"role":"assistant","content":"caf\u00e9", "x_new":1.50},
"done":true,"done_reason":"stop","total_duration":5,"prompt_eval_count":12,"eval_count":7}"#;

const STREAM: [&str; 3] = [
    "{\"model\":\"llama3\",\"created_at\":\"2026-11-23T10:00:00Z\",\"message\":{\"role\":\"assistant\",\"content\":\"Hel\"}, \"x\": 1.50,\"done\":false}\n",
    "{\"model\":\"llama3\",\"created_at\":\"2026-11-23T10:00:01Z\",\"message\":{\"role\":\"assistant\",\"content\":\"\",\"tool_calls\":[{\"function\":{\"name\":\"f\",\"arguments\":{\"a\": 1.0}}}]},\"done\":false}\n",
    "{\"model\":\"llama3\",\"message\":{\"role\":\"assistant\",\"content\":\"\"},\"done\":true,\"done_reason\":\"stop\",\"prompt_eval_count\":12,\"eval_count\":7}\n",
];

fn lines(pieces: &[&str]) -> Script {
    let script = Script::stream_frames(pieces);
    script.header("content-type", "application/x-ndjson")
}

#[tokio::test]
async fn a_request_goes_as_it_came_and_so_does_its_answer() {
    let upstream = Upstream::start(Script::chat_body(ANSWER)).await.takes_anything();
    let app = TestApp::start(&config("ollama", &upstream, "llama3")).await;
    let body = r#"{ "stream":false, "model":"up/m", "keep_alive":0.50, "x_new":{"n":1.50},
 "messages":[{"role":"critic","content":"caf\u00e9", "new":true}], "options":{"num_ctx":4096, "mirostat":1.0} }"#;
    let headers = [("content-type", "text/plain")];
    let answer = request(app.addr, "POST", "/api/chat", &headers, body.as_bytes()).await;
    assert_eq!((answer.status, answer.text()), (200, ANSWER));
    let seen = upstream.requests().remove(0);
    assert_eq!(seen.body, body.replace("up/m", "llama3"));
    assert_eq!(seen.path, "/api/chat");
    let record = app.only_record().await;
    assert_eq!(
        (&record["prompt_tokens"], &record["completion_tokens"], &record["preview"]),
        (&json!(12), &json!(7), &json!("café"))
    );
}

#[tokio::test]
async fn a_stream_comes_as_the_upstream_sends_it() {
    // What is no line of the format would trip the client.
    let with_noise = [STREAM[0], "\n: ping\n", STREAM[1], STREAM[2]];
    for script in [lines(&STREAM), lines(&STREAM).drip(1), lines(&with_noise)] {
        let upstream = Upstream::start(script).await.takes_anything();
        let app = TestApp::start(&config("ollama", &upstream, "llama3")).await;
        let answer = app.post("/api/chat", &ask(json!({}))).await;
        assert_eq!((answer.status, answer.text()), (200, STREAM.concat().as_str()));
        assert_eq!(answer.header("content-type"), Some("application/x-ndjson"));
        let record = app.only_record().await;
        assert_eq!(
            (&record["status"], &record["completion_tokens"]),
            (&json!("success"), &json!(7))
        );
    }
}

/// A model that completes code is sent what is before and after the gap.
#[tokio::test]
async fn a_prompt_goes_where_prompts_are_taken() {
    const GENERATED: &str = r#"{"model":"coder","response":"b","done":true,"done_reason":"stop","context":[1,2],"prompt_eval_count":3,"eval_count":1}"#;
    const PIECES: [&str; 2] = [
        "{\"model\":\"coder\",\"response\":\"b\",\"done\":false}\n",
        "{\"model\":\"coder\",\"response\":\"\",\"done\":true,\"done_reason\":\"length\",\"eval_count\":1,\"context\":[1]}\n",
    ];
    let upstream = Upstream::start(Script::chat_body(GENERATED)).await.takes_anything();
    let app = TestApp::start(&config("ollama", &upstream, "coder")).await;
    let body = json!({"model": "up/m", "prompt": "a", "suffix": "c", "raw": true, "stream": false});
    let answer = app.post("/api/generate", &body).await;
    assert_eq!((answer.status, answer.text()), (200, GENERATED));
    let seen = upstream.requests().remove(0);
    assert_eq!(seen.path, "/api/generate");
    assert_eq!(seen.body, body.to_string().replace("up/m", "coder"));
    assert_eq!(app.only_record().await["preview"], "b");

    let upstream = Upstream::start(lines(&PIECES)).await.takes_anything();
    let app = TestApp::start(&config("ollama", &upstream, "coder")).await;
    let answer =
        app.post("/api/generate", &json!({"model": "m", "prompt": "a", "suffix": "c"})).await;
    assert_eq!((answer.status, answer.text()), (200, PIECES.concat().as_str()));
    assert_eq!(app.only_record().await["finish_reason"], "length");
}

/// A model of another family is no candidate for what only Ollama can be sent.
#[tokio::test]
async fn a_suffix_finds_the_model_that_takes_it() {
    let chat = Upstream::start(Script::chat("no")).await;
    let generated = r#"{"model":"coder","response":"b","done":true,"done_reason":"stop"}"#;
    let ollama = Upstream::start(Script::chat_body(generated)).await.takes_anything();
    let config = Config::with(&chat)
        .tables(&format!(
            "[[providers]]\nname = \"local\"\ntype = \"ollama\"\nbase_url = \"{}\"",
            ollama.base_url()
        ))
        .model("local", "gpt-x", "");
    let app = TestApp::start(&config).await;
    let body = json!({"model": "gpt-x", "prompt": "a", "suffix": "c", "stream": false});
    let answer = app.post("/api/generate", &body).await;
    assert_eq!((answer.status, answer.text()), (200, generated));
    assert!(chat.requests().is_empty());
}

#[tokio::test]
async fn limits_and_defaults_reach_the_options() {
    let upstream = Upstream::start(Script::chat_body(ANSWER)).await.takes_anything();
    let config = config("ollama", &upstream, "llama3")
        .model("up", "set", "remote_identifier = \"llama3\"\n[models.config]\nmax_output_tokens = 50\n[models.default_params]\nnum_ctx = 8192\nmax_tokens = 20\nkeep_alive = \"1h\"\nreasoning_effort = \"low\"")
        .tables("[[api_keys]]\nkey = \"sk-of-a-team\"\nparameter_limits = { temperature = 1, max_tokens = 30 }");
    let app = TestApp::start(&config).await;
    for (name, options, expected, adjusted) in [
        (
            "m",
            json!({"temperature": 1.5, "x": 1.0}),
            json!({"temperature": 1, "x": 1.0, "num_predict": 30}),
            "temperature=1, max_tokens=30",
        ),
        (
            "set",
            json!({"num_predict": 99}),
            json!({"num_predict": 30, "num_ctx": 8192}),
            "max_tokens=30",
        ),
        ("set", json!(null), json!({"num_ctx": 8192, "num_predict": 20}), ""),
    ] {
        let body = ask(json!({"model": name, "options": options, "stream": false})).to_string();
        let headers = [("x-api-key", "sk-of-a-team"), ("content-type", "application/json")];
        let answer = request(app.addr, "POST", "/api/chat", &headers, body.as_bytes()).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        let sent: Value = upstream.requests().pop().unwrap().json();
        assert_eq!(sent["options"], expected, "{name} {options}");
        assert_eq!(sent.get("keep_alive").is_some(), name == "set");
        let told = answer.header("x-llm-router-adjusted").unwrap_or_default();
        let mut told: Vec<_> = told.split(", ").collect();
        let mut adjusted: Vec<_> = adjusted.split(", ").collect();
        told.sort_unstable();
        adjusted.sort_unstable();
        assert_eq!(told, adjusted, "{name}");
    }
}

/// A client knows its server's words.
#[tokio::test]
async fn errors_come_as_the_upstream_writes_them() {
    const ERROR: &str =
        r#"{"error":"registry.ollama.ai/library/llama3:latest does not support tools", "x": 1.50}"#;
    let upstream = Upstream::start(Script::status(400).json(ERROR)).await.takes_anything();
    let app = TestApp::start(&config("ollama", &upstream, "llama3")).await;
    let answer = app.post("/api/chat", &ask(json!({}))).await;
    assert_eq!((answer.status, answer.text()), (400, ERROR));

    const BROKEN: &str =
        "{\"error\":\"an error was encountered while running the model\", \"x\": 1.50}\n";
    let upstream = Upstream::start(lines(&[STREAM[0], BROKEN])).await.takes_anything();
    let app = TestApp::start(&config("ollama", &upstream, "llama3")).await;
    let answer = app.post("/api/chat", &ask(json!({}))).await;
    assert_eq!((answer.status, answer.text()), (200, format!("{}{BROKEN}", STREAM[0]).as_str()));
}
