//! `?dry_run=true`, and `POST /config/preview`: the difference that a change would make, after all
//! that is checked for the change itself. The database, the running catalogue and the journal stay
//! as they are.

use diesel::prelude::*;
use diesel::sql_types::{Nullable, Text};
use llm_router::store::Database;
use serde_json::{Value, json};

use crate::support::app::Setup;
use crate::support::client::{Response, request};
use crate::support::{Config, Script, TestApp, Upstream};

const KEY: &str = "sk-the-key-of-somebody";

async fn start() -> (Upstream, TestApp) {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let key = format!("[[api_keys]]\nkey = \"{KEY}\"\nname = \"somebody\"\n");
    let config = Config::with(&upstream).tables(&key);
    let app = Setup::default().env("LLM_ROUTER_SECRET_KEY", "a key for the vault of this test");
    (upstream, app.start(&config).await)
}

#[derive(QueryableByName)]
struct Shown {
    #[diesel(sql_type = Nullable<Text>)]
    text: Option<String>,
}

/// All that a change could write.
fn rows(app: &TestApp) -> Vec<(String, Option<String>)> {
    let path = app.folder.path().join("router.db").display().to_string();
    let mut connection = Database::at(&path).connect().unwrap();
    let mut query = |sql: String| -> Vec<Option<String>> {
        let rows: Vec<Shown> = diesel::sql_query(sql).load(&mut connection).unwrap();
        rows.into_iter().map(|row| row.text).collect()
    };
    let tables = [
        "providers",
        "models",
        "model_tags",
        "deleted_entries",
        "spent_ids",
        "api_keys",
        "sessions",
        "changes",
        "policy",
        "events",
    ];
    let dump = tables.map(|table| {
        let columns = query(format!("SELECT name AS text FROM pragma_table_info('{table}')"));
        let quoted: Vec<String> =
            columns.into_iter().flatten().map(|name| format!("quote(\"{name}\")")).collect();
        let row = quoted.join(" || ',' || ");
        let sql = format!("SELECT group_concat({row}, ';') AS text FROM \"{table}\"");
        (table.to_owned(), query(sql).remove(0))
    });
    dump.to_vec()
}

async fn send(app: &TestApp, method: &str, path: &str, body: &Value) -> Response {
    let headers = [("content-type", "application/json")];
    let body = if body.is_null() { String::new() } else { body.to_string() };
    request(app.addr, method, path, &headers, body.as_bytes()).await
}

/// The answer to a dry run, after which all is as it was.
async fn dry(app: &TestApp, method: &str, path: &str, body: &Value) -> Response {
    // What was noted before is on disk.
    app.events("config").await;
    let before = (rows(app), app.generation());
    let joint = if path.contains('?') { '&' } else { '?' };
    let answer = send(app, method, &format!("{path}{joint}dry_run=true"), body).await;
    app.events("config").await;
    assert_eq!((rows(app), app.generation()), before, "{method} {path}");
    answer
}

/// `kind subject: field before -> after, …`, one for each change.
fn told(answer: &Response) -> Vec<String> {
    assert_eq!(answer.status, 200, "{}", answer.text());
    let answer = answer.json();
    assert_eq!(answer["dry_run"], true, "{answer}");
    let change = |change: &Value| {
        let fields = change["fields"].as_array().unwrap().iter();
        let fields: Vec<String> = fields
            .map(|it| format!("{} {} -> {}", it["field"], it["before"], it["after"]))
            .collect();
        let fields = fields.join(", ").replace('"', "");
        format!("{} {}: {fields}", change["kind"], change["subject"]).replace('"', "")
    };
    answer["changes"].as_array().unwrap().iter().map(change).collect()
}

