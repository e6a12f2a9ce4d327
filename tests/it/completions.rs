//! `POST /v1/completions`: as it comes where the provider has the endpoint, else by a chat.

use serde_json::{Value, json};

use crate::support::client::request;
use crate::support::{Config, Script, TestApp, Upstream, chat};

const JSON: [(&str, &str); 1] = [("content-type", "application/json")];

/// One provider `up` of that type, with the model `m`, called by its `remote` name there.
fn config(kind: &str, upstream: &Upstream, remote: &str) -> Config {
    let provider = format!(
        "[[providers]]\nname = \"up\"\ntype = \"{kind}\"\nbase_url = \"{}\"\napi_key = \"sk-upstream\"",
        upstream.base_url()
    );
    let model = format!("remote_identifier = \"{remote}\"");
    Config::new().tables(&provider).model("up", "m", &model)
}

const ANSWER: &str = r#"{ "id":"cmpl-1","object":"text_completion","created":1,"model":"served","choices":[{"text":" upon","index":0,"logprobs":null,"finish_reason":"length", "x":1.50}],"usage":{"prompt_tokens":4,"completion_tokens":2,"total_tokens":6}}"#;

const STREAM: [&str; 4] = [
    "data: {\"id\":\"cmpl-1\",\"object\":\"text_completion\",\"created\":1,\"model\":\"served\",\"choices\":[{\"text\":\" upon\",\"index\":0,\"finish_reason\":null}]}\n\n",
    "data: {\"id\":\"cmpl-1\",\"object\":\"text_completion\",\"created\":1,\"model\":\"served\",\"choices\":[{\"text\":\" a\",\"index\":0,\"finish_reason\":\"stop\"}]}\n\n",
    "data: {\"id\":\"cmpl-1\",\"object\":\"text_completion\",\"created\":1,\"model\":\"served\",\"choices\":[],\"usage\":{\"prompt_tokens\":4,\"completion_tokens\":2,\"total_tokens\":6}}\n\n",
    "data: [DONE]\n\n",
];

#[tokio::test]
async fn who_has_the_endpoint_gets_the_clients_bytes() {
    for (kind, path) in [
        ("openai_compatible", "/v1/completions"),
        ("vllm", "/v1/completions"),
        ("ollama", "/v1/completions"),
        ("qwen", "/v1/completions"),
    ] {
        let upstream = Upstream::start(Script::chat_body(ANSWER)).await;
        let app = TestApp::start(&config(kind, &upstream, "coder")).await;
        let body = r#"{ "prompt":[[1,2],[3]], "suffix":"}", "echo":true, "best_of":2, "model":"up/m", "x":1.50 }"#;
        let got = request(app.addr, "POST", "/v1/completions", &JSON, body.as_bytes()).await;
        assert_eq!((got.status, got.text()), (200, ANSWER), "{kind}");
        let seen = upstream.requests().remove(0);
        assert_eq!(seen.path, path, "{kind}");
        assert_eq!(seen.body, body.replace("up/m", "coder"), "{kind}");
        let record = app.only_record().await;
        assert_eq!(
            (&record["endpoint"], &record["prompt_tokens"], &record["completion_tokens"]),
            (&json!("completions"), &json!(4), &json!(2))
        );
        assert_eq!(record["finish_reason"], "length");
    }
}

