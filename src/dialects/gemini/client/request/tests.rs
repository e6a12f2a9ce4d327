use super::*;
use crate::dialects::envelope::{Envelope, Holds};
use proptest::prelude::*;
use serde_json::{Value, json};

fn converted(body: &Value, model: &str, is_stream: bool) -> Result<Converted, BadRequest> {
    let (own, _) = read(Bytes::from(body.to_string()), model.to_owned(), is_stream)?;
    own.converted().cloned()
}

fn decoded(body: &Value) -> Result<(Value, Converted), BadRequest> {
    let converted = converted(body, "m", false)?;
    Ok((serde_json::from_slice(converted.chat.bytes()).unwrap(), converted))
}

/// The chat body of a request with these members.
fn chat(members: Value) -> Value {
    let mut body = json!({"contents": [{"role": "user", "parts": [{"text": "hi"}]}]});
    let Value::Object(members) = members else { panic!("members are an object") };
    body.as_object_mut().unwrap().extend(members);
    decoded(&body).unwrap().0
}

fn messages(contents: Value) -> (Value, Converted) {
    let (mut chat, own) = decoded(&json!({"contents": contents})).unwrap();
    (chat["messages"].take(), own)
}

#[test]
fn a_turn_of_an_agent_is_converted_as_the_golden_file_says() {
    for name in ["agent", "classifier"] {
        let path = |end: &str| {
            format!("{}/tests/fixtures/gemini/client_{name}{end}", env!("CARGO_MANIFEST_DIR"))
        };
        let own = std::fs::read(path(".json")).unwrap();
        let (own, _) = read(Bytes::from(own), String::from("zai/glm-5.3"), true).unwrap();
        let converted = own.converted().unwrap();
        let chat: Value = serde_json::from_slice(converted.chat.bytes()).unwrap();
        let expected = std::fs::read_to_string(path(".chat.json")).unwrap_or_default();
        let found = format!("{chat:#}\n");
        if std::env::var_os("UPDATE_FIXTURES").is_some() {
            std::fs::write(path(".chat.json"), &found).unwrap();
        } else {
            assert_eq!(found, expected);
        }
    }
}

#[test]
fn parameters_get_the_names_of_a_chat() {
    let config = |config: Value| json!({ "generationConfig": config });
    for (members, name, expected) in [
        (config(json!({"maxOutputTokens": 9})), "max_tokens", json!(9)),
        (json!({"generation_config": {"max_output_tokens": "9"}}), "max_tokens", json!(9)),
        (config(json!({"topK": 64.0})), "top_k", json!(64)),
        (config(json!({"temperature": 1})), "temperature", json!(1)),
        (config(json!({"candidateCount": 1})), "n", Value::Null),
        (config(json!({"candidateCount": 2})), "n", json!(2)),
        (config(json!({"stopSequences": ["a"]})), "stop", json!(["a"])),
        (config(json!({"stopSequences": []})), "stop", Value::Null),
        (config(json!({"responseLogprobs": true, "logprobs": 3})), "top_logprobs", json!(3)),
        (
            config(json!({"responseMimeType": "application/json"})),
            "response_format",
            json!({"type": "json_object"}),
        ),
        (config(json!({"responseMimeType": "text/plain"})), "response_format", Value::Null),
        (
            config(
                json!({"responseMimeType": "application/json", "responseSchema": {"type": "OBJECT", "propertyOrdering": []}}),
            ),
            "response_format",
            json!({"type": "json_schema", "json_schema": {"name": "answer", "schema": {"type": "object"}}}),
        ),
        (
            config(json!({"thinkingConfig": {"thinkingLevel": "HIGH"}})),
            "reasoning_effort",
            json!("high"),
        ),
        (
            config(json!({"thinkingConfig": {"thinkingLevel": "minimal"}})),
            "reasoning_effort",
            json!("minimal"),
        ),
        (
            config(json!({"thinkingConfig": {"thinkingBudget": 8192}})),
            "reasoning_effort",
            json!("medium"),
        ),
        (
            config(json!({"thinkingConfig": {"thinkingBudget": 0}})),
            "reasoning_effort",
            json!("none"),
        ),
        (
            config(json!({"thinkingConfig": {"thinkingBudget": -1, "includeThoughts": true}})),
            "reasoning_effort",
            Value::Null,
        ),
        (json!({"safetySettings": [{}], "labels": {}}), "labels", Value::Null),
        (json!({"provider": {"order": ["b"]}}), "provider", json!({"order": ["b"]})),
        (
            json!({"systemInstruction": "Be short."}),
            "messages",
            json!([{"role": "system", "content": "Be short."}, {"role": "user", "content": "hi"}]),
        ),
    ] {
        assert_eq!(chat(members.clone())[name], expected, "{members}");
    }
}

