use super::*;
use crate::domain::chat::{FinishReason, Seal};
use proptest::prelude::*;
use serde_json::json;

/// The deltas, and the result of the stream.
fn decode(pieces: &[&[u8]]) -> (Vec<Delta>, Result<(), StreamFault>) {
    let mut decoder = Decoder::new(Maker::OpenAi);
    let mut out = Vec::new();
    for piece in pieces {
        if let Err(fault) = decoder.push(Bytes::copy_from_slice(piece), &mut out) {
            return (out, Err(fault));
        }
    }
    let end = decoder.finish(&mut out);
    (out, end)
}

fn stream_of(events: &[Value]) -> String {
    events.iter().map(|event| format!("data: {event}\n\n")).collect()
}

fn decoded(events: &[Value]) -> Vec<Delta> {
    let (mut out, end) = decode(&[stream_of(events).as_bytes()]);
    assert_eq!((end, out.pop()), (Ok(()), Some(Delta::Done)));
    out.retain(|delta| !matches!(delta, Delta::Begin { .. } | Delta::Finish { .. }));
    out
}

fn completed() -> Value {
    json!({"type": "response.completed", "response": {"status": "completed", "output": []}})
}

fn text(text: &str) -> Delta {
    Delta::Text { choice: 0, text: text.into() }
}

macro_rules! golden {
    ($name:literal) => {{
        let stream =
            include_str!(concat!("../../../../../tests/fixtures/responses/", $name, ".sse"));
        let expected =
            include_str!(concat!("../../../../../tests/fixtures/responses/", $name, ".txt"));
        let whole = decode(&[stream.as_bytes()]);
        assert_eq!(format!("{whole:#?}\n"), expected, $name);
        for cut in 0..stream.len() {
            let (one, other) = stream.as_bytes().split_at(cut);
            assert_eq!(decode(&[one, other]), whole, "{} cut at {cut}", $name);
        }
        let bytes: Vec<&[u8]> = stream.as_bytes().chunks(1).collect();
        assert_eq!(decode(&bytes), whole, $name);
    }};
}

#[test]
fn streams_are_read_as_the_golden_files_say_however_they_are_cut() {
    golden!("stream_text");
    golden!("stream_tools");
    golden!("stream_error");
    golden!("stream_failed");
    golden!("stream_late");
}

#[test]
fn a_stream_that_breaks_off_is_a_fault_and_never_done() {
    let stream = include_str!("../../../../../tests/fixtures/responses/stream_text.sse").trim_end();
    for cut in 0..stream.len() {
        let (out, end) = decode(&[&stream.as_bytes()[..cut]]);
        assert_eq!(end, Err(StreamFault::Malformed), "cut at {cut}");
        assert!(!out.contains(&Delta::Done));
    }
}

#[test]
fn content_only_at_the_end_of_a_part_is_kept_and_nothing_is_emitted_twice() {
    let part = json!({"type": "output_text", "text": "abc"});
    let item = json!({"type": "message", "content": [part]});
    let at = |kind: &str, name: &str, value: &Value| json!({"type": kind, "output_index": 0, "content_index": 0, name: value});
    let delta = at("response.output_text.delta", "delta", &json!("a"));
    let done = at("response.output_text.done", "text", &json!("abc"));
    let part_done = at("response.content_part.done", "part", &part);
    let item_done = at("response.output_item.done", "item", &item);
    let end = json!({"type": "response.completed", "response": {"output": [item]}});
    for (events, expected) in [
        (vec![&done, &part_done, &item_done, &end], vec!["abc"]),
        (vec![&part_done, &item_done, &end], vec!["abc"]),
        (vec![&item_done, &item_done, &end], vec!["abc"]),
        (vec![&end], vec!["abc"]),
        (vec![&delta, &delta, &end], vec!["a", "a"]),
        (vec![&delta, &done, &delta, &item_done, &end], vec!["a", "bc"]),
        (vec![&delta, &item_done, &end], vec!["a", "bc"]),
    ] {
        let events: Vec<Value> = events.into_iter().cloned().collect();
        let expected: Vec<Delta> = expected.into_iter().map(text).collect();
        assert_eq!(decoded(&events), expected, "{events:?}");
    }
}

#[test]
fn encrypted_reasoning_only_in_the_final_response_is_kept() {
    let thought =
        json!({"type": "response.reasoning_text.delta", "output_index": 0, "delta": "hm"});
    let item = json!({"type": "reasoning", "id": "rs_1", "encrypted_content": "E",
        "content": [{"type": "reasoning_text", "text": "hm"}]});
    let end = json!({"type": "response.completed", "response": {"output": [item]}});
    let sealed = Seal::new(Maker::OpenAi, "E");
    let expected = [
        Delta::Thinking { choice: 0, text: "hm".into() },
        Delta::ThinkingOpaque { choice: 0, id: Some("rs_1".into()), sealed },
    ];
    assert_eq!(decoded(&[thought, end]), expected);
}

#[test]
fn images_refusals_and_what_is_unknown() {
    let image = json!({"type": "response.output_item.done", "output_index": 0,
        "item": {"type": "image_generation_call", "result": "AAAA"}});
    let refusal = json!({"type": "response.refusal.delta", "output_index": 1, "delta": "No"});
    let whole = json!({"type": "response.refusal.done", "output_index": 1, "refusal": "No."});
    let unknown = json!({"type": "response.output_text.annotation.added", "delta": [], "item": 5});
    let source =
        crate::domain::chat::Media::Inline { media_type: "image/png".into(), data: "AAAA".into() };
    let refused = |text: &str| Delta::Refusal { choice: 0, text: text.into() };
    assert_eq!(
        decoded(&[image, unknown, json!({"type": "later"}), refusal, whole, completed()]),
        [Delta::Image { choice: 0, source }, refused("No"), refused(".")]
    );
}

