//! Random filters, and which calls they want.

use proptest::prelude::*;

use super::{CALLS, START_US, STEP_US};
use crate::domain::ids::KeyId;
use crate::domain::invocation::{Invocation, Status, Target};
use crate::store::invocations::{Filter, OrderBy};

pub fn wants(filter: &Filter, call: &Invocation) -> bool {
    let target = call.target.as_ref();
    let of_target = |wants: &dyn Fn(&Target) -> bool| target.is_some_and(wants);
    let contains = |text: &str, part: &str| text.to_lowercase().contains(&part.to_lowercase());
    filter.model_id.is_none_or(|id| of_target(&|target| target.model_id.0 == id))
        && filter.provider_id.is_none_or(|id| of_target(&|target| target.provider_id.0 == id))
        && filter.model_name.as_ref().is_none_or(|name| of_target(&|target| target.model == *name))
        && filter
            .provider_name
            .as_ref()
            .is_none_or(|name| of_target(&|target| target.provider == *name))
        && filter.tag.as_ref().is_none_or(|tag| {
            of_target(&|target| target.tags.iter().any(|known| known.eq_ignore_ascii_case(tag)))
        })
        && filter.status.is_none_or(|status| status == call.status)
        && filter.error_code.as_ref().is_none_or(|code| call.error_code == Some(code.as_str()))
        && filter.http_status.is_none_or(|status| status == i32::from(call.http_status))
        && filter.api_key.as_ref().is_none_or(|name| call.api_key.as_ref() == Some(name))
        && filter.api_key_id.is_none_or(|id| call.api_key_id.map_or(0, |key| key.0) == id)
        && filter.only_key.is_none_or(|id| call.api_key_id == Some(KeyId(id)))
        && filter.endpoint.as_ref().is_none_or(|name| call.endpoint == name)
        && filter.is_stream.is_none_or(|is_stream| is_stream == call.is_stream)
        && filter.request_id.as_ref().is_none_or(|id| *id == call.request_id)
        && (filter.session_id.is_none() || filter.session_id == call.session_id)
        && filter.min_duration_us.is_none_or(|least| call.duration_us >= least)
        && filter
            .min_cost_nano_usd
            .is_none_or(|least| call.cost.is_some_and(|cost| cost.0 >= least))
        && filter.min_attempts.is_none_or(|least| i64::from(call.attempts) >= i64::from(least))
        && filter.unpriced.is_none_or(|unpriced| {
            let is_success = call.status == Status::Success;
            unpriced == (call.cost.is_none() && (call.usage.is_some() || is_success))
        })
        && filter.start_us.is_none_or(|start| call.started_at_us >= start)
        && filter.end_us.is_none_or(|end| call.started_at_us < end)
        && filter.text.as_ref().is_none_or(|text| {
            contains(&call.requested, text)
                || call.error_message.as_ref().is_some_and(|message| contains(message, text))
                || call.request_id == *text
        })
}

/// Mostly few things at once.
pub fn filters() -> impl Strategy<Value = Filter> {
    fn rarely<T: std::fmt::Debug + Clone>(
        values: impl Strategy<Value = T>,
    ) -> impl Strategy<Value = Option<T>> {
        prop::option::weighted(0.12, values)
    }
    let text = |values: &'static [&'static str]| {
        rarely(prop::sample::select(values).prop_map(String::from))
    };
    let time = || {
        let steps = i64::try_from(CALLS / 2).unwrap() + 60;
        rarely((-10..steps, 0..STEP_US).prop_map(|(step, us)| START_US + step * STEP_US + us))
    };
    let statuses = prop::sample::select(&[Status::Success, Status::Error, Status::Cancelled][..]);
    let names = (
        rarely(1..11i32),
        rarely(1..5i32),
        text(&["model-0", "model-5", "none"]),
        text(&["provider-0", "provider-2"]),
        text(&["even", "odd", "old", "new", "ol", "EVEN"]),
        rarely(statuses),
        text(&["upstream_error", "rare", "none"]),
        rarely(prop::sample::select(&[200, 499, 502, 429][..])),
    );
    let callers = (
        text(&["key-1", "key-4", "none"]),
        rarely(0..8i32),
        rarely(1..8i32),
        text(&["chat", "invoke", "none"]),
        rarely(any::<bool>()),
        text(&["request-17", "request-2400", "none"]),
        text(&["session-0", "session-2", "none"]),
    );
    let bounds = (
        rarely(prop::sample::select(&[0, 2_900, 90_000, 900_000][..])),
        rarely(prop::sample::select(&[0, 990_000, 9_000_000][..])),
        rarely(1..4i32),
        rarely(any::<bool>()),
        text(&["needle_50%", "BROKE 7", "broke", "request-99", "%"]),
    );
    (names, callers, bounds, time(), time()).prop_map(
        |(names, callers, bounds, start_us, end_us)| Filter {
            model_id: names.0,
            provider_id: names.1,
            model_name: names.2,
            provider_name: names.3,
            tag: names.4,
            status: names.5,
            error_code: names.6,
            http_status: names.7,
            api_key: callers.0,
            api_key_id: callers.1,
            only_key: callers.2,
            endpoint: callers.3,
            is_stream: callers.4,
            request_id: callers.5,
            session_id: callers.6,
            min_duration_us: bounds.0.map(i64::from),
            min_cost_nano_usd: bounds.1.map(i64::from),
            min_attempts: bounds.2,
            unpriced: bounds.3,
            text: bounds.4,
            start_us,
            end_us,
        },
    )
}

pub fn orders() -> impl Strategy<Value = (OrderBy, bool)> {
    let orders = [OrderBy::StartedAt, OrderBy::DurationMs, OrderBy::TotalTokens, OrderBy::Cost];
    (prop::sample::select(orders.to_vec()), prop::bool::weighted(0.7))
}
