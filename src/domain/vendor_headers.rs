//! Headers with which a client chooses a version of its vendor's API, and features beside it. They
//! go with its own bytes to an upstream of that API.

use std::sync::Arc;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VendorHeaders {
    /// `anthropic-version`.
    pub version: Option<Arc<str>>,
    /// `anthropic-beta`, as it came: an open list.
    pub beta: Option<Arc<str>>,
}
