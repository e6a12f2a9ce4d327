//! A set of models: one bit for each position in a snapshot's index.

/// Sets of one index have the same length, so that two of them combine word by word.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ModelSet {
    words: Vec<u64>,
}

impl ModelSet {
    /// The empty set over `count` positions.
    pub fn none_of(count: usize) -> Self {
        Self { words: vec![0; count.div_ceil(64)] }
    }

    /// The full set over `count` positions.
    pub fn all_of(count: usize) -> Self {
        let mut words = vec![u64::MAX; count.div_ceil(64)];
        if let Some(last) = words.last_mut()
            && !count.is_multiple_of(64)
        {
            *last = (1 << (count % 64)) - 1;
        }
        Self { words }
    }

    /// A position beyond the set's length is ignored.
    pub fn insert(&mut self, position: usize) {
        if let Some(word) = self.words.get_mut(position / 64) {
            *word |= 1 << (position % 64);
        }
    }

    pub fn contains(&self, position: usize) -> bool {
        self.words.get(position / 64).is_some_and(|word| word >> (position % 64) & 1 == 1)
    }

    pub fn is_empty(&self) -> bool {
        self.words.iter().all(|word| *word == 0)
    }

    pub fn count(&self) -> usize {
        self.words.iter().map(|word| word.count_ones() as usize).sum()
    }

    pub fn clear(&mut self) {
        self.words.fill(0);
    }

    /// Intersects with `other`.
    pub fn keep(&mut self, other: &Self) {
        self.combine(other, |word, other| word & other);
    }

    /// Adds the members of `other`.
    pub fn add(&mut self, other: &Self) {
        self.combine(other, |word, other| word | other);
    }

    /// Removes the members of `other`.
    pub fn remove(&mut self, other: &Self) {
        self.combine(other, |word, other| word & !other);
    }

    pub fn keep_if(&mut self, is_kept: impl Fn(usize) -> bool) {
        for (index, word) in self.words.iter_mut().enumerate() {
            for bit in 0..u64::BITS as usize {
                if *word >> bit & 1 == 1 && !is_kept(index * 64 + bit) {
                    *word &= !(1 << bit);
                }
            }
        }
    }

    fn combine(&mut self, other: &Self, with: impl Fn(u64, u64) -> u64) {
        for (word, other) in self.words.iter_mut().zip(&other.words) {
            *word = with(*word, *other);
        }
    }

    /// The members in ascending order.
    pub fn iter(&self) -> impl Iterator<Item = usize> {
        self.words.iter().enumerate().flat_map(|(index, word)| {
            let mut left = *word;
            std::iter::from_fn(move || {
                let bit = (left != 0).then(|| left.trailing_zeros() as usize)?;
                left &= left - 1;
                Some(index * 64 + bit)
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn of(count: usize, members: &BTreeSet<usize>) -> ModelSet {
        let mut set = ModelSet::none_of(count);
        members.iter().for_each(|position| set.insert(*position));
        set
    }

    proptest! {
        #[test]
        fn a_model_set_is_a_set_of_numbers(
            (count, one, other) in (0usize..200).prop_flat_map(|count| {
                let members = || prop::collection::btree_set(0..count.max(1), 0..40);
                (Just(count), members(), members())
            }),
        ) {
            let cut = |members: BTreeSet<usize>| members.into_iter().filter(|at| *at < count);
            let (one, other): (BTreeSet<_>, BTreeSet<_>) = (cut(one).collect(), cut(other).collect());
            let (set, others) = (of(count, &one), of(count, &other));
            let members = |change: fn(&mut ModelSet, &ModelSet)| {
                let mut changed = set.clone();
                change(&mut changed, &others);
                changed.iter().collect::<Vec<_>>()
            };
            prop_assert_eq!(members(ModelSet::keep), one.intersection(&other).copied().collect::<Vec<_>>());
            prop_assert_eq!(members(ModelSet::add), one.union(&other).copied().collect::<Vec<_>>());
            prop_assert_eq!(members(ModelSet::remove), one.difference(&other).copied().collect::<Vec<_>>());
            prop_assert_eq!((set.count(), set.is_empty()), (one.len(), one.is_empty()));
            prop_assert!((0..count + 70).all(|at| set.contains(at) == one.contains(&at)));
            let all: Vec<usize> = ModelSet::all_of(count).iter().collect();
            prop_assert_eq!(all, (0..count).collect::<Vec<_>>());
        }
    }
}
