//! Reads a body that is a JSON object. What is wrong with one is said by its position, and never
//! with what stands there: it may be a key.

use actix_web::HttpRequest;
use actix_web::web::Payload;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::error::Category;

use crate::http::middleware::body::{read_json, read_optional_json};
use crate::http::problem::Problem;

/// # Errors
/// As for [`read_json`], and 400 for what is no object of this type.
///
/// # Cancel safety
/// Dropping it drops what was read.
pub async fn read_object<T: DeserializeOwned>(
    request: &HttpRequest,
    payload: Payload,
    limit: usize,
) -> Result<T, Problem> {
    parse(&read_json(request, payload, limit).await?)
}

/// The same for a body that may be absent.
///
/// # Errors
/// As for [`read_object`], where there is a body.
///
/// # Cancel safety
/// Dropping it drops what was read.
pub async fn read_optional_object<T: DeserializeOwned + Default>(
    request: &HttpRequest,
    payload: Payload,
    limit: usize,
) -> Result<T, Problem> {
    let body = read_optional_json(request, payload, limit).await?;
    body.map_or_else(|| Ok(T::default()), |body| parse(&body))
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    let bad = |message: String| Problem::new(400, "invalid_request", message);
    let invalid = |error: serde_json::Error| {
        let what = match error.classify() {
            Category::Data => "holds a member that is unknown or of another type",
            Category::Syntax | Category::Eof | Category::Io => "is not valid JSON",
        };
        bad(format!("the body {what} (line {}, column {})", error.line(), error.column()))
    };
    // serde would take a list for an object, member by member.
    if body.trim_ascii_start().first() != Some(&b'{') {
        serde_json::from_slice::<IgnoredAny>(body).map_err(invalid)?;
        return Err(bad(String::from("the body must be a JSON object")));
    }
    serde_json::from_slice(body).map_err(invalid)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Map, Value};

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Named {
        #[expect(dead_code, reason = "only whether it can be read matters here")]
        name: Option<String>,
    }

    #[test]
    fn what_is_wrong_is_said_in_one_wording_and_shows_nothing_of_the_body() {
        let object = "the body must be a JSON object";
        for (body, expected) in [
            ("[{\"name\": \"a\"}]", object),
            ("[]", object),
            (" 5", object),
            ("null", object),
            ("\"sk-secret\"", object),
            ("", "the body is not valid JSON (line 1, column 0)"),
            ("sk-secret", "the body is not valid JSON (line 1, column 1)"),
            ("[1,", "the body is not valid JSON (line 1, column 3)"),
            ("{\"name\": \"sk-secret\"", "the body is not valid JSON (line 1, column 20)"),
            ("{\"name\":\n sk-secret}", "the body is not valid JSON (line 2, column 2)"),
            ("{} {}", "the body is not valid JSON (line 1, column 4)"),
        ] {
            assert_eq!(parse::<Named>(body.as_bytes()).unwrap_err().message, expected, "{body}");
            let map = parse::<Map<String, Value>>(body.as_bytes());
            assert_eq!(map.unwrap_err().message, expected, "{body}");
        }
        for body in ["{\"nam\": \"sk-secret\"}", "{\"name\": 5}"] {
            let problem = parse::<Named>(body.as_bytes()).unwrap_err();
            let told = "the body holds a member that is unknown or of another type (line 1, column";
            assert!(problem.message.starts_with(told), "{}", problem.message);
            assert!(!problem.message.contains("secret"), "{}", problem.message);
        }
        assert!(parse::<Named>(b" {\"name\": \"a\"} ").is_ok());
    }
}
