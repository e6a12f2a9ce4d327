//! Failover: tries candidates in plan order, retries with backoff, and reports each outcome to the
//! circuit breakers.

use std::cmp::Ordering;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::time::{sleep, timeout_at};

use super::analyzer;
use super::attempt::{Answered, attempt};
use super::call::{Call, RelayContext};
use super::capacity;
use super::circuits::{Subject, admit, record};
use super::meter::Tried;
use super::outcome::Verdict;
use super::queue::{Queue, may_try_another};
use super::routing_request::RoutingRequest;
use super::running_call::RunningCall;
use crate::catalog::{Model, Snapshot};
use crate::config::routing::Backoff;
use crate::domain::facts::Needs;
use crate::domain::failure::{Failure, Fault, Stage, UpstreamFailure};
use crate::domain::refusal::Refusal;
use crate::health::circuit::{CircuitPermit, CircuitPolicy};
use crate::routing::trace::{AttemptTrace, Trace};
use crate::routing::{self, CoolingDown};

/// Plans the call and tries the candidates. Nothing was sent to the client yet, so after a failure
/// the next candidate is tried, unless the fault is the caller's own.
///
/// # Errors
/// The most informative of all failures.
///
/// # Cancel safety
/// Dropping the future cancels the upstream call.
pub async fn answer(
    context: &Rc<RelayContext>,
    snapshot: &Snapshot,
    call: &Call,
    running: &mut RunningCall,
) -> Result<Answered, Failure> {
    let policy = &snapshot.policy.routing;
    let mut request = RoutingRequest::read(snapshot, call)?;
    let needs = &call.request.facts.needs;
    running.admission.enter(context.clock, call, needs)?;
    let trace = running.meter.trace_context();
    let judged = analyzer::judge(context, snapshot, call, trace, &mut request);
    running.meter.timeline.wait(judged).await?;
    let saturated = |model: &Model| capacity::saturated(context, model, needs);
    let conversation = || call.conversation();
    let query = request.query(context, call, &saturated, &conversation);
    let (plan, failure) = match routing::plan(snapshot, query) {
        Ok(plan) => (plan, None),
        Err(unserved) => (unserved.plan, Some(unserved.failure)),
    };
    running.meter.planned(Trace::of(&plan, request.decision.as_ref(), call.seed));
    if let Some(failure) = failure {
        return Err(failure);
    }

    let deadline = call.arrived + policy.deadline;
    let attempt_context = AttemptContext { context, snapshot, call, needs, deadline };
    let mut queue = Queue::of(plan);
    let mut failed: Option<Failed> = None;
    let mut passed_over: Vec<(Arc<Model>, CoolingDown)> = Vec::new();
    let mut tries = 0;
    for round in 0.. {
        let mut asked_wait = Duration::ZERO;
        while tries < policy.max_attempts {
            let Some(model) = queue.next() else { break };
            let begun = Instant::now();
            let now = context.clock.at(begun);
            let Some(permits) = CircuitPermits::request(context, now, &model, &policy.circuit)
            else {
                passed_over
                    .extend(CoolingDown::of(&model, now).map(|cooling_down| (model, cooling_down)));
                continue;
            };
            let found =
                match try_candidate(&attempt_context, &model, (permits, begun), running).await {
                    Ok(answered) => return Ok(answered),
                    Err(found) => found,
                };
            // A saturated candidate was not called.
            tries += u32::from(matches!(found, Failure::Upstream(_)));
            queue.after(&model, &found, snapshot, query);
            if !may_try_another(&found) && queue.is_empty() {
                return Err(found);
            }
            let wait = found.retry_after().unwrap_or_default();
            if may_try_again(&found) && wait <= policy.backoff.max {
                asked_wait = asked_wait.max(wait);
                queue.retry_later(model);
            }
            let found = Failed { failure: found, tried: running.meter.tried_last() };
            failed = Some(match failed {
                Some(before) => worse(before, found),
                None => found,
            });
        }
        let wait = backoff(round, &policy.backoff).max(asked_wait);
        let is_over = round == policy.retries || tries == policy.max_attempts;
        if is_over || Instant::now() + wait >= deadline || !queue.refill() {
            break;
        }
        running.meter.timeline.wait(sleep(wait)).await;
    }
    let Some(Failed { failure, tried }) = failed else {
        let request = call.selector.shown();
        let cooling_down = passed_over.iter().map(|(model, cooling_down)| (&**model, cooling_down));
        // All circuits admitted calls again between the two checks.
        let now = || Failure::CircuitOpen {
            requested: request.clone(),
            retry_after: Duration::ZERO,
            causes: Vec::new(),
        };
        return Err(routing::all_cooling_down(&request, cooling_down).unwrap_or_else(now));
    };
    running.meter.blame(tried);
    Err(failure)
}

/// A failure and its candidate.
struct Failed {
    failure: Failure,
    tried: Tried,
}

/// The context shared by all attempts of a call.
struct AttemptContext<'a> {
    context: &'a RelayContext,
    snapshot: &'a Snapshot,
    call: &'a Call,
    needs: &'a Needs,
    deadline: Instant,
}

