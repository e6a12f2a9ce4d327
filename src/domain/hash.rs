//! A hash that is the same in every process, on every machine and in every release; the standard
//! library promises none of that. For distribution, not for secrets, and not collision-resistant.

use std::hash::{BuildHasherDefault, Hasher};

/// SplitMix64's finalizer: every bit of the input affects every bit of the output.
pub fn mixed(word: u64) -> u64 {
    let word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ (word >> 31)
}

/// For maps by ids that the router assigns itself: a few instructions instead of the standard
/// library's hash, which no stranger can foresee.
#[derive(Clone, Copy, Debug, Default)]
pub struct IdHasher(u64);

pub type ById = BuildHasherDefault<IdHasher>;

impl Hasher for IdHasher {
    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            self.write_u64(u64::from_le_bytes(*word));
        }
        self.write_u64(rest.iter().rev().fold(0, |word, byte| (word << 8) | u64::from(*byte)));
    }

    fn write_u64(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(23) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }

    fn write_i64(&mut self, word: i64) {
        self.write_u64(word.cast_unsigned());
    }

    fn write_i32(&mut self, word: i32) {
        self.write_u64(u64::from(word.cast_unsigned()));
    }

    fn write_isize(&mut self, word: isize) {
        self.write_u64(word.cast_unsigned() as u64);
    }

    fn finish(&self) -> u64 {
        mixed(self.0)
    }
}

/// Maps a hash to a number above 0 and below 1.
pub fn share(hash: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a float holds 53 bits: these and the half")]
    let share = (hash >> 12) as f64;
    (share + 0.5) / 4_503_599_627_370_496.0
}

/// Hashes a sequence of byte strings. Boundaries count: `ab`, `c` differs from `a`, `bc`.
#[derive(Clone, Debug)]
pub struct StableHash(u64);

impl Default for StableHash {
    fn default() -> Self {
        Self(0x9e37_79b9_7f4a_7c15)
    }
}

impl StableHash {
    #[must_use]
    pub fn with(mut self, bytes: &[u8]) -> Self {
        self.add(bytes);
        self
    }

    pub fn add(&mut self, bytes: &[u8]) {
        self.add_word(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            self.add_word(u64::from_le_bytes(*word));
        }
        let rest = rest.iter().rev().fold(0, |word, byte| (word << 8) | u64::from(*byte));
        self.add_word(rest);
    }

    fn add_word(&mut self, word: u64) {
        let wide = u128::from(self.0 ^ word) * 0xd6e8_feb8_6659_fd93;
        #[expect(clippy::cast_possible_truncation, reason = "the two halves are folded")]
        let folded = (wide as u64) ^ ((wide >> 64) as u64);
        self.0 = folded ^ self.0.rotate_left(23);
    }

    pub fn finish(&self) -> u64 {
        mixed(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn a_hash_is_the_same_in_every_release() {
        let hash = |text: &str| StableHash::default().with(text.as_bytes()).finish();
        insta::assert_snapshot!(
            format!("{:016x} {:016x} {:016x}", hash(""), hash("a"), hash("a longer text")),
            @"e2f4d2d2daf17e0d 04443da13a823b17 91474942ed650f7e"
        );
    }

    #[test]
    fn boundaries_between_pieces_count() {
        let pieces = [vec!["ab", "c"], vec!["a", "bc"], vec!["abc"], vec!["abc", ""], vec![]];
        let hash = |pieces: &Vec<&str>| {
            let hash = StableHash::default();
            pieces.iter().fold(hash, |hash, piece| hash.with(piece.as_bytes())).finish()
        };
        let hashes: HashSet<u64> = pieces.iter().map(hash).collect();
        assert_eq!(hashes.len(), pieces.len());
    }

    #[test]
    fn similar_inputs_spread_evenly() {
        let mut buckets = [0u32; 16];
        for word in 0..16_000u64 {
            let text = word.to_string();
            let hash = StableHash::default().with(text.as_bytes()).finish();
            buckets[usize::try_from(hash >> 60).unwrap()] += 1;
        }
        assert!(buckets.iter().all(|count| (850..1150).contains(count)), "{buckets:?}");
    }

    #[test]
    fn a_share_is_never_0_nor_1() {
        assert!(share(0) > 0.0 && share(u64::MAX) < 1.0);
    }
}
