//! `GET /events`: the journal, from the newest on.

use actix_web::web::{Data, Json, Query};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::{IntoParams, ToSchema};

use crate::domain::event::EventKind;
use crate::domain::times::rfc3339;
use crate::http::app_state::AppState;
use crate::http::middleware::admin::Admin;
use crate::http::monitor::filters::time;
use crate::http::problem::Problem;
use crate::store::Connection;
use crate::store::events::{EventRow, Filter, list as list_rows};

const MAX_LIMIT: i64 = 1000;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct EventQuery {
    /// Kinds such as `circuit.opened`, or nouns such as `circuit`, with commas between them.
    kind: Option<String>,
    subject: Option<String>,
    /// Who did it: `local`, a key's name, `file` or `router`.
    actor: Option<String>,
    #[param(format = DateTime)]
    start_time: Option<String>,
    #[param(format = DateTime)]
    end_time: Option<String>,
    limit: Option<i64>,
    before: Option<i64>,
}

#[derive(Serialize, ToSchema)]
pub struct EventList {
    items: Vec<EventView>,
    limit: i64,
    /// What to send as `before` for the older ones; `null` where there are none.
    next_before: Option<i64>,
}

#[derive(Serialize, ToSchema)]
pub struct EventView {
    id: i64,
    at: String,
    kind: String,
    subject: String,
    actor: String,
    summary: String,
    #[schema(value_type = Value)]
    before: Option<Box<RawValue>>,
    #[schema(value_type = Value)]
    after: Option<Box<RawValue>>,
}

pub async fn list(
    _: Admin,
    state: Data<AppState>,
    query: Query<EventQuery>,
) -> Result<Json<EventList>, Problem> {
    let query = query.into_inner();
    let limit = query.limit.unwrap_or(100).clamp(1, MAX_LIMIT);
    let filter = query.into_filter()?;
    // One row more than is shown, to know whether there are more.
    let read = move |connection: &mut Connection| list_rows(connection, &filter, limit + 1);
    let mut rows = state.read(read).await?;
    let shown = usize::try_from(limit).unwrap_or(usize::MAX);
    let has_more = rows.len() > shown;
    rows.truncate(shown);
    let next_before = rows.last().filter(|_| has_more).map(|row| row.id);
    let items = rows.into_iter().map(EventView::from).collect();
    Ok(Json(EventList { items, limit, next_before }))
}

impl EventQuery {
    fn into_filter(self) -> Result<Filter, Problem> {
        let kinds = self.kind.iter().flat_map(|kinds| kinds.split(','));
        let kinds: Vec<String> = kinds.map(|kind| kind.trim().to_owned()).collect();
        kinds.iter().try_for_each(|kind| refuse_unknown(kind))?;
        Ok(Filter {
            kinds,
            subject: self.subject,
            actor: self.actor,
            start_us: time("start_time", self.start_time)?,
            end_us: time("end_time", self.end_time)?,
            before: self.before,
        })
    }
}

fn refuse_unknown(kind: &str) -> Result<(), Problem> {
    let known = EventKind::ALL.map(EventKind::as_str);
    let is_noun = |known: &&str| known.split('.').next() == Some(kind);
    if known.contains(&kind) || known.iter().any(is_noun) {
        return Ok(());
    }
    let message = format!(
        "`kind` `{kind}` is unknown; known are {}, or a noun alone such as `circuit`",
        known.join(", ")
    );
    Err(Problem::new(400, "invalid_request", message).at("kind"))
}

impl From<EventRow> for EventView {
    fn from(row: EventRow) -> Self {
        let json = |text: Option<String>| text.and_then(|text| RawValue::from_string(text).ok());
        Self {
            id: row.id,
            at: rfc3339(row.at_us),
            kind: row.kind,
            subject: row.subject,
            actor: row.actor,
            summary: row.summary,
            before: json(row.before_json),
            after: json(row.after_json),
        }
    }
}
