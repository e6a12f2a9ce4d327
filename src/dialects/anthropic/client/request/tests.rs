use super::*;
use crate::dialects::conversion::Origins as _;
use crate::dialects::envelope::{Envelope, Holds};
use proptest::prelude::*;
use serde_json::{Value, json};

fn converted(body: &str) -> Result<Converted, BadRequest> {
    read(Bytes::copy_from_slice(body.as_bytes()))?.0.converted().cloned()
}

fn decoded(body: &Value) -> Result<(Value, Converted), BadRequest> {
    let converted = converted(&body.to_string())?;
    Ok((serde_json::from_slice(converted.chat.bytes()).unwrap(), converted))
}

/// The chat body of a request with these members.
fn chat(members: Value) -> Value {
    let mut body =
        json!({"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}]});
    let Value::Object(members) = members else { panic!("members are an object") };
    body.as_object_mut().unwrap().extend(members);
    decoded(&body).unwrap().0
}

fn messages(messages: Value) -> (Value, Converted) {
    let (mut chat, own) = decoded(&json!({"model": "m", "messages": messages})).unwrap();
    (chat["messages"].take(), own)
}

#[test]
fn a_turn_of_an_agent_is_converted_as_the_golden_file_says() {
    let own = include_str!("../../../../../tests/fixtures/messages/agent_request.json");
    let converted = converted(own).unwrap();
    let chat: Value = serde_json::from_slice(converted.chat.bytes()).unwrap();
    let expected = include_str!("../../../../../tests/fixtures/messages/agent_request.chat.json");
    assert_eq!(format!("{chat:#}\n"), expected);
}

#[test]
fn parameters_get_the_names_of_a_chat() {
    for (members, name, expected) in [
        (json!({"stop_sequences": ["a"]}), "stop", json!(["a"])),
        (json!({"stop_sequences": []}), "stop", Value::Null),
        (json!({"stream": true}), "stream_options", json!({"include_usage": true})),
        (json!({"top_k": 5}), "top_k", json!(5)),
        (json!({"metadata": {"user_id": "u"}}), "user", json!("u")),
        (json!({"thinking": {"type": "disabled"}}), "reasoning_effort", json!("none")),
        (json!({"thinking": {"type": "adaptive"}}), "reasoning_effort", Value::Null),
        (
            json!({"thinking": {"type": "enabled", "budget_tokens": 2048}}),
            "reasoning_effort",
            json!("low"),
        ),
        (
            json!({"thinking": {"type": "enabled", "budget_tokens": 2048}}),
            "reasoning",
            json!({"max_tokens": 2048}),
        ),
        (
            json!({"thinking": {"type": "enabled", "budget_tokens": 9000}}),
            "reasoning_effort",
            json!("high"),
        ),
        (
            json!({"thinking": {"type": "adaptive"}, "output_config": {"effort": "xhigh"}}),
            "reasoning_effort",
            json!("xhigh"),
        ),
        (
            json!({"output_config": {"format": {"type": "json_schema", "schema": {"type": "object"}}}}),
            "response_format",
            json!({"type": "json_schema", "json_schema": {"name": "answer", "schema": {"type": "object"}}}),
        ),
        (json!({"provider": {"order": ["b"]}}), "provider", json!({"order": ["b"]})),
        (
            json!({"context_management": {"edits": []}, "speed": "fast"}),
            "context_management",
            Value::Null,
        ),
    ] {
        assert_eq!(chat(members.clone())[name], expected, "{members}");
    }
}

#[test]
fn a_choice_of_tools_is_said_as_a_chat_says_it() {
    let tool = json!({"name": "f", "input_schema": {"type": "object"}});
    for (choice, expected, parallel) in [
        (json!({"type": "auto"}), json!("auto"), Value::Null),
        (
            json!({"type": "any", "disable_parallel_tool_use": true}),
            json!("required"),
            json!(false),
        ),
        (json!({"type": "none"}), json!("none"), Value::Null),
        (
            json!({"type": "tool", "name": "f"}),
            json!({"type": "function", "function": {"name": "f"}}),
            Value::Null,
        ),
    ] {
        let chat = chat(json!({"tools": [tool], "tool_choice": choice}));
        assert_eq!((&chat["tool_choice"], &chat["parallel_tool_calls"]), (&expected, &parallel));
    }
    let alone = chat(json!({"tools": [], "tool_choice": {"type": "auto"}}));
    assert_eq!((&alone["tools"], &alone["tool_choice"]), (&Value::Null, &Value::Null));
}

#[test]
fn tools_of_the_vendor_are_left_out_or_get_their_schema() {
    let body = |choice: Value| {
        json!({
            "messages": [{"role": "user", "content": "hi"}],
            "tools": [
                {"type": "web_search_20260209", "name": "web_search", "max_uses": 3},
                {"type": "web_fetch_20260209", "name": "web_fetch"},
                {"type": "bash_20250124", "name": "bash"},
                {"type": "custom", "name": "f", "description": "F.", "strict": true},
                {"name": "hidden", "input_schema": {"type": "object"}, "defer_loading": true},
            ],
            "tool_choice": choice,
        })
    };
    let (chat, own) = decoded(&body(json!({"type": "auto"}))).unwrap();
    let names: Vec<&Value> =
        chat["tools"].as_array().unwrap().iter().map(|tool| &tool["function"]["name"]).collect();
    assert_eq!(names, ["bash", "f"]);
    assert_eq!(own.left_out, ["web_fetch_20260209"]);
    assert_eq!((own.origins.tools, own.fault), (vec![2, 3], None));
    assert_eq!(chat["web_search_options"], json!({"max_uses": 3}));
    let forced = json!({"type": "tool", "name": "web_search"});
    let (chat, own) = decoded(&body(forced)).unwrap();
    assert_eq!(chat["web_search_options"], json!({"max_uses": 3, "forced": true}));
    assert_eq!((&chat["tool_choice"], own.fault), (&Value::Null, None));
    let (chat, _) = decoded(&body(json!({"type": "none"}))).unwrap();
    assert_eq!(chat["web_search_options"], Value::Null);
    let forced = json!({"type": "tool", "name": "web_fetch"});
    let fault = decoded(&body(forced)).unwrap().1.fault.unwrap();
    assert_eq!(fault.param.as_deref(), Some("tools.1"));
    assert!(fault.message.contains("run by Anthropic's servers"), "{}", fault.message);
}

#[test]
fn deferred_tools_are_shown_once_a_search_found_them() {
    let tool = |name: &str| json!({"name": name, "input_schema": {"type": "object"}, "defer_loading": true});
    let (chat, _) = decoded(&json!({
        "tools": [{"name": "search", "input_schema": {"type": "object"}}, tool("a"), tool("b")],
        "messages": [
            {"role": "assistant", "content": [{"type": "tool_use", "id": "1", "name": "search", "input": {}}]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "1",
                "content": [{"type": "tool_reference", "tool_name": "b"}]}]},
        ],
    }))
    .unwrap();
    let names: Vec<&Value> =
        chat["tools"].as_array().unwrap().iter().map(|tool| &tool["function"]["name"]).collect();
    assert_eq!(names, ["search", "b"]);
    assert_eq!(chat["messages"][1]["content"], "[tool `b` can be called now]");
}

