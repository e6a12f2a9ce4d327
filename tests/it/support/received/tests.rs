//! What each reader must not let pass.

use serde_json::{Value, json};

use super::{check, openai};

const CLAUDE: &str = "/v1/messages";
const GEMINI: &str = "/v1beta/models/gemini-3.1-pro-preview:generateContent";
const OLLAMA: &str = "/api/chat";
const RESPONSES: &str = "/v1/responses";

/// A sound body with these members in it; `null` takes one out.
fn refuses(path: &str, changes: Value) {
    let mut body = match path {
        CLAUDE => json!({"model": "claude-haiku-4-5", "max_tokens": 2000,
            "messages": [{"role": "user", "content": [{"type": "text", "text": "hi"}]}]}),
        OLLAMA => json!({"model": "m", "stream": false,
            "messages": [{"role": "user", "content": "hi"}]}),
        RESPONSES => json!({"model": "gpt-5.6-sol", "store": false,
            "input": [{"type": "message", "role": "user", "content": "hi"}]}),
        _ => json!({"contents": [{"role": "user", "parts": [{"text": "hi"}]}]}),
    };
    assert_eq!(check(path, body.to_string().as_bytes()), Ok(()), "{path}");
    let Value::Object(changes) = changes else { panic!("changes are an object") };
    let members = body.as_object_mut().unwrap();
    members.extend(changes);
    members.retain(|_, value| !value.is_null());
    let refused = check(path, body.to_string().as_bytes());
    assert!(refused.is_err(), "{path} let pass: {body}");
}

#[test]
fn anthropics_reader_refuses_what_anthropic_refuses() {
    let tool = json!([{"name": "f", "input_schema": {"type": "object"}}]);
    for changes in [
        json!({"max_tokens": null}),
        json!({"seed": 1}),
        json!({"system": " "}),
        json!({"temperature": 1.5}),
        json!({"stop_sequences": ["\n"]}),
        json!({"tool_choice": {"type": "auto"}}),
        json!({"tools": []}),
        json!({"tools": [{"name": "a b", "input_schema": {"type": "object"}}]}),
        json!({"tools": [{"name": "f", "input_schema": {}}]}),
        json!({"tools": [{"name": "f", "input_schema": {"type": "object", "oneOf": [{}]}}]}),
        json!({"tools": [{"name": "f", "strict": true, "input_schema": {"type": "object"}}]}),
        json!({"output_config": {"format": {"type": "json_schema", "schema": {"type": "object",
            "additionalProperties": false, "properties": {"a": {"type": "string", "minLength": 1}}}}}}),
        json!({"output_config": {"format": {"type": "json_schema", "schema": {"type": "array",
            "items": {"$ref": "#/$defs/a"}, "$defs": {"a": {"$ref": "#/$defs/a"}}}}}}),
        json!({"thinking": {"type": "enabled", "budget_tokens": 1000}}),
        json!({"thinking": {"type": "enabled", "budget_tokens": 2000}}),
        json!({"thinking": {"type": "adaptive"}}),
        json!({"thinking": {"type": "enabled", "budget_tokens": 1024}, "temperature": 1}),
        json!({"thinking": {"type": "enabled", "budget_tokens": 1024}, "tools": tool,
            "tool_choice": {"type": "any"}}),
        json!({"model": "claude-opus-4-7", "top_k": 3}),
    ] {
        refuses(CLAUDE, changes);
    }
    let user = |block: Value| json!({"role": "user", "content": [block]});
    let text = json!({"type": "text", "text": "hi"});
    let result = |id: &str| json!({"type": "tool_result", "tool_use_id": id});
    let call = |id: &str| json!({"type": "tool_use", "id": id, "name": "f", "input": {}});
    let calls = json!({"role": "assistant", "content": [call("a"), call("b")]});
    for messages in [
        json!([calls]),
        json!([user(text.clone()), user(text.clone())]),
        json!([user(json!({"type": "text", "text": "\n"}))]),
        json!([user(text.clone()), calls, user(result("a"))]),
        json!([user(text.clone()), calls, user(text.clone())]),
        json!([user(text.clone()), calls,
            {"role": "user", "content": [text, result("a"), result("b")]}]),
        json!([user(json!({"type": "image", "source":
            {"type": "base64", "media_type": "image/tiff", "data": "QUJD"}}))]),
    ] {
        refuses(CLAUDE, json!({"messages": messages}));
    }
}

