//! The reasoning effort, and the summary of the reasoning.

use serde_json::Value;

use super::wire;
use crate::dialects::dropped::Dropped;
use crate::domain::capabilities::{Capabilities, ThinkingStyle};
use crate::domain::chat::{ChatRequest, Effort, Maker};

/// The separator between parts of reasoning, as the reader of an answer inserts it.
pub(super) const GAP: &str = "\n\n";

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Plan<'a> {
    pub reasoning: Option<wire::Reasoning<'a>>,
    /// Whether the model may reason on this request, so that its encrypted reasoning must be
    /// requested.
    pub may_reason: bool,
    /// Whether sampling parameters and log probabilities are supported.
    pub takes_sampling: bool,
}

pub(super) fn can_reason(capabilities: &Capabilities) -> bool {
    capabilities.thinking != ThinkingStyle::None || capabilities.always_thinks
}

pub(super) fn plan<'a>(
    request: &'a ChatRequest,
    capabilities: &Capabilities,
    maker: Maker,
    dropped: &mut Dropped,
) -> Plan<'a> {
    let effort = request.reasoning.and_then(|wanted| effort(wanted, capabilities, dropped));
    let asked = summary(request, dropped);
    // Without an effort the summary was not requested, and OpenAI returns it to verified accounts
    // only.
    let is_shown = effort.is_some_and(|effort| effort != Effort::None);
    let can_show = can_reason(capabilities) && effort != Some(Effort::None);
    let summary = asked.filter(|_| can_show).or(is_shown.then_some("auto"));
    let reasoning = (effort.is_some() || summary.is_some())
        .then(|| wire::Reasoning { effort: effort.map(Effort::as_str), summary });
    Plan {
        reasoning,
        may_reason: can_show,
        takes_sampling: takes_sampling(effort, capabilities, maker),
    }
}

/// The nearest effort that the model supports: the next lower one, or else the lowest. It is
/// reported if it differs from the request.
fn effort(wanted: Effort, capabilities: &Capabilities, dropped: &mut Dropped) -> Option<Effort> {
    let efforts = &capabilities.efforts;
    let taken = match (capabilities.thinking, wanted) {
        // Nothing to turn off, unless the model always reasons.
        (ThinkingStyle::None, Effort::None) if !capabilities.always_thinks => return None,
        (ThinkingStyle::None, _) => None,
        (_, Effort::None) => {
            let is_taken = efforts.contains(&wanted) || efforts.is_empty();
            (is_taken && !capabilities.always_thinks).then_some(wanted)
        }
        _ if efforts.is_empty() => Some(wanted),
        _ => {
            let some = || efforts.iter().copied().filter(|effort| *effort != Effort::None);
            some().filter(|effort| *effort <= wanted).max().or_else(|| some().min())
        }
    };
    dropped.record_if(taken != Some(wanted), "reasoning_effort");
    taken
}

/// The Responses API's own `reasoning.summary`, which clients of chat may send too.
fn summary<'a>(request: &'a ChatRequest, dropped: &mut Dropped) -> Option<&'a str> {
    let asked = request.rest.get("reasoning").filter(|asked| !asked.is_null())?;
    let summary = asked.get("summary").and_then(Value::as_str);
    let is_understood = asked.as_object().is_some_and(|members| {
        members.iter().all(|(name, value)| {
            let is_read = ["effort", "max_tokens", "enabled"].contains(&name.as_str());
            value.is_null() || is_read || (name == "summary" && value.is_string())
        })
    });
    dropped.record_if(!is_understood, "reasoning");
    summary
}

