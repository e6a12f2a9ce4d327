//! What went wrong with a request, and how it is written in the error format of each
//! [`Surface`].

mod anthropic;
mod gemini;
mod ollama;
mod overflow;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::{ACCEPT_ENCODING, ALLOW, HeaderName, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::{HttpResponse, ResponseError};
use serde_json::{Value, json};

use crate::auth::Denied;
use crate::catalog::edit::EditError;
use crate::catalog::watcher::LoadError;
use crate::dialects::errors::BadRequest;
use crate::dialects::own::Own;
use crate::domain::failure::{Failure, Fault, UpstreamFailure, ceil_secs};
use crate::http::calls::rate_headers::{self, Limit};
use crate::http::surface::Surface;
use crate::keys::{ChangeError, Unusable};
use crate::store::StoreError;

/// The accepted content codings, as a refusal lists them in `Accept-Encoding`.
pub const ACCEPTED_CODINGS: &str = "gzip, deflate, br, zstd";

/// The code for a content coding that is not accepted.
pub const CODING_REFUSED: &str = "unsupported_content_encoding";

/// Beside `x-request-id`, for Anthropic's SDKs.
pub const ANTHROPICS_ID: HeaderName = HeaderName::from_static("request-id");

const SHOULD_RETRY: HeaderName = HeaderName::from_static("x-should-retry");

#[derive(Clone, Debug)]
pub struct Problem {
    pub status: u16,
    pub code: &'static str,
    pub message: String,
    pub param: Option<String>,
    pub retry_after: Option<Duration>,
    /// It stays until the request, the configuration or the account changes: the OpenAI SDKs are kept
    /// from retrying.
    pub is_lasting: bool,
    /// The rate limit that refused the request, and its size.
    pub limit: Option<Box<(Limit, u64)>>,
    /// The methods that the path takes.
    pub allowed: Option<Box<str>>,
    /// The status and the body of the vendor whose API the client speaks.
    pub vendor: Option<Box<(u16, Arc<str>)>>,
}

impl Problem {
    pub fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        let message = message.into();
        let (param, retry_after, limit, allowed) = (None, None, None, None);
        let (is_lasting, vendor) = (false, None);
        Self { status, code, message, param, retry_after, is_lasting, limit, allowed, vendor }
    }

    /// 405, with the methods that the path takes.
    pub fn not_allowed(methods: &str) -> Self {
        let message = format!("this path takes {methods}");
        Self { allowed: Some(methods.into()), ..Self::new(405, "method_not_allowed", message) }
    }

    /// For a call that this router itself made, or that came over too many routers.
    pub fn looped() -> Self {
        let message = "the call has been through this router before, or through too many: the \
                       `base_url` of a provider leads back to a router; set it to the provider's own \
                       address";
        Self { is_lasting: true, ..Self::new(508, "loop_detected", message) }
    }

    /// Names the place as the client's API does.
    pub fn in_words_of(self, own: Option<&Own>) -> Self {
        let Some(own) = own.filter(|_| self.param.is_some()) else { return self };
        let BadRequest { message, param } =
            own.in_own_words(BadRequest { message: self.message, param: self.param });
        Self { message, param, ..self }
    }

    /// Names the part of the request that it is about.
    pub fn at(self, param: impl Into<String>) -> Self {
        Self { param: Some(param.into()), ..self }
    }

    /// The error as the surface's JSON.
    pub fn body(&self, surface: Surface, request_id: &str) -> Value {
        match surface {
            Surface::OpenAi if let Some(body) = self.vendors_body() => body,
            Surface::OpenAi => json!({"error": {
                "message": self.message,
                "type": self.openai_type(),
                "param": self.param,
                "code": self.code,
            }}),
            Surface::Anthropic => anthropic::body(self, request_id),
            Surface::Gemini => gemini::body(self),
            Surface::Ollama => ollama::body(self),
            Surface::Router => {
                let mut body = json!({
                    "detail": self.message, "code": self.code, "request_id": request_id,
                });
                if let (Some(param), Some(members)) = (&self.param, body.as_object_mut()) {
                    members.insert(String::from("param"), Value::from(param.as_str()));
                }
                body
            }
        }
    }

