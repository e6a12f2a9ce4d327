//! The shipped table covers the shipped models.

use serde_json::json;

use super::*;

fn shipped() -> Table {
    Table::shipped().unwrap()
}

fn facts(name: &str) -> ModelFacts {
    shipped().facts(name, &ModelConfig::default())
}

fn known(name: &str) -> Capabilities {
    facts(name).capabilities
}

fn config(value: Value) -> ModelConfig {
    serde_json::from_value(value).unwrap()
}

/// Provider and remote identifier of every model of the shipped configuration.
fn shipped_models() -> Vec<(String, String, toml::Table)> {
    let file: toml::Table = toml::from_str(include_str!("../../../router.toml")).unwrap();
    let models = file["models"].as_array().unwrap().iter().filter_map(|model| {
        let text = |key| model.get(key).and_then(toml::Value::as_str).map(str::to_owned);
        let config = model["config"].as_table().unwrap().clone();
        Some((text("provider")?, text("remote_identifier")?, config))
    });
    models.collect()
}

#[test]
fn every_shipped_model_has_an_entry() {
    let models = shipped_models();
    assert!(models.len() > 60);
    let table = shipped();
    let unknown: Vec<_> = models.iter().filter(|(_, name, _)| !table.knows(name)).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
}

#[test]
fn the_table_agrees_with_the_shipped_configuration() {
    let table = shipped();
    for (provider, name, config) in shipped_models() {
        let known = table.facts(&name, &ModelConfig::default()).capabilities;
        let says = |key: &str| config.get(key).and_then(toml::Value::as_bool);
        assert_eq!(Some(known.takes_images), says("supports_vision"), "{name}: images");
        assert_eq!(known.takes_audio, says("supports_audio") == Some(true), "{name}: audio");
        assert_eq!(known.takes_video, says("supports_video") == Some(true), "{name}: video");
        let max = config.get("max_output_tokens").and_then(toml::Value::as_integer);
        if matches!(provider.as_str(), "claude" | "gemini" | "openai") {
            assert_eq!(known.max_output_tokens.map(|max| max as i64), max, "{name}: output");
        }
    }
}

#[test]
fn no_entry_is_hidden_by_one_before_it() {
    let table = shipped();
    for (at, entry) in table.entries.iter().enumerate() {
        for pattern in &entry.patterns {
            assert!(!pattern.contains('/'), "{pattern} would never match");
            let hiding = table.entries[..at].iter().find(|before| before.matches(pattern));
            assert!(hiding.is_none(), "{pattern} is hidden by {:?}", hiding.unwrap().patterns);
        }
    }
}

#[test]
fn efforts_have_none_exactly_where_thinking_can_be_switched_off() {
    for entry in shipped().entries {
        let mut facts = ModelFacts::default();
        entry.changes.apply(&mut facts);
        let Capabilities { efforts, always_thinks, thinking, .. } = facts.capabilities;
        if !efforts.is_empty() {
            assert_ne!(efforts.contains(&Effort::None), always_thinks, "{:?}", entry.patterns);
            assert_ne!(thinking, ThinkingStyle::None, "{:?}", entry.patterns);
            assert!(efforts.is_sorted(), "{:?}", entry.patterns);
        }
    }
}

#[test]
fn claude_thinks_adaptively_from_4_6_on() {
    for name in ["claude-sonnet-4-6", "claude-opus-4-6-20260205", "claude-opus-4-7"] {
        assert_eq!(known(name).thinking, ThinkingStyle::Adaptive, "{name}");
    }
    for name in ["claude-haiku-4-5-20251001", "claude-sonnet-4-5", "claude-opus-4-5"] {
        assert_eq!(known(name).thinking, ThinkingStyle::Budget, "{name}");
        assert_eq!(known(name).max_output_tokens, Some(64_000));
    }
}

#[test]
fn claude_refuses_sampling_from_opus_4_7_on() {
    for name in ["claude-haiku-4-5", "claude-sonnet-4-6", "claude-opus-4-6"] {
        assert!(known(name).takes_sampling, "{name}");
    }
    for name in [
        "claude-opus-4-7",
        "claude-opus-4-8",
        "claude-sonnet-5",
        "claude-haiku-5-5",
        "claude-fable-5",
        "claude-mythos-5-1",
    ] {
        assert!(!known(name).takes_sampling, "{name}");
    }
}

#[test]
fn some_claude_models_always_think_and_some_refuse_forced_tools() {
    for name in ["claude-opus-5-5", "claude-sonnet-5-5", "claude-fable-5-1", "claude-mythos-5-1"] {
        assert!(known(name).always_thinks && !known(name).takes_forced_tools, "{name}");
    }
    for name in ["claude-fable-5", "claude-mythos-5"] {
        assert!(known(name).always_thinks && known(name).takes_forced_tools, "{name}");
    }
    for name in ["claude-opus-5", "claude-sonnet-5", "claude-haiku-5-5", "claude-opus-4-8"] {
        assert!(!known(name).always_thinks && known(name).takes_forced_tools, "{name}");
    }
}

