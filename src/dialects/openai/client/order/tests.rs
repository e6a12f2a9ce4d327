//! Round trips of turns in any order: encoded, joined by a client, sent back and decoded.

use bytes::Bytes;
use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::*;
use crate::dialects::openai::body;
use crate::dialects::openai::client::{answer, chunks, request};
use crate::domain::chat::{ChatAnswer, Choice, Delta, FinishReason, Maker, Message, Seal};

/// The message decoded from a client's body.
fn read(message: &Value) -> Vec<Block> {
    let body = json!({"messages": [message]}).to_string();
    let body = body::parse(Bytes::from(body)).unwrap();
    let mut messages = request::decode(&body, "m").unwrap().messages;
    let Some(Message::Assistant(message)) = messages.pop() else { panic!("one message") };
    message.blocks
}

/// The messages of a whole answer.
fn whole(turns: &[Vec<Block>]) -> Vec<Value> {
    let choice = |blocks: &Vec<Block>| Choice {
        message: AssistantMessage { blocks: blocks.clone() },
        ..Choice::default()
    };
    let choices = turns.iter().map(choice).collect();
    let body = answer::encode(&ChatAnswer { choices, ..ChatAnswer::default() }, 0, false);
    let body: Value = serde_json::from_slice(&body).unwrap();
    let choices = body["choices"].as_array().unwrap().iter();
    choices.map(|choice| choice["message"].clone()).collect()
}

/// The chunks of the same answers, streamed side by side.
fn chunks(turns: &[Vec<Block>]) -> Vec<Value> {
    let mut sources: Vec<_> =
        turns.iter().zip(0..).map(|(blocks, choice)| deltas(blocks, choice).into_iter()).collect();
    let mut encoder = chunks::Encoder::new(chunks::ChunkOptions::default());
    let mut out = Vec::new();
    loop {
        let next: Vec<Delta> = sources.iter_mut().filter_map(Iterator::next).collect();
        if next.is_empty() {
            break;
        }
        encoder.encode(&next, &mut out);
    }
    let stream = String::from_utf8(out).unwrap();
    let datas = stream.split("\n\n").filter_map(|frame| frame.strip_prefix("data: "));
    datas.map(|data| serde_json::from_str(data).unwrap()).collect()
}

fn deltas(blocks: &[Block], choice: u64) -> Vec<Delta> {
    let mut deltas = Vec::new();
    let mut calls = 0..;
    for block in blocks {
        match block {
            Block::Part(part) => {
                let letters = part.text().unwrap().chars();
                deltas.extend(letters.map(|text| Delta::Text { choice, text: text.into() }));
            }
            Block::Refusal(text) => deltas.push(Delta::Refusal { choice, text: text.clone() }),
            Block::Thinking(Thinking::Text { text, signature }) => {
                let letters = text.chars();
                deltas.extend(letters.map(|text| Delta::Thinking { choice, text: text.into() }));
                let signature = signature.clone();
                deltas.extend(
                    signature.map(|signature| Delta::ThinkingSignature { choice, signature }),
                );
            }
            Block::Search(_) | Block::Citation(_) => {}
            Block::Thinking(Thinking::Opaque { id, sealed }) => {
                let (id, sealed) = (id.clone(), sealed.clone());
                deltas.push(Delta::ThinkingOpaque { choice, id, sealed });
            }
            Block::ToolCall(call) => {
                let index = calls.next().unwrap();
                let (id, name, signature) =
                    (call.id.clone(), call.name.clone(), call.signature.clone());
                deltas.push(Delta::ToolCallBegin { choice, index, id, name, signature });
                let fragment = call.arguments.clone();
                deltas.push(Delta::ToolCallArguments { choice, index, fragment });
            }
        }
    }
    deltas.push(Delta::Finish { choice, reason: FinishReason::Stop });
    deltas
}

/// Joins deltas like OpenAI's Python SDK: strings and lists grow, elements of a list that have an
/// index are joined by it.
fn accumulate(known: &mut Map<String, Value>, delta: &Map<String, Value>) {
    for (name, value) in delta {
        let Some(before) = known.get_mut(name).filter(|before| !before.is_null()) else {
            known.insert(name.clone(), value.clone());
            continue;
        };
        match (before, value) {
            _ if name == "index" || name == "type" => {}
            (Value::String(before), Value::String(more)) => before.push_str(more),
            (Value::Object(before), Value::Object(more)) => accumulate(before, more),
            (Value::Array(before), Value::Array(more)) => {
                for element in more {
                    let index = &element["index"];
                    match before.iter_mut().find(|known| known["index"] == *index) {
                        Some(known) => {
                            accumulate(known.as_object_mut().unwrap(), element.as_object().unwrap())
                        }
                        None => before.push(element.clone()),
                    }
                }
            }
            (_, Value::Null) => {}
            (before, value) => panic!("{name}: {before} and {value}"),
        }
    }
}

