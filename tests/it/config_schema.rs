//! `router.schema.json` is what the parser takes, as editors see it, and docs/CONFIG.md knows the same keys.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use llm_router::config::key_list::{KeyList, ListedKey};
use llm_router::config::settings::VARIABLES;
use llm_router::config::{listed_keys, read};
use tokio::process::Command;

use crate::support::process::{command, run};
use crate::support::skip;

fn root(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn text(path: &str) -> String {
    std::fs::read_to_string(root(path)).unwrap()
}

fn keys() -> Vec<ListedKey> {
    let list = KeyList::default();
    listed_keys(&list);
    list.keys()
}

#[tokio::test]
async fn the_committed_schema_is_the_one_that_is_printed() {
    let folder = tempfile::tempdir().unwrap();
    // It needs no file, and no variable.
    std::fs::write(folder.path().join(".env"), "LLM_ROUTER_API_KEYS='open\n").unwrap();
    let mut schema = command(folder.path());
    schema.args(["config", "schema"]);
    let (code, out, log) = run(schema).await;
    assert_eq!((code, log.as_str()), (0, ""));
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(root("router.schema.json"), &out).unwrap();
    }
    let committed = std::fs::read_to_string(root("router.schema.json")).unwrap_or_default();
    assert!(committed == out, "router.schema.json is stale: run this test with UPDATE_DOCS=1");
    assert!(text("router.toml").starts_with("#:schema ./router.schema.json\n"));
}

/// What tables of every kind look like, and every value that is no plain one.
const VALID: [&str; 4] = [
    "[[providers]]\nname = \"a\"\ntype = \"xai\"\n[[any.models]]\nname = \"m\"\nprovider = \"a\"\n\
     [any.models.config]\ncontext_window = \"128k\"\nmax_output_tokens = 5\n",
    "[recording]\nbodies = \"errors\"\nkeep_days = 5\nmax_size = 100000000\n\
     [routing]\nstrategy = \"${STRATEGY:-sticky}\"\n[routing.aliases]\nquick = \"tag:fast\"\n\
     best = { target = \"auto\", strategy = \"least_cost\", fallbacks = [\"tag:cheap\"] }\n\
     [[routing.pairs]]\nname = \"p\"\nstrong = \"tag:a\"\nweak = \"tag:b\"\nthreshold = 1\n",
    "[[api_keys]]\nkey = \"sk-0123456789abcdef\"\nexpires_at = 2999-01-31\nrole = \"admin\"\n\
     [api_keys.parameter_limits]\nmax_tokens = 4096\ntemperature = { min = 0.1, max = 1 }\n\
     custom_limits = { n = 1 }\n[api_keys.budget]\nusd = 5\nper = \"month\"\n",
    "[telemetry]\notlp_endpoint = \"http://localhost:4318\"\notlp_headers = { a = \"b\" }\n\
     [[providers]]\nname = \"g\"\ntype = \"custom_http\"\nbase_url = \"http://10.0.0.1:9000\"\n\
     [providers.settings]\nrequest = { inputs = \"$prompt\" }\nresponse = { text = \"/0/text\" }\n\
     headers = { x-a = \"b\" }\nanything = 5\n",
];

/// Each with what a reader of the error looks for.
const INVALID: [(&str, &str); 12] = [
    ("[server]\nhots = \"x\"\n", "hots"),
    ("[server]\nport = 70000\n", "70000"),
    ("[server]\nworkers = \"many\"\n", "integer"),
    ("[timeouts]\nhead = -1\n", "-1"),
    ("[recording]\nbodies = \"some\"\n", "some"),
    ("[routing]\nstrategy = \"cheapest\"\n", "cheapest"),
    ("[[providers]]\nname = \"a\"\ntype = \"opnai\"\n", "opnai"),
    ("[[providers]]\nname = \"a\"\n", "\"type\" is a required"),
    (
        "[[models]]\nname = \"a\"\nprovider = \"b\"\n[models.rate_limit]\nmax_requests = 5\n",
        "per_seconds",
    ),
    (
        "[[models]]\nname = \"a\"\nprovider = \"b\"\n[models.config]\ncost_per_1k_tokens = \"free\"\n",
        "free",
    ),
    ("[[api_keys]]\nname = \"neither\"\n", "not valid under any"),
    ("[[group.modles]]\nname = \"a\"\n", "modles"),
];

#[test]
fn what_is_valid_here_is_valid_for_the_parser() {
    for file in VALID {
        let (_, warnings) = read(file).unwrap();
        assert_eq!(warnings, [], "{file}");
    }
    for (file, _) in INVALID {
        assert!(read(file).is_err() || !read(file).unwrap().1.is_empty(), "{file}");
    }
}

