//! An answer of an upstream of each API reaches a client of each API: what was thought, said and called
//! is there in order, with its ids, its end and its usage; whole and streamed say the same, and a
//! stream may be cut anywhere.
//!
//! What no API says is given to it through the router's own encoders, and read back through its
//! decoders: a chat's answer becomes the upstream's, the upstream's becomes the client's, and the
//! client's is read as a chat's again.
//!
//! - Ollama tells no refusal of a filter, and counts prompt and answer alone.
//! - Gemini has no word for what of a prompt was written to a cache.

use bytes::Bytes;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::TestCaseError;
use serde_json::{Value, json};

use super::apis::{APIS, Api, Chat, Gemini, Ollama, answered, pairs, streamed};

/// What an answer says.
#[derive(Clone, Debug, Default, PartialEq)]
struct Said {
    thought: String,
    text: String,
    /// Id, name, arguments.
    calls: Vec<(String, String, Value)>,
    finish: String,
    usage: Spent,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Spent {
    prompt: u64,
    cached: u64,
    written: u64,
    completion: u64,
    reasoning: u64,
}

impl Spent {
    fn wire(self) -> Value {
        json!({
            "prompt_tokens": self.prompt, "completion_tokens": self.completion,
            "total_tokens": self.prompt + self.completion,
            "prompt_tokens_details":
                {"cached_tokens": self.cached, "cache_write_tokens": self.written},
            "completion_tokens_details": {"reasoning_tokens": self.reasoning},
        })
    }

    fn read(usage: &Value) -> Self {
        let count =
            |pointer: &str| usage.pointer(pointer).and_then(Value::as_u64).unwrap_or_default();
        Self {
            prompt: count("/prompt_tokens"),
            cached: count("/prompt_tokens_details/cached_tokens"),
            written: count("/prompt_tokens_details/cache_write_tokens"),
            completion: count("/completion_tokens"),
            reasoning: count("/completion_tokens_details/reasoning_tokens"),
        }
    }
}

impl Said {
    /// As far as an upstream and a client of these APIs can tell.
    fn between(&self, upstream: Api, client: Api) -> Self {
        let mut told = self.clone();
        if [upstream, client].iter().any(|api| matches!(api, Gemini | Ollama)) {
            told.usage.written = 0;
        }
        if upstream == Ollama || client == Ollama {
            (told.usage.cached, told.usage.reasoning) = (0, 0);
            if told.finish == "content_filter" {
                told.finish = String::from("stop");
            }
        }
        told
    }

    fn body(&self) -> Bytes {
        let calls: Vec<Value> = self.calls.iter().map(|(id, name, arguments)| {
            json!({"id": id, "type": "function", "function": {"name": name, "arguments": format!("{arguments:#}")}})
        }).collect();
        let mut message = json!({"role": "assistant", "content": self.text});
        if !self.thought.is_empty() {
            message["reasoning_content"] = Value::from(self.thought.as_str());
        }
        if !calls.is_empty() {
            message["tool_calls"] = Value::from(calls);
        }
        Bytes::from(json!({
            "id": "c", "object": "chat.completion", "created": 1, "model": "m", "usage": self.usage.wire(),
            "choices": [{"index": 0, "message": message, "finish_reason": self.finish}],
        }).to_string())
    }

