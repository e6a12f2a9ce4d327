use super::*;
use crate::dialects::errors::UpstreamError;
use crate::dialects::invoke::client::stream::{Encoder, Framing};
use crate::dialects::openai::client::chunks::ChunkOptions;
use crate::dialects::sse::{FrameTooLong, MAX_FRAME_BYTES};
use crate::dialects::summary::{Served, Summary};
use crate::domain::chat::FinishReason;
use proptest::prelude::*;
use serde_json::json;
use std::collections::BTreeMap;

const ROUTER_LINES: &str = include_str!("../../../../../tests/fixtures/plain/router.jsonl");
const ROUTER_EVENTS: &str = include_str!("../../../../../tests/fixtures/plain/router.sse");
const DOCUMENT: &str = include_str!("../../../../../tests/fixtures/plain/document.json");
const EVENTS: &str = include_str!("../../../../../tests/fixtures/plain/plain_events.sse");

type Outcome = (Vec<Delta>, Result<(), StreamFault>);

fn decode_as(mapping: &PayloadMapping, pieces: &[&[u8]]) -> Outcome {
    let mut decoder = Decoder::new(mapping.clone());
    let mut out = Vec::new();
    for piece in pieces {
        if let Err(fault) = decoder.push(Bytes::copy_from_slice(piece), &mut out) {
            return (out, Err(fault));
        }
    }
    let outcome = decoder.finish(&mut out);
    (out, outcome)
}

fn decode(stream: &str) -> Outcome {
    decode_as(&PayloadMapping::default(), &[stream.as_bytes()])
}

fn with(response: serde_json::Value) -> PayloadMapping {
    serde_json::from_value(json!({"response": response})).unwrap()
}

fn said(deltas: &[Delta]) -> String {
    let texts = deltas.iter().filter_map(|delta| match delta {
        Delta::Text { text, .. } => Some(text.as_str()),
        _ => None,
    });
    texts.collect()
}

/// The finish reason, if there is one.
fn end(deltas: &[Delta]) -> Option<FinishReason> {
    assert!(deltas.iter().filter(|delta| **delta == Delta::Done).count() <= 1);
    deltas.iter().find_map(|delta| match delta {
        Delta::Finish { reason, .. } => Some(reason.clone()),
        _ => None,
    })
}

#[test]
fn streams_are_read() {
    let details = with(json!({"finish_reason": "/details/1/finish"}));
    for (stream, mapping, expected) in [
        (
            ROUTER_LINES,
            PayloadMapping::default(),
            include_str!("../../../../../tests/fixtures/plain/router_stream.txt"),
        ),
        (
            ROUTER_EVENTS,
            PayloadMapping::default(),
            include_str!("../../../../../tests/fixtures/plain/router_stream.txt"),
        ),
        (DOCUMENT, details, include_str!("../../../../../tests/fixtures/plain/document.txt")),
        (
            EVENTS,
            PayloadMapping::default(),
            include_str!("../../../../../tests/fixtures/plain/plain_events.txt"),
        ),
    ] {
        let (deltas, outcome) = decode_as(&mapping, &[stream.as_bytes()]);
        assert_eq!(outcome, Ok(()));
        assert_eq!(format!("{deltas:#?}\n"), expected);
    }
}

#[test]
fn cut_at_every_byte_they_read_the_same() {
    for (stream, line_end) in [
        (ROUTER_LINES, "\n"),
        (ROUTER_EVENTS, "\r\n"),
        (DOCUMENT, "\r\n"),
        (EVENTS, "\n"),
        (EVENTS, "\r\n"),
        (EVENTS, "\r"),
    ] {
        let whole = decode(stream);
        let stream = format!("\n \n{}", stream.trim_end().replace('\n', line_end)).into_bytes();
        for at in 0..stream.len() {
            let (one, other) = stream.split_at(at);
            assert_eq!(decode_as(&PayloadMapping::default(), &[one, other]), whole, "cut at {at}");
        }
        let bytes: Vec<&[u8]> = stream.chunks(1).collect();
        assert_eq!(decode_as(&PayloadMapping::default(), &bytes), whole);
    }
}

