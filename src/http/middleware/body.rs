//! Reads a JSON body, within its size limit and a deadline.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::ServiceResponse;
use actix_web::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use actix_web::web::{Data, Payload};
use actix_web::{HttpMessage, HttpRequest};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use tokio::time::timeout_at;

use crate::dialects::surrogates::mended;
use crate::http::app_state::AppState;
use crate::http::middleware::encoding::{Coding, codings, unpacked};
use crate::http::problem::Problem;

/// Longest gap between two pieces of a body.
const IDLE: Duration = Duration::from_secs(30);

/// A large body has a second more than `[server] body_timeout` for each of so many bytes received.
const BYTES_A_SECOND: u64 = 64 * 1024;

/// Largest buffer that is reserved before any of a body has arrived.
const MAX_RESERVED: usize = 1024 * 1024;

/// # Errors
/// 415 for another type than JSON or a coding that is not accepted, 413 beyond the limit, packed or
/// unpacked, 408 for a body that is not complete in time.
///
/// # Cancel safety
/// Dropping it drops what was read.
pub async fn read_json(
    request: &HttpRequest,
    payload: Payload,
    limit: usize,
) -> Result<Bytes, Problem> {
    let codings = codings(request.headers())?;
    require_json(request)?;
    read_packed(request, payload, codings, limit).await
}

/// The same for an API whose clients do not say that it is JSON.
///
/// # Errors
/// As for [`read_json`], but for the type.
///
/// # Cancel safety
/// Dropping it drops what was read.
pub async fn read_any(
    request: &HttpRequest,
    payload: Payload,
    limit: usize,
) -> Result<Bytes, Problem> {
    let codings = codings(request.headers())?;
    read_packed(request, payload, codings, limit).await
}

async fn read_packed(
    request: &HttpRequest,
    payload: Payload,
    codings: Vec<Coding>,
    limit: usize,
) -> Result<Bytes, Problem> {
    let announced = announced_length(request);
    if announced.is_some_and(|length| length > limit) {
        return Err(too_large(limit));
    }
    let body = read(request, payload, announced.unwrap_or(0), limit).await?;
    Ok(mended(unpacked(body, codings, limit).await?))
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
    let announced = announced_length(request).unwrap_or(0);
    let body = read(request, payload, announced, limit).await?;
    if body.is_empty() {
        return Ok(None);
    }
    let codings = codings(request.headers())?;
    require_json(request)?;
    let body = unpacked(body, codings, limit).await?;
    Ok(Some(mended(body)).filter(|body| !body.is_empty()))
}

fn require_json(request: &HttpRequest) -> Result<(), Problem> {
    let written = request.headers().get(CONTENT_TYPE);
    let written = written.map_or("", |value| value.to_str().unwrap_or("?"));
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

pub(super) fn announced_length(request: &HttpRequest) -> Option<usize> {
    request.headers().get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

async fn read(
    request: &HttpRequest,
    payload: Payload,
    announced: usize,
    limit: usize,
) -> Result<Bytes, Problem> {
    let mut reading = Reading::of(request, payload);
    let body = reading.read_whole(announced, limit).await;
    if body.as_ref().is_err_and(|problem| problem.status == 408) {
        request.extensions_mut().insert(Unread { _payload: reading.payload });
    }
    body
}

/// A body that is no longer waited for.
struct Unread {
    _payload: Payload,
}

/// Ends the connection with the answer where its request's body is no longer waited for. actix-http 3.20
/// reads a chunked body on and on once it is dropped; one that is still held closes the connection.
pub fn close_if_unread(response: ServiceResponse<BoxBody>) -> ServiceResponse<BoxBody> {
    let unread = response.request().extensions_mut().remove::<Unread>();
    match unread {
        Some(unread) => {
            response.map_body(|_, body| BoxBody::new(Holding { body, _unread: unread }))
        }
        None => response,
    }
}

/// The body of an answer, with that of its request.
struct Holding {
    body: BoxBody,
    _unread: Unread,
}

impl MessageBody for Holding {
    type Error = Box<dyn std::error::Error>;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        Pin::new(&mut self.body).poll_next(context)
    }
}

/// A body that is being received.
pub(super) struct Reading {
    payload: Payload,
    begun: Instant,
    /// The deadline for all of it, without what its size adds.
    total: Duration,
    came: u64,
}

impl Reading {
    pub(super) fn of(request: &HttpRequest, payload: Payload) -> Self {
        let state = request.app_data::<Data<AppState>>();
        let total = state.map_or(IDLE, |state| state.body_timeout);
        Self { payload, begun: Instant::now(), total, came: 0 }
    }

    /// A body that came in one piece is not copied.
    async fn read_whole(&mut self, announced: usize, limit: usize) -> Result<Bytes, Problem> {
        let Some(first) = self.next().await? else { return Ok(Bytes::new()) };
        if first.len() > limit {
            return Err(too_large(limit));
        }
        let Some(second) = self.next().await? else { return Ok(first) };
        let mut body = BytesMut::with_capacity(announced.min(MAX_RESERVED));
        body.extend_from_slice(&first);
        let mut chunk = Some(second);
        while let Some(part) = chunk {
            if body.len() + part.len() > limit {
                return Err(too_large(limit));
            }
            body.extend_from_slice(&part);
            chunk = self.next().await?;
        }
        Ok(body.freeze())
    }

    pub(super) async fn next(&mut self) -> Result<Option<Bytes>, Problem> {
        let total = self.total + Duration::from_secs(self.came / BYTES_A_SECOND);
        let (idle, end) = (Instant::now() + IDLE, self.begun + total);
        let Ok(chunk) = timeout_at(idle.min(end).into(), self.payload.next()).await else {
            let message = match idle < end {
                true => format!("the body stopped coming for {} s", IDLE.as_secs()),
                false => format!(
                    "the body did not come to its end within {} s ([server] body_timeout)",
                    total.as_secs_f64()
                ),
            };
            return Err(Problem::new(408, "request_timeout", message));
        };
        let chunk = chunk.transpose().map_err(|error| {
            Problem::new(400, "invalid_request", format!("the body broke off: {error}"))
        })?;
        let length = chunk.as_ref().map_or(0, Bytes::len);
        self.came = self.came.saturating_add(u64::try_from(length).unwrap_or(u64::MAX));
        Ok(chunk)
    }
}

pub(super) fn too_large(limit: usize) -> Problem {
    let message = format!("the body is larger than {limit} bytes ([server] max_body_bytes)");
    Problem::new(413, "request_too_large", message)
}
