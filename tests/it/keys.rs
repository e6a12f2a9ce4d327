//! Keys from each of their four origins, and what becomes of them while the router runs.

use serde_json::{Value, json};

use crate::support::app::Setup;
use crate::support::client::{Response, request};
use crate::support::{Config, Script, TestApp, Upstream, eventually};

const REMOTE: (&str, &str) = ("host", "router.example");

async fn send(app: &TestApp, method: &str, path: &str, key: &str, body: &Value) -> Response {
    let headers = [REMOTE, ("x-api-key", key), ("content-type", "application/json")];
    let body = if body.is_null() { String::new() } else { body.to_string() };
    request(app.addr, method, path, &headers, body.as_bytes()).await
}

async fn status(app: &TestApp, key: &str) -> u16 {
    send(app, "GET", "/v1/models", key, &Value::Null).await.status
}

/// As an admin on this machine.
async fn local(app: &TestApp, method: &str, path: &str, body: &Value) -> Response {
    let headers = [("content-type", "application/json")];
    let body = if body.is_null() { String::new() } else { body.to_string() };
    request(app.addr, method, path, &headers, body.as_bytes()).await
}

async fn start(config: &Config) -> TestApp {
    TestApp::start(config).await
}

#[tokio::test]
async fn a_key_made_over_rest_is_whole_only_once_and_lives_until_it_is_revoked() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let app = start(&Config::with(&upstream)).await;
    let made = local(&app, "POST", "/api-keys", &json!({"name": "team"})).await;
    assert_eq!(made.status, 201, "{}", made.text());
    let (key, id) = (made.json()["key"].as_str().unwrap().to_owned(), made.json()["id"].clone());
    assert!(key.starts_with("sk-") && key.len() == 46, "{key}");
    assert_eq!(made.json()["prefix"], key[..11]);
    assert_eq!(status(&app, &key).await, 200);
    let path = format!("/api-keys/{id}");
    for read in [path.as_str(), "/api-keys", "/me"] {
        let text = local(&app, "GET", read, &Value::Null).await.text().to_owned();
        assert!(!text.contains(&key), "{read}: {text}");
    }
    let stored = std::fs::read(app.folder.path().join("router.db")).unwrap();
    let wal = std::fs::read(app.folder.path().join("router.db-wal")).unwrap_or_default();
    for file in [stored, wal] {
        assert!(!String::from_utf8_lossy(&file).contains(&key[3..]), "the database holds the key");
    }

    assert_eq!(local(&app, "DELETE", &path, &Value::Null).await.status, 204);
    let refused = send(&app, "GET", "/v1/models", &key, &Value::Null).await;
    assert_eq!(
        (refused.status, refused.json()["error"]["code"].as_str()),
        (401, Some("revoked_api_key"))
    );
    let local_too = request(app.addr, "GET", "/v1/models", &[("x-api-key", &key)], b"").await;
    assert_eq!(local_too.status, 401, "also where no key is needed");
    assert_eq!(local(&app, "GET", "/api-keys", &Value::Null).await.json(), json!([]));
    let listed = local(&app, "GET", "/api-keys?include_revoked=true", &Value::Null).await.json();
    assert_eq!(listed[0]["state"], "revoked");
    let changed = local(&app, "PATCH", &path, &json!({"is_active": true})).await;
    assert_eq!(changed.status, 409, "{}", changed.text());
}

