//! Responses that are kept, so that a later request need only name the one before it, and the routes
//! that show and delete them. A response belongs to the key that made it: for any other it is not
//! there.

use std::collections::HashMap;

use actix_web::HttpResponse;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::web::{Json, Path, Query};
use bytes::Bytes;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use crate::dialects::errors::BadRequest;
use crate::dialects::request::ClientRequest;
use crate::dialects::responses::client::references::{item, item_not_found, referenced, resolved};
use crate::dialects::responses::client::stored::{Turn, continued, input_items, output_of, shown};
use crate::http::calls::keeper::Keeper;
use crate::http::calls::serve::CallContext;
use crate::http::problem::Problem;
use crate::store::responses::{ResponseRow, delete, find, find_with_item};

/// The most turns that a request goes on from.
const MOST_TURNS: usize = 200;

/// The most items that a request names by their ids.
const MOST_ITEMS: usize = 1_000;

/// A page of the items of a request.
const USUAL_PAGE: usize = 20;
const LONGEST_PAGE: usize = 100;

/// `None` where the response is not kept: the client, its key or the configuration says so.
/// `sent`: the request without the turns before it.
pub fn keeper_of(
    context: &CallContext,
    request: &ClientRequest,
    sent: &[u8],
    id: &str,
) -> Option<Keeper> {
    let own = request.responses()?;
    if !own.asks_to_store() || own.is_compaction {
        return None;
    }
    let created_at_us = context.auth.meta.arrived_us;
    let expires_at_us = created_at_us.saturating_add(kept_for_us(context)?);
    let row = ResponseRow {
        api_key_id: key_id(context),
        id: id.to_owned(),
        previous_id: own.previous_id(),
        created_at_us,
        expires_at_us,
        input: input_items(sent, id),
        response: String::new(),
    };
    Some(Keeper { writer: context.state.keys.writer.clone(), row })
}

/// How long the caller's responses are kept; `None` where they are not.
fn kept_for_us(context: &CallContext) -> Option<i64> {
    let snapshot = context.state.catalogue.snapshot();
    let recording = &snapshot.policy.recording;
    let of_key = context.auth.caller.key().and_then(|key| key.rules.record_bodies);
    recording.bodies.for_key(of_key).keeps_any().then_some(recording.responses_us).flatten()
}

/// 0 for a caller without a key.
fn key_id(context: &CallContext) -> i32 {
    context.auth.caller.key().map_or(0, |key| key.id.0)
}

/// The request with the turns before it, where it names one.
///
/// # Errors
/// When it cannot be read, what it names is not there, or the turns are too many or too long.
///
/// # Cancel safety
/// Dropping it drops what was read.
pub async fn with_turns(
    context: &CallContext,
    body: Bytes,
    parse: fn(Bytes) -> Result<ClientRequest, BadRequest>,
) -> Result<ClientRequest, Problem> {
    const PLACE: &str = "previous_response_id";
    let request = parse(body.clone())?;
    let previous = request.responses().and_then(|own| own.previous_id());
    let Some(previous) = previous else { return Ok(request) };
    let (key, now_us) = (key_id(context), Timestamp::now().as_microsecond());
    let longest = context.state.max_body_bytes;
    let found = context
        .state
        .read(move |connection| {
            let (mut turns, mut next, mut length) = (Vec::new(), Some(previous), 0);
            while let Some(id) = next {
                let Some(row) = find(connection, key, &id, now_us)? else {
                    return Ok(Err(Broken::Missing(id)));
                };
                let output = output_of(&row.response);
                length += row.input.len() + output.len();
                if turns.len() == MOST_TURNS || length > longest {
                    return Ok(Err(Broken::TooLong));
                }
                turns.push(Turn { input: row.input, output });
                next = row.previous_id;
            }
            turns.reverse();
            Ok(Ok(turns))
        })
        .await?;
    match found {
        Ok(turns) => match continued(&body, &turns) {
            Some(body) => Ok(parse(body)?),
            None => Ok(request),
        },
        Err(Broken::Missing(id)) => {
            let message = format!("Previous response with id '{id}' not found.");
            Err(Problem::new(400, "previous_response_not_found", message).at(PLACE))
        }
        Err(Broken::TooLong) => {
            let message = format!(
                "the conversation before it has more than {MOST_TURNS} turns or {longest} bytes; \
                 begin a new one, with a summary"
            );
            Err(Problem::new(400, "invalid_request", message).at(PLACE))
        }
    }
}

