//! Why an answer ended.
//!
//! Source: Gemini API reference, `FinishReason`.

use crate::domain::chat::FinishReason;

/// `STOP` ends answers with tool calls, too. A call that the model botched
/// (`MALFORMED_FUNCTION_CALL`, `UNEXPECTED_TOOL_CALL`, `MALFORMED_RESPONSE` and their like) ends
/// the answer as a stop: what came before it is whole, and the client may ask again. So does
/// every reason that is not known yet.
pub(super) fn reason(said: &str, has_calls: bool) -> FinishReason {
    match said {
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
        _ if has_calls => FinishReason::ToolCalls,
        _ => FinishReason::Stop,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_has_its_counterpart() {
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
            ("MALFORMED_FUNCTION_CALL", false, FinishReason::Stop),
            ("UNEXPECTED_TOOL_CALL", true, FinishReason::ToolCalls),
            ("SOMETHING_NEW", false, FinishReason::Stop),
        ] {
            assert_eq!(reason(said, has_calls), expected, "{said} {has_calls}");
        }
    }
}
