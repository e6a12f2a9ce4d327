//! Providers of the OpenAI family. [`edit`] changes the few places of a request that matter,
//! [`answer`], [`stream`] and [`error`] read what comes back.

pub mod answer;
mod calls;
pub(in crate::dialects) mod choice;
pub mod edit;
pub mod error;
mod history;
pub mod naming;
pub mod quirks;
pub mod stream;
mod usage;
