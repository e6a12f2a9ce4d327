//! Fallbacks for a model that failed, cools down or is saturated: the lists of models and aliases,
//! and OpenRouter's `models`.

use serde_json::json;

use crate::support::app::said;
use crate::support::{Config, Script, TestApp, Upstream, chat};

const TOO_LONG: &str = r#"{"error":{"message":"too long","code":"context_length_exceeded"}}"#;
const POLICY: &str = r#"{"error":{"message":"no","code":"content_policy_violation"}}"#;

async fn upstream(says: &str) -> Upstream {
    Upstream::start(Script::chat(says)).await
}

/// A provider `bad` that answers so, and three that say their names.
struct Stage {
    bad: Upstream,
    spares: Vec<Upstream>,
}

impl Stage {
    async fn new(script: Script) -> Self {
        let mut spares = Vec::new();
        for name in NAMES {
            spares.push(upstream(name).await);
        }
        Self { bad: Upstream::start(script).await, spares }
    }

    fn config(&self, model: &str) -> Config {
        let config = Config::new().provider("bad", &self.bad.base_url()).model("bad", "m", model);
        NAMES.iter().zip(&self.spares).fold(config, |config, (name, spare)| {
            config.provider(name, &spare.base_url()).model(name, name, "")
        })
    }
}

const NAMES: [&str; 3] = ["plain", "roomy", "free"];

const LISTS: &str = "[models.config]\nfallbacks = [\"no-such-model\", \"plain\"]\n\
                     context_fallbacks = [\"roomy\"]\ncontent_fallbacks = [\"free\"]";

#[tokio::test]
async fn a_models_own_fallbacks_are_asked_for_their_kind_of_failure() {
    for (status, body, expected) in
        [(500, "{}", "plain"), (400, TOO_LONG, "roomy"), (400, POLICY, "free"), (400, "{}", "")]
    {
        let stage = Stage::new(Script::status(status).json(body)).await;
        let app = TestApp::start(&stage.config(LISTS)).await;
        let answer = app.chat(&chat("bad/m")).await;
        let status = if expected.is_empty() { 400 } else { 200 };
        assert_eq!((answer.status, said(&answer).as_str()), (status, expected), "{body}");
    }
}

#[tokio::test]
async fn an_aliass_fallbacks_are_asked_for_their_kind_of_failure() {
    let alias = "[routing.aliases]\nbest = { target = \"bad/m\", fallbacks = [\"plain\"], \
                 context_fallbacks = [\"roomy\"], content_fallbacks = [\"free\"] }";
    for (status, body, expected) in
        [(500, "{}", "plain"), (400, TOO_LONG, "roomy"), (400, POLICY, "free"), (400, "{}", "")]
    {
        let stage = Stage::new(Script::status(status).json(body)).await;
        let app = TestApp::start(&stage.config("").tables(alias)).await;
        assert_eq!(said(&app.chat(&chat("best")).await), expected, "{body}");
        assert_eq!(said(&app.chat(&chat("bad/m")).await), "", "the alias's lists are the alias's");
    }
}

/// A model with a tag; the dear one has the higher priority.
fn prices(dollars: f64) -> String {
    let priority = if dollars > 0.5 { 9 } else { 0 };
    format!(
        "tags = [\"t\"]\n[models.config]\npriority = {priority}\ncost_per_1k_tokens = {dollars}\n\
         cost_per_1k_completion_tokens = {dollars}"
    )
}

#[tokio::test]
async fn an_alias_has_an_order_of_its_own() {
    let stage = Stage::new(Script::chat("dear")).await;
    let config = stage
        .config(&prices(1.0))
        .model("plain", "cheap", &prices(0.1))
        .tables("[routing.aliases]\nthrifty = { target = \"tag:t\", strategy = \"least_cost\" }");
    let app = TestApp::start(&config).await;
    assert_eq!(said(&app.chat(&chat("tag:t")).await), "dear");
    assert_eq!(said(&app.chat(&chat("thrifty")).await), "plain");
}

#[tokio::test]
async fn the_fallbacks_of_a_model_with_an_open_circuit_are_tried_at_once() {
    let stage = Stage::new(Script::status(500).json("{}")).await;
    let routing = "[routing]\nretries = 0\n[routing.circuit]\nfailures = 1\nrest = 60";
    let app = TestApp::start(&stage.config(LISTS).routing(routing)).await;
    for _ in 0..3 {
        assert_eq!(said(&app.chat(&chat("bad/m")).await), "plain");
    }
    assert_eq!(stage.bad.request_count(), 1);
    let explained = app.post("/route/explain", &chat("bad/m")).await.json();
    assert_eq!(explained["candidates"][0]["model"], "plain/plain");
    assert!(explained["candidates"][0]["reason"].as_str().unwrap().starts_with("fallback"));
}

