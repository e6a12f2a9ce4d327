//! A request's way: plan, admit, dispatch, translate, reply, record.
//!
//! This is the file to open first. [`call`] is what comes in, [`reply`] what goes out. In between:
//!
//! 1. [`allowance`] keeps the parameters within the limits of the caller's key, and
//!    [`routing_request`] gives `routing` what the call states; [`analyzer`] has a pair judged.
//! 2. [`failover`] tries the candidates in the order of the plan, with [`queue`] for retries and
//!    backoff, and reports each [`outcome`] to the [`circuits`].
//! 3. [`admission`] is where limits refuse: of the key, and of the candidate through [`capacity`].
//! 4. [`attempt`] makes one upstream call through [`upstream`], as a [`probe`](mod@probe) does.
//! 5. [`stream`] carries a streamed answer to its end.
//! 6. [`running_call`] ends every call once: the admission is settled, and [`meter`] writes the one
//!    record, with where its time went by the [`timeline`], and which trace it belongs to by the
//!    [`call_trace`].
//!
//! [`in_flight`] lists the calls under way and cancels them; [`cut`] ends those for which a stop
//! does not wait; [`health_checker`] checks providers that get no calls.

mod admission;
mod allowance;
mod analyzer;
mod answer_notes;
mod attempt;
mod call;
mod call_trace;
mod capacity;
mod circuits;
mod cut;
mod failover;
mod health_checker;
mod in_flight;
mod meter;
mod model_list;
mod outcome;
mod probe;
mod queue;
mod reply;
mod routing_request;
mod running_call;
mod selection_seeds;
mod stream;
mod timeline;
mod token_count;
mod upstream;

use std::rc::Rc;

pub use answer_notes::AnswerNotes;
pub use call::{Before, Call, Endpoint, Origin, RelayContext, SentForm};
pub use circuits::{Closed, closable, reset};
pub use cut::Cut;
pub use health_checker::HealthChecker;
pub use in_flight::{CallInFlight, InFlight, WorkerCalls};
pub use model_list::{ModelList, list_models};
pub use probe::{Probe, probe};
pub use reply::{Reply, WholeReply};
pub use routing_request::{Explanation, explain};
pub use selection_seeds::SelectionSeeds;
pub use stream::AnswerStream;
pub use token_count::count_tokens;

use crate::domain::failure::Failure;
use crate::providers::waited;
use running_call::RunningCall;

/// Serves one call.
///
/// # Errors
/// Why there is no answer. It is recorded already.
///
/// # Cancel safety
/// Dropping the future means that the client has left: the upstream call is cancelled, and the
/// record says so.
pub async fn relay(context: Rc<RelayContext>, mut call: Box<Call>) -> Result<Reply, Failure> {
    let (slot, slot_wait) = waited(context.recorder.admit()).await;
    let slot = slot?;
    let snapshot = context.catalogue.snapshot();
    let mut running = RunningCall::start((slot, slot_wait), &call, &snapshot.policy, &context);

    let request_id = call.request_id.clone();
    let answered = match allowance::within_limits(&mut call) {
        Ok(()) => {
            let mut notice = context.cut.notice();
            let in_flight = running.meter.in_flight().clone();
            tokio::select! {
                biased;
                answered = failover::answer(&context, &snapshot, &call, &mut running) => answered,
                () = notice.cut() => Err(Failure::ShuttingDown),
                () = in_flight.cancelled() => Err(Failure::Cancelled),
            }
        }
        Err(failure) => Err(failure),
    };
    match answered {
        Ok(answered) => {
            let heartbeat = snapshot.policy.timeouts.heartbeat;
            Ok(reply::reply(answered, request_id, running, heartbeat, context.cut.notice()))
        }
        Err(failure) => {
            running.fail(&failure);
            Err(failure)
        }
    }
}
