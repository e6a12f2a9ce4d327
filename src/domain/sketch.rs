//! Percentiles of many durations in few bytes: a histogram with 16 linear bins to each power of
//! two, so that a value read from it is at most 3.2 % off. Merging two is adding their counts.

/// Linear bins to each power of two.
const BINS: u64 = 16;
const BIN_BITS: u32 = BINS.trailing_zeros();

/// Of so many times as many bins, a few are looked up one by one.
const FEW: usize = 8;

/// Counts of values by bin; only bins that hold something are kept, in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sketch {
    bins: Vec<(u16, u64)>,
}

impl Sketch {
    pub fn add(&mut self, value: u64) {
        self.add_to(bin_of(value), 1);
    }

    fn add_to(&mut self, bin: u16, count: u64) {
        match self.bins.binary_search_by_key(&bin, |(bin, _)| *bin) {
            Ok(at) => {
                if let Some((_, known)) = self.bins.get_mut(at) {
                    *known = known.saturating_add(count);
                }
            }
            Err(at) => self.bins.insert(at, (bin, count)),
        }
    }

    pub fn merge(&mut self, other: &Self) {
        if self.bins.is_empty() {
            self.bins.clone_from(&other.bins);
            return;
        }
        if other.bins.len() * FEW < self.bins.len() {
            for (bin, count) in &other.bins {
                self.add_to(*bin, *count);
            }
            return;
        }
        // Both ascend. What has as many bins as most is merged into a list of its own: an insertion
        // would move all bins behind it, each time.
        let mut merged = Vec::with_capacity(self.bins.len() + other.bins.len());
        let mut more = other.bins.iter().copied().peekable();
        for (bin, count) in &self.bins {
            while let Some(before) = more.next_if(|(more, _)| more < bin) {
                merged.push(before);
            }
            let same = more.next_if(|(more, _)| more == bin).map_or(0, |(_, count)| count);
            merged.push((*bin, count.saturating_add(same)));
        }
        merged.extend(more);
        self.bins = merged;
    }

    /// Takes out what was merged into it.
    pub fn subtract(&mut self, part: &Self) {
        let mut parts = part.bins.iter().peekable();
        self.bins.retain_mut(|(bin, count)| {
            while parts.next_if(|(part, _)| part < bin).is_some() {}
            if let Some((_, part)) = parts.next_if(|(part, _)| part == bin) {
                *count = count.saturating_sub(*part);
            }
            *count > 0
        });
    }

    pub fn is_empty(&self) -> bool {
        self.bins.is_empty()
    }

    /// How many values it holds.
    pub fn count(&self) -> u64 {
        self.bins.iter().fold(0, |sum, (_, count)| sum.saturating_add(*count))
    }

    /// The value that this share (0 to 1) of all values do not exceed; `None` when it is empty.
    pub fn quantile(&self, share: f64) -> Option<u64> {
        self.quantile_of(share, self.count())
    }

    /// The same for each of these shares.
    pub fn quantiles<const N: usize>(&self, shares: [f64; N]) -> Option<[u64; N]> {
        let (count, mut values) = (self.count(), [0; N]);
        for (value, share) in values.iter_mut().zip(shares) {
            *value = self.quantile_of(share, count)?;
        }
        Some(values)
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a rank among counts; a count beyond 2^52 is not reached"
    )]
    fn quantile_of(&self, share: f64, count: u64) -> Option<u64> {
        let rank = (share.clamp(0.0, 1.0) * count as f64).ceil().max(1.0) as u64;
        let mut seen = 0u64;
        let found = self.bins.iter().find(|(_, count)| {
            seen = seen.saturating_add(*count);
            seen >= rank
        });
        found.map(|(bin, _)| middle_of(*bin))
    }

    /// How many values lie below each of these edges, ascending, and how many above the last: one
    /// count more than edges. A bin counts where its middle lies.
    pub fn counts_between(&self, edges: &[u64]) -> Vec<u64> {
        let mut counts = vec![0u64; edges.len() + 1];
        for (bin, count) in &self.bins {
            let middle = middle_of(*bin);
            let slot = edges.partition_point(|edge| *edge <= middle);
            if let Some(slot) = counts.get_mut(slot) {
                *slot = slot.saturating_add(*count);
            }
        }
        counts
    }

    /// Pairs of varints: the distance from the bin before, and the count.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.bins.len() * 3);
        let mut last = 0u16;
        for (bin, count) in &self.bins {
            put_varint(u64::from(bin - last), &mut bytes);
            put_varint(*count, &mut bytes);
            last = *bin;
        }
        bytes
    }

    /// What [`Self::to_bytes`] wrote. `None` for anything else.
    pub fn from_bytes(mut bytes: &[u8]) -> Option<Self> {
        let mut bins = Vec::with_capacity(bytes.len() / 2);
        let mut last = 0u16;
        while !bytes.is_empty() {
            let (gap, count) = match bytes {
                // Nearly all are one byte each.
                [gap, count, rest @ ..] if (gap | count) & 0x80 == 0 => {
                    bytes = rest;
                    (u64::from(*gap), u64::from(*count))
                }
                _ => (take_varint(&mut bytes)?, take_varint(&mut bytes)?),
            };
            let gap = u16::try_from(gap).ok()?;
            let is_in_order = bins.is_empty() || gap > 0;
            last = last.checked_add(gap).filter(|bin| is_in_order && *bin <= bin_of(u64::MAX))?;
            bins.push((last, count));
        }
        Some(Self { bins })
    }
}

