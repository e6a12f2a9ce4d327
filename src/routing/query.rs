//! What a request asks of the router, and under which circumstances.

use std::time::Duration;

use super::conversation::Conversation;
use super::exclusion::Saturated;
use super::meaning::Rights;
use super::needs::Needs;
use super::pairs::Decision;
use super::preferences::Preferences;
use super::selector::Selector;
use super::tags::TagFilter;
use crate::catalog::Model;

/// What is asked for, and under which circumstances.
#[derive(Clone, Copy)]
pub struct RoutingQuery<'a> {
    pub selector: &'a Selector,
    /// From the header `x-llm-router-tags`.
    pub tags: &'a TagFilter,
    pub preferences: &'a Preferences,
    /// OpenRouter's `models`: who is asked after the first.
    pub further: &'a [String],
    /// Which side of a pair serves.
    pub decision: Option<&'a Decision>,
    /// What the caller's key may call.
    pub rights: Option<Rights<'a>>,
    /// Why a model has no room for one more call now.
    pub full: &'a dyn Fn(&Model) -> Option<Saturated>,
    pub circumstances: RoutingContext<'a>,
}

/// What the strategies look at beside the models.
#[derive(Clone, Copy, Debug)]
pub struct RoutingContext<'a> {
    pub needs: &'a Needs,
    pub conversation: Conversation<'a>,
    pub seed: u64,
    /// Since the process's start.
    pub now: Duration,
}
