//! The table of routes in docs/API.md is the document's.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use serde_json::Value;

const BEGIN: &str = "<!-- routes: written by a test from openapi.json -->\n";
const END: &str = "<!-- end of routes -->\n";

#[test]
fn the_table_of_routes_is_the_documents() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    let document = std::fs::read_to_string(folder.join("openapi.json")).unwrap();
    let document: Value = serde_json::from_str(&document).unwrap();
    let path = folder.join("API.md");
    let written = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = written.split_once(BEGIN).unwrap();
    let (_, after) = rest.split_once(END).unwrap();
    let made = format!("{before}{BEGIN}{}{END}{after}", table(&document));
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &made).unwrap();
        return;
    }
    assert!(written == made, "docs/API.md is stale: run this test with UPDATE_DOCS=1");
}

fn table(document: &Value) -> String {
    let mut groups: Vec<(&str, String)> = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let tag = operation["tags"][0].as_str().unwrap();
            let place = groups.iter().position(|(known, _)| *known == tag).unwrap_or_else(|| {
                groups.push((tag, String::new()));
                groups.len() - 1
            });
            let line = format!(
                "| `{} {path}` | {} | {} |",
                method.to_uppercase(),
                operation["summary"].as_str().unwrap(),
                whose(operation)
            );
            writeln!(groups[place].1, "{line}").unwrap();
        }
    }
    let titles: BTreeMap<&str, &str> = document["tags"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|tag| Some((tag["name"].as_str()?, tag["description"].as_str()?)))
        .collect();
    let mut table = String::new();
    for (tag, lines) in groups {
        let title = titles.get(tag).copied().unwrap_or(tag);
        write!(table, "\n### {title}\n\n| route | | for |\n|---|---|---|\n{lines}").unwrap();
    }
    table + "\n"
}

/// "open" without a key, "admin" for admins.
fn whose(operation: &Value) -> &'static str {
    let is_open = operation["security"].as_array().is_some_and(|any| any.iter().any(is_empty));
    let text = operation["description"].as_str().unwrap_or_default();
    match (is_open, text.contains("For admins only.")) {
        (true, _) => "open",
        (false, true) => "admin",
        (false, false) => "",
    }
}

fn is_empty(requirement: &Value) -> bool {
    requirement.as_object().is_some_and(serde_json::Map::is_empty)
}
