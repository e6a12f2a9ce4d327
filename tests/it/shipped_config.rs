//! The router.toml that is shipped, and what is written about it.

use std::collections::{BTreeMap, BTreeSet};

use llm_router::config::entries::ModelEntry;
use llm_router::config::{ConfigFile, read};
use llm_router::domain::provider_kind::ProviderKind;

use crate::support::app::Setup;
use crate::support::chat;

const SHIPPED: &str = include_str!("../../router.toml");
const TAGS: &str = include_str!("../../docs/TAGS.md");

fn shipped() -> ConfigFile {
    let (file, warnings) = read(SHIPPED).unwrap();
    assert_eq!(warnings, []);
    file
}

#[test]
fn it_holds_every_provider_of_the_mission_with_the_name_of_its_key() {
    let file = shipped();
    let names: Vec<&str> = file.providers.iter().map(|entry| entry.name.as_str()).collect();
    let mission = [
        "demo",
        "openai",
        "claude",
        "gemini",
        "openrouter",
        "glm",
        "glm-z",
        "kimi",
        "qwen",
        "deepseek",
        "grok",
        "ollama",
        "vllm",
        "transformers",
    ];
    assert_eq!(names, mission);
    for entry in &file.providers {
        assert_eq!(entry.api_key_env.is_none(), entry.kind == ProviderKind::Mock, "{}", entry.name);
        assert!(entry.secrets.api_key.is_empty(), "{}", entry.name);
        let models = file.models.iter().filter(|model| model.provider == entry.name).count();
        assert!(models > 0, "{}", entry.name);
        assert!(entry.is_active, "{}", entry.name);
    }
}

#[test]
fn every_model_is_described() {
    for model in shipped().models {
        let name = format!("{}/{}", model.provider, model.name);
        assert!(model.config.context_window.is_some(), "{name}");
        assert!(model.description.is_some(), "{name}");
        assert!(!model.tags.is_empty(), "{name}");
        if model.provider != "demo" {
            assert!(model.remote_identifier.is_some(), "{name}");
            assert!(!model.config.languages.is_empty(), "{name}");
            assert!(
                model.config.supports_tools.is_some() && model.config.supports_vision.is_some(),
                "{name}"
            );
            assert!(!model.tags.contains(&String::from("demo")), "{name}");
        } else {
            assert_eq!(model.tags, ["demo"], "{name}");
        }
    }
}

#[test]
fn tags_md_says_what_the_file_says() {
    let mut in_file: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for ModelEntry { name, provider, tags, .. } in shipped().models {
        for tag in tags {
            in_file.entry(tag).or_default().insert(format!("{provider}/{name}"));
        }
    }
    let mut in_document: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for row in TAGS.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let names = cells[2].split(", ").filter(|name| *name != "-");
        let models = names.map(|name| name.trim_matches('`').to_owned()).collect();
        in_document.insert(cells[0].trim_matches('`').to_owned(), models);
    }
    in_document.retain(|_, models| !models.is_empty());
    assert_eq!(in_document, in_file);
}

#[tokio::test]
async fn it_starts_with_no_key_and_the_demo_answers() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("router.toml"), SHIPPED).unwrap();
    let app = Setup::default().start_in(folder).await.unwrap();
    let answer = app.chat(&chat("demo/echo")).await;
    assert_eq!(answer.json()["choices"][0]["message"]["content"], "hi");
    assert_eq!(app.chat(&chat("demo/story")).await.status, 200);
    let providers = app.get("/providers").await.json();
    let openai = providers.as_array().unwrap().iter().find(|provider| provider["name"] == "openai");
    assert_eq!(openai.unwrap()["health"], "no key");
    let auto = app.chat(&chat("auto")).await;
    assert_eq!(auto.status, 503, "{}", auto.text());
    assert!(auto.text().contains("set ANTHROPIC_API_KEY"), "{}", auto.text());
}
