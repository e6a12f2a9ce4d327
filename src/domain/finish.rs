//! Why an answer ended.

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FinishReason {
    Stop,
    Length,
    ToolCalls,
    ContentFilter,
    /// The model aborted its answer; the content before that is kept.
    GaveUp(GaveUp),
}

impl FinishReason {
    /// An ordinary end of a turn with tool calls is `ToolCalls`, whatever the provider's own word.
    pub fn with_calls(self, has_calls: bool) -> Self {
        match self {
            Self::Stop if has_calls => Self::ToolCalls,
            same => same,
        }
    }

    /// OpenAI's spelling; OpenRouter's where OpenAI has none.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Stop => "stop",
            Self::Length => "length",
            Self::ToolCalls => "tool_calls",
            Self::ContentFilter => "content_filter",
            Self::GaveUp(_) => "error",
        }
    }
}

/// Why a model aborted its answer, as its provider reports it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the model gave up ({reason}){}", .message.as_ref().map(|message| format!(": {message}")).unwrap_or_default())]
pub struct GaveUp {
    /// `MALFORMED_FUNCTION_CALL`.
    pub reason: String,
    /// The provider's explanation.
    pub message: Option<String>,
}
