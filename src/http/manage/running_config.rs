//! `GET /config`: all that runs now, in the shape of router.toml, with the defaults of what nobody
//! set and without secrets. Read only: it is changed in the file or over REST.

use std::time::Duration;

use actix_web::web::{Data, Json};
use serde::Serialize;
use serde_json::{Map, Value, json};
use url::Url;
use utoipa::ToSchema;

use crate::catalog::snapshot::Policy;
use crate::catalog::{Model, Provider};
use crate::config::alias::{Alias, Fallbacks};
use crate::config::pair::Pair;
use crate::config::recording::{BodiesOf, Recording};
use crate::config::routing::RoutingSection;
use crate::config::secrets::HIDDEN;
use crate::config::settings::Settings;
use crate::health::circuit::{CircuitPolicy, Cooldowns};
use crate::http::app_state::AppState;
use crate::http::manage::key_body::members_of;
use crate::http::manage::keys::fields;
use crate::http::middleware::admin::Admin;

/// Sections have the keys of router.toml; lengths of time are seconds.
#[derive(Serialize, ToSchema)]
pub struct RunningConfig {
    /// Counts the catalogues published since the start.
    generation: u64,
    /// The file that it was loaded from.
    path: String,
    /// Of this process since its start.
    #[schema(value_type = BTreeMap<String, Value>)]
    server: Value,
    #[schema(value_type = BTreeMap<String, Value>)]
    timeouts: Value,
    #[schema(value_type = BTreeMap<String, Value>)]
    routing: Value,
    #[schema(value_type = BTreeMap<String, Value>)]
    recording: Value,
    #[schema(value_type = BTreeMap<String, Value>)]
    pricing: Value,
    /// `null` where no traces are exported.
    #[schema(value_type = Option<BTreeMap<String, Value>>)]
    telemetry: Option<Value>,
    #[schema(value_type = Vec<BTreeMap<String, Value>>)]
    providers: Vec<Value>,
    #[schema(value_type = Vec<BTreeMap<String, Value>>)]
    models: Vec<Value>,
    /// Keys that are not revoked, without the keys.
    #[schema(value_type = Vec<BTreeMap<String, Value>>)]
    api_keys: Vec<Value>,
}

pub async fn show(_: Admin, state: Data<AppState>) -> Json<RunningConfig> {
    let snapshot = state.catalogue.snapshot();
    let policy = &snapshot.policy;
    let keys = state.keys.keyring.all();
    let keys = keys.iter().filter(|key| key.revoked_at.is_none()).map(|key| {
        let mut shown = members_of(&fields(key));
        shown.insert(String::from("origin"), key.origin.as_str().into());
        Value::from(shown)
    });
    Json(RunningConfig {
        generation: snapshot.generation,
        path: state.watcher.status().path.clone(),
        server: server(&state.settings),
        timeouts: timeouts(policy),
        routing: routing(&policy.routing),
        recording: recording(&policy.recording),
        pricing: json!({
            "file": policy.pricing.file,
            "url": policy.pricing.url.as_ref().map(without_query),
        }),
        telemetry: policy.telemetry.as_ref().map(|telemetry| {
            let section = &telemetry.section;
            let headers = section.headers.iter().map(|(name, _)| (name.clone(), HIDDEN.into()));
            json!({
                "otlp_endpoint": without_query(&section.endpoint),
                "otlp_headers": headers.collect::<Map<String, Value>>(),
                "service_name": section.service_name,
                "sample_ratio": section.sample_ratio,
            })
        }),
        providers: snapshot.providers().iter().map(|it| provider(it)).collect(),
        models: snapshot.models().iter().map(|it| model(it)).collect(),
        api_keys: keys.collect(),
    })
}

fn seconds(length: Duration) -> Value {
    json!(length.as_secs_f64())
}

/// A query may hold a token.
fn without_query(url: &Url) -> String {
    let mut shown = url.clone();
    shown.set_query(None);
    match url.query() {
        Some(_) => format!("{shown}?{HIDDEN}"),
        None => shown.to_string(),
    }
}

fn server(settings: &Settings) -> Value {
    let networks: Vec<String> = settings.trusted_proxies.iter().map(ToString::to_string).collect();
    json!({
        "host": settings.host,
        "port": settings.port,
        "workers": settings.workers,
        "base_path": settings.base_path.to_string(),
        "tls": settings.tls.as_ref().map(|files| json!({"cert": files.cert, "key": files.key})),
        "require_auth": settings.require_auth,
        "allow_local_without_auth": settings.allow_local_without_auth,
        "trusted_proxies": networks,
        "cors_origins": settings.cors_origins,
        "allowed_hosts": settings.allowed_hosts,
        "max_body_bytes": settings.max_body_bytes,
        "body_timeout": seconds(settings.body_timeout),
        "shutdown_timeout": seconds(settings.shutdown_timeout),
        "client_stall_timeout": seconds(settings.client_stall_timeout),
    })
}

