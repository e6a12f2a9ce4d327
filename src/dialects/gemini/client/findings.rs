//! What is found out while a request is converted.

use super::origins::Origins;
use crate::dialects::errors::BadRequest;

#[derive(Debug, Default)]
pub(super) struct Findings {
    pub origins: Origins,
    pub fault: Option<BadRequest>,
    pub left_out: Vec<String>,
}

impl Findings {
    /// Only the first fault is told.
    pub(super) fn cannot_be_sent(&mut self, place: &str, complaint: &str) {
        self.fault.get_or_insert_with(|| bad(place, complaint));
    }

    pub(super) fn leave_out(&mut self, name: &str) {
        if !self.left_out.iter().any(|known| known == name) {
            self.left_out.push(name.to_owned());
        }
    }
}

/// An error as Google words it, the place before a colon.
pub(super) fn bad(place: &str, complaint: &str) -> BadRequest {
    BadRequest::new(format!("{place}: {complaint}"), place)
}
