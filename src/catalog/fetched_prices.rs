//! The list of prices that was fetched last, kept until the process ends.

use std::sync::{Mutex, PoisonError};

use url::Url;

use super::price_list::PriceList;

#[derive(Default)]
pub struct FetchedPrices(Mutex<Option<(Url, PriceList)>>);

impl FetchedPrices {
    /// The list of this address, if it is the one that was fetched.
    pub fn of(&self, url: &Url) -> Option<PriceList> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.as_ref().filter(|(of, _)| of == url).map(|(_, list)| list.clone())
    }

    pub fn keep(&self, url: Url, list: PriceList) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((url, list));
    }
}
