//! What calls cost, where the price is from, and how it is counted anew.

use serde_json::{Value, json};

use crate::support::{
    Config, Script, Step, TestApp, Upstream, chat, eventually, secs, streamed_chat,
};

/// 1 cent a prompt token, 10 a completion token, 0.1 a cached one, 20 a reasoning token.
const PRICED: &str = "[models.config]\ncost_per_1k_tokens = 10\ncost_per_1k_completion_tokens = 100\n\
    cost_per_1k_cached_tokens = 1\ncost_per_1k_reasoning_tokens = 200\n";

fn answer(usage: &str) -> Script {
    Script::chat_body(&format!(
        r#"{{"id":"a","object":"chat.completion","created":1,"model":"m","choices":[{{"index":0,"message":{{"role":"assistant","content":"hi"}},"finish_reason":"stop"}}]{usage}}}"#
    ))
}

fn list(rows: &[(&str, f64, f64)]) -> String {
    let row = |(name, input, output): &(&str, f64, f64)| {
        format!(
            "[[prices]]\nprovider = \"openai_compatible\"\nmatch = \"{name}\"\ninput_per_1m = {input}\n\
             output_per_1m = {output}\nsource = \"https://a.example/prices\"\nas_of = \"2026-11-01\"\n"
        )
    };
    rows.iter().map(row).collect()
}

fn toml(text: &str) -> Script {
    Script::status(200).body("application/toml", text)
}

async fn model_id(app: &TestApp, name: &str) -> i64 {
    app.get(&format!("/models/up/{name}")).await.json()["id"].as_i64().unwrap()
}

async fn sync_one(app: &TestApp, name: &str) -> Value {
    let path = format!("/pricing/sync/{}", model_id(app, name).await);
    app.post(&path, &json!({})).await.json()
}

#[tokio::test]
async fn each_kind_of_token_has_its_own_price_and_an_unknown_price_is_not_free() {
    let usage = r#","usage":{"prompt_tokens":100,"completion_tokens":10,"total_tokens":110,"prompt_tokens_details":{"cached_tokens":90},"completion_tokens_details":{"reasoning_tokens":4}}"#;
    let upstream = Upstream::start(answer(usage)).await;
    let free = "[models.config]\ncost_per_1k_tokens = 0\ncost_per_1k_completion_tokens = 0\n";
    let config = Config::new()
        .provider("up", &upstream.base_url())
        .model("up", "priced", PRICED)
        .model("up", "free", free)
        .model("up", "unknown", "");
    let app = TestApp::start(&config).await;
    for name in ["priced", "free", "unknown"] {
        assert_eq!(app.chat(&chat(&format!("up/{name}"))).await.status, 200);
    }
    let costs: Vec<Value> =
        app.records().await.iter().map(|record| record["cost"].clone()).collect();
    // 10 * 0.01 + 90 * 0.001 + 6 * 0.1 + 4 * 0.2
    assert_eq!(costs, [json!(1.59), json!(0.0), json!(null)]);
    let unpriced = app.get("/monitor/invocations?unpriced=true").await.json();
    assert_eq!(unpriced["items"][0]["model_name"], "unknown");
    assert_eq!(unpriced["total"], 1);
}

#[tokio::test]
async fn usage_that_was_not_told_is_estimated_and_costs() {
    let upstream = Upstream::start(answer("")).await;
    let app = TestApp::start(
        &Config::new().provider("up", &upstream.base_url()).model("up", "gpt-x", PRICED),
    )
    .await;
    assert_eq!(app.chat(&chat("up/gpt-x")).await.status, 200);
    let record = app.only_record().await;
    assert!(record["prompt_tokens"].as_u64().unwrap() > 0, "{record}");
    assert!(record["completion_tokens"].as_u64().unwrap() > 0, "{record}");
    assert!(record["cost"].as_f64().unwrap() > 0.0, "{record}");
}

