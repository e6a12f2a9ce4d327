//! Providers managed over REST, together with those of the file.

use serde_json::{Value, json};

use crate::support::app::Setup;
use crate::support::{Config, Script, TestApp, Upstream, chat, eventually};

async fn upstream(says: &str) -> Upstream {
    Upstream::start(Script::chat(says)).await
}

fn provider(name: &str, upstream: &Upstream) -> Value {
    json!({"name": name, "type": "openai_compatible", "base_url": upstream.base_url()})
}

async fn said(app: &TestApp, model: &str) -> String {
    let answer = app.chat(&chat(model)).await.json();
    answer["choices"][0]["message"]["content"].as_str().unwrap_or_default().to_owned()
}

/// Saves the text and waits until it is taken.
async fn save(app: &TestApp, text: &str) {
    let before = app.generation();
    std::fs::write(app.config_path(), text).unwrap();
    eventually("the file is taken", async || app.generation() > before).await;
}

#[tokio::test]
async fn a_provider_is_created_replaced_changed_and_deleted_and_serves_at_once() {
    let (one, other) = (upstream("one").await, upstream("other").await);
    let app = TestApp::start(&Config::with(&one)).await;
    let created = app.post("/providers", &provider("mine", &one)).await;
    assert_eq!(created.status, 201, "{}", created.text());
    let view = created.json();
    assert_eq!((&view["name"], &view["origin"]), (&json!("mine"), &json!("api")));
    assert_eq!((&view["has_key"], &view["health"]), (&json!(false), &json!("ready")));
    assert_eq!(app.get("/providers/mine").await.json(), view);

    let model = app.post("/models", &json!({"name": "m", "provider": "mine"})).await;
    assert_eq!(model.status, 201, "{}", model.text());
    assert_eq!(said(&app, "mine/m").await, "one");

    let replaced = app.post("/providers", &provider("mine", &other)).await;
    assert_eq!(replaced.status, 200, "{}", replaced.text());
    assert_eq!(said(&app, "mine/m").await, "other");

    let patch = json!({"is_active": false, "settings": {"timeout": 7, "max_connections": 3}});
    assert_eq!(app.patch("/providers/mine", &patch).await.status, 200);
    assert_eq!(app.chat(&chat("mine/m")).await.status, 404);
    let patch = json!({"is_active": true, "settings": {"timeout": null}});
    let patched = app.patch("/providers/mine", &patch).await.json();
    assert_eq!(patched["settings"], json!({"max_connections": 3}), "null clears, the rest stays");
    assert_eq!(said(&app, "mine/m").await, "other");

    let refused = app.delete("/providers/mine").await;
    assert_eq!((refused.status, &refused.json()["code"]), (409, &json!("provider_in_use")));
    assert!(refused.text().contains("mine/m") && refused.text().contains("force=true"));
    let deleted = app.delete("/providers/mine?force=true").await;
    assert_eq!(deleted.json()["deleted"], json!(["mine/m", "mine"]), "{}", deleted.text());
    assert_eq!(app.get("/providers/mine").await.status, 404);
    assert_eq!(app.delete("/providers/mine").await.status, 404);
    assert_eq!(app.patch("/providers/mine", &json!({})).await.status, 404);

    let calls = app.records().await;
    assert!(calls.iter().any(|call| call["model_name"] == "m"), "its calls stay readable");
    let again = app.post("/providers", &provider("mine", &one)).await.json();
    assert_ne!(again["id"], view["id"], "no id is given twice");
}

#[tokio::test]
async fn each_change_is_noted_with_what_was_before_and_after() {
    let upstream = upstream("hi").await;
    let app = TestApp::start(&Config::with(&upstream)).await;
    app.post("/providers", &provider("mine", &upstream)).await;
    app.patch("/providers/mine", &json!({"is_active": false, "settings": {"timeout": 5}})).await;
    app.patch("/providers/mine", &json!({"is_active": false})).await;
    app.delete("/providers/mine").await;
    let events = app.events("provider").await;
    let summaries: Vec<&str> = events.iter().map(|it| it["summary"].as_str().unwrap()).collect();
    assert_eq!(
        summaries,
        [
            "provider `mine` was created",
            "provider `mine` was changed: is_active, settings.timeout",
            "provider `mine` was deleted"
        ],
        "what changes nothing is no event"
    );
    assert!(events.iter().all(|event| event["actor"] == "local" && event["subject"] == "mine"));
    assert_eq!(events[0]["before"], json!(null));
    let (before, after) = (&events[1]["before"], &events[1]["after"]);
    assert_eq!((&before["is_active"], &after["is_active"]), (&json!(true), &json!(false)));
    assert_eq!((&before["settings"], &after["settings"]), (&json!({}), &json!({"timeout": 5.0})));
    assert_eq!((&events[2]["before"], &events[2]["after"]), (after, &json!(null)));
}

