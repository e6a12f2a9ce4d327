//! Deltas in any order, and the message that a client joins from the chunks.

use super::*;
use crate::dialects::errors::StreamFault;
use crate::dialects::summary::Summary;
use crate::dialects::translate::delta_observer::DeltaObserver;
use crate::domain::chat::{GaveUp, Maker, Media, Seal};
use proptest::prelude::*;

const USAGE: Usage =
    Usage { prompt: 9, completion: 3, cached: 4, cache_write: 0, reasoning: 2, total: 12 };

/// The bytes for the client, the summary, and the fault that ended the stream.
fn written(deltas: &[Delta], wants_usage: bool) -> (String, Summary, Result<(), StreamFault>) {
    let mut observer = DeltaObserver::new(false);
    let options = ChunkOptions { created: 1_790_000_000, wants_usage, wants_function_call: false };
    let mut encoder = Encoder::new(options);
    let mut out = Vec::new();
    let outcome = deltas.iter().try_for_each(|delta| {
        let (read, outcome) = observer.read(std::slice::from_ref(delta));
        encoder.encode(read, &mut out);
        outcome
    });
    (String::from_utf8(out).unwrap(), observer.summary().clone(), outcome)
}

fn encoded(deltas: &[Delta], wants_usage: bool) -> (String, Summary) {
    let (out, summary, outcome) = written(deltas, wants_usage);
    assert_eq!(outcome, Ok(()));
    (out, summary)
}

fn begin() -> Delta {
    Delta::Begin { id: "msg_1".into(), model: "claude".into() }
}

fn call(index: u64, signature: Option<&str>) -> Delta {
    let (id, name, signature) = (format!("c{index}"), "f".into(), signature.map(str::to_owned));
    Delta::ToolCallBegin { choice: 0, index, id, name, signature }
}

fn arguments(index: u64, fragment: &str) -> Delta {
    Delta::ToolCallArguments { choice: 0, index, fragment: fragment.into() }
}

fn conversation() -> Vec<Delta> {
    let choice = 0;
    vec![
        begin(),
        Delta::Usage(Usage { prompt: 9, ..Usage::default() }),
        Delta::Thinking { choice, text: "h".into() },
        Delta::Thinking { choice, text: "m".into() },
        Delta::ThinkingSignature { choice, signature: Seal::new(Maker::Anthropic, "c2ln") },
        Delta::Thinking { choice, text: "?".into() },
        Delta::ThinkingOpaque {
            choice,
            id: Some("rs_1".into()),
            sealed: Seal::new(Maker::OpenAi, "eA=="),
        },
        Delta::Image { choice, source: Media::Url("https://h/a.png".into()) },
        Delta::Text { choice, text: "Fe\n".into() },
        Delta::Text { choice: 1, text: "é".into() },
        call(0, Some("Z3M=")),
        call(1, None),
        arguments(1, ""),
        arguments(0, "{\"a\""),
        arguments(0, ":1}"),
        Delta::Logprobs { choice: 1, logprobs: serde_json::json!({"content": []}) },
        Delta::Thinking { choice, text: "last".into() },
        Delta::Usage(USAGE),
        Delta::Finish { choice, reason: FinishReason::ToolCalls },
        Delta::Finish { choice, reason: FinishReason::Stop },
        Delta::Refusal { choice: 2, text: "No.".into() },
        Delta::Finish { choice: 2, reason: FinishReason::ContentFilter },
        Delta::Finish { choice: 1, reason: FinishReason::Length },
        Delta::Done,
        Delta::Done,
        Delta::Text { choice, text: "late".into() },
    ]
}

#[test]
fn every_delta_is_written() {
    let (stream, seen) = encoded(&conversation(), true);
    assert_eq!(stream, include_str!("../../../../../tests/fixtures/hub/chunks.sse"));
    let finish_reason = Some("length".to_owned());
    let expected = Summary {
        usage: Some(USAGE),
        finish_reason,
        tokens: 15,
        has_content: true,
        is_done: true,
        ..Summary::default()
    };
    assert_eq!(seen, expected);
}

#[test]
fn usage_that_was_not_asked_for_is_only_seen() {
    let (stream, seen) = encoded(&conversation(), false);
    assert!(!stream.contains("usage"), "{stream}");
    assert_eq!(seen.usage, Some(USAGE));
    let (with_usage, _) = encoded(&conversation(), true);
    assert_eq!(with_usage.matches("data: ").count(), stream.matches("data: ").count() + 1);
}

