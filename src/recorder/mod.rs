//! Call records. A call reserves a queue slot before it starts and fills it when it ends, so no
//! record is lost because the queue is full. The recorder actor gathers records into batches, has
//! each [packed](packing), and passes them to the writer, one batch at a time. Beside the call log
//! there is the [`journal`]: what happened to the router itself. Both run the same [`batch_loop`].
//! What is no longer kept is deleted in between ([`retention`]).
//! The [`feed`] gives calls in the order in which they reach the disk.

mod actor;
mod batch_loop;
mod counters;
mod feed;
mod handle;
mod journal;
mod messages;
mod packing;
mod persist;
mod retention;
mod upkeep;

pub use actor::{Hooks, OnWritten};
pub use counters::RecordFigures;
pub use feed::{Feed, PAGE as FEED_PAGE};
pub use handle::{RecordSlot, RecorderHandle};
pub use journal::JournalHandle;
pub use packing::{CountUsage, OnTraced};
