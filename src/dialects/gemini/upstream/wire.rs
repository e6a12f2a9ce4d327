//! The format of an answer: a whole one, or the part of one in a frame of a stream. Every field may
//! be missing, and unknown ones are ignored.
//!
//! Source: Gemini API reference, `GenerateContentResponse`.

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::domain::usage::Usage;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Response {
    pub(super) candidates: Option<Vec<Candidate>>,
    pub(super) prompt_feedback: Option<PromptFeedback>,
    pub(super) usage_metadata: Option<UsageMetadata>,
    pub(super) model_version: Option<String>,
    pub(super) response_id: Option<String>,
    pub(super) error: Option<Value>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Candidate {
    /// Omitted when it is 0.
    pub(super) index: Option<u64>,
    pub(super) content: Option<Content>,
    pub(super) finish_reason: Option<String>,
    pub(super) finish_message: Option<String>,
    pub(super) logprobs_result: Option<LogprobsResult>,
    pub(super) grounding_metadata: Option<Box<RawValue>>,
}

/// The finish reason of a candidate, in Gemini's terms.
#[derive(Debug)]
pub(super) struct Finish {
    pub(super) reason: String,
    pub(super) message: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Content {
    pub(super) parts: Option<Vec<Part>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Part {
    pub(super) text: Option<String>,
    pub(super) thought: Option<bool>,
    pub(super) thought_signature: Option<String>,
    pub(super) function_call: Option<FunctionCall>,
    pub(super) inline_data: Option<Blob>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct FunctionCall {
    pub(super) id: Option<String>,
    pub(super) name: Option<String>,
    pub(super) args: Option<Box<RawValue>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Blob {
    pub(super) mime_type: Option<String>,
    pub(super) data: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct PromptFeedback {
    pub(super) block_reason: Option<String>,
    block_reason_message: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct LogprobsResult {
    pub(super) chosen_candidates: Option<Vec<Token>>,
    pub(super) top_candidates: Option<Vec<TopTokens>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct TopTokens {
    pub(super) candidates: Option<Vec<Token>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Token {
    pub(super) token: Option<String>,
    pub(super) log_probability: Option<f64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct UsageMetadata {
    prompt_token_count: Option<u64>,
    cached_content_token_count: Option<u64>,
    candidates_token_count: Option<u64>,
    thoughts_token_count: Option<u64>,
    tool_use_prompt_token_count: Option<u64>,
    total_token_count: Option<u64>,
}

impl UsageMetadata {
    /// Gemini counts thoughts apart from the answer, and tokens read by its tools apart from the
    /// prompt.
    pub(super) fn to_usage(&self) -> Usage {
        let count = |count: Option<u64>| count.unwrap_or(0);
        let reasoning = count(self.thoughts_token_count);
        let prompt =
            count(self.prompt_token_count).saturating_add(count(self.tool_use_prompt_token_count));
        let completion = count(self.candidates_token_count).saturating_add(reasoning);
        Usage {
            prompt,
            completion,
            cached: count(self.cached_content_token_count),
            cache_write: 0,
            reasoning,
            total: self.total_token_count.unwrap_or(prompt.saturating_add(completion)),
        }
    }
}

impl Candidate {
    /// The finish reason, if there is one.
    pub(super) fn take_finish(&mut self) -> Option<Finish> {
        let reason = self.finish_reason.take()?;
        let message = self.finish_message.take();
        (reason != "FINISH_REASON_UNSPECIFIED").then_some(Finish { reason, message })
    }
}

impl Response {
    /// The message about a blocked prompt.
    pub(super) fn take_block_message(&mut self) -> Option<String> {
        let message = self.prompt_feedback.as_mut()?.block_reason_message.take();
        message.filter(|message| !message.is_empty())
    }

    /// Whether the prompt was blocked, so that there is no candidate.
    pub(super) fn is_blocked(&self) -> bool {
        let feedback = self.prompt_feedback.as_ref();
        self.candidates.as_ref().is_none_or(Vec::is_empty)
            && feedback.is_some_and(|feedback| feedback.block_reason.is_some())
    }
}
