//! The response object: what the answer repeats of the request, its status, its output and its usage.

use serde_json::Value;

use super::echo;
use super::request::Own;
use super::usage::WireUsage;
use crate::dialects::answer_options::AnswerOptions;
use crate::dialects::json::write::{Object, in_one_line};
use crate::dialects::own;
use crate::domain::chat::FinishReason;

/// Why a response failed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Failed {
    /// One of those that clients know.
    pub code: &'static str,
    pub message: String,
    /// The router's own code.
    pub reason: Option<String>,
}

impl Failed {
    pub(super) fn of_server(message: impl Into<String>) -> Status {
        Status::Failed(Self { code: "server_error", message: message.into(), reason: None })
    }
}

/// How far a response is.
#[derive(Clone, Debug)]
pub(super) enum Status {
    InProgress,
    Completed,
    /// With the reason.
    Incomplete(&'static str),
    Failed(Failed),
}

impl Status {
    pub(super) fn of(reason: Option<&FinishReason>) -> Self {
        match reason {
            Some(FinishReason::Length) => Self::Incomplete("max_output_tokens"),
            Some(FinishReason::ContentFilter) => Self::Incomplete("content_filter"),
            Some(FinishReason::GaveUp(why)) => Failed::of_server(why.to_string()),
            Some(FinishReason::Stop | FinishReason::ToolCalls) | None => Self::Completed,
        }
    }

    pub(super) fn as_str(&self) -> &'static str {
        match self {
            Self::InProgress => "in_progress",
            Self::Completed => "completed",
            Self::Incomplete(_) => "incomplete",
            Self::Failed(_) => "failed",
        }
    }
}

/// What all objects of one response have in common.
#[derive(Clone, Debug, Default)]
pub(super) struct Frame {
    pub id: String,
    pub created: i64,
    pub model: String,
}

impl Frame {
    /// The response as JSON.
    pub(super) fn write(
        &self,
        own: Option<&Own>,
        status: &Status,
        output: &[Value],
        usage: Option<&WireUsage>,
    ) -> String {
        let mut object = Object::default();
        object.text("id", &self.id);
        let is_compact = own.is_some_and(|own| own.is_compact_route);
        object.text("object", if is_compact { "response.compaction" } else { "response" });
        object.raw("created_at", &self.created.to_string()).text("status", status.as_str());
        let error = match status {
            Status::Failed(Failed { code, message, reason }) => {
                let mut error = Object::default();
                error.text("code", code).text("message", message);
                if let Some(reason) = reason {
                    error.text("reason", reason);
                }
                error.finish()
            }
            _ => String::from("null"),
        };
        let incomplete = match status {
            Status::Incomplete(reason) => Object::default().text("reason", reason).finish(),
            _ => String::from("null"),
        };
        object.raw("error", &error).raw("incomplete_details", &incomplete);
        object.text("model", &self.model).raw("output", &json(output));
        for (name, value) in own.into_iter().flat_map(|own| echo::repeated(&own.body)) {
            // The object stands in events of a stream, too.
            object.raw(name, &in_one_line(value));
        }
        object.raw("store", if own.is_some_and(|own| own.is_stored) { "true" } else { "false" });
        object.raw("usage", &usage.map_or_else(|| String::from("null"), json));
        object.finish()
    }
}

/// Writing JSON of our own types into memory cannot fail.
fn json<T: serde::Serialize + ?Sized>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// What a client of this API sent.
pub(super) fn asked(options: &AnswerOptions) -> Option<&Own> {
    match options.own.as_deref() {
        Some(own::Own::Responses(own)) => Some(own),
        _ => None,
    }
}

/// The id that the router gave, else one made of the upstream's.
pub(super) fn response_id(own: Option<&Own>, id: &str) -> String {
    match own.map(|own| own.id.as_str()).filter(|id| !id.is_empty()) {
        Some(given) => given.to_owned(),
        None if id.starts_with("resp_") => id.to_owned(),
        None => format!("resp_{}", plain(id)),
    }
}

/// Of letters that an id may have.
pub(super) fn plain(id: &str) -> String {
    let is_plain = |letter: &char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-');
    id.chars().filter(is_plain).take(128).collect()
}

/// An error in the API's shape as the end of a response: code and message.
pub(super) fn failed(error: &Value) -> Status {
    let error = error.get("error").unwrap_or(error);
    let text = |name: &str| error.get(name).and_then(Value::as_str).unwrap_or_default();
    let mut message = text("message").to_owned();
    let code = match (text("code"), text("type")) {
        ("context_length_exceeded", _) => "context_length_exceeded",
        (_, "insufficient_quota") => "insufficient_quota",
        (_, "rate_limit_error") => {
            // By these words clients know how long to wait.
            if let Some(wait) = error.get("retry_after").and_then(Value::as_u64) {
                message.push_str(&format!(" Please try again in {wait}s."));
            }
            "rate_limit_exceeded"
        }
        (_, "invalid_request_error") => "invalid_prompt",
        _ => "server_error",
    };
    let reason = Some(text("code")).filter(|code| !code.is_empty()).map(str::to_owned);
    Status::Failed(Failed { code, message, reason })
}
