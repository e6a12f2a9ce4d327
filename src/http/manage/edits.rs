//! What changes of providers and models have in common: the body, and the answer.

use actix_web::HttpRequest;
use actix_web::HttpResponse;
use actix_web::web::Payload;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::catalog::edit::Edited;
use crate::http::app_state::AppState;
use crate::http::middleware::body::read_json;
use crate::http::problem::Problem;

/// Reads a body that must be an object.
///
/// # Cancel safety
/// Dropping it drops what was read.
pub async fn object(
    state: &AppState,
    request: &HttpRequest,
    payload: Payload,
) -> Result<Map<String, Value>, Problem> {
    let body = read_json(request, payload, state.max_body_bytes).await?;
    let bad = |message: String| Problem::new(400, "invalid_request", message);
    let parsed = serde_json::from_slice(&body)
        .map_err(|error| bad(format!("the body is not valid JSON: {error}")))?;
    match parsed {
        Value::Object(members) => Ok(members),
        _ => Err(bad(String::from("the body must be a JSON object"))),
    }
}

/// An entry after it was changed.
#[derive(Serialize)]
pub struct Changed<V> {
    #[serde(flatten)]
    entry: V,
    /// What happened beside what was asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notices: Vec<String>,
}

/// 201 for a new entry, else 200.
pub fn answer<V: Serialize>(edited: Edited, entry: V) -> HttpResponse {
    let mut response = match edited.is_new {
        true => HttpResponse::Created(),
        false => HttpResponse::Ok(),
    };
    response.json(Changed { entry, notices: edited.notices })
}

/// What is gone: the entry, and what had to go with it.
#[derive(Serialize, ToSchema)]
pub struct Deleted {
    message: String,
    deleted: Vec<String>,
}

impl From<Edited> for Deleted {
    fn from(edited: Edited) -> Self {
        let message = format!("`{}` was deleted; its calls stay readable", edited.name);
        let deleted = edited.changes.into_iter().map(|change| change.subject).collect();
        Self { message, deleted }
    }
}
