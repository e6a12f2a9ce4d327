use bytes::Bytes;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::dialects::openai::body;

fn needs(body: &Value) -> Needs {
    read(&body::parse(Bytes::from(body.to_string())).unwrap())
}

fn needs_of_content(content: Value) -> Needs {
    needs(&json!({"messages": [{"role": "user", "content": content}]}))
}

/// The media with their paths, and the other needs.
fn shown(needs: &Needs) -> String {
    let media = [
        ("image", needs.image),
        ("audio", needs.audio),
        ("video", needs.video),
        ("file", needs.file),
    ];
    let media = media.into_iter().filter_map(|(name, at)| Some(format!("{name} {}", at?)));
    let others =
        [("tools", needs.tools), ("forced", needs.forced_tool), ("structured", needs.structured)];
    let others = others.into_iter().filter(|(_, is)| *is).map(|(name, _)| name.to_owned());
    media.chain(others).collect::<Vec<_>>().join(", ")
}

#[test]
fn parts_that_are_no_text_are_found_with_their_place() {
    for (part, expected) in [
        (json!({"type": "image_url", "image_url": {"url": "https://a/b"}}), "image"),
        (json!({"type": "input_image", "image_url": "https://a/b"}), "image"),
        (json!({"image": "data:image/png;base64,AAAA", "type": "image"}), "image"),
        (json!({"type": "input_audio", "input_audio": {"data": "AA", "format": "wav"}}), "audio"),
        (json!({"type": "audio_url", "audio_url": {"url": "https://a"}}), "audio"),
        (json!({"type": "video_url", "video_url": {"url": "https://a"}}), "video"),
        (json!({"type": "video", "video": ["https://a"]}), "video"),
        (json!({"type": "file", "file": {"file_id": "f"}}), "file"),
        (json!({"type": "document", "source": {}}), "file"),
    ] {
        let text = json!({"type": "text", "text": "a"});
        let body = json!({"messages": [
            {"role": "system", "content": "s"},
            {"role": "user", "content": [text, part, part]},
        ]});
        assert_eq!(shown(&needs(&body)), format!("{expected} messages[1].content[1]"), "{part}");
    }
}

#[test]
fn several_media_are_found_in_one_request() {
    let found = needs(&json!({"messages": [
        {"role": "user", "content": [{"type": "file", "file": {"file_id": "f"}}]},
        {"role": "assistant", "content": "a"},
        {"role": "user", "content": [
            {"type": "image_url", "image_url": {"url": "https://a"}},
            {"type": "video_url", "video_url": {"url": "https://a"}},
        ]},
    ]}));
    insta::assert_snapshot!(
        shown(&found),
        @"image messages[2].content[0], video messages[2].content[1], file messages[0].content[0]"
    );
}

