//! Conversations in order, out of order, and with calls that do not meet their results.

use std::borrow::Cow;

use super::*;
use crate::dialects::anthropic::upstream::fixtures::{assistant, call, system, tool, user};
use crate::dialects::openai::client::places::bad_request;
use crate::domain::chat::{Block as Content, Maker, Seal, ToolCall};
use proptest::prelude::*;
use serde_json::{Value, json};

fn encoded(messages: &[chat::Message], takes_late_system: bool) -> Result<Value, Untranslatable> {
    let capabilities = Capabilities { takes_late_system, ..Capabilities::default() };
    let mut dropped = Dropped::default();
    let found = Conversation::encode(messages, &capabilities, &mut dropped)?;
    let short = |block: &Value| match block["type"].as_str().unwrap() {
        "text" => block["text"].clone(),
        "tool_use" => format!("call {} {}", block["id"], block["input"]).into(),
        "tool_result" => {
            format!("result {} {}", block["tool_use_id"], block["content"][0]["text"]).into()
        }
        "thinking" => format!("{}~{}", block["thinking"], block["signature"]).into(),
        other => other.into(),
    };
    let texts =
        |blocks: &Value| -> Value { blocks.as_array().unwrap().iter().map(short).collect() };
    let mut all = json!({"system": texts(&serde_json::to_value(&found.system).unwrap())});
    let messages = serde_json::to_value(&found.messages).unwrap();
    let turns = messages.as_array().unwrap().iter();
    all["turns"] = turns.map(|turn| json!([turn["role"], texts(&turn["content"])])).collect();
    Ok(all)
}

fn param(messages: &[chat::Message]) -> String {
    bad_request(encoded(messages, false).unwrap_err()).param.unwrap()
}

#[test]
fn messages_of_one_role_are_one_turn_and_system_text_stands_apart() {
    let messages = [system("a"), system("b"), user("c"), user("d"), assistant("e"), assistant("f")];
    assert_eq!(
        encoded(&messages, false).unwrap(),
        json!({"system": ["a", "b"], "turns": [["user", ["c", "d"]], ["assistant", ["e", "f"]]]})
    );
}

#[test]
fn late_system_text_stands_between_user_and_assistant_or_goes_to_the_top() {
    let messages =
        [system("a"), user("b"), system("c"), system("d"), assistant("e"), system("f"), user("g")];
    assert_eq!(
        encoded(&messages, true).unwrap(),
        json!({"system": ["a"], "turns": [["user", ["b"]], ["system", ["c", "d"]],
            ["assistant", ["e"]], ["user", ["g"]], ["system", ["f"]]]})
    );
    assert_eq!(
        encoded(&messages, false).unwrap(),
        json!({"system": ["a", "c", "d", "f"],
            "turns": [["user", ["b"]], ["assistant", ["e"]], ["user", ["g"]]]})
    );
    let at_the_end = [user("a"), assistant("b"), system("c")];
    assert_eq!(encoded(&at_the_end, true).unwrap()["system"], json!(["c"]));
}

#[test]
fn all_results_are_one_turn_and_come_first_in_it() {
    let messages = [
        user("a"),
        call(&[("x", "{\"n\": 1.50}"), ("y", "")]),
        tool("y", "1"),
        system("s"),
        tool("x", "2"),
        user("b"),
    ];
    assert_eq!(
        encoded(&messages, false).unwrap()["turns"],
        json!([
            ["user", ["a"]],
            ["assistant", ["call \"x\" {\"n\":1.5}", "call \"y\" {}"]],
            ["user", ["result \"y\" \"1\"", "result \"x\" \"2\"", "b"]],
        ])
    );
}

