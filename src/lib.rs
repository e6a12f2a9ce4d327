pub mod catalog;
pub mod config;
pub mod dialects;
pub mod domain;
pub mod limiter;
pub mod store;
