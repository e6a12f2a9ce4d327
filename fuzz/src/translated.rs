//! Frames that the router wrote itself: a stream that a client of OpenAI's can read.

use std::collections::{BTreeMap, HashSet};

use llm_router::dialects::Dialect;
use llm_router::domain::usage::Usage;

use crate::chunk::{self, Choice, Chunk, ToolCall};
use crate::transcript::Transcript;

/// The shortest text of a whole chunk is a Gemini part of six bytes.
const MOST_OUT_PER_BYTE: usize = 1024;
/// Of the id and of the model, which stand in every chunk.
const LONGEST_NAME: usize = 256;

pub fn check(dialect: Dialect, bytes: &[u8], transcript: &Transcript, wants_usage: bool) {
    let Transcript { out, outcome, summary } = transcript;
    assert!(out.len() <= MOST_OUT_PER_BYTE * (bytes.len() + 1), "grew to {} bytes", out.len());
    assert_eq!(outcome.is_ok(), summary.is_done, "only a stream that was complete ends well");

    let mut datas = datas(out);
    if summary.is_done {
        assert_eq!(datas.pop(), Some("[DONE]"));
    }
    // Each counted delta is a frame; ends and usage are frames besides.
    let frames = u64::try_from(datas.len()).unwrap();
    assert!(summary.tokens <= frames, "counted more than was written");
    let mut client = Client::new(wants_usage);
    for data in datas {
        let chunk = serde_json::from_str(data);
        client.take(chunk.unwrap_or_else(|error| panic!("wrote no chunk ({error}): {data}")));
    }
    client.check_end(summary.is_done, summary.usage);
    assert_eq!(summary.finish_reason, client.finish_reason);

    match dialect {
        Dialect::GeminiGenerate | Dialect::OllamaChat => client.check_made_up(summary.is_done),
        Dialect::AnthropicMessages => summary.usage.iter().for_each(check_parts),
        _ => {}
    }
}

/// Each frame is one line of data and an empty one.
fn datas(out: &[u8]) -> Vec<&str> {
    let out = str::from_utf8(out).expect("frames are UTF-8");
    if out.is_empty() {
        return Vec::new();
    }
    let frames = out.strip_suffix("\n\n").expect("the last frame ends").split("\n\n");
    frames
        .map(|frame| {
            let data = frame.strip_prefix("data: ").expect("a frame is `data: …`");
            assert!(!data.contains(['\n', '\r']), "a frame of several lines: {data}");
            data
        })
        .collect()
}

/// Anthropic counts what it cached beside the prompt, so the decoder adds up.
fn check_parts(usage: &Usage) {
    let parts = usage.cached.saturating_add(usage.cache_write);
    assert!(parts <= usage.prompt, "cached more than there was: {usage:?}");
}

/// What a client knows that puts the chunks together.
struct Client {
    wants_usage: bool,
    name: Option<(String, String)>,
    choices: BTreeMap<u64, Answer>,
    /// Of all calls.
    ids: Vec<String>,
    finish_reason: Option<String>,
    usage: Option<chunk::Usage>,
}

#[derive(Default)]
struct Answer {
    /// The arguments of each call.
    calls: Vec<String>,
    blocks: u64,
    is_finished: bool,
}

impl Client {
    fn new(wants_usage: bool) -> Self {
        Self {
            wants_usage,
            name: None,
            choices: BTreeMap::new(),
            ids: Vec::new(),
            finish_reason: None,
            usage: None,
        }
    }

    fn take(&mut self, chunk: Chunk) {
        assert_eq!(chunk.object, "chat.completion.chunk");
        assert!(!chunk.id.is_empty(), "a chunk without an id");
        let is_short = |name: &str| name.chars().count() <= LONGEST_NAME;
        assert!(is_short(&chunk.id) && is_short(&chunk.model), "each chunk repeats a long name");
        let name = (chunk.id, chunk.model);
        assert_eq!(self.name.get_or_insert_with(|| name.clone()), &name, "the name changed");

        assert!(self.usage.is_none(), "a chunk follows the usage");
        assert_eq!(chunk.usage.is_some(), self.wants_usage, "`usage` where it is not wanted");
        self.usage = chunk.usage.flatten();
        assert_eq!(chunk.choices.is_empty(), self.usage.is_some(), "usage has a chunk of its own");
        for choice in chunk.choices {
            self.take_choice(choice);
        }
    }

    fn take_choice(&mut self, choice: Choice) {
        let is_first = !self.choices.contains_key(&choice.index);
        let role = choice.delta.role.as_deref();
        assert_eq!(role, is_first.then_some("assistant"), "the role stands in the first chunk");
        assert_eq!(choice.delta.reasoning, choice.delta.reasoning_content);

        let answer = self.choices.entry(choice.index).or_default();
        for block in choice.delta.thinking_blocks {
            assert_eq!(block.index, answer.blocks, "thinking blocks count from 0");
            answer.blocks += 1;
        }
        for call in choice.delta.tool_calls {
            answer.take_call(call, &mut self.ids);
        }
        if let Some(reason) = choice.finish_reason {
            assert!(!answer.is_finished, "a choice ends twice");
            answer.is_finished = true;
            let has_arguments = |arguments: &String| !arguments.is_empty();
            assert!(answer.calls.iter().all(has_arguments), "a call without arguments");
            self.finish_reason = Some(reason);
        }
    }

    fn check_end(&self, is_done: bool, summary: Option<Usage>) {
        let expected = summary.filter(|_| is_done && self.wants_usage);
        let told = self.usage.as_ref();
        assert_eq!(
            told.map(|told| (told.prompt_tokens, told.completion_tokens, told.total_tokens)),
            expected.map(|usage| (usage.prompt, usage.completion, usage.total))
        );
    }

    /// Where the upstream gives no ids, and ends without saying so.
    fn check_made_up(&self, is_done: bool) {
        let mut known = HashSet::new();
        assert!(self.ids.iter().all(|id| known.insert(id)), "two calls have one id");
        let is_finished = |answer: &Answer| answer.is_finished;
        assert!(!is_done || self.choices.values().all(is_finished), "a choice without an end");
        assert!(!is_done || !self.choices.is_empty(), "an answer without a choice");
    }
}

impl Answer {
    fn take_call(&mut self, call: ToolCall, ids: &mut Vec<String>) {
        let index = usize::try_from(call.index).expect("an index of a call");
        if let Some(arguments) = self.calls.get_mut(index) {
            assert!(call.id.is_none() && call.function.name.is_none() && call.kind.is_none());
            arguments.push_str(&call.function.arguments);
            return;
        }
        assert_eq!(index, self.calls.len(), "calls count from 0");
        let id = call.id.expect("a call begins with its id");
        assert!(!id.is_empty(), "a call without an id");
        ids.push(id);
        assert_eq!(call.kind.as_deref(), Some("function"));
        assert!(call.function.name.is_some(), "a call begins with its name");
        self.calls.push(call.function.arguments);
    }
}
