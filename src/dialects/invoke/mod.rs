//! The router's own invoke API.

pub mod client;