/// Three texts, and then one of these ends.
async fn cut_off(step: Option<Step>) -> Value {
    let is_client = step.is_none();
    let script =
        Script::stream(&["The", " quick", " fox"]).after_frames(4, step.unwrap_or(Step::Stall));
    let upstream = Upstream::start(script).await;
    let config = Config::new()
        .provider("up", &upstream.base_url())
        .model("up", "gpt-x", PRICED)
        .tables("[timeouts]\nidle = 0.5");
    let app = TestApp::start(&config).await;
    let mut client = app.begin_chat(&streamed_chat("up/gpt-x")).await;
    client.read_head().await;
    for _ in 0..4 {
        client.read_frame().await;
    }
    if is_client {
        client.close();
        upstream.expect_closed_within(secs(1)).await;
    }
    eventually("the call is recorded", async || app.recorded_count().await == 1).await;
    app.only_record().await
}

#[tokio::test]
async fn whoever_cuts_a_stream_off_what_went_by_is_recorded_and_costs() {
    for step in [None, Some(Step::Reset), Some(Step::Stall)] {
        let record = cut_off(step).await;
        let cost = record["cost"].as_f64().unwrap_or_default();
        assert_ne!(record["status"], "success", "{record}");
        let (prompt, completion) = (
            record["prompt_tokens"].as_f64().unwrap_or_default(),
            record["completion_tokens"].as_f64().unwrap_or_default(),
        );
        assert!(prompt > 0.0 && completion == 3.0, "{record}");
        assert!((cost - prompt * 0.01 - completion * 0.1).abs() < 1e-9, "{record}");
    }
}

#[tokio::test]
async fn lists_propose_prices_and_a_model_takes_one_over_with_its_source() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let prices =
        Upstream::start(toml(&list(&[("gpt-x", 2_000.0, 8_000.0)]))).await.takes_anything();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("own.toml");
    std::fs::write(&file, list(&[("gpt-x", 7.0, 7.0), ("other", 3_000.0, 9_000.0)])).unwrap();
    let config = Config::new()
        .provider("up", &upstream.base_url())
        .tables(&format!(
            "[pricing]\nurl = \"http://{}/prices.toml\"\nfile = \"{}\"\n",
            prices.addr(),
            file.display()
        ))
        .model("up", "gpt-x", PRICED)
        .model("up", "other", "")
        .model("up", "nowhere", "");
    let app = TestApp::start(&config).await;
    let latest = app.get("/pricing/latest").await.json();
    assert_eq!(latest["openai_compatible"][0]["list"], "file", "nothing was fetched yet");
    assert!(latest["openai"].as_array().unwrap().len() > 20);

    let synced = app.post("/pricing/sync-all", &json!({})).await.json();
    assert_eq!(synced["success"], true, "{synced}");
    let results = &synced["results"];
    assert_eq!((&results["success"], &results["not_found"]), (&json!(2), &json!(1)), "{synced}");
    let source = async |name: &str| {
        let model = app.get(&format!("/models/up/{name}")).await.json();
        (model["config"]["cost_per_1k_tokens"].clone(), model["config"]["price_source"].clone())
    };
    let of_url = json!({"source": "url", "as_of": "2026-11-01"});
    let of_file = json!({"source": "file", "as_of": "2026-11-01"});
    assert_eq!(source("gpt-x").await, (json!(2.0), of_url));
    assert_eq!(source("other").await, (json!(3.0), of_file));
    let suggestions = app.get("/pricing/suggestions").await.json();
    for suggestion in suggestions.as_array().unwrap() {
        assert_eq!(suggestion["has_update"], false, "{suggestion}");
    }
    assert_eq!(app.chat(&chat("up/gpt-x")).await.status, 200);
    let cost = app.only_record().await["cost"].as_f64().unwrap();
    assert!((cost - (9.0 * 0.002 + 3.0 * 0.008)).abs() < 1e-9, "{cost}");

    // By hand again.
    let patch = json!({"config": {"cost_per_1k_tokens": 5}});
    assert_eq!(app.patch("/models/up/gpt-x", &patch).await.status, 200);
    assert_eq!(source("gpt-x").await, (json!(5.0), json!({"source": "api"})));
    let one = sync_one(&app, "nowhere").await;
    assert_eq!(one["success"], false);
    assert_eq!(app.post("/pricing/sync/4711", &json!({})).await.status, 404);
    let one = sync_one(&app, "gpt-x").await;
    assert_eq!(one["updated_pricing"]["input_price_per_1k"], 2.0);
}

