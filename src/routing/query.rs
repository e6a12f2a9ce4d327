//! What a request asks of the router, and under which circumstances.

use std::time::Duration;

use super::exclusion::Saturated;
use super::meaning::Rights;
use super::pairs::Decision;
use super::selector::Selector;
use super::tags::TagFilter;
use crate::catalog::Model;
use crate::domain::facts::{Needs, Preferences};

/// What is asked for, and under which circumstances.
#[derive(Clone, Copy)]
pub struct RoutingQuery<'a> {
    pub selector: &'a Selector,
    /// From the header `x-llm-router-tags`.
    pub tags: &'a TagFilter,
    pub preferences: &'a Preferences,
    /// Who is called after the model that is named, in this order.
    pub fallback_models: &'a [String],
    /// Which side of a pair serves.
    pub decision: Option<&'a Decision>,
    /// What the caller's key may call.
    pub rights: Option<Rights<'a>>,
    /// Why a model has no room for one more call now.
    pub full: &'a dyn Fn(&Model) -> Option<Saturated>,
    pub circumstances: RoutingContext<'a>,
}

/// What the strategies look at beside the models.
#[derive(Clone, Copy)]
pub struct RoutingContext<'a> {
    pub needs: &'a Needs,
    pub conversation: Conversation<'a>,
    pub seed: u64,
    /// Since the process's start.
    pub now: Duration,
}

/// What a conversation is known by, so that all of it goes to the same model and finds its prompt in the provider's
/// cache.
#[derive(Clone, Copy)]
pub enum Conversation<'a> {
    /// Read from the request, where a strategy asks for it.
    Of(&'a dyn Fn() -> u64),
    /// As a trace tells it.
    Known(u64),
}

impl Conversation<'_> {
    pub fn id(&self) -> u64 {
        match self {
            Self::Of(read) => read(),
            Self::Known(id) => *id,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_trace_tells_is_taken_as_it_is() {
        assert_eq!(Conversation::Known(7).id(), 7);
    }
}