#[test]
fn results_come_first_and_every_call_has_one() {
    let call = |id: &str| json!({"type": "tool_use", "id": id, "name": "f", "input": {"n": 1.50}});
    let image = json!({"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"}});
    let (messages, own) = messages(json!([
        {"role": "user", "content": "hi"},
        {"role": "assistant", "content": [{"type": "text", "text": "Look."}, call("a"), call("b")]},
        {"role": "user", "content": [
            {"type": "text", "text": "And?"},
            {"type": "tool_result", "tool_use_id": "a", "is_error": true,
             "content": [{"type": "text", "text": "no"}, image]},
            {"type": "tool_result", "tool_use_id": "stray", "content": "lost"},
        ]},
    ]));
    let expected = json!([
        {"role": "user", "content": "hi"},
        {"role": "assistant", "content": "Look.", "tool_calls": [
            {"id": "a", "type": "function", "function": {"name": "f", "arguments": "{\"n\":1.5}"}},
            {"id": "b", "type": "function", "function": {"name": "f", "arguments": "{\"n\":1.5}"}},
        ]},
        {"role": "tool", "tool_call_id": "a", "content": "Error: no"},
        {"role": "tool", "tool_call_id": "b", "content": "(no result)"},
        {"role": "user", "content": [
            {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}},
            {"type": "text", "text": "And?"},
            {"type": "text", "text": "lost"},
        ]},
    ]);
    assert_eq!(messages, expected);
    let bad = BadRequest::new(
        "`messages[4].content[0].image_url` is no",
        "messages[4].content[0].image_url",
    );
    assert_eq!(own.origins.respelled(bad).param.as_deref(), Some("messages.2.content.1.source"));
}

