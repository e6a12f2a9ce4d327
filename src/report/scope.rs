//! Which sums answer a filter, and which calls it takes.

use std::collections::BTreeSet;

use crate::domain::invocation::Status;
use crate::store::invocations::Filter;
use crate::store::names::Names;
use crate::store::sums::{Added, Depth, Of, Selection, View};

/// By what an answer tells calls apart, beside their status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dimension {
    None,
    Target,
    Caller,
    Error,
}

/// A filter with its names resolved to ids.
#[derive(Clone, Debug)]
pub struct Scope {
    pub filter: Filter,
    pub targets: Option<BTreeSet<i32>>,
    pub callers: Option<BTreeSet<i32>>,
    pub errors: Option<BTreeSet<i32>>,
    pub endpoints: Option<BTreeSet<i32>>,
    pub status: Option<i32>,
    /// Asks for what no sum knows.
    pub needs_calls: bool,
}

/// `None` where it is all of them.
pub struct KeysAndModels {
    pub keys: Option<Vec<i32>>,
    pub models: Option<Vec<i32>>,
}

pub const ERROR: i32 = 1;

pub fn code_of(status: Status) -> i32 {
    match status {
        Status::Success => 0,
        Status::Error => ERROR,
        Status::Cancelled => 2,
    }
}

impl Scope {
    pub fn of(filter: &Filter, names: &Names) -> Self {
        Self {
            targets: targets(filter, names),
            callers: callers(filter, names),
            errors: errors(filter, names),
            endpoints: endpoints(filter, names),
            status: filter.status.map(code_of),
            needs_calls: needs_calls(filter),
            filter: Filter { start_us: None, end_us: None, ..filter.clone() },
        }
    }

    /// The view whose sums tell these calls apart; `None` where only the calls themselves do.
    pub fn view(&self, by: Dimension) -> Option<View> {
        if self.needs_calls {
            return None;
        }
        let of_targets = self.targets.is_some() || by == Dimension::Target;
        let of_callers = self.callers.is_some() || by == Dimension::Caller;
        let of_errors = self.errors.is_some() || by == Dimension::Error;
        match (of_targets, of_callers, of_errors, self.endpoints.is_some()) {
            (false, false, false, false) => Some(View::All),
            (true, false, false, false) => Some(View::Target),
            (false, true, false, false) => Some(View::Caller),
            (false, false, true, false) => Some(View::Error),
            (false, false, false, true) => Some(View::Endpoint),
            (true, true, false, false) => Some(View::CallerTarget),
            _ => None,
        }
    }

    /// What is to be read of a view.
    pub fn selection(&self, view: View, depth: Depth) -> Selection {
        let [a, b] = match view {
            View::All => [None, None],
            View::Target => [self.targets.as_ref(), None],
            View::Caller => [self.callers.as_ref(), None],
            View::CallerTarget => [self.callers.as_ref(), self.targets.as_ref()],
            View::Error => [self.errors.as_ref(), None],
            View::Endpoint => [self.endpoints.as_ref(), None],
        };
        let [a, b] = [a, b].map(|ids| ids.map(|ids| ids.iter().copied().collect()));
        Selection { view, depth, a, b }
    }

    pub fn wants(&self, of: Of) -> bool {
        let is_of_view = match of.view {
            View::All => true,
            View::Target => holds(&self.targets, of.a),
            View::Caller => holds(&self.callers, of.a),
            View::Error => holds(&self.errors, of.a),
            View::Endpoint => holds(&self.endpoints, of.a),
            View::CallerTarget => holds(&self.callers, of.a) && holds(&self.targets, of.b),
        };
        is_of_view && self.status.is_none_or(|status| status == of.status)
    }

    /// As far as ids tell; what sums do not know is the filter's.
    pub fn takes(&self, call: &Added) -> bool {
        holds(&self.targets, call.target)
            && holds(&self.callers, call.caller)
            && holds(&self.errors, call.error)
            && holds(&self.endpoints, call.endpoint)
            && self.status.is_none_or(|status| status == call.status)
    }

