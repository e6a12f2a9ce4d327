//! Where providers of the OpenAI family differ in what they take.

use crate::config::entries::ProviderKind;

/// The one name under which a provider takes the most tokens of an answer; `None` where both
/// are taken, or where only the client can know.
pub fn max_tokens_name(kind: ProviderKind) -> Option<&'static str> {
    match kind {
        // The o-series and everything from gpt-5 on answer 400 to `max_tokens`.
        ProviderKind::Openai => Some("max_completion_tokens"),
        // z.ai and bigmodel know only the old name.
        ProviderKind::Glm => Some("max_tokens"),
        _ => None,
    }
}
