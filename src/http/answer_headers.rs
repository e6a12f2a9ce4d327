//! What the headers of a good answer tell beside it: who answered, the model's rate limit, and
//! which of the client's parameters were dropped or brought within its key's limits.

use actix_web::HttpResponseBuilder;

use super::rate_headers::{self, Limit};
use crate::limiter::Standing;
use crate::relay::Told;

const ROUTE: &str = "x-llm-router-route";
const DROPPED: &str = "x-llm-router-dropped";
const ADJUSTED: &str = "x-llm-router-adjusted";

pub fn put(
    response: &mut HttpResponseBuilder,
    (requests, tokens): (Option<Standing>, Option<Standing>),
    told: &Told,
) {
    rate_headers::standing(response, Limit::Requests, requests);
    rate_headers::standing(response, Limit::Tokens, tokens);
    // A model's name may hold what no header can carry.
    let Told { dropped, adjusted, route } = told;
    if route.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ') {
        response.insert_header((ROUTE, route.as_str()));
    }
    for (header, names) in [(DROPPED, dropped), (ADJUSTED, adjusted)] {
        if !names.is_empty() {
            let names: Vec<&str> =
                names.iter().map(String::as_str).filter(|name| is_plain(name)).collect();
            response.insert_header((header, names.join(", ")));
        }
    }
}

/// A client's own field may have any name; only what a header can carry is told.
fn is_plain(name: &str) -> bool {
    name.len() <= 64 && name.bytes().all(|byte| byte.is_ascii_graphic() && byte != b',')
}
