//! The HTTP interface: routes, bodies, errors. Each noun has a file; what goes beyond HTTP is in
//! `relay`.

mod app_state;
mod calls;
mod console;
mod manage;
mod middleware;
mod monitor;
mod openapi;
mod problem;
mod routes;
mod surface;

use actix_web::HttpRequest;
use actix_web::web::{self, ServiceConfig};

pub use app_state::{AppState, WorkerContext};
pub use console::Console;
pub use middleware::request::every_request;
pub use monitor::export::slots::Exports;
pub use monitor::live::places::Live;
pub use monitor::live::sockets::ClientSocket;

use problem::Problem;
use routes::{Entry, Page, delete, get, page, patch, post};
use surface::Surface;

pub fn routes(app: &mut ServiceConfig) {
    routes::configure(app, table);
    routes::configure_pages(app, pages());
    app.default_service(web::to(not_found));
}

/// Each route with its handler, with what the document says of it, and with the format of its
/// errors where that is not the router's own.
fn table() -> Vec<Entry> {
    // First, because every call is matched with the rows before its own.
    let mut table = apis();
    table.extend(gemini());
    table.extend(others());
    table.extend(ollamas());
    table
}

/// The calls by the vendors' APIs.
fn apis() -> Vec<Entry> {
    use calls::{chat, kept_responses, messages, responses, services};
    use openapi::openai_services;
    let first = post("/v1/chat/completions", chat::chat, openapi::calls::chat);
    let mut rows = errors_as(Surface::OpenAi, vec![first]);
    rows.extend(errors_as(
        Surface::Anthropic,
        vec![
            post("/v1/messages", messages::create, openapi::calls::messages),
            post("/v1/messages/count_tokens", messages::count, openapi::calls::count_tokens),
        ],
    ));
    rows.extend(errors_as(
        Surface::OpenAi,
        vec![
            post("/v1/responses", responses::create, openapi::responses::create),
            post("/v1/completions", services::completions, openai_services::completions),
            post("/v1/embeddings", services::embeddings, openai_services::embeddings),
            post("/v1/moderations", services::moderations, openai_services::moderations),
            post("/v1/rerank", services::rerank, openai_services::rerank),
            post("/v2/rerank", services::rerank, openai_services::rerank_again),
            post("/rerank", services::rerank, openai_services::rerank_alone),
            post("/v1/images/generations", services::images, openai_services::images),
            post("/v1/images/edits", services::image_edits, openai_services::image_edits),
            post(
                "/v1/images/variations",
                services::image_variations,
                openai_services::image_variations,
            ),
            post(
                "/v1/audio/transcriptions",
                services::transcriptions,
                openai_services::transcriptions,
            ),
            post("/v1/audio/translations", services::translations, openai_services::translations),
            post("/v1/audio/speech", services::speech, openai_services::speech),
            post("/v1/responses/compact", responses::compact, openapi::responses::compact),
            post(
                "/v1/responses/input_tokens",
                responses::input_tokens,
                openapi::responses::input_tokens,
            ),
            get("/v1/responses", responses::no_websocket, openapi::responses::no_websocket),
            get("/v1/responses/{id}", kept_responses::get, openapi::responses::get),
            delete("/v1/responses/{id}", kept_responses::remove, openapi::responses::remove),
            get("/v1/responses/{id}/input_items", kept_responses::items, openapi::responses::items),
            post("/v1/responses/{id}/cancel", kept_responses::cancel, openapi::responses::cancel),
        ],
    ));
    rows
}

/// Gemini's API, under each of its versions, before the models' own paths.
fn gemini() -> Vec<Entry> {
    use calls::{gemini, gemini_models};
    use openapi::{calls as about, gemini_embeddings as embeddings};
    errors_as(
        Surface::Gemini,
        vec![
            post(
                "/v1beta/models/{model:.+}:generateContent",
                gemini::generate,
                about::generate_beta,
            ),
            post(
                "/v1beta/models/{model:.+}:streamGenerateContent",
                gemini::stream,
                about::stream_generate_beta,
            ),
            post("/v1beta/models/{model:.+}:countTokens", gemini::count, about::count_gemini_beta),
            post("/v1beta/models/{model:.+}:embedContent", gemini::embed, embeddings::embed_beta),
            post(
                "/v1beta/models/{model:.+}:batchEmbedContents",
                gemini::embed_batch,
                embeddings::embed_batch_beta,
            ),
            post("/v1/models/{model:.+}:generateContent", gemini::generate, about::generate),
            post(
                "/v1/models/{model:.+}:streamGenerateContent",
                gemini::stream,
                about::stream_generate,
            ),
            post("/v1/models/{model:.+}:countTokens", gemini::count, about::count_gemini),
            post("/v1/models/{model:.+}:embedContent", gemini::embed, embeddings::embed),
            post(
                "/v1/models/{model:.+}:batchEmbedContents",
                gemini::embed_batch,
                embeddings::embed_batch,
            ),
            get("/v1beta/models", gemini_models::list, about::gemini_models),
            get("/v1beta/models/{id:.+}", gemini_models::get, about::gemini_model),
        ],
    )
}

