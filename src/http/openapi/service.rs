//! The router itself: health, metrics, configuration, events, and this document.

use super::RouteDoc;
use super::bodies::{ChatAnswer, ErrorBody};
use crate::catalog::watcher::ConfigStatus;
use crate::http::manage::config::{ConfigPreview, SyncAnswer};
use crate::http::manage::dry_run::ChangeQuery;
use crate::http::manage::running_config::RunningConfig;
use crate::http::monitor::events::{EventList, EventQuery};
use crate::http::monitor::health::{Detail, Health, Readiness};

pub fn health() -> RouteDoc {
    RouteDoc::new("health", "Whether the process is alive")
        .public()
        .answers::<Health>(200, "It is.")
}

pub fn ready() -> RouteDoc {
    RouteDoc::new("ready", "Whether calls can be taken")
        .answers::<Readiness>(200, "They can.")
        .answers::<Readiness>(503, "They cannot; the checks name the reason.")
}

pub fn detail() -> RouteDoc {
    RouteDoc::new("healthDetail", "What works, part by part").answers::<Detail>(200, "Each part.")
}

pub fn metrics() -> RouteDoc {
    RouteDoc::new("metrics", "Counters and histograms in Prometheus' text format")
        .for_admins()
        .answers_text("text/plain", "The metrics.")
        .fails(&[500])
}

pub fn config() -> RouteDoc {
    RouteDoc::new("runningConfig", "All that runs now, in the shape of router.toml")
        .text("With the defaults of what nobody set; secrets are `[hidden]`.")
        .for_admins()
        .answers::<RunningConfig>(200, "The sections, providers, models and keys.")
}

pub fn config_status() -> RouteDoc {
    RouteDoc::new("configStatus", "The file router.toml, and the last try to take it")
        .for_admins()
        .answers::<ConfigStatus>(200, "Its state.")
}

pub fn config_sync() -> RouteDoc {
    RouteDoc::new("configSync", "Takes router.toml now")
        .for_admins()
        .query::<ChangeQuery>()
        .answers::<SyncAnswer>(200, "What changed; with `dry_run`, what `configPreview` answers.")
        .answers_one_of::<SyncAnswer, ErrorBody>(400, "The file has errors; nothing changed.")
}

pub fn config_preview() -> RouteDoc {
    RouteDoc::new("configPreview", "What taking router.toml as it is now would change")
        .text("As `configSync` with `dry_run`: the file is checked, and nothing is written.")
        .for_admins()
        .answers::<ConfigPreview>(200, "The names, and each entry before and after.")
        .answers_one_of::<SyncAnswer, ErrorBody>(400, "The file has errors, with their places.")
        .fails(&[503])
}

pub fn events() -> RouteDoc {
    RouteDoc::new("listEvents", "The journal: reloads, changes by hand, circuits; newest first")
        .for_admins()
        .query::<EventQuery>()
        .answers::<EventList>(200, "A page.")
        .fails(&[503])
}

pub fn document() -> RouteDoc {
    RouteDoc::new("openapi", "This document").public().answers::<ChatAnswer>(200, "OpenAPI 3.1.")
}

pub fn viewer() -> RouteDoc {
    RouteDoc::new("docs", "A page that shows this document, and tries it out")
        .public()
        .answers_text("text/html", "The page.")
}

pub fn viewer_file() -> RouteDoc {
    RouteDoc::new("docsFile", "A part of that page")
        .public()
        .answers_text("text/css", "The file.")
        .answers_text("text/javascript", "")
}
