//! What is found out while a request is converted, and how the API words an error.

use super::origins::Origins;
use crate::dialects::conversion;

pub(super) use super::origins::bad;

pub(super) type Findings = conversion::Findings<Origins>;
