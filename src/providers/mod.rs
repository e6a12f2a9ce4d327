//! Upstream connections. Each web worker has one pool actor per provider, which owns that worker's
//! connections; what all workers share of a provider ([`state`]) is atomics: the cooldowns of its
//! keys and the number of its connections.
//!
//! Reading order: [`wire`] (request and reply), [`handle`] (the only way in), [`registry`] (which
//! pool), then the actor and its transports: [`http`] over [`h1`], and the [`mock`]. What is on no
//! call's way, the [`collector`] of traces and the list of prices, goes through awc ([`connector`]).

mod actor;
mod collector;
mod connector;
mod counted;
mod h1;
mod handle;
mod http;
pub mod key_ring;
mod messages;
mod mock;
mod price_fetch;
mod registry;
mod request_head;
mod resolver;
mod retry_after;
mod state;
mod stream;
mod tunnel;
mod upload;
mod waited;
mod wire;

pub use collector::{Collector, NotTaken};
pub use connector::trust_roots;
pub use handle::PoolHandle;
pub use price_fetch::{FetchError, fetch_prices};
pub use registry::Pools;
pub use retry_after::until_reset;
pub use state::{PoolFigures, ProviderState, ProviderStates};
pub use stream::BodyStream;
pub use upload::{Outgoing, Upload, UploadWriter};
pub use waited::{poll_once, waited};
pub use wire::{
    Body, ContentType, Deadlines, DispatchError, Operation, ReplyBody, ReplyTimes, UpstreamReply,
    WireRequest,
};
