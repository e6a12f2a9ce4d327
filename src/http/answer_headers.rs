//! What the headers of a good answer tell beside it: who answered, the model's rate limit, and
//! which of the client's parameters the upstream has no counterpart for.

use actix_web::HttpResponseBuilder;

use super::rate_headers::{self, Limit};
use crate::limiter::Standing;

const ROUTE: &str = "x-llm-router-route";
const DROPPED: &str = "x-llm-router-dropped";

pub fn put(
    response: &mut HttpResponseBuilder,
    (requests, tokens): (Option<Standing>, Option<Standing>),
    dropped: &[String],
    route: &str,
) {
    rate_headers::standing(response, Limit::Requests, requests);
    rate_headers::standing(response, Limit::Tokens, tokens);
    // A model's name may hold what no header can carry.
    if route.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ') {
        response.insert_header((ROUTE, route));
    }
    if !dropped.is_empty() {
        let names: Vec<&str> =
            dropped.iter().map(String::as_str).filter(|name| is_plain(name)).collect();
        response.insert_header((DROPPED, names.join(", ")));
    }
}

/// A client's own field may have any name; only what a header can carry is told.
fn is_plain(name: &str) -> bool {
    name.len() <= 64 && name.bytes().all(|byte| byte.is_ascii_graphic() && byte != b',')
}
