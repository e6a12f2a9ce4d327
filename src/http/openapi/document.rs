//! `/openapi.json`, made from the table of routes.

use std::borrow::Cow;
use std::sync::LazyLock;

use actix_web::HttpResponse;
use actix_web::http::header::CACHE_CONTROL;
use actix_web::web::Data;
use utoipa::openapi::path::{HttpMethod, Paths};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{
    Components, ComponentsBuilder, Info, InfoBuilder, License, OpenApi, OpenApiBuilder,
    SecurityRequirement, ServerBuilder,
};

use crate::config::base_path::BasePath;
use crate::http::app_state::AppState;
use crate::http::openapi::CREDENTIALS;
use crate::http::problem::Problem;
use crate::http::routes::Entry;

/// Made once: it does not change while the router runs.
static DOCUMENT: LazyLock<Result<String, String>> = LazyLock::new(|| written(&BasePath::default()));

pub async fn show(state: Data<AppState>) -> Result<HttpResponse, Problem> {
    let base = &state.console.base;
    let text = match base.is_root() {
        true => DOCUMENT.as_deref().map(Cow::Borrowed).map_err(Clone::clone),
        false => written(base).map(Cow::Owned),
    };
    let text = text.map_err(|error| Problem::new(500, "internal_error", error))?;
    let mut response = HttpResponse::Ok();
    response.insert_header((CACHE_CONTROL, "no-cache")).content_type("application/json");
    Ok(response.body(text))
}

fn written(base: &BasePath) -> Result<String, String> {
    document(crate::http::table(), base).to_pretty_json().map_err(|error| error.to_string())
}

fn document(entries: Vec<Entry>, base: &BasePath) -> OpenApi {
    let mut paths = Paths::new();
    let mut components = credentials();
    for entry in entries {
        let path = entry.path();
        let (operation, schemas) = (entry.doc)().at(&path, entry.surface);
        components.schemas.extend(schemas);
        paths.add_path_operation(&path, vec![method(&entry)], operation);
    }
    let any_of_them = CREDENTIALS.map(|name| SecurityRequirement::new(name, [] as [&str; 0]));
    OpenApiBuilder::new()
        .info(info())
        .servers(Some(
            [("", "The router"), ("api", "The same routes, as the console calls them")].map(
                |(below, description)| {
                    let url = format!("{base}{below}");
                    ServerBuilder::new().url(url).description(Some(description)).build()
                },
            ),
        ))
        .paths(paths)
        .components(Some(components))
        .security(Some(any_of_them))
        .build()
}

fn info() -> Info {
    let text = "One self-hosted interface in front of every provider of language models. A caller on the \
                router's own machine needs no credential. Every answer carries `x-request-id`. HEAD is \
                answered wherever GET is.";
    InfoBuilder::new()
        .title("LLM Router")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(text))
        .license(Some(License::new(env!("CARGO_PKG_LICENSE"))))
        .build()
}

fn credentials() -> Components {
    let [bearer, session, key, cookie] = CREDENTIALS;
    let header = |name, description| {
        SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::with_description(name, description)))
    };
    let either = "A key, or the token of a session.";
    let mut of_bearer = Http::new(HttpAuthScheme::Bearer);
    of_bearer.description = Some(String::from(either));
    let of_cookie = ApiKeyValue::with_description(
        "llm_router_session",
        "The token of a session, as `POST /auth/login` sets it for browsers.",
    );
    ComponentsBuilder::new()
        .security_scheme(bearer, SecurityScheme::Http(of_bearer))
        .security_scheme(session, header("X-Session-Token", "The token of a session."))
        .security_scheme(key, header("X-API-Key", "A key."))
        .security_scheme(cookie, SecurityScheme::ApiKey(ApiKey::Cookie(of_cookie)))
        .build()
}

fn method(entry: &Entry) -> HttpMethod {
    match entry.method.as_str() {
        "POST" => HttpMethod::Post,
        "PATCH" => HttpMethod::Patch,
        "DELETE" => HttpMethod::Delete,
        _ => HttpMethod::Get,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    /// Of two, the document would keep only one, and give it to both.
    #[test]
    fn no_two_schemas_have_the_same_name() {
        let mut known = BTreeMap::new();
        for entry in crate::http::table() {
            for (name, schema) in (entry.doc)().at(&entry.path(), entry.surface).1 {
                let schema = serde_json::to_string(&schema).unwrap();
                let before = known.entry(name.clone()).or_insert_with(|| schema.clone());
                assert_eq!(*before, schema, "two schemas are named `{name}`");
            }
        }
        assert!(known.len() > 50, "{}", known.len());
    }
}
