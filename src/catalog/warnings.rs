//! All that somebody may have meant otherwise in a file that is taken: the same for `check`, for
//! the log at the start, and for `GET /config/status`.

use super::capabilities;
use crate::config::{ConfigFile, Lookup, Problem, key_check};

/// `dead_names`: those that lead nowhere.
pub fn warnings(
    text: &str,
    file: &ConfigFile,
    env: Lookup<'_>,
    dead_names: Vec<Problem>,
) -> Vec<Problem> {
    let mut found = capabilities::warnings(text, file);
    found.extend(key_check::warnings(text, file, env));
    found.extend(dead_names);
    file.substituted.hide_in(&mut found);
    found.sort_by_key(|problem| (problem.line, problem.column));
    found
}
