//! A first `router.toml`, for the providers whose keys are in the environment. Its entries are those
//! of the shipped file, letter by letter: what is known of models stands there alone.

use super::entries::{ModelEntry, ProviderEntry};
use super::file::read;
use super::sample_key::instead_of_key;
use super::substitution::Lookup;
use crate::domain::provider_kind::ProviderKind;

const SHIPPED: &str = include_str!("../../router.toml");

const HEAD: &str = "\
# The providers and models of LLM Router. A saved change takes effect within a second; only a change under [server]
# needs a restart. `llm-router check` validates the file, and docs/CONFIG.md describes every key. For an editor that
# completes them: `llm-router config schema > router.schema.json`, and `#:schema ./router.schema.json` as the first line.

# [server]
# host = \"0.0.0.0\"     # \"127.0.0.1\" for this machine alone
# port = 8000

# [recording]
# keep_days = 90       # without it calls are kept for ever

# Synthetic answers by the router itself: no key, no network.
";

const OTHERS: &str = "
# Further providers, with the variable that holds the key. With one of them set, `llm-router init --config more.toml`
# writes its entries into a file of its own, to copy from. docs/LOCAL.md tells of servers on this machine.
";

#[derive(Debug)]
pub struct Starter {
    pub text: String,
    pub providers: Vec<StarterProvider>,
    /// Variables that are set, but to something that can be no key, and why.
    pub unusable: Vec<(String, &'static str)>,
    /// Variables of which none is set.
    pub unset: Vec<String>,
}

#[derive(Debug)]
pub struct StarterProvider {
    pub name: String,
    /// The variable of its key; `None` for the synthetic answers.
    pub variable: Option<String>,
    pub models: Vec<String>,
}

impl Starter {
    /// The model for a first call: of a vendor, if there is one.
    pub fn first_model(&self) -> Option<String> {
        let provider = self.providers.iter().find(|provider| provider.variable.is_some());
        let provider = provider.or(self.providers.first())?;
        Some(format!("{}/{}", provider.name, provider.models.first()?))
    }
}

/// An entry of the shipped file with its text.
type Entry<'f, T> = (&'f T, &'static str);

/// # Errors
/// The shipped file cannot be read; a test has it read.
pub fn starter(env: Lookup<'_>) -> Result<Starter, String> {
    let (file, _) =
        read(SHIPPED).map_err(|_| String::from("the shipped router.toml is invalid"))?;
    let providers: Vec<_> = file.providers.iter().zip(texts("[[providers]]")).collect();
    let models: Vec<_> = file.models.iter().zip(texts("[[models]]")).collect();
    let (mut others, mut text) = (String::from(OTHERS), String::from(HEAD));
    let mut starter = Starter {
        text: String::new(),
        providers: Vec::new(),
        unusable: Vec::new(),
        unset: Vec::new(),
    };
    for provider in providers {
        let (entry, _) = provider;
        let is_found = match &entry.api_key_env {
            None => entry.kind == ProviderKind::Mock,
            Some(variable) => match key_state(variable, env) {
                Key::Found => true,
                Key::Unusable(reason) => {
                    starter.unusable.push((variable.clone(), reason));
                    false
                }
                Key::Unset => {
                    starter.unset.push(variable.clone());
                    false
                }
            },
        };
        if is_found {
            add(&mut starter, &mut text, provider, &models);
        } else if let Some(variable) = &entry.api_key_env {
            others.push_str(&format!("#   {:13}{variable}\n", entry.name));
        }
    }
    if others != OTHERS {
        text.push_str(&others);
    }
    Ok(Starter { text, ..starter })
}

fn add(
    starter: &mut Starter,
    text: &mut String,
    (provider, written): Entry<'_, ProviderEntry>,
    models: &[Entry<'_, ModelEntry>],
) {
    if !starter.providers.is_empty() {
        text.push('\n');
    }
    text.push_str(&format!("{written}\n"));
    let own: Vec<_> =
        models.iter().filter(|(model, _)| model.provider == provider.name).copied().collect();
    let chosen = chosen(&own);
    for (_, written) in &chosen {
        text.push_str(&format!("\n{written}\n"));
    }
    starter.providers.push(StarterProvider {
        name: provider.name.clone(),
        variable: provider.api_key_env.clone(),
        models: chosen.iter().map(|(model, _)| model.name.clone()).collect(),
    });
}

/// The main model of a provider, and a cheap and fast one. Where all are examples to be replaced,
/// the first of them.
fn chosen<'f>(models: &[Entry<'f, ModelEntry>]) -> Vec<Entry<'f, ModelEntry>> {
    let active = models.iter().filter(|(model, _)| model.is_active);
    // The first of the highest: `max_by_key` would take the last.
    let main = active.clone().rev().max_by_key(|(model, _)| model.config.priority);
    let Some(main) = main.or(models.first()) else { return Vec::new() };
    let is_small = |model: &ModelEntry| {
        ["cheap", "fast"].iter().all(|tag| model.tags.iter().any(|known| known == tag))
    };
    let small = active.clone().find(|(model, _)| is_small(model) && model.name != main.0.name);
    [Some(main), small].into_iter().flatten().copied().collect()
}

