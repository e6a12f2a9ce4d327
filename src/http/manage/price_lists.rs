//! The lists of prices that are in force: the one of `[pricing] url` as it was fetched last, the
//! one of `[pricing] file`, and the shipped one.

use actix_web::web::block;

use crate::catalog::Snapshot;
use crate::catalog::price_list::{ListError, Origin, PriceList};
use crate::http::app_state::AppState;
use crate::http::problem::Problem;
use crate::providers::fetch_prices;

/// A longer file is none.
const MAX_FILE_BYTES: u64 = 4 * 1024 * 1024;

/// All lists as one. `is_fetched`: the list of the URL is fetched now.
///
/// # Errors
/// When one of them cannot be had, or is not valid.
pub async fn lists(
    state: &AppState,
    snapshot: &Snapshot,
    is_fetched: bool,
) -> Result<PriceList, Problem> {
    let pricing = &snapshot.policy.pricing;
    let mut list = PriceList::shipped().map_err(|error| unusable("prices.toml", error))?;
    if let Some(path) = &pricing.file {
        list = read_file(path.clone()).await?.before(list);
    }
    let Some(url) = &pricing.url else { return Ok(list) };
    if is_fetched {
        let text = fetch_prices(url, snapshot.policy.egress, snapshot.policy.timeouts.head).await;
        let text = text.map_err(|error| unusable(url.as_str(), error))?;
        state.fetched_prices.keep(url.clone(), parse(url.as_str(), &text, Origin::Url)?);
    }
    Ok(match state.fetched_prices.of(url) {
        Some(fetched) => fetched.before(list),
        None => list,
    })
}

async fn read_file(path: String) -> Result<PriceList, Problem> {
    let read = block(move || {
        let length = std::fs::metadata(&path).and_then(|about| {
            if about.len() > MAX_FILE_BYTES {
                let reason = format!("it has more than {MAX_FILE_BYTES} bytes");
                return Err(std::io::Error::new(std::io::ErrorKind::InvalidData, reason));
            }
            std::fs::read_to_string(&path)
        });
        length.map_err(|error| unusable(&path, error)).map(|text| (path, text))
    });
    let read = read.await.unwrap_or_else(|error| Err(unusable("[pricing] file", error)));
    let (path, text) = read?;
    parse(&path, &text, Origin::File)
}

fn parse(name: &str, text: &str, origin: Origin) -> Result<PriceList, Problem> {
    PriceList::parse(text, origin).map_err(|error: ListError| unusable(name, error))
}

fn unusable(name: &str, why: impl std::fmt::Display) -> Problem {
    let message = format!("the list of prices `{name}` cannot be used: {why}");
    Problem::new(502, "price_list_unusable", message)
}
