//! The router itself: health, metrics, configuration, events, and this document.

use super::About;
use super::bodies::{ChatAnswer, ErrorBody};
use crate::catalog::watcher::ConfigStatus;
use crate::http::manage::config::SyncAnswer;
use crate::http::monitor::events::{EventList, EventQuery};
use crate::http::monitor::health::{Detail, Health, Readiness};

pub fn health() -> About {
    About::new("health", "Whether the process lives").public().answers::<Health>(200, "It does.")
}

pub fn ready() -> About {
    About::new("ready", "Whether calls can be taken")
        .answers::<Readiness>(200, "They can.")
        .answers::<Readiness>(503, "They cannot; the checks say why.")
}

pub fn detail() -> About {
    About::new("healthDetail", "What works, part by part").answers::<Detail>(200, "Each part.")
}

pub fn metrics() -> About {
    About::new("metrics", "Counters and histograms in Prometheus' text format")
        .for_admins()
        .answers_text("text/plain", "The metrics.")
        .fails(&[500])
}

pub fn config_status() -> About {
    About::new("configStatus", "The file router.toml, and the last try to take it")
        .for_admins()
        .answers::<ConfigStatus>(200, "Its state.")
}

pub fn config_sync() -> About {
    About::new("configSync", "Takes router.toml now")
        .for_admins()
        .answers::<SyncAnswer>(200, "What changed.")
        .answers_one_of::<SyncAnswer, ErrorBody>(400, "The file has errors; nothing changed.")
}

pub fn events() -> About {
    About::new("listEvents", "The journal: reloads, changes by hand, circuits; newest first")
        .for_admins()
        .query::<EventQuery>()
        .answers::<EventList>(200, "A page.")
        .fails(&[503])
}

pub fn document() -> About {
    About::new("openapi", "This document").public().answers::<ChatAnswer>(200, "OpenAPI 3.1.")
}

pub fn viewer() -> About {
    About::new("docs", "A page that shows this document, and tries it out")
        .public()
        .answers_text("text/html", "The page.")
}

pub fn viewer_file() -> About {
    About::new("docsFile", "A part of that page")
        .public()
        .answers_text("text/css", "The file.")
        .answers_text("text/javascript", "")
}
