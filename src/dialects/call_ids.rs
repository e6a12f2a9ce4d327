//! Ids of calls towards clients.

use std::borrow::Cow;

use crate::domain::hash::StableHash;

/// The longest that every API takes back.
const LONGEST: usize = 64;

/// The id in letters, digits, `_` and `-`, as each API and each client takes it. The same id becomes
/// the same again; of a longer one the end becomes a hash of all of it, so that two stay two.
pub(super) fn plain(id: &str) -> Cow<'_, str> {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-');
    if id.is_empty() {
        return Cow::Borrowed("call_0");
    }
    if id.len() <= LONGEST && id.chars().all(is_plain) {
        return Cow::Borrowed(id);
    }
    let mut plain: String =
        id.chars().map(|letter| if is_plain(letter) { letter } else { '_' }).collect();
    if plain.len() > LONGEST {
        let hash = StableHash::default().with(id.as_bytes()).finish();
        plain.truncate(LONGEST - 17);
        plain.push_str(&format!("_{hash:016x}"));
    }
    Cow::Owned(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_plain_short_and_told_apart() {
        for (id, expected) in [("call_1-a", "call_1-a"), ("", "call_0"), ("f|1:ä", "f_1__")] {
            assert_eq!(plain(id), expected);
        }
        let long = "chatcmpl-tool-".repeat(9);
        let (one, other) = (format!("{long}1"), format!("{long}2"));
        assert_eq!(plain(&one).len(), LONGEST);
        assert_eq!(plain(&one), plain(&one));
        assert_ne!(plain(&one), plain(&other));
        assert_eq!(plain(&"a".repeat(64)), "a".repeat(64));
    }
}
