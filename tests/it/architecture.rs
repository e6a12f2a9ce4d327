//! The rooms may import only to their right. A new room must be given its place here.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// From left to right; rooms of one line do not know each other.
const ORDER: &[&[&str]] = &[
    &["cli"],
    &["app"],
    &["http"],
    &["auth", "door", "relay", "report", "telemetry"],
    &["routing"],
    &["keys", "providers", "dialects", "recorder"],
    &["catalog"],
    &["observe", "store"],
    &["config"],
    &["health", "limits"],
    &["domain"],
];

/// Which rooms may name a crate.
const CRATES: &[(&str, &[&str])] = &[
    ("actix_web", &["http", "app"]),
    ("awc", &["providers"]),
    ("diesel", &["store"]),
    ("diesel_migrations", &["store"]),
    ("actix_rt", &["app", "providers"]),
    ("actix_http", &["app", "door"]),
    ("h2", &["door"]),
    ("tokio_rustls", &["door", "providers"]),
    ("actix_tls", &["providers"]),
    (
        "actix",
        &[
            "app",
            "cli",
            "relay",
            "telemetry",
            "keys",
            "limits",
            "providers",
            "recorder",
            "catalog",
            "store",
        ],
    ),
    (
        "tokio",
        &[
            "app",
            "http",
            "door",
            "relay",
            "telemetry",
            "keys",
            "limits",
            "providers",
            "recorder",
            "catalog",
            "store",
        ],
    ),
];

pub fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}

/// Each source file with the room it lies in.
fn rooms() -> Vec<(String, PathBuf, String)> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let in_rooms = sources(&src).into_iter().filter(|path| path.parent() != Some(&src));
    in_rooms
        .map(|path| {
            let inside = path.strip_prefix(&src).unwrap();
            let room = inside.iter().next().unwrap().to_str().unwrap().to_owned();
            let text = std::fs::read_to_string(&path).unwrap();
            (room, path, text)
        })
        .collect()
}

fn place(room: &str) -> usize {
    let place = ORDER.iter().position(|rooms| rooms.contains(&room));
    place.unwrap_or_else(|| panic!("the room `{room}` has no place in ORDER"))
}

/// The first segment of every `crate::…` path.
fn imported(text: &str) -> BTreeSet<&str> {
    let after = text.split("crate::").skip(1);
    after
        .map(|rest| rest.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap())
        .collect()
}

#[test]
fn routing_names_no_dialect() {
    let named = rooms()
        .into_iter()
        .filter(|(room, _, text)| room == "routing" && imported(text).contains("dialects"))
        .map(|(_, path, _)| path);
    assert_eq!(named.collect::<Vec<_>>(), [] as [PathBuf; 0]);
}

#[test]
fn relay_names_no_dialect() {
    const FOLDERS: [&str; 7] =
        ["openai", "responses", "anthropic", "gemini", "ollama", "remote_http", "invoke"];
    let mut found = BTreeSet::new();
    for (_, path, text) in rooms().into_iter().filter(|(room, _, _)| room == "relay") {
        let file = path.file_name().unwrap().to_str().unwrap().to_owned();
        for folder in FOLDERS {
            // Paths and the branches of a `use` with braces.
            let is_named = text.contains(&format!("dialects::{folder}"))
                || text.split("dialects::{").skip(1).any(|inside| {
                    let inside = inside.split(';').next().unwrap();
                    inside.split([',', '{', '}', '\n']).any(|part| {
                        part.trim()
                            .strip_prefix(folder)
                            .is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
                    })
                });
            if is_named {
                found.insert((file.clone(), folder));
            }
        }
    }
    assert_eq!(found, BTreeSet::new());
}

#[test]
fn a_room_imports_only_to_its_right() {
    let mut broken = Vec::new();
    for (room, path, text) in rooms() {
        for other in imported(&text) {
            if other != room && place(other) <= place(&room) {
                broken.push(format!("{}: {room} imports {other}", path.display()));
            }
        }
    }
    assert_eq!(broken, [] as [String; 0]);
}

#[test]
fn frameworks_stay_in_their_rooms() {
    let mut broken = Vec::new();
    for (room, path, text) in rooms() {
        for (name, allowed) in CRATES {
            let is_named =
                text.contains(&format!("use {name}::")) || text.contains(&format!(" {name}::"));
            if is_named && !allowed.contains(&room.as_str()) {
                broken.push(format!("{}: {room} names {name}", path.display()));
            }
        }
    }
    assert_eq!(broken, [] as [String; 0]);
}

#[test]
fn no_file_has_grown_beyond_a_second_idea() {
    let long: Vec<String> = rooms()
        .into_iter()
        .filter(|(_, _, text)| text.lines().count() > 450)
        .map(|(_, path, text)| format!("{}: {} lines", path.display(), text.lines().count()))
        .collect();
    assert_eq!(long, [] as [String; 0]);
}
