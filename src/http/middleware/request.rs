//! What happens to every request before and after its handler: it gets an id, its caller is
//! authenticated, and a problem is written in the format of its route.

use actix_web::body::BoxBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::ConnectionType;
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue, SET_COOKIE};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, HttpRequest, web};

use crate::auth::Credential;
use crate::http::app_state::AppState;
use crate::http::calls::gemini_models::is_googles;
use crate::http::console;
use crate::http::middleware::body::close_if_unread;
use crate::http::middleware::caller::{Authenticated, RequestMeta, connection_info, credential};
use crate::http::middleware::reported::Reported;
use crate::http::middleware::session_cookie::Page;
use crate::http::middleware::{request_line, session_cookie};
use crate::http::problem::Problem;
use crate::http::surface::{Surface, Surfaces};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const AUTH: HeaderName = HeaderName::from_static("x-llm-router-auth");

/// The routes without authentication. The document and the console's pages hold no secret, and are
/// there for those who want to log in.
fn is_public(path: &str) -> bool {
    if console::is_page(path) {
        return true;
    }
    if path == "/api/version" {
        return true;
    }
    let path = path.strip_prefix("/api").unwrap_or(path);
    matches!(path, "/health" | "/auth/login" | "/openapi.json" | "/docs")
        || path.starts_with("/docs/")
}

/// # Errors
/// None of its own: an error of a handler is turned into a response.
pub async fn every_request(
    mut request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let is_head = request_line::treat_head_as_get(&mut request);
    if let Some(state) = request.app_data::<web::Data<AppState>>().cloned() {
        let is_name = |name: &str| state.catalogue.snapshot().is_name(name);
        request_line::tidy_path(&mut request, &state.console.base, is_name);
    }
    let meta = RequestMeta::of(request.headers());
    let request_id = meta.request_id.clone();
    let mut is_credential_ignored = false;

    let mut response = match authenticate(&request, meta) {
        Ok(ignored) => {
            is_credential_ignored = ignored;
            next.call(request).await?
        }
        Err(problem) => {
            let mut refusal = problem.render(surface_of(request.request()), request_id.as_str());
            if let Some(cookie) = forgotten_cookie(&request, &problem) {
                refusal.headers_mut().append(SET_COOKIE, cookie);
            }
            request.into_response(refusal)
        }
    };
    // A stop answers kept-alive connections with `connection: close`: the next request goes over a
    // new one, to the router that replaces this one. Streams as well: a client with one stream after the
    // other would never let a stop come to its end.
    let state = response.request().app_data::<web::Data<AppState>>();
    let is_stopping = state.is_some_and(|state| state.is_stopping());
    let problem = response.response().error().map(problem_of);
    if let Some(problem) = problem {
        let refusal = problem.render(surface_of(response.request()), request_id.as_str());
        response = response.into_response(refusal);
    }
    response = close_if_unread(response);
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(request_id.as_str()) {
        headers.insert(REQUEST_ID, value);
    }
    if is_stopping {
        response.response_mut().head_mut().set_connection_type(ConnectionType::Close);
    }
    let headers = response.headers_mut();
    if is_credential_ignored {
        headers.insert(AUTH, HeaderValue::from_static("local"));
    }
    if is_head {
        response = request_line::without_body(response);
    }
    Ok(response)
}

/// A cookie whose session has ended is of no use to the browser any more.
fn forgotten_cookie(request: &ServiceRequest, problem: &Problem) -> Option<HeaderValue> {
    let state = request.app_data::<web::Data<AppState>>()?;
    let shown = shown_credential(request.headers());
    let is_ended = problem.status == 401 && matches!(shown, Some(Credential::Cookie(_)));
    is_ended.then(|| session_cookie::ended(&state.console.base))
}

/// What stands in a header of its own wins over the cookie, which browsers send unasked.
fn shown_credential(headers: &HeaderMap) -> Option<Credential<'_>> {
    let cookie = || session_cookie::token(headers).map(Credential::Cookie);
    credential(headers).map(Credential::Shown).or_else(cookie)
}

/// In whose format a request is refused.
fn surface_of(request: &HttpRequest) -> Surface {
    let path = request.match_info().as_str();
    let surfaces = request.app_data::<Surfaces>();
    let surface = surfaces.map_or(Surface::Router, |it| it.of(request.method(), path));
    let is_of_models = path.trim_start_matches("/api").starts_with("/v1/models");
    match surface {
        Surface::OpenAi if is_of_models && is_googles(request) => Surface::Gemini,
        other => other,
    }
}

const QUERY_HINT: &str =
    "; a key in the query string is not taken, because it would stand in every log on the way";

fn holds_credential(query: &str) -> bool {
    const NAMES: [&str; 4] = ["key", "api_key", "access_token", "token"];
    query.split('&').any(|pair| pair.split_once('=').is_some_and(|(name, _)| NAMES.contains(&name)))
}

/// Returns whether a credential was ignored.
fn authenticate(request: &ServiceRequest, mut meta: RequestMeta) -> Result<bool, Problem> {
    let Some(state) = request.app_data::<web::Data<AppState>>() else {
        return Err(Problem::new(500, "internal_error", "internal fault: no shared state"));
    };
    // Before authentication: a router that is refused would blame its own key.
    if meta.hops.ends_at(state.router) {
        return Err(Problem::looped());
    }
    if is_public(request.path()) {
        return Ok(false);
    }
    let headers = request.headers();
    let connection = connection_info(headers, request.version(), request.peer_addr());
    let now = state.began(&meta);
    let shown = shown_credential(headers);
    let authentication =
        state.authenticator.authenticate(&connection, shown, now).map_err(|denied| {
            let mut problem = Problem::from(denied);
            if holds_credential(request.query_string()) {
                problem.message.push_str(QUERY_HINT);
            }
            problem
        })?;
    if matches!(shown, Some(Credential::Cookie(_))) && authentication.caller.session().is_some() {
        let reported = Reported::of(request.request(), &state.authenticator);
        session_cookie::check(request.method(), Page::of(headers, &reported))?;
    }
    meta.before.auth = Some(meta.arrived.elapsed());
    request.extensions_mut().insert(Authenticated { meta, caller: authentication.caller });
    Ok(authentication.is_credential_ignored)
}

/// An error of actix's own, such as a path that is not UTF-8, is the caller's as well.
fn problem_of(error: &Error) -> Problem {
    error.as_error::<Problem>().cloned().unwrap_or_else(|| {
        let status = error.as_response_error().status_code().as_u16();
        Problem::new(status, "invalid_request", error.to_string())
    })
}
