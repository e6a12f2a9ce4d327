//! Calls for exports: all that a filter takes, as they were at the start. No read takes long, so
//! that the write-ahead log can be emptied meanwhile, and only a page of rows is in memory.

mod pages;
mod snapshot;
#[cfg(test)]
mod tests;

pub use pages::{Pages, Plan};
pub use snapshot::{Snapshot, is_of_a_full_disk};
