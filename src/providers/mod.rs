//! The way out. One pool actor a provider on each web worker owns that worker's connections;
//! what all workers share of a provider ([`state`]) is atomics: its keys' rests and its room.
//!
//! Reading order: [`wire`] (what is sent and what comes back), [`handle`] (the only way in),
//! [`registry`] (which pool), then the actor and its transports.

mod actor;
mod connector;
mod handle;
mod http;
pub mod key_ring;
mod messages;
mod mock;
mod registry;
mod resolver;
mod retry_after;
mod state;
mod tunnel;
mod wire;

pub use connector::trust_roots;
pub use handle::PoolHandle;
pub use registry::Pools;
pub use retry_after::until_reset;
pub use state::{ProviderState, ProviderStates};
pub use wire::{Deadlines, DispatchError, Operation, ReplyBody, UpstreamReply, WireRequest};
