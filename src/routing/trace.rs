//! The routing decision for a request and its outcome: returned by `POST /route/explain`, and
//! stored with each invocation.

use std::sync::Arc;

use serde::{Serialize, Serializer};
use utoipa::ToSchema;

use super::exclusion::Exclusion;
use super::exclusion::LeftOut;
use super::pairs::Decision;
use super::plan::{MOST_TOLD, Plan};
use super::rank_reason::Reason;
pub use super::timings::{AttemptTrace, Timings, in_ms};
use crate::catalog::Model;
use crate::config::alias::Alias;

/// The longest name of a parameter in a trace.
const MAX_NAME_BYTES: usize = 64;

/// It is made for every call, so most of its text is rendered only when it is read.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = RouteTrace)]
pub struct Trace {
    #[schema(required = false)]
    pub strategy: &'static str,
    /// The alias that was requested, as it is configured (`claude-*`), and those that it leads to.
    #[serde(skip_serializing_if = "Vec::is_empty", serialize_with = "alias_names")]
    #[schema(value_type = Vec<String>)]
    pub aliases: Vec<Arc<Alias>>,
    /// Of a pair of a strong and a weak model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pair: Option<Decision>,
    /// The same seed over the same state gives the same order.
    #[schema(required = false)]
    pub seed: u64,
    /// The conversation's hash in hexadecimal digits, if the strategy needs it.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "in_hex")]
    #[schema(value_type = Option<String>)]
    pub conversation: Option<u64>,
    /// In the order in which they are tried.
    #[schema(required = false)]
    pub candidates: Vec<Chosen>,
    /// The number of further candidates.
    #[serde(skip_serializing_if = "is_zero")]
    pub more_candidates: usize,
    /// The excluded models among those that were selected.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<LeftShown>)]
    pub left_out: Vec<Left>,
    /// The number of further excluded models.
    #[serde(skip_serializing_if = "is_zero")]
    pub more_left_out: usize,
    /// The outcome of each upstream call.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub attempts: Vec<AttemptTrace>,
    /// Parameters without a counterpart at the last candidate that was tried.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub dropped: Vec<String>,
    /// Parameters changed to the key's limits: `max_tokens=100`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub adjusted: Vec<String>,
    /// Where the time went; absent before the call has ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timings: Option<Timings>,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Candidate)]
pub struct Chosen {
    #[serde(serialize_with = "by_name")]
    #[schema(value_type = String)]
    pub model: Arc<Model>,
    #[serde(skip_serializing_if = "is_no_number", serialize_with = "with_few_digits")]
    pub score: f64,
    #[schema(value_type = String)]
    pub reason: Reason,
}

/// Written as [`LeftShown`].
#[derive(Clone, Debug)]
pub struct Left {
    pub model: Arc<Model>,
    pub why: Exclusion,
}

impl Serialize for Left {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (model, reason) = (self.model.full_name(), self.why.to_string());
        LeftShown { model, why: self.why.kind(), reason }.serialize(serializer)
    }
}

#[derive(Serialize, ToSchema)]
#[schema(as = LeftOut)]
pub struct LeftShown {
    model: String,
    /// One word.
    why: &'static str,
    reason: String,
}

/// JSON has no infinity.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
fn is_no_number(score: &f64) -> bool {
    !score.is_finite()
}

/// A draw has 17 digits, of which six tell as much; a small one may be a price.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
fn with_few_digits<S: Serializer>(score: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    let is_small = score.abs() < 0.001;
    serializer.serialize_f64(if is_small { *score } else { (score * 1e6).round() / 1e6 })
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
fn is_zero(count: &usize) -> bool {
    *count == 0
}

/// Most readers of JSON would lose digits of a number.
#[expect(clippy::ref_option, reason = "serde asks for it")]
fn in_hex<S: Serializer>(id: &Option<u64>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&format_args!("{:016x}", id.unwrap_or_default()))
}

fn alias_names<S: Serializer>(aliases: &[Arc<Alias>], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(aliases.iter().map(|alias| alias.name.as_str()))
}

fn by_name<S: Serializer>(model: &Arc<Model>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&model.reference())
}

impl Trace {
    /// The beginning of a plan, as stored in the call log.
    pub fn of(plan: &Plan, decision: Option<&Decision>, seed: u64) -> Self {
        Self::up_to(MOST_TOLD, plan, decision, seed)
    }

    /// The whole plan, for explanations.
    pub fn whole(plan: &Plan, decision: Option<&Decision>, seed: u64) -> Self {
        Self::up_to(usize::MAX, plan, decision, seed)
    }

    fn up_to(most: usize, plan: &Plan, decision: Option<&Decision>, seed: u64) -> Self {
        let Plan { candidates, left_out, .. } = plan;
        let chosen = candidates.iter().take(most).map(|candidate| Chosen {
            model: candidate.model.clone(),
            score: candidate.score,
            reason: candidate.reason,
        });
        Self {
            strategy: plan.strategy.as_str(),
            aliases: plan.aliases.clone(),
            pair: decision.cloned(),
            seed,
            conversation: plan.conversation,
            candidates: chosen.collect(),
            more_candidates: plan.more_candidates + candidates.len().saturating_sub(most),
            left_out: left_out.iter().take(most).map(Left::of).collect(),
            more_left_out: plan.more_left_out + left_out.len().saturating_sub(most),
            attempts: Vec::new(),
            dropped: Vec::new(),
            adjusted: Vec::new(),
            timings: None,
        }
    }

    /// Keeps which parameters were dropped and adjusted for the candidate that is tried. A client's
    /// own field may have any name, and there may be any number of them.
    pub fn sent_without(&mut self, dropped: &[String], adjusted: &[String]) {
        let short = |names: &[String]| {
            let names = names.iter().filter(|name| name.len() <= MAX_NAME_BYTES);
            names.take(MOST_TOLD).cloned().collect()
        };
        (self.dropped, self.adjusted) = (short(dropped), short(adjusted));
    }

    /// As stored in the call log.
    pub fn to_json(&self) -> String {
        // Numbers and strings only, so serialising cannot fail.
        serde_json::to_string(self).unwrap_or_default()
    }
}

impl Left {
    pub fn of(left: &LeftOut) -> Self {
        Self { model: left.model.clone(), why: left.why.clone() }
    }
}
