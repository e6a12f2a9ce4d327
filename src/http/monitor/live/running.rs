//! Which calls under way a stream tells of.

use crate::auth::Caller;
use crate::http::monitor::in_flight::may_see;
use crate::relay::CallInFlight;
use crate::store::invocations::Filter;

/// Whether the caller may see the call, and the filter wants it as far as can be known before its
/// end.
pub fn admits(caller: &Caller, filter: &Filter, call: &CallInFlight) -> bool {
    may_see(caller, call) && wants_caller_of(filter, call) && wants_model_of(filter, call)
}

fn wants_caller_of(filter: &Filter, call: &CallInFlight) -> bool {
    let call = &call.begun;
    let key = call.api_key.as_ref();
    is(filter.api_key.as_deref(), key.map(|key| &*key.name))
        && is(filter.api_key_id, Some(key.map_or(0, |key| key.id.0)))
        && is(filter.endpoint.as_deref(), Some(call.endpoint))
        && is(filter.is_stream, Some(call.is_stream))
        && is(filter.request_id.as_deref(), Some(call.request_id.as_str()))
        && (filter.session_id.is_none() || filter.session_id == call.session_id)
        && filter.start_us.is_none_or(|start| call.started_at_us >= start)
        && filter.end_us.is_none_or(|end| call.started_at_us < end)
}

/// A call that is still planned has no model.
fn wants_model_of(filter: &Filter, call: &CallInFlight) -> bool {
    let wants_one = filter.model_id.is_some()
        || filter.provider_id.is_some()
        || filter.model_name.is_some()
        || filter.provider_name.is_some()
        || filter.tag.is_some();
    if !wants_one {
        return true;
    }
    let Some(model) = call.model() else { return false };
    let has_tag = |tag: &String| model.tags.iter().any(|known| known.eq_ignore_ascii_case(tag));
    is(filter.model_id, Some(model.id.0))
        && is(filter.provider_id, Some(model.provider.id.0))
        && is(filter.model_name.as_deref(), Some(&*model.name))
        && is(filter.provider_name.as_deref(), Some(&*model.provider.name))
        && filter.tag.as_ref().is_none_or(has_tag)
}

fn is<T: PartialEq>(wanted: Option<T>, found: Option<T>) -> bool {
    wanted.is_none() || wanted == found
}
