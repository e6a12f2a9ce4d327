//! What is found out while a request is converted.

use super::places::Origins;
use crate::dialects::conversion;

pub(super) type Findings = conversion::Findings<Origins>;
