//! The client half of Gemini's API. [`request`] checks a body and, once it is asked for, converts it
//! into a chat body, as the router's own format is; to an upstream that speaks `generateContent` the
//! client's own bytes go, edited by [`own_api`]. [`answer`] and [`stream`] encode an answer, whole and streamed.
//!
//! The model and the method are in the path. Members are read in camelCase and in snake_case, as
//! protobuf's JSON has them both. What an upstream of another API wants back of its thinking stands in
//! [`crate::dialects::envelope`], as the `thoughtSignature` of the part that followed.
//!
//! Source: Gemini API reference, "Generating content", "Counting tokens", "Thought signatures" and
//! "Errors".

pub mod answer;
mod calls;
mod contents;
mod conversation;
mod facts;
mod findings;
mod generation;
mod grounding;
mod logprobs;
mod members;
pub mod origins;
pub mod own_api;
mod parts;
pub mod request;
mod results;
mod schema;
pub mod stream;
mod tools;
mod turn;
mod usage;
mod wire;
