//! Who sent a request, and its id. An [`Authenticated`] exists only for a request that was let in.

use std::borrow::Cow;
use std::future::{Ready, ready};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use actix_web::dev::Payload;
use actix_web::http::Version;
use actix_web::http::header::{self, AUTHORIZATION, HOST, HeaderMap, HeaderName, ORIGIN};
use actix_web::{FromRequest, HttpMessage, HttpRequest};

use crate::auth::{Caller, ConnectionInfo, Forwarding};
use crate::catalog::{Model, Snapshot};
use crate::domain::facts::RequestFacts;
use crate::domain::hops::{HEADER as HOPS, Hops};
use crate::domain::ids::RequestId;
use crate::domain::times::micros;
use crate::domain::trace_context::{self, TraceContext};
use crate::http::problem::Problem;
use crate::relay::Before;
use crate::routing::{Granted, Rights};

/// A request's id, its time of arrival on both clocks, and what its headers say for routing.
#[derive(Clone, Debug)]
pub struct RequestMeta {
    pub request_id: RequestId,
    pub arrived: Instant,
    pub arrived_us: i64,
    pub before: Before,
    /// Tags for clients that cannot change the model they name.
    pub tags: Option<String>,
    /// The id of the client's conversation.
    pub session: Option<String>,
    /// The routers that it passed before this one.
    pub hops: Hops,
    /// The trace that it belongs to.
    pub trace: Option<TraceContext>,
}

pub const TAGS: &str = "x-llm-router-tags";

/// The headers that are looked up in every request: names that were parsed at build time.
static TAGS_HEADER: HeaderName = HeaderName::from_static(TAGS);
/// Codex, Claude Code, what any client may send, OpenCode.
static SESSIONS: [HeaderName; 4] = [
    HeaderName::from_static("session-id"),
    HeaderName::from_static("x-claude-code-session-id"),
    HeaderName::from_static("x-session-id"),
    HeaderName::from_static("x-session-affinity"),
];
static REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
static HOPS_HEADER: HeaderName = HeaderName::from_static(HOPS);
static TRACE_PARENT: HeaderName = HeaderName::from_static(trace_context::PARENT);
static TRACE_STATE: HeaderName = HeaderName::from_static(trace_context::STATE);

impl RequestMeta {
    pub fn of(headers: &HeaderMap) -> Self {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let sent = headers.get(&REQUEST_ID).and_then(|value| value.to_str().ok());
        let request_id = sent.and_then(RequestId::from_caller).unwrap_or_else(|| {
            let mut random = [0; 10];
            fastrand::fill(&mut random);
            let millis = u64::try_from(since_epoch.as_millis()).unwrap_or(u64::MAX);
            RequestId::generate(millis, random)
        });
        let arrived_us = micros(since_epoch);
        let tags = text(headers, &TAGS_HEADER);
        let mut sessions = SESSIONS.iter().filter_map(|name| text(headers, name));
        let session = sessions.find(|session| !session.trim().is_empty());
        let hops =
            Hops::read(headers.get_all(&HOPS_HEADER).filter_map(|value| value.to_str().ok()));
        Self {
            request_id,
            arrived: Instant::now(),
            arrived_us,
            before: Before::default(),
            tags,
            session,
            hops,
            trace: trace_of(headers),
        }
    }

    /// That of one request of a batch, which starts now.
    pub fn numbered(&self, index: usize) -> Self {
        let waited_us = micros(self.arrived.elapsed());
        Self {
            request_id: self.request_id.numbered(index),
            arrived: Instant::now(),
            arrived_us: self.arrived_us.saturating_add(waited_us),
            before: Before::default(),
            ..self.clone()
        }
    }
}

fn trace_of(headers: &HeaderMap) -> Option<TraceContext> {
    if !headers.contains_key(&TRACE_PARENT) {
        return None;
    }
    let [parents, states] = [&TRACE_PARENT, &TRACE_STATE]
        .map(|name| headers.get_all(name).map(|value| value.to_str().ok()));
    TraceContext::read(parents, states)
}

/// A header that may hold any language; a list where it stands more than once.
fn text(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    let values = headers.get_all(name).map(|value| String::from_utf8_lossy(value.as_bytes()));
    values.map(Cow::into_owned).reduce(|list, value| format!("{list},{value}"))
}

