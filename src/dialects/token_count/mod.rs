//! Counts the tokens of a call whose upstream told none: of the texts of its request and of its
//! answer, with a tokenizer of the model's [`family`]. Costs milliseconds, so not on a request's
//! way; `token_estimate` is the estimate by sizes.
//!
//! It stays an estimate: no vendor says how it lays out messages and tools, the tokenizers of most
//! are not public, hidden reasoning is not seen, and a body may be kept in part only. Of such a body
//! the part is counted, and the whole is taken to be like it.

mod answer;
mod candidate;
mod family;
mod prompt;
mod tools;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::dialects::openai::needs;

pub use answer::{AnswerTokens, answer};
pub use family::{Family, count};
pub use prompt::prompt;

/// What is read of a body at most. 64 kB are kept of each body unless it is configured otherwise.
pub const MAX_BYTES: usize = 256 * 1024;

/// Counts the tokens of a text: [`count`], or another in tests.
pub type Count<'a> = dyn Fn(&str) -> u64 + 'a;

/// A message of a request or of an answer.
#[derive(Deserialize)]
struct Message<'a> {
    #[serde(borrow)]
    role: Option<&'a RawValue>,
    #[serde(borrow)]
    name: Option<&'a RawValue>,
    #[serde(borrow)]
    content: Option<&'a RawValue>,
    #[serde(borrow)]
    reasoning_content: Option<&'a RawValue>,
    #[serde(borrow)]
    reasoning: Option<&'a RawValue>,
    /// Of Ollama's API.
    #[serde(borrow)]
    thinking: Option<&'a RawValue>,
    #[serde(borrow)]
    refusal: Option<&'a RawValue>,
    #[serde(borrow)]
    tool_calls: Option<&'a RawValue>,
    #[serde(borrow)]
    function_call: Option<&'a RawValue>,
    #[serde(borrow)]
    images: Option<&'a RawValue>,
}

impl<'a> Message<'a> {
    /// Some servers send it under both names.
    fn thinking(&self) -> Option<&'a RawValue> {
        self.reasoning_content.or(self.reasoning).or(self.thinking)
    }

    fn tokens_of_images(&self) -> u64 {
        let images = self.images.map(list).unwrap_or_default().len();
        needs::tokens_of_image() * u64::try_from(images).unwrap_or(0)
    }
}

/// Empty where it is none.
fn list(json: &RawValue) -> Vec<&RawValue> {
    serde_json::from_str(json.get()).unwrap_or_default()
}

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