#[tokio::test]
async fn of_providers() {
    let (upstream, app) = start().await;
    let url = upstream.base_url();
    let new = json!({"name": "mine", "type": "openai", "base_url": url, "api_key": "sk-a-secret"});
    let answer = dry(&app, "POST", "/providers", &new).await;
    assert_eq!(
        told(&answer),
        [format!(
            "provider.created mine: name null -> mine, type null -> openai, \
             base_url null -> {url}, is_active null -> true, api_key null -> [hidden]"
        )]
    );
    let change = answer.json()["changes"][0].clone();
    assert_eq!((&change["before"], &change["after"]["settings"]), (&Value::Null, &json!({})));
    assert!(!answer.text().contains("sk-a-secret"), "{}", answer.text());
    assert_eq!(app.get("/providers/mine").await.status, 404);

    let patch = json!({"is_active": false, "settings": {"timeout": 5}});
    assert_eq!(
        told(&dry(&app, "PATCH", "/providers/up", &patch).await),
        ["provider.changed up: is_active true -> false, settings.timeout null -> 5.0"]
    );
    assert_eq!(app.get("/providers/up").await.json()["is_active"], true);
    let same = dry(&app, "PATCH", "/providers/up", &json!({"is_active": true})).await;
    assert_eq!(told(&same), [] as [String; 0]);

    // A key that is sealed already is replaced by another one.
    assert_eq!(app.post("/providers", &new).await.status, 201);
    let other = dry(&app, "PATCH", "/providers/mine", &json!({"api_key": "sk-other"})).await;
    assert_eq!(told(&other), ["provider.changed mine: secrets [hidden] -> [hidden]"]);
    let moved = json!({"base_url": "https://elsewhere.example/v1"});
    let moved = dry(&app, "PATCH", "/providers/mine", &moved).await;
    assert!(told(&moved)[0].contains("api_key [hidden] -> null"), "{}", moved.text());
    assert!(moved.json()["notices"][0].as_str().unwrap().contains("cleared"), "{}", moved.text());

    let deleted = told(&dry(&app, "DELETE", "/providers/up?force=true", &Value::Null).await);
    assert_eq!(deleted.len(), 2, "{deleted:?}");
    assert!(deleted[0].starts_with("model.deleted up/gpt-x: "), "{deleted:?}");
    assert!(deleted[1].starts_with("provider.deleted up: "), "{deleted:?}");
    assert_eq!(app.chat(&crate::support::chat("gpt-x")).await.status, 200);
}

#[tokio::test]
async fn of_models_and_prices() {
    let (_upstream, app) = start().await;
    let new = json!({"name": "m", "provider": "up", "tags": ["a"], "config": {"priority": 3}});
    let created = told(&dry(&app, "POST", "/models", &new).await);
    assert_eq!(
        created,
        ["model.created up/m: name null -> m, provider null -> up, is_active null -> true, \
          tags null -> [a], config.priority null -> 3"]
    );
    let patch = json!({"tags": ["b"], "rate_limit": {"max_requests": 5, "per_seconds": 1}});
    let changed = told(&dry(&app, "PATCH", "/models/up/gpt-x", &patch).await);
    assert_eq!(changed.len(), 1);
    assert!(changed[0].contains("tags [] -> [b]"), "{changed:?}");
    assert!(changed[0].contains("rate_limit.max_requests null -> 5"), "{changed:?}");
    let deleted = told(&dry(&app, "DELETE", "/models/up/gpt-x", &Value::Null).await);
    assert!(deleted[0].starts_with("model.deleted up/gpt-x: "), "{deleted:?}");

    let openai = json!({"name": "o", "type": "openai", "api_key": "sk-never-called"});
    assert_eq!(app.post("/providers", &openai).await.status, 201);
    let row = app.get("/pricing/latest").await.json()["openai"].as_array().unwrap().clone();
    let row = row.iter().find(|row| row["unverified"] == false).unwrap().clone();
    let name = row["model_name"].as_str().unwrap().replace('*', "");
    let model = app.post("/models", &json!({"name": name, "provider": "o"})).await.json();
    let path = format!("/models/o/{name}");
    let dear = json!({"config": {"cost_per_1k_tokens": 9, "cost_per_1k_completion_tokens": 9}});
    assert_eq!(app.patch(&path, &dear).await.status, 200);
    for path in [format!("/pricing/sync/{}", model["id"]), String::from("/pricing/sync-all")] {
        let synced = told(&dry(&app, "POST", &path, &Value::Null).await);
        let change = format!("model.changed o/{name}: ");
        assert!(synced.len() == 1 && synced[0].starts_with(&change), "{synced:?}");
        assert!(synced[0].contains("config.cost_per_1k_tokens 9.0 -> "), "{synced:?}");
    }
}

