//! What a client can name: the models that its key may call, aliases and pairs.

use serde::Serialize;
use utoipa::ToSchema;

use crate::catalog::{Model, Snapshot};
use crate::domain::failure::Failure;
use crate::http::app_state::AppState;
use crate::http::middleware::caller::Authenticated;
use crate::http::problem::Problem;
use crate::routing::{models_named, models_requested};

/// The catalogue holds no creation times.
const UNKNOWN_TIME: &str = "1970-01-01T00:00:00Z";

/// OpenAI's fields, and Anthropic's; the catalogue holds no creation times, so `created` is 0.
#[derive(Serialize, ToSchema)]
pub struct ModelItem {
    pub id: String,
    object: &'static str,
    created: i64,
    owned_by: String,
    r#type: &'static str,
    pub display_name: String,
    created_at: &'static str,
    /// `active`: others are not listed.
    lifecycle: &'static str,
    /// The context, where it is known.
    #[schema(required)]
    pub max_input_tokens: Option<u64>,
    /// Of an answer, where it is known.
    #[schema(required)]
    pub max_tokens: Option<u64>,
}

impl ModelItem {
    fn of(model: &Model) -> Self {
        Self {
            max_input_tokens: model.config.context_window,
            max_tokens: model.facts.capabilities.max_output_tokens,
            ..Self::new(model.full_name(), model.provider.name.clone())
        }
    }

    fn of_name(name: String) -> Self {
        Self::new(name, String::from("llm-router"))
    }

    fn new(id: String, owned_by: String) -> Self {
        let display_name = id.clone();
        Self {
            id,
            object: "model",
            created: 0,
            owned_by,
            r#type: "model",
            display_name,
            created_at: UNKNOWN_TIME,
            lifecycle: "active",
            max_input_tokens: None,
            max_tokens: None,
        }
    }
}

/// Aliases and pairs, which stand for other names, where a call with one would reach a model.
pub fn names(
    snapshot: &Snapshot,
    may_call: impl Fn(&Model) -> bool,
) -> impl Iterator<Item = String> {
    let routing = &snapshot.policy.routing;
    let pairs = routing.pairs.iter().map(|pair| format!("pair:{}", pair.name));
    routing.aliases.names().cloned().chain(pairs).filter(move |name| {
        let meant = models_named(snapshot, name);
        meant.iter().any(|model| model.is_callable() && may_call(model))
    })
}

/// What a caller can name.
pub fn listed(auth: &Authenticated, state: &AppState) -> Vec<ModelItem> {
    let snapshot = state.catalogue.snapshot();
    let may_call = auth.may_call(&snapshot);
    let callable = snapshot.models().iter().filter(|model| model.is_callable() && may_call(model));
    let mut data: Vec<_> = callable.map(|model| ModelItem::of(model)).collect();
    data.extend(names(&snapshot, &may_call).map(ModelItem::of_name));
    data
}

/// # Errors
/// When nothing that the caller may call has the name.
pub fn find(
    auth: &Authenticated,
    state: &AppState,
    requested: String,
) -> Result<ModelItem, Problem> {
    let snapshot = state.catalogue.snapshot();
    let may_call = auth.may_call(&snapshot);
    let mut named = snapshot.named(&requested).into_iter();
    let found = named.find(|model| model.is_callable() && may_call(model));
    if let Some(model) = found {
        let display_name = requested.clone();
        return Ok(ModelItem { id: requested, display_name, ..ModelItem::of(&model) });
    }
    let is_wildcard = snapshot.policy.routing.aliases.wildcard(&requested).is_some();
    let is_meant = || {
        let meant = models_requested(&snapshot, &requested);
        meant.iter().any(|model| model.is_callable() && may_call(model))
    };
    if names(&snapshot, &may_call).any(|name| name == requested) || (is_wildcard && is_meant()) {
        return Ok(ModelItem::of_name(requested));
    }
    let near = auth.near_names(&snapshot, &requested);
    Err(Failure::ModelNotFound { requested, near }.into())
}