#[tokio::test]
async fn an_edit_of_the_files_entry_stands_until_the_file_edits_that_entry() {
    let (one, other) = (upstream("one").await, upstream("other").await);
    let config = Config::with(&one);
    let app = TestApp::start(&config).await;
    let patched = app.patch("/providers/up", &json!({"base_url": other.base_url()})).await;
    assert_eq!((patched.status, &patched.json()["origin"]), (200, &json!("file")));
    assert_eq!(said(&app, "gpt-x").await, "other");

    let sync = app.post("/config/sync", &json!({})).await.json();
    assert_eq!(sync["kept"], json!(["up", "up/gpt-x"]));
    save(&app, &config.clone().model("up", "new", "").text()).await;
    assert_eq!(said(&app, "new").await, "other", "another entry was edited");

    let (folder, _) = tokio::task::spawn_blocking(move || app.stop()).await.unwrap();
    let app = Setup::default().start_in(folder).await.unwrap();
    assert_eq!(said(&app, "gpt-x").await, "other", "it stands over a restart");

    let edited = config.text().replace("name = \"up\"\n", "name = \"up\"\nis_active = true\n");
    save(&app, &edited.replace("is_active = true", "settings.timeout = 9")).await;
    assert_eq!(said(&app, "gpt-x").await, "one");
}

#[tokio::test]
async fn what_is_deleted_of_the_file_stays_away_until_the_file_edits_it() {
    let upstream = upstream("hi").await;
    let config = Config::with(&upstream);
    let app = TestApp::start(&config).await;
    assert_eq!(app.delete("/providers/up?force=true").await.status, 200);
    let sync = app.post("/config/sync", &json!({})).await.json();
    assert_eq!((&sync["added"], &sync["kept"]), (&json!([]), &json!(["up", "up/gpt-x"])));
    assert_eq!(app.get("/providers").await.json(), json!([]));

    save(&app, &config.clone().model("up", "new", "").text()).await;
    assert_eq!(
        said(&app, "new").await,
        "hi",
        "the provider comes back with a new model of the file"
    );
    assert_eq!(app.chat(&chat("gpt-x")).await.status, 404, "the deleted model does not");

    app.delete("/providers/up?force=true").await;
    let again = app.post("/providers", &provider("up", &upstream)).await.json();
    assert_eq!(again["origin"], "file", "until the file says something else of it");
    save(&app, Config::new().text().as_str()).await;
    assert_eq!(app.get("/providers/up").await.json()["is_active"], false);
    save(&app, &config.text()).await;
    assert_eq!(said(&app, "gpt-x").await, "hi", "what left the file and is in it again is new");
}

#[tokio::test]
async fn an_entry_that_has_left_the_file_becomes_the_apis_when_it_is_edited() {
    let upstream = upstream("hi").await;
    let app = TestApp::start(&Config::with(&upstream)).await;
    save(&app, Config::new().text().as_str()).await;
    let patched = app.patch("/providers/up", &json!({"is_active": true})).await.json();
    assert_eq!((&patched["origin"], &patched["is_active"]), (&json!("api"), &json!(true)));
    app.post("/config/sync", &json!({})).await;
    assert_eq!(app.get("/providers/up").await.json()["is_active"], true);
}

