//! Recorded streams, and streams that were never recorded but may come.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::domain::chat::{FinishReason, Maker, Seal};
use crate::domain::search::Search;
use crate::domain::usage::Usage;

const TEXT: &str = include_str!("../../../../../tests/fixtures/anthropic/stream_text.sse");
const TOOLS: &str = include_str!("../../../../../tests/fixtures/anthropic/stream_tools.sse");
const REFUSAL: &str = include_str!("../../../../../tests/fixtures/anthropic/stream_refusal.sse");
const ERROR: &str = include_str!("../../../../../tests/fixtures/anthropic/stream_error.sse");

fn try_decode(pieces: &[&[u8]]) -> (Vec<Delta>, Result<(), StreamFault>) {
    let mut decoder = Decoder::new();
    let mut out = Vec::new();
    for piece in pieces {
        if let Err(fault) = decoder.push(Bytes::copy_from_slice(piece), &mut out) {
            return (out, Err(fault));
        }
    }
    let end = decoder.finish(&mut out);
    (out, end)
}

fn decode(stream: &str) -> Vec<Delta> {
    let (out, end) = try_decode(&[stream.as_bytes()]);
    assert_eq!(end, Ok(()));
    out
}

fn frame(data: &Value) -> String {
    let kind = data["type"].as_str().unwrap();
    format!("event: {kind}\ndata: {data}\n\n")
}

fn start() -> String {
    frame(&json!({"type": "message_start", "message": {"id": "msg_1", "model": "m"}}))
}

fn stop() -> String {
    frame(&json!({"type": "message_stop"}))
}

fn block_start(index: usize, block: Value) -> String {
    frame(&json!({"type": "content_block_start", "index": index, "content_block": block}))
}

fn block_delta(index: usize, delta: Value) -> String {
    frame(&json!({"type": "content_block_delta", "index": index, "delta": delta}))
}

fn block_stop(index: usize) -> String {
    frame(&json!({"type": "content_block_stop", "index": index}))
}

fn begin() -> Delta {
    Delta::Begin { id: "msg_1".into(), model: "m".into() }
}

fn text(text: &str) -> Delta {
    Delta::Text { choice: 0, text: text.into() }
}

fn tool_begin(index: u64, id: &str, name: &str) -> Delta {
    Delta::ToolCallBegin { choice: 0, index, id: id.into(), name: name.into(), signature: None }
}

fn arguments(index: u64, fragment: &str) -> Delta {
    Delta::ToolCallArguments { choice: 0, index, fragment: fragment.into() }
}

#[test]
fn text_is_read_with_its_usage() {
    let usage = |completion| {
        let (prompt, cached) = (25 + 100, 100);
        Delta::Usage(Usage {
            prompt,
            completion,
            cached,
            total: prompt + completion,
            ..Usage::default()
        })
    };
    let expected = [
        Delta::Begin {
            id: "msg_1nZdL29xx5MUA1yADyHTEsnR8uuvGzszyY".into(),
            model: "claude-opus-4-8".into(),
        },
        usage(1),
        text("Hello"),
        text("!"),
        Delta::Finish { choice: 0, reason: FinishReason::Stop },
        usage(15),
        Delta::Done,
    ];
    assert_eq!(decode(TEXT), expected);
}

#[test]
fn thinking_and_parallel_calls_are_read_and_the_unknown_is_passed_over() {
    let thinking = |text: &str| Delta::Thinking { choice: 0, text: text.into() };
    let mut found = decode(TOOLS);
    found.retain(|delta| !matches!(delta, Delta::Usage(_)));
    let expected = [
        Delta::Begin {
            id: "msg_014p7gG3wDgGV9EUtLvnow3U".into(),
            model: "claude-sonnet-5-5".into(),
        },
        text("Okay"),
        thinking("Two "),
        thinking("cities."),
        Delta::ThinkingSignature {
            choice: 0,
            signature: Seal::new(Maker::Anthropic, "EqQBCgIYAhIM1gbcDa9GJwZA2b3h"),
        },
        Delta::ThinkingOpaque {
            choice: 0,
            id: None,
            sealed: Seal::new(Maker::Anthropic, "EmwKAhgBEgy3va3pzix"),
        },
        tool_begin(0, "toolu_01T1x1fJ34qAmk2tNTrN7Up6", "get_weather"),
        arguments(0, "{\"location\":"),
        arguments(0, " \"San Francisco, CA\"}"),
        tool_begin(1, "toolu_01B", "get_time"),
        arguments(1, "{}"),
        Delta::Search {
            choice: 0,
            search: Search {
                id: "srvtoolu_01".into(),
                queries: vec!["weather".into()],
                found: Vec::new(),
            },
        },
        Delta::Finish { choice: 0, reason: FinishReason::ToolCalls },
        Delta::Done,
    ];
    assert_eq!(found, expected);
}