    /// Texts in pieces of a few letters, and the arguments of all calls in turns, each in several lines.
    fn stream(&self) -> Vec<u8> {
        let mut deltas = vec![json!({"role": "assistant", "content": ""})];
        deltas.extend(pieces(&self.thought).map(|piece| json!({"reasoning_content": piece})));
        deltas.extend(pieces(&self.text).map(|piece| json!({"content": piece})));
        let begin = |(index, (id, name, _)): (usize, &(String, String, Value))| {
            let function = json!({"name": name, "arguments": ""});
            json!({"tool_calls": [{"index": index, "id": id, "type": "function", "function": function}]})
        };
        deltas.extend(self.calls.iter().enumerate().map(begin));
        let arguments: Vec<String> =
            self.calls.iter().map(|(_, _, arguments)| format!("{arguments:#}")).collect();
        let mut all: Vec<_> = arguments.iter().map(|arguments| pieces(arguments)).collect();
        let mut is_open = !all.is_empty();
        while is_open {
            is_open = false;
            for (index, pieces) in all.iter_mut().enumerate() {
                let Some(piece) = pieces.next() else { continue };
                is_open = true;
                deltas.push(
                    json!({"tool_calls": [{"index": index, "function": {"arguments": piece}}]}),
                );
            }
        }
        let chunk = |choices: Value, usage: Value| {
            let chunk = json!({
                "id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m",
                "choices": choices, "usage": usage,
            });
            format!("data: {chunk}\n\n")
        };
        let delta = |delta: Value, finish: Value| {
            chunk(json!([{"index": 0, "delta": delta, "finish_reason": finish}]), Value::Null)
        };
        let mut out: String = deltas.into_iter().map(|it| delta(it, Value::Null)).collect();
        out.push_str(&delta(json!({}), Value::from(self.finish.as_str())));
        out.push_str(&chunk(json!([]), self.usage.wire()));
        out.push_str("data: [DONE]\n\n");
        out.into_bytes()
    }

    fn of_body(body: &[u8]) -> Self {
        let body: Value = serde_json::from_slice(body).unwrap();
        let choice = &body["choices"][0];
        let mut said = Self::default();
        said.add(&choice["message"]);
        said.close(choice, &body["usage"]);
        said.parsed()
    }

    fn of_stream(stream: &[u8]) -> Self {
        let stream = str::from_utf8(stream).unwrap();
        let mut said = Self::default();
        let datas = stream.split("\n\n").filter_map(|frame| frame.strip_prefix("data: "));
        for data in datas.filter(|data| *data != "[DONE]") {
            let chunk: Value = serde_json::from_str(data).unwrap();
            said.add(&chunk["choices"][0]["delta"]);
            said.close(&chunk["choices"][0], &chunk["usage"]);
        }
        said.parsed()
    }

    fn add(&mut self, message: &Value) {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        self.thought.push_str(&text(&message["reasoning_content"]));
        self.text.push_str(&text(&message["content"]));
        self.text.push_str(&text(&message["refusal"]));
        for (place, call) in message["tool_calls"].as_array().into_iter().flatten().enumerate() {
            let index =
                call["index"].as_u64().map_or(place, |index| usize::try_from(index).unwrap());
            let function = &call["function"];
            if index == self.calls.len() {
                let empty = Value::from("");
                self.calls.push((text(&call["id"]), text(&function["name"]), empty));
            }
            let so_far = text(&self.calls[index].2) + &text(&function["arguments"]);
            self.calls[index].2 = Value::from(so_far);
        }
    }

    fn close(&mut self, choice: &Value, usage: &Value) {
        if let Some(word) = choice["finish_reason"].as_str() {
            word.clone_into(&mut self.finish);
        }
        if usage.is_object() {
            self.usage = Spent::read(usage);
        }
    }

    /// With the arguments as values.
    fn parsed(mut self) -> Self {
        for (_, _, arguments) in &mut self.calls {
            let text = arguments.as_str().unwrap();
            *arguments = serde_json::from_str(text).unwrap_or_else(|_| panic!("no JSON: {text}"));
        }
        self
    }
}

/// Of three letters at most.
fn pieces(text: &str) -> impl Iterator<Item = String> + use<> {
    let letters: Vec<char> = text.chars().collect();
    letters.chunks(3).map(|piece| piece.iter().collect()).collect::<Vec<String>>().into_iter()
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        2 => Just(String::new()),
        4 => "[a-zA-Z ]{0,12}[a-z]",
        2 => "\\PC{1,8}é\"\\\\\n\t😀\\PC{0,4}.",
        1 => r#"data: \{"a": [0-9]{1,3}\}"#,
    ]
}

