//! Which models come out of a catalogue of 60, for many requests, and why the others do not.
//! Each row of the table is one request; `routing_table/` has the catalogue and the answers.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::sync::Arc;

use llm_router::catalog::snapshot::Policy;
use llm_router::catalog::{Access, Provider, Snapshot};
use llm_router::config::alias::Alias;
use llm_router::domain::provider_kind::ProviderKind;
use llm_router::domain::strategy::Strategy;
use llm_router::routing::Selector;
use serde_json::{Value, json};

use crate::support::catalogue::{Ask, model, names, prices, provider, snapshot_under};

const CATALOGUE: &str = include_str!("routing_table/catalogue.txt");

/// `provider/model | tags | dollars in, out | window in thousands | what it does not take`
fn catalogue() -> Snapshot {
    let mut providers: BTreeMap<&str, Arc<Provider>> = BTreeMap::new();
    let mut models = Vec::new();
    for line in CATALOGUE.lines().filter(|line| !line.starts_with('#')) {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let [name, tags, dollars, window, lacks] = cells[..] else { panic!("{line}") };
        let (at, name) = name.split_once('/').unwrap();
        let provider = providers.entry(at).or_insert_with(|| Arc::new(provider_of(at)));
        let mut model = model(provider, name, tags);
        if let Some((prompt, completion)) = dollars.split_once(' ') {
            model.prices = prices(prompt.parse().unwrap(), completion.parse().unwrap());
        }
        model.config.context_window = window.parse::<u64>().ok().map(|window| window * 1000);
        let takes = &mut model.facts.capabilities;
        for word in lacks.split_whitespace() {
            match word {
                "images" => takes.takes_images = false,
                "audio" => takes.takes_audio = false,
                "tools" => takes.takes_tools = false,
                "schema" => takes.takes_json_schema = false,
                "inactive" => model.is_active = false,
                other => match other.split_once('=').unwrap() {
                    ("remote", remote) => model.remote_identifier = Some(remote.to_owned()),
                    ("priority", number) => model.config.priority = number.parse().unwrap(),
                    _ => panic!("{line}"),
                },
            }
        }
        models.push(model);
    }
    assert_eq!(models.len(), 60);
    let mut policy = Policy::default();
    for (alias, target) in [("cheap", "tag:coding,free"), ("best", "gpt-6"), ("loop", "loop")] {
        let alias_of = Alias { target: target.to_owned(), ..Alias::default() };
        policy.routing.aliases.insert(alias.to_owned(), Arc::new(alias_of));
    }
    snapshot_under(policy, models)
}

fn provider_of(name: &str) -> Provider {
    let kind = match name {
        "claude" => ProviderKind::Claude,
        "gemini" => ProviderKind::Gemini,
        "openrouter" => ProviderKind::Openrouter,
        "vllm" => ProviderKind::Vllm,
        "demo" => ProviderKind::Mock,
        _ => ProviderKind::Openai,
    };
    let mut provider = provider(name, kind);
    provider.is_active = name != "closed";
    if name == "keyless" {
        provider.access = Access::NoKey { variable: Some(String::from("KEYLESS_API_KEY")) };
    }
    provider
}

fn image() -> Value {
    json!([{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}])
}

fn tools() -> Value {
    json!([{"type": "function", "function": {"name": "f"}}])
}

/// A prompt of about so many thousand tokens.
fn long(thousands: usize) -> Value {
    json!([{"role": "user", "content": "word ".repeat(thousands * 800)}])
}

fn schema() -> Value {
    json!({"type": "json_schema", "json_schema": {"name": "s", "schema": {}}})
}

