use std::sync::Arc;

use super::*;
use crate::dialects::envelope::Envelope;
use crate::dialects::own;
use crate::dialects::responses::client::request::{Purpose, read};
use crate::domain::chat::Maker;
use crate::domain::usage::Usage;
use serde_json::json;

fn text(text: &str) -> Delta {
    Delta::Text { choice: 0, text: text.into() }
}

fn thinking(text: &str) -> Delta {
    Delta::Thinking { choice: 0, text: text.into() }
}

fn call(index: u64, name: &str) -> Delta {
    let (id, name, signature) = (format!("c{index}"), name.to_owned(), None);
    Delta::ToolCallBegin { choice: 0, index, id, name, signature }
}

fn arguments(index: u64, fragment: &str) -> Delta {
    Delta::ToolCallArguments { choice: 0, index, fragment: fragment.into() }
}

fn finish(reason: FinishReason) -> Delta {
    Delta::Finish { choice: 0, reason }
}

fn options(more: &Value) -> AnswerOptions {
    let mut body = json!({
        "model": "m", "input": "hi", "include": ["reasoning.encrypted_content"],
        "tools": [
            {"type": "function", "name": "f"},
            {"type": "namespace", "name": "functions", "tools": [{"type": "custom", "name": "exec"}]},
            {"type": "namespace", "name": "clock", "tools": [{"type": "function", "name": "now"}]},
            {"type": "local_shell"},
        ],
    });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    // In lines, as people write requests.
    let (mut asked, _) = read(Bytes::from(format!("{body:#}")), Purpose::Answer).unwrap();
    asked.id = String::from("resp_9");
    let own = Some(Arc::new(own::Own::Responses(asked)));
    AnswerOptions { served_by: "up/m".into(), prompt_tokens: 70, own, ..AnswerOptions::default() }
}

fn frames(bytes: &[u8]) -> Vec<Value> {
    let text = std::str::from_utf8(bytes).unwrap();
    let event = |frame: &str| {
        let (event, data) = frame.split_once('\n').unwrap();
        let data: Value = serde_json::from_str(data.strip_prefix("data: ").unwrap()).unwrap();
        assert_eq!(event, format!("event: {}", data["type"].as_str().unwrap()));
        data
    };
    text.split_terminator("\n\n").map(event).collect()
}

fn streamed(deltas: &[Delta], options: AnswerOptions) -> Vec<Value> {
    let mut encoder = Encoder::new(options, 7);
    let mut out = Vec::new();
    encoder.encode(deltas, &mut out);
    let usage =
        Usage { prompt: 9, completion: 4, reasoning: 1, cached: 2, total: 13, ..Usage::default() };
    out.extend_from_slice(&encoder.close(&Summary { usage: Some(usage), ..Summary::default() }));
    frames(&out)
}

/// The events, one a line and short.
fn shown(events: &[Value]) -> Vec<String> {
    let one = |(at, event): (usize, &Value)| {
        assert_eq!(event["sequence_number"], at, "{event}");
        let kind = event["type"].as_str().unwrap().strip_prefix("response.").unwrap();
        let said = ["delta", "text", "refusal", "arguments", "input"];
        let said = said.iter().find_map(|name| event[*name].as_str()).unwrap_or_default();
        match event.get("output_index") {
            Some(place) => format!("{place} {kind} {said}").trim_end().to_owned(),
            None => format!("{kind} {}", event["response"]["status"].as_str().unwrap()),
        }
    };
    events.iter().enumerate().map(one).collect()
}

/// Only the items, as they are when they are done.
fn items(events: &[Value]) -> Vec<Value> {
    let done = events.iter().filter(|event| event["type"] == "response.output_item.done");
    let items: Vec<Value> = done.map(|event| event["item"].clone()).collect();
    let last = &events.last().unwrap()["response"];
    assert_eq!(last["output"], Value::from(items.clone()));
    assert!(events.iter().all(|event| event.get("response").is_none_or(|it| it["id"] == "resp_9")));
    items
}

