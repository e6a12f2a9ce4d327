//! A whole `router.toml`: read, checked, and either accepted or rejected with all its problems.

use std::collections::{HashMap, HashSet};

use toml::de::DeTable;

use super::egress::EgressPolicy;
use super::entries::{ModelEntry, ProviderEntry};
use super::key_entry::KeyEntry;
use super::key_list::KeyList;
use super::problems::{Problem, Problems, Severity};
use super::reader::{TableReader, nearest};
use super::recording::{self, Recording};
use super::references::{Reference, references};
use super::routing;
use super::sections::{
    FrontendSection, Pricing, ServerSection, Timeouts, read_frontend, read_pricing, read_server,
    read_timeouts,
};
use super::substitution::{Lookup, Substituted, substitute};
use super::telemetry::{TelemetrySection, read_telemetry};
use super::{key_entry, model_entry, provider_entry};

/// The content of a valid file.
#[derive(Clone, Debug)]
pub struct ConfigFile {
    pub server: ServerSection,
    pub frontend: FrontendSection,
    pub timeouts: Timeouts,
    pub recording: Recording,
    pub pricing: Pricing,
    /// `None` where no traces are exported.
    pub telemetry: Option<TelemetrySection>,
    pub routing: routing::RoutingSection,
    pub providers: Vec<ProviderEntry>,
    pub models: Vec<ModelEntry>,
    pub api_keys: Vec<KeyEntry>,
    /// Names that must exist in the catalogue.
    pub references: Vec<Reference>,
    /// Values that came from the environment; no message repeats them.
    pub substituted: Substituted,
}

impl ConfigFile {
    pub fn egress(&self) -> EgressPolicy {
        EgressPolicy { allows_link_local: self.server.allow_link_local }
    }
}

/// Reads a text without access to the environment.
///
/// # Errors
/// As of [`read_with`].
pub fn read(text: &str) -> Result<(ConfigFile, Vec<Problem>), Vec<Problem>> {
    read_with(text, &|_| None)
}

/// Rejects an empty file. Seen in the middle of a truncate-and-write, or cut by a full disk, it
/// would deactivate everything.
///
/// # Errors
/// When it is empty.
pub fn refuse_empty(text: &str) -> Result<(), Vec<Problem>> {
    if !text.trim_start_matches('\u{feff}').trim().is_empty() {
        return Ok(());
    }
    let problems = Problems::of(text);
    problems.error(0, "the file is empty: it is being written, or the disk was full");
    Err(problems.into_sorted())
}

/// Reads the text of a `router.toml`, with references to the environment. Warnings come with either
/// outcome.
///
/// # Errors
/// All problems, in the order of the file, when at least one of them is an error.
pub fn read_with(text: &str, env: Lookup<'_>) -> Result<(ConfigFile, Vec<Problem>), Vec<Problem>> {
    let problems = Problems::of(text);
    let (mut table, syntax_errors) = DeTable::parse_recoverable(text);
    for error in &syntax_errors {
        problems.error(error.span().map_or(0, |span| span.start), error.message());
    }
    if !syntax_errors.is_empty() {
        return Err(problems.into_sorted());
    }
    let substituted = substitute(&mut table, env, &problems);
    if !problems.is_empty() {
        return Err(problems.into_sorted());
    }
    let file = ConfigFile {
        substituted,
        references: references(table.get_ref()),
        ..read_tables(TableReader::root(&table, &problems), env)
    };
    if table.get_ref().is_empty() {
        problems.warning(0, "the file configures nothing: it has no provider and no model");
    }
    refuse_duplicates(&file, &problems);
    refuse_unknown_providers(&file, &problems);
    refuse_repeated_keys(&file, &problems);
    let mut problems = problems.into_sorted();
    file.substituted.hide_in(&mut problems);
    if problems.iter().any(|problem| problem.severity == Severity::Error) {
        return Err(problems);
    }
    Ok((file, problems))
}

/// `[server]` of a text that may be invalid. A router that runs keeps the file that it took last, and
/// listens where that one says; most mistakes are elsewhere.
pub fn server_section(text: &str, env: Lookup<'_>) -> ServerSection {
    let problems = Problems::of(text);
    let (mut table, _) = DeTable::parse_recoverable(text);
    substitute(&mut table, env, &problems);
    TableReader::root(&table, &problems).table("server").map(read_server).unwrap_or_default()
}

/// Notes every key that the readers ask for.
pub fn listed_keys(list: &KeyList<'_>) {
    let problems = Problems::of("");
    read_tables(TableReader::listing(list, &problems), &|_| None);
}

fn read_tables(root: TableReader<'_>, env: Lookup<'_>) -> ConfigFile {
    let server = root.table("server").map(read_server).unwrap_or_default();
    let egress = EgressPolicy { allows_link_local: server.allow_link_local };
    let providers = root.tables("providers").into_iter();
    let mut file = ConfigFile {
        server,
        frontend: read_frontend(root.table("frontend")),
        timeouts: read_timeouts(root.table("timeouts")),
        recording: recording::read(root.table("recording")),
        pricing: read_pricing(root.table("pricing"), egress),
        telemetry: read_telemetry(&root, egress, env),
        routing: routing::read(root.table("routing")),
        providers: providers.filter_map(|table| provider_entry::read(table, egress)).collect(),
        models: root.tables("models").into_iter().filter_map(model_entry::read).collect(),
        api_keys: root.tables("api_keys").into_iter().filter_map(key_entry::read).collect(),
        references: Vec::new(),
        substituted: Substituted::default(),
    };
    let grouped = root.grouped_tables("models");
    file.models.extend(grouped.into_iter().filter_map(model_entry::read));
    root.finish();
    file
}

