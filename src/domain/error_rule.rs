//! One reading of an upstream's error, where its code or its words say more than its status does.

use super::refusal::Refusal;

#[derive(Debug)]
pub struct ErrorRule {
    /// With which statuses; none named: any.
    pub statuses: &'static [u16],
    pub says: Says,
    pub refusal: Refusal,
}

#[derive(Debug)]
pub enum Says {
    /// One of these codes, in any case.
    Code(&'static [&'static str]),
    /// One of these in the message, in lower case.
    Words(&'static [&'static str]),
}

impl ErrorRule {
    /// `message`: in lower case.
    pub fn fits(&self, status: u16, code: &str, message: &str) -> bool {
        (self.statuses.is_empty() || self.statuses.contains(&status))
            && match self.says {
                Says::Code(codes) => codes.iter().any(|known| known.eq_ignore_ascii_case(code)),
                Says::Words(words) => words.iter().any(|words| message.contains(words)),
            }
    }
}
