//! A problem in the format of Ollama's API: a text, and beside it the code for programs.

use serde_json::{Value, json};

use super::Problem;

pub(super) fn body(problem: &Problem) -> Value {
    if let Some(vendor) = &problem.vendor
        && let Ok(body) = serde_json::from_str(&vendor.1)
    {
        return body;
    }
    json!({"error": problem.message, "code": problem.code})
}
