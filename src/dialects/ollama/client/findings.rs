//! What is found out while a request is converted.

use crate::dialects::errors::BadRequest;

#[derive(Debug, Default)]
pub(super) struct Findings {
    pub messages: Vec<Option<usize>>,
    pub fault: Option<BadRequest>,
    pub left_out: Vec<String>,
}

impl Findings {
    pub(super) fn leave_out(&mut self, name: &str) {
        if !self.left_out.iter().any(|known| known == name) {
            self.left_out.push(name.to_owned());
        }
    }
}
