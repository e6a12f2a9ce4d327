//! A provider's key, which no log line, error or debug print can show.

use std::fmt;
use std::sync::Arc;

#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Arc<str>);

impl Secret {
    pub fn new(text: &str) -> Self {
        Self(text.into())
    }

    /// The secret itself. Only the line that writes it to the upstream may ask.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Splits a comma list, as environment variables and config values hold several keys.
    pub fn list(text: &str) -> Vec<Self> {
        text.split(',').map(str::trim).filter(|key| !key.is_empty()).map(Self::new).collect()
    }

    /// Takes this secret out of a text that came from outside.
    pub fn redact_in(&self, text: &str) -> String {
        if self.0.is_empty() {
            return text.to_owned();
        }
        text.replace(&*self.0, "[redacted]")
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("[secret]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comma_list_holds_several_keys_and_no_empty_one() {
        let keys = Secret::list(" a , ,b,");
        assert_eq!(keys, [Secret::new("a"), Secret::new("b")]);
        assert_eq!(format!("{keys:?}"), "[[secret], [secret]]");
    }
}