#[test]
fn geminis_reader_refuses_what_gemini_refuses() {
    let user = json!({"role": "user", "parts": [{"text": "hi"}]});
    let call = json!({"functionCall": {"id": "a", "name": "f", "args": {}}});
    let signed =
        json!({"thoughtSignature": "s", "functionCall": {"id": "a", "name": "f", "args": {}}});
    let result = json!({"functionResponse": {"id": "a", "name": "f", "response": {"result": "x"}}});
    let turn = |role: &str, parts: Value| json!({"role": role, "parts": parts});
    for changes in [
        json!({"contents": [user, turn("model", json!([{"text": "a"}]))]}),
        json!({"contents": [turn("model", json!([signed])), turn("user", json!([result]))]}),
        json!({"contents": [user, turn("model", json!([call])), turn("user", json!([result]))]}),
        json!({"contents": [user, turn("model", json!([signed, call])), turn("user", json!([result]))]}),
        json!({"contents": [user, turn("model", json!([signed])), user]}),
        json!({"contents": [user, turn("model", json!([{"text": ""}])), user]}),
        json!({"messages": []}),
        json!({"generationConfig": {"stopSequences": ["a", "b", "c", "d", "e", "f"]}}),
        json!({"generationConfig":
            {"thinkingConfig": {"thinkingLevel": "LOW", "thinkingBudget": 128}}}),
        json!({"tools": [{"functionDeclarations":
            [{"name": "f", "parameters": {"type": "object", "$defs": {}}}]}]}),
        json!({"toolConfig": {"functionCallingConfig": {"mode": "AUTO"}}}),
    ] {
        refuses(GEMINI, changes);
    }
    let old = "/v1beta/models/gemini-2.5-flash:generateContent";
    refuses(
        old,
        json!({"tools": [{"functionDeclarations": [{"name": "f"}]}],
        "generationConfig": {"responseMimeType": "application/json"}}),
    );
    let sound = json!({"contents": [user]}).to_string();
    assert_eq!(check(GEMINI, sound.as_bytes()), Ok(()));
    check(&format!("{GEMINI}?key=k"), sound.as_bytes()).unwrap_err();
}

#[test]
fn ollamas_reader_refuses_what_ollama_would_pass_over_or_refuse() {
    for changes in [
        json!({"stream": null}),
        json!({"temperature": 1}),
        json!({"options": {"max_tokens": 1}}),
        json!({"messages": [{"role": "user", "content": [{"type": "text", "text": "hi"}]}]}),
        json!({"messages": [{"role": "user", "content": "hi",
            "images": ["data:image/png;base64,QUJD"]}]}),
        json!({"messages": [{"role": "assistant", "content": "",
            "tool_calls": [{"id": "a", "function": {"name": "f", "arguments": "{}"}}]}]}),
        json!({"messages": [{"role": "tool", "content": "x", "tool_name": "f", "tool_call_id": "a"}]}),
    ] {
        refuses(OLLAMA, changes);
    }
}

#[test]
fn the_familys_reader_refuses_what_openai_refuses() {
    let user = json!({"role": "user", "content": "hi"});
    let calls = json!({"role": "assistant", "content": null, "tool_calls":
        [{"id": "a", "type": "function", "function": {"name": "f", "arguments": "{}"}}]});
    let result = json!({"role": "tool", "tool_call_id": "a", "content": "x"});
    let sound = json!({"model": "m", "messages": [user, calls, result], "tool_stream": true});
    assert_eq!(openai::read(sound.clone()).map(|read| read.messages.len()), Ok(3));
    for (name, value) in [
        ("tools", json!([])),
        ("tool_choice", json!("auto")),
        ("stream_options", json!({"include_usage": true})),
        ("messages", json!([result])),
        ("messages", json!([user, calls])),
        ("messages", json!([user, calls, user, result])),
        ("max_completion_tokens", json!("9")),
    ] {
        let mut body = sound.clone();
        body[name] = value;
        assert!(openai::read(body.clone()).is_err(), "let pass: {body}");
    }
}

#[test]
fn the_reader_of_responses_refuses_what_openai_refuses() {
    let tool = json!({"type": "function", "name": "f", "parameters": {}, "strict": false});
    for changes in [
        json!({"store": null}),
        json!({"messages": []}),
        json!({"input": []}),
        json!({"temperature": 0.5}),
        json!({"max_output_tokens": 9}),
        json!({"top_logprobs": 2}),
        json!({"include": ["everything"]}),
        json!({"tool_choice": "auto"}),
        json!({"tools": [{"type": "function", "function": {"name": "f", "parameters": {}}}]}),
        json!({"tools": [tool, tool]}),
        json!({"tools": [tool], "tool_choice": {"type": "function", "name": "g"}}),
        json!({"reasoning": {"effort": "huge"}}),
        json!({"text": {"format": {"type": "json_schema", "schema": {}}}}),
    ] {
        refuses(RESPONSES, changes);
    }
    let say = |role: &str, piece: &str| json!({"type": "message", "role": role, "content": [{"type": piece, "text": "hi"}]});
    let call = json!({"type": "function_call", "call_id": "a", "name": "f", "arguments": "{}"});
    let output = json!({"type": "function_call_output", "call_id": "a", "output": "x"});
    let sealed = json!({"type": "reasoning", "summary": [], "encrypted_content": "g"});
    let user = say("user", "input_text");
    let sound = json!({"model": "gpt-5.6-sol", "store": false,
        "input": [user, sealed, call, output, say("assistant", "output_text")]});
    assert_eq!(check(RESPONSES, sound.to_string().as_bytes()), Ok(()));
    for input in [
        json!([say("user", "output_text")]),
        json!([say("assistant", "input_text")]),
        json!([user, call]),
        json!([user, output]),
        json!([user, call, output, call, output]),
        json!([user, sealed]),
        json!([user, sealed, user]),
        json!([user, {"type": "reasoning", "summary": []}, call, output]),
        json!([{"type": "message", "role": "user", "content":
            [{"type": "input_file", "file_data": "data:application/pdf;base64,QUJD"}]}]),
    ] {
        refuses(RESPONSES, json!({"input": input}));
    }
}