#[tokio::test]
async fn a_bad_body_is_a_400_that_names_the_field() {
    let upstream = upstream("hi").await;
    let app = TestApp::start(&Config::with(&upstream)).await;
    let url = upstream.base_url();
    for (body, param, part) in [
        (json!({}), "name", "`name` is missing"),
        (json!({"name": "a", "type": "opnai"}), "type", "did you mean `openai`?"),
        (json!({"name": "a/b", "type": "openai"}), "name", "must not contain `/`"),
        (
            json!({"name": "a", "type": "openai", "baseurl": url}),
            "baseurl",
            "did you mean `base_url`?",
        ),
        (
            json!({"name": "a", "type": "openai", "base_url": "ftp://x"}),
            "base_url",
            "http or https",
        ),
        (
            json!({"name": "a", "type": "openai", "base_url": "http://k@x"}),
            "base_url",
            "a key belongs",
        ),
        (json!({"name": "a", "type": "openai", "base_url": "http://x?k=1"}), "base_url", "a query"),
        (
            json!({"name": "a", "type": "openai", "settings": {"timeout": "5"}}),
            "settings.timeout",
            "must be a number",
        ),
        (
            json!({"name": "a", "type": "openai", "api_key_env": "PATH"}),
            "api_key_env",
            "router.toml only",
        ),
        (json!({"name": "a", "type": "openai", "has_key": true}), "has_key", "set by the router"),
    ] {
        let refused = app.post("/providers", &body).await;
        let answer = refused.json();
        assert_eq!((refused.status, &answer["param"]), (400, &json!(param)), "{}", refused.text());
        assert!(answer["detail"].as_str().unwrap().contains(part), "{part}: {}", refused.text());
    }
    let renamed = app.patch("/providers/up", &json!({"name": "down"})).await;
    assert_eq!((renamed.status, &renamed.json()["param"]), (400, &json!("name")));
    let cleared = app.patch("/providers/up", &json!({"base_url": null})).await;
    assert_eq!((cleared.status, &cleared.json()["param"]), (400, &json!("base_url")));
    let list = app.post("/providers", &json!([1])).await;
    assert_eq!(list.status, 400, "{}", list.text());
    let path = "/providers";
    let typed = crate::support::client::request(app.addr, "POST", path, &[], b"{}").await;
    assert_eq!(typed.status, 415);
    assert_eq!(app.delete("/providers/up?forse=true").await.status, 400);
    assert_eq!(app.get("/providers").await.json().as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_change_keeps_the_state_of_what_it_does_not_touch() {
    let upstream = Upstream::sequence(vec![Script::status(500), Script::chat("hi")]).await;
    let touchy =
        "[routing]\nretries = 0\n[routing.circuit]\nfailures = 1\nrest = 3600\nmax_rest = 3600\n";
    let limit = "[models.rate_limit]\nmax_requests = 1\nper_seconds = 3600";
    let config = Config::with(&upstream).model("up", "limited", limit).routing(touchy);
    let app = TestApp::start(&config).await;
    assert_eq!(app.chat(&chat("gpt-x")).await.status, 502);
    assert_eq!(app.chat(&chat("limited")).await.status, 200);

    app.post("/models", &json!({"name": "more", "provider": "up"})).await;
    app.patch("/providers/up", &json!({"is_active": true, "settings": {}})).await;
    assert_eq!(app.chat(&chat("gpt-x")).await.status, 502);
    assert_eq!(upstream.request_count(), 2, "it rests on");
    assert_eq!(app.chat(&chat("limited")).await.status, 429, "its bucket is still empty");
}

#[tokio::test]
async fn changes_and_reloads_at_the_same_time_lose_nothing() {
    let upstream = upstream("hi").await;
    let config = Config::with(&upstream);
    let app = TestApp::start(&config).await;
    let app = &app;
    let changes = (0..20).map(async |number| {
        let name = format!("p{number}");
        assert_eq!(app.post("/providers", &provider(&name, &upstream)).await.status, 201);
        let model = json!({"name": format!("m{number}"), "provider": name});
        assert_eq!(app.post("/models", &model).await.status, 201);
    });
    let reloads = (0..20).map(async |number| {
        let text = config.clone().model("up", &format!("f{number}"), "").text();
        std::fs::write(app.config_path(), text).unwrap();
        assert_eq!(app.post("/config/sync", &json!({})).await.status, 200);
    });
    let (changes, reloads): (Vec<_>, Vec<_>) = (changes.collect(), reloads.collect());
    futures_util::future::join(
        futures_util::future::join_all(changes),
        futures_util::future::join_all(reloads),
    )
    .await;
    for number in 0..20 {
        assert_eq!(said(app, &format!("p{number}/m{number}")).await, "hi");
    }
    assert_eq!(said(app, "gpt-x").await, "hi");
}
