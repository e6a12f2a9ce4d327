//! Synthetic embeddings, in OpenAI's form: equal texts have equal vectors.

use serde::Deserialize;
use serde_json::{Value, json};

use super::count;
use crate::domain::hash::StableHash;

const USUAL_DIMENSIONS: u64 = 8;
const MOST_DIMENSIONS: u64 = 4096;

#[derive(Deserialize)]
pub struct Request {
    #[serde(default)]
    model: String,
    input: Value,
    #[serde(default)]
    dimensions: Option<u64>,
}

pub fn answer(request: &Request) -> Value {
    let Request { model, input, dimensions } = request;
    let dimensions = dimensions.unwrap_or(USUAL_DIMENSIONS).clamp(1, MOST_DIMENSIONS);
    let inputs = match input {
        // The tokens of one text.
        Value::Array(list) if list.iter().any(Value::is_number) => std::slice::from_ref(input),
        Value::Array(list) => list.as_slice(),
        one => std::slice::from_ref(one),
    };
    let data = inputs.iter().enumerate().map(|(index, text)| {
        let vector = vector(&text.to_string(), dimensions);
        json!({"object": "embedding", "index": index, "embedding": vector})
    });
    let tokens: u64 = inputs.iter().map(tokens).sum();
    json!({
        "object": "list",
        "data": data.collect::<Vec<_>>(),
        "model": model,
        "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
    })
}

fn tokens(input: &Value) -> u64 {
    match input {
        Value::String(text) => count(text),
        Value::Array(tokens) => tokens.len() as u64,
        _ => 0,
    }
}

/// Of length 1.
fn vector(text: &str, dimensions: u64) -> Vec<f64> {
    let numbers = (0..dimensions).map(|place| {
        let hash = StableHash::default().with(text.as_bytes()).with(&place.to_le_bytes()).finish();
        f64::from(u16::try_from(hash % 2001).unwrap_or(0)) / 1000.0 - 1.0
    });
    let numbers: Vec<f64> = numbers.collect();
    let length = numbers.iter().map(|number| number * number).sum::<f64>().sqrt();
    let scale = if length > 0.0 { length } else { 1.0 };
    numbers.into_iter().map(|number| number / scale).collect()
}
