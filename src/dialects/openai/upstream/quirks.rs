//! Differences in what providers of the OpenAI family accept. Everything not named here is
//! forwarded unchanged.

use serde_json::{Map, Value};

use crate::dialects::json::body::JsonBody;
use crate::dialects::openai::facts::is_stream;
use crate::domain::capabilities::{Capabilities, ThinkingStyle};
use crate::domain::provider_kind::ProviderKind;
use crate::domain::provider_kind::facts::{ReasoningPolicy, Refuses};

/// The changes to a body for one provider.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Quirks {
    /// The one name that it accepts for the token limit; `None` where it accepts both, or where
    /// only the client can know.
    pub max_tokens_name: Option<&'static str>,
    /// Parameters that the model rejects with 400.
    pub refused: &'static [&'static str],
    /// Members meant for the router, not for the upstream.
    pub own: &'static [&'static str],
    /// A parameter with its value, added where the client sends none.
    pub added: Option<(&'static str, &'static str)>,
    pub reasoning: EarlierReasoning,
}

/// The treatment of reasoning in the assistant's earlier messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EarlierReasoning {
    #[default]
    Kept,
    /// Removed: the provider returns none, so it is of another one.
    TakenOut,
    /// Required back, as `reasoning_content`.
    GivenBack,
}

impl Quirks {
    /// `default_params`: the parameters where the client sends none.
    pub fn of(
        kind: ProviderKind,
        capabilities: &Capabilities,
        body: &JsonBody,
        default_params: &Map<String, Value>,
    ) -> Self {
        let effort = body.value_of("reasoning_effort").filter(|effort| *effort != b"null");
        let effort = effort.and_then(|effort| serde_json::from_slice(effort).ok());
        let effort = effort.or_else(|| default_params.get("reasoning_effort").cloned());
        let quirks = &kind.facts().chat_quirks;
        let has_streamed_tools = is_stream(body) && body.has("tools");
        Self {
            max_tokens_name: quirks.max_tokens_name,
            refused: refused(quirks.refuses, capabilities, effort.as_ref()),
            own: own_members(kind),
            added: quirks.added_to_streamed_tools.filter(|_| has_streamed_tools),
            reasoning: earlier_reasoning(quirks.earlier_reasoning, capabilities, body),
        }
    }
}

/// Members meant for the router, not for an upstream of this kind.
pub fn own_members(kind: ProviderKind) -> &'static [&'static str] {
    if kind.facts().chat_quirks.keeps_preferences { &[] } else { &["provider", "models"] }
}

fn earlier_reasoning(
    policy: ReasoningPolicy,
    capabilities: &Capabilities,
    body: &JsonBody,
) -> EarlierReasoning {
    match policy {
        ReasoningPolicy::TakenOut => EarlierReasoning::TakenOut,
        ReasoningPolicy::GivenBackIfNeeded
            if capabilities.needs_reasoning_back && !is_thinking_disabled(body) =>
        {
            EarlierReasoning::GivenBack
        }
        ReasoningPolicy::GivenBackIfNeeded | ReasoningPolicy::Kept => EarlierReasoning::Kept,
    }
}

fn is_thinking_disabled(body: &JsonBody) -> bool {
    let thinking = body.value_of("thinking").and_then(|json| serde_json::from_slice(json).ok());
    thinking.is_some_and(|thinking: Value| thinking.get("type") == Some(&Value::from("disabled")))
}

fn refused(
    refuses: Refuses,
    capabilities: &Capabilities,
    effort: Option<&Value>,
) -> &'static [&'static str] {
    match refuses {
        Refuses::WhileReasoning { reasoning, .. } if reasons(capabilities, effort) => reasoning,
        Refuses::WhileReasoning { otherwise, .. } => otherwise,
        Refuses::WithoutSampling(names) if !capabilities.takes_sampling => names,
        Refuses::WithoutSampling(_) | Refuses::Nothing => &[],
    }
}

/// From gpt-5.1 on the effort decides; without one, the model's default.
fn reasons(capabilities: &Capabilities, effort: Option<&Value>) -> bool {
    match effort {
        None => !capabilities.takes_sampling,
        Some(effort) if effort == "none" => false,
        Some(_) => !capabilities.takes_sampling || capabilities.thinking != ThinkingStyle::None,
    }
}