#[test]
fn calls_without_results_and_results_without_calls_are_named() {
    let two = || call(&[("x", "{}"), ("y", "{}")]);
    for (messages, expected) in [
        (vec![user("a"), two(), tool("x", "1")], "messages[1].tool_calls[1]"),
        (vec![user("a"), two(), user("b")], "messages[1].tool_calls[0]"),
        (vec![user("a"), two(), tool("y", "1"), assistant("b")], "messages[1].tool_calls[0]"),
        (vec![user("a"), tool("x", "1")], "messages[1].tool_call_id"),
        (vec![user("a"), two(), tool("z", "1")], "messages[2].tool_call_id"),
        (vec![user("a"), call(&[("x", "[1]")])], "messages[1].tool_calls[0].function.arguments"),
        (
            vec![user("a"), call(&[("x", "{\"a\":")])],
            "messages[1].tool_calls[0].function.arguments",
        ),
        (vec![user("a"), call(&[("", "{}")])], "messages[1].tool_calls[0]"),
    ] {
        assert_eq!(param(&messages), expected);
    }
}

#[test]
fn a_begun_answer_is_refused_where_the_model_does_not_go_on_with_it() {
    let begun = [user("a"), assistant("b"), system("c")];
    for takes_prefill in [true, false] {
        let capabilities = Capabilities { takes_prefill, ..Capabilities::default() };
        let encoded = Conversation::encode(&begun, &capabilities, &mut Dropped::default());
        let refused_at = encoded.err().and_then(|bad| bad_request(bad).param);
        let expected = (!takes_prefill).then_some("messages[1]");
        assert_eq!(refused_at.as_deref(), expected);
    }
}

#[test]
fn roles_out_of_order_and_empty_messages_are_named() {
    for (messages, expected) in [
        (vec![], "messages"),
        (vec![system("a")], "messages"),
        (vec![system("a"), assistant("b")], "messages[1]"),
        (vec![user(" ")], "messages[0].content"),
        (vec![user("a"), assistant("b ")], "messages[1].content"),
    ] {
        assert_eq!(param(&messages), expected);
    }
    let skipped = [user("a"), assistant(""), user("b")];
    assert_eq!(encoded(&skipped, false).unwrap()["turns"], json!([["user", ["a", "b"]]]));
}

#[test]
fn signed_thinking_goes_back_in_its_place_and_unsigned_is_left_out() {
    let sealed = |text: &str, signature| Thinking::Text { text: text.into(), signature };
    let text = |text: &str, signature: Option<&str>| {
        let signature = signature.map(|data| Seal::new(Maker::Anthropic, data));
        Content::Thinking(sealed(text, signature))
    };
    let foreign = Seal::new(Maker::Google, "theirs");
    let opaque = |sealed| Content::Thinking(Thinking::Opaque { id: None, sealed });
    let call = |id: &str| {
        let (id, name, arguments) = (id.into(), "f".into(), "{}".into());
        Content::ToolCall(ToolCall { id, name, arguments, signature: None })
    };
    let blocks = vec![
        text("x", Some("sig")),
        text("y", None),
        call("1"),
        opaque(Seal::new(Maker::Anthropic, "z")),
        Content::Thinking(sealed("v", Some(foreign.clone()))),
        opaque(foreign),
        Content::text("c"),
        text("", Some("sig2")),
        call("2"),
        Content::Refusal("no".into()),
        text("cut", Some("sig3")),
        opaque(Seal::new(Maker::Anthropic, "off")),
    ];
    let answer = chat::Message::Assistant(AssistantMessage { blocks });
    let messages = [user("a"), answer, tool("1", "r"), tool("2", "r")];
    assert_eq!(
        encoded(&messages, false).unwrap()["turns"][1],
        json!([
            "assistant",
            [
                "\"x\"~\"sig\"",
                "call \"1\" {}",
                "redacted_thinking",
                "c",
                "\"\"~\"sig2\"",
                "call \"2\" {}",
                "no"
            ]
        ])
    );
}

