//! The candidates in their turn: who is asked next, who is asked again and after which wait, and
//! what each failure says of its model's health.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use log::warn;
use tokio::time::{sleep, timeout_at};

use super::attempt::{Answered, attempt};
use super::call::{Call, Desk};
use super::meter::Meter;
use crate::catalog::{Model, Snapshot};
use crate::config::routing::RoutingSection;
use crate::dialects::openai::body::ChatBody;
use crate::domain::failure::{Failure, Fault, Stage, UpstreamFailure};
use crate::domain::ids::ModelId;
use crate::domain::refusal::Refusal;
use crate::routing::needs::Needs;
use crate::routing::trace::{AttemptTrace, Trace};
use crate::routing::{self, Circumstances, Inquiry, Preferences, conversation};
use crate::vitals::Vitals;
use crate::vitals::circuit::{Admission, CircuitPolicy, Outcome, Pass};

/// Plans the call and tries the candidates. Nothing has gone to the client yet, so the failure
/// of one is the turn of the next, unless the fault is the caller's own.
///
/// # Errors
/// Of all failures, the one that tells the client most.
///
/// # Cancel safety
/// Dropping it gives the upstream call up.
pub async fn answer(
    desk: &Desk,
    snapshot: &Snapshot,
    call: &Call,
    meter: &mut Meter,
) -> Result<Answered, Failure> {
    let policy = &snapshot.policy.routing;
    let needs = Needs::of(&call.body);
    let preferences = Preferences::of(&call.body)
        .map_err(|bad| Failure::BadRequest { message: bad.message, param: bad.param })?;
    let circumstances = Circumstances {
        needs: &needs,
        conversation: conversation(&call.body),
        seed: call.seed,
        now: desk.now(),
    };
    let (selector, tags) = (&call.selector, &call.tags);
    let inquiry = Inquiry { selector, tags, preferences: &preferences, circumstances };
    let plan = routing::plan(snapshot, inquiry)?;
    meter.planned(Trace::of(&plan, call.seed));

    let deadline = call.arrived + policy.deadline;
    let mut queue = Queue::of(plan.candidates.into_iter().map(|candidate| candidate.model));
    queue.add(routing::named(snapshot, inquiry, &further_models(&call.body)));
    let mut failure = None;
    let mut tries = 0;
    for round in 0.. {
        let mut again = Vec::new();
        while tries < policy.max_attempts {
            let Some(model) = queue.waiting.pop_front() else { break };
            let Some(leave) = Leave::ask(desk.now(), &model, &policy.circuit) else { continue };
            tries += 1;
            let found = match one(desk, snapshot, (call, deadline), &model, leave, meter).await {
                Ok(answered) => return Ok(answered),
                Err(found) => found,
            };
            match instead(&model, &found) {
                Instead::Only(names) => {
                    queue.waiting.clear();
                    queue.add(routing::named(snapshot, inquiry, names));
                }
                Instead::First(names) => {
                    queue.put_first(routing::named(snapshot, inquiry, names));
                }
                Instead::Also(names) => queue.add(routing::named(snapshot, inquiry, names)),
            }
            if !may_try_another(&found) && queue.waiting.is_empty() {
                return Err(found);
            }
            if may_try_again(&found) {
                again.push(model);
            }
            failure = Some(worse(failure, found));
        }
        let wait = wait_before(round, failure.as_ref(), policy);
        let is_over = again.is_empty() || round == policy.retries || tries == policy.max_attempts;
        match wait {
            Some(wait) if !is_over && Instant::now() + wait < deadline => sleep(wait).await,
            _ => break,
        }
        queue.waiting = again.into();
    }
    Err(failure.unwrap_or(Failure::AllResting {
        asked: call.selector.shown(),
        retry_after: policy.circuit.rest,
    }))
}

/// One candidate's try, with its outcome told to its circuits.
async fn one(
    desk: &Desk,
    snapshot: &Snapshot,
    (call, deadline): (&Call, Instant),
    model: &Arc<Model>,
    mut leave: Leave<'_>,
    meter: &mut Meter,
) -> Result<Answered, Failure> {
    let most = model.config.max_concurrent;
    let place = model.vitals.in_flight.try_enter(most);
    if let (None, Some(max_concurrent)) = (&place, most) {
        return Err(Failure::ModelBusy { model: model.full_name(), max_concurrent });
    }
    meter.hold(place);
    let begun = Instant::now();
    let tried = timeout_at(deadline.into(), attempt(desk, snapshot, call, model.clone(), meter));
    let outcome = match tried.await {
        Ok(outcome) => outcome,
        Err(_) => Err(Failure::DeadlineExceeded(snapshot.policy.routing.deadline)),
    };
    let elapsed = begun.elapsed();
    let (told, code) = match &outcome {
        Ok(_) => {
            model.vitals.ttft.note(desk.now(), elapsed);
            (Outcome::Success, "answered")
        }
        Err(failure) => (outcome_of(failure), failure.status_and_code().1),
    };
    let of_provider = match &outcome {
        Ok(_) => Outcome::Success,
        Err(failure) => provider_outcome_of(failure),
    };
    leave.tell(desk.now(), told, of_provider);
    meter.tried(AttemptTrace {
        model: model.full_name(),
        outcome: code.to_owned(),
        ms: (elapsed.as_secs_f64() * 100_000.0).round() / 100.0,
    });
    outcome
}

