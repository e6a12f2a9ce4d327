//! The events of a stream besides its chunks: keep-alive comments, `[DONE]`, and an error.

use bytes::Bytes;
use serde_json::Value;

use super::chunks::DONE;
use super::wire::write;
use crate::dialects::summary::Summary;

pub const CONTENT_TYPE: &str = "text/event-stream; charset=utf-8";

const COMMENT: &[u8] = b": keepalive\n\n";

/// After an event with an id: openai-python treats every empty line from then on as the end of an
/// event, and fails on one without data.
const COMMENT_BEHIND_ID: &[u8] = b": keepalive\n";

pub fn keepalive(summary: &Summary) -> Bytes {
    Bytes::from_static(if summary.has_ids { COMMENT_BEHIND_ID } else { COMMENT })
}

/// `[DONE]`, for an upstream that ends without it.
pub fn close(summary: &Summary) -> Option<Bytes> {
    (!summary.is_done).then(|| Bytes::from_static(DONE))
}

pub fn fail(error: &Value) -> Bytes {
    let mut event = b"data: ".to_vec();
    write(error, &mut event);
    event.extend_from_slice(b"\n\n");
    Bytes::from(event)
}
