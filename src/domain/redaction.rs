//! Patterns whose matches are not recorded. The `regex` crate searches in time linear in the text,
//! whatever the pattern.

use regex::bytes::{Regex, RegexBuilder};

use super::secret::REDACTED;

/// Compiled; a pattern of a few characters with large counts may become megabytes.
const MAX_COMPILED: usize = 1024 * 1024;
/// What the search may keep of what it has found out.
const MAX_CACHE: usize = 2 * 1024 * 1024;

#[derive(Clone, Debug, Default)]
pub struct Redaction {
    patterns: Vec<Regex>,
}

impl PartialEq for Redaction {
    fn eq(&self, other: &Self) -> bool {
        let texts = |of: &Self| of.patterns.iter().map(|it| it.to_string()).collect::<Vec<_>>();
        texts(self) == texts(other)
    }
}

impl Redaction {
    pub const MAX_PATTERNS: usize = 64;
    /// Bytes of a pattern.
    pub const MAX_LENGTH: usize = 2_000;

    /// As they were written.
    pub fn patterns(&self) -> impl Iterator<Item = &str> {
        self.patterns.iter().map(Regex::as_str)
    }

    /// Adds a pattern.
    ///
    /// # Errors
    /// Why it cannot be used, in one line.
    pub fn add(&mut self, pattern: &str) -> Result<(), String> {
        if self.patterns.len() >= Self::MAX_PATTERNS {
            return Err(format!("is one more than {} patterns", Self::MAX_PATTERNS));
        }
        if pattern.len() > Self::MAX_LENGTH {
            return Err(format!("is longer than {} bytes", Self::MAX_LENGTH));
        }
        let mut builder = RegexBuilder::new(pattern);
        let built = builder.size_limit(MAX_COMPILED).dfa_size_limit(MAX_CACHE).build();
        let regex = built.map_err(|error| {
            // The last line says what is wrong, those before show where.
            let text = error.to_string();
            let reason = text.lines().last().unwrap_or_default();
            format!("is no regular expression: {}", reason.trim().trim_start_matches("error: "))
        })?;
        if regex.is_match(b"") {
            return Err(String::from("matches the empty text"));
        }
        self.patterns.push(regex);
        Ok(())
    }

    pub fn is_empty(&self) -> bool {
        self.patterns.is_empty()
    }

    /// `None` where nothing matches.
    pub fn redact(&self, bytes: &[u8]) -> Option<Vec<u8>> {
        let mut parts = [bytes.to_vec()];
        let has_match = self.redact_parts(&mut parts);
        let [redacted] = parts;
        has_match.then_some(redacted)
    }

    /// `None` where nothing matches.
    pub fn redact_text(&self, text: &str) -> Option<String> {
        let redacted = self.redact(text.as_bytes())?;
        Some(String::from_utf8_lossy(&redacted).into_owned())
    }

    /// Redacts one text that lies in several parts. A match that goes over several is replaced in
    /// its first part and cut from the others. Answers whether there was one.
    pub fn redact_parts(&self, parts: &mut [Vec<u8>]) -> bool {
        let mut has_match = false;
        for pattern in &self.patterns {
            let whole = parts.concat();
            let found: Vec<(usize, usize)> = pattern
                .find_iter(&whole)
                .filter(|found| !found.is_empty())
                .map(|found| (found.start(), found.end()))
                .collect();
            if found.is_empty() {
                continue;
            }
            has_match = true;
            let mut matches = found.into_iter().peekable();
            let mut start = 0;
            for part in parts.iter_mut() {
                let end = start + part.len();
                let mut kept = Vec::with_capacity(part.len());
                let mut at = start;
                while let Some((from, to)) = matches.peek().copied()
                    && from < end
                {
                    kept.extend_from_slice(whole.get(at..from.max(at)).unwrap_or_default());
                    if from >= start {
                        kept.extend_from_slice(REDACTED.as_bytes());
                    }
                    at = to.min(end);
                    if to > end {
                        break;
                    }
                    matches.next();
                }
                kept.extend_from_slice(whole.get(at..end).unwrap_or_default());
                *part = kept;
                start = end;
            }
        }
        has_match
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(patterns: &[&str]) -> Redaction {
        let mut redaction = Redaction::default();
        patterns.iter().for_each(|pattern| redaction.add(pattern).unwrap());
        redaction
    }

    #[test]
    fn what_matches_is_replaced() {
        let redaction = of(&[r"sk-[a-z0-9]+", r"\b\d{4} \d{4}\b", "ü+"]);
        assert_eq!(
            redaction.redact_text("key sk-abc1, card 1234 5678, grün").as_deref(),
            Some("key [redacted], card [redacted], gr[redacted]n")
        );
        assert_eq!(redaction.redact_text("nothing"), None);
        assert_eq!(redaction.redact(b"\xff sk-a \xfe").unwrap(), b"\xff [redacted] \xfe");
    }

    #[test]
    fn a_match_over_several_parts_is_cut_from_all_of_them() {
        let redaction = of(&["secret", "x+"]);
        for (parts, expected) in [
            (vec!["a sec", "r", "et b", " secret"], vec!["a [redacted]", "", " b", " [redacted]"]),
            (vec!["secretsecret"], vec!["[redacted][redacted]"]),
            (vec!["secret", "secret"], vec!["[redacted]", "[redacted]"]),
            (vec!["", "sec", "", "retx", "x!"], vec!["", "[redacted]", "", "[redacted]", "!"]),
        ] {
            let mut parts: Vec<Vec<u8>> =
                parts.iter().map(|part| part.as_bytes().to_vec()).collect();
            assert!(redaction.redact_parts(&mut parts));
            let texts: Vec<_> =
                parts.into_iter().map(|it| String::from_utf8(it).unwrap()).collect();
            assert_eq!(texts, expected);
        }
    }

    #[test]
    fn a_pattern_that_cannot_be_used_says_why() {
        let mut redaction = Redaction::default();
        for (pattern, reason) in [
            ("(a", "unclosed group"),
            (r"(a)\1", "backreferences are not supported"),
            ("a*", "matches the empty text"),
            ("", "matches the empty text"),
            (r"(\w{500}){500}", "size limit"),
            (&"a".repeat(2_001), "is longer than 2000 bytes"),
        ] {
            let error = redaction.add(pattern).unwrap_err();
            assert!(error.contains(reason) && !error.contains('\n'), "{pattern}: {error}");
        }
        for number in 0..64 {
            redaction.add(&format!("a{number}")).unwrap();
        }
        assert_eq!(redaction.add("b").unwrap_err(), "is one more than 64 patterns");
        // Matches of nothing at a place, and a pattern that would be slow elsewhere.
        let redaction = of(&[r"\b", r"(a+)+$"]);
        assert_eq!(redaction.redact(&[b'a'; 50_000]).unwrap(), b"[redacted]");
        assert_eq!(redaction.redact(&[&[b'a'; 50_000][..], b"!"].concat()), None);
    }
}
