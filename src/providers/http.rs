//! Makes one call over HTTP and returns the answer: a bounded body as a whole, or a stream.

use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix::Recipient;
use bytes::{Bytes, BytesMut};
use rustls::ClientConfig;
use tokio::sync::{OwnedSemaphorePermit, oneshot};
use tokio::time::timeout;
use url::Url;

use super::connector::trust_file;
use super::counted::ConnectionCounts;
use super::h1::{
    Answer, Connection, Destination, DialError, Dialer, Head, HttpError, IdleConnections, Leased,
};
use super::messages::Open;
use super::request_head::{Line, RequestHead};
use super::resolver::GuardedResolver;
use super::retry_after::{reset_after, retry_after};
use super::stream::{BodyStream, body_fault};
use super::wire::{
    Body, ContentType, DispatchError, MAX_ANSWER_BYTES, MAX_ERROR_BYTES, MAX_LIST_BYTES, Operation,
    ReplyBody, ReplyTimes, UpstreamReply, WireRequest,
};
use crate::catalog::Provider;
use crate::domain::dialect::Dialect;
use crate::domain::failure::{Fault, Stage};
use crate::domain::hops::RouterId;
use crate::observe::descriptors::{are_exhausted, is_exhaustion};

/// A body up to this size is sent in one piece with its head.
const SMALL_BODY: usize = 4 * 1024;

/// What is reserved at once for a body of which only its length is known.
const ROOM_AHEAD: usize = 256 * 1024;

pub struct HttpTransport {
    /// The APIs for chats first, then the other services.
    apis: Vec<(Dialect, Endpoint)>,
    models: Endpoint,
    head: RequestHead,
    dialer: Dialer,
    /// Host and port, for messages.
    shown: String,
}

/// A URL that is called, with the idle connections of where it leads to.
struct Endpoint {
    host: String,
    path: String,
    destination: Destination,
    idle: Rc<IdleConnections>,
}

impl HttpTransport {
    pub fn new(
        provider: &Provider,
        connect: Duration,
        (tls, counts): (Arc<ClientConfig>, Arc<ConnectionCounts>),
        router: RouterId,
    ) -> Result<Self, Fault> {
        let bad = || Fault::Connect(String::from("its base_url cannot be used"));
        let keep_alive = provider.kind.facts().keep_alive;
        let mut endpoints: Vec<(Destination, Rc<IdleConnections>)> = Vec::new();
        let mut endpoint = |url: &Url| {
            let destination = Destination::of(url)?;
            let known = endpoints.iter().find(|(known, _)| *known == destination);
            let idle = known.map(|(_, idle)| idle.clone()).unwrap_or_else(|| {
                let idle = Rc::new(IdleConnections::new(keep_alive));
                endpoints.push((destination.clone(), idle.clone()));
                idle
            });
            Some(Endpoint { host: authority(url), path: path(url), destination, idle })
        };
        let apis = provider.apis.iter().chain(&provider.services);
        let apis = apis.map(|(dialect, url)| Some((*dialect, endpoint(url)?)));
        let apis = apis.collect::<Option<Vec<_>>>().ok_or_else(bad)?;
        let models = provider.models_url.as_ref().and_then(&mut endpoint).ok_or_else(bad)?;
        let tls = match &provider.settings.ca_file {
            None => tls,
            Some(path) => trust_file(path)?,
        };
        Ok(Self {
            apis,
            shown: models.host.clone(),
            models,
            head: RequestHead::of(provider, router)?,
            dialer: Dialer {
                tls,
                proxy: provider.proxy.clone(),
                resolver: GuardedResolver(provider.egress),
                limit: connect,
                counts,
            },
        })
    }

    /// `permit` is held until the answer has ended. `opener` opens connections where none is idle.
    pub async fn send(
        &self,
        request: WireRequest,
        permit: OwnedSemaphorePermit,
        opener: &Recipient<Open>,
    ) -> Result<UpstreamReply, DispatchError> {
        let limit = request.deadlines.head;
        let (leased, head, connect) = match timeout(limit, self.ask(&request, opener)).await {
            Ok(answered) => answered?,
            Err(_) => return Err(Fault::TooSlow { stage: Stage::Head, limit }.into()),
        };
        let times = ReplyTimes {
            connect: Some(connect),
            head: Some(Instant::now()),
            ..ReplyTimes::default()
        };
        let status = head.status;
        let is_good = (200..300).contains(&status);
        let (mut retry, mut reset) = (None, None);
        if !is_good {
            let now = jiff::Timestamp::now();
            retry = retry_after(&head.headers, now);
            reset = reset_after(&head.headers, now);
        }
        let answer = Answer::new(leased, &head);
        let body = if request.is_stream && is_good && head.content_type != ContentType::Json {
            ReplyBody::Stream(BodyStream::of(answer, permit))
        } else {
            let limit = match (is_good, request.operation) {
                (false, _) => MAX_ERROR_BYTES,
                (true, Operation::ListModels) => MAX_LIST_BYTES,
                (true, Operation::Generate(_)) => MAX_ANSWER_BYTES,
            };
            ReplyBody::Whole(read_whole(answer, limit, is_good, request.deadlines.idle).await?)
        };
        let (content_type, retry_after, reset_after) = (head.content_type, retry, reset);
        Ok(UpstreamReply { status, content_type, retry_after, reset_after, times, body })
    }

