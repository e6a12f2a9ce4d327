//! Warnings about doubtful keys, the same for keys of the environment and of the file. No message
//! contains a key.

use std::collections::HashSet;

use super::file::ConfigFile;
use super::problems::{Problem, Problems};
use super::sample_key::instead_of_key;
use super::substitution::Lookup;
use crate::domain::secret::Secret;

/// Shorter keys of callers can be guessed.
const MIN_LENGTH: usize = 16;

const API_KEYS: &str = "LLM_ROUTER_API_KEYS";

/// A warning about a variable's key is placed at the entry that names the variable.
/// `LLM_ROUTER_API_KEYS` is in no file; its warnings are placed at the file's start.
pub fn warnings(text: &str, file: &ConfigFile, env: Lookup<'_>) -> Vec<Problem> {
    let problems = Problems::of(text);
    let of_variable = |name: &str| env(name).map(|list| Secret::list(&list)).unwrap_or_default();
    let mut known = HashSet::new();
    for (index, key) in of_variable(API_KEYS).into_iter().enumerate() {
        let subject = format!("{API_KEYS}: key {}", index + 1);
        for fault in faults(&key) {
            problems.warning(0, format!("{subject} {fault}"));
        }
        if !known.insert(key.expose().to_owned()) {
            problems.warning(0, format!("{subject} is listed twice"));
        }
    }
    let now = jiff::Timestamp::now().as_microsecond();
    for entry in &file.api_keys {
        if entry.expires_at_us.is_some_and(|end| end <= now) {
            let message = "[api_keys] `expires_at` has passed: the entry grants no access";
            problems.warning(entry.at, message);
        }
        let mut keys = entry.keys.clone();
        let mut subject = String::from("[api_keys] a key");
        if let Some(name) = &entry.key_env {
            keys = of_variable(name);
            subject = format!("[api_keys] a key of {name}");
            if keys.is_empty() {
                let message = format!("[api_keys] {name} is not set: the entry grants no access");
                problems.warning(entry.at, message);
            }
        }
        for key in &keys {
            for fault in faults(key) {
                problems.warning(entry.at, format!("{subject} {fault}"));
            }
            if !known.insert(key.expose().to_owned()) {
                let message = "is configured elsewhere already; that entry applies";
                problems.warning(entry.at, format!("{subject} {message}"));
            }
        }
    }
    for entry in &file.providers {
        let subject = format!("[providers] the key of `{}`", entry.name);
        if entry.secrets.api_key.iter().any(is_cut_off) {
            problems.warning(entry.at, format!("{subject} {CUT_OFF}"));
        }
        let Some(name) = &entry.api_key_env else { continue };
        for key in of_variable(name) {
            let fault =
                instead_of_key(key.expose()).or_else(|| is_cut_off(&key).then_some(CUT_OFF));
            if let Some(fault) = fault {
                problems.warning(entry.at, format!("{subject}, {name}, {fault}"));
            }
        }
    }
    problems.into_sorted()
}

const CUT_OFF: &str = "has fewer than 8 characters: is it the whole key?";

/// No vendor's key is this short. The usual dummies for servers without keys get no warning.
fn is_cut_off(key: &Secret) -> bool {
    const SHORTEST: usize = 8;
    const NO_KEYS: [&str; 7] = ["none", "empty", "dummy", "ollama", "no-key", "unused", "local"];
    let key = key.expose();
    key.len() < SHORTEST && !NO_KEYS.iter().any(|word| word.eq_ignore_ascii_case(key))
}

/// What is doubtful about a caller's key.
fn faults(key: &Secret) -> Vec<String> {
    let key = key.expose();
    let mut found = Vec::new();
    if !key.bytes().all(|byte| byte.is_ascii_graphic()) {
        found.push(String::from(
            "contains a space or a character that no header can carry: separate keys with commas",
        ));
    }
    if key.len() < MIN_LENGTH {
        found.push(format!("has fewer than {MIN_LENGTH} characters and can be guessed"));
    }
    found.extend(instead_of_key(key).map(str::to_owned));
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::read_with;

    fn warned(text: &str, variables: &[(&str, &str)]) -> String {
        let env = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        let (file, _) = read_with(text, &env).unwrap();
        let found = warnings(text, &file, &env);
        found.iter().map(|problem| format!("{problem}\n")).collect()
    }

    #[test]
    fn keys_of_the_environment_are_checked_like_those_of_the_file() {
        let doubtful = "sk-short, YOUR_ADMIN_KEY_HERE, sk-one-0123456789 sk-two-0123456789, \
            sk-good-0123456789abcdef, sk-good-0123456789abcdef";
        let of_environment = warned("[server]\n", &[("LLM_ROUTER_API_KEYS", doubtful)]);
        insta::assert_snapshot!(of_environment, @r"
        1:1: warning: LLM_ROUTER_API_KEYS: key 1 has fewer than 16 characters and can be guessed
        1:1: warning: LLM_ROUTER_API_KEYS: key 2 looks like a placeholder from an example: insert the key itself
        1:1: warning: LLM_ROUTER_API_KEYS: key 3 contains a space or a character that no header can carry: separate keys with commas
        1:1: warning: LLM_ROUTER_API_KEYS: key 5 is listed twice
        ");
        let text = "[[api_keys]]\nkey_env = \"TEAM\"\n";
        let of_variable = warned(text, &[("TEAM", doubtful)]);
        insta::assert_snapshot!(of_variable, @r"
        1:1: warning: [api_keys] a key of TEAM has fewer than 16 characters and can be guessed
        1:1: warning: [api_keys] a key of TEAM looks like a placeholder from an example: insert the key itself
        1:1: warning: [api_keys] a key of TEAM contains a space or a character that no header can carry: separate keys with commas
        1:1: warning: [api_keys] a key of TEAM is configured elsewhere already; that entry applies
        ");
        insta::assert_snapshot!(warned(text, &[]), @"1:1: warning: [api_keys] TEAM is not set: the entry grants no access");
        let text =
            "[[api_keys]]\nkey = \"sk-short\"\n[[api_keys]]\nkey = \"sk-admin-0123456789\"\n";
        let admin = [("LLM_ROUTER_API_KEYS", "sk-admin-0123456789")];
        insta::assert_snapshot!(warned(text, &admin), @r"
        1:1: warning: [api_keys] a key has fewer than 16 characters and can be guessed
        3:1: warning: [api_keys] a key is configured elsewhere already; that entry applies
        ");
    }

    #[test]
    fn a_providers_variable_with_a_placeholder_gets_a_warning() {
        let text = "[[providers]]\nname = \"p\"\ntype = \"openai\"\napi_key_env = \"P_KEY\"\n";
        insta::assert_snapshot!(warned(text, &[("P_KEY", "sk-...")]), @"2:8: warning: [providers] the key of `p`, P_KEY, looks like a placeholder from an example: insert the key itself");
        insta::assert_snapshot!(warned(text, &[("P_KEY", "sk-0")]), @"2:8: warning: [providers] the key of `p`, P_KEY, has fewer than 8 characters: is it the whole key?");
        assert_eq!(warned(text, &[("P_KEY", "EMPTY")]), "");
        assert_eq!(warned(text, &[("P_KEY", "sk-upstream")]), "");
    }
}
