//! Decodes the reasoning effort, in the spellings of OpenAI, OpenRouter and Anthropic. An object
//! with unknown members stays in the rest, so that the client gets a warning.
//!
//! Source: OpenAI API reference, `reasoning_effort`; OpenRouter, "Reasoning tokens"; Anthropic API
//! reference, `thinking`, `output_config.effort`.

use serde_json::{Map, Value};

use super::fields::{Fields, bad, wrong_type};
use crate::dialects::errors::BadRequest;
use crate::domain::chat::Effort;

/// The effort of a request that enables thinking without an amount.
const DEFAULT_EFFORT: Effort = Effort::Medium;

#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Reasoning {
    pub effort: Option<Effort>,
    /// In tokens.
    pub budget: Option<u64>,
}

/// By precedence: an effort, then a budget, then the switch.
pub(super) fn take(fields: &mut Fields) -> Result<Reasoning, BadRequest> {
    let direct = fields.string("reasoning_effort")?;
    let direct = direct.map(|word| effort(&word, "reasoning_effort")).transpose()?;
    let router = openrouters(fields)?;
    let maker = anthropics(fields)?;
    let budget = router.budget.or(maker.budget);
    let of_budget = budget.map(Effort::of_budget);
    let explicit = direct.or(router.effort).or(maker.effort).or(of_budget);
    Ok(Reasoning { effort: explicit.or(router.switch).or(maker.switch), budget })
}

#[derive(Default)]
struct ReasoningFields {
    effort: Option<Effort>,
    budget: Option<u64>,
    switch: Option<Effort>,
}

/// `reasoning`, whose effort is also the Responses API's.
fn openrouters(fields: &mut Fields) -> Result<ReasoningFields, BadRequest> {
    let Some(Value::Object(inner)) = fields.peek("reasoning") else {
        return Ok(ReasoningFields::default());
    };
    let switch = match inner.get("enabled") {
        None | Some(Value::Null) => None,
        Some(Value::Bool(true)) => Some(DEFAULT_EFFORT),
        Some(Value::Bool(false)) => Some(Effort::None),
        Some(other) => return Err(wrong_type("reasoning.enabled", "a boolean", other)),
    };
    let found = ReasoningFields {
        effort: effort_in(inner, "reasoning.effort")?,
        budget: budget_in(inner, "max_tokens", "reasoning.max_tokens")?,
        switch,
    };
    take_if_only(fields, "reasoning", |name, _| {
        ["effort", "max_tokens", "enabled"].contains(&name)
    });
    Ok(found)
}

/// `thinking` and `output_config`. GLM, DeepSeek and Kimi have a `thinking` without a budget.
fn anthropics(fields: &mut Fields) -> Result<ReasoningFields, BadRequest> {
    let mut found = ReasoningFields::default();
    if let Some(Value::Object(inner)) = fields.peek("output_config") {
        found.effort = effort_in(inner, "output_config.effort")?;
        take_if_only(fields, "output_config", |name, _| name == "effort");
    }
    let Some(Value::Object(inner)) = fields.peek("thinking") else { return Ok(found) };
    match inner.get("type").and_then(Value::as_str) {
        Some("disabled") => found.switch = Some(Effort::None),
        Some("enabled") => {
            found.budget = budget_in(inner, "budget_tokens", "thinking.budget_tokens")?;
            found.switch = Some(DEFAULT_EFFORT);
        }
        // Anthropic's default.
        Some("adaptive") => found.switch = Some(Effort::High),
        _ => return Ok(found),
    }
    let shown = |value: &Value| value == "summarized" || value == "omitted";
    take_if_only(fields, "thinking", |name, value| {
        ["type", "budget_tokens"].contains(&name) || (name == "display" && shown(value))
    });
    Ok(found)
}

fn effort_in(inner: &Map<String, Value>, place: &str) -> Result<Option<Effort>, BadRequest> {
    match inner.get("effort") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(word)) => effort(word, place).map(Some),
        Some(other) => Err(wrong_type(place, "a string", other)),
    }
}

fn budget_in(
    inner: &Map<String, Value>,
    name: &str,
    place: &str,
) -> Result<Option<u64>, BadRequest> {
    match inner.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => match value.as_u64() {
            Some(tokens) => Ok(Some(tokens)),
            None => Err(bad(place, "must be a whole number that is not negative")),
        },
    }
}