/// Who is asked, in this order, and whoever was ever in it.
struct Queue {
    waiting: VecDeque<Arc<Model>>,
    known: Vec<ModelId>,
}

impl Queue {
    fn of(models: impl Iterator<Item = Arc<Model>>) -> Self {
        let mut queue = Self { waiting: VecDeque::new(), known: Vec::new() };
        queue.add(models.collect());
        queue
    }

    fn add(&mut self, models: Vec<Arc<Model>>) {
        for model in models {
            if !self.known.contains(&model.id) {
                self.known.push(model.id);
                self.waiting.push_back(model);
            }
        }
    }

    /// They go before all others, also where they were waiting already.
    fn put_first(&mut self, models: Vec<Arc<Model>>) {
        let waits = |model: &Arc<Model>| self.waiting.iter().any(|known| known.id == model.id);
        let is_new = |model: &&Arc<Model>| !self.known.contains(&model.id) || waits(model);
        let mut first: VecDeque<_> = models.iter().filter(is_new).cloned().collect();
        self.waiting.retain(|known| !first.iter().any(|model| model.id == known.id));
        self.known.extend(first.iter().map(|model| model.id));
        first.append(&mut self.waiting);
        self.waiting = first;
    }
}

/// Who is asked after a model failed, by the lists of its own.
enum Instead<'a> {
    /// Nobody else: another model would refuse it too.
    Only(&'a [String]),
    First(&'a [String]),
    Also(&'a [String]),
}

fn instead<'a>(model: &'a Model, failure: &Failure) -> Instead<'a> {
    let refusal = match failure {
        Failure::Upstream(UpstreamFailure { fault: Fault::Status { refusal, .. }, .. }) => {
            Some(*refusal)
        }
        _ => None,
    };
    match refusal {
        Some(Refusal::ContentPolicy) => Instead::Only(&model.config.content_fallbacks),
        Some(Refusal::ContextLength) => Instead::First(&model.config.context_fallbacks),
        _ if may_try_another(failure) => Instead::Also(&model.config.fallbacks),
        _ => Instead::Only(&[]),
    }
}

/// OpenRouter's `models`: who is asked after the first. What is no list of names is the
/// upstream's to refuse.
fn further_models(body: &ChatBody) -> Vec<String> {
    let text = body.value_of("models").unwrap_or_default();
    serde_json::from_slice(text).unwrap_or_default()
}

/// Whether another candidate may do better.
fn may_try_another(failure: &Failure) -> bool {
    match failure {
        Failure::RateLimited { .. } | Failure::PoolFull { .. } | Failure::ModelBusy { .. } => true,
        Failure::Upstream(UpstreamFailure { fault: Fault::Status { refusal, .. }, .. }) => {
            refusal.may_try_another()
        }
        Failure::Upstream(_) => true,
        Failure::BadRequest { .. }
        | Failure::NoModelNamed
        | Failure::ModelNotFound { .. }
        | Failure::NothingMatches(_)
        | Failure::NoneUsable(_)
        | Failure::AllResting { .. }
        | Failure::DeadlineExceeded(_)
        | Failure::RecorderBehind
        | Failure::ShuttingDown
        | Failure::Internal(_) => false,
    }
}

/// Whether the same candidate may do better a little later.
fn may_try_again(failure: &Failure) -> bool {
    let Failure::Upstream(UpstreamFailure { fault, .. }) = failure else { return false };
    match fault {
        Fault::Connect(_) | Fault::Closed => true,
        Fault::TooSlow { stage, .. } => *stage == Stage::FirstChunk,
        Fault::Status { refusal, .. } => matches!(
            refusal,
            Refusal::Timeout | Refusal::RateLimited | Refusal::Overloaded | Refusal::Broken
        ),
        Fault::BadAnswer(_) | Fault::InStream(_) => false,
    }
}

