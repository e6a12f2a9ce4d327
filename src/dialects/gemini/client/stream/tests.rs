use super::*;
use crate::dialects::envelope::Envelope;
use crate::domain::chat::Maker;
use crate::domain::usage::Usage;
use proptest::prelude::*;

fn begin() -> Delta {
    Delta::Begin { id: "r".into(), model: "m".into() }
}

fn text(choice: u64, text: &str) -> Delta {
    Delta::Text { choice, text: text.into() }
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

fn finish(choice: u64, reason: FinishReason) -> Delta {
    Delta::Finish { choice, reason }
}

/// What a stream of these deltas is, one at a time.
fn written(
    framing: Framing,
    shows_thinking: bool,
    deltas: &[Delta],
    usage: Option<Usage>,
) -> String {
    let options =
        AnswerOptions { served_by: "up/m".into(), shows_thinking, ..AnswerOptions::default() };
    let mut encoder = Encoder::new(framing, options);
    let mut out = Vec::new();
    for delta in deltas {
        encoder.encode(std::slice::from_ref(delta), &mut out);
    }
    out.extend_from_slice(&encoder.close(&Summary { usage, ..Summary::default() }));
    String::from_utf8(out).unwrap()
}

fn frames(text: &str) -> Vec<Value> {
    let frame = |frame: &str| serde_json::from_str(frame.strip_prefix("data: ").unwrap()).unwrap();
    text.split_terminator("\n\n").map(frame).collect()
}

/// The parts of a candidate in all frames; an envelope as what it holds.
fn parts(frames: &[Value], index: u64) -> Vec<Value> {
    let candidates = frames.iter().flat_map(|frame| frame["candidates"].as_array().unwrap());
    let parts = candidates.filter(|candidate| candidate["index"] == index);
    let parts = parts.flat_map(|it| it["content"]["parts"].as_array().unwrap().clone());
    let opened = |mut part: Value| {
        let envelope = part["thoughtSignature"].as_str().and_then(Envelope::read);
        if let Some(it) = envelope {
            let text = it.text.unwrap_or_default();
            part["thoughtSignature"] = json!(format!("{:?} {} {text}", it.holds, it.data));
        }
        part
    };
    parts.map(opened).filter(|part| *part != json!({"text": ""})).collect()
}

#[test]
fn text_and_thinking_are_parts_and_the_end_has_the_reason_and_the_usage() {
    let usage = Usage { prompt: 9, completion: 5, reasoning: 2, total: 14, ..Usage::default() };
    let deltas =
        [begin(), thinking("hm"), text(0, "Hel"), text(0, "lo"), finish(0, FinishReason::Length)];
    let found = frames(&written(Framing::Events, true, &deltas, Some(usage)));
    let expected =
        [json!({"text": "hm", "thought": true}), json!({"text": "Hel"}), json!({"text": "lo"})];
    assert_eq!(parts(&found, 0), expected);
    let (last, before) = found.split_last().unwrap();
    assert_eq!(last["candidates"][0]["finishReason"], "MAX_TOKENS");
    assert_eq!(last["usageMetadata"]["thoughtsTokenCount"], 2);
    assert_eq!(last["responseId"], "r");
    for frame in before {
        assert_eq!(
            (&frame["candidates"][0]["finishReason"], &frame["usageMetadata"]),
            (&Value::Null, &Value::Null)
        );
    }
    let hidden = frames(&written(Framing::Events, false, &deltas, None));
    assert_eq!(parts(&hidden, 0), expected[1..]);
    assert_eq!(hidden.last().unwrap()["usageMetadata"], Value::Null);
}

#[test]
fn calls_that_interleave_come_whole_and_in_order() {
    let deltas = [
        begin(),
        call(0, "a"),
        arguments(0, "{\"x\":"),
        call(1, "b"),
        arguments(1, "{\"y\""),
        text(0, "Well"),
        arguments(0, "1}"),
        arguments(1, ":2}"),
        call(2, "c"),
        finish(0, FinishReason::ToolCalls),
    ];
    let found = frames(&written(Framing::Events, true, &deltas, None));
    let call = |id: &str, name: &str, args: Value| json!({"functionCall": {"id": id, "name": name, "args": args}});
    let expected = [
        call("a", "f0", json!({"x": 1})),
        call("b", "f1", json!({"y": 2})),
        json!({"text": "Well"}),
        call("c", "f2", json!({})),
    ];
    assert_eq!(parts(&found, 0), expected);
    assert_eq!(found.last().unwrap()["candidates"][0]["finishReason"], "STOP");
}

#[test]
fn what_an_upstream_wants_back_rides_on_the_part_that_follows() {
    let seal = |maker| Delta::ThinkingSignature { choice: 0, signature: Seal::new(maker, "s") };
    let opaque =
        Delta::ThinkingOpaque { choice: 0, id: None, sealed: Seal::new(Maker::Anthropic, "o") };
    let deltas = [
        begin(),
        thinking("a"),
        seal(Maker::Anthropic),
        opaque,
        text(0, "Hm"),
        thinking("b"),
        call(0, "a"),
        arguments(0, "{}"),
        thinking("c"),
        seal(Maker::Google),
        finish(0, FinishReason::ToolCalls),
    ];
    let found = parts(&frames(&written(Framing::Events, false, &deltas, None)), 0);
    let signatures: Vec<&Value> = found.iter().map(|part| &part["thoughtSignature"]).collect();
    assert_eq!(signatures, ["Seal s a", "Opaque o ", "Nothing  b", "s"]);
    assert_eq!(found[1]["text"], "Hm");
    assert_eq!(found[2]["functionCall"]["id"], "a");
}

#[test]
fn of_a_summary_and_its_cipher_only_the_cipher_is_wanted_back() {
    let sealed = Seal::new(Maker::OpenAi, "o");
    let opaque = Delta::ThinkingOpaque { choice: 0, id: None, sealed };
    let end = finish(0, FinishReason::ToolCalls);
    let deltas = [begin(), thinking("a"), opaque, call(0, "a"), arguments(0, "{}"), end];
    let found = parts(&frames(&written(Framing::Events, false, &deltas, None)), 0);
    let signatures: Vec<&Value> = found.iter().map(|part| &part["thoughtSignature"]).collect();
    assert_eq!(signatures, ["Opaque o "]);
    assert_eq!(found[0]["functionCall"]["id"], "a");
}

#[test]
fn a_list_is_json_with_and_without_a_failure() {
    let deltas = [begin(), text(0, "a"), text(1, "b"), finish(0, FinishReason::Stop)];
    let whole: Value = serde_json::from_str(&written(Framing::List, true, &deltas, None)).unwrap();
    assert_eq!(whole.as_array().unwrap().len(), 3);
    let error = json!({"error": {"code": 503}});
    let text = Framing::List.fail(&error, false);
    assert_eq!(serde_json::from_slice::<Value>(&text).unwrap(), json!([error]));
    assert_eq!(Framing::Events.fail(&error, true), "data: {\"error\":{\"code\":503}}\n\n");
    let silent: Value = serde_json::from_str(&written(Framing::List, true, &[], None)).unwrap();
    assert_eq!(silent[0]["candidates"][0]["finishReason"], "STOP");
}

#[test]
fn a_frame_of_the_same_api_passes_as_it_came() {
    let mut events = Encoder::new(Framing::Events, AnswerOptions::default());
    let plain = Bytes::from_static(b"data: {\"x\": 1.50}\r\n\r\n");
    assert_eq!(events.pass(&plain, b"{\"x\": 1.50}"), plain);
    let named = Bytes::from_static(b"event: x\ndata: {}\n\n");
    assert_eq!(events.pass(&named, b"{}"), "data: {}\n\n");
    let mut list = Encoder::new(Framing::List, AnswerOptions::default());
    let both = [list.pass(&plain, b"{\"x\":\n1}"), list.pass(&plain, b"{}"), list.end()].concat();
    assert_eq!(serde_json::from_slice::<Value>(&both).unwrap(), json!([{"x": 1}, {}]));
}

proptest! {
    /// Whatever is cut where, the parts together say the same.
    #[test]
    fn any_fragments_of_arguments_come_out_whole(
        fragments in prop::collection::vec((0u64..3, "[a-z]{0,4}"), 0..30),
    ) {
        let mut expected = vec![String::new(); 3];
        let mut deltas = vec![begin(), call(0, "a"), call(1, "b"), call(2, "c")];
        deltas.extend((0..3).map(|index| arguments(index, "{\"x\":\"")));
        for (index, fragment) in &fragments {
            expected[usize::try_from(*index).unwrap()].push_str(fragment);
            deltas.push(arguments(*index, fragment));
        }
        deltas.extend((0..3).map(|index| arguments(index, "\"}")));
        deltas.push(finish(0, FinishReason::ToolCalls));
        let found = parts(&frames(&written(Framing::Events, true, &deltas, None)), 0);
        let said: Vec<&str> = found.iter().map(|it| it["functionCall"]["args"]["x"].as_str().unwrap()).collect();
        prop_assert_eq!(said, expected);
    }
}
