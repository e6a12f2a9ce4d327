//! `llm-router init`: a first `router.toml` and `.env`, so that the router can be started. Writes new
//! files only.

use std::fs::Permissions;
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use data_encoding::BASE64;

use super::{complain, say};
use crate::catalog::vault;
use crate::config::dotenv;
use crate::config::sections::ServerSection;
use crate::config::settings::{Flags, Settings, config_path, process_env};
use crate::config::starter::{Starter, starter};
use crate::keys::digest::new_key;

const DOTENV: &str = ".env";
const API_KEYS: &str = "LLM_ROUTER_API_KEYS";

const DOTENV_HEAD: &str = "# Read by llm-router from its working folder. It holds secrets: for its owner only, and for no repository.\n";

pub fn init(flags: &Flags) -> ExitCode {
    match written(flags) {
        Ok(lines) => {
            lines.iter().for_each(|line| say(line));
            ExitCode::SUCCESS
        }
        Err(error) => {
            complain(&format!("error: {error}"));
            ExitCode::FAILURE
        }
    }
}

fn written(flags: &Flags) -> anyhow::Result<Vec<String>> {
    let path = config_path(flags, process_env);
    if path.symlink_metadata().is_ok() {
        anyhow::bail!(
            "`{}` exists already and is left as it is: `llm-router check` validates it; `--config PATH` \
             writes another file",
            path.display()
        );
    }
    let starter = starter(&process_env).map_err(anyhow::Error::msg)?;
    create(&path, &starter.text, 0o644)?;
    let mut lines = vec![format!("{}: {}", path.display(), shown(&starter))];
    match write_dotenv(&starter) {
        Ok(told) => lines.extend(told),
        Err(error) => {
            // So that another try can begin anew.
            let _ = std::fs::remove_file(&path);
            return Err(error);
        }
    }
    let used = starter.providers.iter().filter_map(|provider| provider.variable.as_ref()).count();
    for (variable, reason) in &starter.unusable {
        lines.push(format!("{variable} is not used: it {reason}"));
    }
    if used == 0 {
        lines.push(format!(
            "no key of a provider is set: for real answers set one of {}, and see the end of {}",
            starter.unset.join(", "),
            path.display()
        ));
    }
    lines.extend(next_steps(flags, &starter));
    Ok(lines)
}

fn shown(starter: &Starter) -> String {
    let providers = starter.providers.iter();
    let shown =
        providers.map(|provider| format!("{} ({})", provider.name, provider.models.join(", ")));
    shown.collect::<Vec<_>>().join(", ")
}

/// Answers what is to be said of it.
fn write_dotenv(starter: &Starter) -> anyhow::Result<Vec<String>> {
    let path = Path::new(DOTENV);
    let of_providers = starter.providers.iter().filter_map(|provider| provider.variable.clone());
    if path.symlink_metadata().is_ok() {
        return Ok(beside(path, of_providers.collect()));
    }
    let mut text = String::from(DOTENV_HEAD);
    text.push_str("\n# The key of an administrator, which callers from other machines need.\n");
    let own_key = process_env(API_KEYS);
    let told_key = if own_key.is_some() { "" } else { " (a new key of an administrator)" };
    let key = match own_key {
        Some(keys) => keys,
        None => new_key()?.expose().to_owned(),
    };
    text.push_str(&dotenv::line(API_KEYS, &key));
    text.push_str(
        "\n# Encrypts keys of providers that are set in the console. Without it they are lost.\n",
    );
    let own_secret = process_env(vault::VARIABLE);
    let told_secret = if own_secret.is_some() { "" } else { " (new)" };
    let secret = match own_secret {
        Some(secret) => secret,
        None => random()?,
    };
    text.push_str(&dotenv::line(vault::VARIABLE, &secret));
    let mut names =
        vec![format!("{API_KEYS}{told_key}"), format!("{}{told_secret}", vault::VARIABLE)];
    for (place, variable) in of_providers.enumerate() {
        if place == 0 {
            text.push_str("\n# The keys of providers.\n");
        }
        text.push_str(&dotenv::line(&variable, &process_env(&variable).unwrap_or_default()));
        names.push(variable);
    }
    create(path, &text, 0o600)?;
    Ok(vec![format!("{DOTENV}: {}; it holds secrets, and only you can read it", names.join(", "))])
}

/// A `.env` that is there already is left as it is.
fn beside(path: &Path, of_providers: Vec<String>) -> Vec<String> {
    let bytes = std::fs::read(path).unwrap_or_default();
    let known = dotenv::read(&bytes, &|_| None).variables;
    let is_missing = |name: &String| known.iter().all(|(known, _)| known != name);
    let missing: Vec<String> = of_providers.into_iter().filter(is_missing).collect();
    let mut lines = vec![format!("{DOTENV} exists already and is left as it is")];
    if !missing.is_empty() {
        let names = missing.join(", ");
        lines.push(format!("only this shell knows {names}: add them to {DOTENV}"));
    }
    if is_missing(&String::from(API_KEYS)) {
        lines.push(String::from(
            "callers from other machines need a key: `llm-router keys create --name me --role admin`",
        ));
    }
    lines
}

fn next_steps(flags: &Flags, starter: &Starter) -> Vec<String> {
    let resolved = Settings::resolve(flags, process_env, &ServerSection::default());
    let port = resolved.map_or(8000, |settings| settings.port);
    let with_config = flags.config.as_ref().map(|path| format!(" --config {}", path.display()));
    let with_port = flags.port.map(|port| format!(" --port {port}"));
    let model = starter.first_model().unwrap_or_default();
    vec![
        String::new(),
        format!(
            "start it:   llm-router{}{}",
            with_config.unwrap_or_default(),
            with_port.unwrap_or_default()
        ),
        format!(
            "call it:    curl http://localhost:{port}/v1/chat/completions -H 'content-type: application/json' \
             -d '{{\"model\": \"{model}\", \"messages\": [{{\"role\": \"user\", \"content\": \"Hello\"}}]}}'"
        ),
        format!("console:    http://localhost:{port}/"),
        format!(
            "elsewhere:  another machine needs a header `authorization: Bearer KEY`, with a key of {API_KEYS}"
        ),
    ]
}

fn random() -> anyhow::Result<String> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes)
        .map_err(|error| anyhow::anyhow!("the system's random number generator failed: {error}"))?;
    Ok(BASE64.encode(&bytes))
}

/// Writes a new file, whole or not at all.
fn create(path: &Path, text: &str, mode: u32) -> anyhow::Result<()> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    };
    let made = || -> io::Result<()> {
        let mut file = tempfile::Builder::new()
            .prefix(".llm-router-init-")
            .permissions(Permissions::from_mode(mode))
            .tempfile_in(&folder)?;
        file.write_all(text.as_bytes())?;
        file.as_file().sync_all()?;
        file.persist_noclobber(path)?;
        Ok(())
    };
    made().map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => {
            anyhow::anyhow!("`{}` exists already and is left as it is", path.display())
        }
        _ => anyhow::anyhow!(
            "`{}` cannot be written ({error}): run this in a folder that you may write; `--config PATH` is \
             the place of the router.toml",
            path.display()
        ),
    })
}
