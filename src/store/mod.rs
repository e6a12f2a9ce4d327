//! The one SQLite file. One connection writes ([`writer`]), a small pool reads ([`reader`]);
//! each table has a file of its own. Other processes may use the same file: ids are assigned under
//! its lock, and [`watcher`] notices their changes.

pub mod api_keys;
pub mod backup;
pub mod batches;
pub mod call_log;
pub mod catalogue;
pub mod changes;
mod checkpoints;
pub mod compact;
mod database;
mod dictionaries;
mod error;
pub mod events;
pub mod exports;
pub mod inspection;
pub mod invocations;
pub mod key_spend;
pub mod last_used;
pub mod names;
pub mod packing;
pub mod page_cache;
pub mod policy;
pub mod priority;
pub mod reader;
mod rehearsal;
pub mod repricing;
mod request_ids;
pub mod responses;
pub mod retained;
pub mod retention;
mod schema;
pub mod sessions;
pub mod space;
pub mod sums;
pub mod takeover;
pub mod watcher;
pub mod writer;

pub use checkpoints::checkpoint;
pub use database::{Connection, Database, StoreError, in_snapshot, ping, transaction};
pub use rehearsal::rehearse;
