//! A request's way: plan, admit, dispatch, translate, reply, record.
//!
//! This is the file to open first. [`call`] is what comes in, [`reply`] what goes out;
//! [`attempt`] makes one candidate's call, [`stream`] carries a streamed answer to its end, and
//! [`meter`] sees to it that every call ends in exactly one record.

mod attempt;
mod call;
mod ended;
mod meter;
mod probe;
mod reply;
mod stream;

use std::rc::Rc;

pub use call::{Call, Desk, Endpoint};
pub use ended::Ended;
pub use probe::{Probe, probe};
pub use reply::{Reply, WholeReply};
pub use stream::{ChatStream, StreamEvent};

use crate::catalog::Snapshot;
use crate::domain::failure::{Failure, Fault, UpstreamFailure};
use crate::routing;
use attempt::{Answered, attempt};
use meter::Meter;

/// Candidates that are tried for one request.
const MAX_CANDIDATES: usize = 3;

/// Serves one call.
///
/// # Errors
/// Why there is no answer. It is recorded by then.
///
/// # Cancel safety
/// Dropping it means that the client has left: the upstream call is given up and the record
/// says so.
pub async fn relay(desk: Rc<Desk>, call: Call) -> Result<Reply, Failure> {
    let slot = desk.recorder.admit().await?;
    let snapshot = desk.catalogue.snapshot();
    let mut meter = Meter::start(slot, &call, snapshot.policy.recording, desk.is_stopping.clone());

    match answer(&desk, &snapshot, &call, &mut meter).await {
        Ok(answered) => Ok(reply::reply(answered, meter, snapshot.policy.timeouts.heartbeat)),
        Err(failure) => {
            meter.fail(&failure);
            Err(failure)
        }
    }
}

/// Tries the candidates in their order. Nothing has gone to the client yet, so the failure of
/// one is the turn of the next, unless the fault is the caller's own.
async fn answer(
    desk: &Desk,
    snapshot: &Snapshot,
    call: &Call,
    meter: &mut Meter,
) -> Result<Answered, Failure> {
    let plan = routing::plan(snapshot, &call.selector)?;
    let mut failure = None;
    for model in plan.candidates.into_iter().take(MAX_CANDIDATES) {
        match attempt(desk, snapshot, call, model, meter).await {
            Ok(answered) => return Ok(answered),
            Err(found) if may_try_another(&found) => failure = Some(worse(failure, found)),
            Err(found) => return Err(found),
        }
    }
    Err(failure.unwrap_or(Failure::Internal("a plan without candidates")))
}

/// Whether another candidate may do better.
fn may_try_another(failure: &Failure) -> bool {
    match failure {
        Failure::RateLimited { .. } | Failure::PoolFull { .. } => true,
        Failure::Upstream(UpstreamFailure { fault: Fault::Status { refusal, .. }, .. }) => {
            refusal.may_try_another()
        }
        Failure::Upstream(_) => true,
        Failure::BadRequest { .. }
        | Failure::NoModelNamed
        | Failure::ModelNotFound { .. }
        | Failure::NothingMatches(_)
        | Failure::NoneUsable(_)
        | Failure::RecorderBehind
        | Failure::ShuttingDown
        | Failure::Internal(_) => false,
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
