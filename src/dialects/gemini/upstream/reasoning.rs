//! The amount of thinking: a level from Gemini 3 on, a token budget before. The two exclude each
//! other.
//!
//! Source: Gemini API, "Thinking".

use serde::Serialize;

use crate::dialects::dropped::Dropped;
use crate::domain::capabilities::{Capabilities, ThinkingStyle};
use crate::domain::chat::Effort;

/// The smallest budget of the models that cannot stop thinking (2.5 Pro).
const LEAST_BUDGET: i64 = 128;
/// The most of them, and the bounds of those that can stop (2.5 Flash and Flash-Lite).
const MOST_BUDGET: i64 = 32_768;
const LEAST_OF_FLASH: i64 = 512;
const MOST_OF_FLASH: i64 = 24_576;
/// The model decides.
const DYNAMIC_BUDGET: i64 = -1;

#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ThinkingConfig {
    #[serde(skip_serializing_if = "Option::is_none")]
    thinking_level: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    thinking_budget: Option<i64>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    include_thoughts: bool,
}

impl ThinkingConfig {
    fn level(level: &'static str) -> Self {
        Self { thinking_level: Some(level), thinking_budget: None, include_thoughts: true }
    }

    fn budget(budget: i64) -> Self {
        Self { thinking_level: None, thinking_budget: Some(budget), include_thoughts: budget != 0 }
    }
}

/// `None` leaves it to the model, which then thinks without showing it.
pub(super) fn encode(
    wanted: Option<Effort>,
    tokens: Option<u64>,
    capabilities: &Capabilities,
    dropped: &mut Dropped,
) -> Option<ThinkingConfig> {
    let wanted = wanted?;
    let style = capabilities.thinking;
    // Thinking of Gemini 3 cannot be turned off, only reduced to the minimum.
    let may_stop = !capabilities.always_thinks && style != ThinkingStyle::Level;
    dropped.record_if(
        match style {
            ThinkingStyle::None => wanted != Effort::None,
            _ => wanted == Effort::None && !may_stop,
        },
        "reasoning_effort",
    );
    match style {
        ThinkingStyle::None => None,
        _ if wanted == Effort::None && may_stop => Some(ThinkingConfig::budget(0)),
        ThinkingStyle::Level => {
            let config = ThinkingConfig::level(level(supported(wanted, capabilities)));
            Some(ThinkingConfig { include_thoughts: wanted != Effort::None, ..config })
        }
        ThinkingStyle::Budget if wanted == Effort::None => {
            Some(ThinkingConfig { include_thoughts: false, ..ThinkingConfig::budget(LEAST_BUDGET) })
        }
        ThinkingStyle::Budget => Some(ThinkingConfig::budget(match tokens {
            Some(tokens) => within_bounds(tokens, capabilities),
            None => budget(supported(wanted, capabilities)),
        })),
        ThinkingStyle::Adaptive | ThinkingStyle::Switch => {
            Some(ThinkingConfig::budget(DYNAMIC_BUDGET))
        }
    }
}

fn within_bounds(tokens: u64, capabilities: &Capabilities) -> i64 {
    let tokens = i64::try_from(tokens).unwrap_or(i64::MAX);
    match capabilities.always_thinks {
        true => tokens.clamp(LEAST_BUDGET, MOST_BUDGET),
        false => tokens.clamp(LEAST_OF_FLASH, MOST_OF_FLASH),
    }
}

/// The nearest effort that the model supports: the next lower one, or else the lowest.
fn supported(wanted: Effort, capabilities: &Capabilities) -> Effort {
    let efforts = || capabilities.efforts.iter().copied().filter(|effort| *effort != Effort::None);
    let lower = efforts().filter(|effort| *effort <= wanted).max();
    lower.or_else(|| efforts().min()).unwrap_or(wanted)
}

fn level(effort: Effort) -> &'static str {
    match effort {
        Effort::None | Effort::Minimal => "MINIMAL",
        Effort::Low => "LOW",
        Effort::Medium => "MEDIUM",
        Effort::High => "HIGH",
        Effort::Xhigh | Effort::Max => "XHIGH",
    }
}

