//! Types that every room shares. No I/O, no framework; nothing here reads the [`clock`] by itself.

pub mod candidate_cause;
pub mod capabilities;
pub mod chat;
pub mod clock;
pub mod dialect;
pub mod error_rule;
pub mod event;
pub mod facts;
pub mod failure;
pub mod hash;
pub mod hops;
pub mod ids;
pub mod invocation;
pub mod link_local;
pub mod money;
pub mod packed;
pub mod price;
pub mod provider_kind;
pub mod proxy;
pub mod refusal;
pub mod secret;
pub mod sketch;
pub mod strategy;
pub mod sums;
pub mod upstream_failure;
pub mod usage;