#[test]
fn claudes_up_to_4_5_accept_prefill() {
    for name in ["claude-haiku-4-5", "claude-sonnet-4-5-20250929", "claude-opus-4-1", "qwen3-8b"] {
        assert!(known(name).takes_prefill, "{name}");
    }
    for name in ["claude-opus-4-6", "claude-sonnet-5", "claude-haiku-5-5", "claude-opus-4-7"] {
        assert!(!known(name).takes_prefill, "{name}");
    }
}

#[test]
fn late_system_messages_are_accepted_by_opus_4_8_and_the_fifth_claude() {
    for name in ["claude-opus-4-8", "claude-sonnet-5", "claude-haiku-5-5", "claude-fable-5"] {
        assert!(known(name).takes_late_system, "{name}");
    }
    for name in ["claude-opus-4-7", "claude-sonnet-4-6", "gemini-3.8-flash"] {
        assert!(!known(name).takes_late_system, "{name}");
    }
}

#[test]
fn gemini_has_budgets_up_to_2_5_and_levels_from_3_on() {
    assert_eq!(known("gemini-2.5-flash").thinking, ThinkingStyle::Budget);
    assert!(!known("gemini-2.5-flash-lite").always_thinks);
    assert!(known("gemini-2.5-pro").always_thinks);
    for name in ["gemini-3.1-pro-preview", "gemini-3.8-flash", "gemini-4-argon"] {
        assert_eq!(known(name).thinking, ThinkingStyle::Level, "{name}");
        assert!(known(name).always_thinks && known(name).takes_audio, "{name}");
    }
    assert!(!known("gemini-3.8-flash").takes_sampling);
    assert!(known("gemini-3-flash-preview").efforts.contains(&Effort::Minimal));
    assert!(!known("gemini-3.8-flash").efforts.contains(&Effort::Minimal));
}

#[test]
fn new_gpt_models_need_the_responses_api_for_tools_with_reasoning() {
    for name in ["gpt-5.6-sol", "gpt-5.6-luna", "gpt-6-astra", "gpt-6.1-sol", "gpt-6-luna"] {
        assert!(facts(name).tools_with_reasoning_need_responses, "{name}");
    }
    for name in ["gpt-5.5", "gpt-5.4-mini", "gpt-4.1", "o3", "gpt-oss:20b"] {
        assert!(!facts(name).tools_with_reasoning_need_responses, "{name}");
    }
    assert!(known("gpt-6-astra").always_thinks && known("gpt-6.1-sol").always_thinks);
    assert!(known("gpt-6-sol").efforts.contains(&Effort::None));
    assert_eq!(facts("gpt-5.4-pro").api, Some(Api::Responses));
    assert_eq!(facts("grok-4.7").api, Some(Api::Responses));
}

#[test]
fn temperature_with_top_p_is_accepted_by_claude_before_4_1_only() {
    for name in
        ["claude-sonnet-4-0", "claude-sonnet-4-20250514", "claude-opus-4", "claude-3-7-sonnet"]
    {
        assert!(known(name).takes_both_samplings, "{name}");
    }
    for name in
        ["claude-opus-4-1-20250805", "claude-opus-4.1", "claude-sonnet-4-5", "claude-opus-4-6"]
    {
        assert!(!known(name).takes_both_samplings, "{name}");
    }
}

#[test]
fn gemini_supports_a_json_answer_with_tools_from_3_on() {
    for name in ["gemini-1.5-pro", "gemini-2.0-flash", "gemini-2.5-pro", "gemini-2.5-flash-lite"] {
        assert!(!known(name).takes_json_with_tools, "{name}");
    }
    for name in ["gemini-3-flash-preview", "gemini-3.8-flash", "gemini-4-argon", "gemini-5-neon"] {
        assert!(known(name).takes_json_with_tools, "{name}");
    }
}

/// For a vendor's unknown model, only parameters that no model of the vendor accepts are dropped.
#[test]
fn an_unknown_model_of_a_vendor_gets_what_the_client_sent() {
    for name in [
        "claude-opus-7",
        "gemini-5-neon",
        "gemini-1.5-pro",
        "gemini-2.0-flash",
        "gemini-flash-1.5",
        "gpt-7",
        "grok-9",
        "deepseek-v9",
        "glm-9",
        "kimi-k9",
        "qwen-ultra",
        "gemma9:4b",
        "llama9",
        "mistral-grand-2609",
    ] {
        let known = known(name);
        assert!(known.takes_sampling && known.takes_both_samplings, "{name}");
        assert!(known.takes_tools && known.takes_json_schema && known.takes_prefill, "{name}");
        assert!(known.takes_forced_tools || name == "glm-9", "{name}");
        assert!(known.takes_images && !known.always_thinks, "{name}");
    }
    for (name, thinking) in [
        ("claude-opus-7", ThinkingStyle::Adaptive),
        ("gemini-5-neon", ThinkingStyle::Level),
        ("gemini-1.5-pro", ThinkingStyle::None),
        ("gpt-7", ThinkingStyle::Level),
    ] {
        assert_eq!((known(name).thinking, known(name).efforts), (thinking, Vec::new()), "{name}");
    }
    assert_eq!(known("my-own-model"), Capabilities::default());
}