#[test]
fn an_answer_that_says_nothing_still_has_a_role_and_an_end() {
    let finish = Delta::Finish { choice: 0, reason: FinishReason::Stop };
    let (stream, _) = encoded(&[begin(), finish, Delta::Done], false);
    insta::assert_snapshot!(stream, @r#"
    data: {"id":"msg_1","object":"chat.completion.chunk","created":1790000000,"model":"claude","choices":[{"index":0,"delta":{"role":"assistant","content":""},"logprobs":null,"finish_reason":"stop"}]}

    data: [DONE]
    "#);
}

/// The message of a client that joins chunks by choice and by index of call.
#[derive(Debug, Default, PartialEq)]
struct Joined {
    content: String,
    reasoning: String,
    calls: BTreeMap<u64, (String, String)>,
}

fn joined(stream: &str) -> BTreeMap<u64, Joined> {
    let mut joined: BTreeMap<u64, Joined> = BTreeMap::new();
    let frames = stream.split("\n\n").filter_map(|frame| frame.strip_prefix("data: {"));
    for frame in frames {
        let chunk: Value = serde_json::from_str(&format!("{{{frame}")).unwrap();
        assert_eq!(chunk["id"], "msg_1");
        let Some(choice) = chunk["choices"].get(0) else { continue };
        let into = joined.entry(choice["index"].as_u64().unwrap()).or_default();
        let delta = &choice["delta"];
        into.content.push_str(delta["content"].as_str().unwrap_or_default());
        assert_eq!(delta["reasoning_content"], delta["reasoning"]);
        into.reasoning.push_str(delta["reasoning"].as_str().unwrap_or_default());
        for call in delta["tool_calls"].as_array().into_iter().flatten() {
            let (id, text) = into.calls.entry(call["index"].as_u64().unwrap()).or_default();
            id.push_str(call["id"].as_str().unwrap_or_default());
            text.push_str(call["function"]["arguments"].as_str().unwrap());
        }
    }
    joined
}

proptest! {
    #[test]
    fn pieces_in_any_interleaving_are_joined_to_what_they_were(
        pieces in prop::collection::vec((0u64..2, 0u64..5, any::<String>()), 1..40),
    ) {
        let mut deltas = vec![begin()];
        let mut expected: BTreeMap<u64, Joined> = BTreeMap::new();
        for (choice, kind, text) in pieces {
            let into = expected.entry(choice).or_default();
            match kind {
                0 => {
                    into.content.push_str(&text);
                    deltas.push(Delta::Text { choice, text });
                }
                1 => {
                    into.reasoning.push_str(&text);
                    deltas.push(Delta::Thinking { choice, text });
                }
                index => {
                    let id = format!("{choice}-{index}");
                    let (_, joined) = into.calls.entry(index).or_insert_with(|| {
                        deltas.push(Delta::ToolCallBegin {
                            choice,
                            index,
                            id: id.clone(),
                            name: "f".into(),
                            signature: None,
                        });
                        (id, String::new())
                    });
                    joined.push_str(&text);
                    deltas.push(Delta::ToolCallArguments { choice, index, fragment: text });
                }
            }
        }
        for (choice, into) in &mut expected {
            for (_, text) in into.calls.values_mut().filter(|(_, text)| text.is_empty()) {
                text.push_str("{}");
            }
            deltas.push(Delta::Finish { choice: *choice, reason: FinishReason::Stop });
        }
        deltas.push(Delta::Done);
        prop_assert_eq!(joined(&encoded(&deltas, true).0), expected);
    }
}

fn gave_up(message: Option<&str>) -> FinishReason {
    FinishReason::GaveUp(GaveUp { reason: "NO_IMAGE".into(), message: message.map(str::to_owned) })
}

#[test]
fn a_model_that_gave_up_is_told_from_one_that_stopped_or_is_a_fault() {
    let finish = Delta::Finish { choice: 0, reason: gave_up(Some("m")) };
    let text = Delta::Text { choice: 0, text: "a".into() };
    let (stream, seen) = encoded(&[begin(), text, finish.clone(), Delta::Done], false);
    let last = stream.split("\n\n").nth(1).unwrap();
    let told = "\"finish_reason\":\"error\",\"native_finish_reason\":\"NO_IMAGE\",\"error\":{\"code\":\"NO_IMAGE\",\"message\":\"m\"}";
    assert!(last.contains(told), "{last}");
    assert_eq!(seen.finish_reason.as_deref(), Some("error"));

    let (out, _, outcome) = written(&[begin(), finish, Delta::Done], false);
    let why = GaveUp { reason: "NO_IMAGE".into(), message: Some("m".into()) };
    assert_eq!((outcome, out.len()), (Err(StreamFault::GaveUp(why)), 0));
}

#[test]
fn an_answer_that_ends_without_a_reason_is_a_fault() {
    let text = Delta::Text { choice: 0, text: "a".into() };
    let (out, summary, outcome) = written(&[begin(), text, Delta::Done], false);
    assert_eq!((outcome, summary.is_done), (Err(StreamFault::Unfinished), false));
    assert!(!out.contains("[DONE]"));
}