fn timeouts(policy: &Policy) -> Value {
    let timeouts = &policy.timeouts;
    json!({
        "connect": seconds(timeouts.connect),
        "head": seconds(timeouts.head),
        "first_chunk": seconds(timeouts.first_chunk),
        "idle": seconds(timeouts.idle),
        "heartbeat": seconds(timeouts.heartbeat),
    })
}

fn routing(routing: &RoutingSection) -> Value {
    let aliases = routing.aliases.iter().map(|(name, target)| (name, alias(target)));
    json!({
        "strategy": routing.strategy.as_str(),
        "max_attempts": routing.max_attempts,
        "retries": routing.retries,
        "backoff": seconds(routing.backoff.base),
        "max_backoff": seconds(routing.backoff.max),
        "deadline": seconds(routing.deadline),
        "max_batch": routing.batch.max_requests,
        "batch_concurrency": routing.batch.concurrency,
        "circuit": circuit(&routing.circuit),
        "aliases": aliases.collect::<Map<String, Value>>(),
        "pairs": routing.pairs.iter().map(pair).collect::<Vec<_>>(),
    })
}

fn alias(Alias { target, strategy, fallbacks, .. }: &Alias) -> Value {
    let Fallbacks { usual, context, content } = fallbacks;
    json!({
        "target": target, "strategy": strategy.map(|strategy| strategy.as_str()),
        "fallbacks": usual, "context_fallbacks": context, "content_fallbacks": content,
    })
}

fn pair(pair: &Pair) -> Value {
    json!({
        "name": pair.name, "strong": pair.strong, "weak": pair.weak, "threshold": pair.threshold,
        "analyzer_model": pair.analyzer.as_ref().map(|analyzer| &analyzer.model),
    })
}

fn circuit(circuit: &CircuitPolicy) -> Value {
    let Cooldowns {
        not_found,
        key,
        forbidden,
        billing,
        quota,
        rate_limit,
        overload,
        timeout,
        connect,
        broken,
    } = circuit.cooldowns;
    json!({
        "failures": circuit.failures,
        "share": circuit.share,
        "window": seconds(circuit.window),
        "min_calls": circuit.min_calls,
        "max_cooldown": seconds(circuit.max_cooldown),
        "cooldowns": {
            "not_found": seconds(not_found), "key": seconds(key),
            "forbidden": seconds(forbidden), "billing": seconds(billing),
            "quota": seconds(quota), "rate_limit": seconds(rate_limit),
            "overload": seconds(overload), "timeout": seconds(timeout),
            "connect": seconds(connect), "broken": seconds(broken),
        },
    })
}

fn recording(recording: &Recording) -> Value {
    const DAY_US: i64 = 86_400_000_000;
    let days = |kept: Option<i64>| kept.map(|us| us / DAY_US);
    json!({
        "bodies": match recording.bodies.of {
            BodiesOf::All => json!(true),
            BodiesOf::Errors => json!("errors"),
            BodiesOf::None => json!(false),
        },
        "max_body_bytes": recording.bodies.max_bytes,
        "keep_days": days(recording.retention.calls_us),
        "keep_bodies_days": days(recording.retention.bodies_us),
        "keep_responses_days": days(recording.responses_us).unwrap_or(0),
        "max_size": recording.retention.max_bytes,
        "redact": recording.redaction.patterns().collect::<Vec<_>>(),
    })
}

fn provider(provider: &Provider) -> Value {
    json!({
        "name": provider.name, "type": provider.kind.as_str(), "base_url": provider.base_url,
        "api_key_env": provider.api_key_env,
        "api_key": (!provider.keys.is_empty()).then_some(HIDDEN),
        "is_active": provider.is_active, "settings": provider.settings,
        "origin": provider.origin.as_str(),
    })
}

fn model(model: &Model) -> Value {
    json!({
        "name": model.name, "provider": model.provider.name, "display_name": model.display_name,
        "description": model.description, "remote_identifier": model.remote_identifier,
        "is_active": model.is_active, "tags": model.tags, "default_params": model.default_params,
        "rate_limit": model.rate_limit, "config": model.config, "local_path": model.local_path,
        "download_uri": model.download_uri, "origin": model.origin.as_str(),
    })
}
