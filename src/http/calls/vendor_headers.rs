//! The headers with which a client of Anthropic's API chooses its version and features.

use std::sync::Arc;

use actix_web::http::header::{HeaderMap, HeaderName};

use crate::domain::vendor_headers::VendorHeaders;

static VERSION: HeaderName = HeaderName::from_static("anthropic-version");
static BETA: HeaderName = HeaderName::from_static("anthropic-beta");

/// The client's choice of version and features.
pub fn vendor_headers(headers: &HeaderMap) -> VendorHeaders {
    let text = |name: &HeaderName| {
        let mut values = headers.get_all(name).filter_map(|value| value.to_str().ok());
        let first = values.next()?.to_owned();
        Some(Arc::from(values.fold(first, |list, value| format!("{list},{value}"))))
    };
    VendorHeaders { version: text(&VERSION), beta: text(&BETA) }
}
