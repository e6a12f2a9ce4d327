//! OpenAI's endpoints whose bodies are passed on as they come, in both directions: the request with
//! the upstream's name of the model, the answer unread but for what the record tells of it.
//!
//! Sources: OpenAI API reference, "Completions", "Moderations", "Images" and "Audio"; Cohere API
//! reference, "Rerank".

mod answer;
mod form;
mod request;
mod stream;
mod usage;

pub use answer::answer;
pub use form::{Form, FormReader, ModelField};
pub use request::check;
pub use stream::ForwardedStream;
