//! Why an answer ended.

use serde::Deserialize;

use crate::domain::chat::FinishReason;

/// A `message`, or the `delta` of a `message_delta`, as far as it says why the answer ended.
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
    /// A reason that is not known yet ends the answer like any other.
    pub(super) fn reason(&self) -> Option<FinishReason> {
        Some(match self.stop_reason.as_deref()? {
            "tool_use" => FinishReason::ToolCalls,
            "max_tokens" | "model_context_window_exceeded" => FinishReason::Length,
            "refusal" => FinishReason::ContentFilter,
            _ => FinishReason::Stop,
        })
    }

    /// What the API says about a refusal; the model itself says nothing then.
    pub(super) fn refusal(&self) -> Option<&str> {
        if self.reason() != Some(FinishReason::ContentFilter) {
            return None;
        }
        let explanation = self.stop_details.as_ref()?.explanation.as_deref()?;
        (!explanation.is_empty()).then_some(explanation)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_is_mapped() {
        for (reason, expected) in [
            ("end_turn", FinishReason::Stop),
            ("stop_sequence", FinishReason::Stop),
            ("pause_turn", FinishReason::Stop),
            ("max_tokens", FinishReason::Length),
            ("model_context_window_exceeded", FinishReason::Length),
            ("tool_use", FinishReason::ToolCalls),
            ("refusal", FinishReason::ContentFilter),
            ("of_tomorrow", FinishReason::Stop),
        ] {
            let ending = Ending { stop_reason: Some(reason.into()), stop_details: None };
            assert_eq!(ending.reason(), Some(expected), "{reason}");
        }
        assert_eq!(Ending::default().reason(), None);
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
