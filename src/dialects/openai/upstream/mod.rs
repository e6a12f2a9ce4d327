//! The upstream half, for providers of the OpenAI family. [`edit`] changes the few members of a
//! request that differ; [`answer`], [`stream`] and [`error`] read the answer.

pub mod answer;
mod calls;
pub(in crate::dialects) mod choice;
pub mod deltas;
pub mod edit;
pub mod error;
pub(in crate::dialects) mod history;
pub mod message;
pub mod naming;
pub mod quirks;
pub mod stream;
mod usage;