/// Ollama's, which are below `/api` alone.
fn ollamas() -> Vec<Entry> {
    use calls::{ollama, ollama_models};
    errors_as(
        Surface::Ollama,
        vec![
            post("/api/chat", ollama::chat, openapi::ollama::chat),
            post("/api/generate", ollama::generate, openapi::ollama::generate),
            post("/api/embed", ollama::embed, openapi::ollama_embeddings::embed),
            post("/api/embeddings", ollama::embed_one, openapi::ollama_embeddings::embed_one),
            get("/api/version", ollama_models::version, openapi::ollama::version),
            get("/api/tags", ollama_models::tags, openapi::ollama::tags),
            post("/api/show", ollama_models::show, openapi::ollama::show),
            get("/api/ps", ollama_models::ps, openapi::ollama::ps),
        ],
    )
}

/// Rows of one API.
fn errors_as(surface: Surface, rows: Vec<Entry>) -> Vec<Entry> {
    rows.into_iter().map(|row| row.errors_as(surface)).collect()
}

/// All else.
fn others() -> Vec<Entry> {
    use calls::{chat, explain, invoke, openai_models, route, targets};
    use manage::{
        config, edits, keys, login, me, models, pricing, providers, recompute, reported_models,
        running_config,
    };
    use monitor::{
        events, export, facets, health, in_flight, invocation_detail, invocations, live, metrics,
        reports,
    };
    use openapi::{access, catalogue, document, service, viewer};
    vec![
        post("/route/invoke", route::invoke, openapi::calls::route),
        post("/route/explain", explain::route, openapi::calls::explain),
        get("/route/targets", targets::list, openapi::calls::targets),
        get("/v1/models", openai_models::list, openapi::calls::models).errors_as(Surface::OpenAi),
        get("/v1/models/{id:.+}", openai_models::get, openapi::calls::model)
            .errors_as(Surface::OpenAi),
        get("/health", health::health, service::health),
        get("/health/ready", health::ready, service::ready),
        get("/health/detail", health::detail, service::detail),
        get("/metrics", metrics::metrics, service::metrics),
        get("/openapi.json", document::show, service::document),
        get("/docs", viewer::page, service::viewer),
        get("/docs/{file}", viewer::part, service::viewer_file),
        post("/auth/login", login::login, access::login),
        post("/auth/logout", login::logout, access::logout),
        post("/auth/bind-model", login::bind_model, access::bind_model),
        get("/me", me::me, access::me),
        get("/api-keys", keys::list, access::keys),
        post("/api-keys", keys::create, access::create_key),
        get("/api-keys/{id}", keys::get, access::key),
        patch("/api-keys/{id}", keys::change, access::change_key),
        delete("/api-keys/{id}", keys::revoke, access::revoke_key),
        post("/api-keys/{id}/rotate", keys::rotate, access::rotate_key),
        // Before the model's own path, whose name may hold `/`.
        post(
            "/models/{provider}/{model:.+}/v1/chat/completions",
            chat::chat_with,
            openapi::calls::chat_with,
        )
        .errors_as(Surface::OpenAi),
        post("/models/{provider}/{model:.+}/invoke", invoke::invoke, openapi::calls::invoke),
        get("/models", models::list, catalogue::models),
        post("/models", edits::put_model, catalogue::put_model),
        get("/models/{provider}", models::of_provider, catalogue::models_of),
        get("/models/{provider}/{model:.+}", models::get, catalogue::model),
        patch("/models/{provider}/{model:.+}", edits::patch_model, catalogue::patch_model),
        delete("/models/{provider}/{model:.+}", edits::delete_model, catalogue::delete_model),
        get("/providers", providers::list, catalogue::providers),
        post("/providers", edits::put_provider, catalogue::put_provider),
        get("/providers/{name}", providers::get, catalogue::provider),
        patch("/providers/{name}", edits::patch_provider, catalogue::patch_provider),
        delete("/providers/{name}", edits::delete_provider, catalogue::delete_provider),
        post("/providers/{name}/test", providers::test, catalogue::test_provider),
        post("/providers/{name}/reset", providers::reset, catalogue::reset_provider),
        get("/providers/{name}/models", reported_models::list, catalogue::reported_models),
        get("/events", events::list, service::events),
        get("/monitor/facets", facets::facets, openapi::invocations::facets),
        get("/monitor/invocations", invocations::list, openapi::invocations::invocations),
        get("/monitor/invocations/{id}", invocation_detail::get, openapi::invocations::invocation),
        get(
            "/monitor/invocations/{id}/request",
            invocation_detail::request,
            openapi::invocations::request,
        ),
        get(
            "/monitor/invocations/{id}/response",
            invocation_detail::response,
            openapi::invocations::response,
        ),
        get("/monitor/live", live::live, openapi::live::live),
        get("/monitor/in-flight", in_flight::list, openapi::live::in_flight),
        delete("/monitor/in-flight/{request_id:.+}", in_flight::cancel, openapi::live::cancel),
        get("/monitor/statistics", reports::statistics, openapi::reports::statistics),
        get("/monitor/time-series", reports::time_series, openapi::reports::time_series),
        get("/monitor/time-series/grouped", reports::grouped, openapi::reports::grouped),
        get("/monitor/grouped-time-series", reports::grouped, openapi::reports::grouped_again),
        get("/monitor/histogram", reports::histogram, openapi::reports::histogram),
        get("/pricing/latest", pricing::latest, openapi::pricing::latest),
        get("/pricing/suggestions", pricing::suggestions, openapi::pricing::suggestions),
        post("/pricing/sync/{model_id}", pricing::sync, openapi::pricing::sync),
        post("/pricing/sync-all", pricing::sync_all, openapi::pricing::sync_all),
        post("/pricing/recompute", recompute::recompute, openapi::pricing::recompute),
        get("/monitor/export/json", export::json, openapi::exports::json),
        get("/monitor/export/csv", export::csv, openapi::exports::csv),
        get("/monitor/export/excel", export::excel, openapi::exports::excel),
        get("/monitor/database", export::database, openapi::exports::database),
        get("/config", running_config::show, service::config),
        get("/config/status", config::status, service::config_status),
        post("/config/sync", config::sync, service::config_sync),
        post("/config/preview", config::preview, service::config_preview),
    ]
}

