//! `docs/FAULTS.md`: whatever an upstream or a client does, at whatever moment, whole or streamed, alone or with
//! another candidate: what the client sees, what is recorded, and who is asked how often. Each cell is played over real
//! sockets, through all doors, side by side; `UPDATE_DOCS=1` writes the document.

mod document;
mod door;
mod fault;
mod moment;
mod outcome;
mod places;
mod play;
mod rows;
mod scripts;
mod words;

use moment::Timer;
use rows::{ROWS, Row};

/// No call of those that the total deadline ends shall meet another row's.
fn ends_by_deadline(row: &Row) -> bool {
    row.ended_by == Timer::Deadline
}

#[tokio::test]
async fn every_fault_at_every_moment_ends_as_the_table_says() {
    let rows: Vec<&Row> = ROWS.iter().filter(|row| !ends_by_deadline(row)).collect();
    let otherwise = play::play(&rows, "30").await;
    assert!(otherwise.is_empty(), "{}", otherwise.join("\n"));
}

#[tokio::test]
async fn what_no_other_timer_ends_the_total_deadline_does() {
    let rows: Vec<&Row> = ROWS.iter().filter(|row| ends_by_deadline(row)).collect();
    assert!(!rows.is_empty());
    let otherwise = play::play(&rows, "1").await;
    assert!(otherwise.is_empty(), "{}", otherwise.join("\n"));
}

#[test]
fn the_document_says_what_is_played() {
    let path = document::path();
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    let made = document::document(&written);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        // Those that are played write their part.
        let file = std::fs::File::open(&path).unwrap();
        file.lock().unwrap();
        let written = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, document::document(&written)).unwrap();
        return;
    }
    assert!(written == made, "docs/FAULTS.md is stale: run this test with UPDATE_DOCS=1");
}