#[test]
fn a_refusal_ends_with_its_explanation() {
    let found = decode(REFUSAL);
    let expected = [
        Delta::Refusal { choice: 0, text: "This looks like a bioweapon.".into() },
        Delta::Finish { choice: 0, reason: FinishReason::ContentFilter },
    ];
    assert!(found.windows(2).any(|pair| pair == expected), "{found:?}");
}

#[test]
fn an_error_after_a_good_status_is_told_and_what_came_before_it_is_kept() {
    let (out, end) = try_decode(&[ERROR.as_bytes()]);
    assert!(out.ends_with(&[text("Hel")]), "{out:?}");
    let Err(StreamFault::Upstream(error)) = end else { panic!("{end:?}") };
    assert_eq!(
        (error.message.as_str(), error.code.as_deref()),
        ("Overloaded", Some("overloaded_error"))
    );
}

#[test]
fn the_body_of_an_error_is_one_even_without_events() {
    for body in [
        "{\"type\":\"error\",\"error\":{\"type\":\"api_error\",\"message\":\"no\"}}",
        "data: {\"error\":{\"type\":\"api_error\",\"message\":\"no\"}}\n\n",
    ] {
        let (_, end) = try_decode(&[body.as_bytes()]);
        assert_eq!(end.unwrap_err().to_string(), "no");
    }
}

#[test]
fn cut_at_every_byte_it_reads_the_same() {
    for stream in [TEXT, TOOLS, REFUSAL, ERROR] {
        let crlf = stream.replace('\n', "\r\n");
        let whole = try_decode(&[stream.as_bytes()]);
        for stream in [stream, &crlf] {
            for at in 0..stream.len() {
                let (one, other) = stream.as_bytes().split_at(at);
                assert_eq!(try_decode(&[one, other]), whole, "cut at {at}");
            }
            let bytes: Vec<&[u8]> = stream.as_bytes().chunks(1).collect();
            assert_eq!(try_decode(&bytes), whole);
        }
    }
}

#[test]
fn a_stream_that_ends_before_the_answer_is_a_fault() {
    let whole = TEXT.trim_end().len();
    for at in 0..whole {
        let (out, end) = try_decode(&[&TEXT.as_bytes()[..at]]);
        assert_eq!(end, Err(StreamFault::Malformed), "ended at {at}");
        assert!(!out.contains(&Delta::Done));
    }
    assert_eq!(try_decode(&[&TEXT.as_bytes()[..whole]]).1, Ok(()));
}

#[test]
fn an_ending_that_is_repeated_counts_once() {
    let ending = json!({"type": "message_delta", "delta": {"stop_reason": "max_tokens"}});
    let unended = json!({"type": "message_delta", "delta": {"stop_reason": null}});
    let stream = [start(), frame(&unended), frame(&ending), frame(&ending), stop()];
    let finish = Delta::Finish { choice: 0, reason: FinishReason::Length };
    assert_eq!(decode(&stream.concat()), [begin(), finish, Delta::Done]);
}

#[test]
fn nothing_follows_the_end() {
    let stream = [start(), stop(), "data: [DONE]\n\n".into(), start(), stop()].concat();
    assert_eq!(decode(&stream), [begin(), Delta::Done]);
}

#[test]
fn data_that_is_no_json_and_a_block_without_a_beginning_are_faults() {
    for stream in ["data: nonsense\n\n".into(), block_start(0, json!({"type": "text", "text": ""}))]
    {
        assert_eq!(try_decode(&[stream.as_bytes()]).1, Err(StreamFault::Malformed));
    }
}

#[test]
fn a_call_whose_arguments_come_at_once_keeps_them() {
    let call = json!({"type": "tool_use", "id": "", "name": "f", "input": {"a": 1.5}});
    let stream = [
        start(),
        block_start(3, call.clone()),
        block_delta(3, json!({"type": "input_json_delta", "partial_json": ""})),
        block_stop(3),
        block_start(4, call),
        stop(),
    ];
    let expected = [
        begin(),
        tool_begin(0, "call_0", "f"),
        arguments(0, "{\"a\":1.5}"),
        tool_begin(1, "call_1", "f"),
        arguments(1, "{\"a\":1.5}"),
        Delta::Done,
    ];
    assert_eq!(decode(&stream.concat()), expected);
}

