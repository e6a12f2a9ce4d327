//! Decodes chunks that an observer has read already, for a client of another family.

use super::message::{Said, WireAnswer, WireCall, call_id, finish_reason};
use super::usage::WireUsage;
use crate::domain::chat::Delta;

/// Reads the chunks of one stream.
#[derive(Debug, Default)]
pub struct ChunkDecoder {
    has_begun: bool,
    /// The calls that have begun, each after its choice.
    calls: Vec<(u64, u64)>,
}

impl ChunkDecoder {
    /// Appends the deltas of a chunk. One that has a member of an unusual type says nothing.
    pub fn read(&mut self, chunk: &[u8], out: &mut Vec<Delta>) {
        let Ok(chunk) = serde_json::from_slice::<WireAnswer>(chunk) else { return };
        if !std::mem::replace(&mut self.has_begun, true) {
            let (id, model) = (chunk.id.unwrap_or_default(), chunk.model.unwrap_or_default());
            out.push(Delta::Begin { id, model });
        }
        let mut usage = chunk.usage;
        for choice in chunk.choices.into_iter().flatten() {
            let index = choice.index.unwrap_or(0);
            usage = usage.or(choice.usage);
            let mut message = choice.delta.or(choice.message).unwrap_or_default();
            out.extend(message.said().into_iter().map(|said| delta(index, said)));
            for (at, call) in (0..).zip(message.tool_calls.unwrap_or_default()) {
                self.call((index, at), call, out);
            }
            if let Some(word) = choice.finish_reason {
                out.push(Delta::Finish { choice: index, reason: finish_reason(&word) });
            }
        }
        out.extend(usage.and_then(WireUsage::into_usage).map(Delta::Usage));
    }

    fn call(&mut self, (choice, at): (u64, u64), call: WireCall, out: &mut Vec<Delta>) {
        let index = call.index.unwrap_or(at);
        let signature = call.signature();
        let function = call.function.unwrap_or_default();
        let fragment = function.arguments();
        if !self.calls.contains(&(choice, index)) {
            self.calls.push((choice, index));
            let id = call_id(call.id, index);
            let name = function.name.unwrap_or_default();
            out.push(Delta::ToolCallBegin { choice, index, id, name, signature });
        }
        if !fragment.is_empty() {
            out.push(Delta::ToolCallArguments { choice, index, fragment });
        }
    }
}

fn delta(choice: u64, said: Said) -> Delta {
    match said {
        Said::Thinking(text) => Delta::Thinking { choice, text },
        Said::Text(text) => Delta::Text { choice, text },
        Said::Refusal(text) => Delta::Refusal { choice, text },
        Said::Image(source) => Delta::Image { choice, source },
    }
}
