//! Settings of the process: flag > environment > `router.toml` > default.

use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use ipnet::IpNet;

use super::base_path::BasePath;
use super::sections::ServerSection;
use super::service_credentials;
use super::tls_files::TlsFiles;
use crate::domain::secret::Secret;

/// Reads a variable: from the process, or from a test.
pub type Env = Arc<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// The flags of the command line.
#[derive(Clone, Debug, Default)]
pub struct Flags {
    pub config: Option<PathBuf>,
    pub host: Option<String>,
    pub port: Option<u16>,
}

#[derive(Clone, Debug)]
pub struct Settings {
    pub host: String,
    pub port: u16,
    /// Web workers; each has its own connection pools.
    pub workers: usize,
    /// Where browsers find the router on its host.
    pub base_path: BasePath,
    /// The router speaks https then, and no plain HTTP.
    pub tls: Option<TlsFiles>,
    pub config_path: PathBuf,
    pub database: String,
    /// Keys of `LLM_ROUTER_API_KEYS`: unrestricted, admin.
    pub api_keys: Vec<Secret>,
    pub require_auth: bool,
    pub allow_local_without_auth: bool,
    pub trusted_proxies: Vec<IpNet>,
    pub cors_origins: Vec<String>,
    pub allowed_hosts: Vec<String>,
    pub max_body_bytes: usize,
    pub body_timeout: Duration,
    /// `LLM_ROUTER_DEFAULT_TIMEOUT`, where the environment sets it.
    pub head_timeout: Option<Duration>,
    pub shutdown_timeout: Duration,
    pub client_stall_timeout: Duration,
}

/// An environment variable with an invalid value.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("environment variable {name}: {} is not {expected}", shown(.value))]
pub struct BadVariable {
    name: &'static str,
    value: String,
    expected: &'static str,
}

/// Shows a short word or number only: anything else may be a key that was set under the wrong name.
fn shown(value: &str) -> String {
    const MOST: usize = 12;
    let is_word = value.len() <= MOST && value.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if is_word { format!("`{value}`") } else { String::from("its value") }
}

/// The path of `router.toml`, which must be known before the file is read.
pub fn config_path(flags: &Flags, env: impl Fn(&str) -> Option<String>) -> PathBuf {
    flags
        .config
        .clone()
        .or_else(|| env("LLM_ROUTER_MODEL_CONFIG").map(PathBuf::from))
        .unwrap_or_else(|| PathBuf::from("./router.toml"))
}

/// The path of the database.
pub fn database(env: impl Fn(&str) -> Option<String>) -> String {
    env("LLM_ROUTER_DATABASE_URL").unwrap_or_else(|| String::from("sqlite://llm_router.db"))
}

/// The process environment, and after it the credentials that systemd passes. Empty variables count
/// as absent. One that is not UTF-8 counts as set, with replacement characters: it may be a switch
/// that restricts access.
pub fn process_env(name: &str) -> Option<String> {
    let set = std::env::var_os(name).map(|value| value.to_string_lossy().into_owned());
    set.filter(|value| !value.is_empty()).or_else(|| service_credentials::find(name))
}

/// All variables that the router itself reads.
pub const VARIABLES: [&str; 12] = [
    "LLM_ROUTER_ALLOW_LOCAL_WITHOUT_AUTH",
    "LLM_ROUTER_API_KEYS",
    "LLM_ROUTER_DATABASE_URL",
    "LLM_ROUTER_DEFAULT_TIMEOUT",
    "LLM_ROUTER_HOST",
    "LLM_ROUTER_LOG_LEVEL",
    "LLM_ROUTER_MODEL_CONFIG",
    "LLM_ROUTER_PORT",
    "LLM_ROUTER_REQUIRE_AUTH",
    "LLM_ROUTER_SECRET_KEY",
    "LLM_ROUTER_TLS_CERT",
    "LLM_ROUTER_TLS_KEY",
];