/// A jittered wait that doubles, but no shorter than the upstream asks for; `None` where it asks
/// for more than a request can wait.
fn wait_before(round: u32, failure: Option<&Failure>, policy: &RoutingSection) -> Option<Duration> {
    let doubled = policy.backoff.base.saturating_mul(1u32.checked_shl(round).unwrap_or(u32::MAX));
    let jittered = doubled.min(policy.backoff.max).mul_f64(0.5 + fastrand::f64() / 2.0);
    match failure.and_then(Failure::retry_after) {
        Some(asked) if asked > policy.backoff.max => None,
        Some(asked) => Some(asked.max(jittered)),
        None => Some(jittered),
    }
}

/// Of two failures, the one that tells the client more: when to come again, before that
/// something is broken.
fn worse(before: Option<Failure>, found: Failure) -> Failure {
    match before {
        Some(before) if before.retry_after().is_some() && found.retry_after().is_none() => before,
        _ => found,
    }
}

/// What a failure says of the model.
fn outcome_of(failure: &Failure) -> Outcome {
    let Failure::Upstream(UpstreamFailure { fault, .. }) = failure else {
        return match failure {
            Failure::DeadlineExceeded(_) => Outcome::Failure,
            _ => Outcome::Neutral,
        };
    };
    match fault {
        Fault::Status { refusal, retry_after, .. } => match refusal {
            Refusal::BadRequest
            | Refusal::ContextLength
            | Refusal::ContentPolicy
            | Refusal::TooLarge => Outcome::Neutral,
            // These are the provider's.
            Refusal::Key | Refusal::Billing => Outcome::Neutral,
            Refusal::Forbidden | Refusal::Quota | Refusal::NotFound => {
                Outcome::Hopeless(*retry_after)
            }
            Refusal::RateLimited => Outcome::RateLimited(*retry_after),
            Refusal::Timeout | Refusal::Overloaded | Refusal::Broken => Outcome::Failure,
        },
        Fault::Connect(_) => Outcome::Neutral,
        Fault::Closed | Fault::TooSlow { .. } | Fault::BadAnswer(_) | Fault::InStream(_) => {
            Outcome::Failure
        }
    }
}

/// What it says of the provider, with all its models.
fn provider_outcome_of(failure: &Failure) -> Outcome {
    let Failure::Upstream(UpstreamFailure { fault, .. }) = failure else { return Outcome::Neutral };
    match fault {
        Fault::Connect(_) => Outcome::Failure,
        Fault::Status { refusal: Refusal::Key | Refusal::Billing, retry_after, .. } => {
            Outcome::Hopeless(*retry_after)
        }
        // Somebody is there and answers.
        Fault::Status { .. } => Outcome::Success,
        Fault::Closed | Fault::TooSlow { .. } | Fault::BadAnswer(_) | Fault::InStream(_) => {
            Outcome::Neutral
        }
    }
}

/// Leave to call, from the circuits of a model and of its provider. Given back when dropped.
struct Leave<'a> {
    model: &'a Model,
    policy: &'a CircuitPolicy,
    since: Instant,
    now: Duration,
    passes: Option<(Pass, Pass)>,
}

impl<'a> Leave<'a> {
    fn ask(now: Duration, model: &'a Model, policy: &'a CircuitPolicy) -> Option<Self> {
        let of_provider = admit(now, &model.provider.vitals, &model.provider.name)?;
        let Some(of_model) = admit(now, &model.vitals, &model.name) else {
            model.provider.vitals.circuit.release(now, of_provider);
            return None;
        };
        let passes = Some((of_model, of_provider));
        Some(Self { model, policy, since: Instant::now(), now, passes })
    }

    fn tell(&mut self, now: Duration, of_model: Outcome, of_provider: Outcome) {
        let Some((model, provider)) = self.passes.take() else { return };
        let (name, at) = (self.model.full_name(), &self.model.provider);
        if let Some(change) = self.model.vitals.circuit.note(now, model, of_model, self.policy) {
            warn!(model = name.as_str(); "model `{name}` {change}");
        }
        if let Some(change) = at.vitals.circuit.note(now, provider, of_provider, self.policy) {
            warn!(provider = at.name.as_str(); "provider `{}` {change}", at.name);
        }
    }
}

fn admit(now: Duration, vitals: &Vitals, name: &str) -> Option<Pass> {
    match vitals.circuit.admit(now) {
        Admission::Closed(pass) => Some(pass),
        Admission::Probe(pass, change) => {
            warn!("`{name}` {change}");
            Some(pass)
        }
        Admission::Refused { .. } => None,
    }
}

impl Drop for Leave<'_> {
    fn drop(&mut self) {
        let Some((model, provider)) = self.passes.take() else { return };
        let now = self.now + self.since.elapsed();
        self.model.vitals.circuit.release(now, model);
        self.model.provider.vitals.circuit.release(now, provider);
    }
}
