//! The document at `/openapi.json` is what the router does: written from its routes, and kept in
//! `docs/openapi.json`.

use std::path::Path;

use serde_json::Value;

use crate::support::client::request;
use crate::support::{Config, Script, TestApp, Upstream};

const METHODS: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];

async fn start() -> (Upstream, TestApp) {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let app = TestApp::start(&Config::with(&upstream)).await;
    (upstream, app)
}

/// With something in the place of each `{part}`.
fn filled(path: &str) -> String {
    let parts = path.split('/').map(|part| match part {
        "{id}" => String::from("1"),
        "{file}" => String::from("start.js"),
        part => match part.strip_prefix('{').and_then(|part| part.split_once('}')) {
            Some((_, action)) => format!("nobody{action}"),
            None => part.to_owned(),
        },
    });
    parts.collect::<Vec<_>>().join("/")
}

#[tokio::test]
async fn the_committed_document_is_the_one_that_is_served() {
    let (_upstream, app) = start().await;
    let answer = app.get("/openapi.json").await;
    let served = answer.text();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/openapi.json");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, served).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == served, "docs/openapi.json is stale: run this test with UPDATE_DOCS=1");
}

/// A route that the document does not know answers neither 404 nor 405.
#[tokio::test]
async fn each_path_takes_the_methods_that_the_document_names_and_no_others() {
    let (_upstream, app) = start().await;
    let document = app.get("/openapi.json").await.json();
    let paths = document["paths"].as_object().unwrap();
    assert!(paths.len() > 25, "{}", paths.len());
    for (path, methods) in paths {
        for method in METHODS {
            // Ollama's paths begin with the base that the others have besides.
            let bases: &[&str] = if path.starts_with("/api/") { &[""] } else { &["", "/api"] };
            for base in bases {
                // A stream would not end; who asks for this one is told that this is no id.
                let query = if path == "/monitor/live" { "?after=x" } else { "" };
                let target = format!("{base}{}{query}", filled(path));
                // No JSON, so that nothing changes; `nobody` cannot be deleted.
                let answer = request(app.addr, method, &target, &[], b"").await;
                let is_named = |methods: &Value| methods.get(method.to_lowercase()).is_some();
                // An action may be the end of a name, which GET asks for.
                let methods = match path.split_once("{model}:") {
                    Some((before, _)) if method == "GET" => &paths[&format!("{before}{{id}}")],
                    _ => methods,
                };
                let is_known = is_named(methods);
                assert_eq!(answer.status != 405, is_known, "{method} {target}: {}", answer.shown());
                let is_nowhere = answer.shown().contains("there is nothing at this path");
                assert!(!is_nowhere, "{method} {target}");
                let allowed = answer.header("allow").map(|allowed| allowed.split(", ").count());
                // HEAD follows from GET.
                let count = methods.as_object().unwrap().len();
                let count = count + usize::from(methods.get("get").is_some());
                assert_eq!(allowed, (!is_known).then_some(count));
            }
        }
    }
}

/// `http::table` is the one way to register a route, and it asks for what the document says.
#[test]
fn routes_are_registered_in_the_table_only() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut elsewhere = Vec::new();
    for path in crate::architecture::sources(&folder) {
        let text = std::fs::read_to_string(&path).unwrap();
        let is_elsewhere = !path.ends_with("http/routes.rs") && text.contains("actix_web");
        let registers = [".route(", "web::resource", "#[get(", "#[post(", "#[route("];
        if is_elsewhere && registers.iter().any(|way| text.contains(way)) {
            elsewhere.push(path.display().to_string());
        }
    }
    assert_eq!(elsewhere, [] as [String; 0]);
}

#[tokio::test]
async fn whatever_the_document_refers_to_is_in_it_and_ids_are_given_once() {
    fn references(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Object(members) => {
                found.extend(members.get("$ref").and_then(Value::as_str).map(str::to_owned));
                members.values().for_each(|value| references(value, found));
            }
            Value::Array(items) => items.iter().for_each(|item| references(item, found)),
            _ => {}
        }
    }
    let (_upstream, app) = start().await;
    let document = app.get("/openapi.json").await.json();
    let mut found = Vec::new();
    references(&document, &mut found);
    assert!(!found.is_empty());
    for reference in found {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
    let operations = document["paths"].as_object().unwrap().values();
    let operations = operations.flat_map(|path| path.as_object().unwrap().values());
    let mut ids: Vec<_> =
        operations.map(|operation| operation["operationId"].to_string()).collect();
    let count = ids.len();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), count);
}

#[tokio::test]
async fn document_and_viewer_are_there_for_everybody_and_come_from_here_alone() {
    let (_upstream, app) = start().await;
    let stranger = [("host", "evil.example")];
    for base in ["", "/api"] {
        let page = request(app.addr, "GET", &format!("{base}/docs"), &stranger, b"").await;
        assert_eq!(page.status, 200);
        let policy = page.header("content-security-policy").unwrap();
        assert!(policy.contains("default-src 'none'; script-src 'self'"), "{policy}");
        assert!(!page.text().contains("//"), "an address of elsewhere: {}", page.text());
        let text = page.text();
        let parts = text.split(['"']).filter(|part| part.starts_with("docs/"));
        let parts: Vec<&str> = parts.collect();
        assert_eq!(parts.len(), 3, "{text}");
        for part in parts.into_iter().chain(["openapi.json"]) {
            let path = format!("{base}/{part}");
            let answer = request(app.addr, "GET", &path, &stranger, b"").await;
            assert_eq!(answer.status, 200, "{path}");
        }
    }
    let answer = request(app.addr, "GET", "/docs/../../etc/passwd", &stranger, b"").await;
    assert_ne!(answer.status, 200);
}