#[test]
fn what_no_other_api_has_is_told() {
    let body = json!({
        "contents": [{"parts": [{"text": "hi"}, {"laterKind": {}, "thoughtSignature": "s"}]}],
        "tools": [{"googleSearch": {}}, {"url_context": {}}],
        "generationConfig": {"speechConfig": {}, "responseModalities": ["TEXT", "IMAGE"]},
        "later": 1,
    });
    let (chat, own) = decoded(&body).unwrap();
    assert_eq!(chat["tools"], Value::Null);
    assert_eq!(chat["web_search_options"], json!({}));
    let expected = ["laterKind", "responseModalities", "speechConfig", "urlContext", "later"];
    assert_eq!(own.left_out, expected);
    assert_eq!(own.fault, None);
    for (more, place) in [
        (json!({"cachedContent": "cachedContents/1"}), "cachedContent"),
        (
            json!({"tools": [{"urlContext": {}}], "toolConfig": {"functionCallingConfig": {"mode": "ANY"}}}),
            "toolConfig.functionCallingConfig",
        ),
        (
            json!({"contents": [{"parts": [{"fileData": {"fileUri": "files/abc"}}]}]}),
            "contents[0].parts[0].fileData",
        ),
        (
            json!({"contents": [{"parts": [{"inlineData": {"mimeType": "image/png", "data": "\"}"}}]}]}),
            "contents[0].parts[0].inlineData.data",
        ),
    ] {
        let mut body = body.clone();
        let Value::Object(more) = more else { panic!() };
        body.as_object_mut().unwrap().extend(more);
        let fault = decoded(&body).unwrap().1.fault.unwrap();
        assert_eq!(fault.param.as_deref(), Some(place));
    }
}

#[test]
fn what_cannot_be_read_names_its_place() {
    for (body, place) in [
        (json!({}), "contents"),
        (json!({"contents": []}), "contents"),
        (json!({"contents": "hi"}), "contents"),
        (json!({"contents": [{}], "tools": 5}), "tools"),
        (json!({"contents": [{}], "generation_config": []}), "generationConfig"),
        (
            json!({"contents": [{}], "generationConfig": {"temperature": "hot"}}),
            "generationConfig.temperature",
        ),
    ] {
        assert_eq!(decoded(&body).unwrap_err().param.as_deref(), Some(place), "{body}");
    }
}

#[test]
fn a_choice_of_tools_is_said_as_a_chat_says_it() {
    let tools = json!([{"functionDeclarations": [{"name": "f", "parameters": {"type": "OBJECT"}}, {"name": "g"}]}]);
    let named = json!({"type": "function", "function": {"name": "f"}});
    for (config, expected, count) in [
        (json!({"mode": "AUTO"}), json!("auto"), 2),
        (json!({"mode": "VALIDATED"}), json!("auto"), 2),
        (json!({"mode": "NONE"}), json!("none"), 2),
        (json!({"mode": "any"}), json!("required"), 2),
        (json!({"mode": "ANY", "allowedFunctionNames": ["f"]}), named, 2),
        (json!({"mode": "ANY", "allowedFunctionNames": ["g", "h"]}), json!("required"), 1),
        (json!({}), Value::Null, 2),
    ] {
        let chat = chat(json!({"tools": tools, "toolConfig": {"functionCallingConfig": config}}));
        assert_eq!(chat["tool_choice"], expected, "{config}");
        assert_eq!(chat["tools"].as_array().unwrap().len(), count, "{config}");
    }
}

