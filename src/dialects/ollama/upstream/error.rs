//! Bodies with an error status: `{"error": "…"}`, and a proxy's before the server.

use std::time::Duration;

use crate::dialects::errors::UpstreamError;
use crate::dialects::openai::upstream::error;

/// The message. Ollama never gives a delay for a retry.
pub fn decode(_status: u16, body: &[u8]) -> (UpstreamError, Option<Duration>) {
    (error::decode(body), None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_read() {
        for (body, message) in [
            (r#"{"error":"model 'x' not found"}"#, "model 'x' not found"),
            (r#"{"StatusCode":429,"error":"usage limit reached"}"#, "usage limit reached"),
            ("404 page not found", "404 page not found"),
            ("", "an empty body"),
        ] {
            let expected = UpstreamError { message: message.into(), code: None };
            assert_eq!(decode(404, body.as_bytes()), (expected, None));
        }
    }
}
