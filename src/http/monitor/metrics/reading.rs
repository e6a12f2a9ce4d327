//! What is read at the moment of a scrape: calls in flight, limits, circuits, pools, the call log's
//! queue, the configuration, exported traces.

use jiff::Timestamp;

use crate::catalog::Snapshot;
use crate::domain::event::EventKind;
use crate::health::Health;
use crate::health::circuit::State;
use crate::http::app_state::AppState;
use crate::limits::Level;
use crate::observe::descriptors;
use crate::observe::families as f;
use crate::observe::histogram::number;
use crate::observe::page::Page;
use crate::providers::{PoolFigures, ProviderStates};
use crate::recorder::JournalHandle;
use crate::telemetry::Spans;

pub fn page(state: &AppState, states: &ProviderStates) -> Page {
    let snapshot = state.catalogue.snapshot();
    let mut page = Page::default();
    state.metrics.totals().write(&mut page);
    in_flight(&mut page, state, &snapshot);
    limits(&mut page, state, &snapshot);
    circuits(&mut page, state, &snapshot);
    pools(&mut page, states, &snapshot);
    records(&mut page, state);
    configuration(&mut page, state);
    certificate(&mut page, state);
    events(&mut page, &state.journal);
    spans(&mut page, &state.spans);
    page.numbers(&f::BUILD, [([env!("CARGO_PKG_VERSION")], 1.0)]);
    if let (Some(open), Some(limit)) = (descriptors::open(), descriptors::limit()) {
        page.number(&f::OPEN_FDS, number(open));
        page.number(&f::MAX_FDS, number(limit));
    }
    page.number(&f::STARTED, state.metrics.started_at);
    page
}

fn count(count: usize) -> f64 {
    number(u64::try_from(count).unwrap_or(u64::MAX))
}

fn in_flight(page: &mut Page, state: &AppState, snapshot: &Snapshot) {
    page.number(&f::IN_FLIGHT, number(state.recorder.in_flight()));
    let models = snapshot.models().iter().map(|model| {
        let labels = [model.name.as_str(), model.provider.name.as_str()];
        (labels, model.limits.in_flight(), model.is_callable())
    });
    // A model that was switched off ends its calls.
    let shown = models.filter(|(_, calls, is_callable)| *is_callable || *calls > 0);
    page.numbers(&f::MODEL_IN_FLIGHT, shown.map(|(labels, calls, _)| (labels, count(calls))));
    let callable = snapshot.models().iter().filter(|model| model.is_callable()).count();
    page.number(&f::CALLABLE_MODELS, count(callable));
}

fn limits(page: &mut Page, state: &AppState, snapshot: &Snapshot) {
    let providers = snapshot.providers().iter().filter(|provider| provider.is_active);
    let providers = providers.map(|provider| ("", &provider.name, &provider.limits));
    let models = snapshot.models().iter().filter(|model| model.is_callable());
    let models = models.map(|model| (model.name.as_str(), &model.provider.name, &model.limits));
    let mut levels: Vec<([&str; 3], Level)> = Vec::new();
    for (model, provider, limits) in providers.chain(models) {
        let of_it = limits.levels(state.clock);
        levels.extend(of_it.map(|(counted, level)| ([counted, model, provider.as_str()], level)));
    }
    let of = |value: fn(&Level) -> u64| {
        levels.iter().map(move |(labels, level)| (*labels, number(value(level))))
    };
    page.numbers(&f::LIMIT, of(|level| level.limit));
    page.numbers(&f::LIMIT_REMAINING, of(|level| level.remaining));
}

fn circuits(page: &mut Page, state: &AppState, snapshot: &Snapshot) {
    let now = state.now();
    let level = |health: &Health| match health.circuit.state(now) {
        State::Closed => 0.0,
        State::HalfOpen => 1.0,
        State::Open { .. } => 2.0,
    };
    let providers = snapshot.providers().iter().filter(|provider| provider.is_active);
    let providers = providers.map(|provider| ([provider.name.as_str()], level(&provider.health)));
    page.numbers(&f::PROVIDER_CIRCUIT, providers);
    let models = snapshot.models().iter().filter(|model| model.is_callable());
    let models = models
        .map(|model| ([model.name.as_str(), model.provider.name.as_str()], level(&model.health)));
    page.numbers(&f::MODEL_CIRCUIT, models);
}

