//! `/health`: alive; `/health/ready`: can serve; `/health/detail`: what of it can.

use actix_web::web::{Data, Json, block};
use actix_web::{HttpResponse, Responder};
use serde::Serialize;
use serde_json::json;

use super::shared::{Shared, WorkerDesk};
use super::visitor::Visitor;
use crate::catalog::Snapshot;
use crate::store::ping;
use crate::vitals::circuit::State;

/// Always cheap: asks nobody.
pub async fn health() -> impl Responder {
    Json(json!({"status": "ok"}))
}

#[derive(Serialize)]
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
pub async fn ready(shared: Data<Shared>, _: Visitor) -> HttpResponse {
    let checks = checks(&shared).await;
    let is_ready = checks.iter().all(|check| check.is_ok);
    let body = json!({"status": if is_ready { "ready" } else { "not ready" }, "checks": checks});
    if is_ready {
        HttpResponse::Ok().json(body)
    } else {
        HttpResponse::ServiceUnavailable().json(body)
    }
}

pub async fn detail(shared: Data<Shared>, desk: Data<WorkerDesk>, _: Visitor) -> HttpResponse {
    let snapshot = shared.catalogue.snapshot();
    let now = desk.0.now();
    // Those that are called like all others are no news.
    let resting = snapshot.models().iter().filter_map(|model| {
        let state = model.vitals.circuit.state(now);
        let wait = model.vitals.circuit.wait(now).map(|wait| wait.as_secs_f64());
        (state != State::Closed).then(
            || json!({"name": model.full_name(), "circuit": state.as_str(), "retry_after": wait}),
        )
    });
    let resting: Vec<_> = resting.collect();
    let providers: Vec<_> = snapshot
        .providers()
        .iter()
        .map(|provider| {
            json!({"name": provider.name, "state": provider.state(),
                "circuit": provider.circuit(now), "detail": provider.why_not()})
        })
        .collect();
    let config = shared.watcher.status();
    HttpResponse::Ok().json(json!({
        "status": "ok",
        "checks": checks(&shared).await,
        "config": {"is_current": config.is_current, "generation": config.generation},
        "providers": providers,
        "models_not_closed": resting,
        "records": {"accepted": shared.recorder.accepted(), "written": shared.recorder.written()},
    }))
}

async fn checks(shared: &Data<Shared>) -> Vec<Check> {
    let reader = shared.reader.clone();
    let database = match block(move || reader.read(ping)).await {
        Ok(Ok(())) => None,
        Ok(Err(error)) => Some(error.to_string()),
        Err(_) => Some(String::from("the database's threads are gone")),
    };
    let stopping = shared.is_stopping().then(|| String::from("the router is shutting down"));
    let keys = (!shared.key_watcher.is_alive()).then(|| {
        String::from("the watch on the keys has stopped: revoked keys may still be in use")
    });
    let watcher =
        (!shared.watcher.is_alive()).then(|| String::from("the config watcher has stopped"));
    let journal = (!shared.journal.is_alive()).then(|| String::from("the journal has stopped"));
    vec![
        Check::of("running", stopping),
        Check::of("database", database),
        Check::of("records", shared.recorder.trouble()),
        Check::of("config", watcher),
        Check::of("events", journal),
        Check::of("keys", keys),
        Check::of("models", no_model(&shared.catalogue.snapshot())),
    ]
}

fn no_model(snapshot: &Snapshot) -> Option<String> {
    let has_one = snapshot.models().iter().any(|model| model.is_callable());
    (!has_one).then(|| String::from("no model can be called; GET /providers says what is missing"))
}
