//! Providers, models, keys and the configuration, over REST.

pub mod config;
pub mod edits;
pub mod key_body;
pub mod keys;
pub mod login;
pub mod me;
pub mod models;
pub mod price_lists;
pub mod pricing;
pub mod providers;
pub mod recompute;