#[test]
fn a_truncated_stream_is_a_fault() {
    for stream in [ROUTER_LINES, ROUTER_EVENTS, DOCUMENT, EVENTS] {
        let stream = stream.trim_end();
        // A router sends the finish reason before its last line, which may therefore be missing.
        // And a stream that ends after one document is a whole answer, unless the document denies
        // it.
        let last = stream.rfind("\"is_final\":false").unwrap_or(stream.len());
        let second = stream.find("data: {\"response\":\" two").map_or(0, |at| at + 25);
        for at in second..last {
            let (deltas, outcome) =
                decode_as(&PayloadMapping::default(), &[&stream.as_bytes()[..at]]);
            assert_eq!(outcome, Err(StreamFault::Malformed), "ended at {at}");
            assert!(!deltas.contains(&Delta::Done), "ended at {at}");
        }
    }
    let cut_in_last = &ROUTER_LINES[..ROUTER_LINES.len() - 3];
    assert_eq!(decode(cut_in_last).1, Err(StreamFault::Malformed));
}

#[test]
fn what_makes_an_answer_complete() {
    let stop = || Some(FinishReason::Stop);
    for (stream, text, reason) in [
        ("{\"text\":\"a\"}\n{\"text\":\"b\",\"is_final\":true}{\"text\":\"c\"}", "ab", stop()),
        ("{\"text\":\"a\"}{\"text\":\"b\"}\n[DONE]\nnonsense", "ab", stop()),
        (
            "{\"text\":\"a\",\"finish_reason\":\"\"}\n{\"finish_reason\":\"length\"}\n{\"text\":\"b\"}",
            "ab",
            Some(FinishReason::Length),
        ),
        ("data: {\"text\":\"a\"}\ndata: {\"text\":\"b\"}\n\ndata: [DONE]", "ab", stop()),
        ("data: {\"text\":\"a\"}\n\ndata: [DONE]\n\ndata: {\n\n", "a", stop()),
        ("\"a\\\"]\"\nnull\n5\n", "a\"]", stop()),
        ("[{\"generated_text\":\"a\"}]", "a", stop()),
        ("{\"text\":\"a\"}\n", "a", stop()),
        ("{\"text\":\"\"}", "", stop()),
        ("{\"tool_calls\":[{\"function\":{\"name\":\"f\"}}]}", "", Some(FinishReason::ToolCalls)),
    ] {
        let (deltas, outcome) = decode(stream);
        assert_eq!((outcome, said(&deltas)), (Ok(()), text.into()), "{stream}");
        assert_eq!((end(&deltas), deltas.last()), (reason, Some(&Delta::Done)), "{stream}");
        assert!(matches!(deltas[0], Delta::Begin { .. }), "{stream}");
    }
    for stream in [
        "",
        " \n",
        "null",
        "<html>",
        "nonsense\n",
        ": ping\n\n",
        "{\"text\":\"a\"}\n{\"text\":\"b\"}\n",
        "{\"text\":\"a\",\"is_final\":false}",
        "{\"text\":\"a\",\"delta\":{}}",
        "{\"progress\":1}",
        "{\"text\":\"a\"}}",
        "{\"text\":\"a\"]",
        "data: nonsense\n\n",
        "data: {\"text\":\n\ndata: \"a\"}\n\n",
        "{\"is_final\":true,\"tool_calls\":[{\"function\":{\"arguments\":\"{}\"}}]}",
    ] {
        let (deltas, outcome) = decode(stream);
        assert_eq!(outcome, Err(StreamFault::Malformed), "{stream}");
        assert_eq!(end(&deltas), None, "{stream}");
    }
    for stream in [
        "data: [DONE]\n\n",
        "{\"is_final\":true}",
        "{\"progress\":1}\n{\"finish_reason\":\"stop\"}",
        "{\"reasoning\":\"a\",\"is_final\":true}",
    ] {
        assert_eq!(decode(stream).1, Err(StreamFault::Empty), "{stream}");
    }
}

#[test]
fn text_is_only_taken_from_where_the_operator_says() {
    let mapping = with(json!({"text": "/token/text", "finish_reason": "/details/why",
        "completion_tokens": "/details/n"}));
    let stream = "data:{\"token\":{\"text\":\"a\"},\"generated_text\":null}\n\n\
        data:{\"token\":{\"text\":\"b\"},\"generated_text\":\"ab\",\"details\":{\"why\":\"length\",\"n\":2}}\n\n";
    let (deltas, outcome) = decode_as(&mapping, &[stream.as_bytes()]);
    assert_eq!((outcome, said(&deltas).as_str()), (Ok(()), "ab"));
    assert_eq!(end(&deltas), Some(FinishReason::Length));
    assert!(deltas.iter().any(|delta| matches!(delta, Delta::Usage(usage) if usage.total == 2)));
}