#[tokio::test]
async fn a_chosen_key_is_taken_when_it_is_sane_and_new() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let app = start(&Config::with(&upstream)).await;
    for (body, expected) in [
        (json!({"name": "a", "key": "a-key-of-my-own-choice"}), 201),
        (json!({"name": "b", "key": "a-key-of-my-own-choice"}), 409),
        (json!({"name": "c", "key": "too-short"}), 400),
        (json!({"name": "d", "key": "with a space in the middle"}), 400),
        (json!({"name": "e", "key": 12345678901234567u64}), 400),
        (json!({"key": "nobody-knows-its-name"}), 400),
        (json!({"name": "f", "alowed_models": []}), 400),
    ] {
        let answer = local(&app, "POST", "/api-keys", &body).await;
        assert_eq!(answer.status, expected, "{body}: {}", answer.text());
        assert!(!answer.text().contains("my-own-choice"), "{}", answer.text());
    }
    assert_eq!(status(&app, "a-key-of-my-own-choice").await, 200);
    let no_json = request(app.addr, "POST", "/api-keys", &[("content-type", "text/plain")], b"{}");
    assert_eq!(no_json.await.status, 415);
    for path in ["/api-keys/99", "/api-keys/99/rotate"] {
        let method = if path.ends_with("rotate") { "POST" } else { "PATCH" };
        assert_eq!(local(&app, method, path, &json!({})).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn a_key_is_changed_in_part_switched_off_and_expires() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let app = start(&Config::with(&upstream)).await;
    let body = json!({"name": "team", "allowed_models": ["up/*"], "requests_per_minute": 9});
    let made = local(&app, "POST", "/api-keys", &body).await.json();
    let (key, path) = (made["key"].as_str().unwrap(), format!("/api-keys/{}", made["id"]));
    let change = async |body: Value| local(&app, "PATCH", &path, &body).await;

    let changed = change(json!({"requests_per_minute": null, "allowed_tags": []})).await.json();
    assert_eq!(changed["allowed_models"], json!(["up/*"]), "what is absent stays");
    assert_eq!(changed.get("requests_per_minute"), None, "null clears");
    assert_eq!(changed["allowed_tags"], json!([]));
    for (body, expected, code) in [
        (json!({"is_active": false}), 401, "inactive_api_key"),
        (json!({"is_active": true, "expires_at": "2020-01-01"}), 401, "expired_api_key"),
        (json!({"expires_at": null, "allowed_ips": ["10.0.0.0/8"]}), 403, "address_not_allowed"),
    ] {
        assert_eq!(change(body.clone()).await.status, 200, "{body}");
        let refused = send(&app, "GET", "/models", key, &Value::Null).await;
        assert_eq!((refused.status, refused.json()["code"].as_str()), (expected, Some(code)));
    }
    change(json!({"allowed_ips": ["127.0.0.0/8"]})).await;
    assert_eq!(status(&app, key).await, 200);
    assert_eq!(change(json!({"key": "another-key-altogether"})).await.status, 400);
    assert_eq!(change(json!({"name": null})).await.status, 400);
}

#[tokio::test]
async fn a_rotated_key_is_valid_for_its_grace_period_only() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let app = start(&Config::with(&upstream)).await;
    let made = local(&app, "POST", "/api-keys", &json!({"name": "team"})).await.json();
    let (first, path) = (made["key"].as_str().unwrap(), format!("/api-keys/{}/rotate", made["id"]));
    let rotated = local(&app, "POST", &path, &json!({"grace_seconds": 3600})).await;
    let second = rotated.json()["key"].as_str().unwrap().to_owned();
    assert_eq!((status(&app, first).await, status(&app, &second).await), (200, 200));
    let end = async || {
        let key = app.get(&format!("/api-keys/{}", made["id"])).await.json();
        key["previous_valid_until"].clone()
    };
    // The rows hold microseconds.
    let (told, shown) = (rotated.json()["previous_valid_until"].clone(), end().await);
    let shown = shown.as_str().unwrap().trim_end_matches('Z');
    assert!(told.as_str().unwrap().starts_with(shown), "{told} {shown}");
    let rotated = local(&app, "POST", &path, &Value::Null).await;
    assert_eq!(rotated.status, 200, "{}", rotated.text());
    let third = rotated.json()["key"].as_str().unwrap().to_owned();
    assert_eq!(status(&app, first).await, 401);
    assert_eq!((status(&app, &second).await, status(&app, &third).await), (401, 200));
    assert_eq!(rotated.json()["id"], made["id"]);
    assert_eq!((&made["previous_valid_until"], end().await), (&Value::Null, Value::Null));
}

const FILE_KEYS: &str = "[[api_keys]]\nkey = \"sk-file-key-number-one\"\nname = \"file\"\n\
    [[api_keys]]\nkey_env = \"TEAM_KEYS\"\nrole = \"admin\"\n";

#[tokio::test]
async fn keys_of_file_and_environment_come_and_go_with_a_reload() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let config = Config::with(&upstream);
    let setup = Setup::default()
        .env("TEAM_KEYS", "sk-team-key-number-one,sk-team-key-number-two")
        .env("LLM_ROUTER_API_KEYS", "sk-environment-key");
    let app = setup.start(&config).await;
    let with_keys = config.clone().tables(FILE_KEYS).text();
    let keys = ["sk-file-key-number-one", "sk-team-key-number-one", "sk-team-key-number-two"];
    for key in keys {
        assert_eq!(status(&app, key).await, 401);
    }
    app.reconfigure(&with_keys).await;
    for key in keys {
        assert_eq!(status(&app, key).await, 200, "{key}");
    }
    let listed = local(&app, "GET", "/api-keys", &Value::Null).await.json();
    let told: Vec<String> = listed
        .as_array()
        .unwrap()
        .iter()
        .map(|key| format!("{} {} {}", key["name"], key["origin"], key["role"]))
        .collect();
    assert_eq!(
        told.join("\n").replace('"', ""),
        "LLM_ROUTER_API_KEYS#1 env admin\n\
        file file user\napi_keys#2 file admin\napi_keys#2#2 file admin"
    );
    let rotate = local(&app, "POST", "/api-keys/2/rotate", &json!({})).await;
    assert_eq!(rotate.status, 409, "{}", rotate.text());
    app.reconfigure(&config.text()).await;
    for key in keys {
        let refused = send(&app, "GET", "/models", key, &Value::Null).await;
        assert_eq!(
            (refused.status, refused.json()["code"].as_str()),
            (401, Some("inactive_api_key"))
        );
    }
    assert_eq!(status(&app, "sk-environment-key").await, 200);
}