/// OpenAI's models with optional reasoning support sampling parameters only without it; the others
/// always or never.
fn takes_sampling(effort: Option<Effort>, capabilities: &Capabilities, maker: Maker) -> bool {
    let can_stop = capabilities.efforts.contains(&Effort::None);
    match effort {
        Some(Effort::None) => true,
        Some(_) if maker == Maker::OpenAi && can_stop => false,
        _ => capabilities.takes_sampling,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn planned(
        wanted: Option<Effort>,
        asked: Option<Value>,
        capabilities: &Capabilities,
    ) -> (Option<Value>, bool, bool, Vec<String>) {
        let mut request = ChatRequest { reasoning: wanted, ..ChatRequest::default() };
        request.rest.extend(asked.map(|asked| ("reasoning".to_owned(), asked)));
        let mut dropped = Dropped::default();
        let plan = plan(&request, capabilities, Maker::OpenAi, &mut dropped);
        let reasoning = plan.reasoning.map(|reasoning| serde_json::to_value(reasoning).unwrap());
        (reasoning, plan.may_reason, plan.takes_sampling, dropped.into_names())
    }

    fn level(efforts: &[Effort], always_thinks: bool) -> Capabilities {
        let thinking = ThinkingStyle::Level;
        let efforts = efforts.to_vec();
        Capabilities { thinking, efforts, always_thinks, ..Capabilities::default() }
    }

    #[test]
    fn the_nearest_effort_is_taken_and_reported_if_it_differs() {
        use Effort::{High, Low, Max, Medium, Minimal, Xhigh};
        let told = || vec!["reasoning_effort".to_owned()];
        for (wanted, efforts, expected, dropped) in [
            (Medium, vec![], "medium", vec![]),
            (High, vec![Low, High], "high", vec![]),
            (Max, vec![Low, High], "high", told()),
            (Xhigh, vec![Effort::None, Low], "low", told()),
            (Minimal, vec![Effort::None, Low, High], "low", told()),
        ] {
            let found = planned(Some(wanted), None, &level(&efforts, false));
            let reasoning = json!({"effort": expected, "summary": "auto"});
            assert_eq!((found.0, found.1, found.3), (Some(reasoning), true, dropped));
        }
    }

    #[test]
    fn no_reasoning_is_requested_where_the_api_can_express_it() {
        let can_stop = level(&[Effort::None, Effort::High], false);
        let none = Some(json!({"effort": "none"}));
        let told = vec!["reasoning_effort".to_owned()];
        let found = planned(Some(Effort::None), None, &can_stop);
        assert_eq!(found, (none, false, true, vec![]));
        let cannot = level(&[Effort::High], true);
        let found = planned(Some(Effort::None), None, &cannot);
        assert_eq!(found, (None, true, true, told.clone()));
        let thoughtless = Capabilities::default();
        assert_eq!(planned(Some(Effort::None), None, &thoughtless), (None, false, true, vec![]));
        assert_eq!(planned(Some(Effort::Low), None, &thoughtless), (None, false, true, told));
        assert_eq!(planned(None, None, &can_stop), (None, true, true, vec![]));
    }

    #[test]
    fn sampling_goes_with_reasoning_only_where_it_does() {
        let fickle =
            Capabilities { takes_sampling: false, ..level(&[Effort::None, Effort::High], false) };
        assert!(planned(Some(Effort::None), None, &fickle).2);
        assert!(!planned(None, None, &fickle).2);
        let open = Capabilities { takes_sampling: true, ..fickle };
        assert!(!planned(Some(Effort::High), None, &open).2);
        assert!(planned(None, None, &open).2);
        assert!(planned(Some(Effort::High), None, &level(&[Effort::High], true)).2);
    }

    #[test]
    fn the_apis_own_summary_is_understood() {
        let capabilities = level(&[], false);
        for (asked, expected, dropped) in [
            (json!({"summary": "detailed"}), Some(json!({"summary": "detailed"})), vec![]),
            (json!({"effort": "low", "max_tokens": 5, "enabled": true}), None, vec![]),
            (json!({"effort": "low", "exclude": true}), None, vec!["reasoning".to_owned()]),
        ] {
            let found = planned(None, Some(asked), &capabilities);
            assert_eq!((found.0, found.3), (expected, dropped));
        }
    }
}
