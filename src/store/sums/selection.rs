//! What is read of sums, and what is shown of them.

use super::{Grain, Of, View};
use crate::domain::sums::Sums;

/// Buckets of one grain, from the first up to and without the last. Ranges of a reading do not
/// overlap in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    pub grain: Grain,
    pub from: i64,
    pub to: i64,
}

impl Range {
    pub fn holds(&self, minute: i64) -> bool {
        (self.from..self.to).contains(&self.bucket_of(minute))
    }

    pub fn bucket_of(&self, minute: i64) -> i64 {
        self.grain.bucket(minute * Grain::Minute.us())
    }
}

/// A part of a sum: what the table holds of it, or what a process has not brought there yet.
#[derive(Clone, Copy, Debug)]
pub struct Part<'a> {
    pub grain: Grain,
    pub bucket: i64,
    pub of: Of,
    pub sums: &'a Sums,
}

/// What is read of a view.
#[derive(Clone, Debug)]
pub struct Selection {
    pub view: View,
    pub depth: Depth,
    /// What `a` and `b` can be among the sums that are wanted, where that is known. Others may be
    /// shown, too.
    pub a: Option<Vec<i32>>,
    pub b: Option<Vec<i32>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// All that is kept.
    Whole,
    /// Without the maxima.
    Figures,
    /// What a point of a series shows.
    Points,
    /// How many calls, and nothing else: the other columns and the sketches are most of the work.
    Counts,
}

impl Selection {
    pub fn all(view: View) -> Self {
        Self { view, depth: Depth::Whole, a: None, b: None }
    }
}