#[test]
fn a_text_has_all_events_that_helpers_of_sdks_want() {
    let begin = Delta::Begin { id: "chatcmpl-1".into(), model: "gpt-x".into() };
    let deltas = [begin, text("It "), text("rains."), finish(FinishReason::Stop)];
    let events = streamed(&deltas, options(&json!({})));
    assert_eq!(
        shown(&events),
        [
            "created in_progress",
            "in_progress in_progress",
            "0 output_item.added",
            "0 content_part.added",
            "0 output_text.delta It",
            "0 output_text.delta rains.",
            "0 output_text.done It rains.",
            "0 content_part.done",
            "0 output_item.done",
            "completed completed",
        ]
    );
    let part =
        json!({"type": "output_text", "annotations": [], "logprobs": [], "text": "It rains."});
    let message = json!({"id": "msg_900", "type": "message", "status": "completed", "role": "assistant", "content": [part]});
    assert_eq!(items(&events), [message]);
    assert_eq!(events[2]["item"]["content"], json!([]));
    let last = &events.last().unwrap()["response"];
    assert_eq!((&last["model"], &last["created_at"]), (&json!("gpt-x"), &json!(7)));
    let usage = json!({
        "input_tokens": 9, "input_tokens_details": {"cached_tokens": 2, "cache_write_tokens": 0},
        "output_tokens": 4, "output_tokens_details": {"reasoning_tokens": 1}, "total_tokens": 13,
    });
    assert_eq!(last["usage"], usage);
    for name in ["tools", "tool_choice", "parallel_tool_calls", "metadata", "text", "instructions"]
    {
        assert!(last.get(name).is_some(), "{name}");
    }
}

#[test]
fn calls_that_interleave_are_one_item_each_and_come_back_by_their_own_names() {
    let deltas = [
        thinking("hm"),
        call(0, "exec"),
        arguments(0, "{\"input\""),
        call(1, "clock__now"),
        arguments(1, "{\"a\":"),
        arguments(0, ":\"ls\\n\"}"),
        arguments(1, "1}"),
        call(2, "local_shell"),
        arguments(2, "{\"type\":\"exec\",\"command\":[\"ls\"],\"env\":{}}"),
        call(3, "f"),
        finish(FinishReason::ToolCalls),
    ];
    let events = streamed(&deltas, options(&json!({})));
    assert_eq!(
        shown(&events)[2..],
        [
            "0 output_item.added",
            "0 reasoning_summary_part.added",
            "0 reasoning_summary_text.delta hm",
            "0 reasoning_summary_text.done hm",
            "0 reasoning_summary_part.done",
            "0 output_item.done",
            "1 output_item.added",
            "1 custom_tool_call_input.delta ls",
            "1 custom_tool_call_input.done ls",
            "1 output_item.done",
            "2 output_item.added",
            "2 function_call_arguments.delta {\"a\":",
            "2 function_call_arguments.delta 1}",
            "2 function_call_arguments.done {\"a\":1}",
            "2 output_item.done",
            "3 output_item.added",
            "3 output_item.done",
            "4 output_item.added",
            "4 function_call_arguments.done {}",
            "4 output_item.done",
            "completed completed",
        ]
    );
    let items = items(&events);
    let sealed = Envelope::read(items[0]["encrypted_content"].as_str().unwrap()).unwrap();
    assert_eq!((sealed.holds, sealed.sealed_by.as_str()), (Holds::Nothing, "up/m"));
    let expected = json!([
        {"id": "ctc_901", "type": "custom_tool_call", "status": "completed", "call_id": "c0", "name": "exec", "input": "ls\n", "namespace": "functions"},
        {"id": "fc_902", "type": "function_call", "status": "completed", "call_id": "c1", "name": "now", "arguments": "{\"a\":1}", "namespace": "clock"},
        {"id": "lsh_903", "type": "local_shell_call", "status": "completed", "call_id": "c2", "action": {"type": "exec", "command": ["ls"], "env": {}}},
        {"id": "fc_904", "type": "function_call", "status": "completed", "call_id": "c3", "name": "f", "arguments": "{}"},
    ]);
    assert_eq!(Value::from(items[1..].to_vec()), expected);
}