/// A warning about a variable whose name is nearly that of a setting: a misspelt access switch has
/// no effect. Other names with the prefix are fine: Kubernetes sets `LLM_ROUTER_SERVICE_HOST` for a
/// service of that name, and a provider's key may be called so.
pub fn misspelt(name: &str) -> Option<String> {
    const MOST_TYPOS: usize = 3;
    if VARIABLES.contains(&name) {
        return None;
    }
    let upper = name.to_ascii_uppercase();
    let distances = VARIABLES.iter().map(|known| (strsim::osa_distance(&upper, known), known));
    let (typos, meant) = distances.min_by_key(|(typos, _)| *typos)?;
    let is_near = typos <= MOST_TYPOS && upper.starts_with("LLM");
    is_near.then(|| format!("{name} is no setting; did you mean {meant}?"))
}

impl Settings {
    /// # Errors
    /// The first variable whose value cannot be used.
    pub fn resolve(
        flags: &Flags,
        env: impl Fn(&str) -> Option<String>,
        server: &ServerSection,
    ) -> Result<Self, BadVariable> {
        let port = parse(&env, "LLM_ROUTER_PORT", "a port", |text| text.parse().ok())?;
        let require_auth = parse(&env, "LLM_ROUTER_REQUIRE_AUTH", "true or false", parse_bool)?;
        let allow_local =
            parse(&env, "LLM_ROUTER_ALLOW_LOCAL_WITHOUT_AUTH", "true or false", parse_bool)?;
        let head_timeout =
            parse(&env, "LLM_ROUTER_DEFAULT_TIMEOUT", "a number of seconds", parse_seconds)?;
        let api_keys = env("LLM_ROUTER_API_KEYS").map(|list| Secret::list(&list));
        let host = flags.host.clone().or_else(|| env("LLM_ROUTER_HOST"));
        Ok(Self {
            host: host.or_else(|| server.host.clone()).unwrap_or_else(|| String::from("0.0.0.0")),
            port: flags.port.or(port).or(server.port).unwrap_or(8000),
            workers: server.workers.unwrap_or_else(default_workers),
            base_path: server.base_path.clone(),
            tls: tls_files(&env, server)?,
            config_path: config_path(flags, &env),
            database: database(&env),
            api_keys: api_keys.unwrap_or_default(),
            require_auth: require_auth.unwrap_or(true),
            allow_local_without_auth: allow_local
                .or(server.allow_local_without_auth)
                .unwrap_or(true),
            trusted_proxies: server.trusted_proxies.clone(),
            cors_origins: server.cors_origins.clone(),
            allowed_hosts: server.allowed_hosts.clone(),
            max_body_bytes: server.max_body_bytes.unwrap_or(32 * 1024 * 1024),
            body_timeout: Duration::from_secs(server.body_timeout.unwrap_or(60)),
            head_timeout,
            shutdown_timeout: Duration::from_secs(server.shutdown_timeout.unwrap_or(30)),
            client_stall_timeout: Duration::from_secs(server.client_stall_timeout.unwrap_or(60)),
        })
    }

    /// The address to bind, as `host:port`, with brackets where the host is an IPv6 address.
    pub fn bind_address(&self) -> String {
        match self.host.parse::<IpAddr>() {
            Ok(IpAddr::V6(address)) => format!("[{address}]:{}", self.port),
            Ok(IpAddr::V4(_)) | Err(_) => format!("{}:{}", self.host, self.port),
        }
    }
}

fn default_workers() -> usize {
    std::thread::available_parallelism().map_or(2, usize::from)
}

/// Each of the two paths comes from the environment where it is set there.
fn tls_files(
    env: &impl Fn(&str) -> Option<String>,
    server: &ServerSection,
) -> Result<Option<TlsFiles>, BadVariable> {
    const CERT: &str = "LLM_ROUTER_TLS_CERT";
    const KEY: &str = "LLM_ROUTER_TLS_KEY";
    let of_file = server.tls.as_ref();
    let path =
        |name, in_file: Option<&PathBuf>| env(name).map(PathBuf::from).or_else(|| in_file.cloned());
    let cert = path(CERT, of_file.map(|files| &files.cert));
    let key = path(KEY, of_file.map(|files| &files.key));
    let alone = |name, value: PathBuf, expected| {
        let value = value.display().to_string();
        Err(BadVariable { name, value, expected })
    };
    match (cert, key) {
        (Some(cert), Some(key)) => Ok(Some(TlsFiles { cert, key })),
        (None, None) => Ok(None),
        (Some(cert), None) => alone(CERT, cert, "enough: set LLM_ROUTER_TLS_KEY as well"),
        (None, Some(key)) => alone(KEY, key, "enough: set LLM_ROUTER_TLS_CERT as well"),
    }
}

