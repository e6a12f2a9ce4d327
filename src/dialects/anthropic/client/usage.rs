//! Usage in Anthropic's meaning: `input_tokens` are those that were neither read from the cache nor
//! written to it.

use serde::Serialize;

use crate::domain::usage::Usage;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct WireUsage {
    input_tokens: u64,
    cache_creation_input_tokens: u64,
    cache_read_input_tokens: u64,
    /// With those of thinking.
    output_tokens: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    output_tokens_details: Option<OutputDetails>,
    #[serde(skip_serializing_if = "Option::is_none")]
    server_tool_use: Option<ServerTools>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
struct ServerTools {
    web_search_requests: u64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
struct OutputDetails {
    thinking_tokens: u64,
}

impl From<Usage> for WireUsage {
    fn from(usage: Usage) -> Self {
        Self {
            input_tokens: usage.prompt.saturating_sub(usage.cached + usage.cache_write),
            cache_creation_input_tokens: usage.cache_write,
            cache_read_input_tokens: usage.cached,
            output_tokens: usage.completion,
            output_tokens_details: (usage.reasoning > 0)
                .then_some(OutputDetails { thinking_tokens: usage.reasoning }),
            server_tool_use: None,
        }
    }
}

impl WireUsage {
    /// Clients show how often the web was searched by this alone.
    #[must_use]
    pub fn with_searches(self, web_search_requests: u64) -> Self {
        let tools = ServerTools { web_search_requests };
        Self { server_tool_use: (web_search_requests > 0).then_some(tools), ..self }
    }

    /// Where the upstream tells none: SDKs fail without these members.
    pub fn estimated(prompt: u64, answer: u64) -> Self {
        Self { input_tokens: prompt, output_tokens: answer, ..Self::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cached_tokens_are_not_input_tokens() {
        let usage =
            Usage { prompt: 100, cached: 60, cache_write: 10, completion: 7, ..Usage::default() };
        let expected = WireUsage {
            input_tokens: 30,
            cache_creation_input_tokens: 10,
            cache_read_input_tokens: 60,
            output_tokens: 7,
            output_tokens_details: None,
            server_tool_use: None,
        };
        assert_eq!(WireUsage::from(usage), expected);
    }

    #[test]
    fn tokens_of_thinking_are_told_where_there_are_some() {
        let usage = Usage { completion: 7, reasoning: 3, ..Usage::default() };
        let wire = serde_json::to_value(WireUsage::from(usage)).unwrap();
        assert_eq!(wire["output_tokens"], 7);
        assert_eq!(wire["output_tokens_details"], serde_json::json!({"thinking_tokens": 3}));
    }
}
