//! Anthropic's rule for tool calls: each has its result in the next turn.

use crate::dialects::errors::Untranslatable;
use crate::dialects::tool_calls::{IdRule, Mismatch, Why};

pub(super) const IDS: IdRule = IdRule::Plain;

pub(super) fn refused(Mismatch { why, id, place }: Mismatch<'_>) -> Untranslatable {
    let complaint = match why {
        Why::NoId => String::from(" has no id"),
        Why::SameId => format!(" has the same id as another call: `{id}`"),
        Why::NoResult => format!(" (`{id}`) has no result in the messages right after it"),
        Why::NoCall => format!(": the assistant's turn before it has no call `{id}`"),
        Why::SecondResult => format!(": the call `{id}` has a result already"),
    };
    Untranslatable::at(place, complaint)
}
