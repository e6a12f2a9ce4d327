//! The Responses API's rule for tool calls: each has its result before the conversation ends.

use crate::dialects::errors::Untranslatable;
use crate::dialects::tool_calls::{IdRule, Mismatch, Why};

/// The API accepts a `call_id` of at most 64 characters.
pub(super) const IDS: IdRule = IdRule::UpTo(64);

pub(super) fn refused(Mismatch { why, id, place }: Mismatch<'_>) -> Untranslatable {
    let complaint = match why {
        Why::NoId => String::from(" has no id"),
        Why::SameId => format!(" has the id of a call that has no result yet: `{id}`"),
        Why::NoResult => format!(" (`{id}`) has no result in the messages after it"),
        Why::NoCall | Why::SecondResult => format!(": no call `{id}` waits for a result"),
    };
    Untranslatable::at(place, complaint)
}