#[test]
fn the_markers_of_a_result_are_one_marker_of_the_whole() {
    let mut result = tool("x", "1");
    if let chat::Message::Tool { content, is_error, .. } = &mut result {
        content[0].cache_control = Some(json!({"type": "ephemeral"}));
        *is_error = true;
    }
    let messages = [user("a"), call(&[("x", "{}")]), result];
    let capabilities = Capabilities::default();
    let mut dropped = Dropped::default();
    let found = Conversation::encode(&messages, &capabilities, &mut dropped).unwrap();
    assert_eq!(
        serde_json::to_value(&found.messages[2].content).unwrap(),
        json!([{"type": "tool_result", "tool_use_id": "x", "is_error": true,
            "content": [{"type": "text", "text": "1"}], "cache_control": {"type": "ephemeral"}}])
    );
}

#[test]
fn arguments_keep_their_spelling() {
    let spelled = r#"{"big": 123456789012345678901234567890, "x":1.50,"x2":"\u00e9" }"#;
    let messages = [user("a"), call(&[("x", spelled)]), tool("x", "1")];
    let capabilities = Capabilities::default();
    let mut dropped = Dropped::default();
    let found = Conversation::encode(&messages, &capabilities, &mut dropped).unwrap();
    let written = serde_json::to_string(&found.messages).unwrap();
    assert!(written.contains(spelled), "{written}");
}

proptest! {
    #[test]
    fn any_text_arrives_unharmed(texts in prop::collection::vec("\\PC*\\S\\PC{0,9}", 1..5)) {
        let mut messages: Vec<chat::Message> = Vec::new();
        for (index, text) in texts.iter().enumerate() {
            let id = format!("c{index}");
            messages.extend([user(text), call(&[(&id, "{}")]), tool(&id, text)]);
        }
        let capabilities = Capabilities::default();
        let mut dropped = Dropped::default();
        let found = Conversation::encode(&messages, &capabilities, &mut dropped).unwrap();
        let written = serde_json::to_value(&found.messages).unwrap();
        for (index, text) in texts.iter().enumerate() {
            let question = written[index * 2]["content"].as_array().unwrap().last().unwrap();
            prop_assert_eq!(question["text"].as_str(), Some(text.as_str()));
            let result = &written[index * 2 + 2]["content"][0]["content"][0]["text"];
            prop_assert_eq!(result.as_str(), Some(text.as_str()));
        }
    }

    #[test]
    fn turns_alternate_and_calls_meet_their_results(
        calls in prop::collection::vec(prop::collection::vec("[a-c.:]{1,3}", 0..4), 1..6),
    ) {
        let mut messages = vec![user("a")];
        for mut ids in calls {
            ids.sort();
            ids.dedup();
            let calls: Vec<(&str, &str)> = ids.iter().map(|id| (id.as_str(), "")).collect();
            messages.push(call(&calls));
            messages.extend(ids.iter().rev().map(|id| tool(id, "r")));
        }
        let capabilities = Capabilities::default();
        let mut dropped = Dropped::default();
        let found = Conversation::encode(&messages, &capabilities, &mut dropped).unwrap();
        let mut used = std::collections::HashSet::new();
        for pair in found.messages.windows(2) {
            prop_assert_ne!(pair[0].role, pair[1].role);
            let asked = pair[0].content.iter().filter_map(|block| match block {
                Block::ToolUse { id, .. } => Some(id.clone()),
                _ => None,
            });
            let mut asked: Vec<String> = asked.map(Cow::into_owned).collect();
            for id in &asked {
                prop_assert!(used.insert(id.clone()), "the id {} stands twice", id);
            }
            let answered = pair[1].content.iter().filter_map(|block| match block {
                Block::ToolResult { tool_use_id, .. } => Some(tool_use_id.clone()),
                _ => None,
            });
            let mut answered: Vec<String> = answered.map(Cow::into_owned).collect();
            asked.sort();
            answered.sort();
            prop_assert_eq!(asked, answered);
        }
    }
}