#[test]
fn a_conversation_that_ends_with_a_call_gets_no_result() {
    let call = json!({"type": "tool_use", "id": "a", "name": "f", "input": {}});
    let (messages, _) = messages(json!([
        {"role": "user", "content": "hi"},
        {"role": "assistant", "content": [call]},
    ]));
    assert_eq!(messages[2], json!({"role": "tool", "tool_call_id": "a", "content": "(no result)"}));
}

#[test]
fn a_turn_keeps_its_order() {
    let (messages, _) = messages(json!([{"role": "assistant", "content": [
        {"type": "text", "text": "é1"},
        {"type": "tool_use", "id": "a", "name": "f", "input": {}},
        {"type": "thinking", "thinking": "hm", "signature": "c2ln"},
        {"type": "text", "text": "2"},
        {"type": "tool_use", "id": "b", "name": "f", "input": {}},
    ]}]));
    let expected = json!({
        "role": "assistant", "content": "é12",
        "thinking_blocks": [{"type": "thinking", "thinking": "hm", "signature": "c2ln",
            "after": {"content": 2, "tool_calls": 1}}],
        "tool_calls": [
            {"id": "a", "type": "function", "function": {"name": "f", "arguments": "{}"}, "after": {"content": 2}},
            {"id": "b", "type": "function", "function": {"name": "f", "arguments": "{}"}},
        ],
    });
    assert_eq!(messages[0], expected);
}

#[test]
fn an_envelope_is_opened_in_its_place() {
    let envelope = |holds, data: &str| {
        let (sealed_by, maker) = (String::from("up/g"), Some(String::from("google-gemini-v1")));
        Envelope { sealed_by, holds, maker, id: None, data: data.into(), text: None }.write()
    };
    let (messages, _) = messages(json!([{"role": "assistant", "content": [
        {"type": "thinking", "thinking": "plain", "signature": envelope(Holds::Nothing, "")},
        {"type": "thinking", "thinking": "", "signature": envelope(Holds::Nothing, "")},
        {"type": "thinking", "thinking": "signed", "signature": envelope(Holds::Seal, "s1")},
        {"type": "redacted_thinking", "data": envelope(Holds::Seal, "s2")},
        {"type": "thinking", "thinking": "", "signature": envelope(Holds::CallSignature, "s3")},
        {"type": "tool_use", "id": "a", "name": "f", "input": {}},
    ]}]));
    let expected = json!({
        "role": "assistant", "content": null,
        "thinking_blocks": [
            {"type": "thinking", "thinking": "plain"},
            {"type": "thinking", "thinking": "signed", "signature": "s1", "sealed_by": "up/g", "format": "google-gemini-v1"},
            {"type": "redacted_thinking", "data": "s2", "sealed_by": "up/g", "format": "google-gemini-v1"},
        ],
        "tool_calls": [{"id": "a", "type": "function", "function": {"name": "f", "arguments": "{}"},
            "extra_content": {"google": {"thought_signature": "s3", "sealed_by": "up/g"}}}],
    });
    assert_eq!(messages[0], expected);
}

#[test]
fn what_servers_of_the_vendor_did_becomes_text() {
    let (messages, own) = messages(json!([{"role": "assistant", "content": [
        {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {"query": "ferries"}},
        {"type": "web_search_tool_result", "tool_use_id": "s", "content": [
            {"type": "web_search_result", "title": "Ferries", "url": "https://f.example", "encrypted_content": "x"},
        ]},
        {"type": "hologram", "x": 1},
        {"type": "text", "text": "At nine."},
    ]}]));
    let said = "[web search: ferries]\n[web search result] Ferries https://f.example\nAt nine.";
    assert_eq!(messages, json!([{"role": "assistant", "content": said}]));
    assert_eq!((own.left_out, own.fault), (vec![String::from("hologram")], None));
}

#[test]
fn the_attribution_is_no_part_of_the_prompt() {
    let system = json!([
        {"type": "text", "text": "x-anthropic-billing-header: cc_version=2"},
        {"type": "text", "text": "Be short.", "cache_control": {"type": "ephemeral"}},
        {"type": "text", "text": "Be kind."},
    ]);
    let chat = chat(json!({"system": system}));
    assert_eq!(chat["messages"][0], json!({"role": "system", "content": "Be short.\n\nBe kind."}));
}

