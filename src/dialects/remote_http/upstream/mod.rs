//! A JSON service (`remote_http`): the request is the router's own format or an operator's
//! template, and the answer is searched at the usual locations or at those that the operator
//! configures. So one router can be the upstream of another.
//!
//! [`crate::config::payload_mapping`] is the operator's description of the service; [`template`]
//! and [`prompt`] write the request; [`document`] reads a JSON document, whether a whole answer or
//! a piece of a stream; [`pieces`] splits a stream into documents.
//!
//! Source: the router's own invoke format ([`super::invoke`]), RFC 6901 (JSON pointers), and the
//! WHATWG HTML standard, "event stream interpretation".

pub mod answer;
mod calls;
mod chat_parts;
mod document;
pub mod encode;
mod pieces;
mod prompt;
pub mod stream;
mod template;
mod usage;
mod values;