fn budget(effort: Effort) -> i64 {
    match effort {
        Effort::None => 0,
        Effort::Minimal | Effort::Low => 1_024,
        Effort::Medium => 8_192,
        Effort::High => 24_576,
        Effort::Xhigh | Effort::Max => 32_768,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(wanted: Effort, capabilities: &Capabilities) -> (String, Vec<String>) {
        let mut dropped = Dropped::default();
        let config = encode(Some(wanted), None, capabilities, &mut dropped);
        (serde_json::to_string(&config).unwrap(), dropped.into_names())
    }

    fn thinks(thinking: ThinkingStyle) -> Capabilities {
        Capabilities { thinking, ..Capabilities::default() }
    }

    #[test]
    fn efforts_become_levels_or_budgets() {
        for (effort, level, budget) in [
            (Effort::Minimal, "MINIMAL", 1_024),
            (Effort::Low, "LOW", 1_024),
            (Effort::Medium, "MEDIUM", 8_192),
            (Effort::High, "HIGH", 24_576),
            (Effort::Xhigh, "XHIGH", 32_768),
            (Effort::Max, "XHIGH", 32_768),
        ] {
            let expected = format!(r#"{{"thinkingLevel":"{level}","includeThoughts":true}}"#);
            assert_eq!(encoded(effort, &thinks(ThinkingStyle::Level)), (expected, vec![]));
            let expected = format!(r#"{{"thinkingBudget":{budget},"includeThoughts":true}}"#);
            assert_eq!(encoded(effort, &thinks(ThinkingStyle::Budget)), (expected, vec![]));
        }
    }

    #[test]
    fn a_clients_budget_counts_within_what_the_model_takes() {
        let flash = thinks(ThinkingStyle::Budget);
        let pro = Capabilities { always_thinks: true, ..flash.clone() };
        for (tokens, of_flash, of_pro) in [
            (1, 512, 128),
            (2_000, 2_000, 2_000),
            (30_000, 24_576, 30_000),
            (99_999, 24_576, 32_768),
        ] {
            for (capabilities, expected) in [(&flash, of_flash), (&pro, of_pro)] {
                let wanted = Some(Effort::of_budget(tokens));
                let config = encode(wanted, Some(tokens), capabilities, &mut Dropped::default());
                assert_eq!(config, Some(ThinkingConfig::budget(expected)), "{tokens}");
            }
        }
        let wanted = Some(Effort::of_budget(9_000));
        let level = thinks(ThinkingStyle::Level);
        let config = encode(wanted, Some(9_000), &level, &mut Dropped::default());
        assert_eq!(config, Some(ThinkingConfig::level("HIGH")), "never both");
    }

    #[test]
    fn an_unsupported_effort_becomes_the_next_lower_one_or_the_lowest() {
        let efforts = vec![Effort::Low, Effort::High];
        let model = Capabilities { efforts, ..thinks(ThinkingStyle::Level) };
        for (wanted, level) in
            [(Effort::Minimal, "LOW"), (Effort::Medium, "LOW"), (Effort::Max, "HIGH")]
        {
            assert!(encoded(wanted, &model).0.contains(&format!("\"{level}\"")), "{wanted:?}");
        }
    }

    #[test]
    fn thinking_is_turned_off_where_possible_and_reported_where_not() {
        let told = || vec![String::from("reasoning_effort")];
        let budget = thinks(ThinkingStyle::Budget);
        assert_eq!(encoded(Effort::None, &budget), (r#"{"thinkingBudget":0}"#.into(), vec![]));
        let always = Capabilities { always_thinks: true, ..budget };
        assert_eq!(encoded(Effort::None, &always), (r#"{"thinkingBudget":128}"#.into(), told()));
        let level = thinks(ThinkingStyle::Level);
        let least = r#"{"thinkingLevel":"MINIMAL"}"#.to_owned();
        assert_eq!(encoded(Effort::None, &level), (least, told()));
        let never = thinks(ThinkingStyle::None);
        assert_eq!(encoded(Effort::None, &never), ("null".into(), vec![]));
        assert_eq!(encoded(Effort::High, &never), ("null".into(), told()));
    }
}
