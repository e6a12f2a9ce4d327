//! What OpenAI takes and one vendor refuses: it is brought within the vendor's bounds, and what is
//! lost of it is told.

use serde_json::{Value, json};

use crate::support::{Config, Script, TestApp, Upstream, chat};

/// A provider's kind, the remote name of its model, and a whole answer in its dialect.
type Vendor = (&'static str, &'static str, &'static str);

const CLAUDE: Vendor = (
    "claude",
    "claude-sonnet-4-5",
    r#"{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[{"type":"text","text":"hi"}],
"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":1,"output_tokens":1}}"#,
);
const GEMINI: Vendor = (
    "gemini",
    "gemini-2.5-flash",
    r#"{"candidates":[{"content":{"role":"model","parts":[{"text":"hi"}]},"finishReason":"STOP","index":0}],
"usageMetadata":{"promptTokenCount":1,"candidatesTokenCount":1,"totalTokenCount":2}}"#,
);
const OLLAMA: Vendor = (
    "ollama",
    "llama3",
    r#"{"model":"m","message":{"role":"assistant","content":"hi"},"done":true,"done_reason":"stop"}"#,
);
const RESPONSES: Vendor = (
    "openai",
    "gpt-5.4-pro",
    r#"{"id":"r","object":"response","status":"completed","model":"m","output":[{"type":"message","id":"x",
"role":"assistant","content":[{"type":"output_text","text":"hi"}]}]}"#,
);
const FAMILY: Vendor = (
    "openai_compatible",
    "any",
    r#"{"id":"c","object":"chat.completion","choices":[{"index":0,"finish_reason":"stop",
"message":{"role":"assistant","content":"hi"}}]}"#,
);

async fn app(vendor: Vendor, script: Script) -> (Upstream, TestApp) {
    let (kind, remote, _) = vendor;
    let upstream = Upstream::start(script).await;
    let provider = format!(
        "[[providers]]\nname = \"up\"\ntype = \"{kind}\"\nbase_url = \"{}\"\napi_key = \"k\"",
        upstream.base_url()
    );
    let config = Config::new().tables(&provider).model(
        "up",
        "m",
        &format!("remote_identifier = \"{remote}\"\ntags = [\"t\"]"),
    );
    let app = TestApp::start(&config).await;
    (upstream, app)
}

fn with(members: &Value) -> Value {
    let mut body = chat("up/m");
    for (name, value) in members.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

/// What the vendor was sent for a chat with these members, and what the client was told to be
/// dropped of it.
async fn sent(vendor: Vendor, members: &Value) -> (Value, String) {
    let (upstream, app) = app(vendor, Script::chat_body(vendor.2)).await;
    let answer = app.chat(&with(members)).await;
    assert_eq!(answer.status, 200, "{}: {}", vendor.0, answer.text());
    let dropped = answer.header("x-llm-router-dropped").unwrap_or_default().to_owned();
    (upstream.requests().remove(0).json(), dropped)
}

#[tokio::test]
async fn an_empty_stop_sequence_goes_to_nobody_and_that_is_told() {
    for (vendor, place) in [
        (CLAUDE, "/stop_sequences"),
        (GEMINI, "/generationConfig/stopSequences"),
        (OLLAMA, "/options/stop"),
        (FAMILY, "/stop"),
    ] {
        for (stop, expected) in
            [(json!(""), None), (json!(["", ""]), None), (json!(["", "END"]), Some(json!(["END"])))]
        {
            let (body, dropped) = sent(vendor, &json!({"stop": stop})).await;
            assert_eq!(body.pointer(place), expected.as_ref(), "{}: {stop}", vendor.0);
            assert_eq!(dropped, "stop", "{}: {stop}", vendor.0);
        }
        let (body, dropped) = sent(vendor, &json!({"stop": ["END"]})).await;
        assert_eq!((body.pointer(place), &*dropped), (Some(&json!(["END"])), ""), "{}", vendor.0);
    }
    let (body, dropped) = sent(RESPONSES, &json!({"stop": ""})).await;
    assert_eq!((body.get("stop"), &*dropped), (None, "stop"));
}

#[tokio::test]
async fn an_empty_stop_sequence_goes_to_nobody_through_any_door() {
    let (upstream, app) = app(FAMILY, Script::chat_body(FAMILY.2)).await;
    let asked = json!({"prompt": "hi", "parameters": {"stop": ""}});
    for (path, body) in [
        ("/models/up/m/invoke", asked.clone()),
        ("/route/invoke", json!({"query": {"tags": ["t"]}, "request": asked})),
        ("/models/up/m/v1/chat/completions", with(&json!({"stop": ""}))),
    ] {
        let answer = app.post(path, &body).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        assert_eq!(answer.header("x-llm-router-dropped"), Some("stop"), "{path}");
    }
    for seen in upstream.requests() {
        assert_eq!(seen.json().get("stop"), None);
    }
}

#[tokio::test]
async fn gemini_before_3_is_asked_for_tools_or_for_json() {
    let tools = json!([{"type": "function", "function": {"name": "f"}}]);
    let schema =
        json!({"type": "json_schema", "json_schema": {"name": "a", "schema": {"type": "object"}}});
    let newer = ("gemini", "gemini-3.1-pro-preview", GEMINI.2);
    for format in [json!({"type": "json_object"}), schema] {
        let members = json!({"tools": tools, "response_format": format});
        let (body, dropped) = sent(GEMINI, &members).await;
        assert_eq!(body.pointer("/generationConfig/responseMimeType"), None);
        assert_eq!((body.get("tools").is_some(), &*dropped), (true, "response_format"));
        let (body, dropped) = sent(newer, &members).await;
        assert!(body.pointer("/generationConfig/responseMimeType").is_some());
        assert_eq!((body.get("tools").is_some(), &*dropped), (true, ""));
    }
}

#[tokio::test]
async fn an_older_model_keeps_the_sampling_that_it_takes() {
    let sampling = json!({"temperature": 0.5, "top_p": 0.9, "top_k": 5});
    for (vendor, root, top_p) in [
        (("claude", "claude-sonnet-4-0", CLAUDE.2), "", "top_p"),
        (("gemini", "gemini-1.5-flash", GEMINI.2), "/generationConfig", "topP"),
        (("gemini", "gemini-2.0-flash", GEMINI.2), "/generationConfig", "topP"),
        (("gemini", "gemini-unheard-of", GEMINI.2), "/generationConfig", "topP"),
    ] {
        let (body, dropped) = sent(vendor, &sampling).await;
        let body = body.pointer(root).unwrap();
        assert_eq!((&body["temperature"], &body[top_p]), (&json!(0.5), &json!(0.9)));
        assert_eq!(dropped, "", "{vendor:?}");
    }
}
