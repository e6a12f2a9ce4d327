//! The payload mapping of `remote_http`: a template for the request, and pointers into the answer
//! of a JSON service.

pub mod placeholder;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct PayloadMapping {
    /// The body to post, with placeholders such as `$prompt`. Absent: the router's invoke format.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<BTreeMap<String, Value>>)]
    pub request: Option<Map<String, Value>>,
    #[serde(skip_serializing_if = "ResponsePointers::is_empty")]
    pub response: ResponsePointers,
}

/// JSON pointers into an answer or into a piece of a streamed answer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ResponsePointers {
    /// If set, no other place is searched for text: the last piece of a stream may repeat the whole
    /// text under another name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// This pointer and those below take precedence over the usual places.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finish_reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prompt_tokens: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub completion_tokens: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

impl ResponsePointers {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl PayloadMapping {
    /// Checks the pointers and the template.
    ///
    /// # Errors
    /// An invalid pointer or an unknown placeholder; the message says what to write instead.
    pub fn check(&self) -> Result<(), String> {
        let ResponsePointers { text, finish_reason, prompt_tokens, completion_tokens, error } =
            &self.response;
        for (name, pointer) in [
            ("text", text),
            ("finish_reason", finish_reason),
            ("prompt_tokens", prompt_tokens),
            ("completion_tokens", completion_tokens),
            ("error", error),
        ] {
            if let Some(pointer) = pointer {
                check_pointer(pointer)
                    .map_err(|complaint| format!("`settings.response.{name}` {complaint}"))?;
            }
        }
        self.request.as_ref().map_or(Ok(()), placeholder::check)
    }
}

fn check_pointer(pointer: &str) -> Result<(), String> {
    if !pointer.starts_with('/') {
        let path = pointer.trim_start_matches(['$', '.']);
        let path: Vec<&str> = path.split(['.', '[', ']', '/']).filter(|s| !s.is_empty()).collect();
        let better = if path.is_empty() { String::from("generated_text") } else { path.join("/") };
        return Err(format!(
            "is `{pointer}`, but a JSON pointer begins with `/`: write `/{better}`"
        ));
    }
    let mut escapes = pointer.split('~').skip(1);
    if escapes.any(|after| !after.starts_with(['0', '1'])) {
        return Err(format!(
            "is `{pointer}`, where a `~` is bare: write `~0` for `~` and `~1` for `/` in a name"
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn checked(shape: Value) -> Result<(), String> {
        serde_json::from_value::<PayloadMapping>(shape).unwrap().check()
    }

    #[test]
    fn an_invalid_mapping_is_refused_with_the_fix() {
        for (shape, complaint) in [
            (
                json!({"response": {"text": "generated_text"}}),
                "`settings.response.text` is `generated_text`, but a JSON pointer begins with `/`: write `/generated_text`",
            ),
            (
                json!({"response": {"error": "$.data[0].error"}}),
                "`settings.response.error` is `$.data[0].error`, but a JSON pointer begins with `/`: write `/data/0/error`",
            ),
            (
                json!({"response": {"finish_reason": ""}}),
                "`settings.response.finish_reason` is ``, but a JSON pointer begins with `/`: write `/generated_text`",
            ),
            (
                json!({"response": {"prompt_tokens": "/a~b"}}),
                "`settings.response.prompt_tokens` is `/a~b`, where a `~` is bare: write `~0` for `~` and `~1` for `/` in a name",
            ),
            (
                json!({"response": {"completion_tokens": "/a~"}}),
                "`settings.response.completion_tokens` is `/a~`, where a `~` is bare: write `~0` for `~` and `~1` for `/` in a name",
            ),
            (
                json!({"request": {"inputs": ["$prompt", {"x": "$promt"}]}}),
                "`settings.request.inputs[1].x` is `$promt`, which is no placeholder; known: $model, $messages, $prompt, $system, $parameters, $parameters.NAME and $stream; write `$$promt` for the literal text",
            ),
            (
                json!({"request": {"inputs": "User: $prompt"}}),
                "`settings.request` sends none of the client's messages: make `$messages` or `$prompt` the whole of a string",
            ),
        ] {
            assert_eq!(checked(shape.clone()), Err(complaint.into()), "{shape}");
        }
    }

    #[test]
    fn a_valid_mapping_is_accepted() {
        for shape in [
            json!({}),
            json!({"response": {"text": "/0/generated_text", "error": "/a~0b~1c"}}),
            json!({"request": {"inputs": "$prompt", "price": "$$5", "$ref": ["$parameters.top_k", 1]}}),
        ] {
            assert_eq!(checked(shape.clone()), Ok(()), "{shape}");
        }
    }

    #[test]
    fn it_is_written_as_it_was_read() {
        let written = json!({"request": {"b": "$prompt", "a": 1}, "response": {"text": "/x"}});
        let shape: PayloadMapping = serde_json::from_value(written.clone()).unwrap();
        assert_eq!(serde_json::to_value(&shape).unwrap().to_string(), written.to_string());
    }
}
