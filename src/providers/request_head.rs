//! The head of a request to an upstream. What is the same for all calls of a provider is written
//! once.

use awc::http::header::{self, HeaderName, HeaderValue};
use bytes::{BufMut as _, BytesMut};

use super::wire::{Body, Operation, WireRequest};
use crate::catalog::Provider;
use crate::domain::dialect::Dialect;
use crate::domain::failure::Fault;
use crate::domain::hops::{self, RouterId};
use crate::domain::service::Service;
use crate::domain::trace_context;
use crate::domain::vendor_headers::VendorHeaders;

pub(super) const USER_AGENT: &str = concat!("llm-router/", env!("CARGO_PKG_VERSION"));

/// The version that accepts sampling parameters for the models that support them.
const ANTHROPIC_VERSION: &str = "2023-06-01";

/// The length of most heads.
const USUAL: usize = 512;

/// Headers that depend on the call, or on the connection: a provider's settings do not set them.
const OF_THE_CALL: [&str; 8] = [
    hops::HEADER,
    trace_context::PARENT,
    trace_context::STATE,
    "accept",
    "connection",
    "content-length",
    "transfer-encoding",
    "host",
];

pub struct RequestHead {
    /// Lines that all calls have, the host's apart.
    common: Vec<u8>,
    /// Of all bodies but forms.
    content_type: Vec<u8>,
    /// Of the settings, in place of the one of the URL.
    host: Option<Vec<u8>>,
    /// Of calls of Anthropic's API; nothing where the settings have one.
    anthropic_version: Vec<u8>,
    auth_header: HeaderName,
    auth_scheme: String,
    /// The settings' own value of that header, for calls without a key.
    auth_fallback: Vec<u8>,
    /// The id of this router in the `hops` header.
    router: RouterId,
}

/// Where a request goes to on its connection.
#[derive(Clone, Copy, Debug)]
pub struct Line<'a> {
    pub host: &'a str,
    pub path: &'a str,
    /// The API that is called, whose headers go with it.
    pub dialect: Option<Dialect>,
}

