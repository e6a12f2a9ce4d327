//! The answer of `GET /config/status`: the file, and the last attempt to apply it.

use serde::Serialize;
use utoipa::ToSchema;

use super::super::sync::Diff;
use crate::config::Problem;

#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub struct ConfigStatus {
    pub path: String,
    /// The number of catalogues published since the start.
    pub generation: u64,
    /// When the running configuration was loaded, RFC 3339.
    pub loaded_at: String,
    /// When the file was last applied or rejected, RFC 3339.
    pub checked_at: String,
    /// Whether the file as it is now is in force.
    pub is_current: bool,
    /// Why it is not, in a sentence; `problems` has the places.
    pub error: Option<String>,
    pub problems: Vec<Problem>,
    /// Why the file as it is now is not applied yet: it removes much, and may be half-written. It
    /// is applied once it was unchanged for two seconds.
    pub pending: Option<String>,
    /// Changed keys of `[server]` that take effect at the next start.
    pub restart_needed: Vec<&'static str>,
    /// The changes of the last successful reload.
    pub last_change: Diff,
}
