use super::*;
use crate::dialects::gemini::upstream::fixtures::{self, text, tool_result, user};
use crate::dialects::openai::client::places::bad_request;
use crate::domain::chat::{Maker, Media, Seal, ToolCall};
use proptest::prelude::*;
use serde_json::{Value, json};

fn thinks(thinking: ThinkingStyle) -> Capabilities {
    Capabilities { thinking, ..Capabilities::default() }
}

fn encoded(messages: &[Message], capabilities: &Capabilities) -> Result<Value, String> {
    encode(messages, capabilities, &mut Dropped::default())
        .map(|conversation| serde_json::to_value(conversation.contents).unwrap())
        .map_err(|bad| bad_request(bad).param.unwrap())
}

fn calling(calls: &[(&str, Option<&str>)]) -> Message {
    let call = |(id, signature): &(&str, Option<&str>)| {
        Block::ToolCall(ToolCall {
            id: (*id).into(),
            name: format!("f_{id}"),
            arguments: r#"{"n": 1.50}"#.into(),
            signature: signature.map(str::to_owned),
        })
    };
    Message::Assistant(AssistantMessage { blocks: calls.iter().map(call).collect() })
}

fn said(words: &str) -> Message {
    Message::Assistant(AssistantMessage { blocks: vec![Block::text(words)] })
}

/// The signatures of the calls, in order.
fn signatures(contents: &Value) -> Vec<Option<String>> {
    let parts = contents.as_array().unwrap().iter();
    parts
        .flat_map(|content| content["parts"].as_array().unwrap())
        .filter(|part| part.get("functionCall").is_some())
        .map(|part| part.get("thoughtSignature").map(|text| text.as_str().unwrap().to_owned()))
        .collect()
}

#[test]
fn results_share_one_content_in_the_order_of_their_calls() {
    let messages = [
        user("go"),
        calling(&[("a", Some("s")), ("b", None)]),
        tool_result("b", r#"{"ok": 1.50}"#),
        Message::System { content: vec![text("be brief")] },
        Message::Tool { call_id: "a".into(), content: vec![text("[1]")], is_error: true },
        user("and?"),
    ];
    let contents = encoded(&messages, &Capabilities::default()).unwrap();
    assert_eq!(contents.as_array().unwrap().len(), 3);
    assert_eq!(
        contents[2],
        json!({"role": "user", "parts": [
            {"functionResponse": {"id": "a", "name": "f_a", "response": {"error": "[1]"}}},
            {"functionResponse": {"id": "b", "name": "f_b", "response": {"ok": 1.50}}},
            {"text": "and?"},
        ]})
    );
}

#[test]
fn a_result_is_an_object_whatever_the_tool_returned() {
    for (said, expected) in [
        ("sunny", json!({"result": "sunny"})),
        ("", json!({"result": ""})),
        ("[1,2]", json!({"result": "[1,2]"})),
        ("7", json!({"result": "7"})),
        ("{\"a\":1,\"a\":2}", json!({"result": "{\"a\":1,\"a\":2}"})),
        (" {\"a\":{\"b\":[null]}}\n", json!({"a": {"b": [null]}})),
    ] {
        let messages = [user("go"), calling(&[("a", None)]), tool_result("a", said)];
        let contents = encoded(&messages, &Capabilities::default()).unwrap();
        let found = &contents[2]["parts"][0]["functionResponse"]["response"];
        assert_eq!(*found, expected, "{said}");
    }
}

#[test]
fn calls_and_results_that_do_not_match_name_their_place() {
    let call = || calling(&[("a", None), ("b", None)]);
    for (messages, place) in [
        (vec![user("x"), tool_result("a", "1")], "messages[1]"),
        (vec![user("x"), call(), tool_result("c", "1")], "messages[2].tool_call_id"),
        (
            vec![user("x"), call(), tool_result("a", "1"), tool_result("a", "1")],
            "messages[3].tool_call_id",
        ),
        (vec![user("x"), call(), tool_result("a", "1")], "messages[1].tool_calls[1]"),
        (vec![user("x"), call(), user("y")], "messages[1].tool_calls[0]"),
        (vec![user("x"), said("y")], "messages[1]"),
        (vec![Message::System { content: vec![text("x")] }], "messages"),
    ] {
        assert_eq!(encoded(&messages, &Capabilities::default()), Err(place.into()));
    }
    let source = Media::Url("https://a.example/x.png".into());
    let image = fixtures::part(PartContent::Image { source, detail: None });
    let system = [Message::System { content: vec![text("x"), image] }, user("x")];
    let place = "messages[0].content[1]".to_owned();
    assert_eq!(encoded(&system, &Capabilities::default()), Err(place));
}

#[test]
fn only_an_unsigned_first_call_of_the_running_turn_gets_the_stand_in() {
    let turn = |signature: Option<&'static str>| {
        [calling(&[("a", signature), ("b", None)]), tool_result("a", "1"), tool_result("b", "2")]
    };
    let skip = || Some(NO_SIGNATURE.to_owned());
    let own = || Some("own".to_owned());
    let mut messages = vec![user("1")];
    messages.extend(turn(None));
    messages.extend([said("done"), user("2")]);
    messages.extend(turn(Some("own")));
    messages.extend(turn(None));
    let level = encoded(&messages, &thinks(ThinkingStyle::Level)).unwrap();
    assert_eq!(signatures(&level), [None, None, own(), None, skip(), None]);
    let budget = encoded(&messages, &thinks(ThinkingStyle::Budget)).unwrap();
    assert_eq!(signatures(&budget), [None, None, own(), None, None, None]);

    // A user's text in the content of the results does not end the turn.
    let mut messages = vec![user("1")];
    messages.extend(turn(None));
    messages.push(user("2"));
    let level = encoded(&messages, &thinks(ThinkingStyle::Level)).unwrap();
    assert_eq!(signatures(&level), [skip(), None]);
}

