//! Providers, models, keys and the configuration, over REST.

pub mod config;
pub mod dry_run;
pub mod edits;
pub mod key_body;
pub mod key_left;
pub mod keys;
pub mod login;
pub mod me;
pub mod model_state;
pub mod models;
pub mod price_lists;
pub mod pricing;
pub mod providers;
pub mod recompute;
pub mod reported_models;
pub mod running_config;
