//! Money as whole nano-dollars, so that a million small sums add up exactly.

use std::fmt;

/// A billionth of a US dollar.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct NanoUsd(pub i64);

impl NanoUsd {
    /// For JSON answers, which are in dollars.
    #[expect(
        clippy::cast_precision_loss,
        reason = "sums under 9 million dollars stay exact to the nano"
    )]
    pub fn as_dollars(self) -> f64 {
        self.0 as f64 / 1e9
    }
}

impl fmt::Display for NanoUsd {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "${:.9}", self.as_dollars())
    }
}
