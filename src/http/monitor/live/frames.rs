//! The events of the stream, as their bytes.

use serde::Serialize;
use utoipa::ToSchema;

/// The first event.
#[derive(Serialize, ToSchema)]
pub struct Hello {
    /// The highest id on disk: calls up to it that follow have ended before.
    pub last_id: i64,
    /// Calls under way that the stream's filters admit.
    pub in_flight: usize,
    pub server_time: String,
}

/// More calls ended while the client was away than the stream repeats: it goes on behind `from_id`,
/// and lists have what lies before.
#[derive(Serialize, ToSchema)]
pub struct Behind {
    pub from_id: i64,
    /// How many ids are left out, whatever the filters say of their calls.
    pub skipped: i64,
}

/// Once a second: of the calls that ended since the tick before, as the filters have it.
#[derive(Clone, Copy, Debug, Default, Serialize, ToSchema)]
pub struct Tick {
    pub calls: u64,
    pub errors: u64,
    pub tokens: i64,
    pub in_flight: usize,
}

/// For what lies on the way and knows no events.
pub const COMMENT: &str = ":\n\n";

pub fn push(out: &mut String, event: &str, data: &impl Serialize) {
    // JSON of one line; what is sent here can always be written.
    let Ok(data) = serde_json::to_string(data) else { return };
    for part in ["event: ", event, "\ndata: ", &data, "\n\n"] {
        out.push_str(part);
    }
}

/// An event that a client goes on from.
pub fn push_with_id(out: &mut String, id: i64, event: &str, data: &impl Serialize) {
    out.push_str("id: ");
    out.push_str(&id.to_string());
    out.push('\n');
    push(out, event, data);
}
