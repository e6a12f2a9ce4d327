//! Decodes chunks that an observer has read already, for a client of another family.

use super::message::{Said, WireAnswer, WireCall, call_id, finish_reason, search_of};
use super::usage::WireUsage;
use crate::domain::chat::Delta;
use crate::domain::search::Citation;

/// Reads the chunks of one stream.
#[derive(Debug, Default)]
pub struct ChunkDecoder {
    has_begun: bool,
    /// The calls that have begun, each after its choice.
    calls: Vec<(u64, u64)>,
    /// What the texts cite, each after its choice.
    cited: Vec<(u64, Citation)>,
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
            let logprobs = choice.logprobs();
            usage = usage.or(choice.usage);
            out.extend(logprobs.map(|logprobs| Delta::Logprobs { choice: index, logprobs }));
            let mut message = choice.delta.or(choice.message).unwrap_or_default();
            out.extend(message.said().into_iter().map(|said| delta(index, said)));
            for (at, call) in (0..).zip(message.tool_calls.take().unwrap_or_default()) {
                self.call((index, at), call, out);
            }
            for citation in message.citations() {
                self.cited.push((index, citation.clone()));
                out.push(Delta::Citation { choice: index, citation });
            }
            if let Some(word) = choice.finish_reason {
                self.search(index, out);
                out.push(Delta::Finish { choice: index, reason: finish_reason(&word) });
            }
        }
        out.extend(usage.and_then(WireUsage::into_usage).map(Delta::Usage));
    }

    /// Of a search nothing is told but what the text cites.
    fn search(&mut self, choice: u64, out: &mut Vec<Delta>) {
        let cited: Vec<_> = self.cited.extract_if(.., |(of, _)| *of == choice).collect();
        if !cited.is_empty() {
            let search = search_of(cited.iter().map(|(_, citation)| citation));
            out.push(Delta::Search { choice, search });
        }
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
