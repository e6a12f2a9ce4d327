//! Pairs of a strong and a weak model: judged by the rules or by an analyzer, and explained.

use serde_json::{Value, json};

use crate::support::app::said;
use crate::support::{Config, Script, Step, TestApp, Upstream, chat};

const HARD: &str = "Prove that there are infinitely many primes, step by step, and analyze why the \
                    proof by contradiction is needed. Then design an algorithm and debug this code.";

fn asked(text: &str) -> Value {
    json!({"model": "pair:p", "messages": [{"role": "user", "content": text}]})
}

struct Stage {
    strong: Upstream,
    weak: Upstream,
    analyzer: Upstream,
}

impl Stage {
    async fn new() -> Self {
        Self {
            strong: Upstream::start(Script::chat("from the strong one")).await,
            weak: Upstream::start(Script::chat("from the weak one")).await,
            analyzer: Upstream::start(Script::chat("strong")).await,
        }
    }

    fn config(&self, further: &str) -> Config {
        Config::new()
            .provider("s", &self.strong.base_url())
            .provider("w", &self.weak.base_url())
            .provider("a", &self.analyzer.base_url())
            .model("s", "big", "")
            .model("w", "small", "")
            .model("a", "judge", "")
            .tables(&format!(
                "[[routing.pairs]]\nname = \"p\"\nstrong = \"s/big\"\nweak = \"small\"\n{further}"
            ))
    }
}

#[tokio::test]
async fn an_easy_prompt_goes_to_the_weak_model_and_a_hard_one_to_the_strong_one() {
    let stage = Stage::new().await;
    let app = TestApp::start(&stage.config("[routing.aliases]\nsmart = \"pair:p\"")).await;
    assert_eq!(said(&app.chat(&asked("hi")).await), "from the weak one");
    assert_eq!(said(&app.chat(&asked(HARD)).await), "from the strong one");
    assert_eq!(said(&app.chat(&chat("smart")).await), "from the weak one");
    let explained = app.post("/route/explain", &asked(HARD)).await.json();
    let pair = &explained["pair"];
    assert_eq!((&pair["side"], &pair["judge"]), (&json!("strong"), &json!("rules")));
    assert!(pair["score"].as_f64().unwrap() >= 0.5, "{pair}");
    assert!(!pair["reasons"].as_array().unwrap().is_empty(), "{pair}");
    assert_eq!(explained["candidates"][0]["model"], "s/big");
    assert_eq!(explained["candidates"][1]["model"], "w/small");
}

#[tokio::test]
async fn the_other_side_serves_when_one_cannot() {
    let stage = Stage::new().await;
    let app = TestApp::start(&stage.config("")).await;
    stage.weak.set(Script::status(500).json("{}"));
    assert_eq!(said(&app.chat(&asked("hi")).await), "from the strong one");
    let record = app.only_record().await;
    assert_eq!((&record["requested"], &record["attempts"]), (&json!("pair:p"), &json!(2)));
}

#[tokio::test]
async fn the_error_for_an_unknown_pair_lists_the_known_ones() {
    let stage = Stage::new().await;
    let app = TestApp::start(&stage.config("")).await;
    let answer = app.chat(&chat("pair:q")).await;
    assert_eq!(answer.status, 404);
    assert!(answer.text().contains("pair:p"), "{}", answer.text());
    let listed = app.get("/v1/models").await.json();
    assert!(listed["data"].as_array().unwrap().iter().any(|model| model["id"] == "pair:p"));
}

#[tokio::test]
async fn an_analyzer_judges_in_a_call_of_its_own_with_its_own_record() {
    let stage = Stage::new().await;
    let app = TestApp::start(&stage.config("analyzer_model = \"a/judge\"")).await;
    assert_eq!(said(&app.chat(&asked("hi")).await), "from the strong one");
    let question = stage.analyzer.requests().remove(0).json();
    assert_eq!(question["messages"][1]["content"].as_str().unwrap().trim(), "hi");
    let records = app.records().await;
    let endpoints: Vec<_> = records.iter().map(|record| record["endpoint"].clone()).collect();
    assert_eq!(endpoints, [json!("chat"), json!("analyzer")], "it begins later");
    assert_eq!(records[0]["request_id"], records[1]["request_id"]);
    let id = &records[0]["id"];
    let route = app.get(&format!("/monitor/invocations/{id}")).await.json()["route"].clone();
    assert_eq!(route["pair"]["judge"], "analyzer");
}

#[tokio::test]
async fn tags_of_a_header_narrow_the_sides_and_not_the_analyzer() {
    let stage = Stage::new().await;
    let config =
        stage.config("analyzer_model = \"a/judge\"").model("s", "tagged", "tags = [\"t\"]");
    let config = config.tables("[[routing.pairs]]\nname = \"q\"\nstrong = \"s/tagged\"\nweak = \"small\"\nanalyzer_model = \"judge\"");
    let app = TestApp::start(&config).await;
    let mut body = asked("hi");
    body["model"] = json!("pair:q");
    let headers = [("content-type", "application/json"), ("x-llm-router-tags", "t")];
    let body = serde_json::to_vec(&body).unwrap();
    let path = "/v1/chat/completions";
    let answer = crate::support::client::request(app.addr, "POST", path, &headers, &body).await;
    assert_eq!(answer.header("x-llm-router-route"), Some("s/tagged;attempts=1"));
    assert_eq!(stage.analyzer.request_count(), 1);
}

#[tokio::test]
async fn an_analyzer_that_is_late_or_says_nonsense_leaves_it_to_the_configured_side() {
    let stage = Stage::new().await;
    let further =
        "analyzer_model = \"judge\"\nanalyzer_timeout = 0.2\nanalyzer_fallback = \"weak\"";
    let app = TestApp::start(&stage.config(further)).await;
    for script in [
        Script::chat("late").before_head(Step::Stall),
        Script::chat("I would rather not say"),
        Script::status(500).json("{}"),
    ] {
        stage.analyzer.set(script);
        assert_eq!(said(&app.chat(&asked(HARD)).await), "from the weak one");
    }
    let records = app.records().await;
    let of_chat = records.iter().rfind(|record| record["endpoint"] == "chat");
    let id = of_chat.unwrap()["id"].clone();
    let route = app.get(&format!("/monitor/invocations/{id}")).await.json()["route"].clone();
    assert_eq!(route["pair"]["judge"], "fallback");
    assert!(route["pair"]["reasons"][0].as_str().unwrap().contains("answered 500"), "{route}");
}
