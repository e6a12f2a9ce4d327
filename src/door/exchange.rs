//! One request of an HTTP/2 connection with its answer. A client that resets the stream, or reads
//! nothing of it for too long, ends the request's work.

use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, SystemTime};

use actix_http::body::{BodySize, BoxBody, MessageBody};
use actix_http::error::PayloadError;
use actix_http::header::{
    CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, DATE, HOST, HeaderValue, HttpDate, TRANSFER_ENCODING,
    TryIntoHeaderValue, UPGRADE,
};
use actix_http::{HttpMessage, Method, Payload, Request, Response, ResponseHead, StatusCode};
use actix_service::Service;
use bytes::Bytes;
use futures_util::Stream;
use futures_util::future::poll_fn;
use h2::server::SendResponse;
use h2::{Reason, RecvStream, SendStream};
use http::request::Parts;
use tokio::sync::Notify;
use tokio::time::timeout;

/// How the exchange came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// All of the answer was handed over.
    Answered,
    /// By the client, or with its connection.
    Reset,
    /// The client read nothing for too long, or the stream was cut.
    Stalled,
}

/// Ends a stream from elsewhere. It lies in the request's extensions.
#[derive(Clone, Debug, Default)]
pub struct StreamCut(Arc<Notify>);

impl StreamCut {
    /// Also if the stream does not wait for it yet.
    pub fn cut(&self) {
        self.0.notify_one();
    }
}

/// Of the connection.
#[derive(Clone, Copy, Debug)]
pub struct Peer {
    pub address: Option<SocketAddr>,
    /// How long it may read nothing.
    pub stall: Duration,
}

/// # Cancel safety
/// Dropping it drops the application's work.
pub async fn exchange<S, B>(
    (request, mut respond): (http::Request<RecvStream>, SendResponse<Bytes>),
    application: Rc<S>,
    peer: Peer,
) -> End
where
    S: Service<Request>,
    S::Response: Into<Response<B>>,
    S::Error: Into<Response<BoxBody>>,
    B: MessageBody + 'static,
{
    let is_head = request.method() == Method::HEAD;
    let cut = StreamCut::default();
    let response = match received(request, peer.address) {
        Err(text) => refusal(text),
        Ok(request) => {
            request.extensions_mut().insert(cut.clone());
            let working = pin!(application.call(request));
            tokio::select! {
                _ = poll_fn(|context| respond.poll_reset(context)) => return End::Reset,
                answer = working => match answer {
                    Ok(response) => response.into().map_into_boxed_body(),
                    Err(error) => error.into(),
                },
            }
        }
    };
    let (response, body) = response.into_parts();
    let size = body.size();
    let is_all = is_head || size.is_eof();
    match respond.send_response(head(response.head(), size), is_all) {
        Err(_) => End::Reset,
        Ok(_) if is_all => End::Answered,
        Ok(stream) => Sending { stream, cut, stall: peer.stall }.send(body).await,
    }
}

/// What the application understands.
///
/// # Errors
/// What is wrong with the request.
fn received(
    request: http::Request<RecvStream>,
    peer: Option<SocketAddr>,
) -> Result<Request, &'static str> {
    let (parts, body) = request.into_parts();
    if parts.method == Method::CONNECT || parts.uri.path().is_empty() {
        return Err("this is no proxy: a request names a path");
    }
    let host = host(&parts)?;
    let payload = match body.is_end_stream() {
        true => Payload::None,
        false => Payload::Stream { payload: Box::pin(Body(body)) as _ },
    };
    let mut request = Request::with_payload(payload);
    let head = request.head_mut();
    head.uri = parts.uri;
    head.method = parts.method;
    head.version = parts.version;
    head.headers = parts.headers.into();
    head.peer_addr = peer;
    if let Some(host) = host {
        head.headers.insert(HOST, host);
    }
    Ok(request)
}

