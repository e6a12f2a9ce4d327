//! Calls of models: the routes whose work `relay` does.

pub mod answer_headers;
pub mod batch;
pub mod callable;
pub mod chat;
pub mod explain;
pub mod gemini;
pub mod gemini_models;
pub mod invoke;
pub mod invoke_answer;
pub mod keeper;
pub mod kept_responses;
pub mod messages;
pub mod ollama;
pub mod ollama_models;
pub mod ollama_names;
pub mod openai_models;
pub mod rate_headers;
pub mod responses;
pub mod route;
pub mod serve;
pub mod services;
pub mod stream;
pub mod targets;
pub mod vendor_headers;
