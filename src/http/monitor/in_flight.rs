//! `/monitor/in-flight`: the calls under way, and how one is cancelled.

use actix_web::web::{Data, Json, Path};
use jiff::Timestamp;
use log::info;
use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::Caller;
use crate::domain::event::{Event, EventKind};
use crate::domain::times::rfc3339;
use crate::http::app_state::AppState;
use crate::http::middleware::admin::Admin;
use crate::http::middleware::caller::Authenticated;
use crate::http::problem::Problem;
use crate::relay::CallInFlight;

#[derive(Serialize, ToSchema)]
pub struct InFlightList {
    /// Oldest first.
    items: Vec<InFlightView>,
}

/// A call under way.
#[derive(Serialize, ToSchema)]
pub struct InFlightView {
    request_id: String,
    started_at: String,
    endpoint: &'static str,
    /// The client's name for the session that the call belongs to.
    session_id: Option<String>,
    requested: String,
    /// The model that is being tried or that answers; `null` while the call is planned.
    model_name: Option<String>,
    provider_name: Option<String>,
    api_key: Option<String>,
    is_stream: bool,
    /// Upstream calls made so far.
    attempt: u32,
    /// When the first content of a stream came.
    first_token_at: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub struct CancelAnswer {
    request_id: String,
    /// More than one where clients gave the same id to several calls.
    cancelled: usize,
}

pub async fn list(auth: Authenticated, state: Data<AppState>) -> Json<InFlightList> {
    let calls = state.in_flight.calls();
    let seen = calls.iter().filter(|call| may_see(&auth.caller, call));
    Json(InFlightList { items: seen.map(|call| InFlightView::of(call)).collect() })
}

/// `DELETE /monitor/in-flight/{request_id}`: the call ends as if its client had left.
pub async fn cancel(
    admin: Admin,
    state: Data<AppState>,
    request_id: Path<String>,
) -> Result<Json<CancelAnswer>, Problem> {
    let request_id = request_id.into_inner();
    let cancelled = state.in_flight.cancel(&request_id);
    if cancelled.is_empty() {
        let message = format!("no call `{request_id}` is under way");
        return Err(Problem::new(404, "call_not_found", message));
    }
    let actor = admin.actor.as_str();
    info!(request_id = request_id.as_str(), actor; "`{actor}` cancelled the call {request_id}");
    for call in &cancelled {
        state.journal.note(event(call, actor));
    }
    Ok(Json(CancelAnswer { request_id, cancelled: cancelled.len() }))
}

fn event(call: &CallInFlight, actor: &str) -> Event {
    let view = InFlightView::of(call);
    let name = view.model_name.as_deref().unwrap_or(&view.requested);
    Event {
        at_us: Timestamp::now().as_microsecond(),
        kind: EventKind::CallCancelled,
        subject: view.request_id.clone(),
        actor: actor.to_owned(),
        summary: format!("the call {} to `{name}` was cancelled", view.request_id),
        before: serde_json::to_value(&view).ok(),
        after: None,
    }
}

/// A user sees the calls of its own key.
pub fn may_see(caller: &Caller, call: &CallInFlight) -> bool {
    let key = call.begun.api_key.as_ref().map(|key| key.id);
    caller.sees_only().is_none_or(|only| key == Some(only))
}

impl InFlightView {
    pub fn of(call: &CallInFlight) -> Self {
        let model = call.model();
        Self {
            request_id: call.begun.request_id.to_string(),
            started_at: rfc3339(call.begun.started_at_us),
            endpoint: call.begun.endpoint,
            session_id: call.begun.session_id.clone(),
            requested: call.begun.requested.clone(),
            model_name: model.as_ref().map(|model| model.name.clone()),
            provider_name: model.map(|model| model.provider.name.clone()),
            api_key: call.begun.api_key.as_ref().map(|key| key.name.to_string()),
            is_stream: call.begun.is_stream,
            attempt: call.attempts(),
            first_token_at: call.first_token_us().map(rfc3339),
        }
    }
}