fn refusal(text: &str) -> Response<BoxBody> {
    let body =
        format!("{{\"detail\":\"{text}\",\"code\":\"invalid_request\",\"request_id\":null}}\n");
    let mut response = Response::with_body(StatusCode::BAD_REQUEST, BoxBody::new(body));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// The host that was called: in HTTP/2 it stands in the request's line, and may stand in the header as well.
fn host(parts: &Parts) -> Result<Option<HeaderValue>, &'static str> {
    const TWO: &str = "`:authority` and `host` name different hosts";
    let mut written = parts.headers.get_all(HOST).iter();
    let (header, another) = (written.next(), written.next());
    let called = parts.uri.authority().map(|authority| HeaderValue::from_str(authority.as_str()));
    let called = called.transpose().map_err(|_| "`:authority` is no host")?;
    match (&called, header, another) {
        (_, _, Some(_)) => Err(TWO),
        (Some(called), Some(header), None) if called != header => Err(TWO),
        _ => Ok(called),
    }
}

/// What the client sends. The room that it took is given back once it is read.
struct Body(RecvStream);

impl Stream for Body {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let broken = |error: h2::Error| PayloadError::Io(std::io::Error::other(error));
        self.0.poll_data(context).map(|data| {
            let chunk = match data? {
                Ok(chunk) => chunk,
                Err(error) => return Some(Err(broken(error))),
            };
            let released = self.0.flow_control().release_capacity(chunk.len());
            Some(released.map(|()| chunk).map_err(broken))
        })
    }
}

/// The head without what HTTP/2 has no use for.
fn head(head: &ResponseHead, size: BodySize) -> http::Response<()> {
    let mut sent = http::Response::new(());
    *sent.status_mut() = head.status;
    *sent.version_mut() = http::Version::HTTP_2;
    let headers = sent.headers_mut();
    let of_a_connection = [CONNECTION, TRANSFER_ENCODING, UPGRADE];
    for (name, value) in head.headers.iter() {
        let is_needless = of_a_connection.contains(name)
            || matches!(name.as_str(), "keep-alive" | "proxy-connection");
        if !is_needless {
            headers.append(name, value.clone());
        }
    }
    if let BodySize::Sized(length) = size {
        headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
    }
    if !headers.contains_key(DATE)
        && let Ok(now) = HttpDate::from(SystemTime::now()).try_into_value()
    {
        headers.insert(DATE, now);
    }
    sent
}

/// An answer that is being sent.
struct Sending {
    stream: SendStream<Bytes>,
    cut: StreamCut,
    stall: Duration,
}

impl Sending {
    async fn send(mut self, body: BoxBody) -> End {
        let mut body = pin!(body);
        loop {
            let chunk = tokio::select! {
                biased;
                _ = poll_fn(|context| self.stream.poll_reset(context)) => return End::Reset,
                () = self.cut.0.notified() => return self.stalled(),
                chunk = poll_fn(|context| body.as_mut().poll_next(context)) => chunk,
            };
            match chunk {
                None => {
                    let ended = self.stream.send_data(Bytes::new(), true);
                    return if ended.is_ok() { End::Answered } else { End::Reset };
                }
                Some(Err(_)) => {
                    self.stream.send_reset(Reason::INTERNAL_ERROR);
                    return End::Answered;
                }
                Some(Ok(chunk)) => {
                    if let Err(end) = self.send_chunk(chunk).await {
                        return end;
                    }
                }
            }
        }
    }

    async fn send_chunk(&mut self, mut chunk: Bytes) -> Result<(), End> {
        while !chunk.is_empty() {
            self.stream.reserve_capacity(chunk.len());
            let room = match self.stream.capacity() {
                0 => self.wait_for_room().await?,
                room => room,
            };
            let piece = chunk.split_to(room.min(chunk.len()));
            self.stream.send_data(piece, false).map_err(|_| End::Reset)?;
        }
        Ok(())
    }

    /// Until the client has read of what it was sent. May answer that there is none yet.
    async fn wait_for_room(&mut self) -> Result<usize, End> {
        let room = tokio::select! {
            () = self.cut.0.notified() => None,
            room = timeout(self.stall, poll_fn(|context| self.stream.poll_capacity(context))) => room.ok(),
        };
        match room {
            None => Err(self.stalled()),
            Some(Some(Ok(_))) => Ok(self.stream.capacity()),
            // Reset, by whatever means.
            Some(None | Some(Err(_))) => Err(End::Reset),
        }
    }

    fn stalled(&mut self) -> End {
        self.stream.send_reset(Reason::CANCEL);
        End::Stalled
    }
}
