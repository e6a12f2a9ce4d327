//! What pages of the console read beside lists: the state of models, where names lead, prices of an
//! explanation, the use of keys, and the journal by several kinds.

use serde_json::{Value, json};

use crate::support::client::request;
use crate::support::{Config, Script, TestApp, Upstream, chat};

const USER: &str = "sk-the-key-of-a-user";

async fn as_user(app: &TestApp, path: &str) -> Value {
    let headers = [("host", "router.example"), ("x-api-key", USER)];
    let answer = request(app.addr, "GET", path, &headers, b"").await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

#[tokio::test]
async fn a_model_shows_its_limits_its_price_and_what_is_built_in() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let lines = "remote_identifier = \"claude-opus-4-8\"\n[models.rate_limit]\nmax_requests = 2\n\
        per_seconds = 3600\n[models.config]\nmax_concurrent = 7\ntakes_images = false\n\
        cost_per_1k_tokens = 0.5\n";
    let app = TestApp::start(&Config::with(&upstream).model("up", "m", lines)).await;
    assert_eq!(app.chat(&chat("m")).await.status, 200);
    let state = app.get("/models/up/m").await.json()["state"].take();
    assert_eq!(
        state["limits"],
        json!([
            {"of": "concurrency", "limit": 7, "remaining": 7},
            {"of": "requests", "limit": 2, "remaining": 1},
        ])
    );
    assert_eq!((&state["circuit"], &state["in_flight"]), (&json!("closed"), &json!(0)));
    assert_eq!(state["price"]["input_per_1m"], 500.0);
    assert_eq!(state["price"]["output_per_1m"], Value::Null);
    assert_eq!(state["price"]["source"], "router.toml");
    let capabilities = &state["capabilities"];
    assert_eq!(capabilities["built_in"]["takes_images"], true);
    assert_eq!(capabilities["effective"]["takes_images"], false);
    assert_eq!(capabilities["effective"]["thinking"], "adaptive");
    let unknown = app.get("/models/up/gpt-x").await.json()["state"].take();
    assert_eq!((&unknown["price"], &unknown["limits"]), (&Value::Null, &json!([])));
}