#[tokio::test]
async fn a_list_that_cannot_be_had_changes_nothing_and_the_answer_says_why() {
    let long = "# no price\n".repeat(500_000);
    let good = list(&[("gpt-x", 1.0, 2.0)]);
    let cases = [
        (toml("<html>"), "not valid"),
        (toml(&good.replace("2026-11-01", "today")), "as_of"),
        (toml(&long), "more than"),
        (Script::status(404).json("{}"), "status 404"),
        (Script::status(302).header("location", "http://127.0.0.1:1/"), "status 302"),
        (Script::refuse_at_once(), "cannot be reached"),
        (toml(&good).cut_frame_in_half(1), "broke off"),
        (toml(&good).before_head(Step::Stall), "within 0.3 s"),
        (toml(&good).break_off_in_frame(1, vec![Step::Stall]), "within 0.3 s"),
    ];
    for (script, reason) in cases {
        let prices = Upstream::start(script).await.takes_anything();
        let config = Config::new()
            .provider("up", "http://127.0.0.1:1")
            .tables(&format!(
                "[timeouts]\nhead = 0.3\n[pricing]\nurl = \"http://{}/prices.toml\"\n",
                prices.addr()
            ))
            .model("up", "gpt-x", PRICED);
        let app = TestApp::start(&config).await;
        let refused = app.post("/pricing/sync-all", &json!({})).await;
        assert_eq!(refused.status, 502, "{reason}: {}", refused.text());
        assert!(refused.text().contains(reason), "{reason}: {}", refused.text());
        let model = app.get("/models/up/gpt-x").await.json();
        assert_eq!(model["config"]["cost_per_1k_tokens"], 10.0);
        assert_eq!(app.get("/pricing/latest").await.status, 200);
    }
}

#[tokio::test]
async fn calls_are_counted_anew_as_the_dry_run_said() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let config = Config::new()
        .provider("up", &upstream.base_url())
        .model("up", "gpt-x", PRICED)
        .model("up", "other", PRICED);
    let app = TestApp::start(&config).await;
    for _ in 0..3 {
        assert_eq!(app.chat(&chat("up/gpt-x")).await.status, 200);
    }
    assert_eq!(app.chat(&chat("up/other")).await.status, 200);
    assert_eq!(app.recorded_count().await, 4);
    for name in ["gpt-x", "other"] {
        let patch = json!({"config": {"cost_per_1k_tokens": 20}});
        assert_eq!(app.patch(&format!("/models/up/{name}"), &patch).await.status, 200);
    }
    let ask = |dry_run: bool| json!({"filters": {"model_name": "gpt-x"}, "dry_run": dry_run});
    let dry = app.post("/pricing/recompute", &ask(true)).await.json();
    // 9 prompt tokens at one cent and 3 completion tokens at ten.
    assert_eq!(dry, json!({"calls": 3, "before": 1.17, "after": 1.44}));
    assert_eq!(app.records().await[0]["cost"], 0.39, "nothing has changed");
    assert_eq!(app.events("prices.recomputed").await.len(), 0);
    let real = app.post("/pricing/recompute", &ask(false)).await.json();
    assert_eq!(real, dry);
    let costs: Vec<Value> =
        app.records().await.iter().map(|record| record["cost"].clone()).collect();
    assert_eq!(costs, [json!(0.48), json!(0.48), json!(0.48), json!(0.39)]);
    assert_eq!(app.events("prices.recomputed").await.len(), 1);
    let again = app.post("/pricing/recompute", &ask(false)).await.json();
    assert_eq!(again, json!({"calls": 0, "before": 0.0, "after": 0.0}));
    for bad in [
        json!({"filters": {"modle": "x"}}),
        json!({"filters": {"model_id": [1]}}),
        json!({"filters": {"status": "fine"}}),
        json!({"filters": 5}),
        json!({"dryrun": true}),
    ] {
        assert_eq!(app.post("/pricing/recompute", &bad).await.status, 400, "{bad}");
    }
}
