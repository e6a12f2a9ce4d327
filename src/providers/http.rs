//! Sends one call with awc and returns the answer: a bounded body as a whole, a stream as a channel
//! of chunks.

use std::error::Error as _;
use std::io::ErrorKind;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use awc::error::{ConnectError, PayloadError, SendRequestError};
use awc::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use awc::http::{Uri, Version};
use awc::{Client, ClientResponse};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use rustls::ClientConfig;
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tokio::time::timeout;
use url::Url;

use super::connector::{Used, client, trust_file, with_used_connection};
use super::counted::ConnectionCounts;
use super::retry_after::{reset_after, retry_after};
use super::wire::{
    DispatchError, MAX_ANSWER_BYTES, MAX_ERROR_BYTES, MAX_LIST_BYTES, Operation, ReplyBody,
    ReplyTimes, UpstreamReply, WireRequest,
};
use crate::catalog::Provider;
use crate::domain::dialect::Dialect;
use crate::domain::failure::{Fault, Stage};
use crate::domain::hops::{self, RouterId};
use crate::domain::secret::Secret;
use crate::domain::trace_context;

/// Chunks that may wait for a slow client before reading from the upstream pauses.
const CHUNKS_AHEAD: usize = 16;

pub(super) const USER_AGENT: &str = concat!("llm-router/", env!("CARGO_PKG_VERSION"));

/// The version that accepts sampling parameters for the models that support them.
const ANTHROPIC_VERSION: &str = "2023-06-01";

pub struct HttpTransport {
    client: Client,
    apis: Vec<(Dialect, Uri)>,
    models_url: Uri,
    /// All headers except the key and those that depend on the call.
    headers: Vec<(HeaderName, HeaderValue)>,
    /// Sent with calls of Anthropic's API, unless `headers` has one.
    anthropic_version: HeaderValue,
    auth_header: HeaderName,
    auth_scheme: String,
    /// The id of this router in the `hops` header.
    router: RouterId,
}

