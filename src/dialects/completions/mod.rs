//! OpenAI's `/v1/completions`: a text to be continued. A provider that has the endpoint gets it as it
//! comes; for any other it is put as a chat of one message, and the answer is made one of this API.
//!
//! Source: OpenAI API reference, "Completions".

mod answer;
mod chat;
mod stream;

pub use answer::{answer, of_chat};
pub use chat::{as_chat, only_completion};
pub use stream::Encoder;