    /// The keys and the models whose calls these are, where nothing else is asked for, so that the
    /// index of failures tells which they are.
    pub fn of_failures(&self, names: &Names) -> Option<KeysAndModels> {
        let is_plain = !self.needs_calls && self.errors.is_none() && self.endpoints.is_none();
        if !is_plain || self.status.is_some_and(|status| status != ERROR) {
            return None;
        }
        let (keys, models) = (self.keys(names), self.models(names));
        if self.callers.is_some() != keys.is_some() {
            return None;
        }
        let has_key = |id: &i32| keys.as_ref().is_none_or(|keys| keys.contains(id));
        let has_model = |id: &i32| models.as_ref().is_none_or(|models| models.contains(id));
        let all_callers = names
            .callers
            .iter()
            .all(|(id, of)| !has_key(&of.api_key_id) || holds(&self.callers, *id));
        let all_targets = names
            .targets
            .iter()
            .all(|(id, of)| !has_model(&of.model_id) || holds(&self.targets, *id));
        (all_callers && all_targets).then_some(KeysAndModels { keys, models })
    }

    /// The models of the targets.
    pub fn models(&self, names: &Names) -> Option<Vec<i32>> {
        let targets = self.targets.as_ref()?;
        let of_target = |id| names.targets.get(id).map(|target| target.model_id);
        let models: BTreeSet<i32> = targets.iter().filter_map(of_target).collect();
        Some(models.into_iter().collect())
    }

    /// The keys of the callers, where each has one.
    pub fn keys(&self, names: &Names) -> Option<Vec<i32>> {
        let callers = self.callers.as_ref()?;
        let keys: Option<BTreeSet<i32>> = callers
            .iter()
            .map(|id| names.callers.get(id).map(|caller| caller.api_key_id).filter(|id| *id != 0))
            .collect();
        keys.map(|keys| keys.into_iter().collect())
    }
}

fn holds(ids: &Option<BTreeSet<i32>>, id: i32) -> bool {
    ids.as_ref().is_none_or(|ids| ids.contains(&id))
}

fn needs_calls(filter: &Filter) -> bool {
    filter.is_stream.is_some()
        || filter.request_id.is_some()
        || filter.session_id.is_some()
        || filter.min_duration_us.is_some()
        || filter.min_cost_nano_usd.is_some()
        || filter.min_attempts.is_some()
        || filter.unpriced.is_some()
        || filter.text.is_some()
        // Sums know the HTTP status of errors only.
        || (filter.http_status.is_some() && filter.error_code.is_none())
}

fn targets(filter: &Filter, names: &Names) -> Option<BTreeSet<i32>> {
    let is_asked = filter.model_id.is_some() || filter.is_of_targets();
    is_asked.then(|| {
        let wanted = names.targets.iter().filter(|(_, target)| filter.wants_target(target));
        wanted.map(|(id, _)| *id).collect()
    })
}

fn callers(filter: &Filter, names: &Names) -> Option<BTreeSet<i32>> {
    let is_asked =
        filter.api_key.is_some() || filter.api_key_id.is_some() || filter.only_key.is_some();
    is_asked.then(|| {
        let wanted = names.callers.iter().filter(|(_, caller)| filter.wants_caller(caller));
        wanted.map(|(id, _)| *id).collect()
    })
}

fn errors(filter: &Filter, names: &Names) -> Option<BTreeSet<i32>> {
    let code = filter.error_code.as_ref()?;
    let wanted = names.errors.iter().filter(|(_, error)| {
        error.code == *code && filter.http_status.is_none_or(|status| error.http_status == status)
    });
    Some(wanted.map(|(id, _)| *id).collect())
}

fn endpoints(filter: &Filter, names: &Names) -> Option<BTreeSet<i32>> {
    let name = filter.endpoint.as_ref()?;
    let wanted = names.endpoints.iter().filter(|(_, known)| *known == name);
    Some(wanted.map(|(id, _)| *id).collect())
}
