//! A histogram of whole numbers, so that its sum is exact.

/// The upper bounds of the buckets, and the unit in which they are exported.
#[derive(Debug)]
pub struct Buckets {
    bounds: &'static [u64],
    /// So many of what is counted make one unit.
    per_unit: f64,
}

impl Buckets {
    /// Microseconds are counted, seconds exported.
    pub const fn seconds(bounds: &'static [u64]) -> Self {
        Self { bounds, per_unit: 1e6 }
    }

    pub const fn whole(bounds: &'static [u64]) -> Self {
        Self { bounds, per_unit: 1.0 }
    }

    pub fn bounds(&self) -> &'static [u64] {
        self.bounds
    }
}

#[derive(Clone, Debug)]
pub struct Histogram {
    buckets: &'static Buckets,
    /// One more than there are bounds.
    counts: Box<[u64]>,
    sum: u64,
}

impl Histogram {
    pub fn new(buckets: &'static Buckets) -> Self {
        Self { buckets, counts: vec![0; buckets.bounds.len() + 1].into(), sum: 0 }
    }

    /// A value that equals a bound is within it.
    pub fn observe(&mut self, value: u64) {
        let place = self.buckets.bounds.partition_point(|bound| *bound < value);
        if let Some(count) = self.counts.get_mut(place) {
            *count += 1;
        }
        self.sum = self.sum.saturating_add(value);
    }

    pub fn count(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// In the exported unit.
    pub fn sum(&self) -> f64 {
        number(self.sum) / self.buckets.per_unit
    }

    /// Each bound in the exported unit, with the number of values within it.
    pub fn cumulated(&self) -> impl Iterator<Item = (f64, u64)> {
        let mut below = 0;
        self.buckets.bounds.iter().zip(&self.counts).map(move |(bound, count)| {
            below += count;
            (number(*bound) / self.buckets.per_unit, below)
        })
    }
}

/// As Prometheus takes numbers.
#[expect(clippy::cast_precision_loss, reason = "exact up to 9e15")]
pub fn number(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    static HALVES: Buckets = Buckets::seconds(&[500_000, 1_000_000]);

    #[test]
    fn values_are_counted_at_and_below_each_bound() {
        let mut histogram = Histogram::new(&HALVES);
        for value in [0, 500_000, 500_001, 1_000_000, 7_000_000] {
            histogram.observe(value);
        }
        assert_eq!(histogram.cumulated().collect::<Vec<_>>(), [(0.5, 2), (1.0, 4)]);
        assert_eq!((histogram.count(), histogram.sum()), (5, 9.000_001));
    }
}
