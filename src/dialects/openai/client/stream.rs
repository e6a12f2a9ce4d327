//! What stands around the chunks of a stream: comments that bridge silence, `[DONE]`, and a failure
//! as an event.

use bytes::Bytes;
use serde_json::Value;

use super::chunks::DONE;
use super::wire::write;
use crate::dialects::summary::Summary;

pub const CONTENT_TYPE: &str = "text/event-stream; charset=utf-8";

const COMMENT: &[u8] = b": keepalive\n\n";

/// Behind an event with an id: openai-python takes each empty line from then on for the end of an
/// event, and fails on one without data.
const COMMENT_BEHIND_ID: &[u8] = b": keepalive\n";

pub fn keepalive(summary: &Summary) -> Bytes {
    Bytes::from_static(if summary.has_ids { COMMENT_BEHIND_ID } else { COMMENT })
}

/// `[DONE]`, where the upstream sent none: some end without it.
pub fn close(summary: &Summary) -> Option<Bytes> {
    (!summary.is_done).then(|| Bytes::from_static(DONE))
}

pub fn fail(error: &Value) -> Bytes {
    let mut event = b"data: ".to_vec();
    write(error, &mut event);
    event.extend_from_slice(b"\n\n");
    Bytes::from(event)
}
