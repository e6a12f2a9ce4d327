//! The path of a request. The model is part of the path, not of the body.

use std::fmt::Write;

/// The path and query of a call, appended to `/v1beta/models`, without any key. A name from a
/// listing, such as `models/gemini-2.5-pro`, is accepted too.
pub fn path(model: &str, is_stream: bool) -> String {
    path_of(model, if is_stream { "streamGenerateContent?alt=sse" } else { "generateContent" })
}

/// The same for any method.
pub fn path_of(model: &str, method: &str) -> String {
    let model = model.strip_prefix("models/").unwrap_or(model);
    format!("/{}:{method}", encoded(model))
}

/// Percent-encodes everything but the unreserved characters of RFC 3986: a `/`, a `?` or a `:` in a
/// name would lead elsewhere.
fn encoded(model: &str) -> String {
    let mut out = String::with_capacity(model.len());
    for byte in model.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_model_is_in_the_path_and_cannot_leave_it() {
        for (model, is_stream, expected) in [
            ("gemini-2.5-pro", false, "/v1beta/models/gemini-2.5-pro:generateContent"),
            (
                "models/gemini-3.8-flash",
                true,
                "/v1beta/models/gemini-3.8-flash:streamGenerateContent?alt=sse",
            ),
            ("../x?key=1#é", false, "/v1beta/models/..%2Fx%3Fkey%3D1%23%C3%A9:generateContent"),
        ] {
            assert_eq!(format!("/v1beta/models{}", path(model, is_stream)), expected);
        }
    }
}
