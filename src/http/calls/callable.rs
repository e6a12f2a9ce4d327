//! What a client can name: the models that its key may call, aliases and pairs.

use std::sync::Arc;

use serde::Serialize;
use utoipa::ToSchema;

use crate::catalog::{Model, Snapshot};
use crate::domain::failure::Failure;
use crate::domain::service::Service;
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
    #[serde(skip)]
    #[schema(ignore)]
    pub serves: Serves,
}

/// What a call with a name can ask for: what any of the models serves that it may reach.
#[derive(Clone, Copy)]
pub struct Serves {
    pub chats: bool,
    pub embeddings: bool,
}

impl Serves {
    pub fn of(models: &[Arc<Model>]) -> Self {
        let any = |service| models.iter().any(|it| it.facts.capabilities.serves(service));
        Self { chats: any(Service::Chat), embeddings: any(Service::Embeddings) }
    }
}

impl ModelItem {
    fn of(model: &Arc<Model>) -> Self {
        let serves = Serves::of(std::slice::from_ref(model));
        Self {
            max_input_tokens: model.config.context_window,
            max_tokens: model.facts.capabilities.max_output_tokens,
            ..Self::new(model.full_name(), model.provider.name.clone(), serves)
        }
    }

    /// `meant`: what a call with the name may reach.
    fn of_name(name: String, meant: &[Arc<Model>]) -> Self {
        Self::new(name, String::from("llm-router"), Serves::of(meant))
    }

    fn new(id: String, owned_by: String, serves: Serves) -> Self {
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
            serves,
        }
    }
}

/// Aliases and pairs, which stand for other names, where a call with one would reach a model; and
/// the models.
pub fn names(
    snapshot: &Snapshot,
    may_call: impl Fn(&Model) -> bool,
) -> impl Iterator<Item = (String, Vec<Arc<Model>>)> {
    let routing = &snapshot.policy.routing;
    let pairs = routing.pairs.iter().map(|pair| format!("pair:{}", pair.name));
    routing.aliases.names().cloned().chain(pairs).filter_map(move |name| {
        let mut meant = models_named(snapshot, &name);
        meant.retain(|model| model.is_callable() && may_call(model));
        (!meant.is_empty()).then_some((name, meant))
    })
}

/// What a caller can name.
pub fn listed(auth: &Authenticated, state: &AppState) -> Vec<ModelItem> {
    let snapshot = state.catalogue.snapshot();
    let may_call = auth.may_call(&snapshot);
    let callable = snapshot.models().iter().filter(|model| model.is_callable() && may_call(model));
    let mut data: Vec<_> = callable.map(ModelItem::of).collect();
    let named = names(&snapshot, &may_call);
    data.extend(named.map(|(name, meant)| ModelItem::of_name(name, &meant)));
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
    let mut named = snapshot.named(&requested);
    named.retain(|model| model.is_callable() && may_call(model));
    if let Some(model) = named.first() {
        let (display_name, serves) = (requested.clone(), Serves::of(&named));
        return Ok(ModelItem { id: requested, display_name, serves, ..ModelItem::of(model) });
    }
    let is_wildcard = snapshot.policy.routing.aliases.wildcard(&requested).is_some();
    let of_wildcard = || {
        let mut meant = models_requested(&snapshot, &requested);
        meant.retain(|model| model.is_callable() && may_call(model));
        (is_wildcard && !meant.is_empty()).then_some(meant)
    };
    let alias = names(&snapshot, &may_call).find(|(name, _)| *name == requested);
    if let Some(meant) = alias.map(|(_, meant)| meant).or_else(of_wildcard) {
        return Ok(ModelItem::of_name(requested, &meant));
    }
    let near = auth.near_names(&snapshot, &requested);
    Err(Failure::ModelNotFound { requested, near }.into())
}
