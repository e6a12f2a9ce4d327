//! `/pricing`: what lists of prices say, compared with what models have, and taken over.

use std::collections::BTreeMap;

use actix_web::HttpResponse;
use actix_web::web::{Data, Json, Path, Query};
use serde::Serialize;
use serde_json::{Map, json};
use utoipa::ToSchema;

use super::dry_run::{ChangeQuery, DryRun};
use super::price_lists::lists;
use crate::catalog::Model;
use crate::catalog::edit::{Edit, Edited};
use crate::catalog::model::PRICE_SOURCE;
use crate::catalog::price_list::PriceRow;
use crate::domain::price::TokenPrice;
use crate::http::app_state::AppState;
use crate::http::middleware::admin::Admin;
use crate::http::middleware::caller::Authenticated;
use crate::http::problem::Problem;

/// Prices of one row for one name. Dollars per 1,000 tokens; `null`: as the prompt, as the
/// completion.
#[derive(Serialize, ToSchema)]
pub struct PriceView {
    /// The upstream's name; `*` stands for any text.
    model_name: String,
    provider: &'static str,
    input_price_per_1k: Option<f64>,
    output_price_per_1k: Option<f64>,
    cached_price_per_1k: Option<f64>,
    cache_write_price_per_1k: Option<f64>,
    reasoning_price_per_1k: Option<f64>,
    /// The address of the public list.
    source: String,
    /// `prices.toml`, `file` or `url`.
    list: &'static str,
    /// A date.
    last_updated: String,
    /// No second list agrees: no call is counted with it before it is taken over.
    unverified: bool,
    notes: Option<String>,
}

impl PriceView {
    pub fn of(row: &PriceRow, model_name: String) -> Self {
        let prices = &row.prices;
        Self {
            model_name,
            provider: row.provider.as_str(),
            input_price_per_1k: per_1k(prices.prompt),
            output_price_per_1k: per_1k(prices.completion),
            cached_price_per_1k: per_1k(prices.cached),
            cache_write_price_per_1k: per_1k(prices.cache_write),
            reasoning_price_per_1k: per_1k(prices.reasoning),
            source: row.source.clone(),
            list: row.origin.as_str(),
            last_updated: row.as_of.to_string(),
            unverified: row.is_unverified,
            notes: row.notes.clone(),
        }
    }
}

fn per_1k(price: Option<TokenPrice>) -> Option<f64> {
    price.map(TokenPrice::as_per_1k_dollars)
}

