//! What an operator says of a plain JSON service: what it is sent, and where its answer says
//! what.

pub mod placeholder;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct PayloadMapping {
    /// What is posted, with placeholders such as `$prompt` for values; the router's own invoke
    /// format where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<BTreeMap<String, Value>>)]
    pub request: Option<Map<String, Value>>,
    #[serde(skip_serializing_if = "Places::is_empty")]
    pub response: Places,
}

/// JSON pointers into an answer, or into a piece of a streamed one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Places {
    /// Where it is given, text is looked for nowhere else: the last piece of a stream may hold
    /// the whole text again under another name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// This one and those below go before the usual places.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finish_reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prompt_tokens: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub completion_tokens: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

impl Places {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl PayloadMapping {
    /// Whether it can be worked with.
    ///
    /// # Errors
    /// When a pointer is none or a placeholder is unknown; the text says what to write instead.
    pub fn check(&self) -> Result<(), String> {
        let Places { text, finish_reason, prompt_tokens, completion_tokens, error } =
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
            "is `{pointer}`, where a `~` stands alone: write `~0` for `~` and `~1` for `/` in a name"
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
    fn what_cannot_work_says_what_to_write() {
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
                "`settings.response.prompt_tokens` is `/a~b`, where a `~` stands alone: write `~0` for `~` and `~1` for `/` in a name",
            ),
            (
                json!({"response": {"completion_tokens": "/a~"}}),
                "`settings.response.completion_tokens` is `/a~`, where a `~` stands alone: write `~0` for `~` and `~1` for `/` in a name",
            ),
            (
                json!({"request": {"inputs": ["$prompt", {"x": "$promt"}]}}),
                "`settings.request.inputs[1].x` is `$promt`, which is no placeholder: known are $model, $messages, $prompt, $system, $parameters, $parameters.NAME and $stream; write `$$promt` for the text itself",
            ),
            (
                json!({"request": {"inputs": "User: $prompt"}}),
                "`settings.request` sends nothing of what a client says: put `$messages` or `$prompt` where a string stands alone",
            ),
        ] {
            assert_eq!(checked(shape.clone()), Err(complaint.into()), "{shape}");
        }
    }

    #[test]
    fn what_can_work_does() {
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
