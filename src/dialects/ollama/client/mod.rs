//! The client half of Ollama's API, `/api/chat` and `/api/generate`. [`request`] checks a body and,
//! once it is asked for, converts it into a chat body; to an upstream of the same API the client's
//! own bytes go, edited by [`own_api`]. [`answer`] and [`stream`] encode an answer, whole and as lines of JSON.
//!
//! Source: ollama/ollama, `docs/api.md` and `api/types.go`.

pub mod answer;
mod facts;
mod findings;
mod generate;
mod messages;
mod options;
pub mod own_api;
pub mod places;
pub mod request;
pub mod stream;
pub mod wire;