fn said() -> impl Strategy<Value = Said> {
    let arguments = prop_oneof![
        Just(json!({})),
        (text(), any::<i32>()).prop_map(|(text, n)| json!({"at": text, "n": [n, {"x": null}]})),
    ];
    let call = (select(&["look", "get-weather_2", "_F"]), arguments);
    let finish = select(&["stop", "length", "content_filter"]);
    let count = || 0..1_000_u64;
    let usage = (count(), count(), count(), count(), count());
    (text(), text(), vec(call, 0..4), finish, usage).prop_map(
        |(thought, text, calls, finish, (fresh, cached, written, answer, reasoning))| {
            let calls: Vec<_> = (0..)
                .zip(calls)
                .map(|(at, (name, arguments))| {
                    (format!("call_{at}abc"), name.to_owned(), arguments)
                })
                .collect();
            let finish = if calls.is_empty() { finish } else { "tool_calls" };
            // An answer says something.
            let is_silent = calls.is_empty() && text.is_empty();
            Said {
                thought,
                text: if is_silent { String::from("a") } else { text },
                calls,
                finish: finish.to_owned(),
                usage: Spent {
                    prompt: fresh + cached + written,
                    cached,
                    written,
                    completion: answer + reasoning,
                    reasoning,
                },
            }
        },
    )
}

fn check(said: &Said, cuts: &[usize]) -> Result<(), TestCaseError> {
    for (upstream, client) in pairs() {
        let told = said.between(upstream, client);
        let body = answered(upstream, client, answered(Chat, upstream, said.body()));
        let shown = String::from_utf8_lossy(&body).into_owned();
        let found = Said::of_body(&answered(client, Chat, body));
        prop_assert_eq!(&found, &told, "{:?} to {:?}, whole: {}", upstream, client, shown);

        let stream = streamed(Chat, upstream, &[&said.stream()]);
        let whole = streamed(upstream, client, &[&stream]);
        let shown = String::from_utf8_lossy(&whole).into_owned();
        let found = Said::of_stream(&streamed(client, Chat, &[&whole]));
        prop_assert_eq!(&found, &told, "{:?} to {:?}, streamed: {}", upstream, client, shown);
        let mut rest = &stream[..];
        let mut parts = Vec::new();
        for cut in cuts {
            let (part, behind) = rest.split_at((*cut).min(rest.len()));
            parts.push(part);
            rest = behind;
        }
        parts.push(rest);
        let cut = streamed(upstream, client, &parts);
        let found = Said::of_stream(&streamed(client, Chat, &[&cut]));
        prop_assert_eq!(&found, &told, "{:?} to {:?}, cut: {:?}", upstream, client, cuts);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn every_answer_reaches_every_client(said in said(), cuts in vec(0..90_usize, 1..40)) {
        check(&said, &cuts)?;
    }
}

/// Calls whose arguments come in turns, behind thinking and words.
fn interleaved() -> Said {
    Said {
        thought: String::from("é"),
        text: String::from("a 😀"),
        calls: vec![
            (String::from("call_0"), String::from("look"), json!({"at": "é"})),
            (String::from("call_1"), String::from("_F"), json!({})),
        ],
        finish: String::from("tool_calls"),
        usage: Spent { prompt: 9, cached: 4, written: 2, completion: 7, reasoning: 2 },
    }
}

/// Whose bytes are cut is the upstream, so that each place is cut for one of the clients, and all places
/// at once for each.
#[test]
fn a_stream_may_be_cut_at_every_byte() {
    let said = interleaved();
    for (nth, (upstream, client)) in pairs().enumerate() {
        let told = said.between(upstream, client);
        let stream = streamed(Chat, upstream, &[&said.stream()]);
        let whole = streamed(upstream, client, &[&stream]);
        assert_eq!(Said::of_stream(&streamed(client, Chat, &[&whole])), told);
        let expect = |pieces: &[&[u8]], place: usize| {
            let cut = streamed(upstream, client, pieces);
            if cut != whole {
                let found = Said::of_stream(&streamed(client, Chat, &[&cut]));
                assert_eq!(found, told, "{upstream:?} to {client:?}, cut at {place}");
            }
        };
        expect(&stream.chunks(1).collect::<Vec<_>>(), 1);
        for at in (nth % APIS.len()..stream.len()).step_by(APIS.len()) {
            let (first, rest) = stream.split_at(at);
            expect(&[first, rest], at);
        }
    }
}
