//! The books. A call reserves its place before it is made and fills it when it has ended, so
//! no record can be lost for want of room; the recorder actor gathers records into batches and
//! gives them to the writer, one batch at a time. Beside the books there is the [`journal`]: what
//! happened to the router itself.

mod actor;
mod counters;
mod handle;
mod journal;
mod messages;
mod persist;

pub use actor::OnWritten;
pub use handle::{RecordSlot, RecorderHandle};
pub use journal::JournalHandle;
