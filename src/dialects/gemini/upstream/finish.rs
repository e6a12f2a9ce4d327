//! Finish reasons.
//!
//! Source: Gemini API reference, `FinishReason`.

use super::wire::Finish;
use crate::dialects::openai::upstream::error::shorten;
use crate::domain::chat::{FinishReason, GaveUp};

/// `STOP` also ends answers with tool calls. When the model gave up (`MALFORMED_FUNCTION_CALL`,
/// `UNEXPECTED_TOOL_CALL`, `MALFORMED_RESPONSE` and the like, `OTHER`, and every reason not yet
/// known), the content before may be intact, but the answer is incomplete.
pub(super) fn reason(Finish { reason, message }: &Finish, has_calls: bool) -> FinishReason {
    match reason.as_str() {
        "STOP" => FinishReason::Stop.with_calls(has_calls),
        "MAX_TOKENS" => FinishReason::Length,
        "SAFETY"
        | "RECITATION"
        | "LANGUAGE"
        | "BLOCKLIST"
        | "PROHIBITED_CONTENT"
        | "SPII"
        | "MODEL_ARMOR"
        | "IMAGE_SAFETY"
        | "IMAGE_PROHIBITED_CONTENT"
        | "IMAGE_RECITATION" => FinishReason::ContentFilter,
        _ => FinishReason::GaveUp(GaveUp {
            reason: shorten(reason),
            message: message.as_deref().filter(|text| !text.is_empty()).map(shorten),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_has_its_counterpart() {
        let gave_up = |reason: &str| {
            FinishReason::GaveUp(GaveUp { reason: reason.into(), message: Some("m".into()) })
        };
        for (said, has_calls, expected) in [
            ("STOP", false, FinishReason::Stop),
            ("STOP", true, FinishReason::ToolCalls),
            ("MAX_TOKENS", false, FinishReason::Length),
            ("MAX_TOKENS", true, FinishReason::Length),
            ("SAFETY", false, FinishReason::ContentFilter),
            ("RECITATION", false, FinishReason::ContentFilter),
            ("LANGUAGE", false, FinishReason::ContentFilter),
            ("BLOCKLIST", false, FinishReason::ContentFilter),
            ("PROHIBITED_CONTENT", true, FinishReason::ContentFilter),
            ("SPII", false, FinishReason::ContentFilter),
            ("MODEL_ARMOR", false, FinishReason::ContentFilter),
            ("IMAGE_SAFETY", false, FinishReason::ContentFilter),
            ("MALFORMED_FUNCTION_CALL", false, gave_up("MALFORMED_FUNCTION_CALL")),
            ("UNEXPECTED_TOOL_CALL", true, gave_up("UNEXPECTED_TOOL_CALL")),
            ("TOO_MANY_TOOL_CALLS", true, gave_up("TOO_MANY_TOOL_CALLS")),
            ("OTHER", false, gave_up("OTHER")),
            ("NO_IMAGE", false, gave_up("NO_IMAGE")),
            ("SOMETHING_NEW", false, gave_up("SOMETHING_NEW")),
        ] {
            let finish = Finish { reason: said.into(), message: Some("m".into()) };
            assert_eq!(reason(&finish, has_calls), expected, "{said} {has_calls}");
        }
    }
}