/// What is for browsers, and not part of the API.
fn pages() -> Vec<Page> {
    vec![
        page("/", console::page),
        page("/ui", console::page),
        page("/ui/{page:.*}", console::page),
        page("/assets/{file:.+}", console::asset),
        page("/theme.js", console::theme),
        page("/favicon.svg", console::icon),
    ]
}

async fn not_found(request: HttpRequest) -> Result<&'static str, Problem> {
    if request.path().strip_prefix("/api").is_some_and(surface::is_ollamas) {
        let message = "the router's models stand in its configuration: add or remove them in \
                       router.toml, or with POST and DELETE /models";
        return Err(Problem::new(501, "not_implemented", message));
    }
    Err(nothing_at(request.path()))
}

fn nothing_at(path: &str) -> Problem {
    let of_an_account = ["/v1/files", "/v1/batches"];
    let is_of_an_account = of_an_account.iter().any(|account| {
        let rest = path.strip_prefix(account);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    });
    let hint = match path.rsplit('/').next() {
        // A base URL of an SDK without its `/v1`, or with one too many.
        Some("completions") if path.ends_with("/chat/completions") => {
            "; chat completions are at POST /v1/chat/completions, so the base URL of an SDK ends in \
             /v1 once"
        }
        _ if is_of_an_account => {
            "; files and batches belong to an account at one provider, so the router does not serve \
             them: send the contents with the request, and the requests one by one"
        }
        Some("embeddings") => "; embeddings are at POST /v1/embeddings",
        Some("completions" | "messages" | "responses") => {
            "; of the vendors' APIs the router serves POST /v1/chat/completions, \
             POST /v1/messages and POST /v1/responses"
        }
        _ if path.contains("/v1beta/") => {
            "; of Gemini's API the router serves generateContent, streamGenerateContent, \
             countTokens, embedContent and batchEmbedContents of /v1beta/models/{model}, and \
             GET /v1beta/models"
        }
        _ => "",
    };
    let message =
        format!("there is nothing at this path{hint}; GET /openapi.json lists the routes");
    Problem::new(404, "not_found", message)
}
