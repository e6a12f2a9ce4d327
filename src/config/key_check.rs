//! What is doubtful about keys, wherever they come from: keys of the environment are looked at as
//! those of the file are. No key is told.

use std::collections::HashSet;

use super::file::ConfigFile;
use super::problems::{Problem, Problems};
use super::sample_key::instead_of_key;
use super::substitution::Lookup;
use crate::domain::secret::Secret;

/// Shorter keys of callers can be guessed.
const MIN_LENGTH: usize = 16;

const API_KEYS: &str = "LLM_ROUTER_API_KEYS";

/// Places of the environment's keys are those of what names them; `LLM_ROUTER_API_KEYS` has none
/// in the file, and is told at its beginning.
pub fn warnings(text: &str, file: &ConfigFile, env: Lookup<'_>) -> Vec<Problem> {
    let problems = Problems::of(text);
    let of_variable = |name: &str| env(name).map(|list| Secret::list(&list)).unwrap_or_default();
    let mut known = HashSet::new();
    for (place, key) in of_variable(API_KEYS).into_iter().enumerate() {
        let whose = format!("{API_KEYS}: key {}", place + 1);
        for fault in faults(&key) {
            problems.warning(0, format!("{whose} {fault}"));
        }
        if !known.insert(key.expose().to_owned()) {
            problems.warning(0, format!("{whose} stands there twice"));
        }
    }
    let now = jiff::Timestamp::now().as_microsecond();
    for entry in &file.api_keys {
        if entry.expires_at_us.is_some_and(|end| end <= now) {
            let message = "[api_keys] `expires_at` is over: the entry opens nothing";
            problems.warning(entry.at, message);
        }
        let mut keys = entry.keys.clone();
        let mut whose = String::from("[api_keys] a key");
        if let Some(name) = &entry.key_env {
            keys = of_variable(name);
            whose = format!("[api_keys] a key of {name}");
            if keys.is_empty() {
                let message = format!("[api_keys] {name} is not set: the entry opens nothing");
                problems.warning(entry.at, message);
            }
        }
        for key in &keys {
            for fault in faults(key) {
                problems.warning(entry.at, format!("{whose} {fault}"));
            }
            if !known.insert(key.expose().to_owned()) {
                let message = "stands in another place already, which counts";
                problems.warning(entry.at, format!("{whose} {message}"));
            }
        }
    }
    for entry in &file.providers {
        let whose = format!("[providers] the key of `{}`", entry.name);
        if entry.secrets.api_key.iter().any(is_cut_off) {
            problems.warning(entry.at, format!("{whose} {CUT_OFF}"));
        }
        let Some(name) = &entry.api_key_env else { continue };
        for key in of_variable(name) {
            let fault =
                instead_of_key(key.expose()).or_else(|| is_cut_off(&key).then_some(CUT_OFF));
            if let Some(fault) = fault {
                problems.warning(entry.at, format!("{whose}, {name}, {fault}"));
            }
        }
    }
    problems.into_sorted()
}

const CUT_OFF: &str = "has fewer than 8 characters: is it the whole key?";

/// No vendor's key is as short; what servers are given that want none has no warning.
fn is_cut_off(key: &Secret) -> bool {
    const SHORTEST: usize = 8;
    const NO_KEYS: [&str; 7] = ["none", "empty", "dummy", "ollama", "no-key", "unused", "local"];
    let key = key.expose();
    key.len() < SHORTEST && !NO_KEYS.iter().any(|word| word.eq_ignore_ascii_case(key))
}

/// Of a caller's key.
fn faults(key: &Secret) -> Vec<String> {
    let key = key.expose();
    let mut found = Vec::new();
    if !key.bytes().all(|byte| byte.is_ascii_graphic()) {
        found.push(String::from(
            "holds a space or what no header can carry: keys are separated by commas",
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

    fn told(text: &str, variables: &[(&str, &str)]) -> String {
        let env = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        let (file, _) = read_with(text, &env).unwrap();
        let found = warnings(text, &file, &env);
        found.iter().map(|problem| format!("{problem}\n")).collect()
    }

    #[test]
    fn keys_of_the_environment_are_looked_at_as_those_of_the_file() {
        let doubtful = "sk-short, YOUR_ADMIN_KEY_HERE, sk-one-0123456789 sk-two-0123456789, \
            sk-good-0123456789abcdef, sk-good-0123456789abcdef";
        let of_environment = told("[server]\n", &[("LLM_ROUTER_API_KEYS", doubtful)]);
        insta::assert_snapshot!(of_environment, @r"
        1:1: warning: LLM_ROUTER_API_KEYS: key 1 has fewer than 16 characters and can be guessed
        1:1: warning: LLM_ROUTER_API_KEYS: key 2 looks like the sample of an example: put in the key itself
        1:1: warning: LLM_ROUTER_API_KEYS: key 3 holds a space or what no header can carry: keys are separated by commas
        1:1: warning: LLM_ROUTER_API_KEYS: key 5 stands there twice
        ");
        let text = "[[api_keys]]\nkey_env = \"TEAM\"\n";
        let of_variable = told(text, &[("TEAM", doubtful)]);
        insta::assert_snapshot!(of_variable, @r"
        1:1: warning: [api_keys] a key of TEAM has fewer than 16 characters and can be guessed
        1:1: warning: [api_keys] a key of TEAM looks like the sample of an example: put in the key itself
        1:1: warning: [api_keys] a key of TEAM holds a space or what no header can carry: keys are separated by commas
        1:1: warning: [api_keys] a key of TEAM stands in another place already, which counts
        ");
        insta::assert_snapshot!(told(text, &[]), @"1:1: warning: [api_keys] TEAM is not set: the entry opens nothing");
        let text =
            "[[api_keys]]\nkey = \"sk-short\"\n[[api_keys]]\nkey = \"sk-admin-0123456789\"\n";
        let admin = [("LLM_ROUTER_API_KEYS", "sk-admin-0123456789")];
        insta::assert_snapshot!(told(text, &admin), @r"
        1:1: warning: [api_keys] a key has fewer than 16 characters and can be guessed
        3:1: warning: [api_keys] a key stands in another place already, which counts
        ");
    }

    #[test]
    fn a_providers_variable_with_a_sample_is_told() {
        let text = "[[providers]]\nname = \"p\"\ntype = \"openai\"\napi_key_env = \"P_KEY\"\n";
        insta::assert_snapshot!(told(text, &[("P_KEY", "sk-...")]), @"2:8: warning: [providers] the key of `p`, P_KEY, looks like the sample of an example: put in the key itself");
        insta::assert_snapshot!(told(text, &[("P_KEY", "sk-0")]), @"2:8: warning: [providers] the key of `p`, P_KEY, has fewer than 8 characters: is it the whole key?");
        assert_eq!(told(text, &[("P_KEY", "EMPTY")]), "");
        assert_eq!(told(text, &[("P_KEY", "sk-upstream")]), "");
    }
}
