//! `/api-keys`: keys as admins see and change them. The key itself is shown once, when it is made.

use std::collections::HashMap;
use std::time::Duration;

use actix_web::web::{Data, Json, Path, Payload, Query};
use actix_web::{HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use utoipa::{IntoParams, ToSchema};

use crate::config::key_rules::Per;
use crate::domain::event::{Event, EventKind};
use crate::domain::ids::KeyId;
use crate::domain::secret::Secret;
use crate::domain::times::rfc3339;
use crate::http::app_state::AppState;
use crate::http::manage::dry_run::{ChangeQuery, DryRun, PlannedChange};
use crate::http::manage::key_body::{fields_of, members_of, patched, time};
use crate::http::manage::key_left::left;
use crate::http::middleware::admin::Admin;
use crate::http::middleware::json_object::{read_object, read_optional_object};
use crate::http::problem::Problem;
use crate::keys::reservation::Spent;
use crate::keys::rows::KeyFields;
use crate::keys::{ApiKey, ChangeError};
use crate::store::last_used::last_used;

const MAX_BODY: usize = 256 * 1024;

/// Thirty days.
const MAX_GRACE_SECONDS: u64 = 2_592_000;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListQuery {
    #[serde(default)]
    include_revoked: bool,
}

/// What a key has used.
#[derive(Serialize, ToSchema)]
pub struct SpentView {
    requests: u64,
    tokens: u64,
    /// Dollars.
    cost: f64,
}

impl From<Spent> for SpentView {
    fn from(spent: Spent) -> Self {
        let cost = spent.amount.cost.as_dollars();
        Self { requests: spent.requests, tokens: spent.amount.tokens, cost }
    }
}

/// A key without its secret.
pub fn view(key: &ApiKey, state: &AppState) -> Map<String, Value> {
    let now = state.clocks().time;
    let mut view = Map::new();
    let mut put = |name: &str, value: Value| drop(view.insert(name.to_owned(), value));
    put("id", Value::from(key.id.0));
    put("prefix", Value::from(key.prefix.as_str()));
    put("origin", Value::from(key.origin.as_str()));
    put("state", Value::from(key.state(now)));
    put("created_at", time(key.created_at));
    put("updated_at", time(key.updated_at));
    put("expires_at", Value::Null);
    put("revoked_at", key.revoked_at.map_or(Value::Null, time));
    let previous = key.previous_valid_until.filter(|until| *until > now);
    put("previous_valid_until", previous.map_or(Value::Null, time));
    view.extend(members_of(&fields(key)));
    view.insert(String::from("used"), used(key, state));
    view
}

pub fn fields(key: &ApiKey) -> KeyFields {
    KeyFields {
        name: key.name.to_string(),
        role: key.role,
        is_active: key.is_active,
        expires_at: key.expires_at,
        rules: key.rules.clone(),
    }
}

/// Today, this month and in all.
pub fn used(key: &ApiKey, state: &AppState) -> Value {
    let now = state.clocks().time;
    let spent = |per| serde_json::to_value(SpentView::from(key.spent(now, per)));
    let spans = [("day", Per::Day), ("month", Per::Month), ("total", Per::Total)];
    let spans = spans.map(|(name, per)| (name.to_owned(), spent(per).unwrap_or_default()));
    Value::Object(spans.into_iter().collect())
}

pub async fn list(
    _: Admin,
    state: Data<AppState>,
    query: Query<ListQuery>,
) -> Json<Vec<Map<String, Value>>> {
    let last_used = read_last_used(&state).await;
    let keys = state.keys.keyring.all();
    let shown = keys.iter().filter(|key| query.include_revoked || key.revoked_at.is_none());
    Json(shown.map(|key| whole_view(key, &state, &last_used)).collect())
}

/// With what is left of its limits, and when it was last used.
fn whole_view(key: &ApiKey, state: &AppState, last_used: &LastUsed) -> Map<String, Value> {
    let mut view = view(key, state);
    view.insert(String::from("left"), left(key, state));
    let at_us = last_used.as_ref().and_then(|all| all.get(&key.id.0).copied());
    view.insert(String::from("last_used_at"), at_us.map(rfc3339).into());
    view
}

/// By the key's id; `None` while the database cannot be read.
type LastUsed = Option<HashMap<i32, i64>>;

async fn read_last_used(state: &AppState) -> LastUsed {
    state.read(last_used).await.ok()
}

pub async fn get(
    _: Admin,
    state: Data<AppState>,
    id: Path<i32>,
) -> Result<Json<Map<String, Value>>, Problem> {
    let id = KeyId(*id);
    let key = state.keys.keyring.by_id(id).ok_or(ChangeError::Unknown(id))?;
    Ok(Json(whole_view(&key, &state, &read_last_used(&state).await)))
}

/// 201 with the whole key where the router made it.
pub async fn create(
    request: HttpRequest,
    payload: Payload,
    admin: Admin,
    state: Data<AppState>,
    query: Query<ChangeQuery>,
) -> Result<HttpResponse, Problem> {
    let mut members: Map<String, Value> = read_object(&request, payload, MAX_BODY).await?;
    let chosen = match members.remove("key").filter(|key| !key.is_null()) {
        None => None,
        Some(Value::String(key)) => Some(Secret::new(&key)),
        Some(_) => return Err(Problem::new(400, "invalid_request", "`key` must be a string")),
    };
    let fields = fields_of(members).map_err(ChangeError::Bad)?;
    if query.dry_run {
        let after = members_of(&fields);
        let name = fields.name.clone();
        state.keys.would_create(chosen, fields).await?;
        return Ok(planned(PlannedChange::new(EventKind::KeyCreated, name, None, Some(after))));
    }
    let (id, made) = state.keys.create(chosen, fields).await?;
    let mut view = view_of(id, &state)?;
    record_event(&state, admin, EventKind::KeyCreated, (None, &view));
    if let Some(made) = made {
        view.insert(String::from("key"), Value::from(made.expose()));
    }
    Ok(HttpResponse::Created().json(view))
}

/// Changes what is there; null clears.
pub async fn change(
    request: HttpRequest,
    payload: Payload,
    admin: Admin,
    state: Data<AppState>,
    id: Path<i32>,
    query: Query<ChangeQuery>,
) -> Result<HttpResponse, Problem> {
    let id = KeyId(*id);
    let changes = read_object(&request, payload, MAX_BODY).await?;
    if query.dry_run {
        let edit = |fields: KeyFields| patched(&fields, changes);
        let (before, after) = state.keys.would_change(id, edit).await?;
        let (name, before, after) = (before.name.clone(), members_of(&before), members_of(&after));
        let change = PlannedChange::new(EventKind::KeyChanged, name, Some(before), Some(after));
        return Ok(planned(change));
    }
    let before = view_of(id, &state)?;
    state.keys.change(id, |fields| patched(&fields, changes)).await?;
    let after = view_of(id, &state)?;
    record_event(&state, admin, EventKind::KeyChanged, (Some(before), &after));
    Ok(HttpResponse::Ok().json(after))
}

/// Revokes for good; the row stays, for its calls do.
pub async fn revoke(
    admin: Admin,
    state: Data<AppState>,
    id: Path<i32>,
    query: Query<ChangeQuery>,
) -> Result<HttpResponse, Problem> {
    let id = KeyId(*id);
    let before = view_of(id, &state)?;
    if query.dry_run {
        state.keys.would_revoke(id).await?;
        let after = json!({"state": "revoked", "is_active": false});
        let after = after.as_object().cloned().unwrap_or_default();
        let known = |name: &String| before.get(name).cloned().unwrap_or_default();
        let before_it = after.keys().map(|name| (name.clone(), known(name))).collect();
        let name = name_in(&before);
        let kind = EventKind::KeyRevoked;
        return Ok(planned(PlannedChange::new(kind, name, Some(before_it), Some(after))));
    }
    state.keys.revoke(id).await?;
    record_event(&state, admin, EventKind::KeyRevoked, (Some(before), &view_of(id, &state)?));
    Ok(HttpResponse::NoContent().finish())
}

#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RotateBody {
    #[serde(default)]
    #[schema(maximum = 2_592_000)]
    grace_seconds: u64,
}

