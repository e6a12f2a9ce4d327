//! Looks at an answer that goes to the client as it came: for the record, and whether it is an answer
//! at all. Items of any type count, also of types that are not known.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::dialects::errors::{NoAnswer, StreamFault, UpstreamError};
use crate::dialects::openai::upstream::error as family;
use crate::dialects::responses::upstream::finish::Response;
use crate::dialects::responses::upstream::usage::WireUsage;
use crate::dialects::sse::{self, FrameContent};
use crate::dialects::summary::{Summary, tokens_of};
use crate::domain::chat::FinishReason;

/// # Errors
/// When the body is no response, or a failed one.
pub fn whole(body: &[u8]) -> Result<Summary, NoAnswer> {
    let response: Response<'_> = serde_json::from_slice(body)
        .map_err(|error| NoAnswer::malformed(body, "response", &error))?;
    if let Some(error) = response.failure() {
        return Err(NoAnswer::Error(error));
    }
    let Some(output) = &response.output else {
        return Err(NoAnswer::without(body, "output"));
    };
    if output.is_empty() && response.status.as_deref() == Some("completed") {
        return Err(NoAnswer::empty(body, "output"));
    }
    let has_calls = output.iter().any(|item| is_call(item));
    let reason = response.reason(has_calls);
    let usage = response.usage.map(WireUsage::into_usage);
    let summary = Summary {
        usage,
        finish_reason: Some(reason.as_str().to_owned()),
        has_content: true,
        is_done: true,
        ..Summary::default()
    };
    Ok(summary.of_size(body))
}

fn is_call(item: &RawValue) -> bool {
    #[derive(Deserialize)]
    struct Tag {
        #[serde(rename = "type", default)]
        kind: String,
    }
    serde_json::from_str::<Tag>(item.get()).is_ok_and(|tag| tag.kind.ends_with("_call"))
}

/// Looks at the events of one stream.
#[derive(Debug, Default)]
pub struct Observer {
    summary: Summary,
    has_calls: bool,
    /// Of the response, once it has begun.
    pub(super) id: String,
    pub(super) model: String,
    /// The number of the event after the last one.
    pub(super) next: u64,
}

#[derive(Deserialize)]
struct Event<'a> {
    #[serde(rename = "type", default)]
    kind: Option<String>,
    #[serde(borrow, default)]
    delta: Option<&'a RawValue>,
    #[serde(borrow, default)]
    item: Option<&'a RawValue>,
    #[serde(borrow, default)]
    response: Option<&'a RawValue>,
    #[serde(default)]
    sequence_number: Option<u64>,
}

impl Observer {
    pub fn summary(&self) -> &Summary {
        &self.summary
    }