fn refuse_duplicates(file: &ConfigFile, problems: &Problems<'_>) {
    let mut providers = HashMap::new();
    for provider in &file.providers {
        if providers.insert(provider.name.as_str(), ()).is_some() {
            let message = format!("provider `{}` is defined twice", provider.name);
            problems.error(provider.at, message);
        }
    }
    let mut models = HashMap::new();
    for model in &file.models {
        let name = (model.provider.as_str(), model.name.as_str());
        if models.insert(name, ()).is_some() {
            let message = format!("model `{}/{}` is defined twice", model.provider, model.name);
            problems.error(model.at, message);
        }
    }
}

/// The message about a model whose provider does not exist.
pub fn unknown_provider(model: &str, provider: &str, known: &[&str]) -> String {
    let near = nearest(provider, known);
    let hint = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
    format!("model `{model}` names the unknown provider `{provider}`{hint}")
}

/// Two entries could contradict each other on the key's rights.
fn refuse_repeated_keys(file: &ConfigFile, problems: &Problems<'_>) {
    let mut known = HashSet::new();
    for entry in &file.api_keys {
        if entry.keys.iter().any(|key| !known.insert(key.expose())) {
            problems.error(entry.at, "[api_keys] the same key is in two entries");
        }
    }
}

fn refuse_unknown_providers(file: &ConfigFile, problems: &Problems<'_>) {
    let known: Vec<&str> = file.providers.iter().map(|provider| provider.name.as_str()).collect();
    for model in &file.models {
        if known.contains(&model.provider.as_str()) {
            continue;
        }
        let message = unknown_provider(&model.name, &model.provider, &known);
        problems.error(model.provider_at, message);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::problems::tests::problems_of;

    const PROVIDER: &str = "[[providers]]\nname = \"a\"\ntype = \"openai\"\n";

    #[test]
    fn a_syntax_error_is_reported_with_its_place() {
        insta::assert_snapshot!(problems_of("[server\nport = 1"), @"1:8: error: unclosed table, expected `]`");
    }

    #[test]
    fn all_problems_are_reported_at_once() {
        let text = "[server]\nport = 99999\nhots = \"x\"\n\
            [[providers]]\nname = \"a\"\ntype = \"opnai\"\n\
            [[models]]\nname = \"m\"\nprovider = \"b\"\nsupports_tools = true\n\
            [models.rate_limit]\nmax_requests = 10\nburst_size = 5\n\
            [models.config]\ncost_per_1k_tokens = \"free\"\ncontext_window = \"big\"\n";
        insta::assert_snapshot!(problems_of(text), @r#"
        2:8: error: [server] `port` must be a port (0 to 65535)
        3:1: warning: [server] unknown key `hots`; did you mean `host`?
        6:8: error: [providers] `type` `opnai` is unknown; did you mean `openai`?
        9:12: error: model `m` names the unknown provider `b`
        10:1: warning: [models] unknown key `supports_tools`; what a model can do and costs stands in `[models.config]`
        11:1: error: [models.rate_limit] `per_seconds` is missing
        11:1: error: [models.rate_limit] `burst_size` (5) must be at least `max_requests` (10)
        15:22: error: [models.config] `cost_per_1k_tokens` must be a number, not string
        16:18: error: [models.config] `context_window` must be like "128k", "1M" or 200000
        "#);
    }

    #[test]
    fn names_must_be_unique() {
        let model = "[[models]]\nname = \"m\"\nprovider = \"a\"\n";
        let text = format!("{PROVIDER}{PROVIDER}{model}{model}");
        insta::assert_snapshot!(problems_of(&text), @"
        5:8: error: provider `a` is defined twice
        11:8: error: model `a/m` is defined twice
        ");
    }

    #[test]
    fn models_may_be_grouped_under_any_name() {
        let text = format!("{PROVIDER}[[glm.models]]\nname = \"m\"\nprovider = \"a\"\n");
        let (file, warnings) = read(&text).unwrap();
        assert_eq!(warnings, []);
        assert_eq!(file.models.len(), 1);
    }

    #[test]
    fn free_keys_of_a_models_config_are_kept() {
        let text = format!(
            "{PROVIDER}[[models]]\nname = \"m\"\nprovider = \"a\"\n\
             [models.config]\nmax_output_tokens = 128000\n"
        );
        let (file, _) = read(&text).unwrap();
        assert_eq!(file.models[0].config.other["max_output_tokens"], 128_000);
    }

    #[test]
    fn a_base_url_is_refused_when_it_cannot_be_called_or_holds_a_key() {
        for (url, problem) in [
            ("localhost:8000", "the scheme must be http or https"),
            ("https://key@host/v1", "a key belongs in `api_key_env`"),
            ("https://host/v1?key=1", "a query or fragment"),
            ("not a url", "relative URL without a base"),
        ] {
            let text = format!("{PROVIDER}base_url = \"{url}\"\n");
            assert!(problems_of(&text).contains(problem), "{url}: {}", problems_of(&text));
        }
    }
}
