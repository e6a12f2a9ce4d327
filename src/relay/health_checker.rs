//! Active health checks: requests the list of models from providers, which costs nothing, so that
//! the circuit of a dead one opens before a call fails. Only for providers with a `probe_interval`.

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix::{Actor, AsyncContext, Context, WrapFuture};

use super::call::RelayContext;
use super::circuits::{Subject, admit, record};
use super::probe::{Probe, probe};
use crate::catalog::{Provider, Snapshot};
use crate::domain::failure::Fault;
use crate::domain::ids::ProviderId;
use crate::domain::refusal::Refusal;
use crate::health::circuit::{Cause, Outcome};

/// How often due providers are looked for.
const ROUND: Duration = Duration::from_secs(1);

pub struct HealthChecker {
    context: Rc<RelayContext>,
    /// The time of each provider's last check.
    checked: HashMap<ProviderId, Instant>,
}

impl HealthChecker {
    /// Runs until its system ends.
    pub fn start_with(context: Rc<RelayContext>) {
        Self { context, checked: HashMap::new() }.start();
    }

    fn round(&mut self, context: &mut Context<Self>) {
        let snapshot = self.context.catalogue.snapshot();
        let now = Instant::now();
        for provider in snapshot.providers().iter().filter(|provider| provider.is_callable()) {
            let Some(interval) = interval_of(provider) else { continue };
            let is_due = self
                .checked
                .get(&provider.id)
                .is_none_or(|checked| now.duration_since(*checked) >= interval);
            if is_due {
                self.checked.insert(provider.id, now);
                let visit = visit(self.context.clone(), snapshot.clone(), provider.id);
                context.spawn(visit.into_actor(self));
            }
        }
    }
}

impl Actor for HealthChecker {
    type Context = Context<Self>;

    fn started(&mut self, context: &mut Self::Context) {
        context.run_interval(ROUND, Self::round);
    }
}

/// `None` for providers without a known listing.
fn interval_of(provider: &Provider) -> Option<Duration> {
    let seconds = provider.settings.probe_interval?;
    provider.kind.facts().models_path.map(|_| Duration::from_secs_f64(seconds))
}

async fn visit(context: Rc<RelayContext>, snapshot: Arc<Snapshot>, id: ProviderId) {
    let Some(provider) = snapshot.providers().iter().find(|provider| provider.id == id) else {
        return;
    };
    let subject = Subject::Provider(provider);
    let Some(permit) = admit(&context, context.now(), subject) else { return };
    let timeouts = &snapshot.policy.timeouts;
    let found = probe(&context.pools, &context.states, provider, timeouts, None).await;
    let (outcome, fault) = verdict(found);
    if let Some(fault) = fault {
        provider.health.last_failure.set(provider.failure(fault));
    }
    record(&context, context.now(), subject, permit, outcome, &snapshot.policy.routing.circuit);
}

/// The outcome for the provider, and the failure shown to its clients while the circuit is open.
fn verdict(probe: Probe) -> (Outcome, Option<Fault>) {
    let refused = |status, cause, refusal, message| {
        let fault = Fault::Status { status, refusal, message, retry_after: None, vendor: None };
        (Outcome::Refused(cause, None), Some(fault))
    };
    let no_key = || String::from(Fault::KEY_REFUSED);
    match probe.status {
        _ if probe.ok => (Outcome::Success, None),
        None => (Outcome::Failure(Cause::Connect), Some(Fault::Connect(probe.detail))),
        Some(401) => refused(401, Cause::Key, Refusal::Key, no_key()),
        Some(402) => refused(402, Cause::Billing, Refusal::Billing, probe.detail),
        Some(403) => refused(403, Cause::Forbidden, Refusal::Forbidden, no_key()),
        // The provider answers; some have no listing, or fail on it, and serve chat well.
        Some(_) => (Outcome::Neutral, None),
    }
}