#[test]
fn what_is_sealed_goes_only_to_a_client_that_asks_for_it() {
    let signed = |data: &str| Seal::new(Maker::Anthropic, data);
    let deltas = || {
        [
            thinking("deep"),
            Delta::ThinkingSignature { choice: 0, signature: signed("s1") },
            Delta::ThinkingOpaque { choice: 0, id: None, sealed: signed("s2") },
            Delta::ThinkingSignature { choice: 0, signature: signed("unseen") },
            Delta::ToolCallBegin {
                choice: 0,
                index: 0,
                id: "c".into(),
                name: "f".into(),
                signature: Some("s3".into()),
            },
            finish(FinishReason::ToolCalls),
        ]
    };
    let found = items(&streamed(&deltas(), options(&json!({}))));
    let envelopes: Vec<(Holds, String)> = found
        .iter()
        .filter_map(|item| Envelope::read(item["encrypted_content"].as_str()?))
        .map(|envelope| (envelope.holds, envelope.data))
        .collect();
    let expected = [
        (Holds::Seal, "s1"),
        (Holds::Opaque, "s2"),
        (Holds::Seal, "unseen"),
        (Holds::CallSignature, "s3"),
    ];
    assert_eq!(envelopes, expected.map(|(holds, data)| (holds, data.to_owned())));
    let bare = items(&streamed(&deltas(), options(&json!({"include": []}))));
    let kinds: Vec<&str> = bare.iter().map(|item| item["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["reasoning", "function_call"]);
    assert_eq!(bare[0].get("encrypted_content"), None);
}

#[test]
fn a_summary_is_one_item_and_nothing_else() {
    let ask = json!({"input": [{"role": "user", "content": "go"}, {"type": "compaction_trigger"}]});
    let deltas = [thinking("hm"), text("We "), text("did it."), finish(FinishReason::Stop)];
    let events = streamed(&deltas, options(&ask));
    let items = items(&events);
    let [item] = items.as_slice() else { panic!("{items:?}") };
    assert_eq!(item["type"], "compaction");
    let envelope = Envelope::read(item["encrypted_content"].as_str().unwrap()).unwrap();
    assert_eq!((envelope.holds, envelope.data.as_str()), (Holds::Summary, "We did it."));
    let empty = streamed(&[thinking("hm"), finish(FinishReason::Stop)], options(&ask));
    assert_eq!(empty.last().unwrap()["response"]["error"]["code"], "server_error");
    assert_eq!(shown(&empty).last().unwrap(), "failed failed");
}

#[test]
fn every_ending_has_its_event() {
    for (reason, expected, detail) in [
        (FinishReason::Length, "incomplete incomplete", "max_output_tokens"),
        (FinishReason::ContentFilter, "incomplete incomplete", "content_filter"),
    ] {
        let events = streamed(&[text("a"), finish(reason)], options(&json!({})));
        assert_eq!(shown(&events).last().unwrap(), expected);
        assert_eq!(events.last().unwrap()["response"]["incomplete_details"]["reason"], detail);
    }
    let refused = [Delta::Refusal { choice: 0, text: "No.".into() }, finish(FinishReason::Stop)];
    let events = streamed(&refused, options(&json!({})));
    let part = json!({"type": "refusal", "refusal": "No."});
    assert_eq!(items(&events)[0]["content"], json!([part]));
}

#[test]
fn a_failure_is_the_last_event_and_says_how_long_to_wait() {
    let mut encoder = Encoder::new(options(&json!({})), 7);
    let mut out = Vec::new();
    encoder.encode(&[text("a")], &mut out);
    let error = json!({"error": {"message": "Slow down.", "type": "rate_limit_error", "code": "rate_limited", "retry_after": 3}});
    out.extend_from_slice(&encoder.fail(&error));
    let events = frames(&out);
    let last = events.last().unwrap();
    assert_eq!(shown(&events).last().unwrap(), "failed failed");
    let message = "Slow down. Please try again in 3s.";
    let told = json!({"code": "rate_limit_exceeded", "message": message, "reason": "rate_limited"});
    assert_eq!(last["response"]["error"], told);
    for (error, code) in [
        (json!({"type": "server_error", "code": "upstream_error"}), "server_error"),
        (
            json!({"type": "invalid_request_error", "code": "context_length_exceeded"}),
            "context_length_exceeded",
        ),
        (json!({"type": "insufficient_quota", "code": "budget_spent"}), "insufficient_quota"),
        (json!({"type": "invalid_request_error", "code": "invalid_request"}), "invalid_prompt"),
    ] {
        let Status::Failed(found) = failed(&json!({"error": error})) else { panic!("failed") };
        assert_eq!(found.code, code);
    }
}

/// A stream that was kept alive before its first event goes on from there.
#[test]
fn a_stream_begins_once() {
    let options = options(&json!({}));
    let own = asked(&options).unwrap();
    let mut out = open(own, 7).to_vec();
    out.extend_from_slice(&open(own, 7));
    let mut failing = out.clone();
    failing.extend_from_slice(&fail(own, 7, &json!({"error": {"message": "no"}})));
    assert_eq!(shown(&frames(&failing)).last().unwrap(), "failed failed");
    let mut encoder = Encoder::new(options, 7);
    encoder.encode(&[text("a")], &mut out);
    out.extend_from_slice(&encoder.keepalive());
    out.extend_from_slice(&encoder.close(&Summary::default()));
    let found = shown(&frames(&out));
    assert_eq!(
        found[..5],
        [
            "created in_progress",
            "in_progress in_progress",
            "in_progress in_progress",
            "0 output_item.added",
            "0 content_part.added",
        ]
    );
    assert_eq!(found[6], "in_progress in_progress");
}