fn take_if_only(fields: &mut Fields, name: &str, is_known: impl Fn(&str, &Value) -> bool) {
    let inner = fields.peek(name).and_then(Value::as_object);
    let is_understood = inner.is_some_and(|inner| {
        inner.iter().all(|(name, value)| value.is_null() || is_known(name, value))
    });
    if is_understood {
        fields.take(name);
    }
}

fn effort(word: &str, place: &str) -> Result<Effort, BadRequest> {
    Ok(match word {
        "none" => Effort::None,
        "minimal" => Effort::Minimal,
        "low" => Effort::Low,
        "medium" => Effort::Medium,
        "high" => Effort::High,
        "xhigh" => Effort::Xhigh,
        "max" => Effort::Max,
        unknown => {
            let known = "none, minimal, low, medium, high, xhigh and max";
            return Err(bad(place, &format!("is `{unknown}`; known are {known}")));
        }
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn taken(body: Value) -> (Option<Effort>, Option<u64>, Vec<String>) {
        let mut fields = Fields::new(body, String::new()).unwrap();
        let Reasoning { effort, budget } = take(&mut fields).unwrap();
        (effort, budget, fields.into_rest().keys().cloned().collect())
    }

    #[test]
    fn every_spelling_is_read() {
        use Effort::{High, Low, Max, Medium, None as Off};
        for (body, effort, budget) in [
            (json!({}), None, None),
            (
                json!({"thinking": {"type": "enabled", "budget_tokens": 2000}}),
                Some(Low),
                Some(2000),
            ),
            (
                json!({"thinking": {"type": "enabled", "budget_tokens": 8000}}),
                Some(Medium),
                Some(8000),
            ),
            (
                json!({"thinking": {"type": "enabled", "budget_tokens": 32_000}}),
                Some(High),
                Some(32_000),
            ),
            (json!({"thinking": {"type": "enabled"}}), Some(Medium), None),
            (json!({"thinking": {"type": "disabled"}}), Some(Off), None),
            (json!({"thinking": {"type": "adaptive", "display": "omitted"}}), Some(High), None),
            (
                json!({"thinking": {"type": "adaptive"}, "output_config": {"effort": "max"}}),
                Some(Max),
                None,
            ),
            (json!({"reasoning": {"max_tokens": 0}}), Some(Off), Some(0)),
            (json!({"reasoning": {"max_tokens": 9000}}), Some(High), Some(9000)),
            (json!({"reasoning": {"enabled": true, "effort": null}}), Some(Medium), None),
            (json!({"reasoning": {"enabled": false}}), Some(Off), None),
            (json!({"reasoning": {"effort": "low", "max_tokens": 9000}}), Some(Low), Some(9000)),
            (json!({"reasoning_effort": "max", "thinking": {"type": "disabled"}}), Some(Max), None),
        ] {
            assert_eq!(taken(body.clone()), (effort, budget, Vec::new()), "{body}");
        }
    }

    #[test]
    fn an_object_with_unknown_members_is_left_in_the_rest() {
        for body in [
            json!({"thinking": {"type": "between_tools"}}),
            json!({"thinking": true}),
            json!({"thinking": {"type": "enabled", "clear_thinking": false}}),
            json!({"reasoning": {"effort": "low", "exclude": true}}),
            json!({"output_config": {"effort": "low", "format": {}}}),
        ] {
            assert_eq!(taken(body.clone()).2.len(), 1, "{body}");
        }
    }

    #[test]
    fn a_wrong_value_names_its_place() {
        for (body, place) in [
            (
                json!({"thinking": {"type": "enabled", "budget_tokens": -1}}),
                "thinking.budget_tokens",
            ),
            (json!({"reasoning": {"max_tokens": "9"}}), "reasoning.max_tokens"),
            (json!({"reasoning": {"enabled": 1}}), "reasoning.enabled"),
            (json!({"reasoning": {"effort": "huge"}}), "reasoning.effort"),
            (json!({"output_config": {"effort": 1}}), "output_config.effort"),
        ] {
            let mut fields = Fields::new(body, String::new()).unwrap();
            assert_eq!(take(&mut fields).unwrap_err().param.as_deref(), Some(place));
        }
    }
}
