//! Reads a JSON body, within its limit and without waiting for ever.

use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use actix_web::web::Payload;
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use serde::de::DeserializeOwned;
use tokio::time::timeout;

use super::problem::Problem;
use crate::dialects::surrogates::mended;

/// A client that sends nothing of its body for this long has gone.
const IDLE: Duration = Duration::from_secs(30);

/// Room that is made for a body before any of it has come.
const MAX_RESERVED: usize = 1024 * 1024;

/// # Errors
/// 415 for another type than JSON, 413 beyond the limit, 408 for a body that stops coming.
///
/// # Cancel safety
/// Dropping it drops what was read.
pub async fn read_json(
    request: &HttpRequest,
    payload: Payload,
    limit: usize,
) -> Result<Bytes, Problem> {
    require_json(request)?;
    let announced = announced_length(request);
    if announced.is_some_and(|length| length > limit) {
        return Err(too_large(limit));
    }
    Ok(mended(read(payload, announced.unwrap_or(0), limit).await?))
}

/// The same for a body that may be absent: nothing, of whatever type, is none.
///
/// # Errors
/// As for [`read_json`], where there is a body.
///
/// # Cancel safety
/// Dropping it drops what was read.
pub async fn read_optional_json(
    request: &HttpRequest,
    payload: Payload,
    limit: usize,
) -> Result<Option<Bytes>, Problem> {
    let body = read(payload, announced_length(request).unwrap_or(0), limit).await?;
    if body.is_empty() {
        return Ok(None);
    }
    require_json(request)?;
    Ok(Some(mended(body)))
}

fn require_json(request: &HttpRequest) -> Result<(), Problem> {
    let header = |name| request.headers().get(name).map(|value| value.to_str().unwrap_or("?"));
    if let Some(encoding) = header(CONTENT_ENCODING).filter(|encoding| *encoding != "identity") {
        let message = format!("content-encoding `{encoding}` is not taken; send the body as it is");
        return Err(Problem::new(415, "unsupported_content_encoding", message));
    }
    let written = header(CONTENT_TYPE).unwrap_or("");
    let essence = written.split(';').next().unwrap_or("").trim().to_ascii_lowercase();
    let is_json = essence == "application/json"
        || (essence.starts_with("application/") && essence.ends_with("+json"));
    if is_json {
        return Ok(());
    }
    let found = if written.is_empty() { String::from("none") } else { format!("`{written}`") };
    let message = format!(
        "content-type must be application/json, not {found}; with curl add -H 'content-type: application/json'"
    );
    Err(Problem::new(415, "unsupported_media_type", message))
}

fn announced_length(request: &HttpRequest) -> Option<usize> {
    request.headers().get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// A body that came in one piece is not copied.
async fn read(mut payload: Payload, announced: usize, limit: usize) -> Result<Bytes, Problem> {
    let Some(first) = next(&mut payload).await? else { return Ok(Bytes::new()) };
    if first.len() > limit {
        return Err(too_large(limit));
    }
    let Some(second) = next(&mut payload).await? else { return Ok(first) };
    let mut body = BytesMut::with_capacity(announced.min(MAX_RESERVED));
    body.extend_from_slice(&first);
    let mut chunk = Some(second);
    while let Some(part) = chunk {
        if body.len() + part.len() > limit {
            return Err(too_large(limit));
        }
        body.extend_from_slice(&part);
        chunk = next(&mut payload).await?;
    }
    Ok(body.freeze())
}

async fn next(payload: &mut Payload) -> Result<Option<Bytes>, Problem> {
    let Ok(chunk) = timeout(IDLE, payload.next()).await else {
        let message = format!("the body stopped coming for {} s", IDLE.as_secs());
        return Err(Problem::new(408, "request_timeout", message));
    };
    chunk.transpose().map_err(|error| {
        Problem::new(400, "invalid_request", format!("the body broke off: {error}"))
    })
}

fn too_large(limit: usize) -> Problem {
    let message = format!("the body is larger than {limit} bytes ([server] max_body_bytes)");
    Problem::new(413, "request_too_large", message)
}

/// Reads an object. serde would take a list for one, member by member.
///
/// # Errors
/// What is wrong with it, and never what stands there: it may hold a key.
pub fn object<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    if body.trim_ascii_start().first().is_some_and(|byte| *byte == b'[') {
        return Err(Problem::new(400, "invalid_request", "the body must be an object, not a list"));
    }
    serde_json::from_slice(body).map_err(|error| unreadable(&error))
}

/// What is wrong with a body that may hold a key: where, but never what stands there.
fn unreadable(error: &serde_json::Error) -> Problem {
    let what = match error.classify() {
        serde_json::error::Category::Data => "a member is unknown or of another type",
        _ => "it is not valid JSON",
    };
    let (line, column) = (error.line(), error.column());
    let message = format!("the body cannot be read: {what} (line {line}, column {column})");
    Problem::new(400, "invalid_request", message)
}
