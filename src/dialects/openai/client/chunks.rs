//! A streamed answer as OpenAI streams it.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use super::order::After;
use super::speech;
use super::wire::{
    WireCall, WireEnd, WireFunction, WireUsage, extra_content, image, thinking_block, write,
};
use crate::dialects::errors::StreamFault;
use crate::dialects::functions;
use crate::dialects::openai::upstream::stream::Seen;
use crate::domain::chat::{Delta, FinishReason, Thinking};

/// Id and model are repeated in every chunk: a long one would be written thousands of times.
const MAX_NAME: usize = 256;

/// Writes one stream.
#[derive(Debug)]
pub struct Encoder {
    created: i64,
    wants_usage: bool,
    wants_function_call: bool,
    /// Id and model of all chunks, once they are known.
    begun: Option<(String, String)>,
    choices: BTreeMap<u64, ChoiceState>,
    seen: Seen,
}

/// What was written of a choice.
#[derive(Debug, Default)]
struct ChoiceState {
    has_role: bool,
    has_audio: bool,
    is_finished: bool,
    /// How much of the turn was written.
    place: After,
    /// The thinking since the last block of it, each stretch with where it began.
    thoughts: Vec<(After, String)>,
    /// How many `thinking_blocks` there were.
    blocks: usize,
    /// The begun calls, and whether arguments came.
    calls: BTreeMap<u64, bool>,
    /// The call that was begun since the last text.
    last_call: Option<u64>,
}

#[derive(Serialize)]
struct WireChunk<'a> {
    id: &'a str,
    object: &'static str,
    created: i64,
    model: &'a str,
    choices: &'a [WireChoice<'a>],
    /// Absent if not asked for; `null` in all chunks but the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<Option<WireUsage>>,
}

#[derive(Serialize)]
struct WireChoice<'a> {
    index: u64,
    delta: WireDelta<'a>,
    logprobs: Option<&'a Value>,
    finish_reason: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    native_finish_reason: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<WireEnd<'a>>,
}

