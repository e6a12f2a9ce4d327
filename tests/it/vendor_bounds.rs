//! What OpenAI accepts and one vendor refuses: the request is brought within the vendor's bounds,
//! and losses are reported.

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
        "[[providers]]\nname = \"up\"\ntype = \"{kind}\"\nbase_url = \"{}\"\napi_key = \"sk-upstream\"",
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
async fn an_empty_stop_sequence_is_dropped_and_reported() {
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
async fn an_empty_stop_sequence_is_dropped_on_every_endpoint() {
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

/// The names of tools in all places of what was sent, as the vendor says them.
fn names(vendor: Vendor, body: &Value) -> Vec<String> {
    let places: &[&str] = match vendor.0 {
        "claude" => &["/tools/0/name", "/tool_choice/name", "/messages/1/content/0/name"],
        "gemini" => &[
            "/tools/0/functionDeclarations/0/name",
            "/toolConfig/functionCallingConfig/allowedFunctionNames/0",
            "/contents/1/parts/0/functionCall/name",
            "/contents/2/parts/0/functionResponse/name",
        ],
        _ => &["/tools/0/name", "/tool_choice/name", "/input/1/name"],
    };
    let name = |place: &&str| body.pointer(place).and_then(Value::as_str).unwrap().to_owned();
    places.iter().map(name).collect()
}

/// An answer that calls the tool under that name, whole or streamed.
fn calling(vendor: Vendor, name: &str, is_stream: bool) -> Script {
    let frame =
        |data: Value| format!("event: {}\ndata: {data}\n\n", data["type"].as_str().unwrap_or("x"));
    let (whole, stream) = match vendor.0 {
        "claude" => {
            let call = json!({"type": "tool_use", "id": "t", "name": name, "input": {}});
            let message = |content: Value| {
                json!({"id": "m", "type": "message", "role": "assistant",
                "model": "m", "content": content, "stop_reason": "tool_use",
                "usage": {"input_tokens": 1, "output_tokens": 1}})
            };
            let stream = vec![
                json!({"type": "message_start", "message": message(json!([]))}),
                json!({"type": "content_block_start", "index": 0, "content_block": call}),
                json!({"type": "content_block_stop", "index": 0}),
                json!({"type": "message_delta", "delta": {"stop_reason": "tool_use"}, "usage": {"output_tokens": 1}}),
                json!({"type": "message_stop"}),
            ];
            (message(json!([call])), stream)
        }
        "gemini" => {
            let whole = json!({"candidates": [{"index": 0, "finishReason": "STOP", "content":
                {"role": "model", "parts": [{"functionCall": {"name": name, "args": {}}}]}}]});
            (whole.clone(), vec![whole])
        }
        _ => {
            let call = json!({"type": "function_call", "id": "f", "call_id": "c", "name": name,
                "arguments": "{}", "status": "completed"});
            let response = |output: Value| {
                json!({"id": "r", "object": "response", "model": "m",
                "status": "completed", "output": output})
            };
            let stream = vec![
                json!({"type": "response.created", "response": response(json!([]))}),
                json!({"type": "response.output_item.added", "output_index": 0, "item": call}),
                json!({"type": "response.output_item.done", "output_index": 0, "item": call}),
                json!({"type": "response.completed", "response": response(json!([call]))}),
            ];
            (response(json!([call])), stream)
        }
    };
    if is_stream {
        Script::stream_frames(&stream.into_iter().map(frame).collect::<Vec<_>>())
    } else {
        Script::chat_body(&whole.to_string())
    }
}

/// A conversation that has called the tool once, and must call it again.
fn about(tool: &str) -> Value {
    json!({
        "tools": [{"type": "function", "function": {"name": tool}}],
        "tool_choice": {"type": "function", "function": {"name": tool}},
        "messages": [
            {"role": "user", "content": "hi"},
            {"role": "assistant", "tool_calls": [{"id": "1", "type": "function",
                "function": {"name": tool, "arguments": "{}"}}]},
            {"role": "tool", "tool_call_id": "1", "content": "k"},
        ],
    })
}

#[tokio::test]
async fn a_tools_name_is_the_vendors_there_and_the_clients_here() {
    let long = "x".repeat(70);
    for (vendor, tool) in [
        (GEMINI, "1c_reload"),
        (GEMINI, "-lead"),
        (GEMINI, &long),
        (CLAUDE, "a.b"),
        (CLAUDE, "ns:tool"),
        (RESPONSES, "a.b"),
        (RESPONSES, &long),
    ] {
        // The reader of the upstream refuses a name that the vendor does not take.
        let (first, _) = sent(vendor, &about(tool)).await;
        let found = names(vendor, &first);
        assert!(found.iter().all(|name| *name == found[0] && name != tool), "{found:?}");
        for is_stream in [false, true] {
            let (upstream, app) = app(vendor, calling(vendor, &found[0], is_stream)).await;
            let mut body = with(&about(tool));
            body["stream"] = json!(is_stream);
            let answer = app.chat(&body).await;
            let said = format!("\"name\":\"{tool}\"");
            assert!(answer.text().contains(&said), "{}: {tool}: {}", vendor.0, answer.text());
            assert!(!answer.text().contains(&found[0]), "{}", answer.text());
            assert_eq!(names(vendor, &upstream.requests()[0].json()), found, "always the same");
            let mut asked = about(tool);
            asked["stream"] = json!(is_stream);
            for (path, body) in [
                ("/models/up/m/invoke", asked.clone()),
                ("/route/invoke", json!({"query": {"tags": ["t"]}, "request": asked})),
            ] {
                let answer = app.post(path, &body).await;
                assert!(answer.text().contains(&said), "{path}: {}", answer.text());
                assert!(!answer.text().contains(&found[0]), "{path}: {}", answer.text());
            }
        }
    }
}

#[tokio::test]
async fn claude_enforces_what_it_supports_of_a_schema_and_the_rest_is_reported() {
    let schema = json!({"type": "object", "properties": {
        "name": {"type": "string", "minLength": 2},
        "kind": {"oneOf": [{"type": "object", "properties": {"type": {"const": "a"}}}, {"type": "null"}]},
        "more": {"type": "object", "additionalProperties": true},
        "list": {"type": "array", "items": {"$ref": "#/$defs/item"}, "minItems": 2},
    }, "$defs": {"item": {"allOf": [{"properties": {"a": true}}, {"properties": {"b": {}}}]}}});
    let told = ["additionalProperties", "minItems", "minLength", "oneOf", "type"];
    let told = |prefix: &str| told.map(|keyword| format!("{prefix}.{keyword}"));
    let format = json!({"type": "json_schema", "json_schema": {"name": "a", "schema": schema}});
    // The reader of the upstream refuses a schema that Claude cannot be held to.
    let (body, dropped) = sent(CLAUDE, &json!({"response_format": format})).await;
    assert!(body.pointer("/output_config/format/schema/properties/list").is_some());
    let mut names: Vec<&str> = dropped.split(", ").collect();
    names.sort_unstable();
    assert_eq!(names, told("response_format.json_schema.schema"));

    let tool = json!({"name": "f", "strict": true, "parameters": schema});
    let members = json!({"tools": [{"type": "function", "function": tool}]});
    let (body, dropped) = sent(CLAUDE, &members).await;
    assert_eq!(body["tools"][0]["strict"], json!(true));
    let mut names: Vec<&str> = dropped.split(", ").collect();
    names.sort_unstable();
    assert_eq!(names, told("tools.function.parameters"));
}

#[tokio::test]
async fn a_schema_that_claude_cannot_enforce_is_reported_and_the_call_goes_on() {
    let circle = json!({"type": "object", "properties": {"next": {"$ref": "#"}}});
    let format = json!({"type": "json_schema", "json_schema": {"name": "a", "schema": circle}});
    let (body, dropped) = sent(CLAUDE, &json!({"response_format": format})).await;
    assert_eq!((body.get("output_config"), &*dropped), (None, "response_format"));
    let tool = json!({"name": "f", "strict": true, "parameters": circle});
    let members = json!({"tools": [{"type": "function", "function": tool}]});
    let (body, dropped) = sent(CLAUDE, &members).await;
    assert_eq!((&body["tools"][0]["input_schema"], &*dropped), (&circle, "tools.function.strict"));
    let top = json!({"anyOf": [{"properties": {"a": {"type": "string"}}, "required": ["a"]}, {}]});
    let members =
        json!({"tools": [{"type": "function", "function": {"name": "f", "parameters": top}}]});
    let (body, dropped) = sent(CLAUDE, &members).await;
    let expected = json!({"type": "object", "properties": {"a": {"type": "string"}}});
    assert_eq!(body["tools"][0]["input_schema"], expected);
    assert_eq!(dropped, "tools.function.parameters.anyOf");
}

/// A vendor that refuses the shape of what it is sent, and one of the family behind it.
async fn refusing(vendor: Vendor, says: &str) -> (Upstream, Upstream, TestApp) {
    let refusal = json!({"error": {"type": "invalid_request_error", "message": says}}).to_string();
    let upstream = Upstream::start(Script::status(400).json(&refusal)).await;
    let spare = Upstream::start(Script::chat("spare")).await;
    let provider = format!(
        "[[providers]]\nname = \"up\"\ntype = \"{}\"\nbase_url = \"{}\"\napi_key = \"sk-upstream\"",
        vendor.0,
        upstream.base_url()
    );
    let config = Config::new()
        .tables(&provider)
        .model(
            "up",
            "m",
            &format!("remote_identifier = \"{}\"\n[models.config]\npriority = 9", vendor.1),
        )
        .provider("spare", &spare.base_url())
        .model("spare", "m", "");
    let app = TestApp::start(&config).await;
    (upstream, spare, app)
}

#[tokio::test]
async fn a_translation_that_is_refused_is_not_the_clients_fault() {
    let schema = json!({"type": "object", "properties": {"a": {"type": "string"}}});
    let tool = json!({"type": "function", "function": {"name": "f", "parameters": schema}});
    for (vendor, says) in [
        (CLAUDE, "tools.0.custom.input_schema: JSON schema is invalid"),
        (GEMINI, "Unknown name \"x\" at 'tools[0].function_declarations[0]': Cannot find field."),
        (RESPONSES, "No tool output found for function call call_1."),
    ] {
        let (upstream, spare, app) = refusing(vendor, says).await;
        let mut body = with(&json!({"tools": [tool]}));
        for (asked, is_alone) in [("m", false), ("up/m", true)] {
            // Far more than a circuit bears, were these failures of the upstream.
            for _ in 0..12 {
                body["model"] = json!(asked);
                let answer = app.chat(&body).await;
                let error = &answer.json()["error"];
                if is_alone {
                    assert_eq!(answer.status, 502, "{}: {}", vendor.0, answer.text());
                    assert_eq!(error["code"], "upstream_refused_translation");
                    assert_eq!(answer.header("x-should-retry"), Some("false"));
                    let message = error["message"].as_str().unwrap();
                    assert!(
                        message.contains("as the router translated it") && message.contains(says),
                        "{message}"
                    );
                } else {
                    assert_eq!(answer.status, 200, "{}: {}", vendor.0, answer.text());
                }
            }
        }
        assert_eq!((upstream.request_count(), spare.request_count()), (24, 12), "{}", vendor.0);
    }
}

#[tokio::test]
async fn what_a_client_may_have_caused_stays_its_own() {
    let tool = |kind: &str| {
        json!({"type": "function", "function": {"name": "f", "parameters":
        {"type": "object", "properties": {"a": {"type": kind}}}}})
    };
    let says = "tools.0.custom.input_schema: JSON schema is invalid";
    for (vendor, says, tool) in [
        (CLAUDE, "max_tokens: 99999999 > 64000, which is the maximum", tool("string")),
        (CLAUDE, says, tool("strng")),
        (FAMILY, says, tool("string")),
    ] {
        let (_upstream, spare, app) = refusing(vendor, says).await;
        let mut body = with(&json!({"tools": [tool]}));
        body["model"] = json!("m");
        let answer = app.chat(&body).await;
        assert_eq!(answer.status, 400, "{}: {}", vendor.0, answer.text());
        assert_eq!(answer.json()["error"]["code"], "upstream_rejected_request");
        assert_eq!(spare.request_count(), 0);
    }
}

#[tokio::test]
async fn a_budget_of_thinking_reaches_claude_and_gemini_in_their_words() {
    let adaptive = ("claude", "claude-sonnet-4-6", CLAUDE.2);
    let pro = ("gemini", "gemini-2.5-pro", GEMINI.2);
    let level = ("gemini", "gemini-3.1-pro-preview", GEMINI.2);
    let old = ("claude", "claude-3-5-haiku", CLAUDE.2);
    let config = "/generationConfig/thinkingConfig";
    let thinking = |tokens: u64| json!({"thinking": {"type": "enabled", "budget_tokens": tokens}});
    let reasoning = |tokens: u64| json!({"reasoning": {"max_tokens": tokens}});
    let off = json!({"thinking": {"type": "disabled"}});
    let on = |tokens: u64| json!({"type": "enabled", "budget_tokens": tokens});
    let gemini = |tokens: u64| json!({"thinkingBudget": tokens, "includeThoughts": true});
    for (vendor, members, place, expected, told) in [
        (CLAUDE, thinking(9_000), "/thinking", Some(on(9_000)), ""),
        (CLAUDE, reasoning(9_000), "/thinking", Some(on(9_000)), ""),
        (CLAUDE, reasoning(10), "/thinking", Some(on(1_024)), ""),
        (CLAUDE, off.clone(), "/thinking", Some(json!({"type": "disabled"})), ""),
        (adaptive, thinking(9_000), "/output_config/effort", Some(json!("high")), ""),
        (adaptive, reasoning(2_000), "/output_config/effort", Some(json!("low")), ""),
        (GEMINI, thinking(99_000), config, Some(gemini(24_576)), ""),
        (GEMINI, reasoning(9_000), config, Some(gemini(9_000)), ""),
        (GEMINI, off, config, Some(json!({"thinkingBudget": 0})), ""),
        (pro, reasoning(1), config, Some(gemini(128)), ""),
        (
            level,
            thinking(9_000),
            "/generationConfig/thinkingConfig/thinkingLevel",
            Some(json!("HIGH")),
            "",
        ),
        (old, thinking(9_000), "/thinking", None, "thinking"),
        (old, reasoning(9_000), "/thinking", None, "reasoning"),
        (RESPONSES, thinking(9_000), "/reasoning/effort", Some(json!("high")), ""),
        (FAMILY, thinking(9_000), "/thinking", Some(on(9_000)), ""),
    ] {
        let (body, dropped) = sent(vendor, &members).await;
        assert_eq!(body.pointer(place), expected.as_ref(), "{vendor:?}: {members}: {body}");
        assert_eq!(dropped, told, "{vendor:?}: {members}");
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