    /// The same where no header can carry the rest: in a stream that has begun, in a batch.
    pub fn body_alone(&self, surface: Surface, request_id: &str) -> Value {
        let mut body = self.body(surface, request_id);
        let error = match surface {
            Surface::OpenAi | Surface::Anthropic => body.get_mut("error"),
            // Its details say so.
            Surface::Gemini => None,
            Surface::Ollama | Surface::Router => Some(&mut body),
        };
        if let Some(members) = error.and_then(Value::as_object_mut) {
            if let Some(wait) = self.retry_after {
                members.insert(String::from("retry_after"), json!(ceil_secs(wait)));
            }
            if self.is_lasting {
                members.insert(String::from("should_retry"), json!(false));
            }
        }
        body
    }

    pub fn render(&self, surface: Surface, request_id: &str) -> HttpResponse {
        let mut response = HttpResponse::build(self.status_code());
        if surface == Surface::Anthropic {
            response.status(anthropic::status(self));
            response.insert_header((ANTHROPICS_ID, request_id));
        }
        if surface == Surface::Gemini
            && let Ok(status) = StatusCode::from_u16(gemini::status(self))
        {
            response.status(status);
        }
        if let Some(wait) = self.retry_after {
            response.insert_header((RETRY_AFTER, ceil_secs(wait).to_string()));
        }
        if self.is_lasting {
            response.insert_header((SHOULD_RETRY, "false"));
        }
        if let (Some(limit), Some(wait)) = (&self.limit, self.retry_after) {
            let (of, limit) = **limit;
            rate_headers::refused(&mut response, of, limit, wait);
        }
        if let Some(methods) = &self.allowed {
            response.insert_header((ALLOW, &**methods));
        }
        if self.code == CODING_REFUSED {
            response.insert_header((ACCEPT_ENCODING, ACCEPTED_CODINGS));
        }
        // What still comes of the body belongs to no request.
        if self.status == 408 {
            response.force_close();
        }
        if self.status == 401 {
            response.insert_header((WWW_AUTHENTICATE, "Bearer"));
        }
        if let Some(vendor) = self.vendor.as_ref().filter(|_| surface != Surface::Router) {
            if matches!(surface, Surface::OpenAi | Surface::Ollama)
                && let Ok(status) = StatusCode::from_u16(vendor.0)
            {
                response.status(status);
            }
            return response.content_type("application/json").body(vendor.1.to_string());
        }
        response.json(self.body(surface, request_id))
    }

    /// The error as the vendor wrote it, for a client of its API.
    fn vendors_body(&self) -> Option<Value> {
        serde_json::from_str(&self.vendor.as_ref()?.1).ok()
    }

    /// Whether the prompt is too long for the model.
    fn is_overflow(&self) -> bool {
        self.code == "context_length_exceeded"
            || (self.status == 400 && self.message.contains("its context of "))
    }

    fn openai_type(&self) -> &'static str {
        match self.status {
            401 => "authentication_error",
            402 => "insufficient_quota",
            403 => "permission_error",
            429 => "rate_limit_error",
            400..=499 => "invalid_request_error",
            _ => "server_error",
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} {}: {}", self.status, self.code, self.message)
    }
}

