//! Models managed over REST, together with those of the file.

use serde_json::json;

use crate::support::{Config, Script, TestApp, Upstream, chat};

async fn app() -> (Upstream, TestApp) {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let app = TestApp::start(&Config::with(&upstream)).await;
    (upstream, app)
}

#[tokio::test]
async fn a_model_is_created_replaced_changed_and_deleted_and_serves_at_once() {
    let (upstream, app) = app().await;
    let body = json!({
        "name": "z-ai/glm-5.3", "provider": "up", "remote_identifier": "glm", "tags": ["fast", "coding"],
        "default_params": {"temperature": 0.5}, "config": {"context_window": "128k", "cost_per_1k_tokens": 1},
        "rate_limit": {"max_requests": 100, "per_seconds": 1},
    });
    let created = app.post("/models", &body).await;
    assert_eq!(created.status, 201, "{}", created.text());
    let view = created.json();
    assert_eq!(app.get("/models/up/z-ai/glm-5.3").await.json(), view);
    assert_eq!((&view["tags"], &view["origin"]), (&json!(["coding", "fast"]), &json!("api")));
    assert_eq!(
        (&view["config"]["context_window"], &view["rate_limit"]["burst_size"]),
        (&json!(128_000), &json!(100))
    );
    assert_eq!(app.chat(&chat("tag:fast")).await.status, 200);
    assert_eq!(upstream.requests()[0].json()["model"], "glm");
    assert_eq!(upstream.requests()[0].json()["temperature"], 0.5);

    let patch = json!({
        "remote_identifier": null, "tags": ["slow"], "rate_limit": null,
        "config": {"priority": 3, "cost_per_1k_tokens": null}, "default_params": {"top_p": 0.1},
    });
    let patched = app.patch("/models/up/z-ai/glm-5.3", &patch).await.json();
    assert_eq!((&patched["id"], &patched["tags"]), (&view["id"], &json!(["slow"])));
    assert_eq!(patched["config"], json!({"context_window": 128_000, "priority": 3}));
    assert_eq!(patched["default_params"], json!({"temperature": 0.5, "top_p": 0.1}));
    assert_eq!(
        (&patched["rate_limit"], &patched["remote_identifier"]),
        (&json!(null), &json!(null))
    );
    assert_eq!(app.chat(&chat("tag:slow")).await.status, 200);
    assert_eq!(upstream.requests()[1].json()["model"], "z-ai/glm-5.3");

    let replaced =
        app.post("/models", &json!({"name": "z-ai/glm-5.3", "provider_name": "up"})).await;
    assert_eq!((replaced.status, &replaced.json()["tags"]), (200, &json!([])));

    let deleted = app.delete("/models/up/z-ai/glm-5.3").await;
    assert_eq!((deleted.status, &deleted.json()["deleted"]), (200, &json!(["up/z-ai/glm-5.3"])));
    for answer in [
        app.get("/models/up/z-ai/glm-5.3").await,
        app.delete("/models/up/z-ai/glm-5.3").await,
        app.patch("/models/up/z-ai/glm-5.3", &json!({})).await,
    ] {
        assert_eq!((answer.status, &answer.json()["code"]), (404, &json!("model_not_found")));
    }
    let calls = app.records().await;
    assert_eq!((calls.len(), &calls[0]["model_id"]), (2, &view["id"]));
    let again = app.post("/models", &body).await.json();
    assert_ne!(again["id"], view["id"], "calls of the former one are not its own");

    let events = app.events("model").await;
    let kinds: Vec<&str> = events.iter().map(|event| event["kind"].as_str().unwrap()).collect();
    assert_eq!(
        kinds,
        ["model.created", "model.changed", "model.changed", "model.deleted", "model.created"]
    );
    let summary = events[1]["summary"].as_str().unwrap();
    assert!(summary.contains("config.priority") && summary.contains("tags"), "{summary}");
}

#[tokio::test]
async fn an_edit_of_the_files_model_stands_until_the_file_edits_it() {
    let (upstream, app) = app().await;
    let patched =
        app.patch("/models/up/gpt-x", &json!({"display_name": "X", "is_active": false})).await;
    assert_eq!(patched.json()["origin"], "file", "{}", patched.text());
    assert_eq!(app.chat(&chat("gpt-x")).await.status, 404);
    let sync = app.post("/config/sync", &json!({})).await.json();
    assert_eq!(sync["kept"], json!(["up", "up/gpt-x"]));
    assert_eq!(app.get("/models/up/gpt-x").await.json()["display_name"], "X");
    let edited = Config::with(&upstream)
        .text()
        .replace("name = \"gpt-x\"\n", "name = \"gpt-x\"\ntags = [\"a\"]\n");
    app.reconfigure(&edited).await;
    let model = app.get("/models/up/gpt-x").await.json();
    assert_eq!((&model["display_name"], &model["is_active"]), (&json!(null), &json!(true)));
}

#[tokio::test]
async fn a_bad_body_is_a_400_that_names_the_field() {
    let (_upstream, app) = app().await;
    for (body, param, part) in [
        (json!({"name": "m"}), "provider", "`provider` is missing"),
        (json!({"name": "m", "provider": "upp"}), "provider", "did you mean `up`?"),
        (
            json!({"name": "m", "provider": "up", "provider_name": "down"}),
            "provider",
            "two providers",
        ),
        (json!({"name": "m", "provider": "up", "tag": ["a"]}), "tag", "did you mean `tags`?"),
        (json!({"name": "m", "provider": "up", "tags": ["a b"]}), "tags", "may hold only letters"),
        (
            json!({"name": "m", "provider": "up", "rate_limit": {"max_requests": 5, "per_seconds": 1, "burst_size": 1}}),
            "rate_limit.burst_size",
            "at least `max_requests`",
        ),
        (
            json!({"name": "m", "provider": "up", "config": {"thinking": "much"}}),
            "config",
            "`thinking` is not valid",
        ),
        (
            json!({"name": "m", "provider": "up", "is_callable": true}),
            "is_callable",
            "set by the router",
        ),
    ] {
        let refused = app.post("/models", &body).await;
        let answer = refused.json();
        assert_eq!((refused.status, &answer["param"]), (400, &json!(param)), "{}", refused.text());
        assert!(answer["detail"].as_str().unwrap().contains(part), "{part}: {}", refused.text());
    }
    for (patch, param) in [
        (json!({"name": "other"}), "name"),
        (json!({"provider_name": "other"}), "provider"),
        (json!({"rate_limit": {"per_seconds": 3}}), "rate_limit.max_requests"),
    ] {
        let refused = app.patch("/models/up/gpt-x", &patch).await;
        assert_eq!((refused.status, &refused.json()["param"]), (400, &json!(param)));
    }
    let same = app.patch("/models/up/gpt-x", &json!({"name": "gpt-x", "provider": "up"})).await;
    assert_eq!(same.status, 200, "{}", same.text());
}
