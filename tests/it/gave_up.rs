//! A model that ends for a reason of its own: without content another candidate is tried, with content the client gets
//! the reason in place of a stop. And an error in place of an answer, in every dialect.

use serde_json::{Value, json};

use crate::support::{Config, Script, TestApp, Upstream};

/// Beside the faulty candidate a sound one.
struct Pair {
    faulty: Upstream,
    spare: Upstream,
    app: TestApp,
}

impl Pair {
    async fn start(kind: &str, settings: &str, script: Script) -> Self {
        let faulty = Upstream::start(script).await;
        let spare = Upstream::with(|seen| match seen.json()["stream"] == true {
            true => Script::stream(&["SPARE"]),
            false => Script::chat("SPARE"),
        })
        .await;
        let provider = format!(
            "[[providers]]\nname = \"up\"\ntype = \"{kind}\"\nbase_url = \"{}\"\napi_key = \"k\"\n{settings}",
            faulty.base_url()
        );
        let routing = "[routing]\nretries = 0\n[routing.circuit]\nfailures = 1000000\nmin_calls = 30000\n[routing.aliases]\n\
            chain = { target = \"up/m\", fallbacks = [\"spare/m\"] }\n";
        let config = Config::new()
            .routing(routing)
            .tables(&provider)
            .provider("spare", &spare.base_url())
            .model("up", "m", "[models.config]\npriority = 9")
            .model("spare", "m", "");
        Self { faulty, spare, app: TestApp::start(&config).await }
    }

    async fn ask(&self, model: &str, is_stream: bool) -> String {
        let body = json!({"model": model, "stream": is_stream, "messages": [{"role": "user", "content": "hi"}]});
        let answer = self.app.chat(&body).await;
        answer.text().to_owned()
    }

    async fn invoke(&self, path: &str, is_stream: bool) -> String {
        let request = json!({"prompt": "hi", "stream": is_stream});
        let body = match path {
            "/route/invoke" => json!({"query": {"name": "m"}, "request": request}),
            _ => request,
        };
        self.app.post(path, &body).await.text().to_owned()
    }
}

/// A kind of provider, its settings, and how it ends an answer: whole and as the last piece of a stream.
struct Dialect {
    kind: &'static str,
    settings: &'static str,
    whole: fn(text: &str, reason: &str) -> String,
    stream: fn(text: &str, reason: &str) -> Script,
    /// Reasons that are no end of an answer.
    reasons: &'static [&'static str],
}

fn sse(events: &[Value]) -> Script {
    let frames: Vec<String> = events.iter().map(|event| format!("data: {event}\n\n")).collect();
    Script::stream_frames(&frames)
}

fn gemini(text: &str, reason: &str) -> Value {
    let parts = if text.is_empty() { json!([]) } else { json!([{"text": text}]) };
    json!({"candidates": [{"index": 0, "content": {"parts": parts}, "finishReason": reason,
        "finishMessage": "the vendor's words"}], "usageMetadata": {"promptTokenCount": 9}})
}

fn claude_stream(text: &str, reason: &str) -> Script {
    sse(&[
        json!({"type": "message_start", "message": {"id": "m", "model": "c", "usage": {"input_tokens": 9}}}),
        json!({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": text}}),
        json!({"type": "message_delta", "delta": {"stop_reason": reason}}),
        json!({"type": "message_stop"}),
    ])
}

fn responses(text: &str, reason: &str) -> Value {
    let output = json!([{"type": "message", "content": [{"type": "output_text", "text": text}]}]);
    json!({"id": "r", "status": "incomplete", "incomplete_details": {"reason": reason}, "output": output})
}

fn ollama(text: &str, reason: &str) -> Value {
    json!({"model": "m", "message": {"role": "assistant", "content": text}, "done": true, "done_reason": reason})
}

fn openai(text: &str, reason: &str) -> Value {
    json!({"choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": reason}]})
}

