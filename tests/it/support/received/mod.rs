//! What a provider would read in a request of the router, or why it would answer 400. The readers
//! know no more than the providers' documents, and nothing of how the router writes.

pub mod anthropic;
mod anthropic_schema;
mod anthropic_turns;
pub mod gemini;
mod gemini_contents;
mod members;
pub mod ollama;
pub mod openai;
mod openai_messages;
pub mod responses;
mod responses_input;
mod tests;
mod tools;

use serde_json::Value;

/// What is wrong with a request as its dialect goes; requests to other places are not looked at.
///
/// The OpenAI family gets the client's bytes, odd ones too, so only their frame is read.
pub fn check(path: &str, body: &[u8]) -> Result<(), String> {
    let place = path.split('?').next().unwrap_or_default();
    if place.ends_with("/chat/completions") {
        openai::glance(body)
    } else if place.ends_with("/responses") {
        responses::read(parsed(body)?).map(drop)
    } else if place.ends_with("/v1/messages") {
        anthropic::read(parsed(body)?).map(drop)
    } else if place.ends_with(":generateContent") || place.ends_with(":streamGenerateContent") {
        gemini::read(path, parsed(body)?).map(drop)
    } else if place.ends_with("/api/chat") {
        ollama::read(parsed(body)?).map(drop)
    } else {
        Ok(())
    }
}

fn parsed(body: &[u8]) -> Result<Value, String> {
    serde_json::from_slice(body).map_err(|error| format!("the body is no JSON: {error}"))
}