/// Joins deltas like simpler clients: lists grow, only calls are joined, and the last value of
/// each of their members stays.
fn concatenate(known: &mut Map<String, Value>, delta: &Map<String, Value>) {
    for (name, value) in delta {
        match (known.get_mut(name), value) {
            (Some(Value::Array(calls)), Value::Array(more)) if name == "tool_calls" => {
                for part in more {
                    let found = calls.iter_mut().find(|call| call["index"] == part["index"]);
                    let Some(call) = found else {
                        calls.push(part.clone());
                        continue;
                    };
                    let before = call["function"]["arguments"].as_str().unwrap_or_default();
                    let more = part["function"]["arguments"].as_str().unwrap_or_default();
                    call["function"]["arguments"] = json!(format!("{before}{more}"));
                    for (name, value) in part.as_object().unwrap() {
                        if name != "function" {
                            call[name] = value.clone();
                        }
                    }
                }
            }
            (Some(Value::Array(before)), Value::Array(more)) => before.extend(more.clone()),
            (Some(Value::String(before)), Value::String(more)) => before.push_str(more),
            _ => {
                known.insert(name.clone(), value.clone());
            }
        }
    }
}

type Join = fn(&mut Map<String, Value>, &Map<String, Value>);

fn joined(chunks: &[Value], choices: usize, join: Join) -> Vec<Value> {
    let mut messages = vec![Map::new(); choices];
    for choice in chunks.iter().flat_map(|chunk| chunk["choices"].as_array().unwrap()) {
        let index = usize::try_from(choice["index"].as_u64().unwrap()).unwrap();
        join(&mut messages[index], choice["delta"].as_object().unwrap());
    }
    for message in &mut messages {
        message.insert(String::from("role"), json!("assistant"));
    }
    messages.into_iter().map(Value::Object).collect()
}

fn seal() -> impl Strategy<Value = Seal> {
    let makers = [Maker::Anthropic, Maker::Google, Maker::OpenAi, Maker::Xai, Maker::Unknown];
    (prop::sample::select(makers.to_vec()), ".+").prop_map(|(maker, data)| Seal { maker, data })
}

fn block() -> impl Strategy<Value = Block> {
    let text = |text, signature| Block::Thinking(Thinking::Text { text, signature });
    prop_oneof![
        3 => "\\PC{1,5}".prop_map(Block::text),
        2 => (any::<String>(), of(any::<String>())).prop_map(|(argument, signature)| {
            Block::ToolCall(ToolCall {
                id: String::new(),
                name: String::from("f"),
                arguments: json!({ "a": argument }).to_string(),
                signature: signature.filter(|signature| !signature.is_empty()),
            })
        }),
        1 => "\\PC{1,5}".prop_map(move |words| text(words, None)),
        2 => ("\\PC{0,5}", seal()).prop_map(move |(words, seal)| text(words, Some(seal))),
        1 => (of(".+"), seal())
            .prop_map(|(id, sealed)| Block::Thinking(Thinking::Opaque { id, sealed })),
    ]
}

/// Any turn that a client can represent: adjacent texts are one, and so is thinking up to its
/// signature; a refusal is the last text, and thinking without any seal is one text.
fn turn() -> impl Strategy<Value = Vec<Block>> {
    (vec(block(), 0..9), of("\\PC{1,5}")).prop_map(|(blocks, refusal)| {
        let mut turn: Vec<Block> = Vec::new();
        let mut calls = 0..;
        let is_sealed = |block: &Block| match block {
            Block::Thinking(Thinking::Text { signature, .. }) => signature.is_some(),
            Block::Thinking(Thinking::Opaque { .. }) => true,
            _ => false,
        };
        let has_seal = blocks.iter().any(is_sealed);
        for mut block in blocks {
            match (turn.last_mut(), &mut block) {
                (
                    Some(Block::Thinking(Thinking::Text { text, signature: before @ None })),
                    Block::Thinking(Thinking::Text { text: more, signature }),
                ) => {
                    text.push_str(more);
                    *before = signature.take();
                    continue;
                }
                (_, Block::Thinking(_)) if !has_seal => continue,
                (
                    Some(Block::Part(Part { content: PartContent::Text(text), .. })),
                    Block::Part(part),
                ) => {
                    text.push_str(part.text().unwrap());
                    continue;
                }
                (_, Block::ToolCall(call)) => call.id = format!("call_{}", calls.next().unwrap()),
                _ => {}
            }
            turn.push(block);
        }
        let last_text = turn.iter().rposition(|block| matches!(block, Block::Part(_)));
        if let Some(refusal) = refusal {
            turn.insert(last_text.map_or(0, |at| at + 1), Block::Refusal(refusal));
        }
        turn
    })
}

fn members(blocks: &[Block]) -> (String, Option<String>, Vec<Thinking>, Vec<ToolCall>) {
    let message = AssistantMessage { blocks: blocks.to_vec() };
    let (thinking, calls) = (message.thinking().cloned(), message.tool_calls().cloned());
    (message.text(), message.refusal(), thinking.collect(), calls.collect())
}

