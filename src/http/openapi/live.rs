//! `/monitor/live`, `/monitor/in-flight`.

use super::RouteDoc;
use crate::http::monitor::events::EventView;
use crate::http::monitor::filters::FilterParams;
use crate::http::monitor::in_flight::{CancelAnswer, InFlightList, InFlightView};
use crate::http::monitor::invocation_view::InvocationView;
use crate::http::monitor::live::{AfterParams, Behind, Hello, Tick};

pub fn live() -> RouteDoc {
    RouteDoc::new("live", "What happens, as server-sent events; a user sees its own calls")
        .text(
            "`hello` (schema `Hello`) comes first. `started` (`InFlightView`): a call is under way; one that ends \
             within a tenth of a second may have none. `ended` (`InvocationView`, as in lists) has the call's id as \
             `id:` and is sent when the call is on disk, each once and in the order of ids. `tick` (`Tick`) comes each \
             second, `event` (`EventView`) for each event of the journal, to admins alone. After `Last-Event-ID` or \
             `after` the calls with higher ids come first, up to 10,000; if there are more, none of them, and `behind` \
             (`Behind`) in their place. A comment comes each 15 s.",
        )
        .query::<FilterParams>()
        .query::<AfterParams>()
        .header("last-event-id", "The last id that the client got; goes before `after`.")
        .describes::<Hello>()
        .describes::<InFlightView>()
        .describes::<InvocationView>()
        .describes::<Tick>()
        .describes::<EventView>()
        .describes::<Behind>()
        .answers_text("text/event-stream", "The events.")
        .fails(&[503])
}

pub fn in_flight() -> RouteDoc {
    RouteDoc::new("listInFlight", "The calls under way, oldest first; a user sees its own")
        .answers::<InFlightList>(200, "The calls.")
}

pub fn cancel() -> RouteDoc {
    RouteDoc::new("cancelCall", "Ends a call as if its client had left")
        .for_admins()
        .answers::<CancelAnswer>(200, "It ends now, and is recorded as `cancelled`, 499.")
}