/// One attempt at a candidate, with its outcome reported to its circuits.
async fn try_candidate(
    attempt_context: &AttemptContext<'_>,
    model: &Arc<Model>,
    (mut permits, begun): (CircuitPermits<'_>, Instant),
    running: &mut RunningCall,
) -> Result<Answered, Failure> {
    let &AttemptContext { context, snapshot, call, needs, deadline } = attempt_context;
    running.meter.candidate(model, begun);
    let tried = async {
        let RunningCall { meter, admission, .. } = &mut *running;
        meter.timeline.wait(admission.admit(context, call, model, needs)).await?;
        attempt(context, snapshot, call, model.clone(), running).await
    };
    let outcome = match timeout_at(deadline.into(), tried).await {
        Ok(outcome) => outcome,
        Err(_) => Err(Failure::DeadlineExceeded(snapshot.policy.routing.deadline)),
    };
    let ended = Instant::now();
    let (elapsed, now) = (ended.saturating_duration_since(begun), context.clock.at(ended));
    let since_sent = running.meter.since_sent(ended);
    let (verdict, failed) = match &outcome {
        Ok(_) => {
            model.health.ttft.record(now, since_sent.unwrap_or(elapsed));
            (Verdict::SUCCESS, None)
        }
        Err(failure) => {
            running.admission.release();
            let code = failure.status_and_code().1;
            (Verdict::of(failure, call.request.service(), model, since_sent), Some(code))
        }
    };
    permits.report(now, verdict);
    let error = outcome.as_ref().err().map(ToString::to_string);
    let attempt =
        AttemptTrace::of(model.full_name(), failed.unwrap_or("answered"), error.as_deref());
    running.meter.tried(ended, attempt, failed);
    outcome
}

/// Whether a retry at the same candidate may succeed.
fn may_try_again(failure: &Failure) -> bool {
    let Failure::Upstream(UpstreamFailure { fault, .. }) = failure else { return false };
    match fault {
        Fault::Connect(_) | Fault::NoDescriptors | Fault::Closed => true,
        Fault::TooSlow { stage, .. } => matches!(stage, Stage::Connect | Stage::FirstChunk),
        Fault::Status { refusal, .. } => matches!(
            refusal,
            Refusal::Timeout | Refusal::RateLimited | Refusal::Overloaded | Refusal::Broken
        ),
        // Another sample of the model may succeed.
        Fault::GaveUp(_) => true,
        Fault::BadAnswer(_) | Fault::InStream(_) => false,
    }
}

/// An exponential backoff with jitter.
fn backoff(round: u32, policy: &Backoff) -> Duration {
    let doubled = policy.base.saturating_mul(1u32.checked_shl(round).unwrap_or(u32::MAX));
    doubled.min(policy.max).mul_f64(0.5 + fastrand::f64() / 2.0)
}

/// The more informative of two failures: first one with a time to retry, the sooner the better;
/// then a transient fault; then one that the operator must fix; last one that concerns only this
/// candidate and this request.
fn worse(before: Failed, found: Failed) -> Failed {
    let (of_before, of_found) = (informativeness(&before.failure), informativeness(&found.failure));
    let is_sooner = before.failure.retry_after() < found.failure.retry_after();
    match of_before.cmp(&of_found) {
        Ordering::Greater => before,
        Ordering::Equal if is_sooner => before,
        Ordering::Equal | Ordering::Less => found,
    }
}

fn informativeness(failure: &Failure) -> u8 {
    match failure {
        failure if failure.retry_after().is_some() => 3,
        Failure::BadRequest { .. } => 0,
        Failure::Upstream(UpstreamFailure {
            fault: Fault::Status { refusal: Refusal::ContextLength | Refusal::Translation, .. },
            ..
        }) => 0,
        failure if failure.is_lasting() => 1,
        _ => 2,
    }
}

/// The permits of the circuits of a model and of its provider. Given back when dropped.
struct CircuitPermits<'a> {
    context: &'a RelayContext,
    model: &'a Model,
    policy: &'a CircuitPolicy,
    permits: Option<(CircuitPermit, CircuitPermit)>,
}

impl<'a> CircuitPermits<'a> {
    fn request(
        context: &'a RelayContext,
        now: Duration,
        model: &'a Model,
        policy: &'a CircuitPolicy,
    ) -> Option<Self> {
        let of_provider = admit(context, now, Subject::Provider(&model.provider))?;
        let Some(of_model) = admit(context, now, Subject::Model(model)) else {
            model.provider.health.circuit.release(now, of_provider);
            return None;
        };
        Some(Self { context, model, policy, permits: Some((of_model, of_provider)) })
    }

    fn report(&mut self, now: Duration, verdict: Verdict) {
        let Some((model, provider)) = self.permits.take() else { return };
        // First, so that a call that finds the circuit open also finds the reason.
        verdict.keep(self.model);
        record(self.context, now, Subject::Model(self.model), model, verdict.of_model, self.policy);
        let subject = Subject::Provider(&self.model.provider);
        record(self.context, now, subject, provider, verdict.of_provider, self.policy);
    }
}

impl Drop for CircuitPermits<'_> {
    fn drop(&mut self) {
        let Some((model, provider)) = self.permits.take() else { return };
        let now = self.context.now();
        self.model.health.circuit.release(now, model);
        self.model.provider.health.circuit.release(now, provider);
    }
}
