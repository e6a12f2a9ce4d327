//! Wire formats. Bytes and values in, bytes and values out: no I/O, no clock, no framework.
//!
//! The hub is OpenAI's chat format: what goes out to a provider of that family is edited, not
//! re-modelled ([`openai`]); the router's own format is turned into it and back ([`invoke`]).

pub mod invoke;
pub mod json;
pub mod openai;
pub mod sse;