#[test]
fn signatures_of_thinking_go_back_in_their_places_and_thoughts_do_not() {
    let signed =
        |seal: Option<Seal>| Block::Thinking(Thinking::Text { text: "hm".into(), signature: seal });
    let thought = |data: &str| signed(Some(Seal::new(Maker::Google, data)));
    let opaque = Thinking::Opaque { id: None, sealed: Seal::new(Maker::Google, "x") };
    let Message::Assistant(called) = calling(&[("c", Some("own"))]) else { panic!("a call") };
    let mut blocks = vec![
        thought("s1"),
        signed(None),
        Block::Thinking(opaque),
        thought("s2"),
        signed(Some(Seal::new(Maker::Anthropic, "s3"))),
        Block::text("a"),
        Block::text("b"),
    ];
    blocks.extend(called.blocks);
    blocks.extend([Block::text("c"), thought("s4")]);
    let messages =
        [user("1"), Message::Assistant(AssistantMessage { blocks }), tool_result("c", "2")];
    let contents = encoded(&messages, &thinks(ThinkingStyle::Budget)).unwrap();
    let call = json!({"id": "c", "name": "f_c", "args": {"n": 1.50}});
    assert_eq!(
        contents[1]["parts"],
        json!([
            {"text": "", "thoughtSignature": "s1"},
            {"text": "a", "thoughtSignature": "s2"},
            {"text": "b"},
            {"functionCall": call, "thoughtSignature": "own"},
            {"text": "c"},
            {"text": "", "thoughtSignature": "s4"},
        ])
    );
    let contents = encoded(&messages, &thinks(ThinkingStyle::None)).unwrap();
    let call = json!({"functionCall": call, "thoughtSignature": "own"});
    assert_eq!(contents[1]["parts"], json!([{"text": "a"}, {"text": "b"}, call, {"text": "c"}]));
}

#[test]
fn media_of_a_result_stands_in_it_from_gemini_3_on_and_beside_it_before() {
    let source = Media::Inline { media_type: "image/png".into(), data: "AA==".into() };
    let image = fixtures::part(PartContent::Image { source, detail: None });
    let content = vec![text("a"), image, text("shot")];
    let result = Message::Tool { call_id: "a".into(), content, is_error: false };
    let messages = [user("go"), calling(&[("a", None)]), result];
    let blob = json!({"inlineData": {"mimeType": "image/png", "data": "AA=="}});
    let response = json!({"id": "a", "name": "f_a", "response": {"result": "a\nshot"}});
    let mut inside = response.clone();
    inside["parts"] = json!([blob]);
    let level = encoded(&messages, &thinks(ThinkingStyle::Level)).unwrap();
    assert_eq!(level[2]["parts"], json!([{ "functionResponse": inside }]));
    let budget = encoded(&messages, &thinks(ThinkingStyle::Budget)).unwrap();
    assert_eq!(budget[2]["parts"], json!([{ "functionResponse": response }, blob]));
}

#[test]
fn an_empty_user_message_counts_as_a_turn() {
    let nothing = || Message::User { content: Vec::new() };
    let mute = json!({"role": "user", "parts": [{"text": ""}]});
    let contents = |messages: &[Message]| encoded(messages, &Capabilities::default()).unwrap();
    assert_eq!(contents(&[nothing()]), json!([mute]));
    assert_eq!(contents(&[user(""), user("")]), json!([mute]));
    let called = contents(&[user(""), calling(&[("a", None)]), tool_result("a", "1"), nothing()]);
    assert_eq!(called[0], mute);
    assert_eq!(called[2]["parts"].as_array().unwrap().len(), 1, "the result says something");
    assert_eq!(contents(&[nothing(), user("x"), nothing()])[0]["parts"], json!([{"text": "x"}]));
    let between = contents(&[user("x"), said("y"), nothing(), said("z"), user("")]);
    assert_eq!((&between[2], &between[4]), (&mute, &mute));
}

proptest! {
    /// For any conversation: roles alternate, it ends with the user, and no word is lost or moved.
    #[test]
    fn roles_alternate_and_no_word_is_lost(
        talk in prop::collection::vec((any::<bool>(), any::<String>()), 0..12),
    ) {
        let mut messages: Vec<Message> = talk
            .iter()
            .map(|(is_user, words)| if *is_user { user(words) } else { said(words) })
            .collect();
        messages.push(user("end"));
        let contents = encoded(&messages, &Capabilities::default()).unwrap();
        let contents = contents.as_array().unwrap();
        for pair in contents.windows(2) {
            prop_assert_ne!(&pair[0]["role"], &pair[1]["role"]);
        }
        let words: String = contents
            .iter()
            .flat_map(|content| content["parts"].as_array().unwrap())
            .map(|part| part["text"].as_str().unwrap())
            .collect();
        let sent: String = talk.iter().map(|(_, words)| words.as_str()).collect();
        prop_assert_eq!(words, sent + "end");
    }
}