fn bin_of(value: u64) -> u16 {
    if value < BINS {
        return u16::try_from(value).unwrap_or_default();
    }
    let shift = value.ilog2() - BIN_BITS;
    let within = (value >> shift) - BINS;
    u16::try_from(u64::from(shift + 1) * BINS + within).unwrap_or(u16::MAX)
}

fn middle_of(bin: u16) -> u64 {
    let bin = u64::from(bin);
    if bin < BINS {
        return bin;
    }
    let shift = bin / BINS - 1;
    let lower = (BINS + bin % BINS) << shift;
    lower + ((1u64 << shift) >> 1)
}

fn put_varint(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(u8::try_from(value & 0x7f).unwrap_or_default() | 0x80);
        value >>= 7;
    }
    out.push(u8::try_from(value).unwrap_or_default());
}

fn take_varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0u64;
    for shift in (0..64).step_by(7) {
        let (first, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(first & 0x7f).checked_shl(shift)?;
        if first & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use hdrhistogram::Histogram;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn quantiles_are_those_of_an_exact_histogram(
            values in prop::collection::vec(0u64..4_000_000_000, 1..400),
        ) {
            let mut oracle: Histogram<u64> = Histogram::new(4).unwrap();
            let mut sketch = Sketch::default();
            for value in &values {
                oracle.record(*value).unwrap();
                sketch.add(*value);
            }
            prop_assert_eq!(sketch.count(), values.len() as u64);
            for share in [0.0, 0.5, 0.95, 0.99, 1.0] {
                let exact = oracle.value_at_quantile(share) as f64;
                let found = sketch.quantile(share).unwrap() as f64;
                let bound = exact * 0.0325 + 1.0;
                prop_assert!((found - exact).abs() <= bound, "{share}: {found} for {exact}");
            }
        }

        #[test]
        fn merged_sketches_are_the_sketch_of_all_values(
            left in prop::collection::vec(any::<u64>(), 0..50),
            right in prop::collection::vec(any::<u64>(), 0..50),
        ) {
            let of = |values: &[u64]| {
                let mut sketch = Sketch::default();
                values.iter().for_each(|value| sketch.add(*value));
                sketch
            };
            let mut merged = of(&left);
            merged.merge(&of(&right));
            prop_assert_eq!(&merged, &of(&[left.as_slice(), &right].concat()));
            prop_assert_eq!(Sketch::from_bytes(&merged.to_bytes()), Some(merged.clone()));
            merged.subtract(&of(&right));
            prop_assert_eq!(merged, of(&left));
        }

        #[test]
        fn bytes_of_anything_else_are_refused_or_read(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            if let Some(sketch) = Sketch::from_bytes(&bytes) {
                let _ = (sketch.quantile(0.5), sketch.count());
            }
        }
    }

    #[test]
    fn one_value_takes_three_bytes() {
        let mut sketch = Sketch::default();
        sketch.add(3_210_000);
        assert_eq!(sketch.to_bytes().len(), 3);
        assert_eq!(sketch.quantile(0.5), Some(3_211_264));
        assert_eq!(Sketch::default().quantile(0.5), None);
    }

    #[test]
    fn values_are_counted_between_edges() {
        let mut sketch = Sketch::default();
        [1, 5, 10, 100, 1000].into_iter().for_each(|value| sketch.add(value));
        assert_eq!(sketch.counts_between(&[5, 50]), [1, 2, 2]);
    }
}