fn openai_stream(text: &str, reason: &str) -> Script {
    sse(&[
        json!({"choices": [{"index": 0, "delta": {"role": "assistant", "content": text}, "finish_reason": null}]}),
        json!({"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]}),
    ])
}

const DIALECTS: &[Dialect] = &[
    Dialect {
        kind: "gemini",
        settings: "",
        whole: |text, reason| gemini(text, reason).to_string(),
        stream: |text, reason| sse(&[gemini(text, reason)]),
        reasons: &[
            "MALFORMED_FUNCTION_CALL",
            "UNEXPECTED_TOOL_CALL",
            "TOO_MANY_TOOL_CALLS",
            "OTHER",
            "NO_IMAGE",
            "OF_TOMORROW",
        ],
    },
    Dialect {
        kind: "claude",
        settings: "",
        whole: |text, reason| {
            let content = json!([{"type": "text", "text": text}]);
            json!({"id": "m", "content": content, "stop_reason": reason}).to_string()
        },
        stream: claude_stream,
        reasons: &["of_tomorrow"],
    },
    Dialect {
        kind: "ollama",
        settings: "",
        whole: |text, reason| ollama(text, reason).to_string(),
        stream: |text, reason| {
            Script::status(200).body("application/x-ndjson", format!("{}\n", ollama(text, reason)))
        },
        reasons: &["load", "unload", "of_tomorrow"],
    },
    Dialect {
        kind: "openai",
        settings: "[providers.settings]\napi = \"responses\"",
        whole: |text, reason| responses(text, reason).to_string(),
        stream: |text, reason| {
            sse(&[json!({"type": "response.incomplete", "response": responses(text, reason)})])
        },
        reasons: &["of_tomorrow"],
    },
    Dialect {
        kind: "openai_compatible",
        settings: "",
        whole: |text, reason| openai(text, reason).to_string(),
        stream: openai_stream,
        reasons: &["of_tomorrow", "function_call_filter: MALFORMED_FUNCTION_CALL"],
    },
];

#[tokio::test]
async fn without_content_another_candidate_serves_and_a_lone_ones_error_says_why() {
    for dialect in DIALECTS {
        for reason in dialect.reasons {
            for is_stream in [false, true] {
                let shown = format!("{} {reason} {is_stream}", dialect.kind);
                let script = match is_stream {
                    true => (dialect.stream)("", reason),
                    false => Script::chat_body(&(dialect.whole)("", reason)),
                };
                let pair = Pair::start(dialect.kind, dialect.settings, script).await;
                let text = pair.ask("chain", is_stream).await;
                assert!(text.contains("SPARE"), "{shown}: {text}");
                assert_eq!(pair.app.only_outcome().await, "success 200", "{shown}");
                assert_eq!(
                    (pair.faulty.request_count(), pair.spare.request_count()),
                    (1, 1),
                    "{shown}"
                );

                let lone = pair.ask("up/m", is_stream).await;
                let error: Value = serde_json::from_str(&lone).unwrap();
                assert_eq!(error["error"]["code"], "upstream_gave_up", "{shown}: {lone}");
                assert!(lone.contains(reason), "{shown}: {lone}");
                let has_message = dialect.kind != "gemini" || lone.contains("the vendor's words");
                assert!(has_message, "{shown}: {lone}");
            }
        }
    }
}

#[tokio::test]
async fn with_content_the_end_differs_from_a_stop_and_keeps_its_message() {
    for dialect in DIALECTS {
        for reason in dialect.reasons {
            for is_stream in [false, true] {
                let shown = format!("{} {reason} {is_stream}", dialect.kind);
                let script = match is_stream {
                    true => (dialect.stream)("a", reason),
                    false => Script::chat_body(&(dialect.whole)("a", reason)),
                };
                let pair = Pair::start(dialect.kind, dialect.settings, script).await;
                let text = pair.ask("chain", is_stream).await;
                assert_eq!(pair.spare.request_count(), 0, "{shown}");
                // The family's own word goes on as it came.
                let told = if dialect.kind == "openai_compatible" { reason } else { "error" };
                assert!(text.contains(&format!("\"finish_reason\":\"{told}\"")), "{shown}: {text}");
                assert!(!text.contains("\"finish_reason\":\"stop\""), "{shown}: {text}");
                assert!(text.contains(reason), "{shown}: {text}");
                let has_message = dialect.kind != "gemini" || text.contains("the vendor's words");
                assert!(has_message, "{shown}: {text}");
                assert_eq!(text.ends_with("data: [DONE]\n\n"), is_stream, "{shown}: {text}");
                let record = pair.app.only_record().await;
                assert_eq!(record["finish_reason"], told, "{shown}");
            }
        }
    }
}

/// What stands in the place of an answer: in the dialect's own envelope, and in none.
const ERRORS: &[&str] = &[
    r#"{"error":{"message":"oh","code":502}}"#,
    r#"{"error":"oh"}"#,
    r#"{"object":"error","message":"oh","code":500}"#,
    r#"{"code":500,"message":"oh"}"#,
    r#"{"code":"Throttling","message":"oh","request_id":"r"}"#,
];

#[tokio::test]
async fn an_error_in_the_place_of_an_answer_is_one_in_every_dialect() {
    for dialect in DIALECTS {
        for error in ERRORS {
            let bare = match dialect.kind {
                "ollama" => Script::status(200).body("application/x-ndjson", format!("{error}\n")),
                _ => Script::stream_frames(&[format!("data: {error}\n\n")]),
            };
            let named = Script::stream_frames(&[format!("event: error\ndata: {error}\n\n")]);
            let body = Script::status(200).body("text/event-stream", error);
            let whole = Script::chat_body(error);
            for (is_stream, script) in
                [(false, whole.clone()), (true, whole), (true, bare), (true, named), (true, body)]
            {
                let shown = format!("{} {script:?}", dialect.kind);
                let pair = Pair::start(dialect.kind, dialect.settings, script).await;
                let text = pair.ask("chain", is_stream).await;
                assert!(text.contains("SPARE"), "{shown}: {text}");
                assert_eq!(pair.faulty.request_count(), 1, "{shown}");
                let lone = pair.ask("up/m", is_stream).await;
                assert!(lone.contains("\"error\"") && !lone.contains("[DONE]"), "{shown}: {lone}");
            }
        }
    }
}

#[tokio::test]
async fn invoke_and_route_end_alike() {
    let choice = r#"{"choices":[{"message":{"role":"assistant","content":""},"finish_reason":"error","error":{"code":502,"message":"oh"}}]}"#;
    for is_stream in [false, true] {
        let script = match is_stream {
            true => openai_stream("", "error"),
            false => Script::chat_body(choice),
        };
        let pair = Pair::start("openrouter", "", script).await;
        let routed = pair.invoke("/route/invoke", is_stream).await;
        assert!(routed.contains("SPARE"), "{is_stream}: {routed}");
        let lone = pair.invoke("/models/up/m/invoke", is_stream).await;
        assert!(lone.contains("upstream_"), "{is_stream}: {lone}");

        let script = match is_stream {
            true => sse(&[gemini("a", "OTHER")]),
            false => Script::chat_body(&gemini("a", "OTHER").to_string()),
        };
        let pair = Pair::start("gemini", "", script).await;
        let text = pair.invoke("/models/up/m/invoke", is_stream).await;
        assert!(text.contains("\"finish_reason\":\"error\""), "{text}");
        assert!(text.contains("the vendor's words"), "{text}");
    }
}

#[tokio::test]
async fn an_ordinary_end_with_calls_is_that_of_calls() {
    let claude = json!({"id": "m", "content": [{"type": "tool_use", "id": "t", "name": "f", "input": {}}], "stop_reason": "end_turn"});
    let claude_stream = sse(&[
        json!({"type": "message_start", "message": {"id": "m"}}),
        json!({"type": "content_block_start", "index": 0, "content_block": {"type": "tool_use", "id": "t", "name": "f", "input": {}}}),
        json!({"type": "message_delta", "delta": {"stop_reason": "end_turn"}}),
        json!({"type": "message_stop"}),
    ]);
    let call =
        json!([{"id": "t", "type": "function", "function": {"name": "f", "arguments": "{}"}}]);
    let plain = json!({"text": "", "tool_calls": call, "finish_reason": "stop"}).to_string();
    for (kind, is_stream, script) in [
        ("claude", false, Script::chat_body(&claude.to_string())),
        ("claude", true, claude_stream),
        ("remote_http", false, Script::chat_body(&plain)),
        ("remote_http", true, Script::chat_body(&plain)),
    ] {
        let pair = Pair::start(kind, "", script).await;
        let text = pair.ask("up/m", is_stream).await;
        assert!(text.contains("\"finish_reason\":\"tool_calls\""), "{kind} {is_stream}: {text}");
    }
}