impl HttpTransport {
    pub fn new(
        provider: &Provider,
        connect: Duration,
        (tls, counts): (Arc<ClientConfig>, Arc<ConnectionCounts>),
        router: RouterId,
    ) -> Result<Self, Fault> {
        let bad = |what: &str| Fault::Connect(format!("its {what} cannot be used"));
        let uri = |url: &Url| url.as_str().parse::<Uri>().map_err(|_| bad("base_url"));
        let apis = provider.apis.iter().map(|(dialect, url)| Ok((*dialect, uri(url)?)));
        let apis = apis.collect::<Result<Vec<_>, Fault>>()?;
        let models_url = provider.models_url.as_ref().ok_or_else(|| bad("base_url"))?;
        let settings = &provider.settings;
        let mut headers = vec![
            (header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
            (header::USER_AGENT, HeaderValue::from_static(USER_AGENT)),
        ];
        let version = settings.other.get("anthropic_version").and_then(|value| value.as_str());
        let version =
            version.filter(|_| apis.iter().any(|(api, _)| *api == Dialect::AnthropicMessages));
        let anthropic_version = HeaderValue::try_from(version.unwrap_or(ANTHROPIC_VERSION))
            .map_err(|_| bad("anthropic_version"))?;
        for (name, value) in &provider.headers {
            let name = HeaderName::try_from(name.as_str()).map_err(|_| bad("headers"))?;
            let mut value = HeaderValue::try_from(value.expose()).map_err(|_| bad("headers"))?;
            value.set_sensitive(true);
            headers.retain(|(known, _)| *known != name);
            headers.push((name, value));
        }
        let tls = match &settings.ca_file {
            None => tls,
            Some(path) => trust_file(path)?,
        };
        let (auth_header, auth_scheme) = provider.kind.facts().key_header;
        let auth_header = settings.auth_header.as_deref().unwrap_or(auth_header);
        let auth_scheme = settings.auth_scheme.as_deref().unwrap_or(auth_scheme);
        Ok(Self {
            client: client(
                provider.kind.facts().keep_alive,
                connect,
                tls,
                provider.proxy.clone(),
                provider.egress,
                counts,
            ),
            apis,
            models_url: uri(models_url)?,
            anthropic_version,
            headers,
            auth_header: HeaderName::try_from(auth_header).map_err(|_| bad("auth_header"))?,
            auth_scheme: auth_scheme.to_owned(),
            router,
        })
    }

    /// `permit` is held until the answer has ended.
    pub async fn send(
        self: &Rc<Self>,
        request: WireRequest,
        permit: OwnedSemaphorePermit,
    ) -> Result<UpstreamReply, DispatchError> {
        let head = request.deadlines.head;
        let too_slow = |stage, limit| Fault::TooSlow { stage, limit };
        let (response, connect) = match timeout(head, self.head(&request)).await {
            Ok(response) => {
                response.map_err(|error| self.fault_of(error, request.deadlines.connect))?
            }
            Err(_) => return Err(too_slow(Stage::Head, head).into()),
        };
        let times = ReplyTimes {
            connect: Some(connect),
            head: Some(Instant::now()),
            ..ReplyTimes::default()
        };
        let status = response.status().as_u16();
        if (200..300).contains(&status) && is_ended_by_close(&response) {
            let what =
                "answered with neither content-length nor chunked encoding, which is not read";
            return Err(Fault::BadAnswer(String::from(what)).into());
        }
        let content_type = text(response.headers(), &header::CONTENT_TYPE);
        let is_json = content_type.is_some_and(|kind| kind.starts_with("application/json"));
        let is_good = (200..300).contains(&status);
        let (mut retry, mut reset) = (None, None);
        if !is_good {
            let now = jiff::Timestamp::now();
            retry = retry_after(response.headers(), now);
            reset = reset_after(response.headers(), now);
        }
        let body = if request.is_stream && is_good && !is_json {
            ReplyBody::Stream(pump(response, permit))
        } else {
            let limit = match (is_good, request.operation) {
                (false, _) => MAX_ERROR_BYTES,
                (true, Operation::ListModels) => MAX_LIST_BYTES,
                (true, Operation::Generate(_)) => MAX_ANSWER_BYTES,
            };
            ReplyBody::Whole(read_whole(response, limit, is_good, request.deadlines.idle).await?)
        };
        Ok(UpstreamReply { status, retry_after: retry, reset_after: reset, times, body })
    }

    /// Sends the request and reads the head of the answer; returns how long connecting took. The upstream may have closed a pooled
    /// connection just as it was taken; awc does not retry, so this does, once. An upstream that
    /// closes a new connection may have read the request, so a retry is left to failover.
    async fn head(
        &self,
        request: &WireRequest,
    ) -> Result<(ClientResponse, Duration), SendRequestError> {
        let (outcome, used) = match with_used_connection(self.send_once(request)).await {
            (Err(error), Used::Pooled) if is_disconnect(&error) => {
                with_used_connection(self.send_once(request)).await
            }
            first => first,
        };
        let connect = match used {
            Used::Pooled => Duration::ZERO,
            Used::New(took) => took,
        };
        outcome.map(|response| (response, connect))
    }

    async fn send_once(&self, request: &WireRequest) -> Result<ClientResponse, SendRequestError> {
        let (mut call, dialect) = match request.operation {
            Operation::Generate(dialect) => {
                let uri = self.uri_of(dialect)?;
                let call = match &request.path {
                    None => self.client.post(uri.clone()),
                    Some(path) => self.client.post(format!("{uri}{path}")),
                };
                (call, Some(dialect))
            }
            Operation::ListModels => {
                let call = match &request.path {
                    None => self.client.get(self.models_url.clone()),
                    Some(query) => self.client.get(format!("{}{query}", self.models_url)),
                };
                (call, self.preferred_dialect())
            }
        };
        if dialect == Some(Dialect::AnthropicMessages) {
            call = call.insert_header(("anthropic-version", self.anthropic_version.clone()));
        }
        for (name, value) in &self.headers {
            call = call.insert_header((name.clone(), value.clone()));
        }
        call = call.insert_header((hops::HEADER, request.hops.through(self.router)));
        if let Some(trace) = &request.trace {
            call = call.insert_header((trace_context::PARENT, &*trace.parent));
            if let Some(state) = &trace.state {
                call = call.insert_header((trace_context::STATE, &**state));
            }
        }
        let accept = if request.is_stream { "text/event-stream" } else { "application/json" };
        call = call.insert_header((header::ACCEPT, HeaderValue::from_static(accept)));
        if let Some(key) = &request.key {
            call = call.insert_header((self.auth_header.clone(), self.credential(key)?));
        }
        call.send_body(request.body.clone()).await
    }

    fn preferred_dialect(&self) -> Option<Dialect> {
        self.apis.first().map(|(dialect, _)| *dialect)
    }

    fn uri_of(&self, dialect: Dialect) -> Result<&Uri, SendRequestError> {
        let found = self.apis.iter().find(|(offered, _)| *offered == dialect);
        found.map(|(_, uri)| uri).ok_or_else(|| {
            let reason = "the provider does not have the API that was chosen for the call";
            SendRequestError::Send(std::io::Error::new(ErrorKind::InvalidInput, reason))
        })
    }

    fn fault_of(&self, error: SendRequestError, connect: Duration) -> Fault {
        if is_disconnect(&error) {
            return Fault::Closed;
        }
        let host = self.models_url.authority().map_or("", |authority| authority.as_str());
        let unreachable = |reason: String| Fault::Connect(format!("{host}: {reason}"));
        match error {
            SendRequestError::Connect(ConnectError::Timeout) | SendRequestError::Timeout => {
                Fault::TooSlow { stage: Stage::Connect, limit: connect }
            }
            SendRequestError::Connect(error) => unreachable(error.to_string()),
            SendRequestError::Response(error) => {
                Fault::BadAnswer(format!("did not answer in HTTP ({error})"))
            }
            error => unreachable(error.to_string()),
        }
    }

    fn credential(&self, key: &Secret) -> Result<HeaderValue, SendRequestError> {
        let text = match self.auth_scheme.as_str() {
            "" => key.expose().to_owned(),
            scheme => format!("{scheme} {}", key.expose()),
        };
        let mut value = HeaderValue::try_from(text).map_err(|_| {
            let reason = "the provider's key holds characters that no HTTP header can carry";
            SendRequestError::Send(std::io::Error::new(ErrorKind::InvalidInput, reason))
        })?;
        value.set_sensitive(true);
        Ok(value)
    }
}

/// A body that ends with its connection. awc 3.11 (actix-http 3.20) reads it as empty.
fn is_ended_by_close(response: &ClientResponse) -> bool {
    let headers = response.headers();
    response.version() == Version::HTTP_11
        && !headers.contains_key(header::CONTENT_LENGTH)
        && !headers.contains_key(header::TRANSFER_ENCODING)
}

pub(super) fn is_disconnect(error: &SendRequestError) -> bool {
    let io = match error {
        SendRequestError::Connect(ConnectError::Disconnected) => return true,
        SendRequestError::Send(error) | SendRequestError::Connect(ConnectError::Io(error)) => {
            Some(error)
        }
        // A reset in place of the head.
        SendRequestError::Response(error) => error.source().and_then(|io| io.downcast_ref()),
        _ => None,
    };
    io.is_some_and(|error: &std::io::Error| {
        matches!(
            error.kind(),
            ErrorKind::ConnectionReset
                | ErrorKind::BrokenPipe
                | ErrorKind::ConnectionAborted
                | ErrorKind::UnexpectedEof
                | ErrorKind::NotConnected
        )
    })
}

async fn read_whole(
    mut response: ClientResponse,
    limit: usize,
    is_good: bool,
    idle: Duration,
) -> Result<Bytes, Fault> {
    let too_much = || Fault::BadAnswer(format!("answered more than {limit} bytes"));
    let announced: usize = text(response.headers(), &header::CONTENT_LENGTH)
        .and_then(|length| length.parse().ok())
        .unwrap_or_default();
    if is_good && announced > limit {
        return Err(too_much());
    }
    let mut first = Bytes::new();
    let mut rest = BytesMut::new();
    loop {
        let chunk = match timeout(idle, response.next()).await {
            Err(_) => return Err(Fault::TooSlow { stage: Stage::Idle, limit: idle }),
            Ok(None) => break,
            Ok(Some(Ok(chunk))) => chunk,
            // The received part of an error's body is enough.
            Ok(Some(Err(_))) if !is_good => break,
            Ok(Some(Err(error))) => return Err(body_fault(&error)),
        };
        if first.len() + rest.len() + chunk.len() > limit {
            if !is_good {
                break;
            }
            return Err(too_much());
        }
        if first.is_empty() {
            first = chunk;
        } else {
            rest.extend_from_slice(&chunk);
        }
    }
    // awc 3.11 ends a body that is cut short as if it were complete.
    if is_good && first.len() + rest.len() < announced {
        return Err(Fault::Closed);
    }
    if rest.is_empty() {
        return Ok(first);
    }
    Ok([first, rest.freeze()].concat().into())
}

/// Moves chunks from the connection into a channel until the answer ends or the receiver is gone.
fn pump(
    mut response: ClientResponse,
    permit: OwnedSemaphorePermit,
) -> mpsc::Receiver<Result<Bytes, Fault>> {
    let (sender, receiver) = mpsc::channel(CHUNKS_AHEAD);
    actix::spawn(async move {
        let _permit = permit;
        loop {
            let chunk = tokio::select! {
                chunk = response.next() => chunk,
                () = sender.closed() => return,
            };
            let Some(chunk) = chunk else { return };
            let is_last = chunk.is_err();
            let sent = sender.send(chunk.map_err(|error| body_fault(&error))).await;
            if sent.is_err() || is_last {
                return;
            }
        }
    });
    receiver
}

fn body_fault(error: &PayloadError) -> Fault {
    let broken = |error: &std::io::Error| {
        matches!(error.kind(), ErrorKind::InvalidInput | ErrorKind::InvalidData)
    };
    match error {
        PayloadError::Incomplete(Some(error)) | PayloadError::Io(error) if broken(error) => {
            Fault::BadAnswer(format!("sent a broken body ({error})"))
        }
        PayloadError::Incomplete(_) | PayloadError::Io(_) => Fault::Closed,
        error => Fault::BadAnswer(format!("sent a broken body ({error})")),
    }
}

fn text<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}
