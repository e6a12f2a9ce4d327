//! What was decided about a request and what became of it: answered by `POST /route/explain`,
//! kept with each invocation.

use serde::Serialize;

use super::pairs::Decision;
use super::plan::{LeftOut, Plan};

#[derive(Clone, Debug, Serialize)]
pub struct Trace {
    pub strategy: &'static str,
    /// Of a pair of a strong and a weak model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pair: Option<Decision>,
    /// The same seed over the same state gives the same order.
    pub seed: u64,
    /// In the order in which they are tried.
    pub candidates: Vec<Chosen>,
    /// Of the models that were meant.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<Left>,
    /// What each upstream call did.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub attempts: Vec<AttemptTrace>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Chosen {
    pub model: String,
    #[serde(skip_serializing_if = "is_no_number")]
    pub score: f64,
    pub reason: String,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Left {
    pub model: String,
    /// `tag`, `capability`, `context`, `breaker`, `limit`, `no_key`, `provider`, `inactive` or
    /// `preference`.
    pub why: &'static str,
    pub reason: String,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AttemptTrace {
    pub model: String,
    /// `answered`, or the code of the failure.
    pub outcome: String,
    pub ms: f64,
}

/// JSON has no word for infinity.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
fn is_no_number(score: &f64) -> bool {
    !score.is_finite()
}

impl Trace {
    pub fn of(plan: &Plan, decision: Option<&Decision>, seed: u64) -> Self {
        let chosen = plan.candidates.iter().map(|candidate| Chosen {
            model: candidate.model.full_name(),
            score: candidate.score,
            reason: candidate.reason.clone(),
        });
        Self {
            strategy: plan.strategy.as_str(),
            pair: decision.cloned(),
            seed,
            candidates: chosen.collect(),
            left_out: plan.left_out.iter().map(Left::of).collect(),
            attempts: Vec::new(),
        }
    }

    /// As the books keep it.
    pub fn to_json(&self) -> String {
        // Numbers and strings only: nothing of it cannot be written.
        serde_json::to_string(self).unwrap_or_default()
    }
}

impl Left {
    pub fn of(left: &LeftOut) -> Self {
        Self { model: left.model.full_name(), why: left.why.kind(), reason: left.why.to_string() }
    }
}