#[tokio::test]
async fn a_stream_of_the_same_api_comes_as_it_is() {
    for (options, expected) in [
        ("", [STREAM[0], STREAM[1], STREAM[3]].concat()),
        (r#","stream_options":{"include_usage":true}"#, STREAM.concat()),
    ] {
        let upstream = Upstream::start(Script::stream_frames(&STREAM)).await;
        let app = TestApp::start(&config("vllm", &upstream, "coder")).await;
        let body = format!(r#"{{"model":"up/m","prompt":"once","stream":true{options}}}"#);
        let got = request(app.addr, "POST", "/v1/completions", &JSON, body.as_bytes()).await;
        assert_eq!((got.status, got.text()), (200, expected.as_str()));
        let sent: Value = upstream.requests()[0].json();
        assert_eq!(sent["stream_options"]["include_usage"], true);
        let record = app.only_record().await;
        assert_eq!(
            (&record["prompt_tokens"], &record["completion_tokens"], &record["finish_reason"]),
            (&json!(4), &json!(2), &json!("stop"))
        );
    }
}

/// Its models for chats are refused at the vendor's endpoint.
#[tokio::test]
async fn a_model_for_chats_continues_a_text_by_a_chat() {
    for kind in ["openai", "kimi"] {
        let upstream = Upstream::start(Script::chat("upon a time")).await;
        let app = TestApp::start(&config(kind, &upstream, "gpt-4o")).await;
        let body = json!({"model": "up/m", "prompt": ["once"], "max_tokens": 5, "logprobs": 2});
        let got = app.post("/v1/completions", &body).await;
        let shown: Value = got.json();
        assert_eq!((got.status, &shown["object"]), (200, &json!("text_completion")), "{shown}");
        assert_eq!(shown["choices"][0]["text"], "upon a time");
        assert_eq!(shown["choices"][0]["finish_reason"], "stop");
        assert_eq!(shown["usage"]["total_tokens"], 12);
        assert_eq!(got.header("x-llm-router-dropped"), Some("logprobs"));
        let seen = upstream.requests().remove(0);
        assert_eq!(seen.path, "/v1/chat/completions");
        assert_eq!(seen.json()["messages"], json!([{"role": "user", "content": "once"}]));
        assert_eq!(app.only_record().await["endpoint"], "completions");
    }
}

#[tokio::test]
async fn a_chats_stream_becomes_chunks_of_this_api() {
    let claude = [
        "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_1\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"c\",\"content\":[],\"stop_reason\":null,\"usage\":{\"input_tokens\":9,\"output_tokens\":1}}}\n\n",
        "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n",
        "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"upon\"}}\n\n",
        "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\n",
        "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\",\"stop_sequence\":null},\"usage\":{\"output_tokens\":5}}\n\n",
        "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n",
    ];
    for (kind, remote, script) in [
        ("openai", "gpt-4o", Script::stream(&["upon"])),
        ("openai", "gpt-4o", Script::stream(&["upon"]).drip(1)),
        ("claude", "claude-haiku-4-5", Script::stream_frames(&claude)),
    ] {
        let upstream = Upstream::start(script).await;
        let app = TestApp::start(&config(kind, &upstream, remote)).await;
        let body = json!({"model": "up/m", "prompt": "once", "stream": true});
        let got = app.post("/v1/completions", &body).await;
        let (chunks, end) = got.text().rsplit_once("data: ").unwrap();
        assert_eq!((got.status, end), (200, "[DONE]\n\n"), "{kind}: {}", got.text());
        let chunks: Vec<Value> = chunks
            .split_terminator("\n\n")
            .map(|frame| serde_json::from_str(frame.strip_prefix("data: ").unwrap()).unwrap())
            .collect();
        assert!(chunks.iter().all(|chunk| chunk["object"] == "text_completion"), "{chunks:?}");
        let text: String =
            chunks.iter().filter_map(|chunk| chunk["choices"][0]["text"].as_str()).collect();
        assert_eq!((text.as_str(), chunks.len()), ("upon", 2), "{kind}: {chunks:?}");
        assert_eq!(chunks[1]["choices"][0]["finish_reason"], "stop", "{kind}");
        assert_eq!(app.only_record().await["status"], "success");
    }
}

#[tokio::test]
async fn what_no_chat_can_stand_for_is_refused_before_a_call() {
    let upstream = Upstream::start(Script::chat("no")).await;
    let app = TestApp::start(&config("kimi", &upstream, "kimi-k3")).await;
    for (more, param) in [
        (json!({"suffix": "z"}), "suffix"),
        (json!({"echo": true}), "echo"),
        (json!({"best_of": 2}), "best_of"),
        (json!({"prompt": ["a", "b"]}), "prompt"),
        (json!({"prompt": [1, 2]}), "prompt"),
    ] {
        let mut body = json!({"model": "up/m", "prompt": "once"});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let got = app.post("/v1/completions", &body).await;
        let shown: Value = got.json();
        assert_eq!((got.status, &shown["error"]["param"]), (400, &json!(param)), "{shown}");
    }
    let got = app.post("/v1/completions", &json!({"model": "up/m"})).await;
    assert_eq!((got.status, &got.json()["error"]["param"]), (400, &json!("prompt")));
    assert_eq!(upstream.requests().len(), 0);
}

#[tokio::test]
async fn an_endpoint_that_lacks_does_not_rest_the_model() {
    let upstream = Upstream::with(|seen| match seen.path.as_str() {
        "/v1/chat/completions" => Script::chat("fine"),
        _ => Script::status(404).json(r#"{"error":{"message":"no such path"}}"#),
    })
    .await;
    let config = config("openai_compatible", &upstream, "unheard-of")
        .routing("[routing]\nretries = 0\n[routing.circuit]\nfailures = 1\n");
    let app = TestApp::start(&config).await;
    for path in ["/v1/completions", "/v1/embeddings", "/v1/moderations"] {
        let body = json!({"model": "up/m", "prompt": "a", "input": "a"});
        assert_eq!(app.post(path, &body).await.status, 404, "{path}");
        assert_eq!(app.chat(&chat("up/m")).await.status, 200, "after {path}");
    }
}

#[tokio::test]
async fn a_stream_that_breaks_off_ends_with_an_error() {
    let script = Script::stream_frames(&STREAM).reset_after_frames(1);
    let upstream = Upstream::start(script).await;
    let app = TestApp::start(&config("vllm", &upstream, "coder")).await;
    let body = json!({"model": "up/m", "prompt": "once", "stream": true});
    let got = app.post("/v1/completions", &body).await;
    let rest = got.text().strip_prefix(STREAM[0]).unwrap();
    assert!(rest.starts_with("data: {\"error\":{\"message\":"), "{rest}");
    assert!(!rest.contains("[DONE]"), "{rest}");
}