#[test]
fn results_find_their_calls_by_id_or_by_name_in_order() {
    let call = |id: Option<&str>, name: &str| {
        let mut call = json!({"name": name, "args": {"n": 1.50}});
        if let Some(id) = id {
            call["id"] = json!(id);
        }
        json!({ "functionCall": call })
    };
    let result = |id: Option<&str>, name: &str, response: Value| {
        let mut result = json!({"name": name, "response": response});
        if let Some(id) = id {
            result["id"] = json!(id);
        }
        json!({ "functionResponse": result })
    };
    let (found, _) = messages(json!([
        {"role": "user", "parts": [{"text": "go"}]},
        {"role": "model", "parts": [
            {"text": "Well"}, call(None, "f"), call(Some("x"), "f"), call(None, "f"), call(None, "g"),
        ]},
        {"role": "user", "parts": [{"text": "before"}, result(Some("x"), "f", json!({"output": "second"}))]},
        {"role": "function", "parts": [
            result(None, "f", json!({"error": "first"})), result(Some("lost"), "f", json!({"a": 1, "b": 2})),
            result(None, "h", json!({"result": "nobody"})),
        ]},
        {"role": "model", "parts": [call(Some("x"), "f")]},
        {"role": "user", "parts": [result(Some("x"), "f", json!({"name": "f", "content": "again"}))]},
    ]));
    let calls = found[1]["tool_calls"].as_array().unwrap();
    let ids: Vec<&str> = calls.iter().map(|call| call["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["call_1_1", "x", "call_1_3", "call_1_4"]);
    assert_eq!(calls[0]["function"]["arguments"], r#"{"n":1.5}"#);
    let rest = json!([
        {"role": "tool", "tool_call_id": "x", "content": "second"},
        {"role": "tool", "tool_call_id": "call_1_1", "content": "Error: first"},
        {"role": "tool", "tool_call_id": "call_1_3", "content": "{\"a\":1,\"b\":2}"},
        {"role": "tool", "tool_call_id": "call_1_4", "content": "(no result)"},
        {"role": "user", "content": "before"},
        {"role": "user", "content": "[result of `h`] nobody"},
    ]);
    assert_eq!(Value::from(found.as_array().unwrap()[2..8].to_vec()), rest);
    assert_eq!(found[8]["tool_calls"][0]["id"], "x_4_0");
    assert_eq!(found[9], json!({"role": "tool", "tool_call_id": "x_4_0", "content": "again"}));
}

#[test]
fn the_frames_of_a_stream_that_an_sdk_keeps_apart_are_one_turn() {
    let call = json!({"functionCall": {"name": "f", "args": {}}});
    let (found, _) = messages(json!([
        {"role": "model", "parts": [{"text": "Hel"}]},
        {"role": "model", "parts": [{"text": "lo"}, call]},
        {"role": "model", "parts": [call, {"text": ""}]},
        {"role": "user", "parts": [{"functionResponse": {"name": "f", "response": {"output": "a"}}}]},
    ]));
    assert_eq!(found[0]["content"], "Hello");
    let ids: Vec<&Value> =
        found[0]["tool_calls"].as_array().unwrap().iter().map(|call| &call["id"]).collect();
    assert_eq!(ids, ["call_1_1", "call_2_0"]);
    assert_eq!(found[1]["content"], "a");
    assert_eq!(found[2]["content"], "(no result)");
}

#[test]
fn media_become_parts_of_a_chat() {
    let blob = |kind: &str, data: &str| json!({"inlineData": {"mimeType": kind, "data": data}});
    let (found, own) = messages(json!([{"role": "user", "parts": [
        {"text": "see"}, blob("image/png", "AA-_AA"), blob("audio/x-wav", "AAAA"),
        blob("application/pdf", "AAAA"), blob("text/plain; charset=utf-8", "aGk="),
        {"file_data": {"file_uri": "https://h/a.png", "mime_type": "image/png"}},
        {"executableCode": {"language": "PYTHON", "code": "1"}},
        {"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "1"}},
    ]}]));
    assert_eq!(own.fault, None);
    let expected = json!([
        {"type": "text", "text": "see"},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA+/AA=="}},
        {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}},
        {"type": "file", "file": {"filename": "document.pdf", "file_data": "data:application/pdf;base64,AAAA"}},
        {"type": "text", "text": "hi"},
        {"type": "image_url", "image_url": {"url": "https://h/a.png"}},
        {"type": "text", "text": "```python\n1\n```"},
        {"type": "text", "text": "[code execution: OUTCOME_OK]\n1"},
    ]);
    assert_eq!(found[0]["content"], expected);
}

#[test]
fn thinking_goes_back_from_its_envelope_and_stands_nowhere_twice() {
    let envelope = |holds, text: Option<&str>| {
        let (maker, text) = (None, text.map(str::to_owned));
        Envelope { sealed_by: "up/m".into(), holds, maker, id: None, data: "d".into(), text }
            .write()
    };
    let call = |signature: String| json!({"functionCall": {"name": "f", "id": "a", "args": {}}, "thoughtSignature": signature});
    let thinking = |contents: Value| messages(contents).0[0].clone();
    let turn = |parts: Value| json!([{"role": "model", "parts": parts}]);
    let shown = json!({"text": "hm", "thought": true});
    let sealed = thinking(turn(json!([shown, call(envelope(Holds::Seal, Some("hm")))])));
    let block =
        json!({"type": "thinking", "thinking": "hm", "signature": "d", "sealed_by": "up/m"});
    assert_eq!(sealed["thinking_blocks"], json!([block]));
    let plain = thinking(turn(json!([call(envelope(Holds::Nothing, Some("hm")))])));
    assert_eq!(plain["thinking_blocks"], json!([{"type": "thinking", "thinking": "hm"}]));
    let opaque = thinking(turn(json!([{"text": "a"}, call(envelope(Holds::Opaque, None))])));
    let block = json!({"type": "redacted_thinking", "data": "d", "sealed_by": "up/m", "after": {"content": 1, "tool_calls": 0}});
    assert_eq!(opaque["thinking_blocks"], json!([block]));
    let unsigned = thinking(turn(json!([shown, {"text": "So."}])));
    assert_eq!(unsigned["thinking_blocks"], json!([{"type": "thinking", "thinking": "hm"}]));
    let googles = thinking(turn(json!([call("c2ln".into())])));
    assert_eq!(
        googles["tool_calls"][0]["extra_content"],
        json!({"google": {"thought_signature": "c2ln"}})
    );
}

proptest! {
    #[test]
    fn any_json_is_converted_or_refused(body in any_json()) {
        let _ = converted(&body, "m", true);
        let wrapped = json!({"contents": body});
        if let Ok(converted) = converted(&wrapped, "m", true) {
            prop_assert!(serde_json::from_slice::<Value>(converted.chat.bytes()).is_ok());
        }
    }
}

/// Of names that the reader acts on.
fn any_json() -> impl Strategy<Value = Value> {
    let word = prop::sample::select(vec![
        "contents",
        "parts",
        "text",
        "role",
        "model",
        "user",
        "functionCall",
        "functionResponse",
        "name",
        "id",
        "args",
        "response",
        "inlineData",
        "mimeType",
        "data",
        "thought",
        "thoughtSignature",
        "tools",
        "functionDeclarations",
        "parameters",
        "type",
        "OBJECT",
        "generationConfig",
        "thinkingConfig",
        "output",
        "bGxtcjE6",
    ]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        word.clone().prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 48, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec((word.clone(), inner), 0..6).prop_map(|members| {
                Value::Object(members.into_iter().map(|(name, it)| (name.to_owned(), it)).collect())
            }),
        ]
    })
}
