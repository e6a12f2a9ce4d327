//! `POST /pricing/recompute`: calls are counted anew with the prices that their models have now.

use std::sync::Arc;

use actix_web::HttpRequest;
use actix_web::web::{Data, Json, Payload};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::catalog::Snapshot;
use crate::domain::event::{Event, EventKind};
use crate::http::app_state::AppState;
use crate::http::middleware::admin::Admin;
use crate::http::middleware::caller::Authenticated;
use crate::http::middleware::json_object::read_optional_object;
use crate::http::monitor::filters;
use crate::http::monitor::params::{Params, bad};
use crate::http::problem::Problem;
use crate::store::repricing::{self, Repriced, Repricing};

/// The hours that `time_range_hours` may have.
const MAX_HOURS: i64 = 366 * 24;

#[derive(Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RecomputeBody {
    /// Which calls, by the parameters of `GET /monitor/invocations`; all where there is none.
    #[schema(value_type = BTreeMap<String, Value>)]
    filters: Map<String, Value>,
    /// Changes nothing, and says what would change.
    dry_run: bool,
}

#[derive(Serialize, ToSchema)]
pub struct Recomputed {
    /// Calls whose cost changes.
    calls: u64,
    /// What these cost together, in dollars; an unknown cost counts nothing.
    before: f64,
    after: f64,
}

/// A client that leaves ends it between two slices; each slice is changed as a whole.
pub async fn recompute(
    admin: Admin,
    auth: Authenticated,
    state: Data<AppState>,
    request: HttpRequest,
    payload: Payload,
) -> Result<Json<Recomputed>, Problem> {
    let RecomputeBody { filters, dry_run } =
        read_optional_object(&request, payload, state.max_body_bytes).await?;
    let mut params = Params::given(pairs(&filters)?);
    let selected = filters::read(&mut params, &auth.caller, 1..=MAX_HOURS)?;
    params.end()?;
    let repricing = Arc::new(Repricing {
        filter: selected.filter,
        prices: prices(&state.catalogue.snapshot()),
    });
    let all = match dry_run {
        true => state.read(repricing::extent).await?,
        false => state.recorder.prepare_repricing().await?,
    };
    let mut total = Repriced::default();
    for slice in all.parts() {
        let looked = repricing.clone();
        let mut found =
            state.read(move |connection| repricing::look(connection, &looked, slice)).await?;
        // The writer is busy with what changes only.
        if !dry_run && found.calls > 0 {
            found = state.recorder.reprice(repricing.clone(), slice).await?;
        }
        total.add(&found);
    }
    if !dry_run && total.calls > 0 {
        state.live.feed.forget();
        note(&state, &admin, &filters, &total);
    }
    let (before, after) = (total.before.as_dollars(), total.after.as_dollars());
    Ok(Json(Recomputed { calls: total.calls, before, after }))
}

/// Of the models that have one.
fn prices(
    snapshot: &Snapshot,
) -> std::collections::HashMap<i32, Arc<crate::domain::invocation::PriceUsed>> {
    let models = snapshot.models().iter();
    models.filter_map(|model| Some((model.id.0, model.price.clone()?))).collect()
}

fn pairs(filters: &Map<String, Value>) -> Result<Vec<(String, String)>, Problem> {
    let pairs = filters.iter().map(|(name, value)| {
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Bool(_) | Value::Number(_) => value.to_string(),
            Value::Null => String::new(),
            Value::Array(_) | Value::Object(_) => {
                let message = format!("`{name}` must be a text, a number or a truth value");
                return Err(bad(name, message));
            }
        };
        Ok((name.clone(), text))
    });
    pairs.collect()
}

fn note(state: &AppState, admin: &Admin, filters: &Map<String, Value>, total: &Repriced) {
    let (before, after) = (total.before.as_dollars(), total.after.as_dollars());
    state.journal.note(Event {
        at_us: Timestamp::now().as_microsecond(),
        kind: EventKind::PricesRecomputed,
        subject: String::from("invocations"),
        actor: admin.actor.clone(),
        summary: format!(
            "{} calls were counted anew: ${before:.6} became ${after:.6}",
            total.calls
        ),
        before: None,
        after: Some(Value::from(filters.clone())),
    });
}
