//! The format of a whole answer, or of one line of a stream.

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::dialects::errors::UpstreamError;
use crate::dialects::openai::upstream::error;
use crate::dialects::tool_calls::AnswerIds;
use crate::domain::chat::{FinishReason, GaveUp};
use crate::domain::hash::StableHash;
use crate::domain::usage::Usage;

#[derive(Default, Deserialize)]
pub(super) struct Line {
    #[serde(default)]
    pub model: Option<String>,
    #[serde(default)]
    message: Option<Message>,
    /// Of `/api/generate`, in place of the message.
    #[serde(default)]
    response: Option<String>,
    #[serde(default)]
    thinking: Option<String>,
    #[serde(default)]
    pub done: Option<bool>,
    #[serde(default)]
    done_reason: Option<String>,
    /// Missing when the whole prompt was cached.
    #[serde(default)]
    prompt_eval_count: Option<u64>,
    #[serde(default)]
    eval_count: Option<u64>,
    #[serde(default)]
    logprobs: Option<Vec<Value>>,
    #[serde(default)]
    error: Option<Value>,
}

#[derive(Default, Deserialize)]
pub(super) struct Message {
    #[serde(default)]
    pub content: Option<String>,
    #[serde(default)]
    pub thinking: Option<String>,
    #[serde(default)]
    pub tool_calls: Option<Vec<Call>>,
}

#[derive(Deserialize)]
pub(super) struct Call {
    #[serde(default)]
    id: Option<String>,
    pub function: Function,
}

#[derive(Deserialize)]
pub(super) struct Function {
    pub name: String,
    #[serde(default)]
    arguments: Option<Box<RawValue>>,
}

impl Line {
    /// What the model says, once.
    pub(super) fn take_message(&mut self) -> Option<Message> {
        let (content, thinking) = (self.response.take(), self.thinking.take());
        let is_generated = content.is_some() || thinking.is_some();
        let generated = is_generated.then_some(Message { content, thinking, tool_calls: None });
        self.message.take().or(generated)
    }

    pub(super) fn is_done(&self) -> bool {
        self.done == Some(true)
    }

    /// The error in place of an answer.
    pub(super) fn error(&self, text: &[u8]) -> Option<UpstreamError> {
        if self.error.as_ref().is_some_and(|error| !error.is_null()) {
            return Some(error::decode(text));
        }
        let is_answer = self.message.is_some() || self.response.is_some() || self.is_done();
        if is_answer { None } else { error::instead_of_answer(text) }
    }

    /// Ollama sends `stop` with tool calls, and `load` or `unload` when it only loaded or unloaded
    /// the model. Older versions send none.
    pub(super) fn finish_reason(&self, has_calls: bool) -> FinishReason {
        match self.done_reason.as_deref() {
            Some("stop" | "") | None => FinishReason::Stop.with_calls(has_calls),
            Some("length") => FinishReason::Length,
            Some(other) => {
                FinishReason::GaveUp(GaveUp { reason: error::shorten(other), message: None })
            }
        }
    }

    pub(super) fn usage(&self) -> Option<Usage> {
        if self.prompt_eval_count.is_none() && self.eval_count.is_none() {
            return None;
        }
        let prompt = self.prompt_eval_count.unwrap_or(0);
        let completion = self.eval_count.unwrap_or(0);
        let total = prompt.saturating_add(completion);
        Some(Usage { prompt, completion, total, ..Usage::default() })
    }

    /// In OpenAI's shape, which requires more members.
    pub(super) fn take_logprobs(&mut self) -> Option<Vec<Value>> {
        let mut logprobs = self.logprobs.take().filter(|logprobs| !logprobs.is_empty())?;
        for token in logprobs.iter_mut().filter_map(Value::as_object_mut) {
            token.entry("bytes").or_insert(Value::Null);
            let top = token.entry("top_logprobs").or_insert_with(|| json!([]));
            for token in top.as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut) {
                token.entry("bytes").or_insert(Value::Null);
            }
        }
        Some(logprobs)
    }
}

impl Function {
    /// As text. Some templates produce a string already.
    pub(super) fn arguments(&self) -> String {
        let Some(raw) = &self.arguments else { return String::from("{}") };
        match serde_json::from_str::<String>(raw.get()) {
            Ok(text) if text.trim_ascii().is_empty() => String::from("{}"),
            Ok(text) => text,
            Err(_) if raw.get() == "null" => String::from("{}"),
            Err(_) => raw.get().to_owned(),
        }
    }
}

/// The ids of one answer and its calls. Ollama sends no id for the answer, and older versions none
/// for calls.
#[derive(Debug, Default)]
pub(super) struct Ids {
    answer: u64,
    given: AnswerIds,
}

impl Ids {
    /// `text`: the answer, or its first line. It holds a timestamp in nanoseconds, so another
    /// answer gets other ids.
    pub(super) fn of(text: &[u8]) -> Self {
        Self { answer: StableHash::default().with(text).finish(), given: AnswerIds::default() }
    }

    pub(super) fn answer(&self) -> String {
        format!("chatcmpl-{:016x}", self.answer)
    }

    /// The number of ids given.
    pub(super) fn count(&self) -> u64 {
        self.given.count().try_into().unwrap_or(u64::MAX)
    }

    /// The call's own id if it has one and no earlier call had it.
    pub(super) fn give(&mut self, call: &Call) -> String {
        let (answer, count) = (self.answer, self.given.count());
        self.given.give(call.id.clone(), || format!("call_{answer:016x}_{count}"))
    }
}
