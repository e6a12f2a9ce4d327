//! Which dialect a request goes out in. A kind of provider has one, but for OpenAI and xAI, who
//! serve the same models through two.

use serde_json::{Map, Value};

use super::Dialect;
use crate::catalog::capabilities::{Api, ModelFacts};
use crate::config::entries::ApiChoice;
use crate::dialects::json::body::JsonBody;
use crate::domain::chat::Maker;
use crate::domain::provider_kind::ProviderKind;

/// `wanted`: what the provider's settings say.
pub fn select_api(
    kind: ProviderKind,
    wanted: Option<ApiChoice>,
    facts: &ModelFacts,
    body: &JsonBody,
    default_params: &Map<String, Value>,
) -> Dialect {
    let chat = kind.facts().dialect;
    if chat != Dialect::OpenAiChat {
        return chat;
    }
    let maker = if kind == ProviderKind::Grok { Maker::Xai } else { Maker::OpenAi };
    let has_both = kind.facts().chooses_responses_by_model;
    let is_better = match wanted.unwrap_or(ApiChoice::Auto) {
        ApiChoice::Chat => false,
        ApiChoice::Responses => true,
        ApiChoice::Auto if !has_both => false,
        ApiChoice::Auto => match facts.api {
            Some(api) => api == Api::Responses,
            None => {
                facts.tools_with_reasoning_need_responses
                    && (body.has("tools") || body.has("functions"))
                    && may_reason(body, default_params)
            }
        },
    };
    if is_better { Dialect::OpenAiResponses(maker) } else { chat }
}

/// Only an effort of `none` keeps such a model from reasoning.
fn may_reason(body: &JsonBody, default_params: &Map<String, Value>) -> bool {
    let said = body.value_of("reasoning_effort").filter(|value| *value != b"null");
    match said {
        Some(value) => value != b"\"none\"",
        None => default_params.get("reasoning_effort").and_then(Value::as_str) != Some("none"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialects::openai::body;
    use bytes::Bytes;
    use serde_json::json;

    fn chosen(
        kind: ProviderKind,
        wanted: Option<ApiChoice>,
        facts: &ModelFacts,
        more: &str,
    ) -> Dialect {
        let body = format!(r#"{{"messages":[{{"role":"user"}}]{more}}}"#);
        let body = body::parse(Bytes::from(body)).unwrap();
        select_api(kind, wanted, facts, &body, &Map::new())
    }

    const RESPONSES: Dialect = Dialect::OpenAiResponses(Maker::OpenAi);

    #[test]
    fn tools_with_reasoning_go_to_responses_where_chat_refuses_them() {
        let facts =
            ModelFacts { tools_with_reasoning_need_responses: true, ..ModelFacts::default() };
        for (more, expected) in [
            ("", Dialect::OpenAiChat),
            (r#","reasoning_effort":"high""#, Dialect::OpenAiChat),
            (r#","tools":[]"#, RESPONSES),
            (r#","tools":[],"reasoning_effort":null"#, RESPONSES),
            (r#","tools":[],"reasoning_effort":"low""#, RESPONSES),
            (r#","tools":[],"reasoning_effort":"none""#, Dialect::OpenAiChat),
        ] {
            assert_eq!(chosen(ProviderKind::Openai, None, &facts, more), expected, "{more}");
            let elsewhere = chosen(ProviderKind::Openrouter, None, &facts, more);
            assert_eq!(elsewhere, Dialect::OpenAiChat);
        }
        let body = r#"{"messages":[{"role":"user"}],"tools":[]}"#;
        let body = body::parse(Bytes::from(body)).unwrap();
        let defaults = json!({"reasoning_effort": "none"});
        let defaults = defaults.as_object().unwrap();
        let quiet = select_api(ProviderKind::Openai, None, &facts, &body, defaults);
        assert_eq!(quiet, Dialect::OpenAiChat);
    }

    #[test]
    fn the_settings_count_more_than_the_table() {
        let better = ModelFacts { api: Some(Api::Responses), ..ModelFacts::default() };
        for (kind, wanted, expected) in [
            (ProviderKind::Openai, None, RESPONSES),
            (ProviderKind::Grok, None, Dialect::OpenAiResponses(Maker::Xai)),
            (ProviderKind::Openrouter, None, Dialect::OpenAiChat),
            (ProviderKind::Openai, Some(ApiChoice::Chat), Dialect::OpenAiChat),
            (ProviderKind::OpenaiCompatible, Some(ApiChoice::Responses), RESPONSES),
            (ProviderKind::Claude, Some(ApiChoice::Responses), Dialect::AnthropicMessages),
        ] {
            assert_eq!(chosen(kind, wanted, &better, ""), expected, "{kind:?} {wanted:?}");
        }
    }
}
