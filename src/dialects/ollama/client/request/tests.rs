use super::*;
use crate::dialects::conversion::Origins as _;
use serde_json::{Value, json};

fn converted(shape: Shape, body: &Value) -> Result<Converted, BadRequest> {
    read(Bytes::from(body.to_string()), shape)?.0.converted().cloned()
}

fn decoded(shape: Shape, body: &Value) -> (Value, Converted) {
    let converted = converted(shape, body).unwrap();
    (serde_json::from_slice(converted.chat.bytes()).unwrap(), converted)
}

fn refused(shape: Shape, body: &Value) -> (String, String) {
    let BadRequest { message, param } = converted(shape, body).unwrap_err();
    (message, param.unwrap_or_default())
}

#[test]
fn a_conversation_with_calls_becomes_a_chat() {
    let look = json!({"function": {"name": "look", "arguments": {"at": "sky"}}});
    let hear = json!({"id": "c2", "function": {"name": "hear", "arguments": "{}"}});
    let body = json!({
        "model": "m",
        "messages": [
            {"role": "system", "content": "Be short."},
            {"role": "user", "content": "what?", "images": ["iVBORw0KGgo="]},
            {"role": "assistant", "content": "", "thinking": "hm", "tool_calls": [look, hear, look]},
            {"role": "tool", "content": "noise", "tool_name": "hear"},
            {"role": "tool", "content": "rain", "tool_name": "look"},
            {"role": "user", "content": "and?"},
            {"role": "tool", "content": "late", "tool_name": "look"},
            {"role": "critic", "content": "well"},
        ],
        "tools": [{"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}},
                  {"function": {"name": "hear"}}, {"type": "web_search"}],
        "keep_alive": "5m", "new": 1,
    });
    let (chat, own) = decoded(Shape::Chat, &body);
    let call = |id: &str, name: &str, arguments: &str| json!({"id": id, "type": "function", "function": {"name": name, "arguments": arguments}});
    let sky = r#"{"at":"sky"}"#;
    let expected = json!({
        "model": "m",
        "messages": [
            {"role": "system", "content": "Be short."},
            {"role": "user", "content": [
                {"type": "text", "text": "what?"},
                {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}},
            ]},
            {"role": "assistant", "content": null, "reasoning_content": "hm", "tool_calls": [
                call("call_2_0", "look", sky), call("c2", "hear", "{}"), call("call_2_2", "look", sky),
            ]},
            {"role": "tool", "tool_call_id": "c2", "content": "noise"},
            {"role": "tool", "tool_call_id": "call_2_0", "content": "rain"},
            {"role": "tool", "tool_call_id": "call_2_2", "content": "(no result)"},
            {"role": "user", "content": "and?"},
            {"role": "user", "content": "late"},
            {"role": "user", "content": "well"},
        ],
        "stream": true, "stream_options": {"include_usage": true},
        "tools": [
            {"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}},
            {"type": "function", "function": {"name": "hear"}},
        ],
    });
    assert_eq!(chat, expected);
    assert_eq!(own.left_out, ["tools", "new"]);
}

#[test]
fn what_tools_show_comes_after_their_results() {
    let call = |name: &str| json!({"function": {"name": name, "arguments": {}}});
    let image = "iVBORw0KGgo=";
    let (chat, _) = decoded(
        Shape::Chat,
        &json!({"messages": [
            {"role": "assistant", "content": "", "tool_calls": [call("look"), call("hear")]},
            {"role": "tool", "tool_name": "look", "content": "see", "images": [image]},
            {"role": "tool", "tool_name": "hear", "content": "waves"},
            {"role": "user", "content": "And?"},
        ]}),
    );
    let url = format!("data:image/png;base64,{image}");
    assert_eq!(chat["messages"][1]["content"], "see");
    assert_eq!(chat["messages"][2]["content"], "waves");
    let shown =
        json!({"role": "user", "content": [{"type": "image_url", "image_url": {"url": url}}]});
    assert_eq!(chat["messages"][3], shown);
    assert_eq!(chat["messages"][4], json!({"role": "user", "content": "And?"}));
}

#[test]
fn a_prompt_becomes_messages() {
    let (chat, own) = decoded(
        Shape::Generate,
        &json!({
            "model": "m", "prompt": "why?", "system": "Be short.", "suffix": "", "stream": false,
            "template": "{{ .Prompt }}", "raw": true, "context": [1, 2],
        }),
    );
    let messages =
        json!([{"role": "system", "content": "Be short."}, {"role": "user", "content": "why?"}]);
    assert_eq!(chat, json!({"model": "m", "messages": messages}));
    assert_eq!(own.left_out, ["template", "raw", "context"]);
    assert!(own.fault.is_none());
    let (_, own) = decoded(Shape::Generate, &json!({"prompt": "a", "suffix": "b"}));
    let BadRequest { message, param } = own.fault.unwrap();
    assert!(message.contains("type `ollama`") && param.as_deref() == Some("suffix"), "{message}");
}

#[test]
fn every_parameter_has_its_place() {
    for (given, expected, left_out) in [
        (
            json!({"options": {"num_predict": 7, "temperature": 0.5, "seed": 3}}),
            json!({"max_tokens": 7, "temperature": 0.5, "seed": 3}),
            vec![],
        ),
        (
            json!({"options": {"num_predict": -1, "num_ctx": 4096, "top_k": 4}}),
            json!({"top_k": 4}),
            vec![],
        ),
        (json!({"options": {"stop": "END"}}), json!({"stop": ["END"]}), vec![]),
        (
            json!({"options": {"stop": [], "mirostat": 1, "min_p": 0.1}}),
            json!({}),
            vec!["options.mirostat", "options.min_p"],
        ),
        (json!({"format": "json"}), json!({"response_format": {"type": "json_object"}}), vec![]),
        (json!({"format": ""}), json!({}), vec![]),
        (json!({"format": "xml"}), json!({}), vec!["format"]),
        (
            json!({"format": {"type": "object"}}),
            json!({"response_format": {"type": "json_schema", "json_schema": {"name": "answer", "schema": {"type": "object"}}}}),
            vec![],
        ),
        (json!({"think": true}), json!({"reasoning_effort": "medium"}), vec![]),
        (json!({"think": false}), json!({"reasoning_effort": "none"}), vec![]),
        (json!({"think": "high"}), json!({"reasoning_effort": "high"}), vec![]),
        (json!({"think": "very"}), json!({}), vec![]),
        (
            json!({"logprobs": true, "top_logprobs": 2}),
            json!({"logprobs": true, "top_logprobs": 2}),
            vec![],
        ),
        (json!({"think": null, "options": null, "tools": null}), json!({}), vec![]),
    ] {
        let mut body = json!({"messages": [{"role": "user", "content": "a"}], "stream": false});
        body.as_object_mut().unwrap().extend(given.as_object().unwrap().clone());
        let (mut chat, own) = decoded(Shape::Chat, &body);
        chat.as_object_mut().unwrap().remove("messages");
        assert_eq!(
            (&chat, own.left_out),
            (&expected, left_out.iter().map(|name| (*name).to_owned()).collect()),
            "{given}"
        );
    }
}

#[test]
fn what_is_wrong_is_named_as_the_client_writes_it() {
    let user = json!([{"role": "user", "content": "a"}]);
    for (shape, body, param) in [
        (Shape::Chat, json!({"messages": "a"}), "messages"),
        (Shape::Chat, json!({}), "messages"),
        (Shape::Chat, json!({"messages": [1]}), "messages[0]"),
        (Shape::Chat, json!({"messages": [{"content": "a"}]}), "messages[0]"),
        (
            Shape::Chat,
            json!({"messages": [{"role": "user", "content": [1]}]}),
            "messages[0].content",
        ),
        (Shape::Chat, json!({"messages": user, "stream": "yes"}), "stream"),
        (Shape::Chat, json!({"messages": user, "options": [1]}), "options"),
        (
            Shape::Chat,
            json!({"messages": user, "options": {"temperature": "hot"}}),
            "options.temperature",
        ),
        (Shape::Chat, json!({"messages": user, "think": 5}), "think"),
        (Shape::Generate, json!({"prompt": ["a"]}), "prompt"),
    ] {
        let (message, place) = refused(shape, &body);
        assert_eq!(place, param, "{message}");
        assert!(message.contains(&format!("`{param}`")), "{message}");
    }
    let (_, own) = decoded(
        Shape::Chat,
        &json!({"messages": [
            {"role": "assistant", "tool_calls": [{"function": {"name": "f"}}]},
            {"role": "user", "content": "a", "images": ["!"]},
        ]}),
    );
    for (place, expected) in [
        ("messages[2].content[1].image_url", "messages[1].images"),
        ("messages[2]", "messages[1]"),
        ("messages[0].tool_calls[0].function.name", "messages[0].tool_calls[0].function.name"),
        ("stop", "options.stop"),
        ("max_tokens", "options.num_predict"),
        ("response_format.json_schema.schema", "format"),
        ("messages[9]", "messages[9]"),
    ] {
        let told = own.origins.respelled(BadRequest::new(format!("`{place}` is wrong"), place));
        assert_eq!(told.param.as_deref(), Some(expected));
        assert_eq!(told.message, format!("`{expected}` is wrong"));
    }
}

#[test]
fn a_request_without_a_question_loads_the_model() {
    for (shape, body, expected) in [
        (Shape::Chat, r#"{"model":"m"}"#, true),
        (Shape::Chat, r#"{"model":"m","messages":[ ]}"#, true),
        (Shape::Chat, r#"{"model":"m","messages":null,"keep_alive":0}"#, true),
        (Shape::Chat, r#"{"model":"m","messages":[{"role":"user","content":""}]}"#, false),
        (Shape::Generate, r#"{"model":"m"}"#, true),
        (Shape::Generate, r#"{"model":"m","prompt":""}"#, true),
        (Shape::Generate, r#"{"model":"m","prompt":"","images":["a"]}"#, false),
        (Shape::Generate, r#"{"model":"m","prompt":"a"}"#, false),
        (Shape::Chat, "[]", false),
        (Shape::Chat, "nonsense", false),
    ] {
        assert_eq!(is_load(body.as_bytes(), shape), expected, "{body}");
    }
}
