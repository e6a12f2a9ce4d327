//! Reports changes of circuits: a line in the log, an event in the journal.

use std::time::Duration;

use log::warn;
use serde::Serialize;
use utoipa::ToSchema;

use super::call::RelayContext;
use crate::catalog::{Model, Provider};
use crate::domain::event::{Event, EventKind};
use crate::health::circuit::{
    Admission, Change, Circuit, CircuitPermit, CircuitPolicy, Outcome, State,
};
use crate::recorder::JournalHandle;

/// The owner of a circuit.
#[derive(Clone, Copy)]
pub enum Subject<'a> {
    Model(&'a Model),
    Provider(&'a Provider),
}

impl<'a> Subject<'a> {
    fn noun(self) -> &'static str {
        match self {
            Self::Model(_) => "model",
            Self::Provider(_) => "provider",
        }
    }

    fn circuit(self) -> &'a Circuit {
        match self {
            Self::Model(model) => &model.health.circuit,
            Self::Provider(provider) => &provider.health.circuit,
        }
    }

    fn name(self) -> String {
        match self {
            Self::Model(model) => model.full_name(),
            Self::Provider(provider) => provider.name.clone(),
        }
    }
}

/// A permit of one circuit for one call; a probe is reported.
pub fn admit(context: &RelayContext, now: Duration, subject: Subject<'_>) -> Option<CircuitPermit> {
    match subject.circuit().admit(now) {
        Admission::Closed(permit) => Some(permit),
        Admission::Probe(permit, change) => {
            report(&context.journal, subject, change);
            Some(permit)
        }
        Admission::Refused { .. } => None,
    }
}

/// Gives a permit back with the outcome of its call.
pub fn record(
    context: &RelayContext,
    now: Duration,
    subject: Subject<'_>,
    permit: CircuitPermit,
    outcome: Outcome,
    policy: &CircuitPolicy,
) {
    if let Some(change) = subject.circuit().record(now, permit, outcome, policy) {
        report(&context.journal, subject, change);
    }
}

/// Reports a change caused by calls.
fn report(journal: &JournalHandle, subject: Subject<'_>, change: Change) {
    let (noun, name) = (subject.noun(), subject.name());
    warn!(subject = name.as_str(); "{noun} `{name}` {change}");
    journal.note(event(subject, change, Event::BY_ROUTER));
}

fn event(subject: Subject<'_>, change: Change, actor: &str) -> Event {
    let (noun, name) = (subject.noun(), subject.name());
    let state = |state: State| Some(serde_json::json!({"circuit": state.as_str()}));
    Event {
        at_us: jiff::Timestamp::now().as_microsecond(),
        kind: match change.to {
            State::Open { .. } => EventKind::CircuitOpened,
            State::HalfOpen => EventKind::CircuitHalfOpen,
            State::Closed => EventKind::CircuitClosed,
        },
        summary: format!("{noun} `{name}` {change}"),
        subject: name,
        actor: actor.to_owned(),
        before: state(change.from),
        after: state(change.to),
    }
}

/// A circuit that was closed by hand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = ClosedCircuit)]
pub struct Closed {
    /// `provider` or `model`.
    pub kind: &'static str,
    pub name: String,
    /// The state before.
    pub was: &'static str,
}

/// The circuits that [`reset`] would close.
pub fn closable<'a>(
    provider: &'a Provider,
    models: impl Iterator<Item = &'a Model>,
    now: Duration,
) -> Vec<Closed> {
    let shown = |subject: Subject<'_>| {
        let was = subject.circuit().state(now);
        let (kind, name, was) = (subject.noun(), subject.name(), was.as_str());
        (was != State::Closed.as_str()).then_some(Closed { kind, name, was })
    };
    subjects(provider, models).filter_map(shown).collect()
}

fn subjects<'a>(
    provider: &'a Provider,
    models: impl Iterator<Item = &'a Model>,
) -> impl Iterator<Item = Subject<'a>> {
    let of_it = models.filter(|model| model.provider.id == provider.id).map(Subject::Model);
    std::iter::once(Subject::Provider(provider)).chain(of_it)
}

/// Closes the circuits of a provider and of its models by hand, whatever their state, and returns
/// those that were not closed.
pub fn reset<'a>(
    journal: &JournalHandle,
    provider: &'a Provider,
    models: impl Iterator<Item = &'a Model>,
    actor: &str,
) -> Vec<Closed> {
    let clear = |subject: Subject<'_>| {
        let change = subject.circuit().clear()?;
        journal.note(event(subject, change, actor));
        Some(Closed { kind: subject.noun(), name: subject.name(), was: change.from.as_str() })
    };
    subjects(provider, models).filter_map(clear).collect()
}