/// The body is written by [`crate::http::middleware::request`], which knows the surface and the request's id.
impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse {
        HttpResponse::new(self.status_code())
    }
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        let (status, code) = failure.status_and_code();
        let param = match &failure {
            Failure::BadRequest { param, .. } => param.clone(),
            Failure::ModelNotFound { .. } | Failure::NoModelNamed => Some(String::from("model")),
            _ => None,
        };
        let limit = match &failure {
            Failure::RateLimited { limit_requests, .. } => Some((Limit::Requests, *limit_requests)),
            Failure::TokensLimited { per_minute, .. } => Some((Limit::Tokens, *per_minute)),
            _ => None,
        };
        let limit = limit.map(Box::new);
        let vendor = match &failure {
            Failure::Upstream(UpstreamFailure {
                fault: Fault::Status { status, vendor: Some(body), .. },
                ..
            }) => Some(Box::new((*status, body.clone()))),
            _ => None,
        };
        let (retry_after, is_lasting) = (failure.retry_after(), failure.is_lasting());
        let problem = Self::new(status, code, failure.to_string());
        Self { param, retry_after, is_lasting, limit, vendor, ..problem }
    }
}

impl From<BadRequest> for Problem {
    fn from(bad: BadRequest) -> Self {
        Self { param: bad.param, ..Self::new(400, "invalid_request", bad.message) }
    }
}

impl From<Denied> for Problem {
    fn from(denied: Denied) -> Self {
        let (status, code) = match &denied {
            Denied::NoKeyConfigured(_) | Denied::NoCredential(_) => (401, "missing_api_key"),
            Denied::UnknownCredential(_) => (401, "invalid_api_key"),
            Denied::Unusable(unusable) => match unusable {
                Unusable::Revoked(_) => (401, "revoked_api_key"),
                Unusable::Expired(..) => (401, "expired_api_key"),
                Unusable::Inactive(_) => (401, "inactive_api_key"),
                Unusable::Replaced => (401, "replaced_api_key"),
                Unusable::SessionEnded => (401, "session_ended"),
                Unusable::Address(_) => (403, "address_not_allowed"),
            },
            Denied::Address { .. } => (403, "address_not_allowed"),
            Denied::TooManyAttempts(_) => (429, "too_many_attempts"),
        };
        let retry_after = match &denied {
            Denied::TooManyAttempts(wait) => Some(*wait),
            _ => None,
        };
        Self { retry_after, ..Self::new(status, code, denied.to_string()) }
    }
}

impl From<ChangeError> for Problem {
    fn from(error: ChangeError) -> Self {
        let (status, code) = match &error {
            ChangeError::Unknown(_) => (404, "api_key_not_found"),
            ChangeError::Exists => (409, "api_key_exists"),
            ChangeError::Revoked(_) => (409, "api_key_revoked"),
            ChangeError::Elsewhere { .. } => (409, "api_key_stands_elsewhere"),
            ChangeError::Bad(_) => (400, "invalid_request"),
            ChangeError::NoRandom(_) => (500, "internal_error"),
            ChangeError::Store(_) | ChangeError::NotRevoked { .. } => (503, "database_unavailable"),
        };
        if status >= 500 {
            log::error!("{error}");
        }
        Self::new(status, code, error.to_string())
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        log::error!("{error}");
        Self::new(503, "database_unavailable", error.to_string())
    }
}

impl From<EditError> for Problem {
    fn from(error: EditError) -> Self {
        let message = error.to_string();
        match error {
            EditError::Invalid(problems) => {
                let field = problems.into_iter().find_map(|problem| problem.field);
                Self { param: field, ..Self::new(400, "invalid_request", message) }
            }
            EditError::NotSealed { field, .. } => {
                Self::new(400, "secret_key_missing", message).at(field)
            }
            EditError::NoProvider(_) => Self::new(404, "provider_not_found", message),
            EditError::NoModel(_) => Self::new(404, "model_not_found", message),
            EditError::InUse { .. } => Self::new(409, "provider_in_use", message),
            EditError::Store(error) => error.into(),
            EditError::Stopped => Self::new(503, "config_unavailable", message),
        }
    }
}

impl From<LoadError> for Problem {
    fn from(error: LoadError) -> Self {
        match error {
            LoadError::Store(error) => error.into(),
            LoadError::Stopped => Self::new(503, "config_unavailable", error.to_string()),
            LoadError::Unreadable { .. } | LoadError::Invalid { .. } => {
                Self::new(400, "invalid_config", error.to_string())
            }
        }
    }
}
