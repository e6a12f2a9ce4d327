//! Pairs of a strong and a weak model: `pair:NAME` selects the side that the prompt needs, and
//! falls back to the other one.

use serde::Serialize;
use utoipa::ToSchema;

use super::difficulty::{self, Verdict};
use super::matching::{NamedIn, resolve};
use super::selector::Selector;
use crate::catalog::Snapshot;
use crate::config::pair::{Pair, Side};
use crate::domain::facts::{LastUserText, Needs};
use crate::domain::failure::Failure;

/// Which side serves, and why.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = PairDecision)]
pub struct Decision {
    pub pair: String,
    #[schema(inline)]
    pub side: Side,
    #[schema(inline)]
    pub judge: Judge,
    /// 0 (easy) to 1 (hard); only the rules give one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score: Option<f64>,
    pub reasons: Vec<String>,
    /// The names of the chosen side and of the other one.
    #[serde(skip)]
    pub target: String,
    #[serde(skip)]
    pub other: String,
}

/// How the side was chosen: `fallback` when the analyzer gave no verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Judge {
    Rules,
    Analyzer,
    Fallback,
}

/// The requested pair, by its name or through an alias.
///
/// # Errors
/// When there is no pair of that name.
pub fn requested_pair<'s>(
    snapshot: &'s Snapshot,
    selector: &'s Selector,
) -> Result<Option<&'s Pair>, Failure> {
    let Selector::Named(asked) = selector else { return Ok(None) };
    let resolved = resolve(snapshot, asked, NamedIn::Request).name;
    if !resolved.starts_with("pair:") || snapshot.has(resolved) {
        return Ok(None);
    }
    let pairs = &snapshot.policy.routing.pairs;
    let found = snapshot.pair(resolved);
    let near = || pairs.iter().take(3).map(|pair| format!("pair:{}", pair.name)).collect();
    let unknown = || Failure::ModelNotFound { requested: asked.clone(), near: near() };
    found.map(Some).ok_or_else(unknown)
}

/// The decision of the built-in rules for a prompt.
pub fn by_rules(pair: &Pair, last: &LastUserText, needs: &Needs) -> Decision {
    let Verdict { score, reasons } = difficulty::judge(last, needs);
    let side = if score >= pair.threshold { Side::Strong } else { Side::Weak };
    let reasons = reasons.into_iter().map(str::to_owned).collect();
    Decision { score: Some(score), ..decided(pair, side, Judge::Rules, reasons) }
}

/// The decision of an analyzer, or the configured side if it gave none.
pub fn decided(pair: &Pair, side: Side, judge: Judge, reasons: Vec<String>) -> Decision {
    Decision {
        pair: pair.name.clone(),
        side,
        judge,
        score: None,
        reasons,
        target: pair.target(side).to_owned(),
        other: pair.target(side.other()).to_owned(),
    }
}
