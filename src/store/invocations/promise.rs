//! What sums tell of calls without a look at them: whether any can be what a filter asks for.

use super::filter::Filter;
use crate::store::sums::Peak;

impl Filter {
    /// Whether it asks for something that maxima and counts of sums exclude.
    pub fn asks_for_peaks(&self) -> bool {
        self.min_duration_us.is_some()
            || self.min_cost_nano_usd.is_some()
            || self.min_attempts.is_some_and(|least| least > 1)
            || self.unpriced == Some(true)
    }

    /// Whether it asks for nothing that makes what it wants rare beyond what sums tell.
    pub fn is_bounded_by_sums(&self) -> bool {
        self.text.is_none() && self.http_status.is_none() && self.endpoint.is_none()
    }

    /// Whether a sum can hold calls that it wants.
    pub fn may_be_in(&self, peak: &Peak) -> bool {
        self.min_duration_us.is_none_or(|least| peak.max_duration_us >= least)
            && self
                .min_cost_nano_usd
                .is_none_or(|least| peak.priced > 0 && peak.max_cost_nano_usd >= least)
            && (self.min_attempts.is_none_or(|least| least <= 1) || peak.retried > 0)
            && (self.unpriced != Some(true) || peak.unpriced > 0)
    }
}