enum Key {
    Found,
    Unset,
    Unusable(&'static str),
}

fn key_state(variable: &str, env: Lookup<'_>) -> Key {
    const CUT_OFF: usize = 8;
    let Some(value) = env(variable).filter(|value| !value.trim().is_empty()) else {
        return Key::Unset;
    };
    for key in value.split(',').map(str::trim).filter(|key| !key.is_empty()) {
        if let Some(reason) = instead_of_key(key) {
            return Key::Unusable(reason);
        }
        if !key.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Key::Unusable("holds a character that no HTTP header can carry");
        }
        if key.len() < CUT_OFF {
            return Key::Unusable("has fewer than 8 characters: is it the whole key?");
        }
    }
    Key::Found
}

/// The texts of the entries with this head, in the order of the shipped file.
fn texts(head: &str) -> Vec<&'static str> {
    let begins: Vec<usize> = SHIPPED
        .match_indices('\n')
        .map(|(at, _)| at + 1)
        .filter(|at| SHIPPED.get(*at..).is_some_and(|rest| rest.starts_with("[[")))
        .collect();
    let ends = begins.iter().skip(1).copied().chain([SHIPPED.len()]);
    let parts = begins.iter().zip(ends).filter_map(|(from, to)| SHIPPED.get(*from..to));
    let own = parts.filter(|part| part.starts_with(head));
    // The line between two providers, and what follows it, is about the next one.
    own.map(|part| part.split_once("\n# ---").map_or(part, |(before, _)| before))
        .map(str::trim_end)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{key_check, read_with};

    fn made(set: impl Fn(&str) -> Option<String>) -> Starter {
        let starter = starter(&set).unwrap();
        let (file, warnings) = read_with(&starter.text, &set).unwrap();
        assert_eq!(warnings, [], "{}", starter.text);
        assert_eq!(key_check::warnings(&starter.text, &file, &set), [], "{}", starter.text);
        let named =
            |name: &str| starter.providers.iter().filter(|found| found.name == name).count();
        assert!(file.providers.iter().all(|provider| named(&provider.name) == 1));
        let models: usize = starter.providers.iter().map(|found| found.models.len()).sum();
        assert_eq!(file.models.len(), models);
        starter
    }

    #[test]
    fn without_a_key_the_router_answers_itself() {
        let starter = made(|_| None);
        assert_eq!(starter.first_model().as_deref(), Some("demo/echo"));
        assert!(starter.unset.contains(&String::from("OPENAI_API_KEY")));
        assert!(starter.text.contains("#   openai       OPENAI_API_KEY\n"), "{}", starter.text);
        assert!(starter.text.len() < 3_000, "{}", starter.text);
    }

    #[test]
    fn every_provider_of_the_shipped_file_is_written_with_a_model() {
        let is_key = |name: &str| name.ends_with("_API_KEY");
        let starter = made(|name| is_key(name).then(|| String::from("sk-0123456789abcdef")));
        let (file, _) = read(SHIPPED).unwrap();
        assert_eq!(starter.providers.len(), file.providers.len());
        for StarterProvider { name, models, .. } in &starter.providers {
            assert!(matches!(models.len(), 1 | 2), "{name}: {models:?}");
        }
        assert!(starter.unset.is_empty() && !starter.text.contains("Further providers"));
    }

    #[test]
    fn what_can_be_no_key_is_told_of() {
        let value = |name: &str| match name {
            "OPENAI_API_KEY" => Some(String::from("YOUR_API_KEY")),
            "XAI_API_KEY" => Some(String::from("xai")),
            "DEEPSEEK_API_KEY" => Some(String::from("sk-0123456789\u{fffd}")),
            "ANTHROPIC_API_KEY" => Some(String::from("sk-ant-0123456789, sk-ant-abcdefghij")),
            _ => None,
        };
        let starter = made(value);
        assert_eq!(starter.unusable.len(), 3, "{:?}", starter.unusable);
        let names: Vec<_> = starter.providers.iter().map(|found| found.name.as_str()).collect();
        assert_eq!(names, ["demo", "claude"]);
        assert_eq!(starter.first_model().unwrap().split('/').next(), Some("claude"));
    }
}