#[tokio::test]
async fn of_keys() {
    let (_upstream, app) = start().await;
    let new = json!({"name": "team", "budget": {"usd": 5, "per": "day"}});
    let answer = dry(&app, "POST", "/api-keys", &new).await;
    let created = told(&answer);
    assert!(created[0].starts_with("key.created team: "), "{created:?}");
    assert!(created[0].contains("budget.usd null -> 5"), "{created:?}");
    assert!(!answer.text().contains("sk-"), "no key is made: {}", answer.text());

    assert_eq!(app.post("/api-keys", &new).await.status, 201);
    let patch = json!({"name": "others", "budget": null});
    let changed = told(&dry(&app, "PATCH", "/api-keys/2", &patch).await);
    assert!(changed[0].starts_with("key.changed team: budget"), "{changed:?}");
    assert!(changed[0].contains("name team -> others"), "{changed:?}");

    let rotated = dry(&app, "POST", "/api-keys/2/rotate", &json!({"grace_seconds": 60})).await;
    let (fields, shown) = (told(&rotated), rotated.text());
    assert!(fields[0].contains("previous_valid_until null -> 2"), "{fields:?}");
    assert!(fields[0].ends_with("key [hidden] -> [hidden]") && !shown.contains("sk-"), "{shown}");

    let revoked = told(&dry(&app, "DELETE", "/api-keys/2", &Value::Null).await);
    assert_eq!(revoked, ["key.revoked team: state active -> revoked, is_active true -> false"]);
    assert_eq!(app.delete("/api-keys/2").await.status, 204);
    assert_eq!(told(&dry(&app, "DELETE", "/api-keys/2", &Value::Null).await), [] as [String; 0]);
}

#[tokio::test]
async fn what_would_be_refused_is_refused_with_the_same_words() {
    let (_upstream, app) = start().await;
    let sealed = json!({"name": "team", "key": KEY});
    for (method, path, body) in [
        ("POST", "/providers", json!({"name": "a/b", "type": "openai"})),
        ("PATCH", "/providers/nobody", json!({})),
        ("PATCH", "/providers/up", json!({"base_url": null})),
        ("DELETE", "/providers/up", Value::Null),
        ("POST", "/models", json!({"name": "m", "provider": "nobody"})),
        ("PATCH", "/models/up/gpt-x", json!({"config": {"cost_per_1k_tokens": "x"}})),
        ("DELETE", "/models/up/nothing", Value::Null),
        ("POST", "/api-keys", sealed),
        ("POST", "/api-keys", json!({"name": "a", "key": "short"})),
        ("PATCH", "/api-keys/1", json!({"role": "root"})),
        ("PATCH", "/api-keys/99", json!({"name": "x"})),
        ("DELETE", "/api-keys/99", Value::Null),
        ("POST", "/api-keys/1/rotate", Value::Null),
        ("POST", "/pricing/sync/99", Value::Null),
    ] {
        let dry = dry(&app, method, path, &body).await;
        let wet = send(&app, method, path, &body).await;
        let said = |answer: &Response| {
            let answer = answer.json();
            (answer["detail"].clone(), answer["code"].clone(), answer["param"].clone())
        };
        assert!(dry.status >= 400, "{method} {path}: {}", dry.text());
        assert_eq!((dry.status, said(&dry)), (wet.status, said(&wet)), "{method} {path}");
    }
    for query in ["dryrun=true", "dry_run=yes", "dry_run", "dry_run=true&dry_run=false"] {
        let path = format!("/models/up/gpt-x?{query}");
        let refused = app.delete(&path).await;
        assert_eq!(refused.status, 400, "{query}: {}", refused.text());
    }
    assert_eq!(app.get("/models/up/gpt-x").await.status, 200);
}