/// Taplo is what completes and checks TOML in editors.
#[tokio::test]
async fn taplo_agrees_with_the_parser() {
    let taplo = root("tests/schema/.venv/bin/taplo");
    if !taplo.exists() {
        return skip("taplo is not installed; `make test-tools` does it");
    }
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    let lint = async |file: &str| {
        let mut lint = Command::new(&taplo);
        let lint =
            lint.current_dir(folder.path()).env_clear().args(["lint", "--no-auto-config", file]);
        let output = lint.output().await.unwrap();
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        (output.status.success(), told)
    };
    put("router.schema.json", &text("router.schema.json"));
    put("shipped.toml", &text("router.toml"));
    let mut valid = vec![(String::from("shipped.toml"))];
    for (place, file) in VALID.iter().enumerate() {
        put(&format!("valid-{place}.toml"), &format!("#:schema ./router.schema.json\n{file}"));
        valid.push(format!("valid-{place}.toml"));
    }
    for name in valid {
        let (is_valid, told) = lint(&name).await;
        assert!(is_valid, "{name}: {told}");
    }
    for (file, says) in INVALID {
        put("invalid.toml", &format!("#:schema ./router.schema.json\n{file}"));
        let (is_valid, told) = lint("invalid.toml").await;
        assert!(!is_valid && told.contains(says), "{file}{says}: {told}");
    }
}

/// A section of docs/CONFIG.md below a heading, and the table of the file that it is about.
struct Section {
    name: String,
    text: String,
}

fn sections(document: &str) -> Vec<Section> {
    let mut found: Vec<Section> = Vec::new();
    for line in document.lines() {
        if let Some(heading) = line.strip_prefix("### ") {
            let name = heading.trim_matches(['[', ']']).to_owned();
            found.push(Section { name, text: String::new() });
        } else if line.starts_with("## ") {
            found.push(Section { name: String::new(), text: String::new() });
        }
        if let Some(section) = found.last_mut() {
            section.text.push_str(line);
            section.text.push('\n');
        }
    }
    found.retain(|section| !section.name.is_empty());
    found
}

/// Words in backticks.
fn quoted(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

/// Read from the settings of a provider of one kind, not by the reader of the file.
const OF_ONE_KIND: [&str; 1] = ["providers.settings.anthropic_version"];

#[test]
fn the_document_and_the_parser_know_the_same_keys() {
    let document = text("docs/CONFIG.md");
    let of_mock = text("docs/MOCK.md");
    let sections = sections(&document);
    let known: BTreeSet<String> = keys().iter().map(ListedKey::path).collect();
    for key in keys() {
        let path = key.path();
        let place =
            if path.contains(".mock.") { of_mock.as_str() } else { place_of(&path, &sections) };
        // As `key`, `key = …` or `[table]`.
        let is_told = quoted(place).iter().any(|word| {
            let word = word.split(" =").next().unwrap_or_default();
            word == key.key || word == path || word.trim_matches(['[', ']']) == path
        });
        let is_heading = sections.iter().any(|section| section.name == path);
        assert!(is_told || is_heading, "docs/CONFIG.md does not tell of `{path}`");
    }
    let mut told = 0;
    for section in &sections {
        let mut table = section.name.clone();
        let mut is_keys = false;
        for line in section.text.lines() {
            let name = line.strip_prefix("`[").and_then(|rest| rest.split(']').next());
            if let Some(name) = name.filter(|name| !name.starts_with('[')) {
                table = name.to_owned();
            }
            is_keys &= line.starts_with('|');
            let Some(row) = line.strip_prefix("| ") else { continue };
            let cell = row.split(" | ").next().unwrap_or_default();
            is_keys |= cell == "key";
            for key in quoted(cell).into_iter().filter(|_| is_keys) {
                let path = format!("{table}.{key}");
                let is_known = known.contains(&path) || OF_ONE_KIND.contains(&path.as_str());
                assert!(
                    is_known,
                    "docs/CONFIG.md tells of `{path}`, which the parser does not know"
                );
                told += 1;
            }
        }
    }
    assert!(told > 80, "{told}");
}

/// The text that is about a key's table: the section with the longest name that fits.
fn place_of<'s>(path: &str, sections: &'s [Section]) -> &'s str {
    let fits = |section: &&Section| {
        path == section.name || path.starts_with(&format!("{}.", section.name))
    };
    let found = sections.iter().filter(fits).max_by_key(|section| section.name.len());
    found.map_or("", |section| section.text.as_str())
}

#[test]
fn the_document_knows_every_variable() {
    let document = text("docs/CONFIG.md");
    let row = |name: &str| document.contains(&format!("| `{name}` |"));
    for name in VARIABLES {
        assert!(row(name), "docs/CONFIG.md does not tell of {name}");
    }
    let told = document.lines().filter_map(|line| line.strip_prefix("| `LLM_ROUTER_"));
    for rest in told {
        let name = format!("LLM_ROUTER_{}", rest.split('`').next().unwrap_or_default());
        assert!(VARIABLES.contains(&name.as_str()), "docs/CONFIG.md tells of {name}");
    }
    // What one process of the router sets for the next is nobody's setting.
    const OF_A_HANDOVER: &str = "LLM_ROUTER_TAKES_OVER";
    // Whatever else the sources ask the environment for.
    let asked =
        regex::Regex::new(r#""((?:OTEL|LLM_ROUTER)_[A-Z_]+|RUST_LOG|TMPDIR|[A-Z]+_PROXY)""#)
            .unwrap();
    for path in crate::architecture::sources(&root("src")) {
        let source = std::fs::read_to_string(&path).unwrap();
        let source = source.split("#[cfg(test)]").next().unwrap_or_default();
        for found in asked.captures_iter(source) {
            let name = &found[1];
            let is_told = name == OF_A_HANDOVER || document.contains(name);
            assert!(is_told, "docs/CONFIG.md does not tell of {name}");
        }
    }
}
