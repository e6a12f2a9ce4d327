//! What the decoders of [`llm_router::dialects`] promise for whatever an upstream or a client sends.
//!
//! [`stream`], [`answer`], [`request`], [`embeddings`] and [`form`] are the entries, one for each kind of
//! target. An input is the other side's bytes and nothing else, so that every recorded answer is a
//! seed as it is.

pub mod answer;
mod answered;
mod chunk;
pub mod embeddings;
mod error;
pub mod form;
mod passed_on;
mod pieces;
pub mod request;
pub mod stream;
mod transcript;
mod translated;

use llm_router::dialects::answer_options::AnswerOptions;
use llm_router::dialects::translate::answer::AnswerDefaults;

/// What stands in for what the upstream does not say.
fn otherwise() -> AnswerDefaults {
    AnswerDefaults {
        id: String::from("chatcmpl-otherwise"),
        model: String::from("model-otherwise"),
        now_unix: 1_790_000_000,
        wants_function_call: false,
        vendor: AnswerOptions::default(),
    }
}

/// Whatever the numbers and the letters in it: what a client wrote goes on as it came.
fn is_json(bytes: &[u8]) -> bool {
    serde_json::from_slice::<serde::de::IgnoredAny>(bytes).is_ok()
}
