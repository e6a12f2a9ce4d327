//! The way to an OpenTelemetry collector: OTLP over HTTP, with a connection of its own.
//!
//! Source: <https://opentelemetry.io/docs/specs/otlp/#otlphttp>.

use std::error::Error as _;
use std::time::Duration;

use awc::error::{ConnectError, SendRequestError};
use awc::http::Uri;
use awc::http::header::{
    ACCEPT, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, USER_AGENT,
};
use awc::{Client, ClientResponse};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use tokio::time::timeout;

use super::connector::{client, trust_roots};
use super::h1::is_disconnect;
use super::request_head;
use super::retry_after::retry_after;
use crate::catalog::telemetry::Telemetry;

/// For an export, from the name's lookup to the end of the answer.
const DEADLINE: Duration = Duration::from_secs(10);

const KEEP_ALIVE: Duration = Duration::from_secs(30);

/// What is read of an answer.
const MAX_ANSWER_BYTES: usize = 64 * 1024;

pub struct Collector {
    client: Client,
    uri: Uri,
    headers: HeaderMap,
    pub is_compressed: bool,
}

/// Why an export was not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct NotTaken {
    pub reason: String,
    pub may_retry: bool,
    pub retry_after: Option<Duration>,
}

impl NotTaken {
    fn for_now(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), may_retry: true, retry_after: None }
    }
}

impl Collector {
    /// # Errors
    /// When its address, its proxy or a header cannot be used.
    pub fn new(telemetry: &Telemetry) -> Result<Self, String> {
        let section = &telemetry.section;
        let uri = section.endpoint.as_str().parse::<Uri>();
        let uri = uri.map_err(|_| String::from("its address cannot be used"))?;
        let proxy = telemetry.proxy.clone()?;
        let mut headers = HeaderMap::new();
        headers.insert(USER_AGENT, HeaderValue::from_static(request_head::USER_AGENT));
        for (name, value) in &section.headers {
            let bad = || format!("the header `{name}` cannot be used");
            let name = HeaderName::try_from(name.as_str()).map_err(|_| bad())?;
            let mut value = HeaderValue::try_from(value.expose()).map_err(|_| bad())?;
            value.set_sensitive(true);
            headers.insert(name, value);
        }
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        if section.is_compressed {
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        let client = client(KEEP_ALIVE, DEADLINE, trust_roots(), proxy, telemetry.egress);
        Ok(Self { client, uri, headers, is_compressed: section.is_compressed })
    }

    /// Sends an export request. Returns the answer's body, which may say that a part was rejected.
    ///
    /// # Errors
    /// When it was not taken, or it is not known whether it was.
    ///
    /// # Cancel safety
    /// Dropping the future closes the connection; the collector may have taken it.
    pub async fn export(&self, body: Bytes) -> Result<Bytes, NotTaken> {
        let exported = timeout(DEADLINE, self.export_without_deadline(body)).await;
        let too_slow = || NotTaken::for_now(format!("no answer within {} s", DEADLINE.as_secs()));
        exported.unwrap_or_else(|_| Err(too_slow()))
    }

    async fn export_without_deadline(&self, body: Bytes) -> Result<Bytes, NotTaken> {
        let sent = match self.send(body.clone()).await {
            // An idle connection may have been closed by the collector just as it was taken.
            Err(error) if is_closed(&error) => self.send(body).await,
            sent => sent,
        };
        let mut response = sent.map_err(|error| NotTaken::for_now(error.to_string()))?;
        let status = response.status();
        if !status.is_success() {
            return Err(NotTaken {
                reason: format!("it answered with status {}", status.as_u16()),
                may_retry: matches!(status.as_u16(), 429 | 502 | 503 | 504),
                retry_after: retry_after(response.headers(), jiff::Timestamp::now()),
            });
        }
        let mut answer = BytesMut::new();
        while let Some(piece) = response.next().await {
            let Ok(piece) = piece else { break };
            answer.extend_from_slice(&piece);
            if answer.len() > MAX_ANSWER_BYTES {
                break;
            }
        }
        Ok(answer.freeze())
    }

    async fn send(&self, body: Bytes) -> Result<ClientResponse, SendRequestError> {
        let mut call = self.client.post(self.uri.clone());
        for (name, value) in &self.headers {
            call = call.insert_header((name.clone(), value.clone()));
        }
        call.send_body(body).await
    }
}

/// Whether the collector has closed the connection.
fn is_closed(error: &SendRequestError) -> bool {
    let io = match error {
        SendRequestError::Connect(ConnectError::Disconnected) => return true,
        SendRequestError::Send(error) | SendRequestError::Connect(ConnectError::Io(error)) => {
            Some(error)
        }
        // A reset in place of the head.
        SendRequestError::Response(error) => error.source().and_then(|io| io.downcast_ref()),
        _ => None,
    };
    io.is_some_and(is_disconnect)
}
