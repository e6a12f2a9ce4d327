//! Identifiers of providers, models, keys and requests.

use std::fmt;
use std::sync::Arc;

/// Row id of a provider in the database; stable over reloads and restarts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ProviderId(pub i32);

/// Row id of a model in the database; stable over reloads and restarts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ModelId(pub i32);

/// Row id of a caller's key in the database; stable over reloads and restarts, never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyId(pub i32);

/// `provider/model`, a model's full name. The model's own name may contain `/`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ModelRef<'a> {
    pub provider: &'a str,
    pub model: &'a str,
}

impl<'a> ModelRef<'a> {
    /// Splits at the first slash only: `openrouter/z-ai/glm-5.3` is the model `z-ai/glm-5.3` of
    /// `openrouter`.
    pub fn parse(text: &'a str) -> Option<Self> {
        let (provider, model) = text.split_once('/')?;
        (!provider.is_empty() && !model.is_empty()).then_some(Self { provider, model })
    }
}

impl fmt::Display for ModelRef<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}/{}", self.provider, self.model)
    }
}

/// The id of a request, in the response's `x-request-id` and in its record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId(Arc<str>);

impl RequestId {
    /// The longest id that is accepted from a caller.
    pub const MAX_LEN: usize = 128;

    /// Accepts a caller's id of 1 to 128 visible ASCII characters.
    pub fn from_caller(text: &str) -> Option<Self> {
        let is_valid = !text.is_empty()
            && text.len() <= Self::MAX_LEN
            && text.bytes().all(|byte| byte.is_ascii_graphic());
        is_valid.then(|| Self(text.into()))
    }

    /// Makes a UUIDv7 from a Unix time and random bytes, without the lock that `Uuid::now_v7`
    /// shares between threads.
    pub fn generate(unix_millis: u64, random: [u8; 10]) -> Self {
        let id = uuid::Builder::from_unix_timestamp_millis(unix_millis, &random).into_uuid();
        Self(id.hyphenated().encode_lower(&mut uuid::Uuid::encode_buffer()).into())
    }

    /// The id of one request in a batch.
    pub fn numbered(&self, index: usize) -> Self {
        Self(format!("{}-{index}", self.0).into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_reference_splits_at_the_first_slash_only() {
        let reference = ModelRef::parse("openrouter/z-ai/glm-5.3").unwrap();
        assert_eq!((reference.provider, reference.model), ("openrouter", "z-ai/glm-5.3"));
        assert_eq!(ModelRef::parse("gpt-5.1"), None);
        assert_eq!(ModelRef::parse("/gpt"), None);
        assert_eq!(ModelRef::parse("openai/"), None);
    }

    #[test]
    fn a_request_id_of_a_caller_is_kept_only_if_it_is_valid() {
        assert!(RequestId::from_caller("trace-1:2").is_some());
        for invalid in ["", "two words", "line\nbreak", "é", &"x".repeat(129)] {
            assert_eq!(RequestId::from_caller(invalid), None, "{invalid:?}");
        }
    }
}
