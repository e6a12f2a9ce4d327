//! `/health`: alive; `/health/ready`: can serve; `/health/detail`: what of it can.

use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::web::{Data, Json};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::catalog::{Provider, Snapshot};
use crate::domain::candidate_cause::brief;
use crate::domain::retention::Retention;
use crate::domain::times::rfc3339;
use crate::door::Certificate;
use crate::health::circuit::State;
use crate::http::app_state::{AppState, WorkerContext};
use crate::http::middleware::caller::Authenticated;
use crate::observe::descriptors;
use crate::store::ping;
use crate::store::retained::{calls_until_us, oldest_call_us};
use crate::store::space::{COMPACT, Space};

/// Always cheap: checks nothing.
pub async fn health() -> Json<Health> {
    Json(Health { status: "ok" })
}

#[derive(Serialize, ToSchema)]
pub struct Health {
    status: &'static str,
}

#[derive(Serialize, ToSchema)]
pub struct Readiness {
    /// `ready` or `not ready`.
    status: &'static str,
    checks: Vec<Check>,
}

#[derive(Serialize, ToSchema)]
pub struct Detail {
    status: &'static str,
    checks: Vec<Check>,
    config: ConfigHealth,
    providers: Vec<ProviderHealth>,
    /// All that the caller may call.
    models: Vec<ModelHealth>,
    /// Of these, those whose circuit is not closed.
    models_not_closed: Vec<ModelHealth>,
    records: Records,
    /// For admins, while the database can be read.
    #[schema(required)]
    database: Option<DatabaseHealth>,
    /// That of `[server.tls]`, for admins.
    #[schema(required)]
    certificate: Option<CertificateHealth>,
}

/// The one file, and its write-ahead log beside it.
#[derive(Serialize, ToSchema)]
struct DatabaseHealth {
    bytes: u64,
    /// Of these, of which nothing is used.
    free_bytes: u64,
    log_bytes: u64,
    /// Whether free space is given back to the disk. A file of an older version cannot.
    gives_space_back: bool,
    /// What to do about it.
    advice: Option<&'static str>,
    /// Of calls that began before, some were deleted.
    calls_kept_from: Option<String>,
    /// When the oldest call began that is still there.
    oldest_call_at: Option<String>,
    retention: RetentionShown,
}

/// Of `[recording]`; what is not set is `null`, and nothing is deleted for it.
#[derive(Serialize, ToSchema)]
#[schema(as = Retention)]
struct RetentionShown {
    keep_days: Option<i64>,
    keep_bodies_days: Option<i64>,
    max_size_bytes: Option<u64>,
}

impl RetentionShown {
    fn of(retention: &Retention) -> Self {
        const DAY_US: i64 = 86_400_000_000;
        Self {
            keep_days: retention.calls_us.map(|us| us / DAY_US),
            keep_bodies_days: retention.bodies_us.map(|us| us / DAY_US),
            max_size_bytes: retention.max_bytes,
        }
    }
}

/// The certificate that clients are shown.
#[derive(Serialize, ToSchema)]
struct CertificateHealth {
    /// The file that it came from.
    cert: String,
    key: String,
    valid_from: String,
    valid_until: String,
    /// Whether it is what its files hold now.
    is_current: bool,
    /// What to see to: it expires within 14 days or has expired, or its files cannot be used and the
    /// last good ones serve on.
    problem: Option<String>,
}

impl CertificateHealth {
    fn of(certificate: &Certificate) -> Self {
        let status = certificate.status(Timestamp::now());
        Self {
            cert: status.files.cert.display().to_string(),
            key: status.files.key.display().to_string(),
            valid_from: status.valid_from.to_string(),
            valid_until: status.valid_until.to_string(),
            is_current: status.is_current,
            problem: status.problem,
        }
    }
}

#[derive(Serialize, ToSchema)]
struct ConfigHealth {
    /// Whether the file as it stands now is the one that runs.
    is_current: bool,
    /// Counts the catalogues published since the start.
    generation: u64,
}

#[derive(Serialize, ToSchema)]
struct ProviderHealth {
    name: String,
    state: &'static str,
    #[serde(flatten)]
    circuit: CircuitHealth,
    detail: Option<String>,
}

#[derive(Clone, Serialize, ToSchema)]
struct ModelHealth {
    name: String,
    #[serde(flatten)]
    circuit: CircuitHealth,
}

#[derive(Clone, Serialize, ToSchema)]
struct CircuitHealth {
    /// `closed`, `open` or `half-open`.
    circuit: &'static str,
    /// Seconds until a call is let in.
    retry_after: Option<f64>,
    /// What went wrong last, where the circuit is not closed.
    cause: Option<String>,
}

impl CircuitHealth {
    fn of(health: &crate::health::Health, now: Duration) -> Self {
        let state = health.circuit.state(now);
        let failure = health.last_failure.get().filter(|_| state != State::Closed);
        Self {
            circuit: state.as_str(),
            retry_after: health.circuit.wait(now).map(|wait| wait.as_secs_f64()),
            cause: failure.map(|failure| brief(&failure)),
        }
    }

    fn is_closed(&self) -> bool {
        self.circuit == State::Closed.as_str()
    }
}

