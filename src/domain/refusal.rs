//! What an upstream's error status means, in one set of words whatever dialect said it.

/// Why an upstream refused a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// The request itself is at fault.
    BadRequest,
    /// What the router made of the request is at fault; in the client's own dialect it is sound.
    Translation,
    /// It is longer than this model's context.
    ContextLength,
    /// The provider does not want to speak of that.
    ContentPolicy,
    TooLarge,
    /// The router's key is unknown or expired.
    Key,
    /// The router's key lacks a right, or its account may not come from here.
    Forbidden,
    /// The account has no money; somebody has to pay.
    Billing,
    /// A quota of a day or longer is spent; it comes back by itself, but not soon.
    Quota,
    /// It does not know the model, or not the path.
    NotFound,
    Timeout,
    RateLimited,
    /// Everybody asks at once.
    Overloaded,
    /// The call came back to a router that it had been through.
    Loop,
    /// Anything else.
    Broken,
}

impl Refusal {
    /// What the status alone says.
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

    /// The HTTP status and the code for the client. It is never told 401 or 403 for the router's
    /// own credential, and its own mistake, as far as the upstream tells it, stays its own.
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

    /// Whether another model may do better with the same request.
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

    /// Whether it stays until somebody mends it: the request, the configuration, the account.
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

    /// Whether another key of the same provider may do better.
    pub fn speaks_of_key(self) -> bool {
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
