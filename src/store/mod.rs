//! The one SQLite file. One connection writes ([`writer`]), a small pool reads ([`reader`]);
//! each table has a file of its own.

pub mod api_keys;
pub mod catalogue;
mod database;
pub mod events;
pub mod invocations;
pub mod key_spend;
pub mod reader;
mod schema;
pub mod sessions;
pub mod writer;

pub use database::{Connection, Database, StoreError, checkpoint, ping, transaction};