#[tokio::test]
async fn of_a_circuit_that_would_be_closed() {
    let upstream = Upstream::start(Script::status(500)).await;
    let touchy = "[routing]\nretries = 0\n[routing.circuit]\nfailures = 1\nrest = 3600\n";
    let app = TestApp::start(&Config::with(&upstream).routing(touchy)).await;
    assert_eq!(app.chat(&crate::support::chat("gpt-x")).await.status, 502);
    app.events("circuit").await;
    let reset = told(&dry(&app, "POST", "/providers/up/reset", &Value::Null).await);
    assert_eq!(reset, ["circuit.closed up/gpt-x: circuit open -> closed"]);
    let closed = app.post("/providers/up/reset", &json!({})).await.json();
    assert_eq!(closed["closed"][0]["name"], "up/gpt-x");
}

#[tokio::test]
async fn the_preview_of_the_file_is_what_a_sync_then_does() {
    let (upstream, app) = start().await;
    let none = app.post("/config/preview", &json!({})).await;
    assert_eq!(told(&none), [] as [String; 0]);
    assert_eq!(none.json()["kept"], json!(["up", "up/gpt-x", "api_keys/somebody"]));

    let text = format!(
        "[server]\nworkers = 3\n[routing]\nretries = 2\n[[providers]]\nname = \"up\"\n\
         type = \"openai_compatible\"\nbase_url = \"{}\"\napi_key = \"sk-another\"\n\
         [[models]]\nname = \"fresh\"\nprovider = \"up\"\ntags = [\"x\"]\n",
        upstream.base_url()
    );
    // It removes more than half, so that it is held for two seconds. Where these have passed
    // already, there is nothing left to see.
    std::fs::write(app.config_path(), text).unwrap();
    let preview = app.post("/config/sync?dry_run=true", &json!({})).await;
    let seen = preview.json();
    if seen["added"] == json!([]) {
        return;
    }
    assert_eq!(seen["added"], json!(["up/fresh"]));
    // A key that the file holds is no part of what it says of an entry.
    assert_eq!((&seen["changed"], &seen["kept"]), (&json!([]), &json!(["up"])));
    assert_eq!(seen["removed"], json!(["up/gpt-x", "api_keys/somebody"]));
    assert_eq!(seen["restart_needed"], json!(["workers"]));
    assert!(!preview.text().contains("sk-"), "{seen}");
    let told = told(&preview);
    let has = |change: &str| told.iter().any(|it| it.starts_with(change));
    assert!(has("provider.changed up: secrets [hidden] -> [hidden]"), "{told:#?}");
    assert!(has("model.created up/fresh: "), "{told:#?}");
    assert!(has("model.changed up/gpt-x: is_active true -> false"), "{told:#?}");
    assert!(has("key.changed somebody: is_active true -> false"), "{told:#?}");
    assert!(has("config.reloaded router.toml: "), "{told:#?}");

    let synced = app.post("/config/sync", &json!({})).await.json();
    assert!(synced.get("dry_run").is_none(), "{synced}");
    let reloads = app.events("config.reloaded").await;
    let taken = reloads.iter().find(|event| event["after"]["added"] == seen["added"]).unwrap();
    for list in ["changed", "removed"] {
        assert_eq!(taken["after"][list], seen[list]);
    }
    let after = app.post("/config/preview", &json!({})).await;
    assert_eq!(self::told(&after), [] as [String; 0]);
}

#[tokio::test]
async fn the_preview_of_a_wrong_file_names_each_place() {
    let (_upstream, app) = start().await;
    app.reconfigure("[[models]]\nname = \"a\"\nprovider = \"nobody\"\n").await;
    for path in ["/config/preview", "/config/sync?dry_run=true"] {
        let refused = app.post(path, &json!({})).await;
        let answer = refused.json();
        assert_eq!(refused.status, 400, "{answer}");
        let error = &answer["errors"][0];
        assert_eq!((&error["line"], error["column"].is_u64()), (&json!(3), true), "{answer}");
        assert!(error["message"].as_str().unwrap().contains("nobody"), "{answer}");
    }
    std::fs::remove_file(app.config_path()).unwrap();
    let gone = app.post("/config/preview", &json!({})).await;
    assert_eq!((gone.status, &gone.json()["code"]), (400, &json!("invalid_config")));
}