#[tokio::test]
async fn every_name_leads_to_its_models_and_a_user_sees_its_own() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let routing = "[routing]\nstrategy = \"weighted\"\n[routing.aliases]\n\
        fast = { target = \"tag:quick\", strategy = \"sticky\", fallbacks = [\"up/big\"] }\n\
        nowhere = \"no-such-model\"\n\
        [[routing.pairs]]\nname = \"mix\"\nstrong = \"up/big\"\nweak = \"up/small\"\n";
    let key =
        format!("[[api_keys]]\nkey = \"{USER}\"\nname = \"user\"\nallowed_models = [\"small\"]\n");
    let config = Config::with(&upstream)
        .routing(routing)
        .tables(&key)
        .model(
            "up",
            "small",
            "tags = [\"quick\"]\nconfig.weight = 3\nconfig.fallbacks = [\"fast\"]",
        )
        .model("up", "big", "config.priority = 5");
    let app = TestApp::start(&config).await;
    let all = app.get("/route/targets").await.json();
    assert_eq!(all["strategy"], "weighted");
    let names: Vec<&str> =
        all["targets"].as_array().unwrap().iter().map(|it| it["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["fast", "pair:mix", "tag:quick", "auto"], "nowhere leads nowhere");
    let alias = &all["targets"][0];
    assert_eq!((&alias["kind"], &alias["target"]), (&json!("alias"), &json!("tag:quick")));
    assert_eq!((&alias["strategy"], &alias["models"]), (&json!("sticky"), &json!(["up/small"])));
    assert_eq!(alias["fallbacks"]["usual"], json!([{"name": "up/big", "models": ["up/big"]}]));
    let pair = &all["targets"][1];
    assert_eq!((&pair["strong"], &pair["weak"]), (&json!("up/big"), &json!("up/small")));
    assert_eq!(pair["models"].as_array().unwrap().len(), 2);
    let models = all["models"].as_array().unwrap();
    let small = models.iter().find(|model| model["name"] == "up/small").unwrap();
    assert_eq!((&small["weight"], &small["circuit"]), (&json!(3.0), &json!("closed")));
    assert_eq!(small["fallbacks"]["usual"][0]["name"], "fast");

    let own = as_user(&app, "/route/targets").await;
    assert!(!own.to_string().contains("up/big") && !own.to_string().contains("gpt-x"), "{own}");
    let models = own["models"].as_array().unwrap();
    assert_eq!(models.len(), 1, "{own}");
    let ids = as_user(&app, "/v1/models").await;
    let ids: Vec<_> = ids["data"].as_array().unwrap().iter().map(|it| it["id"].clone()).collect();
    assert_eq!(ids, ["up/small", "fast", "pair:mix"]);
}

#[tokio::test]
async fn an_explanation_estimates_the_prompt_at_each_candidate() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let config = Config::with(&upstream)
        .model(
            "up",
            "dear",
            "tags = [\"t\"]\n[models.config]\ncost_per_1k_tokens = 1\npriority = 2",
        )
        .model("up", "unknown", "tags = [\"t\"]");
    let app = TestApp::start(&config).await;
    for body in [chat("tag:t"), json!({"query": {"tags": ["t"]}, "request": {"prompt": "hi"}})] {
        let explained = app.post("/route/explain", &body).await.json();
        let tokens = explained["prompt_tokens"].as_f64().unwrap();
        let [dear, unknown] = [0, 1].map(|place| explained["estimates"][place].clone());
        assert_eq!((&dear["model"], &unknown["model"]), (&json!("up/dear"), &json!("up/unknown")));
        let cost = dear["prompt_cost"].as_f64().unwrap();
        assert!((cost - tokens / 1000.0).abs() < 1e-9, "{explained}");
        assert_eq!((&unknown["prompt_cost"], &unknown["price"]), (&Value::Null, &Value::Null));
        assert_eq!(explained["candidates"].as_array().unwrap().len(), 2);
    }
    let none = app.post("/route/explain", &chat("nobody")).await.json();
    assert_eq!(none["estimates"], json!([]), "{none}");
}

#[tokio::test]
async fn a_key_shows_what_is_left_and_when_it_was_last_used() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let key = format!(
        "[[api_keys]]\nkey = \"{USER}\"\nname = \"user\"\nrequests_per_minute = 5\n\
         [api_keys.budget]\nusd = 2\nper = \"day\"\n"
    );
    let priced =
        "[models.config]\ncost_per_1k_tokens = 0.001\ncost_per_1k_completion_tokens = 0.001";
    let config = Config::new().provider("up", &upstream.base_url()).model("up", "gpt-x", priced);
    let app = TestApp::start(&config.tables(&key)).await;
    let key = async || app.get("/api-keys").await.json()[0].clone();
    let before = key().await;
    assert_eq!(before["last_used_at"], Value::Null);
    assert_eq!(
        (&before["left"]["budget"]["usd"], &before["left"]["budget"]["per"]),
        (&json!(2.0), &json!("day"))
    );
    assert!(before["left"]["budget"]["starts_anew_at"].is_string(), "{before}");
    let headers = [("x-api-key", USER), ("content-type", "application/json")];
    let body = chat("gpt-x").to_string();
    let path = "/v1/chat/completions";
    assert_eq!(request(app.addr, "POST", path, &headers, body.as_bytes()).await.status, 200);
    let record = app.only_record().await;
    let after = key().await;
    assert_eq!(after["last_used_at"], record["started_at"]);
    assert_eq!(after["left"]["requests_this_minute"], 4);
    assert_eq!(app.get("/api-keys/1").await.json()["last_used_at"], record["started_at"]);
}