/// By type of provider.
#[derive(Serialize, ToSchema)]
#[serde(transparent)]
pub struct LatestPrices(BTreeMap<&'static str, Vec<PriceView>>);

/// `GET /pricing/latest`.
pub async fn latest(
    _: Authenticated,
    state: Data<AppState>,
) -> Result<Json<LatestPrices>, Problem> {
    let list = lists(&state, &state.catalogue.snapshot(), false).await?;
    let mut by_provider: BTreeMap<&'static str, Vec<PriceView>> = BTreeMap::new();
    for row in list.rows() {
        let views = row.patterns.iter().map(|pattern| PriceView::of(row, pattern.clone()));
        by_provider.entry(row.provider.as_str()).or_default().extend(views);
    }
    Ok(Json(LatestPrices(by_provider)))
}

/// A model's price beside that of the lists. Dollars per 1,000 tokens.
#[derive(Serialize, ToSchema)]
pub struct PriceSuggestion {
    model_id: i32,
    model_name: String,
    provider_name: String,
    current_input_price: Option<f64>,
    current_output_price: Option<f64>,
    latest_input_price: Option<f64>,
    latest_output_price: Option<f64>,
    /// Whether the lists say something else, in any of the prices.
    has_update: bool,
    /// `null` where no list knows the model.
    pricing_info: Option<PriceView>,
}

/// `GET /pricing/suggestions`.
pub async fn suggestions(
    auth: Authenticated,
    state: Data<AppState>,
) -> Result<Json<Vec<PriceSuggestion>>, Problem> {
    let snapshot = state.catalogue.snapshot();
    let list = lists(&state, &snapshot, false).await?;
    let may_call = auth.may_call(&snapshot);
    let models = snapshot.models().iter().filter(|model| may_call(model));
    let suggestions = models.map(|model| {
        let row = list.row(model.provider.kind, model.remote_name());
        PriceSuggestion {
            model_id: model.id.0,
            model_name: model.name.clone(),
            provider_name: model.provider.name.clone(),
            current_input_price: per_1k(model.prices.prompt),
            current_output_price: per_1k(model.prices.completion),
            latest_input_price: row.and_then(|row| per_1k(row.prices.prompt)),
            latest_output_price: row.and_then(|row| per_1k(row.prices.completion)),
            has_update: row.is_some_and(|row| row.prices != model.prices),
            pricing_info: row.map(|row| PriceView::of(row, model.remote_name().to_owned())),
        }
    });
    Ok(Json(suggestions.collect()))
}

#[derive(Serialize, ToSchema)]
pub struct PriceSync {
    success: bool,
    message: String,
    /// `null` where no list knows the model.
    updated_pricing: Option<PriceView>,
}

/// `POST /pricing/sync/{model_id}`: takes over the price of one model, unverified or not.
pub async fn sync(
    admin: Admin,
    state: Data<AppState>,
    model_id: Path<i32>,
    query: Query<ChangeQuery>,
) -> Result<HttpResponse, Problem> {
    let snapshot = state.catalogue.snapshot();
    let model = snapshot.models().iter().find(|model| model.id.0 == *model_id);
    let model = model.ok_or_else(|| {
        let message = format!("no model has the id {model_id}; GET /models lists all");
        Problem::new(404, "model_not_found", message)
    })?;
    let list = lists(&state, &snapshot, true).await?;
    let Some(row) = list.row(model.provider.kind, model.remote_name()) else {
        let message = format!("no list has a price for `{}`", model.full_name());
        let answer = PriceSync { success: false, message, updated_pricing: None };
        return Ok(HttpResponse::Ok().json(answer));
    };
    if query.dry_run {
        let edited = rehearse(&state, model, row).await?;
        return Ok(HttpResponse::Ok().json(DryRun::from(edited)));
    }
    let message = take(&state, &admin, model, row).await?;
    let updated_pricing = Some(PriceView::of(row, model.remote_name().to_owned()));
    Ok(HttpResponse::Ok().json(PriceSync { success: true, message, updated_pricing }))
}

#[derive(Serialize, ToSchema)]
pub struct PriceSyncAll {
    /// Whether none failed.
    success: bool,
    message: String,
    results: PriceSyncResults,
}

#[derive(Default, Serialize, ToSchema)]
pub struct PriceSyncResults {
    success: usize,
    failed: usize,
    not_found: usize,
    details: Vec<PriceSyncDetail>,
}

#[derive(Serialize, ToSchema)]
pub struct PriceSyncDetail {
    model_id: i32,
    model_name: String,
    /// `success`, `failed`, `unverified` (left as it was) or `not_found`.
    status: &'static str,
    message: String,
}

/// `POST /pricing/sync-all`: takes over the price of each model on which lists agree.
pub async fn sync_all(
    admin: Admin,
    state: Data<AppState>,
    query: Query<ChangeQuery>,
) -> Result<HttpResponse, Problem> {
    let snapshot = state.catalogue.snapshot();
    let list = lists(&state, &snapshot, true).await?;
    if query.dry_run {
        let mut all = Edited::default();
        for model in snapshot.models() {
            let row = list.row(model.provider.kind, model.remote_name());
            let Some(row) = row.filter(|row| !row.is_unverified) else { continue };
            all.changes.extend(rehearse(&state, model, row).await?.changes);
        }
        return Ok(HttpResponse::Ok().json(DryRun::from(all)));
    }
    let mut results = PriceSyncResults::default();
    for model in snapshot.models() {
        let row = list.row(model.provider.kind, model.remote_name());
        let (status, message) = match row {
            None => ("not_found", String::from("no list has a price for it")),
            Some(row) if row.is_unverified && row.prices != model.prices => (
                "unverified",
                format!(
                    "no second list agrees; POST /pricing/sync/{} takes it all the same",
                    model.id.0
                ),
            ),
            Some(row) => match take(&state, &admin, model, row).await {
                Ok(message) => ("success", message),
                Err(problem) => ("failed", problem.message),
            },
        };
        match status {
            "success" => results.success += 1,
            "failed" => results.failed += 1,
            "not_found" => results.not_found += 1,
            _ => {}
        }
        let (model_id, model_name) = (model.id.0, model.name.clone());
        results.details.push(PriceSyncDetail { model_id, model_name, status, message });
    }
    let message = format!(
        "{} models have the price of the lists, {} failed, {} are on no list",
        results.success, results.failed, results.not_found
    );
    let answer = PriceSyncAll { success: results.failed == 0, message, results };
    Ok(HttpResponse::Ok().json(answer))
}

/// Writes the row's prices into the model's config, with where they are from.
async fn take(
    state: &AppState,
    admin: &Admin,
    model: &Model,
    row: &PriceRow,
) -> Result<String, Problem> {
    if row.prices == model.prices {
        return Ok(String::from("it has this price already"));
    }
    state.watcher.change(edit_of(model, row), &admin.actor).await?;
    Ok(format!("its price was taken from {} of {}", row.origin.as_str(), row.as_of))
}

/// What [`take`] would change.
async fn rehearse(state: &AppState, model: &Model, row: &PriceRow) -> Result<Edited, Problem> {
    if row.prices == model.prices {
        return Ok(Edited::default());
    }
    Ok(state.watcher.rehearse(edit_of(model, row)).await?)
}

fn edit_of(model: &Model, row: &PriceRow) -> Edit {
    let prices = &row.prices;
    let config = json!({
        "cost_per_1k_tokens": per_1k(prices.prompt),
        "cost_per_1k_completion_tokens": per_1k(prices.completion),
        "cost_per_1k_cached_tokens": per_1k(prices.cached),
        "cost_per_1k_cache_write_tokens": per_1k(prices.cache_write),
        "cost_per_1k_reasoning_tokens": per_1k(prices.reasoning),
        PRICE_SOURCE: {"source": row.origin.as_str(), "as_of": &*row.as_of},
    });
    let patch = Map::from_iter([(String::from("config"), config)]);
    let (provider, name) = (model.provider.name.clone(), model.name.clone());
    Edit::PatchModel { provider, name, patch }
}
