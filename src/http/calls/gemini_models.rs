//! `GET /v1beta/models` and `GET /v1beta/models/{model}`: what can be called, in Gemini's form; under
//! `/v1` for clients that show their key as Google's do.

use actix_web::HttpRequest;
use actix_web::http::header::HeaderName;
use actix_web::web::{Data, Json, Path, Query};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::http::app_state::AppState;
use crate::http::calls::callable::{ModelItem, find, listed};
use crate::http::middleware::caller::Authenticated;
use crate::http::problem::Problem;

static KEY: HeaderName = HeaderName::from_static("x-goog-api-key");

const OF_CHATS: [&str; 3] = ["generateContent", "streamGenerateContent", "countTokens"];

const OF_EMBEDDINGS: [&str; 2] = ["embedContent", "batchEmbedContents"];

/// As Gemini's API has it.
const USUAL_PAGE: usize = 50;

const LONGEST_PAGE: usize = 1000;

/// A model in Gemini's form.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct GeminiModel {
    /// `models/` and the id.
    name: String,
    base_model_id: String,
    version: &'static str,
    display_name: String,
    /// The context, where it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    input_token_limit: Option<u64>,
    /// Of an answer, where it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    output_token_limit: Option<u64>,
    supported_generation_methods: Vec<&'static str>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct GeminiModels {
    models: Vec<GeminiModel>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_page_token: Option<String>,
}

#[derive(Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct GeminiPage {
    page_size: Option<usize>,
    /// `nextPageToken` of the page before.
    page_token: Option<String>,
}

impl From<ModelItem> for GeminiModel {
    fn from(item: ModelItem) -> Self {
        let of_chats = OF_CHATS.iter().filter(|_| item.serves.chats);
        let of_embeddings = OF_EMBEDDINGS.iter().filter(|_| item.serves.embeddings);
        Self {
            name: format!("models/{}", item.id),
            base_model_id: item.id,
            version: "",
            display_name: item.display_name,
            input_token_limit: item.max_input_tokens,
            output_token_limit: item.max_tokens,
            supported_generation_methods: of_chats.chain(of_embeddings).copied().collect(),
        }
    }
}

/// Whether a client of Google's asks.
pub fn is_googles(request: &HttpRequest) -> bool {
    request.headers().contains_key(&KEY)
}

pub async fn list(
    query: Query<GeminiPage>,
    auth: Authenticated,
    state: Data<AppState>,
) -> Json<GeminiModels> {
    Json(page(listed(&auth, &state), &query))
}

/// The page that a request of another path asks for; what cannot be read of it asks for nothing.
pub fn page_of(request: &HttpRequest, auth: &Authenticated, state: &AppState) -> GeminiModels {
    let query = Query::<GeminiPage>::from_query(request.query_string());
    let query = query.map(Query::into_inner).unwrap_or_default();
    page(listed(auth, state), &query)
}

/// The token of a page is the place of its first model.
fn page(all: Vec<ModelItem>, query: &GeminiPage) -> GeminiModels {
    let size = query.page_size.filter(|size| *size > 0).unwrap_or(USUAL_PAGE).min(LONGEST_PAGE);
    let from = query.page_token.as_deref().and_then(|token| token.parse().ok()).unwrap_or(0_usize);
    let end = from.saturating_add(size);
    let next_page_token = (end < all.len()).then(|| end.to_string());
    let models = all.into_iter().skip(from).take(size).map(GeminiModel::from).collect();
    GeminiModels { models, next_page_token }
}

pub async fn get(
    auth: Authenticated,
    state: Data<AppState>,
    id: Path<String>,
) -> Result<Json<GeminiModel>, Problem> {
    Ok(Json(find(&auth, &state, id.into_inner())?.into()))
}
