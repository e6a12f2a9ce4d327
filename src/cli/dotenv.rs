//! The `.env` of the working directory, read before anything else and alike for every verb.

use std::path::Path;

use super::say;
use crate::config::dotenv;
use crate::config::settings::{misspelt, process_env};

const FILE: &str = ".env";

/// What was wrong with it, and whether the router may go on without what was not read.
#[derive(Default)]
pub struct Loaded {
    problems: Vec<String>,
    refusal: Option<String>,
}

/// Puts what it says into the environment, where a variable that is set stays as it is.
pub fn load() -> Loaded {
    let mut loaded = load_file();
    let names = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    loaded.problems.extend(names.filter_map(|name| misspelt(&name)));
    loaded
}

fn load_file() -> Loaded {
    let path = Path::new(FILE);
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        // A symlink that leads nowhere is no file, but was meant to be one.
        Err(_) if path.symlink_metadata().is_err() => return Loaded::default(),
        Err(error) => {
            let reason =
                if path.is_dir() { String::from("it is a folder") } else { error.to_string() };
            let refusal = format!(
                "{FILE} cannot be read ({reason}), and may say who may call: make it readable, or \
                 take it away"
            );
            return Loaded { refusal: Some(refusal), ..Loaded::default() };
        }
    };
    let found = dotenv::read(&bytes, &process_env);
    let mut problems: Vec<String> =
        found.problems.iter().map(|problem| format!("{FILE}:{problem}")).collect();
    for (name, value) in &found.variables {
        if std::env::var_os(name).is_none() && set(name, value).is_err() {
            problems.push(format!("{FILE}: {name} cannot be set"));
        }
    }
    let is_refused = found.problems.iter().any(|problem| problem.may_concern_access);
    let refusal = is_refused.then(|| {
        format!("{FILE} has lines of LLM_ROUTER_… that cannot be read, and who may call is not known: mend them")
    });
    Loaded { problems, refusal }
}

/// `std::env::set_var` is unsafe in this edition, and this crate has no unsafe code; dotenvy,
/// which has a safe one, is given the value quoted in its own way.
fn set(name: &str, value: &str) -> dotenvy::Result<()> {
    let mut line = format!("{name}=\"");
    for c in value.chars() {
        match c {
            '\\' | '"' | '$' => line.extend(['\\', c]),
            '\n' => line.push_str("\\n"),
            c => line.push(c),
        }
    }
    line.push('"');
    dotenvy::from_read(line.as_bytes())
}

impl Loaded {
    /// Tells what is wrong, and answers whether to go on. `check` answers on standard output.
    pub fn may_go_on(&self, is_check: bool) -> bool {
        for problem in &self.problems {
            if is_check {
                say(&format!("warning: {problem}"));
            } else {
                log::warn!("{problem}");
            }
        }
        match &self.refusal {
            None => return true,
            Some(refusal) if is_check => say(&format!("error: {refusal}")),
            Some(refusal) => log::error!("not started: {refusal}"),
        }
        false
    }
}