fn anything() -> impl Strategy<Value = Value> {
    let count = || prop_oneof![0..12_u64, Just(u64::MAX)].prop_map(Value::from);
    let odd =
        prop::sample::select(vec![json!(null), json!(-1), json!(1.5), json!("2"), json!([3])]);
    prop_oneof![
        3 => (count(), count()).prop_map(|(said, calls)| json!({"content": said, "tool_calls": calls})),
        1 => (count(), odd.clone()).prop_map(|(said, odd)| json!({"content": said, "tool_calls": odd})),
        1 => odd.prop_map(|odd| json!({"content": odd})),
        1 => prop::sample::select(vec![json!(null), json!(7), json!("x"), json!([{}]), json!({})]),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn a_turn_that_is_sent_back_is_the_same(turns in vec(turn(), 1..3)) {
        for (message, turn) in whole(&turns).iter().zip(&turns) {
            prop_assert_eq!(&read(message), turn, "{}", message);
        }
        let chunks = chunks(&turns);
        for join in [accumulate as Join, concatenate] {
            for (message, turn) in joined(&chunks, turns.len(), join).iter().zip(&turns) {
                prop_assert_eq!(&read(message), turn, "{}", message);
            }
        }
    }

    /// A client that drops unknown members, or sends back other values, still keeps all text,
    /// thinking and calls.
    #[test]
    fn no_place_can_be_so_wrong_that_anything_is_lost(
        turn in turn(),
        places in vec(of(anything()), 0..9),
    ) {
        let mut message = whole(std::slice::from_ref(&turn)).remove(0);
        let mut places = places.into_iter();
        for list in ["thinking_blocks", "tool_calls"] {
            for element in message[list].as_array_mut().into_iter().flatten() {
                match places.next().flatten() {
                    Some(place) => element["after"] = place,
                    None => drop(element.as_object_mut().unwrap().shift_remove("after")),
                }
            }
        }
        prop_assert_eq!(members(&read(&message)), members(&turn), "{}", message);
    }
}

#[test]
fn a_turn_in_the_usual_order_says_no_places() {
    let seal = || Some(Seal::new(Maker::Anthropic, "s"));
    let call = |id: &str| {
        let (id, name, arguments) = (id.to_owned(), "f".into(), "{}".into());
        Block::ToolCall(ToolCall { id, name, arguments, signature: None })
    };
    let thought = || Block::Thinking(Thinking::Text { text: "t".into(), signature: seal() });
    let turn = vec![thought(), thought(), Block::text("é"), call("a"), call("b")];
    assert!(!whole(std::slice::from_ref(&turn))[0].to_string().contains("after"));
    let chunks = chunks(std::slice::from_ref(&turn));
    assert!(chunks.iter().all(|chunk| !chunk.to_string().contains("after")));

    let turn = vec![Block::text("é"), thought(), call("a"), call("b"), Block::text("x")];
    let message = &whole(&[turn])[0];
    assert_eq!(message["thinking_blocks"][0]["after"], json!({"content": 1}));
    assert_eq!(message["tool_calls"][0].get("after"), None);
    assert_eq!(message["tool_calls"][1]["after"], json!({"content": 1}));
}

#[test]
fn thinking_among_the_parts_of_a_content_stays_there() {
    let message = json!({"role": "assistant", "content": [
        {"type": "text", "text": "a"},
        {"type": "thinking", "thinking": "t", "signature": "s"},
        {"type": "text", "text": "b"},
    ]});
    let signature = Some(Seal::new(Maker::Anthropic, "s"));
    let thought = Block::Thinking(Thinking::Text { text: "t".into(), signature });
    assert_eq!(read(&message), [Block::text("a"), thought, Block::text("b")]);
}

#[test]
fn the_details_of_reasoning_have_places_too() {
    let detail = |text: &str, index: u64, calls: u64| json!({"type": "reasoning.text", "text": text, "index": index, "after": {"tool_calls": calls}});
    let call = json!({"id": "a", "function": {"name": "f"}});
    let message = json!({"role": "assistant", "content": null, "tool_calls": [call],
        "reasoning_details": [detail("t", 0, 0), detail("u", 0, 0), detail("v", 1, 1)]});
    let thought =
        |text: &str| Block::Thinking(Thinking::Text { text: text.into(), signature: None });
    let blocks = read(&message);
    assert_eq!((&blocks[0], &blocks[2], blocks.len()), (&thought("tu"), &thought("v"), 3));
}

#[test]
fn the_marker_of_a_text_that_is_cut_stays_at_its_end() {
    let marker = json!({"type": "ephemeral"});
    let message = json!({"role": "assistant",
        "content": [{"type": "text", "text": "ab", "cache_control": marker}],
        "thinking_blocks": [{"type": "redacted_thinking", "data": "d", "after": {"content": 1}}]});
    let [Block::Part(head), Block::Thinking(_), Block::Part(tail)] = &read(&message)[..] else {
        panic!("three blocks");
    };
    assert_eq!((head.text(), &head.cache_control), (Some("a"), &None));
    assert_eq!((tail.text(), &tail.cache_control), (Some("b"), &Some(marker)));
}
