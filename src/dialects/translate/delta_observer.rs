//! Summarizes the deltas of a translated stream, whatever dialect they are encoded in afterwards.

use std::collections::BTreeSet;

use crate::dialects::errors::StreamFault;
use crate::dialects::functions;
use crate::dialects::summary::{Summary, tokens_of};
use crate::domain::chat::{Delta, FinishReason};

#[derive(Debug)]
pub struct DeltaObserver {
    summary: Summary,
    /// The finished choices: only their first reason counts.
    finished: BTreeSet<u64>,
    wants_function_call: bool,
}

impl DeltaObserver {
    /// `wants_function_call`: whether the client sent `functions`.
    pub fn new(wants_function_call: bool) -> Self {
        let (summary, finished) = (Summary::default(), BTreeSet::new());
        Self { summary, finished, wants_function_call }
    }

    pub fn summary(&self) -> &Summary {
        &self.summary
    }

    /// The deltas to forward to the client: those before a fault, and none after the end of the
    /// answer.
    pub fn read<'d>(&mut self, deltas: &'d [Delta]) -> (&'d [Delta], Result<(), StreamFault>) {
        let mut outcome = Ok(());
        let stop = deltas.iter().position(|delta| {
            if self.summary.is_done {
                return true;
            }
            outcome = self.read_one(delta);
            outcome.is_err()
        });
        let read = deltas.get(..stop.unwrap_or(deltas.len())).unwrap_or_default();
        (read, outcome)
    }

    /// # Errors
    /// When the answer ends without a reason, or the model gave up before any content.
    fn read_one(&mut self, delta: &Delta) -> Result<(), StreamFault> {
        let summary = &mut self.summary;
        match delta {
            Delta::Begin { .. } | Delta::Citation { .. } => {}
            Delta::ToolCallArguments { fragment, .. } if fragment.is_empty() => {}
            Delta::Text { text, .. }
            | Delta::Refusal { text, .. }
            | Delta::Thinking { text, .. }
            | Delta::ToolCallArguments { fragment: text, .. } => {
                summary.has_content = true;
                summary.tokens += tokens_of(text.len());
            }
            Delta::ThinkingSignature { .. }
            | Delta::ThinkingOpaque { .. }
            | Delta::Image { .. }
            | Delta::Audio { .. }
            | Delta::Search { .. }
            | Delta::ToolCallBegin { .. } => {
                summary.has_content = true;
                summary.tokens += 1;
            }
            Delta::Logprobs { .. } => summary.tokens += 1,
            Delta::Finish { reason: FinishReason::GaveUp(why), .. } if !summary.has_content => {
                return Err(StreamFault::GaveUp(why.clone()));
            }
            Delta::Finish { choice, reason } => {
                if self.finished.insert(*choice) {
                    let word = functions::finish_word(reason, self.wants_function_call);
                    summary.finish_reason = Some(word.to_owned());
                }
            }
            Delta::Usage(usage) => summary.usage = Some(*usage),
            Delta::Done if summary.finish_reason.is_none() => return Err(StreamFault::Unfinished),
            Delta::Done => summary.is_done = true,
        }
        Ok(())
    }
}
