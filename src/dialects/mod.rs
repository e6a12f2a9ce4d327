//! Wire formats. Bytes and values in, bytes and values out: no I/O, no clock, no framework.
//!
//! Clients speak OpenAI's chat format ([`openai`]) or the router's own, which is turned into it and back ([`invoke`]).
//! A [`request`] is the bytes as they came and the facts that routing and limits go by. [`select_api`] says which
//! dialect it goes out in. For providers of the OpenAI family the bytes are edited, not re-modelled. For the others the
//! request goes through [`openai::client`] into the words of [`crate::domain::chat`] and from there into their dialect,
//! and the answer back ([`translate`]).

pub mod anthropic;
pub mod blame;
pub mod call_order;
pub mod client_encoder;
mod dropped;
pub mod encoded;
pub mod errors;
mod frame_reader;
pub mod functions;
pub mod gemini;
pub mod invoke;
pub mod json;
pub mod media_type;
pub mod ollama;
pub mod openai;
pub mod place;
pub mod refusal;
pub mod remote_http;
pub mod request;
pub mod responses;
mod schema_union;
pub mod select_api;
pub mod sent_shape;
pub mod sse;
pub mod summary;
pub mod surrogates;
pub mod token_estimate;
mod tool_calls;
pub mod translate;

pub use crate::domain::dialect::Dialect;
