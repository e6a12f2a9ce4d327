//! `/monitor/export` and `/monitor/database`.

use super::RouteDoc;
use crate::http::monitor::export::{CSV, DATABASE, EXCEL, Export};
use crate::http::monitor::filters::FilterParams;

pub fn json() -> RouteDoc {
    RouteDoc::new("exportJson", "Calls with what they come to, as a file of JSON")
        .text(LIMITS)
        .query::<FilterParams>()
        .answers::<Export>(200, "The file.")
        .fails(&[503])
}

pub fn csv() -> RouteDoc {
    file("exportCsv", "Calls as a table of CSV", CSV).text(LIMITS)
}

pub fn excel() -> RouteDoc {
    file("exportExcel", "Calls as a spreadsheet", EXCEL).text(LIMITS)
}

pub fn database() -> RouteDoc {
    file("exportDatabase", "Calls with all that is kept of them, as an SQLite database", DATABASE)
        .text(
            "Its view `calls` shows rows with their names; traces and bodies are compressed with \
             zstd. It holds no keys, sessions or providers.",
        )
        .for_admins()
}

const LIMITS: &str = "All calls that the filters take, oldest first; a user's key takes its own. \
    `X-Total-Count` tells how many. Two exports are made at a time.";

fn file(id: &'static str, summary: &'static str, media: &'static str) -> RouteDoc {
    RouteDoc::new(id, summary)
        .query::<FilterParams>()
        .answers_text(media, "The file.")
        .fails(&[503])
}
