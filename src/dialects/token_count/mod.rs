//! Counts the tokens of a call whose upstream told none: of the texts of its request and of its
//! answer, with a tokenizer of the model's [`family`]. Costs milliseconds, so not on a request's
//! way; `token_estimate` is the estimate by sizes.
//!
//! It stays an estimate: no vendor says how it lays out messages and tools, the tokenizers of most
//! are not public, hidden reasoning is not seen, and a body may be kept in part only. Of such a body
//! the part is counted, and the whole is taken to be like it.

mod answer;
mod family;
mod prompt;
mod tools;

pub use answer::{AnswerTokens, answer};
pub use family::{Family, count};
pub use prompt::prompt;

/// What is read of a body at most. 64 kB are kept of each body unless it is configured otherwise.
pub const MAX_BYTES: usize = 256 * 1024;

/// Counts the tokens of a text: [`count`], or another in tests.
pub type Count<'a> = dyn Fn(&str) -> u64 + 'a;

/// What is read of a body, and whether that is less than there is.
fn beginning(body: &[u8]) -> &[u8] {
    body.get(..MAX_BYTES).unwrap_or(body)
}

/// `part` is to `of_part` as the result to `of_whole`.
fn in_proportion(part: u64, of_whole: u64, of_part: u64) -> u64 {
    if of_part == 0 || of_whole <= of_part {
        return part;
    }
    let scaled = u128::from(part) * u128::from(of_whole) / u128::from(of_part);
    u64::try_from(scaled).unwrap_or(u64::MAX)
}