#[test]
fn an_error_ends_the_stream_after_its_content() {
    let first = "{\"text\":\"about {\\\"error\\\":1}\",\"error\":null}";
    let own = with(json!({"error": "/fault"}));
    for (rest, message, code) in [
        (
            "\n{\"error\":{\"detail\":\"no room\",\"code\":\"busy\",\"request_id\":\"r\"},\"is_final\":true}\n",
            "no room",
            Some("busy"),
        ),
        ("\n{\"error\":\"no room\"}", "no room", None),
        ("\n{\"fault\":{\"msg\":\"no room\",\"code\":5}}", "no room", Some("5")),
    ] {
        let (deltas, outcome) = decode_as(&own, &[format!("{first}{rest}").as_bytes()]);
        let error = UpstreamError { message: message.into(), code: code.map(str::to_owned) };
        assert_eq!(outcome, Err(StreamFault::Upstream(error)), "{rest}");
        assert_eq!((said(&deltas).as_str(), end(&deltas)), ("about {\"error\":1}", None));
    }
    for data in ["no room", "\"no room\"", "{\"message\":\"no room\"}"] {
        let stream = format!("data: {first}\n\nevent: error\ndata: {data}\n\n");
        assert_eq!(decode(&stream).1.unwrap_err().to_string(), "no room", "{data}");
    }
}

#[test]
fn a_value_without_end_is_refused() {
    for start in ["{\"text\":\"", "data: {\"text\":\"", ": "] {
        let mut decoder = Decoder::new(PayloadMapping::default());
        let mut out = Vec::new();
        decoder.push(Bytes::copy_from_slice(start.as_bytes()), &mut out).unwrap();
        let half = Bytes::from(vec![b'x'; MAX_FRAME_BYTES / 2]);
        decoder.push(half.clone(), &mut out).unwrap();
        let fault = decoder.push(half, &mut out);
        assert_eq!(fault, Err(StreamFault::TooLong(FrameTooLong)), "{start}");
    }
}

