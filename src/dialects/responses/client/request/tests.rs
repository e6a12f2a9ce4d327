use super::*;
use crate::dialects::envelope::{Envelope, Holds};
use serde_json::{Value, json};

fn own(body: &Value) -> Own {
    read(Bytes::from(body.to_string()), Purpose::Answer).unwrap().0
}

fn converted(body: &Value) -> Result<Converted, BadRequest> {
    read(Bytes::from(body.to_string()), Purpose::Answer)?.0.converted().cloned()
}

fn decoded(body: &Value) -> (Value, Converted) {
    let converted = converted(body).unwrap();
    (serde_json::from_slice(converted.chat.bytes()).unwrap(), converted)
}

fn messages(input: Value) -> Value {
    decoded(&json!({"model": "m", "input": input})).0["messages"].take()
}

fn sealed(holds: Holds, data: &str) -> String {
    let (maker, id, data) = (None, None, data.to_owned());
    Envelope { sealed_by: "up/m".into(), holds, maker, id, data, text: None }.write()
}

/// Of thinking that the model did not show.
fn sealed_unseen(data: &str) -> String {
    let (maker, id, data, text) = (None, None, data.to_owned(), Some(String::new()));
    Envelope { sealed_by: "up/m".into(), holds: Holds::Seal, maker, id, data, text }.write()
}

fn user(text: &str) -> Value {
    json!({"role": "user", "content": text})
}

macro_rules! golden {
    ($name:literal) => {{
        let sent = include_str!(concat!(
            "../../../../../tests/fixtures/responses_client/",
            $name,
            ".json"
        ));
        let expected = include_str!(concat!(
            "../../../../../tests/fixtures/responses_client/",
            $name,
            ".chat.json"
        ));
        let (own, _) = read(Bytes::from_static(sent.as_bytes()), Purpose::Answer).unwrap();
        let converted = own.converted().unwrap().clone();
        let chat: Value = serde_json::from_slice(converted.chat.bytes()).unwrap();
        let expected: Value = serde_json::from_str(expected).unwrap();
        assert_eq!(chat, expected, "{chat:#}");
        assert_eq!(own.body.bytes(), sent.as_bytes());
        (own, converted)
    }};
}

#[test]
fn codex_with_a_model_that_it_knows_is_read_as_the_golden_file_says() {
    let (own, converted) = golden!("codex_lite");
    assert_eq!(converted.fault, None);
    assert!(converted.left_out.is_empty(), "{:?}", converted.left_out);
    assert!(own.shows_sealed() && !own.asks_to_store());
}

#[test]
fn codex_with_an_unknown_model_is_read_as_the_golden_file_says() {
    let (_, converted) = golden!("codex_unknown");
    assert_eq!(converted.fault, None);
    assert_eq!(converted.left_out, ["web_search"]);
}

#[test]
fn a_text_and_messages_without_a_type_are_messages() {
    assert_eq!(messages(json!("hi")), json!([user("hi")]));
    let found = messages(json!([
        {"role": "system", "content": "a"},
        {"role": "developer", "content": [{"type": "input_text", "text": "b"}]},
        {"role": "user", "content": [
            {"type": "input_text", "text": "see"},
            {"type": "input_image", "image_url": "data:image/png;base64,AA", "detail": "high"},
            {"type": "input_file", "filename": "a.pdf", "file_data": "JVBE"},
        ]},
        {"role": "assistant", "content": [{"type": "output_text", "text": "seen"}, {"type": "refusal", "refusal": "!"}]},
        {"role": "developer", "content": "c"},
    ]));
    let expected = json!([
        {"role": "system", "content": "a\n\nb"},
        {"role": "user", "content": [
            {"type": "text", "text": "see"},
            {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA", "detail": "high"}},
            {"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,JVBE"}},
        ]},
        {"role": "assistant", "content": "seen!"},
        {"role": "system", "content": "c"},
    ]);
    assert_eq!(found, expected);
}

