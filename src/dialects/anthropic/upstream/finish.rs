//! Why an answer ended.

use serde::Deserialize;

use crate::dialects::openai::upstream::error::shorten;
use crate::domain::chat::{FinishReason, GaveUp};

/// The members of a `message`, or of the `delta` of a `message_delta`, that give the finish reason.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Ending {
    #[serde(default)]
    pub stop_reason: Option<String>,
    #[serde(default)]
    pub stop_details: Option<StopDetails>,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct StopDetails {
    #[serde(default)]
    explanation: Option<String>,
}

impl Ending {
    /// A paused turn continues when it is sent back, like one that ran out of tokens.
    pub(super) fn reason(&self, has_calls: bool) -> Option<FinishReason> {
        Some(match self.stop_reason.as_deref()? {
            "end_turn" | "stop_sequence" => FinishReason::Stop.with_calls(has_calls),
            "tool_use" => FinishReason::ToolCalls,
            "max_tokens" | "model_context_window_exceeded" | "pause_turn" => FinishReason::Length,
            "refusal" => FinishReason::ContentFilter,
            unknown => FinishReason::GaveUp(GaveUp {
                reason: shorten(unknown),
                message: self.explanation().map(shorten),
            }),
        })
    }

    /// The API's explanation of a refusal; the model itself gives none then.
    pub(super) fn refusal(&self) -> Option<&str> {
        if self.stop_reason.as_deref() == Some("refusal") { self.explanation() } else { None }
    }

    fn explanation(&self) -> Option<&str> {
        let explanation = self.stop_details.as_ref()?.explanation.as_deref()?;
        (!explanation.is_empty()).then_some(explanation)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_is_mapped() {
        let unknown = GaveUp { reason: "of_tomorrow".into(), message: None };
        for (reason, has_calls, expected) in [
            ("end_turn", false, FinishReason::Stop),
            ("end_turn", true, FinishReason::ToolCalls),
            ("stop_sequence", false, FinishReason::Stop),
            ("stop_sequence", true, FinishReason::ToolCalls),
            ("pause_turn", false, FinishReason::Length),
            ("max_tokens", true, FinishReason::Length),
            ("model_context_window_exceeded", false, FinishReason::Length),
            ("tool_use", true, FinishReason::ToolCalls),
            ("refusal", true, FinishReason::ContentFilter),
            ("of_tomorrow", true, FinishReason::GaveUp(unknown)),
        ] {
            let ending = Ending { stop_reason: Some(reason.into()), stop_details: None };
            assert_eq!(ending.reason(has_calls), Some(expected), "{reason} {has_calls}");
        }
        assert_eq!(Ending::default().reason(true), None);
    }

    #[test]
    fn an_explanation_counts_for_refusals_only() {
        for (reason, expected) in [("refusal", Some("why")), ("end_turn", None)] {
            let text = format!(
                r#"{{"stop_reason":"{reason}","stop_details":{{"type":"refusal","category":"bio","explanation":"why"}}}}"#
            );
            let ending: Ending = serde_json::from_str(&text).unwrap();
            assert_eq!(ending.refusal(), expected);
        }
    }
}