#[test]
fn calls_that_are_numbered_or_named_badly_are_told_apart() {
    let call = |call: &str| format!("{{\"delta\":{{\"tool_calls\":[{call}]}}}}\n");
    let stream = [
        call(r#"{"index":0,"id":"a","function":{"name":"f","arguments":"1"}}"#),
        call(r#"{"index":0,"id":"b","function":{"name":"f","arguments":"2"}}"#),
        call(r#"{"index":0,"function":{"name":"","arguments":"3"}}"#),
        call(r#"{"id":"b","function":{"name":"g","arguments":{"n":18446744073709551617}}}"#),
        call(r#"{"id":"c","function":{"arguments":"4"}}"#),
        call(r#"{"id":"a","function":{"arguments":"5"}}"#),
        call(r#"{"id":"c","function":{"arguments":"6"}}"#),
        call(r#"{"index":3,"function":{"arguments":"x"}}"#),
        call(r#"{"index":3,"function":{"name":"h","arguments":"7"}}"#),
        String::from("[DONE]"),
    ];
    let (deltas, _) = decode(&stream.concat());
    let (names, arguments) = heard(&deltas);
    assert_eq!(names[0], ("a".into(), "f".into()));
    assert_eq!(names[1], ("b".into(), "f".into()));
    assert_eq!((names[2].0.starts_with("call_"), names[2].1.as_str()), (true, "g"));
    assert_eq!(arguments, ["15", "23", "{\"n\":18446744073709551617}", "x7"]);
    // The call `c` never gets a name.
    assert_eq!(decode(&stream.concat()).1, Err(StreamFault::Malformed));
}

#[test]
fn a_call_without_a_name_takes_no_index() {
    let call = |call: &str| format!("{{\"delta\":{{\"tool_calls\":[{call}]}}}}\n");
    let stream = [
        call(r#"{"index":0,"id":"a","function":{"arguments":"1"}}"#),
        call(r#"{"index":1,"id":"b","function":{"name":"f","arguments":"2"}}"#),
        call(r#"{"index":2,"id":"c","function":{"name":"g","arguments":"3"}}"#),
    ];
    let (deltas, outcome) = decode(&stream.concat());
    let indexes = deltas.iter().filter_map(|delta| match delta {
        Delta::ToolCallBegin { index, .. } => Some(*index),
        _ => None,
    });
    assert_eq!(indexes.collect::<Vec<_>>(), [0, 1]);
    assert_eq!(heard(&deltas).1, ["2", "3"]);
    assert_eq!(outcome, Err(StreamFault::Malformed));
}

/// Ids and names of the calls, and their arguments.
fn heard(deltas: &[Delta]) -> (Vec<(String, String)>, Vec<String>) {
    let (mut names, mut arguments) = (Vec::new(), BTreeMap::<u64, String>::new());
    for delta in deltas {
        match delta {
            Delta::ToolCallBegin { index, id, name, .. } => {
                names.push((id.clone(), name.clone()));
                assert!(arguments.insert(*index, String::new()).is_none());
            }
            Delta::ToolCallArguments { index, fragment, .. } => {
                arguments.get_mut(index).unwrap().push_str(fragment);
            }
            _ => {}
        }
    }
    (names, arguments.into_values().collect())
}

proptest! {
    /// A router's stream of any chat is readable by this dialect.
    #[test]
    fn one_router_reads_another(
        steps in prop::collection::vec((any::<String>(), 0usize..3), 1..8),
        is_events in any::<bool>(), cut in 0usize..400,
    ) {
        let (mut text, mut begun) = (String::new(), [false; 3]);
        let mut arguments: Vec<(usize, String)> = Vec::new();
        let framing = if is_events { Framing::Events } else { Framing::Lines };
        let encoder = Encoder::new(framing, ChunkOptions::default());
        let mut stream = Vec::new();
        for (step, at) in &steps {
            text.push_str(step);
            let mut call = json!({"index": at, "function": {"arguments": step}});
            if !std::mem::replace(&mut begun[*at], true) {
                call["id"] = json!(format!("id{at}"));
                call["function"]["name"] = json!("f");
                arguments.push((*at, String::new()));
            }
            arguments.iter_mut().find(|(call, _)| call == at).unwrap().1.push_str(step);
            let delta = json!({"content": step, "tool_calls": [call]});
            let chunk = json!({"choices": [{"delta": delta}]}).to_string();
            encoder.encode_chunk(chunk.as_bytes(), &mut stream);
        }
        let summary = Summary { finish_reason: Some("tool_calls".into()), ..Summary::default() };
        let served = Served { model: "m", provider: "p", request_id: "r", cost: None, elapsed: std::time::Duration::ZERO };
        stream.extend_from_slice(&framing.close(&summary, &served));

        let (one, other) = stream.split_at(cut.min(stream.len()));
        let (deltas, outcome) = decode_as(&PayloadMapping::default(), &[one, other]);
        prop_assert_eq!((outcome, end(&deltas)), (Ok(()), Some(FinishReason::ToolCalls)));
        prop_assert_eq!(said(&deltas), text);
        let (names, heard) = heard(&deltas);
        let ids: Vec<String> = names.into_iter().map(|(id, _)| id).collect();
        let expected: Vec<String> = arguments.iter().map(|(at, _)| format!("id{at}")).collect();
        prop_assert_eq!(ids, expected);
        prop_assert_eq!(heard, arguments.into_iter().map(|(_, text)| text).collect::<Vec<_>>());
    }
}

#[test]
fn an_unlabelled_error_is_recognised_at_the_start_and_after_text() {
    for error in [
        "{\"code\":500,\"message\":\"oh\"}",
        "{\"code\":\"busy\",\"msg\":\"oh\"}",
        "{\"object\":\"error\",\"message\":\"oh\"}",
    ] {
        for before in ["", "{\"text\":\"a\"}\n"] {
            let (_, outcome) = decode(&format!("{before}{error}\n[DONE]"));
            assert_eq!(outcome.unwrap_err().to_string(), "oh", "{before}{error}");
        }
    }
    for news in ["{\"code\":200,\"message\":\"fine\"}", "{\"code\":20000,\"message\":\"begun\"}"] {
        let (deltas, outcome) = decode(&format!("{news}\n{{\"text\":\"a\"}}\n{news}\n[DONE]"));
        assert_eq!((outcome, said(&deltas)), (Ok(()), String::from("a")), "{news}");
    }
}

#[test]
fn a_service_that_gave_up_or_failed_at_its_end_is_a_fault() {
    let ended = |text: &str, word: &str| {
        decode(&format!(
            "{{\"text\":\"{text}\"}}\n{{\"finish_reason\":\"{word}\",\"is_final\":true}}"
        ))
        .1
    };
    assert!(matches!(ended("", "of_tomorrow"), Err(StreamFault::GaveUp(_))));
    assert_eq!(ended("a", "of_tomorrow"), Ok(()));
    assert!(matches!(ended("a", "error"), Err(StreamFault::Upstream(_))));
}
