//! What is told of an error: it goes to logs and to clients.

use llm_router::dialects::errors::UpstreamError;

/// In characters; what is cut off is told by one more.
const LONGEST_MESSAGE: usize = 2_000 + 1;

pub fn check(error: &UpstreamError) {
    check_message(&error.message);
}

pub fn check_message(message: &str) {
    assert!(!message.trim().is_empty(), "says nothing: {message:?}");
    let length = message.chars().count();
    assert!(length <= LONGEST_MESSAGE, "says {length} characters");
}