/// The results come right after their calls, wherever they stand; one that is missing is filled in.
#[test]
fn calls_and_their_results_are_paired() {
    let call = |id: &str| json!({"type": "function_call", "call_id": id, "name": "f", "arguments": "{\"a\":1}"});
    let result = |id: &str, output: Value| json!({"type": "function_call_output", "call_id": id, "output": output});
    let image = json!({"type": "input_image", "image_url": "https://x/y.png"});
    let found = messages(json!([
        {"role": "user", "content": "go"},
        call("1"),
        {"type": "custom_tool_call", "call_id": "2", "name": "exec", "input": "ls \"a\""},
        {"type": "function_call", "call_id": "3", "name": "f", "arguments": "{broken"},
        {"role": "user", "content": "and?"},
        result("1", json!("one")),
        {"type": "custom_tool_call_output", "call_id": "2", "output": [{"type": "input_text", "text": "two"}, image]},
        result("9", json!("of nothing")),
    ]));
    let function = |name: &str, arguments: &str| json!({"name": name, "arguments": arguments});
    let expected = json!([
        user("go"),
        {"role": "assistant", "content": null, "tool_calls": [
            {"id": "1", "type": "function", "function": function("f", "{\"a\":1}")},
            {"id": "2", "type": "function", "function": function("exec", "{\"input\":\"ls \\\"a\\\"\"}")},
            {"id": "3", "type": "function", "function": function("f", "{\"invalid_json\":\"{broken\"}")},
        ]},
        {"role": "tool", "tool_call_id": "1", "content": "one"},
        {"role": "tool", "tool_call_id": "2", "content": "two"},
        {"role": "tool", "tool_call_id": "3", "content": "(no result)"},
        {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "https://x/y.png"}}]},
        user("and?"),
        user("of nothing"),
    ]);
    assert_eq!(found, expected);
}

#[test]
fn reasoning_goes_back_to_the_model_that_made_it() {
    let reasoning = |text: &str, sealed: Option<String>| {
        let summary = if text.is_empty() {
            json!([])
        } else {
            json!([{"type": "summary_text", "text": text}])
        };
        json!({"type": "reasoning", "summary": summary, "encrypted_content": sealed})
    };
    let found = messages(json!([
        user("go"),
        reasoning("plain", None),
        reasoning("of openai", Some("gAAAA".into())),
        reasoning("signed", Some(sealed(Holds::Seal, "s1"))),
        reasoning("", Some(sealed(Holds::Seal, "lost"))),
        reasoning("", Some(sealed_unseen("s0"))),
        reasoning("", Some(sealed(Holds::Opaque, "s2"))),
        reasoning("", Some(sealed(Holds::Nothing, ""))),
        reasoning("", Some(sealed(Holds::CallSignature, "s3"))),
        {"type": "function_call", "call_id": "1", "name": "f", "arguments": ""},
    ]));
    let expected = json!({"role": "assistant", "content": null, "thinking_blocks": [
        {"type": "thinking", "thinking": "plain"},
        {"type": "thinking", "thinking": "of openai"},
        {"type": "thinking", "thinking": "signed", "signature": "s1", "sealed_by": "up/m"},
        {"type": "thinking", "thinking": "", "signature": "s0", "sealed_by": "up/m"},
        {"type": "redacted_thinking", "data": "s2", "sealed_by": "up/m"},
    ], "tool_calls": [{"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"},
        "extra_content": {"google": {"thought_signature": "s3", "sealed_by": "up/m"}}}]});
    assert_eq!(found[1], expected, "{found:#}");
}