fn parse<T>(
    env: &impl Fn(&str) -> Option<String>,
    name: &'static str,
    expected: &'static str,
    convert: impl FnOnce(&str) -> Option<T>,
) -> Result<Option<T>, BadVariable> {
    let Some(value) = env(name) else { return Ok(None) };
    match convert(value.trim()) {
        Some(converted) => Ok(Some(converted)),
        None => Err(BadVariable { name, value, expected }),
    }
}

fn parse_bool(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "on" => Some(true),
        "false" | "0" | "no" | "off" => Some(false),
        _ => None,
    }
}

fn parse_seconds(text: &str) -> Option<Duration> {
    let seconds = text.parse::<f64>().ok()?;
    (0.001..=86_400.0).contains(&seconds).then(|| Duration::from_secs_f64(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn env<'a>(pairs: &'a [(&str, &str)]) -> impl Fn(&str) -> Option<String> + 'a {
        |name| {
            let found = pairs.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        }
    }

    #[test]
    fn a_flag_wins_over_the_environment_over_the_file_over_the_default() {
        let file = ServerSection { port: Some(3), ..ServerSection::default() };
        let flags = Flags { port: Some(1), ..Flags::default() };
        let in_env = [("LLM_ROUTER_PORT", "2")];
        let port = |flags: &Flags, pairs: &[(&str, &str)], file: &ServerSection| {
            Settings::resolve(flags, env(pairs), file).unwrap().port
        };
        assert_eq!(port(&flags, &in_env, &file), 1);
        assert_eq!(port(&Flags::default(), &in_env, &file), 2);
        assert_eq!(port(&Flags::default(), &[], &file), 3);
        assert_eq!(port(&Flags::default(), &[], &ServerSection::default()), 8000);
    }

    #[test]
    fn a_bad_variable_is_named() {
        let bad = Settings::resolve(
            &Flags::default(),
            env(&[("LLM_ROUTER_REQUIRE_AUTH", "maybe")]),
            &ServerSection::default(),
        );
        insta::assert_snapshot!(
            bad.unwrap_err(),
            @"environment variable LLM_ROUTER_REQUIRE_AUTH: `maybe` is not true or false"
        );
    }

    #[test]
    fn a_key_under_the_wrong_name_is_not_shown() {
        for value in ["sk-0123", "true LLM_ROUTER_API_KEYS=abc", "0123456789abcdef"] {
            let bad = BadVariable { name: "X", value: value.to_owned(), expected: "a port" };
            assert_eq!(bad.to_string(), "environment variable X: its value is not a port");
        }
    }

    #[test]
    fn an_ipv6_host_is_bracketed() {
        let flags = Flags { host: Some("::1".into()), ..Flags::default() };
        let settings = Settings::resolve(&flags, env(&[]), &ServerSection::default()).unwrap();
        assert_eq!(settings.bind_address(), "[::1]:8000");
    }

    #[test]
    fn only_a_name_that_is_nearly_that_of_a_setting_gets_a_warning() {
        for (name, meant) in [
            ("LLM_ROUTER_REQUIER_AUTH", Some("LLM_ROUTER_REQUIRE_AUTH")),
            ("llm_router_require_auth", Some("LLM_ROUTER_REQUIRE_AUTH")),
            ("LLM_ROUTER_ALLOW_LOCAL_WITHOUT_AUT", Some("LLM_ROUTER_ALLOW_LOCAL_WITHOUT_AUTH")),
            ("LLM_ROUTER_API_KEY", Some("LLM_ROUTER_API_KEYS")),
            ("LLMROUTER_PORT", Some("LLM_ROUTER_PORT")),
            ("LLM_ROUTER_PORT", None),
            ("LLM_ROUTER_SERVICE_HOST", None),
            ("LLM_ROUTER_PORT_8000_TCP_ADDR", None),
            ("LLM_ROUTER_OPENAI_KEY", None),
            ("PATH", None),
        ] {
            let told = misspelt(name);
            let expected =
                meant.map(|meant| format!("{name} is no setting; did you mean {meant}?"));
            assert_eq!(told, expected);
        }
    }
}