/// Another key in the place of this one, which stays good for the time of grace.
pub async fn rotate(
    request: HttpRequest,
    payload: Payload,
    admin: Admin,
    state: Data<AppState>,
    id: Path<i32>,
    query: Query<ChangeQuery>,
) -> Result<HttpResponse, Problem> {
    let id = KeyId(*id);
    let body: RotateBody = read_optional_object(&request, payload, MAX_BODY).await?;
    if body.grace_seconds > MAX_GRACE_SECONDS {
        let message = format!("`grace_seconds` must be at most {MAX_GRACE_SECONDS}");
        return Err(Problem::new(400, "invalid_request", message));
    }
    let grace = Duration::from_secs(body.grace_seconds);
    let before = view_of(id, &state)?;
    if query.dry_run {
        let until = state.keys.would_rotate(id, grace).await?;
        let (kind, name) = (EventKind::KeyRotated, name_in(&before));
        let end = |until: Value| Map::from_iter([(String::from("previous_valid_until"), until)]);
        let before = end(before.get("previous_valid_until").cloned().unwrap_or_default());
        let change = PlannedChange::new(kind, name, Some(before), Some(end(time(until))));
        return Ok(planned(change.with_other_secret("key")));
    }
    let (made, until) = state.keys.rotate(id, grace).await?;
    let mut view = view_of(id, &state)?;
    record_event(&state, admin, EventKind::KeyRotated, (Some(before), &view));
    view.insert(String::from("key"), Value::from(made.expose()));
    view.insert(String::from("previous_valid_until"), time(until));
    Ok(HttpResponse::Ok().json(view))
}

fn planned(change: PlannedChange) -> HttpResponse {
    let changes = if change.is_empty() { Vec::new() } else { vec![change] };
    HttpResponse::Ok().json(DryRun::of(changes, Vec::new()))
}

fn name_in(view: &Map<String, Value>) -> String {
    view.get("name").and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn view_of(id: KeyId, state: &AppState) -> Result<Map<String, Value>, Problem> {
    let key = state.keys.keyring.by_id(id).ok_or(ChangeError::Unknown(id))?;
    Ok(view(&key, state))
}

/// For the journal. A view holds no secret.
fn record_event(
    state: &AppState,
    admin: Admin,
    kind: EventKind,
    (before, after): (Option<Map<String, Value>>, &Map<String, Value>),
) {
    let name = name_in(after);
    let id = after.get("id").cloned().unwrap_or_default();
    let what = match kind {
        EventKind::KeyCreated => "made",
        EventKind::KeyRotated => "replaced by another",
        EventKind::KeyRevoked => "revoked",
        _ => "changed",
    };
    state.journal.note(Event {
        at_us: state.clocks().time.as_microsecond(),
        kind,
        summary: format!("key {id} `{name}` was {what}"),
        subject: name,
        actor: admin.actor,
        before: before.map(Value::Object),
        after: Some(Value::Object(after.clone())),
    });
}
