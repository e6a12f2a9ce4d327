//! `/pricing`.

use super::RouteDoc;
use crate::http::manage::dry_run::{ChangeQuery, DryRun};
use crate::http::manage::pricing::{LatestPrices, PriceSuggestion, PriceSync, PriceSyncAll};
use crate::http::manage::recompute::{RecomputeBody, Recomputed};

pub fn latest() -> RouteDoc {
    RouteDoc::new("latestPrices", "The lists of prices: the shipped one and those of `[pricing]`")
        .text("The list of a URL as it was fetched last.")
        .answers::<LatestPrices>(200, "By type of provider; the first row that matches counts.")
        .fails(&[502])
}

pub fn suggestions() -> RouteDoc {
    RouteDoc::new("suggestPrices", "The price of each model beside that of the lists")
        .answers_list::<PriceSuggestion>("The models that the caller may call.")
        .fails(&[502])
}

pub fn sync() -> RouteDoc {
    RouteDoc::new("syncPrice", "Takes over the price that the lists have for a model")
        .text("Also one on which no second list agrees.")
        .for_admins()
        .numbered(&["model_id"])
        .query::<ChangeQuery>()
        .answers_one_of::<PriceSync, DryRun>(200, "The price, or that no list has one.")
        .fails(&[409, 502, 503])
}

pub fn sync_all() -> RouteDoc {
    RouteDoc::new("syncPrices", "Takes over the prices of all models on which lists agree")
        .for_admins()
        .query::<ChangeQuery>()
        .answers_one_of::<PriceSyncAll, DryRun>(200, "What became of each model.")
        .fails(&[502])
}

pub fn recompute() -> RouteDoc {
    RouteDoc::new("recomputeCosts", "Counts calls anew with the prices that their models have now")
        .text(
            "Only the records change, and their sums; what keys have spent stays as it was \
             charged. A call whose usage is unknown, or whose model has no price, stays as it is.",
        )
        .for_admins()
        .may_take::<RecomputeBody>()
        .answers::<Recomputed>(200, "What changed, or would.")
        .fails(&[503])
}
