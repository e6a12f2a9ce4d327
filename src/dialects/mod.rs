//! Wire formats. Bytes and values in, bytes and values out: no I/O, no clock, no framework.
//!
//! Clients use OpenAI's chat format ([`openai`]), Anthropic's ([`anthropic`]), Ollama's ([`ollama`]) or the router's own
//! ([`invoke`]), which are converted into it and back. A [`request`] is the raw bytes and the facts for routing and limits.
//! What is no chat has a place of its own: [`embeddings`], [`completions`], and [`forwarded`], whose
//! bodies pass as they come.
//! [`select_api`] chooses the upstream's dialect. For providers of the OpenAI family the bytes are
//! edited, not re-modelled. For all others [`translate`] takes the request through
//! [`openai::client`] and [`crate::domain::chat`] into their dialect, and the answer back.

pub mod answer_options;
pub mod anthropic;
pub mod blame;
mod call_ids;
pub mod call_order;
pub mod chat_by_input;
pub mod client_encoder;
pub mod completions;
pub mod conversion;
mod dropped;
pub mod embeddings;
pub mod encoded;
pub mod envelope;
pub mod errors;
pub mod forwarded;
mod frame_reader;
pub mod functions;
pub mod gemini;
pub mod invoke;
pub mod json;
mod line_reader;
pub mod media_type;
pub mod model_list;
mod needle;
pub mod ollama;
pub mod openai;
pub mod own;
mod own_edits;
pub mod place;
pub mod redaction;
pub mod refusal;
pub mod remote_http;
pub mod request;
pub mod responses;
#[cfg(test)]
mod same_facts;
mod schema_union;
pub mod select_api;
pub mod sent_shape;
pub mod session;
pub mod sse;
pub mod summary;
pub mod surrogates;
pub mod texts;
pub mod token_count;
pub mod token_estimate;
mod tool_calls;
pub mod translate;
mod turn_writer;
pub mod web_search;

pub use crate::domain::dialect::Dialect;
