//! Encodes a streamed answer as chat completion chunks.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use super::order::After;
use super::speech;
use super::wire::{
    WireCall, WireEnd, WireFunction, WireUsage, annotation, extra_content, image, thinking_block,
    write,
};
use crate::dialects::functions;
use crate::domain::chat::{Delta, FinishReason, Thinking};
use crate::domain::usage::Usage;

/// The last event of a stream.
pub(in crate::dialects) const DONE: &[u8] = b"data: [DONE]\n\n";

/// Characters of id and model, which every chunk repeats: a longer one would be written
/// thousands of times.
const MAX_NAME: usize = 256;

/// The inputs of each chunk besides the answer.
#[derive(Clone, Copy, Debug, Default)]
pub struct ChunkOptions {
    /// Seconds since 1970.
    pub created: i64,
    /// Whether the client asked for usage.
    pub wants_usage: bool,
    /// For a client that sent `functions`: the first call of each choice becomes its
    /// `function_call`, which holds only one.
    pub wants_function_call: bool,
}

/// Encodes one stream.
#[derive(Debug)]
pub struct Encoder {
    options: ChunkOptions,
    /// Id and model of all chunks, once known.
    begun: Option<(String, String)>,
    choices: BTreeMap<u64, ChoiceState>,
    usage: Option<Usage>,
}

/// Receives the chunks as they are made. A byte buffer receives them as server-sent events.
pub(in crate::dialects) trait ChunkSink {
    fn chunk(&mut self, chunk: &WireChunk<'_>);

    /// The answer is complete.
    fn done(&mut self);
}

impl ChunkSink for Vec<u8> {
    fn chunk(&mut self, chunk: &WireChunk<'_>) {
        self.extend_from_slice(b"data: ");
        write(chunk, self);
        self.extend_from_slice(b"\n\n");
    }

    fn done(&mut self) {
        self.extend_from_slice(DONE);
    }
}

/// How far a choice has been written.
#[derive(Debug, Default)]
struct ChoiceState {
    has_role: bool,
    has_audio: bool,
    is_finished: bool,
    /// The position in the turn so far.
    place: After,
    /// The thinking since the last thinking block, each stretch with the position of its start.
    thoughts: Vec<(After, String)>,
    /// The number of `thinking_blocks` written.
    blocks: usize,
    /// The calls that began, each with whether arguments followed.
    calls: BTreeMap<u64, bool>,
    /// The latest call that began since the last text.
    last_call: Option<u64>,
}

#[derive(Serialize)]
pub(in crate::dialects) struct WireChunk<'a> {
    id: &'a str,
    object: &'static str,
    created: i64,
    model: &'a str,
    pub choices: &'a [WireChoice<'a>],
    /// Absent unless requested; `null` in all chunks but the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<Option<WireUsage>>,
}

#[derive(Serialize)]
pub(in crate::dialects) struct WireChoice<'a> {
    index: u64,
    pub delta: WireDelta<'a>,
    logprobs: Option<&'a Value>,
    pub finish_reason: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    native_finish_reason: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<WireEnd<'a>>,
}

#[derive(Default, Serialize)]
pub(in crate::dialects) struct WireDelta<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refusal: Option<&'a str>,
    /// The same text under both names that clients read.
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning_content: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning: Option<&'a str>,
    /// Each block whole, so that a client need not join fragments.
    #[serde(skip_serializing_if = "Option::is_none")]
    thinking_blocks: Option<[Value; 1]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_calls: Option<[WireCall<'a>; 1]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    function_call: Option<WireFunction<'a>>,
    /// Generated sound.
    #[serde(skip_serializing_if = "Option::is_none")]
    audio: Option<Value>,
    /// Generated images, in the field that OpenRouter uses.
    #[serde(skip_serializing_if = "Option::is_none")]
    images: Option<[Value; 1]>,
    /// A page on which the text rests.
    #[serde(skip_serializing_if = "Option::is_none")]
    annotations: Option<[Value; 1]>,
}

impl ChoiceState {
    fn think(&mut self, text: &str) {
        match self.thoughts.last_mut() {
            _ if text.is_empty() => {}
            Some((place, thought)) if *place == self.place => thought.push_str(text),
            _ => self.thoughts.push((self.place, text.to_owned())),
        }
    }
}

impl Encoder {
    pub fn new(options: ChunkOptions) -> Self {
        Self { options, begun: None, choices: BTreeMap::new(), usage: None }
    }