/// Each request with the words that tell it in the answers.
fn asks() -> Vec<(String, Ask)> {
    let mut asks = Vec::new();
    for name in [
        "gpt-6",
        "openai/gpt-6",
        "glm-5.3",
        "openrouter/z-ai/glm-5.3",
        "z-ai/glm-5.3",
        "gpt-7",
        "gpt-6-2026-08",
        "best",
        "cheap",
        "loop",
        "auto",
        "tag:coding",
        "tag:coding,fast",
        "tag:coding+fast,!free",
        "tag:fast|vision,zh",
        "tag:Coding",
        "tag:demo",
        "tag:coding,!coding",
        "tag:no-such-tag",
        "tag:",
        "tag:!chat",
        "closed/old",
        "keyless/one",
        "demo/echo",
    ] {
        asks.push((name.to_owned(), Ask::named(name)));
    }
    for query in [
        json!({}),
        json!({"tags": ["coding", "zh"]}),
        json!({"any_tags": []}),
        json!({"any_tags": ["vision", "audio"], "exclude_tags": ["free"]}),
        json!({"tags": ["coding"], "name": "glm-5.3"}),
        json!({"name": "glm-5.3", "providers": ["openrouter", "vllm"]}),
        json!({"name": "openai/gpt-6", "tags": ["free"]}),
        json!({"name": "glm-5.3", "provider_types": ["claude"]}),
        json!({"provider_types": ["claude", "gemini"], "min_context": 1_000_000}),
        json!({"provider_types": ["mock"]}),
        json!({"providers": ["demo", "vllm"], "tags": ["chat"]}),
        json!({"providers": ["nobody"]}),
        json!({"provider_types": ["nothing"]}),
        json!({"min_context": 2_000_000}),
        json!({"include_inactive": true, "providers": ["closed", "keyless"]}),
    ] {
        asks.push((query.to_string(), Ask::query(query)));
    }
    for (name, members) in [
        ("tag:coding", json!({"tools": tools()})),
        ("tag:vision", json!({"messages": image()})),
        ("tag:coding,free", json!({"messages": image()})),
        ("vllm/qwen3-4b", json!({"messages": image()})),
        ("vllm/qwen3-4b", json!({"messages": long(100)})),
        ("tag:free", json!({"messages": long(100)})),
        ("tag:free", json!({"messages": long(20), "max_tokens": 20_000})),
        ("tag:zh,fast", json!({"response_format": schema()})),
        (
            "tag:free,zh",
            json!({"response_format": schema(), "provider": {"require_parameters": true}}),
        ),
        ("glm-5.3", json!({"provider": {"order": ["vllm", "openrouter"]}})),
        ("glm-5.3", json!({"provider": {"only": ["vllm"]}})),
        ("glm-5.3", json!({"provider": {"only": ["nobody"]}})),
        ("gpt-6", json!({"provider": {"ignore": ["openai"]}})),
        ("glm-5.3", json!({"provider": {"allow_fallbacks": false, "sort": "price"}})),
        ("tag:coding", json!({"provider": {"max_price": {"prompt": 0, "completion": 0}}})),
        (
            "tag:coding",
            json!({"provider": {"max_price": {"completion": "2.5"}, "ignore": ["openrouter"]}}),
        ),
        ("tag:reasoning", json!({"provider": {"sort": "price"}})),
    ] {
        let ask = Ask::named(name).with(members.clone());
        // A long prompt is shown by its number of words.
        let shown = members.to_string();
        let words = shown.matches("word ").count();
        let shown = shown.replace(&"word ".repeat(words.max(1)), &format!("{words} words"));
        asks.push((format!("{name} {shown}"), ask));
    }
    for (name, header) in
        [("auto", "coding,!free"), ("gpt-6", "free"), ("tag:coding", "no-such-tag")]
    {
        asks.push((format!("{name} under {header}"), Ask::named(name).header(header)));
    }
    asks
}

fn answer(snapshot: &Snapshot, ask: &Ask) -> String {
    let mut out = String::new();
    let (plan, left_out) = ask.explain(snapshot);
    match &plan {
        Err(failure) => {
            let (status, code) = failure.status_and_code();
            writeln!(out, "  {status} {code}: {failure}").unwrap();
        }
        Ok(plan) => {
            let mut names = names(plan);
            // Chance has no part in the order that a client asked for.
            if ask.facts.preferences.order.is_empty() && plan.strategy != Strategy::LeastCost {
                names.sort();
            }
            writeln!(out, "  {}: {}", plan.strategy.as_str(), names.join(" ")).unwrap();
        }
    }
    let mut reasons: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for left in &left_out {
        let reason = format!("{}: {}", left.why.kind(), left.why);
        reasons.entry(reason).or_default().push(left.model.full_name());
    }
    for (reason, models) in reasons {
        let told = if models.len() > 6 { models.len().to_string() } else { models.join(" ") };
        writeln!(out, "    {reason} ({told})").unwrap();
    }
    out
}

#[test]
fn each_request_gets_the_models_of_the_table() {
    let snapshot = catalogue();
    let mut answers = String::new();
    for (shown, ask) in asks() {
        writeln!(answers, "{shown}\n{}", answer(&snapshot, &ask)).unwrap();
    }
    insta::with_settings!({
        snapshot_path => "routing_table",
        prepend_module_to_snapshot => false,
        omit_expression => true,
    }, {
        insta::assert_snapshot!("answers", answers);
    });
}

/// The answers that can be read off the catalogue's text, without the router.
#[test]
fn tags_mean_what_the_lines_of_the_catalogue_say() {
    let snapshot = catalogue();
    let tag_lists = CATALOGUE.lines().filter(|line| !line.starts_with('#'));
    let tags: BTreeSet<&str> = tag_lists
        .clone()
        .flat_map(|line| line.split('|').nth(1).unwrap().split_whitespace())
        .collect();
    for tag in tags {
        let expected: BTreeSet<String> = tag_lists
            .clone()
            .filter(|line| {
                line.split('|').nth(1).unwrap().split_whitespace().any(|known| known == tag)
            })
            .filter(|line| {
                !line.contains("inactive")
                    && !line.starts_with("closed")
                    && !line.starts_with("keyless")
            })
            .filter(|line| tag == "demo" || !line.starts_with("demo"))
            .map(|line| line.split('|').next().unwrap().trim().to_owned())
            .collect();
        let (plan, _) = Ask::named(&format!("tag:{tag}")).explain(&snapshot);
        let found: BTreeSet<String> = plan.iter().flat_map(names).collect();
        assert_eq!(found, expected, "{tag}");
    }
}

#[test]
fn an_alias_is_explained_as_what_it_stands_for() {
    let snapshot = catalogue();
    let ask = Ask::named("cheap");
    let Selector::Named(_) = &ask.selector else { panic!("it is a name") };
    let told = |ask: &Ask| {
        let (plan, left_out) = ask.explain(&snapshot);
        let left = left_out.iter().map(|left| (left.model.full_name(), left.why.to_string()));
        (names(&plan.unwrap()), left.collect::<Vec<_>>())
    };
    assert_eq!(told(&ask), told(&Ask::named("tag:coding,free")));
}
