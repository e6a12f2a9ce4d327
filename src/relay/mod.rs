//! A request's way: plan, admit, dispatch, translate, reply, record.
//!
//! This is the file to open first. [`call`] is what comes in, [`reply`] what goes out;
//! [`allowance`] keeps a call within its key's limits, [`asked`] reads what a call asks for, [`analyzer`] has a pair judged, [`tries`] asks the
//! candidates in their turn as [`queue`] gives them, [`room`] holds a place for each call, [`attempt`]
//! makes one, [`outcome`] says what its failure means for the circuits, [`stream`] carries a streamed answer to its end, and [`meter`] sees to it that every
//! call ends in exactly one record. [`cut`] ends those for which a stop does not wait. [`patrol`] looks after providers that nobody calls.

mod allowance;
mod analyzer;
mod asked;
mod attempt;
mod call;
mod circuits;
mod cut;
mod ended;
mod meter;
mod outcome;
mod patrol;
mod probe;
mod queue;
mod reply;
mod room;
mod stream;
mod tries;
mod turns;

use std::rc::Rc;

pub use asked::{Explanation, explain};
pub use call::{Call, Desk, Endpoint};
pub use circuits::{Closed, reset};
pub use cut::Cut;
pub use ended::Ended;
pub use patrol::Patrol;
pub use probe::{Probe, probe};
pub use reply::{Reply, Told, WholeReply};
pub use stream::{ChatStream, StreamEvent};
pub use turns::Turns;

use crate::domain::failure::Failure;
use meter::Meter;

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
    let mut meter = Meter::start(slot, &call, snapshot.policy.recording, &desk);

    let answered = match allowance::within_limits(call) {
        Ok(call) => {
            let mut notice = desk.cut.notice();
            tokio::select! {
                biased;
                answered = tries::answer(&desk, &snapshot, &call, &mut meter) => answered,
                () = notice.cut() => Err(Failure::ShuttingDown),
            }
        }
        Err(failure) => Err(failure),
    };
    match answered {
        Ok(answered) => {
            let heartbeat = snapshot.policy.timeouts.heartbeat;
            Ok(reply::reply(answered, meter, heartbeat, desk.cut.notice()))
        }
        Err(failure) => {
            meter.fail(&failure);
            Err(failure)
        }
    }
}
