//! Embeddings: OpenAI's, Gemini's and Ollama's API for them, each as a client's and as an upstream's.
//!
//! A request goes to an upstream of its own API as the bytes that came, with few edits, and so does
//! the answer; between two APIs both go through [`EmbeddingRequest`] and [`EmbeddingAnswer`].
//!
//! Sources: OpenAI API reference, "Embeddings"; Gemini API reference, "Embeddings"; ollama/ollama,
//! `docs/api.md` ("Generate Embeddings").

mod answer;
mod gemini;
mod ollama;
mod openai;
mod request;
mod tokens;
mod vectors;

pub use answer::{Asked, answer};
pub use ollama::loaded;
pub use request::{Sent, To, check, is_load, to_upstream};

/// A request, whatever API it came by.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EmbeddingRequest {
    /// Never empty.
    pub inputs: Vec<String>,
    pub dimensions: Option<u64>,
    pub purpose: Option<Purpose>,
    /// The client's members that only its own API has.
    pub left_out: Vec<String>,
}

/// What the vectors are for. Some models make different ones for a question and for what answers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    Query,
    Document,
    Classification,
    Clustering,
}

/// An answer: a vector for each input, in their order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EmbeddingAnswer {
    pub vectors: Vec<Vec<f32>>,
    /// `None` where the upstream tells none.
    pub prompt_tokens: Option<u64>,
    /// As the upstream names it; empty where it does not.
    pub model: String,
}

#[cfg(test)]
mod tests;