#[test]
fn a_signature_in_pieces_goes_out_whole_also_for_thinking_without_text() {
    let piece = |text: &str| block_delta(0, json!({"type": "signature_delta", "signature": text}));
    let stream = [
        start(),
        block_start(0, json!({"type": "thinking", "thinking": "", "signature": ""})),
        piece("ab"),
        piece("cd"),
        block_stop(0),
        stop(),
    ];
    let signature =
        Delta::ThinkingSignature { choice: 0, signature: Seal::new(Maker::Anthropic, "abcd") };
    assert_eq!(decode(&stream.concat()), [begin(), signature, Delta::Done]);
}

#[test]
fn unknown_fields_of_any_type_are_passed_over() {
    let stream = [
        start(),
        frame(&json!({"type": "of_tomorrow", "index": "x", "usage": [], "delta": 7})),
        block_start(0, json!({"type": "server_tool_use", "id": 5, "text": {}, "input": 1})),
        block_delta(0, json!({"type": "input_json_delta", "partial_json": "{\"query\":1}"})),
        block_delta(0, json!({"type": "of_tomorrow", "text": {"a": 1}})),
        block_stop(0),
        block_delta(1, json!({"type": "text_delta", "text": "a", "new": 1})),
        stop(),
    ];
    assert_eq!(decode(&stream.concat()), [begin(), text("a"), Delta::Done]);
}

proptest! {
    #[test]
    fn any_text_in_any_pieces_arrives_unharmed(
        texts in prop::collection::vec(any::<String>(), 0..6),
        size in 1usize..40,
    ) {
        let deltas = texts.iter().map(|text| block_delta(0, json!({"type": "text_delta", "text": text})));
        let stream = start() + &deltas.collect::<String>() + &stop();
        let pieces: Vec<&[u8]> = stream.as_bytes().chunks(size).collect();
        let (out, end) = try_decode(&pieces);
        prop_assert_eq!(end, Ok(()));
        let said: String = out.iter().filter_map(|delta| match delta {
            Delta::Text { text, .. } => Some(text.as_str()),
            _ => None,
        }).collect();
        prop_assert_eq!(said, texts.concat());
    }

    #[test]
    fn parallel_calls_in_any_interleaving_keep_their_ids(
        order in prop::collection::vec(0usize..5, 0..40),
    ) {
        // Each turn of a call: its beginning, three fragments, its end.
        let mut steps = [0usize; 5];
        let mut stream = start();
        let mut begun = Vec::new();
        let mut advance = |call: usize, stream: &mut String| {
            let block = call * 2;
            match steps[call] {
                0 => {
                    begun.push(call);
                    let id = format!("toolu_{call}");
                    *stream += &block_start(block, json!({"type": "tool_use", "id": id, "name": "f", "input": {}}));
                }
                step @ 1..=3 => {
                    let fragment = [format!("{{\"a\":{call}"), ",\"b\":2".into(), "}".into()][step - 1].clone();
                    *stream += &block_delta(block, json!({"type": "input_json_delta", "partial_json": fragment}));
                }
                4 => *stream += &block_stop(block),
                _ => {}
            }
            steps[call] += 1;
        };
        for call in order {
            advance(call, &mut stream);
        }
        for call in 0..5 {
            for _ in 0..5 {
                advance(call, &mut stream);
            }
        }
        stream += &stop();
        let mut ids = Vec::new();
        let mut texts = vec![String::new(); 5];
        for delta in decode(&stream) {
            match delta {
                Delta::ToolCallBegin { index, id, .. } => {
                    prop_assert_eq!(usize::try_from(index).unwrap(), ids.len());
                    ids.push(id);
                }
                Delta::ToolCallArguments { index, fragment, .. } => {
                    texts[usize::try_from(index).unwrap()].push_str(&fragment);
                }
                _ => {}
            }
        }
        let expected: Vec<String> = begun.iter().map(|call| format!("toolu_{call}")).collect();
        prop_assert_eq!(ids, expected);
        for (text, call) in texts.iter().zip(begun) {
            prop_assert_eq!(text, &format!("{{\"a\":{call},\"b\":2}}"));
        }
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), at in 0usize..2000) {
        let mut broken = TOOLS.as_bytes().to_vec();
        let at = at.min(broken.len());
        broken.splice(at..at, bytes);
        let _ = try_decode(&[&broken]);
    }
}
