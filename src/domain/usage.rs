//! Tokens of one call, in one form for all providers.

/// `prompt` includes what was read from or written to the provider's cache; `completion`
/// includes reasoning. That is OpenAI's convention; dialects that count apart add up first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    pub prompt: u64,
    pub completion: u64,
    /// Part of `prompt` that was read from the provider's cache.
    pub cached: u64,
    /// Part of `prompt` that was written to the provider's cache.
    pub cache_write: u64,
    /// Part of `completion` that was spent on thinking.
    pub reasoning: u64,
    /// The provider's total; some count reasoning in addition to `completion`.
    pub total: u64,
}

impl Usage {
    pub fn add(&mut self, other: &Self) {
        let counts = [
            (&mut self.prompt, other.prompt),
            (&mut self.completion, other.completion),
            (&mut self.cached, other.cached),
            (&mut self.cache_write, other.cache_write),
            (&mut self.reasoning, other.reasoning),
            (&mut self.total, other.total),
        ];
        for (sum, more) in counts {
            *sum = sum.saturating_add(more);
        }
    }
}
