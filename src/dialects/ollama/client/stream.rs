//! Encodes a streamed answer as lines of JSON. A call is written when its arguments are complete.

use bytes::Bytes;
use serde_json::Value;

use super::answer::logprobs_of;
use super::wire::{Call, End, Said, Shape, Told, media_text, write};
use crate::dialects::answer_options::AnswerOptions;
use crate::dialects::summary::{Served, Summary};
use crate::domain::chat::{Delta, FinishReason};
use crate::domain::usage::Usage;

pub const CONTENT_TYPE: &str = "application/x-ndjson";

/// The format has one choice.
const CHOICE: u64 = 0;

/// Keeps a stream alive before its first line. A client reads each line as a piece of an answer, so
/// this is one, without text.
pub fn keepalive(shape: Shape) -> Bytes {
    line(shape, ("", &Told::default().created_at()), &Said::default(), None)
}

/// The last line of a failed stream. `error`: the body of the same error as a whole answer.
pub fn fail(error: &Value) -> Bytes {
    Bytes::from(format!("{error}\n"))
}

fn line(shape: Shape, named: (&str, &str), said: &Said<'_>, end: Option<End>) -> Bytes {
    let mut out = Vec::new();
    write(shape, named, said, end, &mut out);
    out.push(b'\n');
    Bytes::from(out)
}

/// Encodes one stream.
#[derive(Debug, Default)]
pub struct Encoder {
    options: AnswerOptions,
    model: String,
    created_at: String,
    /// Those that are not written yet.
    calls: Vec<Call>,
    reason: Option<FinishReason>,
}

impl Encoder {
    pub fn new(options: AnswerOptions) -> Self {
        let created_at = options.ollama.created_at();
        Self { options, created_at, ..Self::default() }
    }

    pub fn keepalive(&self) -> Bytes {
        line(self.options.ollama.shape, self.named(), &Said::default(), None)
    }

    /// Appends the lines for these deltas.
    pub fn encode(&mut self, deltas: &[Delta], out: &mut Vec<u8>) {
        for delta in deltas {
            self.encode_one(delta, out);
        }
    }

    fn encode_one(&mut self, delta: &Delta, out: &mut Vec<u8>) {
        match delta {
            Delta::Begin { model, .. } => self.model.clone_from(model),
            Delta::Text { choice: CHOICE, text } | Delta::Refusal { choice: CHOICE, text } => {
                self.write(&Said { text, ..Said::default() }, out);
            }
            Delta::Thinking { choice: CHOICE, text } => {
                self.write(&Said { thinking: text, ..Said::default() }, out);
            }
            Delta::Image { choice: CHOICE, source } => {
                self.write(&Said { text: &media_text(source), ..Said::default() }, out);
            }
            Delta::Logprobs { choice: CHOICE, logprobs } => {
                let logprobs = logprobs_of(logprobs);
                self.write(&Said { logprobs, ..Said::default() }, out);
            }
            Delta::ToolCallBegin { choice: CHOICE, index, id, name, .. } => {
                let (index, id, name) = (*index, id.clone(), name.clone());
                self.calls.push(Call { index, id, name, arguments: String::new() });
            }
            Delta::ToolCallArguments { choice: CHOICE, index, fragment } => {
                let call = self.calls.iter_mut().find(|call| call.index == *index);
                if let Some(call) = call {
                    call.arguments.push_str(fragment);
                }
            }
            Delta::Finish { choice: CHOICE, reason } => {
                self.reason.get_or_insert_with(|| reason.clone());
                self.write_calls(out);
            }
            _ => {}
        }
    }

    fn named(&self) -> (&str, &str) {
        (&self.model, &self.created_at)
    }

    fn write(&self, said: &Said<'_>, out: &mut Vec<u8>) {
        write(self.options.ollama.shape, self.named(), said, None, out);
        out.push(b'\n');
    }

    fn write_calls(&mut self, out: &mut Vec<u8>) {
        let calls = std::mem::take(&mut self.calls);
        if !calls.is_empty() {
            self.write(&Said { calls: &calls, ..Said::default() }, out);
        }
    }

    /// The end of a complete stream.
    pub fn close(&mut self, summary: &Summary, served: &Served<'_>) -> Bytes {
        let mut out = Vec::new();
        self.write_calls(&mut out);
        let usage = summary.usage.unwrap_or_else(|| Usage {
            prompt: self.options.prompt_tokens,
            completion: summary.tokens,
            ..Usage::default()
        });
        let told = self.options.ollama;
        let total = served.elapsed.max(told.elapsed);
        let end = End::new(self.reason.as_ref(), usage, total, told.elapsed);
        write(told.shape, self.named(), &Said::default(), Some(end), &mut out);
        out.push(b'\n');
        Bytes::from(out)
    }
}

#[cfg(test)]
mod tests;
