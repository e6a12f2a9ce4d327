//! All warnings about a valid file: the same for `check`, for the log and for
//! `GET /config/status`.

use super::{Provider, capabilities};
use crate::config::own_address::OwnAddress;
use crate::config::{ConfigFile, Lookup, Problem, Problems, key_check};

/// Providers at the router's own address: a call to them would come back. A provider that was
/// created over REST has no place in the file; its warning is placed at the file's start.
pub fn own_addresses<'p>(
    text: &str,
    file: &ConfigFile,
    providers: impl IntoIterator<Item = &'p Provider>,
    own: &OwnAddress,
) -> Vec<Problem> {
    let problems = Problems::of(text);
    for provider in providers {
        if provider.is_callable() && provider.url().is_some_and(|url| own.is_at(url)) {
            let entry = file.providers.iter().find(|entry| entry.name == provider.name);
            let message = format!(
                "[providers] `{}` has this router's own address as its `base_url`: a call would \
                 come back",
                provider.name
            );
            problems.warning(entry.map_or(0, |entry| entry.at), message);
        }
    }
    problems.into_sorted()
}

/// `dead_names`: names that refer to nothing.
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
