use super::*;
use crate::dialects::envelope::Envelope;
use crate::domain::chat::Maker;
use crate::domain::usage::Usage;

fn text(text: &str) -> Delta {
    Delta::Text { choice: 0, text: text.into() }
}

fn thinking(text: &str) -> Delta {
    Delta::Thinking { choice: 0, text: text.into() }
}

fn call(index: u64, id: &str) -> Delta {
    let (name, signature) = (format!("f{index}"), None);
    Delta::ToolCallBegin { choice: 0, index, id: id.into(), name, signature }
}

fn arguments(index: u64, fragment: &str) -> Delta {
    Delta::ToolCallArguments { choice: 0, index, fragment: fragment.into() }
}

fn finish(reason: FinishReason) -> Delta {
    Delta::Finish { choice: 0, reason }
}

/// The events of a stream of these deltas, one a line and short.
fn events(deltas: &[Delta], usage: Option<Usage>) -> Vec<String> {
    let options =
        AnswerOptions { served_by: "up/m".into(), prompt_tokens: 70, ..AnswerOptions::default() };
    let mut encoder = Encoder::new(options);
    let mut out = Vec::new();
    encoder.encode(deltas, &mut out);
    let summary = Summary { usage, tokens: 5, ..Summary::default() };
    out.extend_from_slice(&encoder.close(&summary));
    let text = String::from_utf8(out).unwrap();
    text.split_terminator("\n\n").map(shown).collect()
}

fn shown(frame: &str) -> String {
    let (event, data) = frame.split_once('\n').unwrap();
    let data: Value = serde_json::from_str(data.strip_prefix("data: ").unwrap()).unwrap();
    assert_eq!(event, format!("event: {}", data["type"].as_str().unwrap()));
    let index = &data["index"];
    let delta = &data["delta"];
    match data["type"].as_str().unwrap() {
        "content_block_start" => {
            let block = &data["content_block"];
            format!(
                "+{index} {} {}",
                block["type"].as_str().unwrap(),
                block["id"].as_str().unwrap_or("")
            )
            .trim_end()
            .to_owned()
        }
        "content_block_delta" => match delta["type"].as_str().unwrap() {
            "signature_delta" => {
                let envelope = Envelope::read(delta["signature"].as_str().unwrap());
                let shown = envelope.map(|it| format!("{:?} {}", it.holds, it.data));
                let own = || delta["signature"].as_str().unwrap().to_owned();
                format!("~{index} signature {}", shown.unwrap_or_else(own)).trim_end().to_owned()
            }
            kind => {
                let names = ["text", "thinking", "partial_json"];
                let said = names.iter().find_map(|name| delta[*name].as_str()).unwrap();
                format!("~{index} {} {said}", kind.trim_end_matches("_delta"))
            }
        },
        "content_block_stop" => format!("-{index}"),
        "message_delta" => {
            format!("end {} {}", delta["stop_reason"].as_str().unwrap(), data["usage"])
        }
        "message_start" => format!(
            "start {} {}",
            data["message"]["id"].as_str().unwrap(),
            data["message"]["usage"]["input_tokens"]
        ),
        other => other.to_owned(),
    }
}

fn begin() -> Delta {
    Delta::Begin { id: "chatcmpl-1".into(), model: "m".into() }
}

#[test]
fn text_and_thinking_are_blocks_in_a_row() {
    let usage = Usage { prompt: 9, cached: 4, completion: 3, ..Usage::default() };
    let deltas = [
        begin(),
        thinking("h"),
        thinking("m"),
        text("Hel"),
        text("lo"),
        finish(FinishReason::Stop),
    ];
    let expected = [
        "start msg_chatcmpl-1 70",
        "+0 thinking",
        "~0 thinking h",
        "~0 thinking m",
        "~0 signature Nothing",
        "-0",
        "+1 text",
        "~1 text Hel",
        "~1 text lo",
        "-1",
        r#"end end_turn {"input_tokens":5,"cache_creation_input_tokens":0,"cache_read_input_tokens":4,"output_tokens":3}"#,
        "message_stop",
    ];
    assert_eq!(events(&deltas, Some(usage)), expected);
}

#[test]
fn calls_that_interleave_become_one_block_each() {
    let deltas = [
        begin(),
        call(0, "a|1"),
        arguments(0, "{\"x\":"),
        call(1, "b"),
        arguments(1, "{\"y\""),
        text("Well"),
        arguments(0, "1}"),
        arguments(1, ":2}"),
        call(2, "c"),
        finish(FinishReason::Stop),
    ];
    let expected = [
        "start msg_chatcmpl-1 70",
        "+0 tool_use a_1",
        "~0 input_json {\"x\":",
        "~0 input_json 1}",
        "-0",
        "+1 tool_use b",
        "~1 input_json {\"y\"",
        "~1 input_json :2}",
        "-1",
        "+2 text",
        "~2 text Well",
        "-2",
        "+3 tool_use c",
        "-3",
        r#"end tool_use {"input_tokens":70,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":5}"#,
        "message_stop",
    ];
    assert_eq!(events(&deltas, None), expected);
}

#[test]
fn signatures_travel_in_envelopes_and_anthropics_own_as_they_are() {
    let seal = |maker| Delta::ThinkingSignature { choice: 0, signature: Seal::new(maker, "s") };
    let signed = Delta::ToolCallBegin {
        choice: 0,
        index: 0,
        id: "a".into(),
        name: "f".into(),
        signature: Some("g".into()),
    };
    let deltas = [
        begin(),
        thinking("a"),
        seal(Maker::Anthropic),
        thinking("b"),
        seal(Maker::Google),
        signed,
        arguments(0, "{}"),
        finish(FinishReason::ToolCalls),
    ];
    let found = events(&deltas, None);
    let expected = [
        "start msg_chatcmpl-1 70",
        "+0 thinking",
        "~0 thinking a",
        "~0 signature s",
        "-0",
        "+1 thinking",
        "~1 thinking b",
        "~1 signature Seal s",
        "-1",
        "+2 thinking",
        "~2 signature CallSignature g",
        "-2",
        "+3 tool_use a",
        "~3 input_json {}",
        "-3",
    ];
    assert_eq!(found[..expected.len()], expected);
}

#[test]
fn an_empty_answer_is_a_whole_message() {
    let expected = [
        "start msg_chatcmpl-1 70",
        r#"end max_tokens {"input_tokens":70,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":5}"#,
        "message_stop",
    ];
    assert_eq!(events(&[begin(), finish(FinishReason::Length)], None), expected);
}
