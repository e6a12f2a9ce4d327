//! A provider's key, which no log line, error or debug print shows. Its memory is zeroed when the
//! last copy is dropped.

use std::fmt;
use std::sync::Arc;

use zeroize::Zeroizing;

#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Arc<Zeroizing<Box<str>>>);

impl Secret {
    pub fn new(text: &str) -> Self {
        Self(Arc::new(Zeroizing::new(text.into())))
    }

    /// The secret itself, for the code that writes it to the upstream and for nothing else.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Splits a comma-separated list: variables and config values may hold several keys.
    pub fn list(text: &str) -> Vec<Self> {
        text.split(',').map(str::trim).filter(|key| !key.is_empty()).map(Self::new).collect()
    }

    /// Removes this secret from a text that came from outside, even where the text was cut in the
    /// middle of the secret.
    pub fn redact_in(&self, text: &str) -> String {
        /// Fewer characters of a key are useless to an attacker, and occur in ordinary text.
        const LEAST: usize = 8;
        if self.0.is_empty() {
            return text.to_owned();
        }
        let whole = match self.0.len() < LEAST {
            true => self.redact_word_in(text),
            false => text.replace(self.expose(), REDACTED),
        };
        let (body, end) = match whole.strip_suffix('…') {
            Some(body) => (body, "…"),
            None => (whole.as_str(), ""),
        };
        let beginnings = self.0.char_indices().map(|(at, _)| at).filter(|at| *at >= LEAST).rev();
        let cut = beginnings.filter_map(|at| self.0.get(..at)).find_map(|it| body.strip_suffix(it));
        match cut {
            Some(before) => format!("{before}{REDACTED}{end}"),
            None => whole,
        }
    }

    /// The keys that local servers are given (`x`, `none`, `ollama`) are parts of ordinary words,
    /// and a text with holes in them would tell the key.
    fn redact_word_in(&self, text: &str) -> String {
        let is_of_a_word = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_');
        let mut redacted = String::with_capacity(text.len());
        let mut at = 0;
        for (from, found) in text.match_indices(self.expose()) {
            let (before, after) = (text.get(..from), text.get(from + found.len()..));
            let is_part = before.is_some_and(|text| text.ends_with(is_of_a_word))
                || after.is_some_and(|text| text.starts_with(is_of_a_word));
            if !is_part {
                redacted.push_str(text.get(at..from).unwrap_or_default());
                redacted.push_str(REDACTED);
                at = from + found.len();
            }
        }
        redacted.push_str(text.get(at..).unwrap_or_default());
        redacted
    }
}

pub const REDACTED: &str = "[redacted]";

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

    #[test]
    fn a_secret_is_redacted_whole_and_where_the_text_was_cut_in_it() {
        let secret = Secret::new("sk-0123456789");
        assert_eq!(secret.redact_in("key sk-0123456789 is bad"), "key [redacted] is bad");
        assert_eq!(secret.redact_in("your key sk-01234567…"), "your key [redacted]…");
        assert_eq!(secret.redact_in("your key sk-01234"), "your key [redacted]");
        assert_eq!(secret.redact_in("your key sk-…"), "your key sk-…");
        assert_eq!(Secret::new("").redact_in("text"), "text");
    }

    #[test]
    fn a_secret_that_is_as_short_as_a_word_is_redacted_where_it_stands_alone() {
        for (secret, text, expected) in [
            ("x", "maximum context: x, key=x", "maximum context: [redacted], key=[redacted]"),
            ("ollama", "ollama-run of ollama: no", "ollama-run of [redacted]: no"),
            ("é", "é été é", "[redacted] été [redacted]"),
        ] {
            assert_eq!(Secret::new(secret).redact_in(text), expected);
        }
    }
}
