//! What a client of Ollama asks before it calls: `GET /api/version`, `GET /api/tags`, `POST
//! /api/show` and `GET /api/ps`.

use std::sync::Arc;

use actix_web::web::{Data, Json, Payload};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use crate::catalog::Model;
use crate::domain::capabilities::{Capabilities, ThinkingStyle};
use crate::domain::failure::Failure;
use crate::domain::hash::StableHash;
use crate::domain::service::Service;
use crate::http::app_state::AppState;
use crate::http::calls::callable::{Serves, names};
use crate::http::calls::ollama_names::{known_name, models_of};
use crate::http::calls::serve::CallContext;
use crate::http::middleware::caller::Authenticated;
use crate::http::problem::Problem;

/// The version of the API: clients ask for a least one.
const VERSION: &str = "0.12.6";

/// The catalogue holds no times of models.
const UNKNOWN_TIME: &str = "1970-01-01T00:00:00Z";

/// What clients look for in it is whether there are placeholders for a suffix or tools.
const TEMPLATE: &str = "{{ .Prompt }}";

#[derive(Serialize, ToSchema)]
#[schema(as = OllamaVersion)]
pub struct Version {
    version: &'static str,
}

#[derive(Serialize, ToSchema)]
#[schema(as = OllamaTags)]
pub struct Tags {
    models: Vec<Tag>,
}

/// What is not known of a model is empty, because clients require the members.
#[derive(Serialize, ToSchema)]
#[schema(as = OllamaTag)]
struct Tag {
    /// What a call sends as `model`.
    name: String,
    model: String,
    modified_at: &'static str,
    size: u64,
    digest: String,
    details: Details,
}

#[derive(Clone, Serialize, ToSchema)]
#[schema(as = OllamaDetails)]
struct Details {
    parent_model: &'static str,
    format: &'static str,
    /// The type of the provider.
    family: &'static str,
    families: Vec<&'static str>,
    parameter_size: &'static str,
    quantization_level: &'static str,
}

#[derive(Serialize, ToSchema)]
#[schema(as = OllamaShown)]
pub struct Shown {
    license: &'static str,
    modelfile: &'static str,
    /// A line `num_ctx`, where the context is known.
    parameters: String,
    template: &'static str,
    details: Details,
    /// `general.architecture`, `general.basename`, and `….context_length` where it is known.
    #[schema(value_type = Object)]
    model_info: Map<String, Value>,
    /// `completion`, `tools`, `vision`, `thinking`, `embedding`: what any model of the name can do.
    capabilities: Vec<&'static str>,
    modified_at: &'static str,
}

#[derive(Serialize, ToSchema)]
#[schema(as = OllamaRunning)]
pub struct Running {
    models: [Tag; 0],
}

/// Of older clients the member is `name`.
#[derive(Deserialize, ToSchema)]
#[schema(as = OllamaShowRequest)]
pub struct ShowRequest {
    model: Option<String>,
    name: Option<String>,
}

/// The details of models that have one name.
fn details(models: &[Arc<Model>]) -> Details {
    let mut families: Vec<&'static str> = Vec::new();
    for family in models.iter().map(|model| model.provider.kind.as_str()) {
        if !families.contains(&family) {
            families.push(family);
        }
    }
    Details {
        parent_model: "",
        format: "",
        family: families.first().copied().unwrap_or_default(),
        families,
        parameter_size: "",
        quantization_level: "",
    }
}

fn tag(name: String, models: &[Arc<Model>]) -> Tag {
    // It is 64 digits; the same name has the same one.
    let part = |salt: u8| StableHash::default().with(&[salt]).with(name.as_bytes()).finish();
    let digest = [0, 1, 2, 3].map(|salt| format!("{:016x}", part(salt))).concat();
    let model = name.clone();
    let modified_at = UNKNOWN_TIME;
    Tag { name, model, modified_at, size: 0, digest, details: details(models) }
}

pub async fn version() -> Json<Version> {
    Json(Version { version: VERSION })
}

pub async fn tags(auth: Authenticated, state: Data<AppState>) -> Json<Tags> {
    let snapshot = state.catalogue.snapshot();
    let may_call = auth.may_call(&snapshot);
    let callable = snapshot.models().iter().filter(|model| model.is_callable() && may_call(model));
    let mut models: Vec<Tag> =
        callable.map(|model| tag(model.full_name(), std::slice::from_ref(model))).collect();
    models.extend(names(&snapshot, &may_call).map(|(name, meant)| tag(name, &meant)));
    Json(Tags { models })
}

pub async fn ps(_: Authenticated) -> Json<Running> {
    Json(Running { models: [] })
}

pub async fn show(mut context: CallContext, payload: Payload) -> Result<Json<Shown>, Problem> {
    let body = context.read_any(payload).await?;
    let bad =
        |error| Problem::new(400, "invalid_request", format!("the body cannot be read: {error}"));
    let ShowRequest { model, name } = serde_json::from_slice(&body).map_err(bad)?;
    let requested = model.or(name).filter(|name| !name.is_empty()).ok_or(Failure::NoModelNamed)?;
    let snapshot = context.state.catalogue.snapshot();
    let models = models_of(&snapshot, &context.auth, &known_name(&snapshot, &requested));
    if models.is_empty() {
        let near = context.auth.near_names(&snapshot, &requested);
        return Err(Failure::ModelNotFound { requested, near }.into());
    }
    Ok(Json(shown(&requested, &models)))
}

/// A call that needs what only some of the models can do goes to one of these.
fn shown(name: &str, models: &[Arc<Model>]) -> Shown {
    let any = |can: fn(&Capabilities) -> bool| {
        let mut of_chats = models.iter().map(|model| &model.facts.capabilities);
        of_chats.any(|has| has.serves(Service::Chat) && can(has))
    };
    let Serves { chats, embeddings } = Serves::of(models);
    let mut capabilities = Vec::new();
    for (capability, can) in [
        ("completion", chats),
        ("tools", any(|has| has.takes_tools)),
        ("vision", any(|has| has.takes_images)),
        ("thinking", any(|has| has.thinking != ThinkingStyle::None)),
        ("embedding", embeddings),
    ] {
        if can {
            capabilities.push(capability);
        }
    }
    let details = details(models);
    let context = models.iter().filter_map(|model| model.config.context_window).max();
    let architecture = details.family;
    let mut model_info = Map::new();
    model_info.insert(String::from("general.architecture"), json!(architecture));
    model_info.insert(String::from("general.basename"), json!(name));
    if let Some(context) = context {
        model_info.insert(format!("{architecture}.context_length"), json!(context));
    }
    Shown {
        license: "",
        modelfile: "",
        parameters: context.map(|context| format!("num_ctx {context}")).unwrap_or_default(),
        template: TEMPLATE,
        details,
        model_info,
        capabilities,
        modified_at: UNKNOWN_TIME,
    }
}