    /// Sends the request and reads the head of the answer; returns how long connecting took. The
    /// upstream may have closed an idle connection just as it was taken: then the request is sent
    /// again, on a new one. An upstream that closes a new connection may have read the request, so
    /// that is left to failover.
    async fn ask(
        &self,
        request: &WireRequest,
        opener: &Recipient<Open>,
    ) -> Result<(Leased, Head, Duration), Fault> {
        let (endpoint, dialect) = self.endpoint(request.operation)?;
        let Endpoint { host, path, destination, idle } = endpoint;
        let line = Line { host, path, dialect };
        let mut head = self.head.write(line, request).map_err(|what| self.unreachable(&what))?;
        let mut body = request.body.clone();
        if let Body::Bytes(bytes) = &mut body
            && bytes.len() <= SMALL_BODY
        {
            head.extend_from_slice(&std::mem::take(bytes));
        }
        let head = head.freeze();
        if let Some(connection) = idle.take() {
            let mut leased = Leased { connection, home: idle.clone() };
            match leased.connection.ask(head.clone(), body.clone()).await {
                Ok(answer) => return Ok((leased, answer, Duration::ZERO)),
                Err(HttpError::Unanswered) => {}
                Err(error) => return Err(self.fault(&error)),
            }
        }
        let (reply, opened) = oneshot::channel();
        let stopped = || Fault::Connect(String::from("the provider's pool has stopped"));
        opener.try_send(Open { destination: destination.clone(), reply }).map_err(|_| stopped())?;
        let opened = opened.await.map_err(|_| stopped())?;
        let (connection, connect) = opened.map_err(|error| self.dial_fault(&error))?;
        let mut leased = Leased { connection, home: idle.clone() };
        let answer = leased.connection.ask(head, body).await;
        Ok((leased, answer.map_err(|error| self.fault(&error))?, connect))
    }

    /// # Errors
    /// When it cannot be opened in time.
    ///
    /// # Cancel safety
    /// Dropping the future closes what was opened.
    pub async fn open(
        &self,
        destination: &Destination,
    ) -> Result<(Connection, Duration), DialError> {
        self.dialer.dial(destination).await
    }

    /// Keeps a connection for the next call.
    pub fn keep(&self, destination: &Destination, connection: Connection) {
        let mut endpoints = self.apis.iter().map(|(_, api)| api).chain([&self.models]);
        if let Some(endpoint) = endpoints.find(|known| known.destination == *destination) {
            endpoint.idle.put(connection);
        }
    }

    /// Closes the connections that nobody will use any more.
    pub fn sweep(&self) {
        for (_, api) in &self.apis {
            api.idle.sweep();
        }
        self.models.idle.sweep();
    }

    fn endpoint(&self, operation: Operation) -> Result<(&Endpoint, Option<Dialect>), Fault> {
        match operation {
            Operation::ListModels => {
                Ok((&self.models, self.apis.first().map(|(dialect, _)| *dialect)))
            }
            Operation::Generate(dialect) => {
                let found = self.apis.iter().find(|(offered, _)| *offered == dialect);
                let what = "the provider does not have the API that was chosen for the call";
                let (_, endpoint) = found.ok_or_else(|| self.unreachable(&what))?;
                Ok((endpoint, Some(dialect)))
            }
        }
    }

    fn fault(&self, error: &HttpError) -> Fault {
        match error {
            HttpError::Unanswered | HttpError::Closed => Fault::Closed,
            HttpError::Malformed(what) => {
                Fault::BadAnswer(format!("did not answer in HTTP ({what})"))
            }
            HttpError::Io(error) => self.unreachable(error),
        }
    }

    fn dial_fault(&self, error: &DialError) -> Fault {
        match error {
            DialError::TooSlow => {
                Fault::TooSlow { stage: Stage::Connect, limit: self.dialer.limit }
            }
            // A name is not found either without a descriptor, and a proxy is not reached.
            DialError::Io(error) if is_exhaustion(error) || are_exhausted() => Fault::NoDescriptors,
            DialError::Io(error) => self.unreachable(error),
        }
    }

    fn unreachable(&self, reason: &dyn std::fmt::Display) -> Fault {
        Fault::Connect(format!("{}: {reason}", self.shown))
    }
}

/// As the `Host` header has it.
fn authority(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    match url.port() {
        None => host.to_owned(),
        Some(port) => format!("{host}:{port}"),
    }
}

fn path(url: &Url) -> String {
    match url.query() {
        None => url.path().to_owned(),
        Some(query) => format!("{}?{query}", url.path()),
    }
}

/// Of an error, what was received is enough.
async fn read_whole(
    mut answer: Answer,
    limit: usize,
    is_good: bool,
    idle: Duration,
) -> Result<Bytes, Fault> {
    let too_much = || Fault::BadAnswer(format!("answered more than {limit} bytes"));
    let too_slow = |_| Fault::TooSlow { stage: Stage::Idle, limit: idle };
    if is_good && let Some(length) = answer.length() {
        if usize::try_from(length).is_ok_and(|length| length <= limit) {
            loop {
                let filled = timeout(idle, answer.fill(ROOM_AHEAD)).await.map_err(too_slow)?;
                if let Some(whole) = filled.map_err(|error| body_fault(&error))? {
                    return Ok(whole);
                }
            }
        }
        return Err(too_much());
    }
    let mut first = Bytes::new();
    let mut rest = BytesMut::new();
    while let Some(piece) = timeout(idle, answer.next()).await.map_err(too_slow)? {
        let piece = match piece {
            Ok(piece) => piece,
            Err(_) if !is_good => break,
            Err(error) => return Err(body_fault(&error)),
        };
        if first.len() + rest.len() + piece.len() > limit {
            if !is_good {
                break;
            }
            return Err(too_much());
        }
        if first.is_empty() {
            first = piece;
        } else {
            rest.extend_from_slice(&piece);
        }
    }
    if rest.is_empty() {
        return Ok(first);
    }
    Ok([first, rest.freeze()].concat().into())
}
