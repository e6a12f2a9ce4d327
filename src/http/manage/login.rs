//! `/auth/login`, `/auth/logout`, `/auth/bind-model`: sessions, which stand for a key.

use actix_web::http::header::SET_COOKIE;
use actix_web::web::{Data, Json, Payload};
use actix_web::{HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use crate::auth::Denied;
use crate::domain::event::{Event, EventKind};
use crate::http::app_state::AppState;
use crate::http::middleware::caller::{Authenticated, connection_info, credential};
use crate::http::middleware::json_object::{read_object, read_optional_object};
use crate::http::middleware::reported::Reported;
use crate::http::middleware::session_cookie::{self, Page};
use crate::http::problem::Problem;
use crate::keys::Unusable;
use crate::keys::session::LIFE_SECONDS;

/// Bodies of these routes are small.
const MAX_BODY: usize = 64 * 1024;

#[derive(Default, Deserialize, ToSchema)]
pub struct LoginBody {
    api_key: Option<String>,
    /// For a browser: the answer also sets the token as a cookie.
    cookie: Option<bool>,
}

#[derive(Serialize, ToSchema)]
pub struct LoginAnswer {
    token: String,
    /// Seconds.
    expires_in: i64,
    message: &'static str,
}

/// The key is in the body or in a header.
pub async fn login(
    request: HttpRequest,
    payload: Payload,
    state: Data<AppState>,
) -> Result<HttpResponse, Problem> {
    let body: LoginBody = read_optional_object(&request, payload, MAX_BODY).await?;
    let headers = request.headers();
    let in_header = credential(headers).map(str::to_owned);
    let Some(key) = body.api_key.filter(|key| !key.is_empty()).or(in_header) else {
        let message = "a key is needed: send {\"api_key\": \"…\"} or `Authorization: Bearer …`";
        return Err(Problem::new(401, "missing_api_key", message));
    };
    let reported = Reported::of(&request, &state.authenticator);
    let wants_cookie = body.cookie == Some(true);
    if wants_cookie {
        session_cookie::check_login(Page::of(headers, &reported))?;
    }
    let connection = connection_info(headers, request.version(), request.peer_addr());
    let now = state.clocks();
    let key =
        state.authenticator.log_in(&connection, key.trim(), now).map_err(
            |denied| match denied {
                // A login shows a key; one that cannot be used is 403.
                Denied::TooManyAttempts(_) => denied.into(),
                denied => Problem { status: 403, ..denied.into() },
            },
        )?;
    let token = state.keys.sessions.begin(key.id, now.time).await.map_err(|error| {
        log::error!("{error}");
        Problem::new(503, "database_unavailable", error.to_string())
    })?;
    record_event(&state, EventKind::SessionCreated, &key.name, "logged in");
    let mut response = HttpResponse::Ok();
    if wants_cookie {
        let is_https = state.settings.tls.is_some() || session_cookie::is_https(headers, &reported);
        let cookie = session_cookie::begun(token.expose(), &state.console.base, is_https);
        response.insert_header((SET_COOKIE, cookie));
    }
    Ok(response.json(LoginAnswer {
        token: token.expose().to_owned(),
        expires_in: LIFE_SECONDS,
        message: "logged in: send the token as `Authorization: Bearer …` or `X-Session-Token`",
    }))
}

pub async fn logout(
    request: HttpRequest,
    auth: Authenticated,
    state: Data<AppState>,
) -> Result<HttpResponse, Problem> {
    let mut response = HttpResponse::Ok();
    if session_cookie::token(request.headers()).is_some() {
        response.insert_header((SET_COOKIE, session_cookie::ended(&state.console.base)));
    }
    let Some(session) = auth.caller.session() else {
        return Ok(response.json(json!({"message": "there was no session to end"})));
    };
    state.keys.sessions.end(session).await.map_err(|error| {
        let problem = Problem::from(error);
        let message = format!(
            "the session is not ended and may still be used, because that could not be written: {}",
            problem.message
        );
        Problem { message, ..problem }
    })?;
    record_event(&state, EventKind::SessionEnded, name_of(&auth), "logged out");
    Ok(response.json(json!({"message": "logged out"})))
}

#[derive(Deserialize, ToSchema)]
pub struct BindBody {
    #[schema(required, nullable = false, min_length = 1)]
    provider_name: Option<String>,
    #[schema(required, nullable = false, min_length = 1)]
    model_name: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub struct BindAnswer {
    message: String,
    provider_name: String,
    model_name: String,
}

/// From now on the model serves calls of `/v1` in this session that name none.
pub async fn bind_model(
    request: HttpRequest,
    payload: Payload,
    auth: Authenticated,
    state: Data<AppState>,
) -> Result<Json<BindAnswer>, Problem> {
    let body: BindBody = read_object(&request, payload, MAX_BODY).await?;
    let provider_name = required("provider_name", body.provider_name)?;
    let model_name = required("model_name", body.model_name)?;
    let Some(session) = auth.caller.session() else {
        let message = "a model is bound to a session: POST /auth/login gives one";
        return Err(Problem::new(400, "no_session", message));
    };
    let full_name = format!("{provider_name}/{model_name}");
    let snapshot = state.catalogue.snapshot();
    let Some(model) = snapshot.model(&full_name) else {
        let message = format!("model `{full_name}` is unknown; GET /models lists all");
        return Err(Problem::new(404, "model_not_found", message));
    };
    if !auth.may_call(&snapshot)(model) {
        let message = format!("the key may not call `{full_name}`");
        return Err(Problem::new(403, "model_not_allowed", message));
    }
    if !model.is_active || !model.provider.is_active {
        let message = format!("model `{full_name}` is not active");
        return Err(Problem::new(400, "model_inactive", message));
    }
    if !state.keys.sessions.bind(session, &provider_name, &model_name).await? {
        return Err(Denied::Unusable(Unusable::SessionEnded).into());
    }
    let what = format!("bound `{full_name}` to its session");
    record_event(&state, EventKind::SessionChanged, name_of(&auth), &what);
    let message = format!("calls that name no model go to `{full_name}`");
    Ok(Json(BindAnswer { message, provider_name, model_name }))
}

fn name_of(auth: &Authenticated) -> &str {
    auth.caller.key().map_or("", |key| &key.name)
}

fn record_event(state: &AppState, kind: EventKind, name: &str, what: &str) {
    state.journal.note(Event {
        at_us: state.clocks().time.as_microsecond(),
        kind,
        subject: name.to_owned(),
        actor: name.to_owned(),
        summary: format!("`{name}` {what}"),
        before: None,
        after: None,
    });
}

fn required(name: &'static str, value: Option<String>) -> Result<String, Problem> {
    value.filter(|value| !value.trim().is_empty()).ok_or_else(|| Problem {
        param: Some(name.to_owned()),
        ..Problem::new(400, "invalid_request", format!("`{name}` is missing"))
    })
}
