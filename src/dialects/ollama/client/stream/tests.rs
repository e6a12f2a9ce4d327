use std::time::Duration;

use super::*;
use serde_json::json;

const SERVED: Served<'static> = Served {
    model: "m",
    provider: "p",
    request_id: "r",
    cost: None,
    elapsed: Duration::from_millis(5),
};

fn encoder(shape: Shape) -> Encoder {
    let ollama = Told { shape, now_unix: 0, elapsed: Duration::from_millis(2) };
    Encoder::new(AnswerOptions { prompt_tokens: 40, ollama, ..AnswerOptions::default() })
}

fn lines(bytes: &[u8]) -> Vec<Value> {
    let text = std::str::from_utf8(bytes).unwrap();
    assert!(text.is_empty() || text.ends_with('\n'), "{text}");
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn streamed(shape: Shape, deltas: &[Delta], summary: &Summary) -> Vec<Value> {
    let mut encoder = encoder(shape);
    let mut out = Vec::new();
    encoder.encode(deltas, &mut out);
    out.extend_from_slice(&encoder.close(summary, &SERVED));
    lines(&out)
}

fn begin() -> Delta {
    Delta::Begin { id: "i".into(), model: "gpt".into() }
}

fn text(text: &str) -> Delta {
    Delta::Text { choice: 0, text: text.into() }
}

fn call(index: u64, name: &str) -> Delta {
    Delta::ToolCallBegin {
        choice: 0,
        index,
        id: format!("c{index}"),
        name: name.into(),
        signature: None,
    }
}

fn arguments(index: u64, fragment: &str) -> Delta {
    Delta::ToolCallArguments { choice: 0, index, fragment: fragment.into() }
}

#[test]
fn a_chat_is_lines_with_the_counts_in_the_last() {
    let usage = Usage { prompt: 9, completion: 4, total: 13, ..Usage::default() };
    let summary = Summary { usage: Some(usage), ..Summary::default() };
    let deltas = [
        begin(),
        Delta::Thinking { choice: 0, text: "hm".into() },
        text("a"),
        text("b"),
        Delta::Text { choice: 1, text: "other".into() },
        Delta::Finish { choice: 0, reason: FinishReason::Length },
    ];
    let at = "1970-01-01T00:00:00Z";
    let line = |message: Value| json!({"model": "gpt", "created_at": at, "message": message, "done": false});
    let expected = json!([
        line(json!({"role": "assistant", "content": "", "thinking": "hm"})),
        line(json!({"role": "assistant", "content": "a"})),
        line(json!({"role": "assistant", "content": "b"})),
        {
            "model": "gpt", "created_at": at, "message": {"role": "assistant", "content": ""},
            "done": true, "done_reason": "length", "total_duration": 5_000_000, "load_duration": 0,
            "prompt_eval_count": 9, "prompt_eval_duration": 2_000_000, "eval_count": 4,
            "eval_duration": 3_000_000,
        },
    ]);
    assert_eq!(json!(streamed(Shape::Chat, &deltas, &summary)), expected);
}

#[test]
fn a_prompts_answer_is_a_response() {
    let deltas = [begin(), Delta::Thinking { choice: 0, text: "hm".into() }, text("a")];
    let summary = Summary { tokens: 3, ..Summary::default() };
    let lines = streamed(Shape::Generate, &deltas, &summary);
    assert_eq!((&lines[0]["response"], &lines[0]["thinking"]), (&json!(""), &json!("hm")));
    assert_eq!((&lines[1]["response"], lines[1].get("thinking")), (&json!("a"), None));
    assert_eq!(lines[2]["context"], json!([]));
    // Without usage of the upstream the counts are estimates.
    assert_eq!((&lines[2]["prompt_eval_count"], &lines[2]["eval_count"]), (&json!(40), &json!(3)));
    assert!(lines.iter().all(|line| line.get("message").is_none()), "{lines:?}");
}

#[test]
fn calls_that_interleave_come_whole_and_their_arguments_as_objects() {
    let deltas = [
        begin(),
        call(0, "look"),
        arguments(0, "{\n  \"at\":"),
        call(1, "hear"),
        arguments(1, "{}"),
        text("so"),
        arguments(0, "\"sky\"}"),
        call(2, "halt"),
        call(3, "odd"),
        arguments(3, "[1"),
        Delta::Finish { choice: 0, reason: FinishReason::ToolCalls },
    ];
    let lines = streamed(Shape::Chat, &deltas, &Summary::default());
    assert_eq!(lines[0]["message"]["content"], "so");
    let function = |index: u64, name: &str, arguments: Value| json!({"id": format!("c{index}"), "function": {"index": index, "name": name, "arguments": arguments}});
    let expected = json!([
        function(0, "look", json!({"at": "sky"})),
        function(1, "hear", json!({})),
        function(2, "halt", json!({})),
        function(3, "odd", json!({})),
    ]);
    assert_eq!(lines[1]["message"]["tool_calls"], expected);
    assert_eq!((lines.len(), &lines[2]["done_reason"]), (3, &json!("stop")));
}

#[test]
fn calls_without_a_reason_are_written_at_the_end() {
    let deltas = [begin(), call(0, "look"), arguments(0, "{\"a\":1.50}")];
    let lines = streamed(Shape::Chat, &deltas, &Summary::default());
    assert_eq!(lines[0]["message"]["tool_calls"][0]["function"]["arguments"], json!({"a": 1.5}));
    assert_eq!(lines.len(), 2);
}

/// A client reads each line as a piece of an answer.
#[test]
fn a_heartbeat_is_a_line_without_text() {
    for (shape, member) in [(Shape::Chat, "/message/content"), (Shape::Generate, "/response")] {
        let before = lines(&keepalive(shape));
        let during = lines(&encoder(shape).keepalive());
        for line in before.iter().chain(&during) {
            assert_eq!((line.pointer(member), &line["done"]), (Some(&json!("")), &json!(false)));
            assert!(line["model"].is_string() && line["created_at"].is_string(), "{line}");
        }
        assert_eq!((before.len(), during.len()), (1, 1));
    }
    assert_eq!(lines(&fail(&json!({"error": "gone"}))), [json!({"error": "gone"})]);
}
