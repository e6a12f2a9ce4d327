//! The `.env` of the working directory and the credentials that systemd passes, read first and the
//! same way for every verb.

use std::path::Path;

use super::say;
use crate::config::settings::{misspelt, process_env};
use crate::config::{dotenv, service_credentials};

const FILE: &str = ".env";

/// The problems of the file, and the reason not to start without the unreadable lines.
#[derive(Default)]
pub struct Loaded {
    problems: Vec<String>,
    refusal: Option<String>,
    /// The names of what it put into the environment.
    names: Vec<String>,
}

/// Sets the variables of the file in the environment; a variable that is already set keeps its
/// value.
pub fn load() -> Loaded {
    let mut loaded = load_file();
    let credentials = service_credentials::read_all();
    let names = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    let names = names.chain(credentials.names);
    loaded.problems.extend(names.filter_map(|name| misspelt(&name)));
    loaded.problems.extend(credentials.problems);
    loaded.refusal = loaded.refusal.or(credentials.refusal);
    loaded
}

fn load_file() -> Loaded {
    let path = Path::new(FILE);
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        // A dangling symlink is no file, but was meant to be one.
        Err(_) if path.symlink_metadata().is_err() => return Loaded::default(),
        Err(error) => {
            let reason =
                if path.is_dir() { String::from("it is a folder") } else { error.to_string() };
            let refusal = format!(
                "{FILE} cannot be read ({reason}), and may restrict who may call: make it readable, or \
                 remove it"
            );
            return Loaded { refusal: Some(refusal), ..Loaded::default() };
        }
    };
    let found = dotenv::read(&bytes, &process_env);
    let mut problems: Vec<String> =
        found.problems.iter().map(|problem| format!("{FILE}:{problem}")).collect();
    let mut names = Vec::new();
    for (name, value) in &found.variables {
        if std::env::var_os(name).is_some() {
            continue;
        }
        match set(name, value) {
            Ok(()) => names.push(name.clone()),
            Err(_) => problems.push(format!("{FILE}: {name} cannot be set")),
        }
    }
    let is_refused = found.problems.iter().any(|problem| problem.may_concern_access);
    let refusal = is_refused.then(|| {
        format!("{FILE} has lines of LLM_ROUTER_… that cannot be read, so who may call is unknown: correct them")
    });
    Loaded { problems, refusal, names }
}

/// `std::env::set_var` is unsafe in this edition, and this crate has no unsafe code; dotenvy has a
/// safe one, and gets the value quoted in its own way.
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
    /// The variables that came from the file.
    pub fn into_names(self) -> Vec<String> {
        self.names
    }

    /// Reports the problems, and returns whether to go on. `check` reports on standard output.
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
