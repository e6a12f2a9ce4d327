//! Splits the selected models into those that can serve and those that cannot, with the reason.

use super::cooldown::CoolingDown;
use super::exclusion::{Exclusion, LeftOut};
use super::matching::{self, Found};
use super::query::{RoutingContext, RoutingQuery};
use crate::catalog::{Access, Model, Snapshot};

/// The selected models that can serve, by index, and the others.
pub(super) struct Filtered {
    pub able: Vec<usize>,
    /// Models that could serve, but are at a limit now.
    pub saturated: Vec<usize>,
    pub left_out: Vec<LeftOut>,
    pub more_left_out: usize,
}

pub(super) fn eligible(
    snapshot: &Snapshot,
    found: &Found<'_>,
    query: RoutingQuery<'_>,
    most_told: usize,
) -> Filtered {
    let index = snapshot.index();
    let mut open = index.callable().clone();
    matching::keep_tagged(&mut open, index, query.tags);
    let mut able = Vec::with_capacity(found.models.count());
    let mut left_out = Vec::new();
    let mut more_left_out = 0;
    let (mut droppable, mut saturated) = (Vec::new(), Vec::new());
    for (place, model) in index.models(&found.models) {
        let is_told = left_out.len() < most_told;
        // A model ruled out by the index is examined only for the reason.
        if !is_told && !open.contains(place) {
            more_left_out += 1;
            continue;
        }
        match why_not(model, found.is_one, query) {
            None => able.push(place),
            Some(why) => {
                match &why {
                    Exclusion::Unmet(unmet) if unmet.is_droppable() => droppable.push(place),
                    Exclusion::Saturated(_) => saturated.push(place),
                    _ => {}
                }
                match is_told {
                    true => left_out.push(LeftOut { model: model.clone(), why }),
                    false => more_left_out += 1,
                }
            }
        }
    }
    // A parameter that would only be dropped is no reason to exclude the only model.
    if able.is_empty() && !droppable.is_empty() {
        let is_droppable =
            |left: &LeftOut| matches!(&left.why, Exclusion::Unmet(unmet) if unmet.is_droppable());
        let told = left_out.len();
        left_out.retain(|left| !is_droppable(left));
        more_left_out -= droppable.len() - (told - left_out.len());
        for place in droppable {
            let Some(model) = index.model(place) else { continue };
            match unavailable(model, query) {
                None => able.push(place),
                Some(why) => {
                    if matches!(why, Exclusion::Saturated(_)) {
                        saturated.push(place);
                    }
                    match left_out.len() < most_told {
                        true => left_out.push(LeftOut { model: model.clone(), why }),
                        false => more_left_out += 1,
                    }
                }
            }
        }
    }
    Filtered { able, saturated, left_out, more_left_out }
}

fn why_not(model: &Model, is_one: bool, query: RoutingQuery<'_>) -> Option<Exclusion> {
    if !model.is_active {
        return Some(Exclusion::Inactive);
    }
    if let Some(reason) = query.rights.and_then(|rights| rights.forbids(model)) {
        return Some(Exclusion::Key(reason));
    }
    // Preferences come first: a missing key of a model that the client rules out is irrelevant to
    // it.
    if let Some(missing) = query.tags.first_missing(|tag| model.has_tag(tag)) {
        return Some(Exclusion::Query(missing));
    }
    let RoutingContext { needs, .. } = query.circumstances;
    if let Some(unwanted) = query.preferences.refuses(model, needs) {
        return Some(Exclusion::Preference(unwanted));
    }
    if let Some(reason) = model.provider.unavailable_reason() {
        return Some(match model.provider.access {
            Access::NoKey { .. } | Access::KeyUnusable(_) if model.provider.is_active => {
                Exclusion::NoKey(reason)
            }
            Access::NoKey { .. } | Access::KeyUnusable(_) | Access::NoUrl(_) | Access::Ready => {
                Exclusion::Provider(reason)
            }
        });
    }
    // A client that names one model knows its context window better than an estimate does.
    let window = model.config.context_window.filter(|_| !is_one);
    if let Some(unmet) = needs.unmet(&model.facts.capabilities, window) {
        return Some(Exclusion::Unmet(unmet));
    }
    unavailable(model, query)
}

/// Why an otherwise eligible model cannot serve now.
fn unavailable(model: &Model, query: RoutingQuery<'_>) -> Option<Exclusion> {
    let RoutingContext { now, .. } = query.circumstances;
    let cooling_down = CoolingDown::of(model, now).map(Exclusion::CoolingDown);
    cooling_down.or_else(|| (query.saturated)(model).map(Exclusion::Saturated))
}
