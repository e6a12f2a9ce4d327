//! Maps a token budget or an effort to the model's kind of thinking, and derives `max_tokens` from
//! it.

use super::wire::Thinking;
use crate::dialects::dropped::Dropped;
use crate::domain::capabilities::{Capabilities, ThinkingStyle};
use crate::domain::chat::{ChatRequest, Effort};

/// `max_tokens` is required; this value is sent when neither client nor model gives one.
const DEFAULT_MAX_TOKENS: u64 = 4096;

/// The smallest budget of the API.
const SMALLEST_BUDGET: u64 = 1024;

/// The reasons not to think in this request.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Obstacles {
    /// Thinking is compatible with `tool_choice` auto and none only.
    pub forces_tool: bool,
    /// The running tool loop does not begin with thinking, which a budget requires.
    pub lacks_thinking: bool,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Plan {
    pub thinking: Option<Thinking>,
    pub effort: Option<&'static str>,
    pub max_tokens: u64,
    pub is_on: bool,
}

pub(super) fn plan(
    request: &ChatRequest,
    capabilities: &Capabilities,
    obstacles: Obstacles,
    dropped: &mut Dropped,
) -> Plan {
    let max_tokens =
        request.max_tokens.or(capabilities.max_output_tokens).unwrap_or(DEFAULT_MAX_TOKENS);
    let silent =
        Plan { thinking: None, effort: None, max_tokens, is_on: capabilities.always_thinks };
    let Some(effort) = request.reasoning else { return silent };

    let can_think =
        matches!(capabilities.thinking, ThinkingStyle::Adaptive | ThinkingStyle::Budget);
    if effort == Effort::None {
        if capabilities.always_thinks {
            dropped.record("reasoning_effort");
            return silent;
        }
        return Plan { thinking: can_think.then_some(Thinking::Disabled), ..silent };
    }
    if !can_think {
        dropped.record("reasoning_effort");
        return silent;
    }
    let needs_first_block = capabilities.thinking == ThinkingStyle::Budget;
    let is_hindered = (obstacles.forces_tool && !capabilities.always_thinks)
        || (obstacles.lacks_thinking && needs_first_block);
    if is_hindered {
        dropped.record("reasoning_effort");
        let is_off = !capabilities.always_thinks;
        return Plan { thinking: is_off.then_some(Thinking::Disabled), ..silent };
    }
    if capabilities.thinking == ThinkingStyle::Adaptive {
        let effort = taken_effort(effort, capabilities);
        if effort.is_none() {
            dropped.record("reasoning_effort");
        }
        let thinking = Some(Thinking::Adaptive { display: "summarized" });
        return Plan { thinking, effort, max_tokens, is_on: true };
    }
    let wanted =
        request.thinking_budget.map_or(budget(effort), |budget| budget.max(SMALLEST_BUDGET));
    let limit = capabilities.max_output_tokens.unwrap_or(u64::MAX).max(max_tokens);
    let Some((budget_tokens, max_tokens)) = fit(wanted, max_tokens, limit) else {
        dropped.record("reasoning_effort");
        return silent;
    };
    let thinking = Some(Thinking::Enabled { budget_tokens });
    Plan { thinking, effort: None, max_tokens, is_on: true }
}

/// The API's name of the effort, if the model supports it; `minimal` is not a level of its own.
fn taken_effort(effort: Effort, capabilities: &Capabilities) -> Option<&'static str> {
    let (level, name) = match effort {
        Effort::None => return None,
        Effort::Minimal | Effort::Low => (Effort::Low, "low"),
        Effort::Medium => (Effort::Medium, "medium"),
        Effort::High => (Effort::High, "high"),
        Effort::Xhigh => (Effort::Xhigh, "xhigh"),
        Effort::Max => (Effort::Max, "max"),
    };
    let efforts = &capabilities.efforts;
    let is_taken = efforts.is_empty() || efforts.contains(&level) || efforts.contains(&effort);
    is_taken.then_some(name)
}

fn budget(effort: Effort) -> u64 {
    match effort {
        Effort::None | Effort::Minimal | Effort::Low => SMALLEST_BUDGET,
        Effort::Medium => 2048,
        Effort::High => 4096,
        Effort::Xhigh => 8192,
        Effort::Max => 16_384,
    }
}