    /// Appends the chunks for these deltas.
    pub(in crate::dialects) fn encode(&mut self, deltas: &[Delta], out: &mut impl ChunkSink) {
        for delta in deltas {
            self.encode_one(delta, out);
        }
    }

    fn encode_one(&mut self, delta: &Delta, out: &mut impl ChunkSink) {
        match delta {
            Delta::Begin { id, model } => {
                let cut = |name: &str| name.chars().take(MAX_NAME).collect();
                self.begun.get_or_insert_with(|| (cut(id), cut(model)));
            }
            Delta::Text { choice, text } => {
                self.place_call(*choice, text, out);
                self.say(*choice, WireDelta { content: Some(text), ..WireDelta::default() }, out);
            }
            Delta::Refusal { choice, text } => {
                self.place_call(*choice, text, out);
                self.say(*choice, WireDelta { refusal: Some(text), ..WireDelta::default() }, out);
            }
            Delta::Thinking { choice, text } => {
                self.choices.entry(*choice).or_default().think(text);
                let (reasoning_content, reasoning) = (Some(text.as_str()), Some(text.as_str()));
                let delta = WireDelta { reasoning_content, reasoning, ..WireDelta::default() };
                self.say(*choice, delta, out);
            }
            Delta::ThinkingSignature { choice, signature } => {
                let state = self.choices.entry(*choice).or_default();
                let signed = state.thoughts.pop_if(|(place, _)| *place == state.place);
                let (place, text) = signed.unwrap_or_else(|| (state.place, String::new()));
                self.unsigned_blocks(*choice, out);
                let signature = Some(signature.clone());
                self.block(*choice, &Thinking::Text { text, signature }, place, out);
            }
            Delta::ThinkingOpaque { choice, id, sealed } => {
                self.unsigned_blocks(*choice, out);
                let block = Thinking::Opaque { id: id.clone(), sealed: sealed.clone() };
                let place = self.choices.entry(*choice).or_default().place;
                self.block(*choice, &block, place, out);
            }
            Delta::ToolCallBegin { choice, index, id, name, signature } => {
                self.begin_call(*choice, *index, (id, name, signature.as_deref()), out);
            }
            Delta::ToolCallArguments { choice, index, fragment } => {
                self.arguments(*choice, *index, fragment, out);
            }
            Delta::Image { choice, source } => {
                let images = image(source).map(|image| [image]);
                self.say(*choice, WireDelta { images, ..WireDelta::default() }, out);
            }
            // A chat says nothing of the search itself.
            Delta::Search { .. } => {}
            Delta::Citation { choice, citation } => {
                let annotations = Some([annotation(citation)]);
                self.say(*choice, WireDelta { annotations, ..WireDelta::default() }, out);
            }
            Delta::Audio { choice, source } => {
                let state = self.choices.entry(*choice).or_default();
                let is_first = !std::mem::replace(&mut state.has_audio, true);
                let id = self.begun.as_ref().map_or("", |(id, _)| id);
                let audio = speech::piece(source, id, is_first);
                self.say(*choice, WireDelta { audio, ..WireDelta::default() }, out);
            }
            Delta::Logprobs { choice, logprobs } => {
                self.chunk(*choice, WireDelta::default(), (Some(logprobs), None), out);
            }
            Delta::Finish { choice, reason } => self.finish(*choice, reason, out),
            Delta::Usage(usage) => self.usage = Some(*usage),
            Delta::Done => self.done(out),
        }
    }

    fn begin_call(
        &mut self,
        choice: u64,
        index: u64,
        (id, name, signature): (&str, &str, Option<&str>),
        out: &mut impl ChunkSink,
    ) {
        let state = self.choices.entry(choice).or_default();
        if state.calls.contains_key(&index) {
            return;
        }
        state.calls.insert(index, false);
        state.place.calls = state.calls.len();
        state.last_call = Some(index);
        let call = WireCall {
            index: Some(index),
            id: Some(id),
            kind: Some("function"),
            function: WireFunction { name: Some(name), arguments: "" },
            extra_content: extra_content(signature),
            after: None,
        };
        self.say_call(choice, call, out);
    }

    fn say_call(&mut self, choice: u64, call: WireCall<'_>, out: &mut impl ChunkSink) {
        let delta = match (self.options.wants_function_call, call.index) {
            (false, _) => WireDelta { tool_calls: Some([call]), ..WireDelta::default() },
            (true, Some(0)) if call.after.is_none() => {
                WireDelta { function_call: Some(call.function), ..WireDelta::default() }
            }
            // `function_call` has no member for a position either.
            (true, _) => return,
        };
        self.say(choice, delta, out);
    }

