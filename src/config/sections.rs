//! The single tables of `router.toml`: `[server]`, `[frontend]`, `[timeouts]`,
//! `[pricing]`.

use std::net::IpAddr;
use std::time::Duration;

use ipnet::IpNet;
use url::Url;

use super::base_path::BasePath;
use super::egress::EgressPolicy;
use super::reader::TableReader;
use super::tls_files::{self, TlsFiles};

/// `[server]`. An absent value comes from the environment or the built-in default. Read at start;
/// a change needs a restart, and a log line says so.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ServerSection {
    pub host: Option<String>,
    pub port: Option<u16>,
    pub workers: Option<usize>,
    pub base_path: BasePath,
    pub tls: Option<TlsFiles>,
    pub allow_local_without_auth: Option<bool>,
    pub trusted_proxies: Vec<IpNet>,
    pub cors_origins: Vec<String>,
    /// Additional host names under which a local caller may address the router.
    pub allowed_hosts: Vec<String>,
    pub max_body_bytes: Option<usize>,
    /// Seconds within which a request's body must have arrived.
    pub body_timeout: Option<u64>,
    /// Whether a provider URL may point at a link-local or metadata address. Applied on reload.
    pub allow_link_local: bool,
    pub shutdown_timeout: Option<u64>,
    /// Seconds after which a client that reads nothing of its answer is disconnected.
    pub client_stall_timeout: Option<u64>,
}

/// `[frontend]`: the console's development server.
#[derive(Clone, Debug, PartialEq)]
pub struct FrontendSection {
    pub port: u16,
    pub api_url: String,
    pub api_base_url: String,
}

/// `[timeouts]` in seconds: the deadlines of a call, unless its provider's settings override them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Timeouts {
    pub connect: Duration,
    pub head: Duration,
    pub first_chunk: Duration,
    pub idle: Duration,
    /// A stream without a chunk for this long gets an SSE comment. Before the first chunk the
    /// answer's status 200 is sent with it, so that proxies do not cut the connection.
    pub heartbeat: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            head: Duration::from_secs(60),
            first_chunk: Duration::from_secs(60),
            idle: Duration::from_secs(120),
            heartbeat: Duration::from_secs(15),
        }
    }
}

/// `[pricing]`: a list of prices in the form of `prices.toml`, which comes before the shipped one.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pricing {
    pub file: Option<String>,
    /// Fetched when someone asks for it; before the file.
    pub url: Option<Url>,
}

pub fn read_pricing(table: Option<TableReader<'_>>, egress: EgressPolicy) -> Pricing {
    let Some(table) = table else { return Pricing::default() };
    let pricing = Pricing {
        file: table.string("file").filter(|file| !file.is_empty()),
        url: read_price_url(&table, egress),
    };
    table.finish();
    pricing
}

fn read_price_url(table: &TableReader<'_>, egress: EgressPolicy) -> Option<Url> {
    let written = table.located_string("url")?;
    let problem = match Url::parse(&written.value) {
        Err(error) => Some(error.to_string()),
        Ok(url) if !matches!(url.scheme(), "http" | "https") => {
            Some(String::from("the scheme must be http or https"))
        }
        Ok(url) if !url.username().is_empty() || url.password().is_some() => {
            Some(String::from("it may hold no user and no password"))
        }
        Ok(url) => match egress.refuse(&url) {
            None => return Some(url),
            refused => refused,
        },
    };
    let problem = problem.unwrap_or_default();
    table.error(written.at, format!("`url` is not usable: {problem}"));
    None
}

pub fn read_server(table: TableReader<'_>) -> ServerSection {
    let section = ServerSection {
        host: table.string("host"),
        port: table.port("port"),
        workers: table.positive("workers").and_then(|workers| usize::try_from(workers).ok()),
        base_path: read_base_path(&table),
        tls: tls_files::read(&table),
        allow_local_without_auth: table.bool("allow_local_without_auth"),
        trusted_proxies: read_networks(&table),
        cors_origins: read_origins(&table),
        allowed_hosts: table.strings("allowed_hosts").unwrap_or_default(),
        max_body_bytes: table.positive("max_body_bytes").and_then(|max| usize::try_from(max).ok()),
        body_timeout: table.positive("body_timeout"),
        allow_link_local: table.bool("allow_link_local").unwrap_or(false),
        shutdown_timeout: table.u64("shutdown_timeout"),
        client_stall_timeout: table.positive("client_stall_timeout"),
    };
    table.finish();
    section
}

fn read_base_path(table: &TableReader<'_>) -> BasePath {
    let Some(written) = table.located_string("base_path") else { return BasePath::default() };
    BasePath::parse(&written.value).unwrap_or_else(|| {
        let message = format!(
            "`base_path` is `{}`: write a path like `/llm/`, of letters, digits and `- . _ ~`",
            written.value
        );
        table.error(written.at, message);
        BasePath::default()
    })
}

/// A browser's `Origin` has the scheme, the host and a non-default port, and nothing else.
fn read_origins(table: &TableReader<'_>) -> Vec<String> {
    let at = table.any("cors_origins").map_or(table.at, |written| written.at);
    let origins = table.strings("cors_origins").unwrap_or_default();
    for origin in &origins {
        let sent = url::Url::parse(origin).ok().map(|url| url.origin().ascii_serialization());
        if matches!(origin.as_str(), "*" | "null") || sent.as_ref() == Some(origin) {
            continue;
        }
        let sent = sent.filter(|sent| sent != "null");
        let sent = sent.unwrap_or_else(|| format!("https://{}", origin.trim_end_matches('/')));
        let message = format!(
            "`cors_origins` holds `{origin}`, which no browser sends; did you mean `{sent}`?"
        );
        table.warning(at, message);
    }
    origins
}

fn read_networks(table: &TableReader<'_>) -> Vec<IpNet> {
    let written = table.strings("trusted_proxies").unwrap_or_default();
    let parse = |text: &String| {
        let network = network(text);
        if network.is_none() {
            table.error(
                table.at,
                format!("`trusted_proxies` holds `{text}`, which is not a network like 10.0.0.0/8"),
            );
        }
        network
    };
    written.iter().filter_map(parse).collect()
}

/// A network like `10.0.0.0/8`, or a single address.
pub fn network(text: &str) -> Option<IpNet> {
    let text = text.trim();
    text.parse().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
}

pub fn read_frontend(table: Option<TableReader<'_>>) -> FrontendSection {
    let mut section = FrontendSection {
        port: 3000,
        api_url: String::from("http://localhost:8000"),
        api_base_url: String::from("/api"),
    };
    let Some(table) = table else { return section };
    section.port = table.port("port").unwrap_or(section.port);
    section.api_url = table.string("api_url").unwrap_or(section.api_url);
    section.api_base_url = table.string("api_base_url").unwrap_or(section.api_base_url);
    table.finish();
    section
}

pub fn read_timeouts(table: Option<TableReader<'_>>) -> Timeouts {
    let default = Timeouts::default();
    let Some(table) = table else { return default };
    let seconds =
        |key, otherwise| table.f64(key, 0.001, 86_400.0).map_or(otherwise, Duration::from_secs_f64);
    let timeouts = Timeouts {
        connect: seconds("connect", default.connect),
        head: seconds("head", default.head),
        first_chunk: seconds("first_chunk", default.first_chunk),
        idle: seconds("idle", default.idle),
        heartbeat: seconds("heartbeat", default.heartbeat),
    };
    table.finish();
    timeouts
}
