//! Words that every room shares. No I/O, no framework, no clock.

pub mod failure;
pub mod ids;
pub mod invocation;
pub mod money;
pub mod price;
pub mod secret;
pub mod usage;