impl RequestHead {
    /// # Errors
    /// When a header of the settings cannot be sent.
    pub fn of(provider: &Provider, router: RouterId) -> Result<Self, Fault> {
        let bad = |what: &str| Fault::Connect(format!("its {what} cannot be used"));
        let settings = &provider.settings;
        let (auth_header, auth_scheme) = provider.kind.facts().key_header;
        let auth_header = settings.auth_header.as_deref().unwrap_or(auth_header);
        let auth_header = HeaderName::try_from(auth_header).map_err(|_| bad("auth_header"))?;
        let auth_scheme = settings.auth_scheme.as_deref().unwrap_or(auth_scheme);
        let version = settings.other.get("anthropic_version").and_then(|value| value.as_str());
        let version = version.unwrap_or(ANTHROPIC_VERSION);
        let version = HeaderValue::try_from(version).map_err(|_| bad("anthropic_version"))?;
        let mut headers = vec![
            (header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
            (header::USER_AGENT, HeaderValue::from_static(USER_AGENT)),
        ];
        for (name, value) in &provider.headers {
            let name = HeaderName::try_from(name.as_str()).map_err(|_| bad("headers"))?;
            let value = HeaderValue::try_from(value.expose()).map_err(|_| bad("headers"))?;
            headers.retain(|(known, _)| *known != name);
            headers.push((name, value));
        }
        let mut head = Self {
            common: Vec::new(),
            content_type: Vec::new(),
            host: None,
            anthropic_version: line("anthropic-version", version.as_bytes()),
            auth_scheme: auth_scheme.to_owned(),
            auth_fallback: Vec::new(),
            auth_header,
            router,
        };
        for (name, value) in headers {
            head.add(&name, &value);
        }
        Ok(head)
    }

    fn add(&mut self, name: &HeaderName, value: &HeaderValue) {
        let written = line(name.as_str(), value.as_bytes());
        if *name == header::HOST {
            self.host = Some(written);
        } else if *name == header::CONTENT_TYPE {
            self.content_type = written;
        } else if *name == self.auth_header {
            self.auth_fallback = written;
        } else if !OF_THE_CALL.contains(&name.as_str()) {
            if name.as_str() == "anthropic-version" {
                self.anthropic_version.clear();
            }
            self.common.extend_from_slice(&written);
        }
    }

    /// # Errors
    /// When the path or the key holds what no head can carry.
    pub fn write(&self, to: Line<'_>, request: &WireRequest) -> Result<BytesMut, &'static str> {
        let path = request.path.as_deref().unwrap_or_default();
        let is_sendable = |text: &str| text.bytes().all(|byte| byte.is_ascii_graphic());
        if !is_sendable(path) {
            return Err("the path of the call holds characters that no URL can carry");
        }
        let mut out = BytesMut::with_capacity(USUAL + self.common.len());
        let is_post = matches!(request.operation, Operation::Generate(_));
        out.put_slice(if is_post { b"POST " } else { b"GET " });
        let (base, path) = joined(to.path, path);
        out.put_slice(base.as_bytes());
        out.put_slice(path.as_bytes());
        out.put_slice(b" HTTP/1.1\r\n");
        match &self.host {
            Some(host) => out.put_slice(host),
            None => put(&mut out, "host", &[to.host]),
        }
        out.put_slice(&self.common);
        match &request.body {
            Body::Bytes(_) => out.put_slice(&self.content_type),
            Body::Form(form) => put(&mut out, "content-type", &[form.content_type()]),
        }
        if to.dialect == Some(Dialect::AnthropicMessages) {
            let VendorHeaders { version, beta } = &request.vendor;
            match version {
                Some(version) => put(&mut out, "anthropic-version", &[version]),
                None => out.put_slice(&self.anthropic_version),
            }
            if let Some(beta) = beta {
                put(&mut out, "anthropic-beta", &[beta]);
            }
        }
        put(&mut out, hops::HEADER, &[&request.hops.through(self.router)]);
        if let Some(trace) = &request.trace {
            put(&mut out, trace_context::PARENT, &[&trace.parent]);
            if let Some(state) = &trace.state {
                put(&mut out, trace_context::STATE, &[state]);
            }
        }
        let accept = match request.operation {
            Operation::Generate(Dialect::Forwarded(service)) if service != Service::Completions => {
                "*/*"
            }
            _ if request.is_stream => "text/event-stream",
            _ => "application/json",
        };
        put(&mut out, "accept", &[accept]);
        match &request.key {
            None => out.put_slice(&self.auth_fallback),
            Some(key) => {
                let key = key.expose();
                if !key.bytes().all(|byte| byte == b'\t' || (byte >= b' ' && byte != 0x7f)) {
                    return Err(
                        "the provider's key holds characters that no HTTP header can carry",
                    );
                }
                let space = if self.auth_scheme.is_empty() { "" } else { " " };
                put(&mut out, self.auth_header.as_str(), &[&self.auth_scheme, space, key]);
            }
        }
        if is_post {
            put(&mut out, "content-length", &[&request.body.length().to_string()]);
        }
        out.put_slice(b"\r\n");
        Ok(out)
    }
}

/// The path to call. What begins with `../` stands in place of the last part of the provider's.
fn joined<'p>(base: &'p str, path: &'p str) -> (&'p str, &'p str) {
    let Some(beside) = path.strip_prefix("../") else { return (base, path) };
    let base = base.split_once('?').map_or(base, |(base, _)| base);
    let end = base.rfind('/').map_or(0, |slash| slash + 1);
    (base.get(..end).unwrap_or_default(), beside)
}

fn put(out: &mut BytesMut, name: &str, value: &[&str]) {
    out.put_slice(name.as_bytes());
    out.put_slice(b": ");
    for part in value {
        out.put_slice(part.as_bytes());
    }
    out.put_slice(b"\r\n");
}

fn line(name: &str, value: &[u8]) -> Vec<u8> {
    [name.as_bytes(), b": ", value, b"\r\n"].concat()
}