#[derive(Clone, Debug)]
pub struct Authenticated {
    pub meta: RequestMeta,
    pub caller: Caller,
}

impl Authenticated {
    /// The model that a chat names, else the one bound to the session.
    pub fn model_of(&self, facts: &RequestFacts) -> Option<String> {
        let named = facts.model.clone().filter(|name| !name.is_empty());
        named.or_else(|| {
            let (provider, model) = self.caller.session()?.bound.as_ref()?;
            Some(format!("{provider}/{model}"))
        })
    }

    /// Models that the caller may call and whose names resemble the requested one.
    pub fn near_names(&self, snapshot: &Snapshot, requested: &str) -> Vec<String> {
        let mut near = snapshot.near_names(requested);
        let may_call = self.may_call(snapshot);
        near.retain(|name| snapshot.model(name).is_some_and(|model| may_call(model)));
        near
    }

    /// Whether its key may call a model; a caller without a key may call all.
    pub fn may_call<'v>(&'v self, snapshot: &Snapshot) -> impl Fn(&Model) -> bool + use<'v> {
        let restrictions = self.caller.key().map(|key| &key.restrictions);
        let granted = restrictions.map(|restrictions| Granted::of(snapshot, restrictions));
        let granted = granted.unwrap_or_default();
        move |model| {
            restrictions.is_none_or(|restrictions| {
                Rights { restrictions, granted: &granted }.forbids(model).is_none()
            })
        }
    }
}

impl FromRequest for Authenticated {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let auth = request.extensions().get::<Self>().cloned();
        let missing = || {
            Problem::new(500, "internal_error", "internal fault: the request was not authenticated")
        };
        ready(auth.ok_or_else(missing))
    }
}

/// Beside `authorization`, in the order in which they are looked at.
static KEYS: [HeaderName; 4] = [
    HeaderName::from_static("x-session-token"),
    HeaderName::from_static("x-api-key"),
    HeaderName::from_static("x-goog-api-key"),
    HeaderName::from_static("api-key"),
];

/// The credential of a request, from the first header that holds one.
pub fn credential(headers: &HeaderMap) -> Option<&str> {
    // An empty header holds none: SDKs without a key send one.
    let text = |name: &HeaderName| {
        let value = headers.get(name)?.to_str().ok().map(str::trim);
        value.filter(|credential| !credential.is_empty())
    };
    text(&AUTHORIZATION).and_then(bearer).or_else(|| KEYS.iter().find_map(text))
}

fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// What proxies and tunnels write; any of them means that the call is not local.
static FORWARDED: [HeaderName; 9] = [
    header::FORWARDED,
    header::X_FORWARDED_FOR,
    X_REAL_IP,
    header::VIA,
    header::X_FORWARDED_HOST,
    header::X_FORWARDED_PROTO,
    HeaderName::from_static("x-forwarded-port"),
    HeaderName::from_static("cf-connecting-ip"),
    HeaderName::from_static("true-client-ip"),
];

const X_REAL_IP: HeaderName = HeaderName::from_static("x-real-ip");

/// What a request shows of where it came from.
pub fn connection_info<'r>(
    headers: &'r HeaderMap,
    version: Version,
    peer: Option<std::net::SocketAddr>,
) -> ConnectionInfo<'r> {
    let text = |value: &'r actix_web::http::header::HeaderValue| value.to_str().ok();
    // An unreadable value is an unknown address.
    let all =
        |name: &HeaderName| headers.get_all(name).map(|value| text(value).unwrap_or("unknown"));
    ConnectionInfo {
        peer: peer.map(|peer| peer.ip()),
        // nginx uses HTTP/1.0 to its upstreams and adds no header, unless configured to.
        forwarding: FORWARDED
            .iter()
            .find(|name| headers.contains_key(*name))
            .map(|name| Forwarding::Header(name.as_str()))
            .or((version < Version::HTTP_11).then_some(Forwarding::OldVersion)),
        forwarded: all(&header::FORWARDED).collect(),
        x_forwarded_for: all(&header::X_FORWARDED_FOR).collect(),
        x_real_ip: all(&X_REAL_IP).next_back(),
        host: headers.get(HOST).and_then(text),
        // An unreadable origin is still an origin, and a foreign one.
        origin: headers.get(ORIGIN).map(|value| text(value).unwrap_or_default()),
    }
}
