//! Whether, and how much, a model thinks.
//!
//! Source: Ollama documentation, "Thinking".

use serde::Serialize;
use serde_json::Value;

use crate::dialects::dropped::Dropped;
use crate::domain::capabilities::{Capabilities, ThinkingStyle};
use crate::domain::chat::{ChatRequest, Effort};

#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub(super) enum Think<'a> {
    Switch(bool),
    Level(&'static str),
    /// Ollama's own value.
    Own(&'a Value),
}

/// Ollama's own field if the client sent it, or else the effort.
pub(super) fn wanted<'a>(
    request: &'a ChatRequest,
    capabilities: &Capabilities,
    dropped: &mut Dropped,
) -> Option<Think<'a>> {
    match request.rest.get("think") {
        Some(own @ (Value::Bool(_) | Value::String(_))) => Some(Think::Own(own)),
        _ => encode(request.reasoning, capabilities, dropped),
    }
}

/// `None` leaves it to the model. A model without thinking refuses `true`, but accepts `false`.
fn encode(
    wanted: Option<Effort>,
    capabilities: &Capabilities,
    dropped: &mut Dropped,
) -> Option<Think<'static>> {
    let wanted = wanted?;
    let is_off = wanted == Effort::None;
    match capabilities.thinking {
        ThinkingStyle::None => {
            dropped.record_if(!is_off || capabilities.always_thinks, "reasoning_effort");
            (is_off && !capabilities.always_thinks).then_some(Think::Switch(false))
        }
        ThinkingStyle::Level => {
            dropped.record_if(is_off && capabilities.always_thinks, "reasoning_effort");
            if is_off && !capabilities.always_thinks {
                return Some(Think::Switch(false));
            }
            Some(Think::Level(level(supported(wanted, &capabilities.efforts))))
        }
        // Budgets and efforts of other APIs have no counterpart, but thinking can be switched.
        ThinkingStyle::Switch | ThinkingStyle::Budget | ThinkingStyle::Adaptive => {
            dropped.record_if(is_off && capabilities.always_thinks, "reasoning_effort");
            (!is_off || !capabilities.always_thinks).then_some(Think::Switch(!is_off))
        }
    }
}

/// The highest supported effort that is not above the requested one, or else the lowest.
fn supported(wanted: Effort, efforts: &[Effort]) -> Effort {
    let thinking = || efforts.iter().copied().filter(|effort| *effort != Effort::None);
    let below = thinking().filter(|effort| *effort <= wanted).max();
    below.or_else(|| thinking().min()).unwrap_or(wanted)
}

fn level(effort: Effort) -> &'static str {
    match effort {
        Effort::None | Effort::Minimal | Effort::Low => "low",
        Effort::Medium => "medium",
        Effort::High | Effort::Xhigh | Effort::Max => "high",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEVELS: &[Effort] = &[Effort::Low, Effort::Medium, Effort::High];

    #[test]
    fn every_effort_of_every_style() {
        use Think::{Level, Switch};
        use ThinkingStyle as Style;
        let told = true;
        for (thinking, always_thinks, efforts, wanted, expected, is_told) in [
            (Style::None, false, &[][..], Effort::High, None, told),
            (Style::None, false, &[], Effort::None, Some(Switch(false)), !told),
            (Style::None, true, &[], Effort::None, None, told),
            (Style::Switch, false, &[], Effort::None, Some(Switch(false)), !told),
            (Style::Switch, false, &[], Effort::Minimal, Some(Switch(true)), !told),
            (Style::Switch, true, &[], Effort::None, None, told),
            (Style::Switch, true, &[], Effort::Low, Some(Switch(true)), !told),
            (Style::Budget, false, &[], Effort::Max, Some(Switch(true)), !told),
            (Style::Level, false, &[], Effort::None, Some(Switch(false)), !told),
            (Style::Level, true, LEVELS, Effort::None, Some(Level("low")), told),
            (Style::Level, true, LEVELS, Effort::Minimal, Some(Level("low")), !told),
            (Style::Level, true, LEVELS, Effort::Medium, Some(Level("medium")), !told),
            (Style::Level, true, LEVELS, Effort::Max, Some(Level("high")), !told),
            (Style::Level, true, &[Effort::Low], Effort::Max, Some(Level("low")), !told),
            (Style::Level, false, &[], Effort::Xhigh, Some(Level("high")), !told),
        ] {
            let efforts = efforts.to_vec();
            let capabilities =
                Capabilities { thinking, always_thinks, efforts, ..Capabilities::default() };
            let mut dropped = Dropped::default();
            let got = encode(Some(wanted), &capabilities, &mut dropped);
            let case = format!("{thinking:?} always {always_thinks} {wanted:?}");
            assert_eq!(
                (got, format!("{dropped:?}").contains("effort")),
                (expected, is_told),
                "{case}"
            );
            assert_eq!(encode(None, &capabilities, &mut dropped), None, "{case}");
        }
    }
}
