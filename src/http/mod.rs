//! The face to clients: routes, bodies, errors. Each noun has a file; what a request does
//! beyond HTTP is `relay`'s.

mod about;
mod admin;
mod answer_headers;
mod app_state;
mod batch;
mod body;
mod caller;
mod chat;
mod config;
mod docs;
mod edits;
mod encoding;
mod events;
mod explain;
mod health;
mod invoke;
mod key_body;
mod keys;
mod login;
mod me;
mod metrics;
mod middleware;
mod model_edits;
mod models;
mod monitor;
mod openai_models;
mod openapi;
mod problem;
mod provider_edits;
mod providers;
mod rate_headers;
mod request_line;
mod route;
mod routes;
mod streaming;

use actix_web::web::{self, ServiceConfig};

pub use app_state::{AppState, WorkerContext};
pub use middleware::entry;

use problem::Problem;
use routes::{Entry, delete, get, patch, post, register};

/// Every route answers at `/` and under `/api`, the console's base.
pub fn routes(app: &mut ServiceConfig) {
    app.service(web::scope("/api").configure(|app| register(app, table())));
    register(app, table());
    app.default_service(web::to(not_found));
}

/// Each route with its handler and with what the document says of it.
fn table() -> Vec<Entry> {
    use about::{access, books, calls, catalogue, service};
    vec![
        get("/health", health::health, service::health),
        get("/health/ready", health::ready, service::ready),
        get("/health/detail", health::detail, service::detail),
        get("/metrics", metrics::metrics, service::metrics),
        get("/openapi.json", openapi::show, service::document),
        get("/docs", docs::page, service::viewer),
        get("/docs/{file}", docs::part, service::viewer_file),
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
        post("/v1/chat/completions", chat::chat, calls::chat),
        get("/v1/models", openai_models::list, calls::models),
        get("/v1/models/{id:.+}", openai_models::get, calls::model),
        post("/route/invoke", route::invoke, calls::route),
        post("/route/explain", explain::route, calls::explain),
        // Before the model's own path, whose name may hold `/`.
        post(
            "/models/{provider}/{model:.+}/v1/chat/completions",
            chat::chat_with,
            calls::chat_with,
        ),
        post("/models/{provider}/{model:.+}/invoke", invoke::invoke, calls::invoke),
        get("/models", models::list, catalogue::models),
        post("/models", model_edits::put, catalogue::put_model),
        get("/models/{provider}", models::of_provider, catalogue::models_of),
        get("/models/{provider}/{model:.+}", models::get, catalogue::model),
        patch("/models/{provider}/{model:.+}", model_edits::patch, catalogue::patch_model),
        delete("/models/{provider}/{model:.+}", model_edits::delete, catalogue::delete_model),
        get("/providers", providers::list, catalogue::providers),
        post("/providers", provider_edits::put, catalogue::put_provider),
        get("/providers/{name}", providers::get, catalogue::provider),
        patch("/providers/{name}", provider_edits::patch, catalogue::patch_provider),
        delete("/providers/{name}", provider_edits::delete, catalogue::delete_provider),
        post("/providers/{name}/test", providers::test, catalogue::test_provider),
        post("/providers/{name}/reset", providers::reset, catalogue::reset_provider),
        get("/events", events::list, service::events),
        get("/monitor/invocations", monitor::list, books::invocations),
        get("/monitor/invocations/{id}", monitor::get, books::invocation),
        get("/config/status", config::status, service::config_status),
        post("/config/sync", config::sync, service::config_sync),
    ]
}

async fn not_found() -> Result<&'static str, Problem> {
    Err(Problem::new(
        404,
        "not_found",
        "there is nothing at this path; GET /openapi.json lists the routes",
    ))
}
