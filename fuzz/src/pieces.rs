//! A way of cutting bytes into pieces that is a function of the bytes: the same input always
//! fails the same way, and no bytes of it are spent on the cuts.

use std::hash::{DefaultHasher, Hash, Hasher};

/// From byte by byte to pieces as a network brings them.
const LONGEST: [usize; 4] = [1, 3, 24, 400];

pub fn pieces(bytes: &[u8]) -> Vec<&[u8]> {
    let mut random = Random::of(bytes);
    let longest = LONGEST[random.below(LONGEST.len())];
    let mut rest = bytes;
    let mut pieces = Vec::new();
    while !rest.is_empty() {
        // Empty ones, too, but not only.
        let length = if random.below(8) == 0 { 0 } else { 1 + random.below(longest) };
        let (piece, after) = rest.split_at(length.min(rest.len()));
        pieces.push(piece);
        rest = after;
    }
    pieces
}

/// Steele, Lea and Flood's SplitMix64.
pub struct Random(u64);

impl Random {
    pub fn of(bytes: &[u8]) -> Self {
        let mut hasher = DefaultHasher::new();
        bytes.hash(&mut hasher);
        Self(hasher.finish())
    }

    pub fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) as usize % bound
    }
}