/// The request with the items of kept responses that it names by their ids.
///
/// # Errors
/// When one is not there, or they are too many or too long. Where nothing is kept for the caller the
/// request stays as it is: an upstream of this API may know the items.
pub async fn with_items(context: &CallContext, body: Bytes) -> Result<Bytes, Problem> {
    let named = referenced(&body);
    if named.is_empty() || kept_for_us(context).is_none() {
        return Ok(body);
    }
    let (key, now_us) = (key_id(context), Timestamp::now().as_microsecond());
    let longest = context.state.max_body_bytes;
    let found = context.state.read(move |connection| {
        let mut items: HashMap<String, String> = HashMap::new();
        // Items of one response are mostly named one after another.
        let (mut holder, mut length): (Option<[String; 2]>, usize) = (None, 0);
        for (at, id) in named {
            let held = holder.as_ref().and_then(|lists| item(lists, &id));
            let held = match held {
                Some(held) => Some(held),
                None => {
                    let row = find_with_item(connection, key, &id, now_us)?;
                    holder = row.map(|row| [output_of(&row.response), row.input]);
                    holder.as_ref().and_then(|lists| item(lists, &id))
                }
            };
            let Some(held) = held else { return Ok(Err(Unresolved::Missing(at, id))) };
            length += held.len();
            if items.len() == MOST_ITEMS || length > longest {
                return Ok(Err(Unresolved::TooLong(at)));
            }
            items.insert(id, held);
        }
        Ok(Ok(items))
    });
    match found.await? {
        Ok(items) => Ok(resolved(&body, &items).unwrap_or(body)),
        Err(Unresolved::Missing(at, id)) => {
            let id: String = id.chars().take(200).collect();
            Err(Problem::new(404, "item_not_found", item_not_found(&id)).at(place(at)))
        }
        Err(Unresolved::TooLong(at)) => {
            let message = format!(
                "the items that `input` names are more than {MOST_ITEMS} or {longest} bytes; send \
                 the last of them, or go on by `previous_response_id`"
            );
            Err(Problem::new(400, "invalid_request", message).at(place(at)))
        }
    }
}

fn place(item: usize) -> String {
    format!("input[{item}]")
}

/// Why an item that is named cannot be put into its place.
enum Unresolved {
    Missing(usize, String),
    TooLong(usize),
}

/// Why a conversation cannot go on.
enum Broken {
    Missing(String),
    TooLong,
}

/// What is asked of a kept response beside its id.
#[derive(Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Shown {
    /// `reasoning.encrypted_content` shows sealed reasoning.
    include: Option<String>,
    /// Not served: a response is shown as a whole.
    stream: Option<bool>,
}

pub async fn get(
    context: CallContext,
    id: Path<String>,
    query: Query<Shown>,
) -> Result<HttpResponse, Problem> {
    if query.stream == Some(true) {
        let message = "a kept response is shown as a whole: leave out `stream`";
        return Err(Problem::new(400, "invalid_request", message).at("stream"));
    }
    let row = kept(&context, id.into_inner()).await?;
    // The SDKs write `include[]=` as well.
    let asked = context.request.query_string().contains("reasoning.encrypted_content");
    let body = shown(&row.response, asked || query.include.is_some());
    Ok(HttpResponse::Ok().insert_header((CONTENT_TYPE, "application/json")).body(body))
}

async fn kept(context: &CallContext, id: String) -> Result<ResponseRow, Problem> {
    let (key, now_us) = (key_id(context), Timestamp::now().as_microsecond());
    let wanted = id.clone();
    let found =
        context.state.read(move |connection| find(connection, key, &wanted, now_us)).await?;
    found.ok_or_else(|| not_found(&id))
}

fn not_found(id: &str) -> Problem {
    let id: String = id.chars().take(200).collect();
    Problem::new(404, "response_not_found", format!("Response with id '{id}' not found."))
}

/// What became of a response.
#[derive(Serialize, ToSchema)]
pub struct DeletedResponse {
    id: String,
    /// `response`.
    object: &'static str,
    deleted: bool,
}

pub async fn remove(
    context: CallContext,
    id: Path<String>,
) -> Result<Json<DeletedResponse>, Problem> {
    let (key, id) = (key_id(&context), id.into_inner());
    let wanted = id.clone();
    let writer = &context.state.keys.writer;
    let was_there = writer.write(move |connection| delete(connection, key, &wanted)).await?;
    match was_there {
        true => Ok(Json(DeletedResponse { id, object: "response", deleted: true })),
        false => Err(not_found(&id)),
    }
}

/// A page of items.
#[derive(Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ItemPage {
    /// The id of the item before the first.
    after: Option<String>,
    /// 1 to 100.
    limit: Option<usize>,
    /// `asc`, else the newest first.
    order: Option<String>,
}

/// Items of a request.
#[derive(Serialize, ToSchema)]
pub struct ItemList {
    /// `list`.
    object: &'static str,
    data: Vec<Value>,
    first_id: Option<String>,
    last_id: Option<String>,
    has_more: bool,
}

pub async fn items(
    context: CallContext,
    id: Path<String>,
    query: Query<ItemPage>,
) -> Result<Json<ItemList>, Problem> {
    let row = kept(&context, id.into_inner()).await?;
    let mut items: Vec<Value> = serde_json::from_str(&row.input).unwrap_or_default();
    if query.order.as_deref() != Some("asc") {
        items.reverse();
    }
    let id = |item: &Value| item.get("id").and_then(Value::as_str).map(str::to_owned);
    if let Some(after) = &query.after {
        let place = items.iter().position(|item| id(item).as_ref() == Some(after));
        items.drain(..place.map_or(0, |place| place + 1));
    }
    let limit = query.limit.unwrap_or(USUAL_PAGE).clamp(1, LONGEST_PAGE);
    let has_more = items.len() > limit;
    items.truncate(limit);
    let (first_id, last_id) = (items.first().and_then(id), items.last().and_then(id));
    Ok(Json(ItemList { object: "list", data: items, first_id, last_id, has_more }))
}

/// Only what runs in the background can be cancelled.
pub async fn cancel(context: CallContext, id: Path<String>) -> Result<HttpResponse, Problem> {
    let row = kept(&context, id.into_inner()).await?;
    let message = format!(
        "the response '{}' is complete: only a response that was created with `background` can be \
         cancelled",
        row.id
    );
    Err(Problem::new(400, "invalid_request", message).at("response_id"))
}