#[tokio::test]
async fn a_fallback_never_changes_the_tags() {
    let stage = Stage::new(Script::status(500).json("{}")).await;
    let model = format!("tags = [\"coding\"]\n{LISTS}");
    let app = TestApp::start(&stage.config(&model)).await;
    assert_eq!(app.chat(&chat("tag:coding")).await.status, 502);
    for body in [TOO_LONG, POLICY] {
        stage.bad.set(Script::status(400).json(body));
        assert_eq!(app.chat(&chat("tag:coding")).await.status, 400);
    }
    assert!(stage.spares.iter().all(|spare| spare.request_count() == 0));
}

#[tokio::test]
async fn who_wants_no_fallbacks_gets_none() {
    let stage = Stage::new(Script::status(500).json("{}")).await;
    let app = TestApp::start(&stage.config(LISTS)).await;
    let mut body = chat("bad/m");
    body["provider"] = json!({"allow_fallbacks": false});
    body["models"] = json!(["roomy"]);
    for (status, error) in [(500, "{}"), (400, TOO_LONG), (400, POLICY)] {
        stage.bad.set(Script::status(status).json(error));
        assert_ne!(app.chat(&body).await.status, 200, "{error}");
    }
}

#[tokio::test]
async fn the_models_of_openrouter_are_asked_in_their_order() {
    let stage = Stage::new(Script::status(500).json("{}")).await;
    let app = TestApp::start(&stage.config("")).await;
    let mut body = chat("bad/m");
    body["models"] = json!(["roomy/roomy", "plain"]);
    assert_eq!(said(&app.chat(&body).await), "roomy");
    body["model"] = json!("nobody-has-this");
    assert_eq!(said(&app.chat(&body).await), "roomy", "also where the first is unknown");
}

#[tokio::test]
async fn candidates_without_room_are_no_attempts() {
    let stage = Stage::new(Script::chat("never")).await;
    let full = "tags = [\"t\"]\n[models.config]\npriority = 9\ntokens_per_minute = 1";
    let config = ["a", "b", "c", "d"]
        .iter()
        .fold(stage.config(""), |config, name| config.model("bad", name, full))
        .model("plain", "last", "tags = [\"t\"]");
    let app = TestApp::start(&config).await;
    // The first call of each is let in: an empty bucket takes a call larger than itself.
    for _ in 0..4 {
        assert_eq!(said(&app.chat(&chat("tag:t")).await), "never");
    }
    let answer = app.chat(&chat("tag:t")).await;
    assert_eq!(said(&answer), "plain");
    assert_eq!(answer.header("x-llm-router-route"), Some("plain/last;attempts=1"));
}

#[tokio::test]
async fn an_aliass_lists_hold_whatever_it_stands_for() {
    let lists = "fallbacks = [\"plain\"], context_fallbacks = [\"roomy\"], \
                 content_fallbacks = [\"free\"]";
    let pair = "[[routing.pairs]]\nname = \"p\"\nstrong = \"bad/m\"\nweak = \"bad/m\"";
    for target in ["tag:t", "pair:p", "inner"] {
        let tables = format!(
            "[routing.aliases]\ninner = \"bad/m\"\nbest = {{ target = \"{target}\", {lists} }}\n\
             outer = \"best\"\n{pair}"
        );
        let stage = Stage::new(Script::status(500).json("{}")).await;
        let app = TestApp::start(&stage.config("tags = [\"t\"]").tables(&tables)).await;
        for (status, body, expected) in
            [(500, "{}", "plain"), (400, TOO_LONG, "roomy"), (400, POLICY, "free")]
        {
            stage.bad.set(Script::status(status).json(body));
            for alias in ["best", "outer"] {
                assert_eq!(said(&app.chat(&chat(alias)).await), expected, "{alias} for {target}");
            }
        }
    }
}

#[tokio::test]
async fn the_order_that_a_caller_wishes_for_comes_before_that_of_the_alias() {
    let stage = Stage::new(Script::chat("dear")).await;
    let config = stage
        .config(&prices(1.0))
        .model("plain", "cheap", &prices(0.1))
        .tables("[routing.aliases]\nbest = { target = \"tag:t\", strategy = \"priority\" }");
    let app = TestApp::start(&config).await;
    let mut body = chat("best");
    assert_eq!(said(&app.chat(&body).await), "dear");
    body["provider"] = json!({"sort": "price"});
    assert_eq!(said(&app.chat(&body).await), "plain");
}
