//! A request in a provider's own format.

use bytes::Bytes;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Encoded {
    pub body: Bytes,
    /// Parameters without a counterpart at the provider, by their names in the client's request;
    /// listed in `x-llm-router-dropped`.
    pub dropped: Vec<String>,
}