/// Of calls: each that was accepted is owed a record.
#[derive(Serialize, ToSchema)]
struct Records {
    accepted: u64,
    written: u64,
    /// The database refused them, and they are kept in its table `set_aside`, each with the reason.
    set_aside: u64,
}

#[derive(Serialize, ToSchema)]
struct Check {
    name: &'static str,
    is_ok: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
}

impl Check {
    fn of(name: &'static str, problem: Option<String>) -> Self {
        Self { name, is_ok: problem.is_none(), detail: problem }
    }
}

/// 200 when calls can be taken, 503 with the reason when not. A configuration file that was
/// not taken does not take the router out of service: the last good one serves.
pub async fn ready(state: Data<AppState>, _: Authenticated) -> HttpResponse {
    let checks = checks(&state).await;
    let is_ready = checks.iter().all(|check| check.is_ok);
    let body = Readiness { status: if is_ready { "ready" } else { "not ready" }, checks };
    if is_ready {
        HttpResponse::Ok().json(body)
    } else {
        HttpResponse::ServiceUnavailable().json(body)
    }
}

/// A user sees what it may call, and not how the router is configured.
pub async fn detail(
    state: Data<AppState>,
    context: Data<WorkerContext>,
    auth: Authenticated,
) -> Json<Detail> {
    let snapshot = state.catalogue.snapshot();
    let now = context.0.now();
    let is_admin = auth.caller.is_admin();
    let may_call = auth.may_call(&snapshot);
    let models = || snapshot.models().iter().filter(|model| is_admin || may_call(model));
    let may_know =
        |provider: &Provider| is_admin || models().any(|model| model.provider.id == provider.id);
    let of_models: Vec<_> = models()
        .map(|model| ModelHealth {
            name: model.full_name(),
            circuit: CircuitHealth::of(&model.health, now),
        })
        .collect();
    let not_closed = of_models.iter().filter(|model| !model.circuit.is_closed()).cloned();
    let providers = snapshot.providers().iter().filter(|provider| may_know(provider));
    let providers = providers.map(|provider| ProviderHealth {
        name: provider.name.clone(),
        state: provider.state(),
        circuit: CircuitHealth::of(&provider.health, now),
        detail: provider.unavailable_reason().filter(|_| is_admin),
    });
    let config = state.watcher.status();
    let mut checks = checks(&state).await;
    if !is_admin {
        checks.iter_mut().for_each(|check| check.detail = None);
    }
    let (is_current, generation) = (config.is_current, config.generation);
    let recorder = &state.recorder;
    let (accepted, written) = (recorder.accepted(), recorder.written());
    let set_aside = recorder.set_aside();
    Json(Detail {
        status: "ok",
        checks,
        config: ConfigHealth { is_current, generation },
        providers: providers.collect(),
        models_not_closed: not_closed.collect(),
        models: of_models,
        records: Records { accepted, written, set_aside },
        certificate: state.certificate.as_deref().filter(|_| is_admin).map(CertificateHealth::of),
        database: if is_admin { database(&state).await } else { None },
    })
}

async fn database(state: &Data<AppState>) -> Option<DatabaseHealth> {
    let found = state.read(|connection| {
        Ok((Space::of(connection)?, calls_until_us(connection)?, oldest_call_us(connection)?))
    });
    let (space, kept_from_us, oldest_us) = found.await.ok()?;
    let kept_from = Timestamp::from_microsecond(kept_from_us).ok().filter(|_| kept_from_us > 0);
    Some(DatabaseHealth {
        bytes: space.file_bytes(),
        free_bytes: space.free_bytes(),
        log_bytes: state.reader.log_bytes(),
        gives_space_back: space.is_incremental,
        advice: (!space.is_incremental).then_some(COMPACT),
        calls_kept_from: kept_from.map(|from| from.to_string()),
        oldest_call_at: oldest_us.map(rfc3339),
        retention: RetentionShown::of(&state.catalogue.snapshot().policy.recording.retention),
    })
}

async fn checks(state: &Data<AppState>) -> Vec<Check> {
    let database = state.read(ping).await.err().map(|error| error.to_string());
    let stopping = state.is_stopping().then(|| String::from("the router is shutting down"));
    let changes = (!state.changes.is_alive()).then(|| {
        String::from("the watch on the database has stopped: revoked keys may still be in use")
    });
    let watcher =
        (!state.watcher.is_alive()).then(|| String::from("the config watcher has stopped"));
    let journal = (!state.journal.is_alive()).then(|| String::from("the journal has stopped"));
    let no_descriptors = descriptors::are_exhausted().then(|| String::from(descriptors::ADVICE));
    vec![
        Check::of("running", stopping),
        Check::of("descriptors", no_descriptors),
        Check::of("database", database),
        Check::of("records", state.recorder.last_write_error()),
        Check::of("config", watcher),
        Check::of("events", journal),
        Check::of("keys", changes),
        Check::of("models", no_model(&state.catalogue.snapshot())),
    ]
}

fn no_model(snapshot: &Snapshot) -> Option<String> {
    let has_one = snapshot.models().iter().any(|model| model.is_callable());
    (!has_one).then(|| String::from("no model can be called; GET /providers says what is missing"))
}