#[test]
fn what_is_not_known_becomes_text_or_is_left_out_and_told() {
    let (chat, own) = decoded(&json!({"model": "m", "later": 1, "input": [
        user("go"),
        {"type": "web_search_call", "action": {"type": "search", "query": "rust", "sources": [{"type": "url", "url": "https://r"}]}},
        {"type": "agent_message", "content": [{"type": "input_text", "text": "from another"}]},
        {"type": "of_tomorrow", "data": {}},
        {"type": "compaction", "encrypted_content": "gAAAA"},
        {"type": "compaction", "encrypted_content": sealed(Holds::Summary, "we did it")},
    ]}));
    let messages = chat["messages"].as_array().unwrap();
    let texts: Vec<&str> = messages.iter().map(|it| it["content"].as_str().unwrap()).collect();
    assert_eq!(texts[..3], ["go", "[web search: rust]\nhttps://r\n", "from another"]);
    assert!(texts[3].contains("another service") && texts[4].ends_with("we did it"), "{texts:?}");
    assert_eq!(own.left_out, ["of_tomorrow", "compaction", "later"]);
    assert_eq!(own.fault, None);
}

#[test]
fn a_choice_of_tools_is_kept() {
    let tools = json!([
        {"type": "function", "name": "a", "parameters": {"type": "object"}, "strict": true},
        {"type": "function", "name": "b"},
        {"type": "namespace", "name": "mcp", "description": "Far away.", "tools": [{"type": "function", "name": "c", "description": "Does c."}]},
        {"type": "file_search", "vector_store_ids": ["v"]},
    ]);
    let of = |choice: Value| {
        let (chat, own) = decoded(
            &json!({"model": "m", "input": "hi", "tools": tools, "tool_choice": choice, "parallel_tool_calls": false}),
        );
        let names: Vec<String> = chat["tools"]
            .as_array()
            .map(|tools| {
                tools.iter().map(|it| it["function"]["name"].as_str().unwrap().into()).collect()
            })
            .unwrap_or_default();
        (names.join(","), chat["tool_choice"].clone(), own.fault.map(|fault| fault.message))
    };
    let named = |name: &str| json!({"type": "function", "function": {"name": name}});
    let all = || String::from("a,b,mcp__c");
    assert_eq!(of(json!("auto")), (all(), json!("auto"), None));
    assert_eq!(of(json!("required")), (all(), json!("required"), None));
    assert_eq!(of(json!({"type": "function", "name": "b"})), (all(), named("b"), None));
    let nested = json!({"type": "function", "name": "c", "namespace": "mcp"});
    assert_eq!(of(nested), (all(), named("mcp__c"), None));
    let allowed = json!({"type": "allowed_tools", "mode": "required", "tools": [{"type": "function", "name": "b"}]});
    assert_eq!(of(allowed), (String::from("b"), json!("required"), None));
    let (_, _, fault) = of(json!({"type": "file_search"}));
    assert!(fault.unwrap().contains("OpenAI's servers run"));
    let (_, _, fault) = of(json!({"type": "function", "name": "z"}));
    assert!(fault.unwrap().contains("not among `tools`"));
    let (chat, _) =
        decoded(&json!({"model": "m", "input": "hi", "tools": [], "tool_choice": "auto"}));
    assert_eq!(chat, json!({"model": "m", "messages": [user("hi")]}));
    let about = decoded(&json!({"model": "m", "input": "hi", "tools": tools})).0;
    assert_eq!(about["tools"][2]["function"]["description"], "Does c.\n\nmcp: Far away.");
    assert_eq!(about["tools"][0]["function"]["strict"], true);
}

#[test]
fn a_trigger_asks_for_a_summary_without_tools() {
    let body = json!({"model": "m", "tools": [{"type": "function", "name": "f"}],
        "input": [user("go"), {"type": "compaction_trigger"}]});
    assert!(own(&body).is_compaction);
    let (chat, _) = decoded(&body);
    assert_eq!(chat.get("tools"), None);
    assert!(chat["messages"][1]["content"].as_str().unwrap().contains("summary"));
}

