//! OpenAI's chat completions, spoken by clients and by most providers. Between the two the
//! bytes are edited, never re-modelled: [`body`] finds the few places that matter, [`encode`]
//! changes them, [`answer`], [`stream`] and [`error`] read what comes back.
//!
//! Source: OpenAI API reference, "Chat" and "Streaming".

pub mod answer;
pub mod body;
mod calls;
pub(super) mod choice;
pub mod encode;
pub mod error;
mod history;
pub mod limits;
pub mod naming;
pub mod quirks;
pub mod stops;
pub mod stream;
mod usage;