#[test]
fn documents_become_files_or_text() {
    let (messages, own) = messages(json!([{"role": "user", "content": [
        {"type": "document", "title": "a.pdf", "source": {"type": "base64", "media_type": "application/pdf", "data": "AAAA"}},
        {"type": "document", "title": "Notes", "source": {"type": "text", "media_type": "text/plain", "data": "n"}},
        {"type": "search_result", "title": "T", "source": "https://s", "content": [{"type": "text", "text": "found"}]},
        {"type": "image", "source": {"type": "file", "file_id": "f"}},
    ]}]));
    let expected = json!([{"role": "user", "content": [
        {"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,AAAA"}},
        {"type": "text", "text": "Document: Notes\nn"},
        {"type": "text", "text": "Search result: T (https://s)\nfound"},
    ]}]);
    assert_eq!(messages, expected);
    assert_eq!(own.fault.unwrap().param.as_deref(), Some("messages.0.content.3.source"));
}

#[test]
fn faults_are_named_as_the_api_names_them() {
    for (body, expected) in [
        (json!([]), "the body is not a JSON object"),
        (json!({}), "messages: Field required [messages]"),
        (json!({"messages": []}), "messages: at least one message is required [messages]"),
        (json!({"messages": "hi"}), "messages: must be a list, not a string [messages]"),
        (
            json!({"messages": [5]}),
            "messages.0: must be an object with `role` and `content` [messages.0]",
        ),
        (
            json!({"messages": [{"content": "a"}]}),
            "messages.0.role: must be a string [messages.0.role]",
        ),
        (
            json!({"messages": [{"role": "user"}]}),
            "messages.0.content: Field required [messages.0.content]",
        ),
        (
            json!({"messages": [{"role": "user", "content": [5]}]}),
            "messages.0.content.0: must be an object [messages.0.content.0]",
        ),
        (
            json!({"max_tokens": "9", "messages": [{"role": "user", "content": "a"}]}),
            "max_tokens: must be a number, not a string [max_tokens]",
        ),
    ] {
        let bad = decoded(&body).unwrap_err();
        let found = match &bad.param {
            Some(param) => format!("{} [{param}]", bad.message),
            None => bad.message.chars().take(expected.len()).collect(),
        };
        assert_eq!(found, expected);
    }
}

/// Any JSON of the words of the format.
fn anything() -> impl Strategy<Value = Value> {
    let words = [
        "role",
        "user",
        "assistant",
        "system",
        "content",
        "type",
        "text",
        "thinking",
        "signature",
        "redacted_thinking",
        "data",
        "tool_use",
        "tool_result",
        "id",
        "tool_use_id",
        "name",
        "input",
        "image",
        "document",
        "source",
        "base64",
        "url",
        "media_type",
        "tools",
        "tool_choice",
        "any",
        "input_schema",
        "defer_loading",
        "messages",
        "max_tokens",
        "is_error",
        "server_tool_use",
        "web_search_tool_result",
        "search_result",
        "tool_reference",
        "output_config",
        "format",
        "schema",
        "effort",
        "budget_tokens",
        "metadata",
        "user_id",
        "stop_sequences",
        "bGxtcjE6e30=",
    ];
    let word = prop::sample::select(words.to_vec());
    let leaf = prop_oneof![
        6 => word.clone().prop_map(Value::from),
        1 => any::<String>().prop_map(Value::from),
        1 => any::<i64>().prop_map(Value::from),
        1 => any::<bool>().prop_map(Value::from),
        1 => Just(Value::Null),
    ];
    leaf.prop_recursive(6, 96, 8, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((word.clone(), inner), 0..8).prop_map(|members| {
                members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
            }),
        ]
    })
}

proptest! {
    /// What is taken becomes a chat body, and what is not names its place as the client writes it.
    #[test]
    fn anything_is_converted_or_refused(
        blocks in prop::collection::vec(anything(), 0..5),
        tools in anything(),
        rest in anything(),
    ) {
        let mut body = json!({
            "messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": blocks}, rest],
            "tools": tools,
        });
        if let Value::Object(members) = rest {
            body.as_object_mut().unwrap().extend(members);
        }
        match decoded(&body) {
            Ok((chat, own)) => {
                let messages = chat["messages"].as_array().unwrap();
                prop_assert!(messages.iter().all(|message| message["role"].is_string()));
                prop_assert_eq!(messages.len(), own.origins.messages.len());
            }
            Err(bad) => prop_assert!(!bad.param.unwrap_or_default().contains('['), "{}", bad.message),
        }
    }
}
