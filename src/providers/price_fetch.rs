//! Fetches a list of prices from the address that `[pricing]` names.

use std::time::Duration;

use awc::http::header;
use bytes::BytesMut;
use futures_util::StreamExt;
use tokio::time::timeout;
use url::Url;

use super::connector::{client, trust_roots};
use crate::config::egress::EgressPolicy;

/// A longer list is none.
const MAX_BYTES: usize = 4 * 1024 * 1024;

/// The most for all of it, from the name's lookup to the last byte.
const DEADLINE: Duration = Duration::from_secs(20);

/// Why there is no list.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    #[error("{0}")]
    Refused(String),
    #[error("it was not there within {} s", .0.as_secs_f64())]
    TooSlow(Duration),
    #[error("it has more than {MAX_BYTES} bytes")]
    TooLong,
    #[error("it answered with status {0}")]
    Status(u16),
    #[error("it broke off")]
    BrokenOff,
    #[error("it is not UTF-8")]
    NoText,
    #[error("it cannot be reached: {0}")]
    Unreachable(String),
}

/// Without a proxy; a redirect is not followed. `deadline` is lowered to 20 s.
///
/// # Errors
/// When it cannot be reached, is refused, too long or too slow, or is no text.
///
/// # Cancel safety
/// Dropping the future closes the connection.
pub async fn fetch_prices(
    url: &Url,
    egress: EgressPolicy,
    deadline: Duration,
) -> Result<String, FetchError> {
    if let Some(refusal) = egress.refuse(url) {
        return Err(FetchError::Refused(refusal));
    }
    let deadline = deadline.min(DEADLINE);
    let fetched = timeout(deadline, fetch(url, egress)).await;
    fetched.map_err(|_| FetchError::TooSlow(deadline))?
}

async fn fetch(url: &Url, egress: EgressPolicy) -> Result<String, FetchError> {
    let client = client(Duration::ZERO, DEADLINE, trust_roots(), None, egress);
    let sent = client.get(url.as_str()).insert_header((header::ACCEPT, "application/toml, text/*"));
    let unreachable = |error: &dyn std::fmt::Display| FetchError::Unreachable(error.to_string());
    let mut response = sent.send().await.map_err(|error| unreachable(&error))?;
    let status = response.status().as_u16();
    if status != 200 {
        return Err(FetchError::Status(status));
    }
    let length = response.headers().get(header::CONTENT_LENGTH);
    let length: Option<usize> = length.and_then(|length| length.to_str().ok()?.parse().ok());
    if length.is_some_and(|length| length > MAX_BYTES) {
        return Err(FetchError::TooLong);
    }
    let mut body = BytesMut::new();
    while let Some(piece) = response.next().await {
        let piece = piece.map_err(|_| FetchError::BrokenOff)?;
        if body.len() + piece.len() > MAX_BYTES {
            return Err(FetchError::TooLong);
        }
        body.extend_from_slice(&piece);
    }
    // awc 3.11 takes a body that is shorter than announced for a whole one.
    if length.is_some_and(|length| length != body.len()) {
        return Err(FetchError::BrokenOff);
    }
    String::from_utf8(body.into()).map_err(|_| FetchError::NoText)
}