#[derive(Default, Serialize)]
struct WireDelta<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refusal: Option<&'a str>,
    /// The same text under both names that clients read.
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning_content: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning: Option<&'a str>,
    /// Each block whole, so that a client need not put it together.
    #[serde(skip_serializing_if = "Option::is_none")]
    thinking_blocks: Option<[Value; 1]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_calls: Option<[WireCall<'a>; 1]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    function_call: Option<WireFunction<'a>>,
    /// Sound that the model made.
    #[serde(skip_serializing_if = "Option::is_none")]
    audio: Option<Value>,
    /// Pictures that the model made, where OpenRouter puts them.
    #[serde(skip_serializing_if = "Option::is_none")]
    images: Option<[Value; 1]>,
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
    /// `created`: seconds since 1970. `wants_usage`: whether the client asked for usage.
    pub fn new(created: i64, wants_usage: bool) -> Self {
        let (begun, choices, seen) = (None, BTreeMap::new(), Seen::default());
        Self { created, wants_usage, wants_function_call: false, begun, choices, seen }
    }

    /// For a client that asked with `functions`: the first call of each choice is its
    /// `function_call`, for another there is no room.
    #[must_use]
    pub fn with_function_call(self, wants_function_call: bool) -> Self {
        Self { wants_function_call, ..self }
    }

    pub fn seen(&self) -> &Seen {
        &self.seen
    }

    /// Appends the frames that say what the deltas say. Nothing follows `[DONE]`.
    ///
    /// # Errors
    /// When the answer ends without a reason, or the model gave up before it said anything.
    pub fn encode(&mut self, deltas: &[Delta], out: &mut Vec<u8>) -> Result<(), StreamFault> {
        for delta in deltas {
            if self.seen.is_done {
                break;
            }
            self.encode_one(delta, out)?;
        }
        Ok(())
    }

    fn encode_one(&mut self, delta: &Delta, out: &mut Vec<u8>) -> Result<(), StreamFault> {
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
            Delta::Finish { choice, reason } => return self.finish(*choice, reason, out),
            Delta::Usage(usage) => self.seen.usage = Some(*usage),
            Delta::Done => return self.done(out),
        }
        Ok(())
    }

    fn begin_call(
        &mut self,
        choice: u64,
        index: u64,
        (id, name, signature): (&str, &str, Option<&str>),
        out: &mut Vec<u8>,
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

    fn say_call(&mut self, choice: u64, call: WireCall<'_>, out: &mut Vec<u8>) {
        let delta = match (self.wants_function_call, call.index) {
            (false, _) => WireDelta { tool_calls: Some([call]), ..WireDelta::default() },
            (true, Some(0)) if call.after.is_none() => {
                WireDelta { function_call: Some(call.function), ..WireDelta::default() }
            }
            // Where it stands has no place there either.
            (true, _) => return,
        };
        self.say(choice, delta, out);
    }

    fn arguments(&mut self, choice: u64, index: u64, fragment: &str, out: &mut Vec<u8>) {
        if fragment.is_empty() {
            return;
        }
        self.choices.entry(choice).or_default().calls.insert(index, true);
        self.add_to_call(choice, index, fragment, None, out);
    }

    /// Text follows, so it is told of the last call before it how much was said before the call.
    fn place_call(&mut self, choice: u64, text: &str, out: &mut Vec<u8>) {
        if text.is_empty() {
            return;
        }
        let state = self.choices.entry(choice).or_default();
        let (index, place) = (state.last_call.take(), state.place);
        state.place.say(text);
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
        out: &mut Vec<u8>,
    ) {
        let function = WireFunction { name: None, arguments };
        let (id, kind, extra_content) = (None, None, None);
        let call = WireCall { index: Some(index), id, kind, function, extra_content, after };
        self.say_call(choice, call, out);
    }

    fn finish(
        &mut self,
        choice: u64,
        reason: &FinishReason,
        out: &mut Vec<u8>,
    ) -> Result<(), StreamFault> {
        if let FinishReason::GaveUp(why) = reason
            && !self.seen.has_content
        {
            return Err(StreamFault::GaveUp(why.clone()));
        }
        let state = self.choices.entry(choice).or_default();
        if state.is_finished {
            return Ok(());
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
        self.seen.finish_reason = Some(self.word_of(reason).to_owned());
        self.chunk(choice, WireDelta::default(), (None, Some(reason)), out);
        Ok(())
    }

    fn word_of(&self, reason: &FinishReason) -> &'static str {
        match reason.as_str() {
            reason if self.wants_function_call => functions::finish_reason(reason),
            reason => reason,
        }
    }

    fn done(&mut self, out: &mut Vec<u8>) -> Result<(), StreamFault> {
        if self.seen.finish_reason.is_none() {
            return Err(StreamFault::Unfinished);
        }
        if self.wants_usage
            && let Some(usage) = self.seen.usage
        {
            self.frame(&[], Some(usage.into()), out);
        }
        out.extend_from_slice(b"data: [DONE]\n\n");
        self.seen.is_done = true;
        Ok(())
    }

    /// Thinking that no signature covers, in its place between those that have one.
    fn unsigned_blocks(&mut self, choice: u64, out: &mut Vec<u8>) {
        let thoughts = std::mem::take(&mut self.choices.entry(choice).or_default().thoughts);
        for (place, text) in thoughts {
            self.block(choice, &Thinking::Text { text, signature: None }, place, out);
        }
    }

    fn block(&mut self, choice: u64, thinking: &Thinking, place: After, out: &mut Vec<u8>) {
        let state = self.choices.entry(choice).or_default();
        let thinking_blocks = Some([thinking_block(state.blocks, thinking, place)]);
        state.blocks += 1;
        self.say(choice, WireDelta { thinking_blocks, ..WireDelta::default() }, out);
    }

    fn say(&mut self, choice: u64, delta: WireDelta<'_>, out: &mut Vec<u8>) {
        self.seen.has_content = true;
        self.chunk(choice, delta, (None, None), out);
    }

    fn chunk(
        &mut self,
        index: u64,
        mut delta: WireDelta<'_>,
        (logprobs, reason): (Option<&Value>, Option<&FinishReason>),
        out: &mut Vec<u8>,
    ) {
        let state = self.choices.entry(index).or_default();
        if !std::mem::replace(&mut state.has_role, true) {
            delta.role = Some("assistant");
            // The first delta of OpenAI's always has a content.
            delta.content = delta.content.or(Some(""));
        }
        let finish_reason = reason.map(|reason| self.word_of(reason));
        let error = WireEnd::of(reason);
        let native_finish_reason = error.as_ref().map(|error| error.code);
        let choice =
            WireChoice { index, delta, logprobs, finish_reason, native_finish_reason, error };
        self.frame(&[choice], None, out);
    }

    fn frame(&mut self, choices: &[WireChoice<'_>], usage: Option<WireUsage>, out: &mut Vec<u8>) {
        let created = self.created;
        let (id, model) =
            self.begun.get_or_insert_with(|| (format!("chatcmpl-{created}"), String::new()));
        let usage = self.wants_usage.then_some(usage);
        let object = "chat.completion.chunk";
        out.extend_from_slice(b"data: ");
        write(&WireChunk { id, object, created, model, choices, usage }, out);
        out.extend_from_slice(b"\n\n");
        self.seen.chunks += 1;
    }
}

#[cfg(test)]
mod tests;
