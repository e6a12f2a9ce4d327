//! Keys are identified by their digest; the key itself is shown once, on creation.

use std::fmt;

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::domain::secret::Secret;

/// SHA-256. Generated keys hold 256 random bits, so the digest needs neither a salt nor a slow
/// function.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyDigest([u8; 32]);

impl KeyDigest {
    pub fn of(text: &str) -> Self {
        Self(Sha256::digest(text.as_bytes()).into())
    }

    pub fn parse(hex: &str) -> Option<Self> {
        HEXLOWER.decode(hex.as_bytes()).ok()?.try_into().ok().map(Self)
    }

    pub fn to_hex(self) -> String {
        HEXLOWER.encode(&self.0)
    }

    /// Compares in constant time.
    pub fn is_same(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl fmt::Debug for KeyDigest {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("[digest]")
    }
}

/// The system's random number generator failed.
#[derive(Debug, thiserror::Error)]
#[error("the system's random number generator failed: {0}")]
pub struct NoRandom(#[from] getrandom::Error);

/// `sk-` and 256 random bits.
///
/// # Errors
/// The system's random number generator failed.
pub fn new_key() -> Result<Secret, NoRandom> {
    random("sk-")
}

/// `st-` and 256 random bits; the prefix distinguishes a token from a key.
///
/// # Errors
/// The system's random number generator failed.
pub fn new_token() -> Result<Secret, NoRandom> {
    random("st-")
}

fn random(prefix: &str) -> Result<Secret, NoRandom> {
    let mut bits = [0; 32];
    getrandom::fill(&mut bits)?;
    Ok(Secret::new(&format!("{prefix}{}", data_encoding::BASE64URL_NOPAD.encode(&bits))))
}

/// The visible part of a key: its first eleven characters, but no more than a quarter of it.
pub fn visible_prefix(key: &str) -> String {
    const MOST: usize = 11;
    let shown = MOST.min(key.chars().count() / 4);
    key.chars().take(shown).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_key_is_long_and_never_the_same() {
        let (one, other) = (new_key().unwrap(), new_key().unwrap());
        assert_ne!(one.expose(), other.expose());
        assert_eq!(one.expose().len(), "sk-".len() + 43);
        assert!(one.expose().starts_with("sk-"));
        assert_eq!(visible_prefix(one.expose()), one.expose()[..11]);
    }

    #[test]
    fn a_short_key_shows_little_of_itself() {
        assert_eq!(visible_prefix("sk-one"), "s");
        assert_eq!(visible_prefix("sixteen-letters!"), "sixt");
        assert_eq!(visible_prefix(""), "");
    }

    #[test]
    fn a_digest_is_read_as_it_was_written() {
        let digest = KeyDigest::of("sk-one");
        assert_eq!(KeyDigest::parse(&digest.to_hex()), Some(digest));
        assert!(digest.is_same(&KeyDigest::of("sk-one")) && !digest.is_same(&KeyDigest::of("x")));
        assert_eq!(KeyDigest::parse("00"), None);
        assert_eq!(format!("{digest:?}"), "[digest]");
    }
}