#[test]
fn a_text_that_mentions_the_words_needs_nothing() {
    for content in [
        json!("file"),
        json!("image_url"),
        json!(r#"{"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}"#),
        json!([{"type": "text", "text": "input_audio"}, {"type": "text", "text": "file"}]),
        json!([{"type": "text", "text": "a", "video_url": 1}, "file", 7, null, {"type": 3}]),
        json!("data:image/png;base64,AAAA"),
        json!({"image_url": 1}),
        Value::Null,
    ] {
        assert_eq!(shown(&needs_of_content(content.clone())), "", "{content}");
    }
}

#[test]
fn a_word_written_with_escapes_is_found() {
    let text = r#"{"messages":[{"role":"user","cont\u0065nt":[{"type":"fil\u0065"}]}]}"#;
    let found = read(&body::parse(Bytes::from(text)).unwrap());
    assert_eq!(shown(&found), "file messages[0].content[0]");
}

#[test]
fn tools_and_formats_are_found() {
    let tool = json!({"type": "function", "function": {"name": "f"}});
    let named = json!({"type": "function", "function": {"name": "f"}});
    let allowed = |mode| json!({"type": "allowed_tools", "allowed_tools": {"mode": mode}});
    for (fields, expected) in [
        (json!({"tools": [tool]}), "tools"),
        (json!({"tools": []}), ""),
        (json!({"tools": null}), ""),
        (json!({"functions": [{"name": "f"}]}), "tools"),
        (json!({"tools": [tool], "tool_choice": "auto"}), "tools"),
        (json!({"tools": [tool], "tool_choice": "required"}), "tools, forced"),
        (json!({"tools": [tool], "tool_choice": named}), "tools, forced"),
        (json!({"tools": [tool], "tool_choice": {"type": "none"}}), "tools"),
        (json!({"tools": [tool], "tool_choice": allowed("auto")}), "tools"),
        (json!({"tools": [tool], "tool_choice": allowed("required")}), "tools, forced"),
        (json!({"tool_choice": "required"}), ""),
        (json!({"response_format": {"type": "json_schema"}}), "structured"),
        (json!({"response_format": {"type": "json_object"}}), ""),
    ] {
        let mut body = json!({"messages": [{"role": "user", "content": "a"}]});
        body.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        assert_eq!(shown(&needs(&body)), expected, "{fields}");
    }
    let text = r#"{"tools":[ ],"messages":[{"role":"user"}]}"#;
    assert!(!read(&body::parse(Bytes::from(text)).unwrap()).tools);
}

#[test]
fn tools_of_earlier_turns_count() {
    for (message, expected) in [
        (json!({"role": "assistant", "tool_calls": [{"id": "c"}]}), true),
        (json!({"role": "assistant", "content": "a", "tool_calls": []}), false),
        (json!({"role": "assistant", "content": "a", "tool_calls": null}), false),
        (json!({"role": "tool", "tool_call_id": "c", "content": "a"}), true),
        (json!({"role": "assistant", "function_call": {"name": "f"}}), true),
        (json!({"role": "user", "content": "tool_calls"}), false),
    ] {
        assert_eq!(needs(&json!({"messages": [message]})).tools, expected, "{message}");
    }
}

#[test]
fn the_newer_limit_of_the_answer_goes_first() {
    for (fields, expected) in [
        (json!({"max_tokens": 5}), Some(5)),
        (json!({"max_tokens": 5, "max_completion_tokens": 7}), Some(7)),
        (json!({"max_tokens": 5, "max_completion_tokens": null}), Some(5)),
        (json!({"max_tokens": -1}), None),
    ] {
        let mut body = fields.clone();
        body["messages"] = json!([{"role": "user"}]);
        assert_eq!(needs(&body).max_tokens, expected, "{fields}");
    }
}

#[test]
fn tokens_are_estimated_without_the_data_of_media() {
    let image = |data: usize| {
        let url = format!("data:image/png;base64,{}", "A".repeat(data));
        json!({"type": "image_url", "image_url": {"url": url}})
    };
    let text = json!({"type": "text", "text": "What is this?"});
    let small = needs_of_content(json!([text, image(100)]));
    let large = needs_of_content(json!([text, image(5_000_000)]));
    assert_eq!(small, large);
    assert_eq!((large.prompt_tokens, large.least_prompt_tokens), (1_018, 72));

    let unknown = json!([{"type": "scan", "of": format!("data:a,{}", "A".repeat(500_000))}]);
    assert_eq!(needs_of_content(unknown).prompt_tokens, 3_008);
    for (made, expected) in [
        (json!({"images": [image(500_000)]}), 1_021),
        (json!({"audio": {"id": "a", "data": "A".repeat(500_000)}}), 1_521),
        (json!({"audio": {"id": "a"}}), 23),
    ] {
        let mut answer = json!({"role": "assistant", "content": "here"});
        answer.as_object_mut().unwrap().extend(made.as_object().unwrap().clone());
        let body = json!({"messages": [answer, {"role": "user", "content": "more"}]});
        let found = needs(&body);
        assert_eq!((found.prompt_tokens, shown(&found)), (expected, String::new()));
    }
}

#[test]
fn tools_and_schemas_are_part_of_the_prompt() {
    let plain = needs_of_content(json!("a")).prompt_tokens;
    let schema = json!({"type": "json_schema", "json_schema": {"a": "b".repeat(4_000)}});
    for fields in ["tools", "response_format"] {
        let mut body = json!({"messages": [{"role": "user", "content": "a"}]});
        body[fields] = if fields == "tools" { json!([schema]) } else { schema.clone() };
        let more = needs(&body).prompt_tokens - plain;
        assert!((1_000..1_030).contains(&more), "{fields}: {more}");
    }
}

proptest! {
    #[test]
    fn more_text_is_never_fewer_tokens(text in ".*", more in ".*", has_image in any::<bool>()) {
        let content = |text: &str| {
            let mut parts = vec![json!({"type": "text", "text": text})];
            parts.extend(has_image.then(|| json!({"type": "image_url", "image_url": "data:,"})));
            json!(parts)
        };
        let (short, long) = (needs_of_content(content(&text)), needs_of_content(content(&(text + &more))));
        prop_assert!(1 <= short.least_prompt_tokens);
        prop_assert!(short.prompt_tokens <= long.prompt_tokens);
        prop_assert!(short.least_prompt_tokens <= long.least_prompt_tokens);
        prop_assert_eq!(short.image.is_some(), has_image);
    }
}
