//! A request in a provider's own format.

use bytes::Bytes;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Encoded {
    pub body: Bytes,
    /// Parameters that the provider has no counterpart for, by their names in the client's
    /// request; told in `x-llm-router-dropped`.
    pub dropped: Vec<String>,
}
