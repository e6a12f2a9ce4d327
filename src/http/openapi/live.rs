//! `/monitor/in-flight`.

use super::RouteDoc;
use crate::http::monitor::in_flight::{CancelAnswer, InFlightList};

pub fn in_flight() -> RouteDoc {
    RouteDoc::new("listInFlight", "The calls under way, oldest first; a user sees its own")
        .answers::<InFlightList>(200, "The calls.")
}

pub fn cancel() -> RouteDoc {
    RouteDoc::new("cancelCall", "Ends a call as if its client had left")
        .for_admins()
        .answers::<CancelAnswer>(200, "It ends now, and is recorded as `cancelled`, 499.")
}
