//! The inputs of routing: the request's query and the current circumstances.

use std::time::Duration;

use super::exclusion::Saturated;
use super::meaning::Rights;
use super::pairs::Decision;
use super::selector::Selector;
use super::tags::TagFilter;
use crate::catalog::Model;
use crate::domain::facts::{Needs, Preferences};

/// The request's query and its context.
#[derive(Clone, Copy)]
pub struct RoutingQuery<'a> {
    pub selector: &'a Selector,
    /// From the header `x-llm-router-tags`.
    pub tags: &'a TagFilter,
    pub preferences: &'a Preferences,
    /// Models to try after the named one, in this order.
    pub fallback_models: &'a [String],
    /// Which side of a pair serves.
    pub decision: Option<&'a Decision>,
    /// The permissions of the caller's key.
    pub rights: Option<Rights<'a>>,
    /// Why a model is at a limit now.
    pub saturated: &'a dyn Fn(&Model) -> Option<Saturated>,
    pub circumstances: RoutingContext<'a>,
}

/// The inputs of strategies beside the models.
#[derive(Clone, Copy)]
pub struct RoutingContext<'a> {
    pub needs: &'a Needs,
    pub conversation: Conversation<'a>,
    pub seed: u64,
    /// Since the process's start.
    pub now: Duration,
}

/// The identity of a conversation, so that all of it is routed to the same model and hits the
/// provider's prompt cache.
#[derive(Clone, Copy)]
pub enum Conversation<'a> {
    /// Computed from the request, if a strategy needs it.
    Of(&'a dyn Fn() -> u64),
    /// Taken from a trace.
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
