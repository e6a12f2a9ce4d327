//! The face to clients: routes, bodies, errors. Each noun has a file; what a request does
//! beyond HTTP is `relay`'s.

mod answer_headers;
mod batch;
mod body;
mod chat;
mod config;
mod edits;
mod entry;
mod events;
mod explain;
mod health;
mod invoke;
mod key_body;
mod keys;
mod login;
mod manager;
mod me;
mod metrics;
mod model_edits;
mod models;
mod monitor;
mod openai_models;
mod problem;
mod provider_edits;
mod providers;
mod rate_headers;
mod route;
mod shared;
mod streaming;
mod visitor;

use actix_web::web::{self, ServiceConfig};

pub use entry::entry;
pub use shared::{Shared, WorkerDesk};

use problem::Problem;

/// Every route answers at `/` and under `/api`, the console's base.
pub fn routes(app: &mut ServiceConfig) {
    app.service(web::scope("/api").configure(table)).configure(table);
    app.default_service(web::to(not_found));
}

fn table(app: &mut ServiceConfig) {
    app.service(resource("/health").route(web::get().to(health::health)))
        .service(resource("/health/ready").route(web::get().to(health::ready)))
        .service(resource("/health/detail").route(web::get().to(health::detail)))
        .service(resource("/auth/login").route(web::post().to(login::login)))
        .service(resource("/auth/logout").route(web::post().to(login::logout)))
        .service(resource("/auth/bind-model").route(web::post().to(login::bind_model)))
        .service(resource("/me").route(web::get().to(me::me)))
        .service(
            resource("/api-keys")
                .route(web::get().to(keys::list))
                .route(web::post().to(keys::create)),
        )
        .service(
            resource("/api-keys/{id}")
                .route(web::get().to(keys::get))
                .route(web::patch().to(keys::change))
                .route(web::delete().to(keys::revoke)),
        )
        .service(resource("/api-keys/{id}/rotate").route(web::post().to(keys::rotate)))
        .service(resource("/metrics").route(web::get().to(metrics::metrics)))
        .service(resource("/v1/chat/completions").route(web::post().to(chat::chat)))
        .service(resource("/v1/models").route(web::get().to(openai_models::list)))
        .service(resource("/v1/models/{id:.+}").route(web::get().to(openai_models::get)))
        .service(resource("/route/invoke").route(web::post().to(route::invoke)))
        .service(resource("/route/explain").route(web::post().to(explain::route)))
        .service(
            resource("/models")
                .route(web::get().to(models::list))
                .route(web::post().to(model_edits::put)),
        )
        .service(
            resource("/models/{provider}/{model:.+}/v1/chat/completions")
                .route(web::post().to(chat::chat_with)),
        )
        .service(
            resource("/models/{provider}/{model:.+}/invoke").route(web::post().to(invoke::invoke)),
        )
        .service(resource("/models/{provider}").route(web::get().to(models::of_provider)))
        .service(
            resource("/models/{provider}/{model:.+}")
                .route(web::get().to(models::get))
                .route(web::patch().to(model_edits::patch))
                .route(web::delete().to(model_edits::delete)),
        )
        .service(
            resource("/providers")
                .route(web::get().to(providers::list))
                .route(web::post().to(provider_edits::put)),
        )
        .service(
            resource("/providers/{name}")
                .route(web::get().to(providers::get))
                .route(web::patch().to(provider_edits::patch))
                .route(web::delete().to(provider_edits::delete)),
        )
        .service(resource("/providers/{name}/test").route(web::post().to(providers::test)))
        .service(resource("/providers/{name}/reset").route(web::post().to(providers::reset)))
        .service(resource("/events").route(web::get().to(events::list)))
        .service(resource("/monitor/invocations").route(web::get().to(monitor::list)))
        .service(resource("/monitor/invocations/{id}").route(web::get().to(monitor::get)))
        .service(resource("/config/status").route(web::get().to(config::status)))
        .service(resource("/config/sync").route(web::post().to(config::sync)));
}

/// A resource that answers 405 in our own shape to other methods.
fn resource(path: &str) -> actix_web::Resource {
    web::resource(path).default_service(web::to(method_not_allowed))
}

async fn not_found() -> Result<&'static str, Problem> {
    Err(Problem::new(
        404,
        "not_found",
        "there is nothing at this path; see README.md for the routes",
    ))
}

async fn method_not_allowed() -> Result<&'static str, Problem> {
    Err(Problem::new(405, "method_not_allowed", "this path takes another method"))
}
