//! The error for a request that no model can serve.

use super::cooldown::{CoolingDown, all_cooling_down};
use super::exclusion::{Exclusion, LeftOut};
use super::matching::Found;
use super::selector::Selector;
use crate::catalog::{Model, Snapshot};
use crate::domain::failure::Failure;

/// The most informative failure for the client.
pub(super) fn no_candidate(
    snapshot: &Snapshot,
    selector: &Selector,
    found: &Found<'_>,
    left_out: &[LeftOut],
) -> Failure {
    if let Some(forbidden) = forbidden(left_out) {
        return forbidden;
    }
    if let Some(cooling_down) = all_cooling_down(&selector.shown(), cooling_down_among(left_out)) {
        return cooling_down;
    }
    let unmet = left_out.iter().find_map(|left| match &left.why {
        Exclusion::Unmet(unmet) => Some((&left.model, unmet)),
        _ => None,
    });
    if let Some((model, unmet)) = unmet {
        let others = left_out.len() - 1;
        let others = if others == 0 {
            String::new()
        } else {
            format!("; {others} others cannot serve it either")
        };
        let message = format!("`{}` {unmet}{others}", model.full_name());
        return Failure::BadRequest { message, param: Some(unmet.param()) };
    }
    // Inactive models count as unknown; if an active one cannot be called, its reason is reported.
    let is_known = |left: &&LeftOut| left.model.is_active && left.model.provider.is_active;
    let reasons = distinct(left_out.iter().filter(is_known).filter_map(|left| match &left.why {
        Exclusion::Provider(reason) | Exclusion::NoKey(reason) => Some(reason.clone()),
        _ => None,
    }));
    if !reasons.is_empty() {
        return Failure::NoneUsable(listed(reasons, "; GET /providers lists all"));
    }
    // The models exist, but the request itself rules them out.
    let reasons = distinct(left_out.iter().filter_map(|left| match &left.why {
        Exclusion::Query(_) | Exclusion::Preference(_) => Some(left.why.to_string()),
        _ => None,
    }));
    if !reasons.is_empty() {
        let asked = selector.shown();
        return Failure::NothingMatches(format!("`{asked}`: {}", listed(reasons, "")));
    }
    match selector {
        Selector::Named(asked) if found.asked.is_none() => {
            Failure::ModelNotFound { requested: asked.clone(), near: snapshot.near_names(asked) }
        }
        selector => Failure::NothingMatches(selector.shown()),
    }
}

/// Models that could serve if their circuit were not open.
pub(super) fn cooling_down_among(
    left_out: &[LeftOut],
) -> impl Iterator<Item = (&Model, &CoolingDown)> {
    left_out.iter().filter_map(|left| match &left.why {
        Exclusion::CoolingDown(cooling_down) => Some((&*left.model, cooling_down)),
        _ => None,
    })
}

/// The failure when the key forbids every model that could be called.
fn forbidden(left_out: &[LeftOut]) -> Option<Failure> {
    let mut active = left_out.iter().filter(|left| left.why != Exclusion::Inactive);
    let first = active.next()?;
    let others = active.clone().count();
    let is_forbidden = |left: &LeftOut| matches!(left.why, Exclusion::Key(_));
    if !is_forbidden(first) || !active.all(is_forbidden) {
        return None;
    }
    let more = match others {
        0 => String::new(),
        more => format!(", nor {more} others; GET /me lists what the key may call"),
    };
    Some(Failure::NotAllowed(format!("`{}` {}{more}", first.model.full_name(), first.why)))
}

fn distinct(reasons: impl Iterator<Item = String>) -> Vec<String> {
    let mut known = Vec::new();
    for reason in reasons {
        if !known.contains(&reason) {
            known.push(reason);
        }
    }
    known
}

fn listed(mut reasons: Vec<String>, hint: &str) -> String {
    const MOST: usize = 3;
    let more = reasons.len().saturating_sub(MOST);
    reasons.truncate(MOST);
    if more > 0 {
        reasons.push(format!("and {more} more{hint}"));
    }
    reasons.join("; ")
}