    /// # Errors
    /// When the frame cannot be read, or reports an error.
    pub fn read(&mut self, frame: &[u8]) -> Result<(), StreamFault> {
        let data = match sse::read(frame) {
            FrameContent::Nothing | FrameContent::Done => return Ok(()),
            FrameContent::Error(data) => return Err(StreamFault::Upstream(error_event(&data))),
            FrameContent::Data(data) => data,
            FrameContent::Body(body) => body.into(),
        };
        let event: Event<'_> = serde_json::from_slice(&data).map_err(|_| StreamFault::Malformed)?;
        let Some(kind) = event.kind.as_deref() else {
            let error = family::instead_of_answer(&data);
            return error.map_or(Ok(()), |error| Err(StreamFault::Upstream(error)));
        };
        self.next = event.sequence_number.map_or(self.next, |number| number.saturating_add(1));
        match kind {
            "response.created" => {
                let response = event.response.map(|response| serde_json::from_str(response.get()));
                if let Some(Ok(Response { id, model, .. })) = response {
                    (self.id, self.model) = (id.unwrap_or_default(), model.unwrap_or_default());
                }
                Ok(())
            }
            "error" => Err(StreamFault::Upstream(error_event(&data))),
            "response.output_item.added" => {
                let is_call = event.item.is_some_and(is_call);
                self.has_calls |= is_call;
                self.summary.has_content |= is_call;
                Ok(())
            }
            "response.output_item.done" => {
                self.has_calls |= event.item.is_some_and(is_call);
                self.summary.has_content = true;
                Ok(())
            }
            "response.completed"
            | "response.incomplete"
            | "response.failed"
            | "response.cancelled"
            | "response.done" => self.end(event.response),
            kind if kind.ends_with(".delta") => {
                let size = event.delta.map_or(0, |delta| delta.get().len().saturating_sub(2));
                self.summary.has_content |= size > 0;
                self.summary.tokens += tokens_of(size);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn end(&mut self, response: Option<&RawValue>) -> Result<(), StreamFault> {
        let response = response.ok_or(StreamFault::Malformed)?;
        let response: Response<'_> =
            serde_json::from_str(response.get()).map_err(|_| StreamFault::Malformed)?;
        if let Some(error) = response.failure() {
            return Err(StreamFault::Upstream(error));
        }
        let reason = response.reason(self.has_calls);
        if let (FinishReason::GaveUp(why), false) = (&reason, self.summary.has_content) {
            return Err(StreamFault::GaveUp(why.clone()));
        }
        self.summary.finish_reason = Some(reason.as_str().to_owned());
        self.summary.usage = response.usage.map(WireUsage::into_usage).or(self.summary.usage);
        self.summary.has_content |= response.output.is_some_and(|output| !output.is_empty());
        self.summary.is_done = true;
        Ok(())
    }
}

/// The type of the event is not used as a code when the error has none.
fn error_event(data: &[u8]) -> UpstreamError {
    let error = family::decode(data);
    UpstreamError { code: error.code.filter(|code| code != "error"), ..error }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::usage::Usage;

    #[test]
    fn an_answer_of_unknown_items_is_one() {
        let body = br#"{"status":"completed","output":[{"type":"custom_tool_call","name":"exec"},{"type":"later"}],"usage":{"input_tokens":3,"output_tokens":2,"total_tokens":5}}"#;
        let summary = whole(body).unwrap();
        assert_eq!(summary.finish_reason.as_deref(), Some("tool_calls"));
        let usage = Usage { prompt: 3, completion: 2, total: 5, ..Usage::default() };
        assert_eq!(summary.usage, Some(usage));
        for (body, fits) in [
            (
                r#"{"status":"failed","error":{"code":"server_error","message":"no"},"output":[]}"#,
                "no",
            ),
            (r#"{"object":"list"}"#, "without `output`"),
            (r#"{"status":"completed","output":[]}"#, "empty `output`"),
        ] {
            let found = format!("{:?}", whole(body.as_bytes()).unwrap_err());
            assert!(found.contains(fits), "{found}");
        }
        assert!(whole(br#"{"status":"queued","output":[]}"#).is_ok());
    }

    #[test]
    fn a_stream_of_a_custom_call_alone_has_content_and_ends() {
        let mut observer = Observer::default();
        let read = |observer: &mut Observer, data: &str| {
            observer.read(format!("data: {data}\n\n").as_bytes())
        };
        read(&mut observer, r#"{"type":"response.created","response":{"status":"in_progress"}}"#)
            .unwrap();
        assert!(!observer.summary().has_content);
        read(
            &mut observer,
            r#"{"type":"response.output_item.added","item":{"type":"custom_tool_call"}}"#,
        )
        .unwrap();
        assert!(observer.summary().has_content);
        read(&mut observer, r#"{"type":"response.of_tomorrow","x":{}}"#).unwrap();
        read(&mut observer, r#"{"type":"response.completed","response":{"status":"completed","output":[{}],"usage":{"input_tokens":1,"output_tokens":1}}}"#).unwrap();
        let summary = observer.summary();
        assert!(summary.is_done && summary.usage.is_some());
        assert_eq!(summary.finish_reason.as_deref(), Some("tool_calls"));
        for data in [
            r#"{"type":"error","message":"no"}"#,
            r#"{"type":"response.failed","response":{"status":"failed","error":{"message":"no"}}}"#,
            r#"{"error":{"message":"no"}}"#,
        ] {
            let found = read(&mut Observer::default(), data);
            assert!(matches!(found, Err(StreamFault::Upstream(_))), "{data}");
        }
    }
}