#[test]
fn vendor_folder_and_case_do_not_matter() {
    assert_eq!(known("anthropic/claude-sonnet-5.5"), known("claude-sonnet-5-5"));
    assert_eq!(known("openai/gpt-oss-120b"), known("gpt-oss:20b"));
    assert_eq!(known("Qwen/Qwen3-8B"), known("qwen3:8b"));
    assert_ne!(known("Qwen/Qwen3-8B"), known("qwen3.8-flash"));
    assert!(!known("meta-llama/Meta-Llama-3.1-8B-Instruct").takes_images);
}

#[test]
fn the_first_match_wins() {
    let table = Table::parse(
        "[[models]]\nmatch = \"a-1*\"\nmax_output_tokens = 1\n\
         [[models]]\nmatch = [\"b\", \"a-*\"]\nmax_output_tokens = 2\ntakes_tools = false\n",
    )
    .unwrap();
    let facts = |name| table.facts(name, &ModelConfig::default()).capabilities;
    assert_eq!((facts("a-1x").max_output_tokens, facts("a-1x").takes_tools), (Some(1), true));
    assert_eq!((facts("a-2").max_output_tokens, facts("b").max_output_tokens), (Some(2), Some(2)));
    assert_eq!(facts("c").max_output_tokens, None);
}

#[test]
fn a_models_own_config_wins() {
    let config = config(json!({
        "supports_vision": false,
        "supports_audio": true,
        "supports_tools": false,
        "takes_tools": true,
        "max_output_tokens": 1000,
        "thinking": "budget",
        "efforts": ["low", "high"],
        "takes_sampling": true,
        "api": "responses",
        "retires": "2027-01-01",
    }));
    let facts = shipped().facts("claude-opus-5-5", &config);
    assert_eq!(facts.api, Some(Api::Responses));
    let expected = Capabilities {
        takes_images: false,
        takes_audio: true,
        takes_tools: true,
        max_output_tokens: Some(1000),
        thinking: ThinkingStyle::Budget,
        efforts: vec![Effort::Low, Effort::High],
        takes_sampling: true,
        ..known("claude-opus-5-5")
    };
    assert_eq!(facts.capabilities, expected);
    assert_eq!(misread(&config), Vec::<String>::new());
}

#[test]
fn an_invalid_override_is_reported_and_ignored() {
    let config = config(json!({
        "thinking": "hard", "takes_tools": "no", "max_output_tokens": 0, "takes_files": false,
    }));
    let facts = shipped().facts("claude-opus-5-5", &config);
    let expected = Capabilities { takes_files: false, ..known("claude-opus-5-5") };
    assert_eq!(facts.capabilities, expected);
    let told = misread(&config);
    assert_eq!(told.len(), 3, "{told:?}");
    assert_eq!(
        told[1],
        "`thinking` is not valid: `hard` is none of \
         `none`, `budget`, `adaptive`, `level`, `switch`"
    );
}

#[test]
fn a_broken_table_says_where() {
    let error = |text| Table::parse(text).unwrap_err().to_string();
    assert!(error("models = 1").contains("the capability table is not valid"));
    assert!(error("[[models]]\nmatch = []").starts_with("entry 1 of the capability table"));
    assert!(error("[[models]]\nmatch = 'a*'\ntakes_tool = true").contains("entry `a*`"));
    assert!(error("[[models]]\nmatch = 'a*'\nthinking = 'x'").contains("`x` is none of"));
}

#[test]
fn every_field_of_an_entry_is_an_override() {
    let error = serde_json::from_value::<Changes>(json!({"": 1})).unwrap_err().to_string();
    let fields = error.split('`').skip(3).step_by(2);
    assert_eq!(fields.collect::<Vec<_>>(), KEYS);
}

#[test]
fn a_star_is_any_text() {
    for (pattern, name) in
        [("a*", "a"), ("a*", "ab"), ("*a", "ba"), ("a*b*c", "a-b-b-c"), ("a", "a"), ("*", "")]
    {
        assert!(matches(pattern, name), "{pattern} {name}");
    }
    for (pattern, name) in [("a", "ab"), ("a*", "ba"), ("a*a", "a"), ("a*b*c", "a-c-b")] {
        assert!(!matches(pattern, name), "{pattern} {name}");
    }
}