#[test]
fn parameters_have_their_names_in_a_chat() {
    let (chat, own) = decoded(&json!({
        "model": "m", "input": "hi", "instructions": "be short", "stream": true, "max_output_tokens": 9,
        "temperature": 0.5, "top_p": 0.9, "reasoning": {"effort": "high", "summary": "auto"},
        "text": {"format": {"type": "json_schema", "name": "n", "schema": {"type": "object"}, "strict": true}, "verbosity": "low"},
        "prompt_cache_key": "k", "metadata": {"a": "b"}, "store": false, "truncation": "auto",
    }));
    let expected = json!({
        "model": "m", "messages": [{"role": "system", "content": "be short"}, user("hi")],
        "temperature": 0.5, "top_p": 0.9, "prompt_cache_key": "k", "max_tokens": 9, "stream": true,
        "stream_options": {"include_usage": true}, "reasoning_effort": "high", "verbosity": "low",
        "response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": {"type": "object"}, "strict": true}},
    });
    assert_eq!(chat, expected);
    assert!(own.left_out.is_empty());
}

#[test]
fn what_is_wrong_is_named() {
    for (body, place) in [
        (json!({"model": "m"}), "input"),
        (json!({"model": "m", "input": []}), "input"),
        (json!({"model": "m", "input": 7}), "input"),
        (json!({"model": "m", "input": ["a"]}), "input[0]"),
        (json!({"model": 7, "input": "a"}), "model"),
        (json!({"model": "m", "input": "a", "tools": {}}), "tools"),
        (json!({"model": "m", "input": "a", "stream": "yes"}), "stream"),
    ] {
        let bad = converted(&body).unwrap_err();
        assert_eq!(bad.param.as_deref(), Some(place), "{body}");
        assert!(bad.message.contains(&format!("`{place}`")), "{}", bad.message);
    }
    for (more, place) in [
        (json!({"background": true}), "background"),
        (json!({"conversation": "c"}), "conversation"),
        (json!({"prompt": {"id": "p"}}), "prompt"),
        (json!({"input": [{"type": "item_reference", "id": "i"}]}), "input[0]"),
        (json!({"input": [{"type": "of_tomorrow"}]}), "input"),
        (
            json!({"input": [{"role": "user", "content": [{"type": "input_image", "file_id": "f"}]}]}),
            "input[0].content[0].file_id",
        ),
    ] {
        let mut body = json!({"model": "m", "input": "a"});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let fault = converted(&body).unwrap().fault;
        assert_eq!(fault.unwrap().param.as_deref(), Some(place));
    }
}

#[test]
fn no_bytes_are_too_odd_to_read() {
    for item in [
        json!({}),
        json!({"type": 7}),
        json!({"role": 7}),
        json!({"type": "message"}),
        json!({"type": "message", "role": "user", "content": 7}),
        json!({"type": "function_call"}),
        json!({"type": "function_call_output"}),
        json!({"type": "reasoning", "summary": 7, "content": {}, "encrypted_content": []}),
        json!({"type": "local_shell_call", "call_id": "l", "action": {"command": ["ls"]}}),
        json!({"type": "shell_call", "call_id": "s", "action": "x"}),
        json!({"type": "apply_patch_call", "call_id": "p", "operation": null}),
        json!({"type": "tool_search_call", "call_id": "t", "arguments": {}}),
        json!({"type": "tool_search_output", "call_id": "t", "tools": [{"type": "function", "name": "found"}]}),
        json!({"type": "computer_call_output", "call_id": "c", "output": {"type": "computer_screenshot", "image_url": "https://x"}}),
        json!({"type": "additional_tools", "tools": 7}),
        json!({"type": "compaction"}),
    ] {
        let body = json!({"model": "m", "input": [user("a"), item.clone()], "tools": [7, {}, {"type": "namespace"}]});
        let (chat, _) = decoded(&body);
        assert_eq!(chat["messages"][0], user("a"), "{item}");
    }
}

#[test]
fn a_summary_of_nothing_that_was_said_is_refused() {
    let body = json!({"model": "m", "instructions": "Be brief.", "input": [{"type": "tomorrows"}]});
    let (own, _) = read(Bytes::from(body.to_string()), Purpose::Compaction).unwrap();
    let bad = own.converted().unwrap().left_out().unwrap_err();
    assert_eq!(bad.message, "`input` holds nothing to summarize");
}
