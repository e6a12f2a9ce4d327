//! Streams of the OpenAI family as each member sends them: every byte of every event is passed on,
//! except for an index with which SDKs cannot assemble a call; the record is right however the
//! bytes are split.

use bytes::Bytes;
use llm_router::dialects::openai::upstream::stream::Observer;
use llm_router::dialects::summary::Summary;
use llm_router::domain::usage::Usage;
use serde_json::Value;

macro_rules! streams {
    ($($name:literal),*) => {
        [$(($name, include_str!(concat!("../fixtures/openai/", $name, ".sse")))),*]
    };
}

const STREAMS: [(&str, &str); 8] =
    streams!["openai", "deepseek", "glm", "kimi", "mistral", "openrouter", "qwen", "xai"];

/// What goes on of a stream: GLM counts its calls from 1, SDKs from 0.
fn numbered(name: &str, stream: &str) -> String {
    let count = |stream: &str| stream.matches(r#""tool_calls":[{"index":1"#).count();
    assert_eq!(count(stream), usize::from(name == "glm"), "{name}");
    stream.replace(r#""tool_calls":[{"index":1"#, r#""tool_calls":[{"index":0"#)
}

/// What the client gets, and what the record needs.
fn decode(pieces: &[&[u8]], wants_usage: bool) -> (String, Summary) {
    let mut observer = Observer::new(wants_usage);
    let mut out = Vec::new();
    for piece in pieces {
        observer.push(Bytes::copy_from_slice(piece), &mut out).unwrap();
    }
    observer.finish(&mut out).unwrap();
    (String::from_utf8(out.concat()).unwrap(), observer.summary().clone())
}

/// The chunks, without what they say of usage; one that says nothing else is none.
fn without_usage(text: &str) -> Vec<Value> {
    let frames = text.replace("\r\n", "\n");
    let datas = frames.split("\n\n").filter_map(|frame| frame.strip_prefix("data: "));
    let chunks = datas.filter_map(|data| serde_json::from_str::<Value>(data).ok());
    let plain = chunks.filter_map(|mut chunk| {
        let usage = chunk.as_object_mut()?.shift_remove("usage");
        let is_usage_only = usage.is_some() && chunk["choices"] == serde_json::json!([]);
        (!is_usage_only).then_some(chunk)
    });
    plain.collect()
}

#[test]
fn every_byte_of_every_member_goes_on_and_the_records_are_right() {
    let usage = |prompt, completion, cached, reasoning| Usage {
        prompt,
        completion,
        cached,
        reasoning,
        total: prompt + completion,
        ..Usage::default()
    };
    for (name, stream) in STREAMS {
        let (reason, expected) = match name {
            "openai" => ("stop", usage(20, 2, 0, 0)),
            "deepseek" => ("stop", usage(1200, 40, 1024, 31)),
            "glm" => ("tool_calls", usage(7, 11, 0, 0)),
            "kimi" => ("stop", usage(30, 9, 16, 0)),
            "mistral" => ("stop", usage(8, 12, 0, 0)),
            "openrouter" => ("stop", usage(14, 25, 0, 20)),
            "qwen" => ("tool_calls", usage(50, 20, 0, 0)),
            // xAI counts reasoning beside the completion; both are paid.
            _ => ("stop", usage(12, 225, 4, 220)),
        };
        let (got, seen) = decode(&[stream.as_bytes()], true);
        let numbered = numbered(name, stream);
        let events: Vec<&str> =
            numbered.split_inclusive("\n\n").filter(|frame| !frame.starts_with(':')).collect();
        assert_eq!(got, events.concat(), "{name}");
        assert_eq!((seen.usage, seen.is_done), (Some(expected), true), "{name}");
        assert_eq!(seen.finish_reason.as_deref(), Some(reason), "{name}");
        assert_eq!(seen.tokens as usize, stream.matches("data: {").count(), "{name}");
    }
}

#[test]
fn usage_that_was_not_asked_for_is_all_that_goes() {
    for (name, stream) in STREAMS {
        let (got, seen) = decode(&[stream.as_bytes()], false);
        assert_eq!(without_usage(&got), without_usage(&numbered(name, stream)), "{name}");
        assert!(!got.contains("\"total_tokens\"") || name == "kimi", "{name}: {got}");
        assert_eq!(seen, decode(&[stream.as_bytes()], true).1, "{name}");
    }
}

#[test]
fn cut_at_every_byte_they_read_the_same() {
    for (name, stream) in STREAMS {
        for wants_usage in [true, false] {
            let whole = decode(&[stream.as_bytes()], wants_usage);
            for at in 0..stream.len() {
                let (one, other) = stream.as_bytes().split_at(at);
                assert_eq!(decode(&[one, other], wants_usage), whole, "{name} cut at {at}");
            }
            let bytes: Vec<&[u8]> = stream.as_bytes().chunks(1).collect();
            assert_eq!(decode(&bytes, wants_usage), whole, "{name}, byte by byte");
        }
    }
}
