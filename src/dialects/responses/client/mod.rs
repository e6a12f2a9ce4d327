//! The client half of OpenAI's Responses. [`request`] checks a body and converts it into a chat
//! body, as the router's own format is; to an upstream that speaks Responses the client's own bytes
//! go, edited by [`own_api`]. [`answer`] and [`stream`] encode an answer, whole and streamed.
//!
//! Reasoning that an upstream sealed goes to the client in [`crate::dialects::envelope`], as the
//! `encrypted_content` of its item.
//!
//! Source: OpenAI API reference, "Responses" and "Streaming events".

pub mod answer;
pub mod as_it_came;
mod call_items;
mod compaction;
mod echo;
mod events;
mod facts;
pub mod findings;
mod hosted;
mod input;
mod names;
mod open_item;
mod output;
pub mod own_api;
pub mod own_stream;
mod parameters;
mod parts;
pub mod references;
pub mod request;
mod response;
mod results;
mod sealed;
pub mod stored;
pub mod stream;
mod tools;
mod turn;
mod usage;