    fn arguments(&mut self, choice: u64, index: u64, fragment: &str, out: &mut impl ChunkSink) {
        if fragment.is_empty() {
            return;
        }
        self.choices.entry(choice).or_default().calls.insert(index, true);
        self.add_to_call(choice, index, fragment, None, out);
    }

    /// Writes the position of the last call, now that text follows it.
    fn place_call(&mut self, choice: u64, text: &str, out: &mut impl ChunkSink) {
        if text.is_empty() {
            return;
        }
        let state = self.choices.entry(choice).or_default();
        let (index, place) = (state.last_call.take(), state.place);
        state.place.advance(text);
        if let Some(index) = index {
            self.add_to_call(choice, index, "", Some(After { calls: 0, ..place }), out);
        }
    }

    fn add_to_call(
        &mut self,
        choice: u64,
        index: u64,
        arguments: &str,
        after: Option<After>,
        out: &mut impl ChunkSink,
    ) {
        let function = WireFunction { name: None, arguments };
        let (id, kind, extra_content) = (None, None, None);
        let call = WireCall { index: Some(index), id, kind, function, extra_content, after };
        self.say_call(choice, call, out);
    }

    fn finish(&mut self, choice: u64, reason: &FinishReason, out: &mut impl ChunkSink) {
        let state = self.choices.entry(choice).or_default();
        if state.is_finished {
            return;
        }
        state.is_finished = true;
        let has_blocks = state.blocks > 0;
        let bare = state.calls.iter().filter(|(_, has_arguments)| !**has_arguments);
        let bare: Vec<u64> = bare.map(|(index, _)| *index).collect();
        for index in bare {
            self.arguments(choice, index, "{}", out);
        }
        if has_blocks {
            self.unsigned_blocks(choice, out);
        }
        self.chunk(choice, WireDelta::default(), (None, Some(reason)), out);
    }

    fn done(&mut self, out: &mut impl ChunkSink) {
        if self.options.wants_usage
            && let Some(usage) = self.usage
        {
            self.whole_chunk(&[], Some(usage.into()), out);
        }
        out.done();
    }

    /// Writes thinking that no signature covers, in order between the signed blocks.
    fn unsigned_blocks(&mut self, choice: u64, out: &mut impl ChunkSink) {
        let thoughts = std::mem::take(&mut self.choices.entry(choice).or_default().thoughts);
        for (place, text) in thoughts {
            self.block(choice, &Thinking::Text { text, signature: None }, place, out);
        }
    }

    fn block(&mut self, choice: u64, thinking: &Thinking, place: After, out: &mut impl ChunkSink) {
        let state = self.choices.entry(choice).or_default();
        let thinking_blocks = Some([thinking_block(state.blocks, thinking, place)]);
        state.blocks += 1;
        self.say(choice, WireDelta { thinking_blocks, ..WireDelta::default() }, out);
    }

    fn say(&mut self, choice: u64, delta: WireDelta<'_>, out: &mut impl ChunkSink) {
        self.chunk(choice, delta, (None, None), out);
    }

    fn chunk(
        &mut self,
        index: u64,
        mut delta: WireDelta<'_>,
        (logprobs, reason): (Option<&Value>, Option<&FinishReason>),
        out: &mut impl ChunkSink,
    ) {
        let state = self.choices.entry(index).or_default();
        if !std::mem::replace(&mut state.has_role, true) {
            delta.role = Some("assistant");
            // In OpenAI's streams the first delta always has a `content`.
            delta.content = delta.content.or(Some(""));
        }
        let finish_reason =
            reason.map(|reason| functions::finish_word(reason, self.options.wants_function_call));
        let error = WireEnd::of(reason);
        let native_finish_reason = error.as_ref().map(|error| error.code);
        let choice =
            WireChoice { index, delta, logprobs, finish_reason, native_finish_reason, error };
        self.whole_chunk(&[choice], None, out);
    }

    fn whole_chunk(
        &mut self,
        choices: &[WireChoice<'_>],
        usage: Option<WireUsage>,
        out: &mut impl ChunkSink,
    ) {
        let created = self.options.created;
        let (id, model) =
            self.begun.get_or_insert_with(|| (format!("chatcmpl-{created}"), String::new()));
        let usage = self.options.wants_usage.then_some(usage);
        let object = "chat.completion.chunk";
        out.chunk(&WireChunk { id, object, created, model, choices, usage });
    }
}

#[cfg(test)]
mod tests;
