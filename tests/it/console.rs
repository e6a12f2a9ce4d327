//! The console's pages, with or without a built console, and the path below which a router may lie.

use serde_json::json;

use crate::support::client::request;
use crate::support::{Config, Script, TestApp, Upstream, chat};

const STRANGER: (&str, &str) = ("host", "router.example");
const KEY: &str = "sk-the-key-of-an-admin";

async fn start(lines: &str) -> (Upstream, TestApp) {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let keys = format!("[[api_keys]]\nkey = \"{KEY}\"\nrole = \"admin\"\n");
    let app = TestApp::start(&Config::with(&upstream).server(lines).tables(&keys)).await;
    (upstream, app)
}

#[tokio::test]
async fn pages_are_there_for_everybody_and_what_they_show_is_not() {
    let (_upstream, app) = start("").await;
    for path in ["/", "/ui", "/ui/overview", "/ui/calls/", "/ui/deep/er?range=24h", "//ui//keys"] {
        for method in ["GET", "HEAD"] {
            let page = request(app.addr, method, path, &[STRANGER], b"").await;
            assert_eq!(page.status, 200, "{method} {path}");
            assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"), "{path}");
            assert_eq!(page.header("cache-control"), Some("no-cache"), "{path}");
            let policy = page.header("content-security-policy").unwrap();
            assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
            assert_eq!(page.text().is_empty(), method == "HEAD", "{method} {path}");
        }
    }
    for path in ["/me", "/api/me", "/assetsx", "/uix", "/api/ui/overview", "/ui/../api-keys"] {
        let answer = request(app.addr, "GET", path, &[STRANGER], b"").await;
        let is_page = answer.text().contains("<html");
        assert!(is_page == path.starts_with("/ui/") && is_page == (answer.status == 200), "{path}");
    }
}

#[tokio::test]
async fn what_is_not_there_is_a_problem_in_json() {
    let (_upstream, app) = start("").await;
    for path in ["/assets/gone-abc.js", "/assets/../../Cargo.toml", "/assets/..%2F..%2FCargo.toml"]
    {
        let answer = request(app.addr, "GET", path, &[STRANGER], b"").await;
        assert_eq!((answer.status, &answer.json()["code"]), (404, &json!("not_found")), "{path}");
    }
    for path in ["/", "/ui/overview", "/theme.js"] {
        let answer = app.post(path, &json!({})).await;
        assert_eq!((answer.status, answer.header("allow")), (405, Some("GET, HEAD")), "{path}");
    }
}

/// Agents and Ollama's clients look there whether the server is up, whatever they send with it.
#[tokio::test]
async fn the_root_answers_every_client() {
    let (_upstream, app) = start("").await;
    for headers in [
        vec![],
        vec![STRANGER],
        vec![("accept", "application/json")],
        vec![("accept", "*/*"), ("accept-encoding", "gzip, deflate, br, zstd")],
        vec![("x-api-key", "sk-unknown"), ("anthropic-version", "2023-06-01"), STRANGER],
        vec![("authorization", "Bearer sk-unknown"), ("user-agent", "ollama/0.12.6")],
    ] {
        for method in ["GET", "HEAD"] {
            let answer = request(app.addr, method, "/", &headers, b"").await;
            assert_eq!(answer.status, 200, "{method} {headers:?}: {}", answer.text());
            assert_eq!(answer.body.is_empty(), method == "HEAD", "{headers:?}");
        }
    }
}

/// An SDK would show a page's text as the fault.
#[tokio::test]
async fn no_unknown_path_of_an_api_is_a_page() {
    let (_upstream, app) = start("").await;
    for base in ["", "/api"] {
        for path in [
            "/v1",
            "/v1/",
            "/v1/nothing",
            "/v1/files",
            "/v1/messages/batches",
            "/v2/rerank/x",
            "/v1beta/nothing",
            "/models/a",
            "/chat/completions",
            "/responses",
            "/nothing",
            "/ui.txt",
        ] {
            for method in ["GET", "POST", "DELETE"] {
                let path = format!("{base}{path}");
                let headers = [("accept", "text/html"), ("content-type", "application/json")];
                let answer = request(app.addr, method, &path, &headers, b"{}").await;
                assert!((400..500).contains(&answer.status), "{method} {path}: {}", answer.status);
                assert!(answer.json().is_object(), "{method} {path}: {}", answer.text());
            }
        }
    }
}

/// A proxy passes the path on, or takes it away: either way each route is found.
#[tokio::test]
async fn below_a_path_everything_answers_with_it_and_without() {
    let (_upstream, app) = start("base_path = \"/a/b\"").await;
    let bearer = format!("Bearer {KEY}");
    let admin = [STRANGER, ("authorization", bearer.as_str())];
    for base in ["/a/b", "", "//a/b", "/a//b/"] {
        for path in
            ["/health", "/v1/models", "/api/models", "/api-keys/", "/docs", "/models//up/gpt-x"]
        {
            let answer = request(app.addr, "GET", &format!("{base}{path}"), &admin, b"").await;
            assert_eq!(answer.status, 200, "{base}{path}: {}", answer.text());
        }
        for path in ["/api-keys", "/api/metrics", "/v1/models"] {
            let answer = request(app.addr, "GET", &format!("{base}{path}"), &[STRANGER], b"").await;
            assert_eq!(answer.status, 401, "{base}{path}");
        }
        let chatted = app.post(&format!("{base}/v1/chat/completions"), &chat("gpt-x")).await;
        assert_eq!(chatted.status, 200, "{base}: {}", chatted.text());
    }
    for path in ["/a/b", "/a/b/", "/a/b/ui/overview", "/ui/overview", "/"] {
        let page = request(app.addr, "GET", path, &[STRANGER], b"").await;
        assert_eq!(page.status, 200, "{path}");
        // Where there is a console.
        let text = page.text();
        assert!(!text.contains("<base") || text.contains("<base href=\"/a/b/\""), "{text}");
    }
    for path in ["/a", "/a/", "/a/bc/health", "/b/health"] {
        assert_eq!(app.get(path).await.status, 404, "{path}");
    }
    let me = app.get("/a/b/me").await.json();
    let curl = me["snippets"]["curl"].as_str().unwrap().to_owned();
    assert!(curl.contains(&format!("http://{}/a/b/v1/chat/completions", app.addr)), "{curl}");
    let document = app.get("/a/b/openapi.json").await.json();
    let servers: Vec<_> =
        document["servers"].as_array().unwrap().iter().map(|at| &at["url"]).collect();
    assert_eq!(servers, ["/a/b/", "/a/b/api"]);
}

#[tokio::test]
async fn a_path_that_is_none_is_refused_with_its_place() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    for path in ["llm", "/a b", "/a/../b", "https://router.example/a", "/a?b"] {
        let config = Config::with(&upstream).server(&format!("base_path = \"{path}\""));
        let refused = crate::support::app::Setup::default().try_start(&config).await.err().unwrap();
        assert!(refused.contains(&format!("`base_path` is `{path}`: write a path")), "{refused}");
    }
}
