//! `GET /providers/{name}/models`: what the upstream itself says that it serves, beside what is
//! configured. Nothing is changed by it.

use std::collections::HashSet;

use actix_web::web::{Data, Json, Path};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::price_lists::lists;
use super::pricing::PriceView;
use super::providers::find;
use crate::catalog::capabilities::Table;
use crate::catalog::price_list::PriceList;
use crate::catalog::suggestion::{Told, suggestion};
use crate::catalog::{Model, Provider};
use crate::dialects::model_list::ReportedModel;
use crate::domain::failure::{Failure, UpstreamFailure};
use crate::domain::provider_kind::ProviderKind;
use crate::http::app_state::{AppState, WorkerContext};
use crate::http::middleware::admin::Admin;
use crate::http::problem::Problem;
use crate::relay::{ModelList, RelayContext, list_models};

#[derive(Serialize, ToSchema)]
pub struct ReportedModels {
    /// As the upstream lists them; then those that are configured and not in its list.
    reported: Vec<ReportedView>,
    #[schema(format = DateTime)]
    fetched_at: String,
    /// Why the list may be wrong. It is no reason to remove anything.
    warning: Option<String>,
    /// Entries of the list whose name cannot be one: empty, too long, or with invisible characters.
    unusable: usize,
    /// The list was longer than the router reads.
    is_cut: bool,
}

#[derive(Serialize, ToSchema)]
#[schema(as = ReportedModel)]
struct ReportedView {
    /// The upstream's name.
    name: String,
    /// `new`, `configured` or `gone`: configured, but not in the list.
    state: &'static str,
    /// `provider/name` of the configured model.
    model: Option<String>,
    /// Of the configured model.
    is_active: Option<bool>,
    /// For a new one.
    suggestion: Option<SuggestionView>,
}

/// What `POST /models` could be sent, beside the model's `name` and `provider`.
#[derive(Serialize, ToSchema)]
#[schema(as = ModelSuggestion)]
struct SuggestionView {
    display_name: Option<String>,
    tags: Vec<String>,
    /// Only what is known.
    #[schema(value_type = BTreeMap<String, Value>)]
    config: Map<String, Value>,
    /// Of the lists of prices. An unverified one is not in `config`.
    price: Option<PriceView>,
}

pub async fn list(
    _: Admin,
    state: Data<AppState>,
    context: Data<WorkerContext>,
    name: Path<String>,
) -> Result<Json<ReportedModels>, Problem> {
    let snapshot = state.catalogue.snapshot();
    let provider = find(&snapshot, &name)?;
    refuse_silent(provider)?;
    let its: Vec<&Model> = snapshot.models().iter().map(|model| &**model).collect();
    let its: Vec<&Model> =
        its.into_iter().filter(|model| model.provider.id == provider.id).collect();
    let names: Vec<&str> = its.iter().map(|model| model.remote_name()).collect();
    let RelayContext { pools, states, .. } = &*context.0;
    let timeouts = &snapshot.policy.timeouts;
    let list = list_models(pools, states, provider, timeouts, &names).await.map_err(failed)?;
    let table = Table::shipped().map_err(|_| Failure::Internal("capabilities.toml"))?;
    // A list of prices of elsewhere that cannot be had hides no model.
    let prices = match lists(&state, &snapshot, false).await {
        Ok(prices) => prices,
        Err(_) => PriceList::shipped().map_err(|_| Failure::Internal("prices.toml"))?,
    };
    Ok(Json(compared(provider.kind, list, &its, (&table, &prices))))
}

/// One that cannot be called, or that has no list.
fn refuse_silent(provider: &Provider) -> Result<(), Problem> {
    if let Some(reason) = provider.unavailable_reason() {
        return Err(Problem::new(409, "provider_unavailable", reason));
    }
    let has_list =
        provider.kind.facts().models_path.is_some() || provider.kind == ProviderKind::Mock;
    if !has_list {
        let message = format!(
            "a provider of the type `{}` has no list of its models at a known place",
            provider.kind.as_str()
        );
        return Err(Problem::new(409, "no_model_list", message));
    }
    Ok(())
}

/// The upstream's own words, and what kind of failure it is. The request is never at fault.
fn failed(failure: UpstreamFailure) -> Problem {
    let (status, code) = failure.fault.status_and_code();
    let status = if status == 504 { 504 } else { 502 };
    Problem::new(status, code, failure.to_string())
}

fn compared(
    kind: ProviderKind,
    list: ModelList,
    its: &[&Model],
    (table, prices): (&Table, &PriceList),
) -> ReportedModels {
    let warning = warning(kind, &list, its);
    let names: HashSet<&str> = list.models.iter().map(|model| bare(kind, &model.name)).collect();
    let is_gone = |model: &&&Model| !names.contains(bare(kind, model.remote_name()));
    let gone: Vec<ReportedView> =
        its.iter().filter(is_gone).map(|model| configured("gone", model)).collect();
    let is_whole = !list.models.is_empty() && !list.is_cut;
    let reported = list.models.iter().map(|found| {
        let name = bare(kind, &found.name);
        match its.iter().find(|model| bare(kind, model.remote_name()) == name) {
            Some(model) => {
                ReportedView { name: found.name.clone(), ..configured("configured", model) }
            }
            None => new(kind, found, table, prices),
        }
    });
    ReportedModels {
        // Of an empty list, or one that was not read to its end, nothing can be said to be gone.
        reported: reported.chain(gone.into_iter().filter(|_| is_whole)).collect(),
        fetched_at: Timestamp::now().to_string(),
        warning,
        unusable: list.unusable,
        is_cut: list.is_cut,
    }
}

/// Ollama means the tag `latest` where none is named.
fn bare(kind: ProviderKind, name: &str) -> &str {
    match kind {
        ProviderKind::Ollama => name.strip_suffix(":latest").unwrap_or(name),
        _ => name,
    }
}

fn configured(state: &'static str, model: &Model) -> ReportedView {
    ReportedView {
        name: model.remote_name().to_owned(),
        state,
        model: Some(model.full_name()),
        is_active: Some(model.is_active),
        suggestion: None,
    }
}

fn new(
    kind: ProviderKind,
    found: &ReportedModel,
    table: &Table,
    prices: &PriceList,
) -> ReportedView {
    let row = prices.row(kind, &found.name);
    let told = Told {
        context_window: found.context_window,
        max_output_tokens: found.max_output_tokens,
        inputs: found.inputs.as_deref(),
        takes_tools: found.takes_tools,
    };
    let suggested = suggestion(table, &found.name, told, row);
    ReportedView {
        name: found.name.clone(),
        state: "new",
        model: None,
        is_active: None,
        suggestion: Some(SuggestionView {
            display_name: found.display_name.clone(),
            tags: suggested.tags,
            config: suggested.config,
            price: row.map(|row| PriceView::of(row, found.name.clone())),
        }),
    }
}

fn warning(kind: ProviderKind, list: &ModelList, its: &[&Model]) -> Option<String> {
    if list.models.is_empty() {
        return Some(String::from(
            "the upstream reports no model at all, which is suspicious: its URL may be another \
             service's, or its key may see nothing",
        ));
    }
    let is_reported = |model: &&Model| {
        let name = bare(kind, model.remote_name());
        list.models.iter().any(|found| bare(kind, &found.name) == name)
    };
    (!its.is_empty() && !list.is_cut && !its.iter().any(is_reported))
        .then(|| String::from("the upstream reports none of the models that are configured for it"))
}
