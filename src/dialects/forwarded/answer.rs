//! A whole answer in JSON: the client gets its bytes.

use serde::de::IgnoredAny;

use super::usage;
use crate::dialects::errors::NoAnswer;
use crate::dialects::json::RawObject;
use crate::dialects::openai::upstream::error::error_of;
use crate::dialects::summary::Summary;

/// The facts for the record.
///
/// # Errors
/// When the body is no JSON, or reports an error.
pub fn answer(body: &[u8]) -> Result<Summary, NoAnswer> {
    let mut usage = None;
    match RawObject::parse(body) {
        Ok(answer) => {
            if let Some(error) = error_of(&answer) {
                return Err(NoAnswer::Error(error));
            }
            usage = usage::of(&answer);
        }
        Err(_) if serde_json::from_slice::<IgnoredAny>(body).is_ok() => {}
        Err(_) => {
            return Err(NoAnswer::Malformed(String::from("answered what is no JSON")));
        }
    }
    Ok(Summary { usage, has_content: true, is_done: true, ..Summary::default() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_no_answer_whatever_its_status() {
        let refused = answer(br#"{"error":{"message":"no such model"}}"#);
        assert!(matches!(refused, Err(NoAnswer::Error(error)) if error.message == "no such model"));
        assert!(matches!(answer(b"{\"results\":["), Err(NoAnswer::Malformed(_))));
        for fine in [r#"{"results":[],"error":null}"#, r#"{"text":"hi"}"#] {
            assert!(answer(fine.as_bytes()).unwrap().is_done, "{fine}");
        }
    }
}
