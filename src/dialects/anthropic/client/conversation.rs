//! A conversation while it is converted: its messages, and the calls that wait for a result.

use std::collections::HashSet;

use serde_json::value::RawValue;

use super::findings::{Findings, bad};
use super::origins::Origin;
use crate::dialects::errors::BadRequest;
use crate::dialects::json::known;
use crate::dialects::json::{Kind, RawObject};
use crate::dialects::openai::message::{NO_RESULT, tool_message};

/// The messages of a conversation, as they are converted.
pub(super) struct Conversation<'f> {
    pub messages: Vec<String>,
    pub findings: &'f mut Findings,
    /// The calls so far.
    pub called: HashSet<String>,
    /// Those of the last turn that have no result yet.
    pub unanswered: Vec<String>,
}

impl Conversation<'_> {
    pub(super) fn push(&mut self, message: String, origin: Origin) {
        self.messages.push(message);
        self.findings.origins.messages.push(origin);
    }

    /// Gives each call without a result one.
    pub(super) fn answer_the_rest(&mut self, message: usize) {
        for id in std::mem::take(&mut self.unanswered) {
            let result = tool_message(&id, NO_RESULT);
            self.push(result, Origin { message: Some(message), ..Origin::default() });
        }
    }
}

/// The elements of a list of messages or of blocks. `wanted`: what an element must be.
pub(super) fn objects<'a>(
    list: &'a RawValue,
    place: &str,
    wanted: &str,
) -> Result<Vec<RawObject<'a>>, BadRequest> {
    let elements = known::elements(list).ok_or_else(|| bad(place, "must be a list"))?;
    let object = |(at, element): (usize, &'a RawValue)| {
        let place = format!("{place}.{at}");
        if Kind::of(element) != Kind::Object {
            return Err(bad(&place, &format!("must be {wanted}")));
        }
        RawObject::of(element).map_err(|error| bad(&place, &format!("cannot be read: {error}")))
    };
    elements.into_iter().enumerate().map(object).collect()
}