/// `max_tokens` includes the thinking and must exceed it. If it does not, the budget is added to
/// the client's `max_tokens`, up to the limit of the model.
fn fit(budget: u64, max_tokens: u64, limit: u64) -> Option<(u64, u64)> {
    if max_tokens > budget {
        return Some((budget, max_tokens));
    }
    let raised = max_tokens.saturating_add(budget).min(limit);
    let budget = budget.min(raised.saturating_sub(1));
    (budget >= SMALLEST_BUDGET).then_some((budget, raised))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn planned(
        effort: Effort,
        max_tokens: Option<u64>,
        capabilities: &Capabilities,
        obstacles: Obstacles,
    ) -> (Plan, bool) {
        let request = ChatRequest { reasoning: Some(effort), max_tokens, ..ChatRequest::default() };
        let mut dropped = Dropped::default();
        let plan = plan(&request, capabilities, obstacles, &mut dropped);
        (plan, !dropped.into_names().is_empty())
    }

    fn style(thinking: ThinkingStyle) -> Capabilities {
        Capabilities { thinking, ..Capabilities::default() }
    }

    #[test]
    fn an_adaptive_model_gets_the_effort() {
        for (effort, name) in [
            (Effort::Minimal, "low"),
            (Effort::Low, "low"),
            (Effort::Medium, "medium"),
            (Effort::High, "high"),
            (Effort::Xhigh, "xhigh"),
            (Effort::Max, "max"),
        ] {
            let capabilities = style(ThinkingStyle::Adaptive);
            let (plan, is_told) = planned(effort, None, &capabilities, Obstacles::default());
            let thinking = Some(Thinking::Adaptive { display: "summarized" });
            let expected = Plan { thinking, effort: Some(name), max_tokens: 4096, is_on: true };
            assert_eq!((plan, is_told), (expected, false));
        }
    }

    #[test]
    fn an_unsupported_effort_is_reported_and_the_default_applies() {
        let capabilities = Capabilities {
            efforts: vec![Effort::Low, Effort::High],
            ..style(ThinkingStyle::Adaptive)
        };
        let (plan, is_told) = planned(Effort::Max, None, &capabilities, Obstacles::default());
        assert_eq!((plan.effort, plan.is_on, is_told), (None, true, true));
        let (plan, is_told) = planned(Effort::Minimal, None, &capabilities, Obstacles::default());
        assert_eq!((plan.effort, is_told), (Some("low"), false));
    }

    #[test]
    fn a_budget_stays_below_max_tokens_within_what_the_model_puts_out() {
        let limited =
            |limit| Capabilities { max_output_tokens: limit, ..style(ThinkingStyle::Budget) };
        for (effort, max_tokens, limit, expected) in [
            (Effort::Low, Some(5000), None, Some((1024, 5000))),
            (Effort::Minimal, None, None, Some((1024, 4096))),
            (Effort::Medium, None, Some(64_000), Some((2048, 64_000))),
            (Effort::High, Some(100), None, Some((4096, 4196))),
            (Effort::High, None, None, Some((4096, 8192))),
            (Effort::Xhigh, Some(4096), Some(64_000), Some((8192, 12_288))),
            (Effort::Max, Some(500), Some(8192), Some((8191, 8192))),
            (Effort::Max, Some(10_000), Some(8192), Some((9999, 10_000))),
            (Effort::Low, Some(500), Some(1000), None),
        ] {
            let (plan, is_told) =
                planned(effort, max_tokens, &limited(limit), Obstacles::default());
            let found = match plan.thinking {
                Some(Thinking::Enabled { budget_tokens }) => Some((budget_tokens, plan.max_tokens)),
                _ => None,
            };
            assert_eq!((found, is_told), (expected, expected.is_none()), "{effort:?}");
        }
    }

    #[test]
    fn a_clients_budget_counts_within_what_the_api_takes() {
        for (wanted, max_tokens, expected) in [
            (10_000, Some(20_000), (10_000, 20_000)),
            (10_000, None, (10_000, 64_000)),
            (500, Some(5000), (1024, 5000)),
            (10_000, Some(4096), (10_000, 14_096)),
            (1_000_000, Some(4096), (63_999, 64_000)),
        ] {
            let request = ChatRequest {
                reasoning: Some(Effort::of_budget(wanted)),
                thinking_budget: Some(wanted),
                max_tokens,
                ..ChatRequest::default()
            };
            let capabilities =
                Capabilities { max_output_tokens: Some(64_000), ..style(ThinkingStyle::Budget) };
            let plan = plan(&request, &capabilities, Obstacles::default(), &mut Dropped::default());
            let (budget_tokens, max_tokens) = expected;
            assert_eq!(plan.thinking, Some(Thinking::Enabled { budget_tokens }));
            assert_eq!(plan.max_tokens, max_tokens);
        }
    }

    #[test]
    fn no_thinking_is_requested_where_the_api_can_express_it() {
        for (thinking, always_thinks, expected) in [
            (ThinkingStyle::Adaptive, false, (Some(Thinking::Disabled), false, false)),
            (ThinkingStyle::Budget, false, (Some(Thinking::Disabled), false, false)),
            (ThinkingStyle::None, false, (None, false, false)),
            (ThinkingStyle::Adaptive, true, (None, true, true)),
        ] {
            let capabilities = Capabilities { always_thinks, ..style(thinking) };
            let (plan, is_told) = planned(Effort::None, None, &capabilities, Obstacles::default());
            assert_eq!((plan.thinking, plan.is_on, is_told), expected);
        }
        let capabilities = style(ThinkingStyle::None);
        let (plan, is_told) = planned(Effort::Low, None, &capabilities, Obstacles::default());
        assert_eq!((plan.thinking, is_told), (None, true));
    }

    #[test]
    fn what_cannot_go_with_thinking_turns_it_off() {
        let forced = Obstacles { forces_tool: true, lacks_thinking: false };
        let lacking = Obstacles { forces_tool: false, lacks_thinking: true };
        let off = (Some(Thinking::Disabled), true);
        for (thinking, obstacles) in [
            (ThinkingStyle::Budget, forced),
            (ThinkingStyle::Adaptive, forced),
            (ThinkingStyle::Budget, lacking),
        ] {
            let (plan, is_told) = planned(Effort::High, None, &style(thinking), obstacles);
            assert_eq!((plan.thinking, is_told), off);
        }
        let always = Capabilities { always_thinks: true, ..style(ThinkingStyle::Adaptive) };
        let (plan, is_told) = planned(Effort::High, None, &always, forced);
        assert_eq!((plan.effort, plan.is_on, is_told), (Some("high"), true, false));
    }
}
