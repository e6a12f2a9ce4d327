//! The running providers and models: file and database merged into one immutable
//! [`Snapshot`]. A request takes one snapshot and keeps it from start to end.
//!
//! Reading order: [`snapshot`], [`provider`] and [`model`] (what runs), [`index`] (lookups),
//! [`sync`] (applies the file to the database), [`edit`] (applies a change over REST), [`build`]
//! (makes a snapshot of the rows), [`watcher`] (the actor that runs all of these).

pub mod build;
pub mod capabilities;
mod credentials;
mod destination;
pub mod edit;
pub mod endpoint;
pub mod fetched_prices;
pub mod index;
pub mod model;
pub mod model_set;
pub mod price_list;
pub mod provider;
mod proxy;
mod row_difference;
mod rows;
pub mod snapshot;
pub mod suggestion;
pub mod sync;
pub mod telemetry;
pub mod vault;
pub mod warnings;
pub mod watcher;

pub use model::Model;
pub use provider::{Access, Provider};
pub use snapshot::{Catalogue, Snapshot};
