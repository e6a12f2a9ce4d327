//! The one SQLite file. One connection writes ([`writer`]), a small pool reads ([`reader`]);
//! each table has a file of its own. Other processes may work on the same file: ids are given
//! under its lock, and what others do is seen by [`watcher`].

pub mod api_keys;
pub mod batches;
pub mod catalogue;
pub mod changes;
mod database;
pub mod events;
pub mod invocations;
pub mod key_spend;
pub mod policy;
pub mod reader;
mod schema;
pub mod sessions;
pub mod watcher;
pub mod writer;

pub use database::{
    Connection, Database, StoreError, at_one_moment, checkpoint, ping, transaction,
};
