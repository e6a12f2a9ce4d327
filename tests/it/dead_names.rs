//! Names in router.toml that refer to nothing are reported by `check` and in /config/status.

use serde_json::json;

use crate::support::process::{command, folder_with, run};
use crate::support::{Config, Script, TestApp, Upstream};

const DEAD: &str = "[[api_keys]]\nname = \"team\"\nkey = \"sk-team-0123456789abcdef\"\nexpires_at = 2020-01-01\n\
    allowed_models = [\"added\", \"gone/*\"]\nallowed_providers = [\"u\"]\nallowed_tags = [\"chap\"]\n";

fn config(upstream: &Upstream) -> Config {
    Config::with(upstream)
        .server("cors_origins = [\"a.example\", \"https://b.example/\", \"https://c.example:8443\", \"*\"]")
        .routing("[routing.aliases]\nquick = \"up/gpt-y\"\nlate = \"up/added\"\n")
        .model("up", "cheap", "tags = [\"cheap\"]\n[models.config]\nfallbacks = [\"gpt-z\"]")
        .tables(DEAD)
}

const TOLD: [&str; 8] = [
    "`cors_origins` holds `a.example`, which no browser sends; did you mean `https://a.example`?",
    "`cors_origins` holds `https://b.example/`, which no browser sends; did you mean `https://b.example`?",
    "[routing.aliases.quick] `up/gpt-y` is no model and no alias; did you mean `up/gpt-x`?",
    "[models.config.fallbacks] `gpt-z` is no model and no alias; did you mean `gpt-x`?",
    "[api_keys.allowed_models] `gone/*` matches no model",
    "[api_keys.allowed_providers] `u` matches no provider; did you mean `up`?",
    "[api_keys.allowed_tags] `chap` is the tag of no model; did you mean `cheap`?",
    "`expires_at` has passed",
];

#[tokio::test]
async fn names_that_lead_nowhere_are_reported_everywhere() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let folder = folder_with(&config(&upstream).text());
    let mut check = command(folder.path());
    check.arg("check");
    let (code, out, _) = run(check).await;
    assert_eq!(code, 0, "{out}");
    for told in TOLD {
        assert!(out.contains(told), "{told}\n{out}");
    }
    assert!(out.contains("`up/added` is no model") && !out.contains("c.example"), "{out}");

    let app = TestApp::start(&config(&upstream)).await;
    let problems = async || {
        let status = app.get("/config/status").await.json();
        let of = |problem: &serde_json::Value| problem["message"].as_str().unwrap().to_owned();
        status["problems"].as_array().unwrap().iter().map(of).collect::<Vec<_>>().join("\n")
    };
    let found = problems().await;
    for told in TOLD {
        assert!(found.contains(told), "{told}\n{found}");
    }
    assert!(found.contains("`up/added` is no model"), "{found}");
    let model = json!({"name": "added", "provider": "up"});
    assert_eq!(app.post("/models", &model).await.status, 201);
    for sync in [false, true] {
        if sync {
            app.post("/config/sync", &json!({})).await;
        }
        let found = problems().await;
        assert!(!found.contains("added"), "what was added over REST is known: {found}");
        assert!(found.contains("`gone/*` matches no model"), "{found}");
    }
    let itself = format!("http://localhost:{}/v1", app.addr.port());
    let back = json!({"name": "back", "type": "openai_compatible", "base_url": itself});
    assert_eq!(app.post("/providers", &back).await.status, 201);
    assert_eq!(app.delete("/models/up/added").await.status, 200);
    let found = problems().await;
    assert!(found.contains("`back` has this router's own address"), "{found}");
    assert!(found.contains("`up/added` is no model"), "{found}");
}

#[tokio::test]
async fn an_empty_file_is_reported() {
    for (text, code, told) in [
        ("", 1, "error: the file is empty"),
        ("# nothing\n", 0, "warning: the file configures nothing"),
    ] {
        let folder = folder_with(text);
        let mut check = command(folder.path());
        check.arg("check");
        let (found, out, _) = run(check).await;
        assert_eq!(found, code, "{out}");
        assert!(out.contains(told), "{out}");
    }
}