#[tokio::test]
async fn what_another_process_does_is_seen_within_a_second() {
    use llm_router::config::key_rules::{KeyRules, Role};
    use llm_router::domain::ids::KeyId;
    use llm_router::domain::secret::Secret;
    use llm_router::keys::KeyOrigin;
    use llm_router::keys::rows::KeyFields;
    use llm_router::keys::service::{create, revoke};

    let upstream = Upstream::start(Script::chat("hi")).await;
    let app = start(&Config::with(&upstream)).await;
    let path = app.folder.path().join("router.db").display().to_string();
    let mut connection = llm_router::store::Database::at(&path).connect().unwrap();
    let fields = KeyFields {
        name: String::from("cli"),
        role: Role::User,
        is_active: true,
        expires_at: None,
        rules: KeyRules::default(),
    };
    let (key, now) = (Secret::new("sk-made-by-another-process"), jiff::Timestamp::now());
    let KeyId(id) = create(&mut connection, &key, &fields, KeyOrigin::Cli, now).unwrap();
    let is = async |expected: u16| status(&app, "sk-made-by-another-process").await == expected;
    eventually("the key is good", async || is(200).await).await;

    // While calls are under way all the time.
    let load = async {
        for _ in 0..200 {
            send(
                &app,
                "POST",
                "/v1/chat/completions",
                "sk-made-by-another-process",
                &crate::support::chat("gpt-x"),
            )
            .await;
        }
    };
    let watch = async {
        revoke(&mut connection, KeyId(id), now).unwrap();
        eventually("the key is refused", async || is(401).await).await;
    };
    tokio::join!(watch, load);
    let record = app.records().await.pop().unwrap();
    assert_eq!((&record["api_key"], &record["api_key_id"]), (&json!("cli"), &json!(id)));
}

#[tokio::test]
async fn me_returns_what_a_key_may_do_and_how_to_call() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let config = Config::with(&upstream).model("up", "other", "");
    let app = start(&config).await;
    let body = json!({"name": "team", "allowed_models": ["gpt-x"], "requests_per_minute": 10,
        "budget": {"usd": 2.5, "tokens": 1000, "per": "month", "time_zone": "Asia/Shanghai"},
        "allow_unpriced": true});
    let made = local(&app, "POST", "/api-keys", &body).await.json();
    let me = send(&app, "GET", "/me", made["key"].as_str().unwrap(), &Value::Null).await.json();
    assert_eq!((&me["caller"], &me["role"]), (&json!("key"), &json!("user")));
    assert_eq!(me["models"], json!(["up/gpt-x"]));
    assert_eq!(me["used"]["month"], json!({"requests": 0, "tokens": 0, "cost": 0.0}));
    assert_eq!(me["left"]["budget"]["usd"], 2.5);
    assert_eq!(me["left"]["requests_this_minute"], 10);
    assert!(me["left"]["budget"]["starts_anew_at"].as_str().unwrap().ends_with("T16:00:00Z"));
    for name in ["openai_python", "curl", "langchain"] {
        let snippet = me["snippets"][name].as_str().unwrap();
        assert!(snippet.contains("http://router.example/v1"), "{snippet}");
        assert!(snippet.contains("up/gpt-x"), "{snippet}");
    }
    let me = local(&app, "GET", "/me", &Value::Null).await.json();
    assert_eq!(
        (&me["caller"], &me["role"], &me["key"]),
        (&json!("local"), &json!("admin"), &Value::Null)
    );
}

#[tokio::test]
async fn what_is_done_to_keys_stands_in_the_journal_without_them() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let app = start(&Config::with(&upstream)).await;
    let made = local(&app, "POST", "/api-keys", &json!({"name": "team"})).await.json();
    let (key, path) = (made["key"].as_str().unwrap(), format!("/api-keys/{}", made["id"]));
    local(&app, "POST", "/auth/login", &json!({"api_key": key})).await;
    local(&app, "PATCH", &path, &json!({"name": "crew"})).await;
    let rotated = local(&app, "POST", &format!("{path}/rotate"), &json!({})).await.json();
    local(&app, "DELETE", &path, &Value::Null).await;
    let (events, sessions) = (app.events("key").await, app.events("session").await);
    let text = json!([events, sessions]).to_string();
    for secret in [key, rotated["key"].as_str().unwrap()] {
        assert!(!text.contains(&secret[12..]), "{text}");
    }
    let told = |event: &Value| format!("{} {} {}", event["kind"], event["subject"], event["actor"]);
    let told: Vec<String> = events.iter().chain(&sessions).map(told).collect();
    assert_eq!(
        told.join("\n").replace('"', ""),
        "key.created team local\nkey.changed crew local\nkey.rotated crew local\n\
         key.revoked crew local\nsession.created team team"
    );
}