#[tokio::test]
async fn the_journal_is_read_by_several_kinds_and_by_who_did_it() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let app = TestApp::start(&Config::with(&upstream)).await;
    app.patch("/models/up/gpt-x", &json!({"display_name": "X"})).await;
    app.post("/config/sync", &json!({})).await;
    app.patch("/providers/up", &json!({"settings": {"timeout": 5}})).await;
    let both = app.events("provider,model.changed").await;
    let kinds: Vec<_> = both.iter().map(|event| event["kind"].clone()).collect();
    assert_eq!(kinds, ["model.changed", "provider.changed"]);
    let by = |actor: &str| format!("/events?kind=config&actor={actor}");
    for (actor, count) in [("local", 1), ("file", 1), ("nobody", 0)] {
        let events = app.get(&by(actor)).await.json();
        assert_eq!(events["items"].as_array().unwrap().len(), count, "{actor}: {events}");
    }
    let wrong = app.get("/events?kind=config,nothing").await;
    assert_eq!((wrong.status, &wrong.json()["param"]), (400, &json!("kind")));
}

#[tokio::test]
async fn the_databases_figures_tell_its_oldest_call_and_what_is_kept() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let config =
        Config::with(&upstream).tables("[recording]\nkeep_days = 90\nmax_size = \"1GB\"\n");
    let app = TestApp::start(&config).await;
    let database = async || app.get("/health/detail").await.json()["database"].take();
    let before = database().await;
    assert_eq!(before["oldest_call_at"], Value::Null);
    let expected =
        json!({"keep_days": 90, "keep_bodies_days": null, "max_size_bytes": 1_000_000_000});
    assert_eq!(before["retention"], expected);
    app.chat(&chat("gpt-x")).await;
    let record = app.only_record().await;
    assert_eq!(database().await["oldest_call_at"], record["started_at"]);
}

#[tokio::test]
async fn what_runs_is_shown_in_the_shape_of_the_file_without_secrets() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let key = format!("[[api_keys]]\nkey = \"{USER}\"\nname = \"user\"\n");
    let tables = "[timeouts]\nhead = 7\n[recording]\nredact = [\"no-[0-9]+\"]\n[pricing]\n\
        url = \"https://prices.example/list?token=sk-in-a-query\"\n[telemetry]\n\
        otlp_endpoint = \"http://127.0.0.1:9\"\notlp_headers = { x-key = \"sk-of-a-collector\" }\n";
    let lines =
        "api_key = \"sk-upstream\"\n[providers.settings]\nheaders = { x-team = \"sk-team\" }";
    let config = Config::new()
        .tables(tables)
        .tables(&key)
        .provider_with("up", &upstream.base_url(), lines)
        .model("up", "gpt-x", "tags = [\"t\"]");
    let app = TestApp::start(&config).await;
    let answer = app.get("/config").await;
    let shown = answer.json();
    assert_eq!(answer.status, 200, "{shown}");
    assert!(!answer.text().contains("sk-"), "{shown}");
    assert_eq!(
        (&shown["timeouts"]["head"], &shown["timeouts"]["idle"]),
        (&json!(7.0), &json!(120.0))
    );
    assert_eq!(shown["recording"]["redact"], json!(["no-[0-9]+"]));
    assert_eq!(shown["pricing"]["url"], "https://prices.example/list?[hidden]");
    assert_eq!(shown["telemetry"]["otlp_headers"], json!({"x-key": "[hidden]"}));
    assert_eq!(shown["server"]["workers"], 2);
    assert_eq!(shown["routing"]["max_attempts"], 3);
    let provider = &shown["providers"][0];
    assert_eq!((&provider["name"], &provider["api_key"]), (&json!("up"), &json!("[hidden]")));
    assert_eq!(provider["settings"]["headers"]["x-team"], "[hidden]");
    assert_eq!(
        (&shown["models"][0]["tags"], &shown["api_keys"][0]["name"]),
        (&json!(["t"]), &json!("user"))
    );
    app.patch("/models/up/gpt-x", &json!({"tags": ["u"]})).await;
    assert_eq!(app.get("/config").await.json()["models"][0]["tags"], json!(["u"]));
}
