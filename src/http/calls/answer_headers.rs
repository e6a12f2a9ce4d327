//! The headers of a successful answer: the route it took, the rate limits, where a whole answer's
//! time went, and which of the client's parameters were dropped or brought within its key's limits.

use std::borrow::Cow;

use actix_web::HttpResponseBuilder;
use actix_web::http::header::HeaderName;

use crate::http::calls::rate_headers::{self, Limit};
use crate::limits::RateLimits;
use crate::relay::AnswerNotes;

const ROUTE: HeaderName = HeaderName::from_static("x-llm-router-route");
const TIMING: HeaderName = HeaderName::from_static("server-timing");
const DROPPED: HeaderName = HeaderName::from_static("x-llm-router-dropped");
const ADJUSTED: HeaderName = HeaderName::from_static("x-llm-router-adjusted");

pub fn put(response: &mut HttpResponseBuilder, rate_limits: &RateLimits, notes: &AnswerNotes) {
    rate_headers::put(response, Limit::Requests, rate_limits.requests);
    rate_headers::put(response, Limit::Tokens, rate_limits.tokens);
    let AnswerNotes { dropped, adjusted, route, timings } = notes;
    response.insert_header((ROUTE, &*carried(route)));
    if let Some(timings) = timings {
        response.insert_header((TIMING, timings.to_header()));
    }
    for (header, names) in [(DROPPED, dropped), (ADJUSTED, adjusted)] {
        if !names.is_empty() {
            let names: Vec<&str> =
                names.iter().map(String::as_str).filter(|name| fits_header(name)).collect();
            response.insert_header((header, names.join(", ")));
        }
    }
}

/// A model's name may hold what no header can carry: that is percent-encoded.
fn carried(route: &str) -> Cow<'_, str> {
    let is_plain = |byte: u8| byte.is_ascii_graphic() && byte != b'%';
    if route.bytes().all(is_plain) {
        return Cow::Borrowed(route);
    }
    let written = |byte: u8| match is_plain(byte) {
        true => char::from(byte).to_string(),
        false => format!("%{byte:02X}"),
    };
    Cow::Owned(route.bytes().map(written).collect())
}

/// A client's own field may have any name; one that no header can carry is left out.
fn fits_header(name: &str) -> bool {
    name.len() <= 64 && name.bytes().all(|byte| byte.is_ascii_graphic() && byte != b',')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_models_name_can_be_carried() {
        for (route, expected) in [
            ("openai/gpt-5.1;attempts=2", "openai/gpt-5.1;attempts=2"),
            ("up/深;attempts=1", "up/%E6%B7%B1;attempts=1"),
            ("up/a b%\n;attempts=1", "up/a%20b%25%0A;attempts=1"),
        ] {
            assert_eq!(carried(route), expected);
        }
    }
}
