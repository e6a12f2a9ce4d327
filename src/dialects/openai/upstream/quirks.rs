//! Where providers of the OpenAI family differ in what they take. What is not named here goes
//! on as it came.

use serde_json::{Map, Value};

use crate::dialects::openai::body::ChatBody;
use crate::domain::capabilities::{Capabilities, ThinkingStyle};
use crate::domain::provider_kind::ProviderKind::{
    self, Deepseek, Glm, Grok, Kimi, Openai, OpenaiCompatible, Openrouter,
};

/// What becomes of a body on the way to one provider.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Quirks {
    /// The one name under which it takes the most tokens of an answer; `None` where both are
    /// taken, or where only the client can know.
    pub max_tokens_name: Option<&'static str>,
    /// Parameters that the model answers 400 to.
    pub refused: &'static [&'static str],
    /// Members that are the router's to read, not the upstream's.
    pub own: &'static [&'static str],
    /// A parameter and its value, where the client says nothing of it.
    pub added: Option<(&'static str, &'static str)>,
    pub reasoning: EarlierReasoning,
}

/// What becomes of the reasoning in the assistant's messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EarlierReasoning {
    #[default]
    Kept,
    /// Taken out: the provider never gave any.
    TakenOut,
    /// Wanted back, under the name `reasoning_content`.
    GivenBack,
}

impl Quirks {
    /// `default_params`: what the model is asked where the client says nothing of it.
    pub fn of(
        kind: ProviderKind,
        capabilities: &Capabilities,
        body: &ChatBody,
        default_params: &Map<String, Value>,
    ) -> Self {
        let effort = body.value_of("reasoning_effort").filter(|effort| *effort != b"null");
        let effort = effort.and_then(|effort| serde_json::from_slice(effort).ok());
        let effort = effort.or_else(|| default_params.get("reasoning_effort").cloned());
        Self {
            max_tokens_name: match kind {
                // The o-series and everything from gpt-5 on answer 400 to `max_tokens`.
                Openai => Some("max_completion_tokens"),
                // z.ai and bigmodel know only the old name.
                Glm => Some("max_tokens"),
                _ => None,
            },
            refused: refused(kind, capabilities, effort.as_ref()),
            // OpenRouter's wishes for providers and models; whoever else knows the words means
            // the same.
            own: match kind {
                Openrouter | OpenaiCompatible => &[],
                _ => &["provider", "models"],
            },
            // Without it the arguments of calls come in one late chunk.
            added: (kind == Glm && body.is_stream && body.has("tools"))
                .then_some(("tool_stream", "true")),
            reasoning: earlier_reasoning(kind, capabilities, body),
        }
    }
}

/// Another host may serve such a model by the vendor's own rules; OpenRouter and vLLM have theirs.
fn earlier_reasoning(
    kind: ProviderKind,
    capabilities: &Capabilities,
    body: &ChatBody,
) -> EarlierReasoning {
    match kind {
        Openai => EarlierReasoning::TakenOut,
        Deepseek | Kimi | OpenaiCompatible
            if capabilities.needs_reasoning_back && !is_thinking_disabled(body) =>
        {
            EarlierReasoning::GivenBack
        }
        _ => EarlierReasoning::Kept,
    }
}

fn is_thinking_disabled(body: &ChatBody) -> bool {
    let thinking = body.value_of("thinking").and_then(|json| serde_json::from_slice(json).ok());
    thinking.is_some_and(|thinking: Value| thinking.get("type") == Some(&Value::from("disabled")))
}

/// What OpenAI answers 400 to while a model reasons.
const NOT_WHILE_REASONING: &[&str] = &[
    "temperature",
    "top_p",
    "top_k",
    "stop",
    "presence_penalty",
    "frequency_penalty",
    "logit_bias",
    "logprobs",
    "top_logprobs",
];

fn refused(
    kind: ProviderKind,
    capabilities: &Capabilities,
    effort: Option<&Value>,
) -> &'static [&'static str] {
    match kind {
        Openai if reasons(capabilities, effort) => NOT_WHILE_REASONING,
        // No model of OpenAI's knows it.
        Openai => &["top_k"],
        Grok if !capabilities.takes_sampling => &["temperature", "top_p"],
        Kimi if !capabilities.takes_sampling => {
            &["temperature", "top_p", "n", "presence_penalty", "frequency_penalty"]
        }
        _ => &[],
    }
}

/// From gpt-5.1 on the effort decides; without one, the model's own way.
fn reasons(capabilities: &Capabilities, effort: Option<&Value>) -> bool {
    match effort {
        None => !capabilities.takes_sampling,
        Some(effort) if effort == "none" => false,
        Some(_) => !capabilities.takes_sampling || capabilities.thinking != ThinkingStyle::None,
    }
}
