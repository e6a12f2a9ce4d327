//! Wire formats. Bytes and values in, bytes and values out: no I/O, no clock, no framework.
//!
//! Clients speak OpenAI's chat format ([`openai`]) or the router's own, which is turned into it
//! and back ([`invoke`]). [`choice`] says which dialect a request goes out in. To providers of the OpenAI family the bytes are edited, not
//! re-modelled. To the others a request goes through [`hub`] into our own words
//! ([`crate::domain::chat`]) and from there into their dialect, and the answer back; [`outgoing`]
//! and [`incoming`] are the two doors.

pub mod anthropic;
pub mod blame;
pub mod call_order;
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
pub mod responses;
mod schema_union;
pub mod select_api;
pub mod sent_shape;
pub mod sse;
pub mod surrogates;
pub mod translate;

pub use crate::domain::dialect::Dialect;