fn pools(page: &mut Page, states: &ProviderStates, snapshot: &Snapshot) {
    let providers = snapshot.providers().iter();
    let pools: Vec<(&str, PoolFigures)> =
        providers.map(|provider| (provider.name.as_str(), states.of(provider).pool())).collect();
    let of = |value: fn(&PoolFigures) -> f64| {
        pools.iter().map(move |(provider, pool)| ([*provider], value(pool)))
    };
    page.numbers(&f::POOL_LIMIT, of(|pool| count(pool.max_calls)));
    page.numbers(&f::POOL_CALLS, of(|pool| count(pool.calls)));
    page.numbers(&f::POOL_WAITING, of(|pool| count(pool.waiting)));
    page.numbers(&f::POOL_OPEN, of(|pool| count(pool.open)));
    // While a connection is being opened, its call counts and the connection does not yet.
    page.numbers(&f::POOL_IDLE, of(|pool| count(pool.open.saturating_sub(pool.calls))));
    page.numbers(&f::POOL_OPENED, of(|pool| number(pool.opened)));
}

fn records(page: &mut Page, state: &AppState) {
    let figures = state.recorder.figures();
    page.number(&f::RECORDS_ACCEPTED, number(figures.accepted));
    page.number(&f::RECORDS_WRITTEN, number(figures.written));
    page.number(&f::RECORDS_SET_ASIDE, number(figures.set_aside));
    page.number(&f::RECORDS_PENDING, number(figures.pending));
    page.number(&f::RECORDS_WAITING, count(figures.waiting));
    page.number(&f::RECORD_SLOTS, count(figures.slots));
    page.number(&f::RECORD_BYTES, count(figures.body_bytes));
    page.number(&f::RECORDS_FAILED_WRITES, number(figures.failed_writes));
    page.number(&f::BODIES_LEFT_OUT, number(figures.bodies_left_out));
}

fn configuration(page: &mut Page, state: &AppState) {
    let of = |kind: EventKind| {
        state
            .journal
            .noted()
            .find(|(noted, _)| *noted == kind)
            .map_or(0.0, |(_, count)| number(count))
    };
    let results = [("applied", EventKind::ConfigReloaded), ("rejected", EventKind::ConfigRefused)];
    page.numbers(&f::RELOADS, results.map(|(result, kind)| ([result], of(kind))));
    let status = state.watcher.status();
    page.number(&f::RELOAD_SUCCESSFUL, f64::from(u8::from(status.error.is_none())));
    for (family, at) in
        [(&f::RELOAD_TIME, &status.checked_at), (&f::RELOAD_SUCCESS_TIME, &status.loaded_at)]
    {
        if let Ok(at) = at.parse::<Timestamp>() {
            page.number(family, at.as_duration().as_secs_f64());
        }
    }
    page.number(&f::GENERATION, number(status.generation));
}

fn certificate(page: &mut Page, state: &AppState) {
    let Some(certificate) = &state.certificate else { return };
    let status = certificate.status(Timestamp::now());
    page.number(&f::CERTIFICATE_EXPIRY, status.valid_until.as_duration().as_secs_f64());
    page.number(&f::CERTIFICATE_CURRENT, f64::from(u8::from(status.is_current)));
}

fn events(page: &mut Page, journal: &JournalHandle) {
    let noted = journal.noted().map(|(kind, noted)| ([kind.as_str()], number(noted)));
    page.numbers(&f::EVENTS, noted);
    page.number(&f::EVENTS_LOST, number(journal.lost()));
}

fn spans(page: &mut Page, spans: &Spans) {
    let counted = spans.counted();
    page.numbers(&f::SPANS, counted.map(|(outcome, count)| ([outcome], number(count))));
}
