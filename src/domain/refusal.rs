//! What an upstream's error status means, the same for every dialect.

/// Why an upstream refused a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// The request itself is at fault.
    BadRequest,
    /// The router's translation is at fault; the request is valid in the client's dialect.
    Translation,
    /// The request exceeds this model's context window.
    ContextLength,
    /// The provider's content policy forbids the request.
    ContentPolicy,
    TooLarge,
    /// The router's key is unknown or expired.
    Key,
    /// The router's key lacks a permission, or the account's region is not served.
    Forbidden,
    /// The account has no credit left.
    Billing,
    /// A quota of a day or longer is used up; it resets by itself, but not soon.
    Quota,
    /// The model or the path does not exist there.
    NotFound,
    Timeout,
    RateLimited,
    /// The provider is overloaded.
    Overloaded,
    /// The call came back to a router that it had passed already.
    Loop,
    /// Anything else.
    Broken,
}

impl Refusal {
    /// Classifies by the status alone.
    pub fn of_status(status: u16) -> Self {
        match status {
            400 | 415 | 422 => Self::BadRequest,
            401 => Self::Key,
            402 => Self::Billing,
            403 => Self::Forbidden,
            404 | 410 => Self::NotFound,
            408 | 504 => Self::Timeout,
            413 => Self::TooLarge,
            429 => Self::RateLimited,
            503 | 529 => Self::Overloaded,
            _ => Self::Broken,
        }
    }

    /// The HTTP status and the code for the client. A problem with the router's own credential is
    /// never 401 or 403, which a client would take for its own key; a mistake in the request stays
    /// a 4xx.
    pub fn status_and_code(self) -> (u16, &'static str) {
        match self {
            Self::BadRequest => (400, "upstream_rejected_request"),
            Self::Translation => (502, "upstream_refused_translation"),
            Self::ContextLength => (400, "context_length_exceeded"),
            Self::ContentPolicy => (400, "content_policy_violation"),
            Self::TooLarge => (413, "request_too_large"),
            Self::Key | Self::Forbidden => (502, "upstream_refused_key"),
            Self::Billing => (502, "upstream_billing"),
            Self::Quota => (429, "upstream_quota_exhausted"),
            Self::NotFound => (404, "upstream_not_found"),
            Self::Timeout => (504, "upstream_timeout"),
            Self::RateLimited => (429, "upstream_rate_limited"),
            Self::Overloaded => (503, "upstream_overloaded"),
            Self::Loop => (508, "loop_detected"),
            Self::Broken => (502, "upstream_error"),
        }
    }

    /// Whether another model may serve the same request.
    pub fn may_try_another(self) -> bool {
        match self {
            Self::BadRequest | Self::ContentPolicy | Self::TooLarge => false,
            Self::Translation
            | Self::ContextLength
            | Self::Key
            | Self::Forbidden
            | Self::Billing
            | Self::Quota
            | Self::NotFound
            | Self::Timeout
            | Self::RateLimited
            | Self::Overloaded
            | Self::Loop
            | Self::Broken => true,
        }
    }

    /// Whether a retry is pointless until the request, the configuration or the account changes.
    pub fn is_lasting(self) -> bool {
        match self {
            Self::BadRequest
            | Self::Translation
            | Self::ContextLength
            | Self::ContentPolicy
            | Self::TooLarge
            | Self::Key
            | Self::Forbidden
            | Self::Billing
            | Self::Quota
            | Self::Loop
            | Self::NotFound => true,
            Self::Timeout | Self::RateLimited | Self::Overloaded | Self::Broken => false,
        }
    }

    /// Whether the client's request is at fault, and the provider is not.
    pub fn is_of_request(self) -> bool {
        match self {
            Self::BadRequest | Self::ContextLength | Self::ContentPolicy | Self::TooLarge => true,
            Self::Translation
            | Self::Key
            | Self::Forbidden
            | Self::Billing
            | Self::Quota
            | Self::NotFound
            | Self::Timeout
            | Self::RateLimited
            | Self::Overloaded
            | Self::Loop
            | Self::Broken => false,
        }
    }

    /// Whether another key of the same provider may serve the same request.
    pub fn concerns_key(self) -> bool {
        match self {
            Self::Key | Self::Forbidden | Self::Billing | Self::Quota | Self::RateLimited => true,
            Self::BadRequest
            | Self::Translation
            | Self::ContextLength
            | Self::ContentPolicy
            | Self::TooLarge
            | Self::NotFound
            | Self::Timeout
            | Self::Overloaded
            | Self::Loop
            | Self::Broken => false,
        }
    }
}
