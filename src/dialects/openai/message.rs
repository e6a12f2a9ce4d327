//! The messages of a chat that is made of a request in another API's form.

use crate::dialects::json::write::Object;

/// The content in the place of a result that the client did not send, as JSON: no API takes a call
/// without one.
pub const NO_RESULT: &str = r#""(no result)""#;

/// `content`: as JSON.
pub fn message(role: &str, content: &str) -> String {
    Object::default().text("role", role).raw("content", content).finish()
}

/// The result of a call. `content`: as JSON.
pub fn tool_message(call_id: &str, content: &str) -> String {
    let mut message = Object::default();
    message.text("role", "tool").text("tool_call_id", call_id).raw("content", content);
    message.finish()
}
