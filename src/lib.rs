pub mod catalog;
pub mod config;
pub mod domain;
pub mod limiter;
pub mod store;