#[test]
fn every_shape_of_an_error_is_reported() {
    for (event, message, code) in [
        (json!({"type": "error", "code": "x", "message": "a"}), "a", Some("x")),
        (json!({"type": "error", "code": null, "message": "a"}), "a", None),
        (json!({"type": "error", "error": {"type": "t", "message": "a"}}), "a", Some("t")),
        (json!({"error": {"code": 429, "message": "a"}}), "a", Some("429")),
        (json!({"type": "response.cancelled", "response": {}}), "the response was cancelled", None),
    ] {
        let (_, end) = decode(&[stream_of(std::slice::from_ref(&event)).as_bytes()]);
        let Err(StreamFault::Upstream(error)) = end else { panic!("{event}: {end:?}") };
        assert_eq!((error.message.as_str(), error.code.as_deref()), (message, code), "{event}");
    }
    let (_, end) = decode(&[br#"{"error":{"message":"no stream"}}"#]);
    assert!(matches!(end, Err(StreamFault::Upstream(error)) if error.message == "no stream"));
}

#[test]
fn too_many_pieces_are_refused() {
    let piece = |index: usize| json!({"type": "response.output_text.delta", "output_index": index, "delta": "a"});
    let events: Vec<Value> = (0..20_000).map(piece).collect();
    assert_eq!(decode(&[stream_of(&events).as_bytes()]).1, Err(StreamFault::Malformed));
}

#[test]
fn comments_and_chats_own_end_are_passed_over() {
    let delta = json!({"type": "response.output_text.delta", "delta": "a"});
    let stream = format!(": hi\n\n{}data: [DONE]\n\n", stream_of(&[delta, completed()]));
    assert_eq!(decode(&[stream.as_bytes()]).1, Ok(()));
    assert_eq!(decode(&[b"data: [DONE]\n\n"]).1, Err(StreamFault::Malformed));
}

#[test]
fn a_completion_without_an_item_emits_nothing() {
    assert_eq!(decode(&[stream_of(&[completed()]).as_bytes()]).1, Err(StreamFault::Empty));
}

proptest! {
    #[test]
    fn parallel_calls_in_any_interleaving_keep_their_ids(
        steps in prop::collection::vec((0usize..4, ".{0,4}"), 1..40),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut events = Vec::new();
        let mut whole: Vec<(usize, String)> = Vec::new();
        for (call, fragment) in &steps {
            if !whole.iter().any(|(known, _)| known == call) {
                let item = json!({"type": "function_call", "call_id": format!("c{call}"), "name": "f", "arguments": ""});
                events.push(json!({"type": "response.output_item.added", "output_index": call, "item": item}));
                whole.push((*call, String::new()));
            }
            let (_, text) = whole.iter_mut().find(|(known, _)| known == call).unwrap();
            text.push_str(fragment);
            events.push(json!({"type": "response.function_call_arguments.delta", "output_index": call, "delta": fragment}));
        }
        for (call, text) in &mut whole {
            text.push('}');
            let item = json!({"type": "function_call", "call_id": format!("c{call}"), "name": "f", "arguments": text});
            events.push(json!({"type": "response.output_item.done", "output_index": call, "item": item}));
        }
        events.push(completed());
        let stream = stream_of(&events);
        let (one, other) = stream.as_bytes().split_at(cut.index(stream.len()));
        let (out, end) = decode(&[one, other]);
        prop_assert_eq!(end, Ok(()));
        let mut found: Vec<(String, String)> = Vec::new();
        for delta in out {
            match delta {
                Delta::ToolCallBegin { index, id, .. } => {
                    prop_assert_eq!(usize::try_from(index), Ok(found.len()));
                    found.push((id, String::new()));
                }
                Delta::ToolCallArguments { index, fragment, .. } => {
                    found[usize::try_from(index).unwrap()].1.push_str(&fragment);
                }
                Delta::Finish { reason, .. } => {
                    prop_assert_eq!(reason, FinishReason::ToolCalls);
                }
                _ => {}
            }
        }
        let expected: Vec<(String, String)> =
            whole.into_iter().map(|(call, text)| (format!("c{call}"), text)).collect();
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn no_bytes_make_it_panic(
        kinds in prop::collection::vec((0usize..9, -1i64..3, any::<String>()), 0..30),
        cut in any::<prop::sample::Index>(),
    ) {
        let names = ["output_text.delta", "output_text.done", "output_item.added", "output_item.done",
            "function_call_arguments.done", "reasoning_summary_text.delta", "content_part.done", "done", "completed"];
        let event = |(kind, index, text): &(usize, i64, String)| json!({
            "type": format!("response.{}", names[*kind]), "output_index": index, "content_index": index,
            "delta": text, "text": text, "arguments": text, "part": {"type": "output_text", "text": text},
            "item": {"type": "function_call", "name": text, "arguments": text},
            "response": {"output": [{"type": "message", "content": [{"type": "refusal", "refusal": text}]}]},
        });
        let stream = stream_of(&kinds.iter().map(event).collect::<Vec<_>>());
        let whole = decode(&[stream.as_bytes()]);
        let at = cut.index(stream.len() + 1);
        let (one, other) = stream.as_bytes().split_at(at);
        prop_assert_eq!(decode(&[one, other]), whole);
    }
}
