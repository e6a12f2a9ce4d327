//! A plain JSON service (`remote_http`): what is posted is the router's own format or an
//! operator's template, and what comes back is looked for where such services put it, or where
//! the operator says. One router can so stand behind another.
//!
//! [`crate::config::payload_mapping`] is what an operator says of the service; [`template`] and [`prompt`] fill what is
//! posted; [`document`] finds what a JSON document says, whether a whole answer or a piece of a
//! stream; [`pieces`] cuts a stream into documents.
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
