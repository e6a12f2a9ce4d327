//! What `GET /config/status` tells of the file and of the last try to take it.

use serde::Serialize;
use utoipa::ToSchema;

use super::super::sync::Diff;
use crate::config::Problem;

#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub struct ConfigStatus {
    pub path: String,
    /// Counts the catalogues published since the start.
    pub generation: u64,
    /// When the running catalogue was taken from the file, RFC 3339.
    pub loaded_at: String,
    /// When the file was last taken or refused, RFC 3339.
    pub checked_at: String,
    /// Whether the file as it stands now is the one that runs.
    pub is_current: bool,
    /// Why not, in a sentence; the places are in `problems`.
    pub error: Option<String>,
    pub problems: Vec<Problem>,
    /// Why the file as it stands now is not taken yet: it takes much away, and may be half-written.
    /// It is taken once it has been still for two seconds.
    pub pending: Option<String>,
    /// Keys of `[server]` that were changed and take effect at the next start.
    pub restart_needed: Vec<&'static str>,
    /// What the last successful reload did.
    pub last_change: Diff,
}
