//! Plays rows against one application, each cell with a provider and a model of its own, many side by side, and tells
//! what ended otherwise than the table says.

use std::collections::HashMap;

use futures_util::stream::{StreamExt, iter};
use serde_json::Value;

use super::door::Door;
use super::fault::Fault;
use super::moment::Moment;
use super::outcome::Outcome;
use super::places::Places;
use super::rows::Row;
use super::scripts::{FRAMES_BEFORE, script, sound};
use super::words;
use crate::support::app::outcome;
use crate::support::client::BodyEnd;
use crate::support::upstream::Seen;
use crate::support::{Config, Script, TestApp, Upstream};

/// Cells at once.
const ABREAST: usize = 24;

/// One repetition, after next to nothing; an upstream that asks for more is not asked again. Nobody rests.
const ROUTING: &str = "max_attempts = 4\nretries = 1\nbackoff = 0.001\nmax_backoff = 0.01\n\
    [routing.circuit]\nfailures = 1000000\nmin_calls = 30000\nbilling_rest = 0.001\nmax_rest = 0.001\n";

const FAR_OFF: &str = "[timeouts]\nconnect = 30\nhead = 30\nfirst_chunk = 30\nidle = 30\n";

/// One call of a row.
struct Cell<'r> {
    row: &'r Row,
    door: Door,
    is_stream: bool,
    has_spare: bool,
    /// Also the name of its provider.
    model: String,
}

/// Plays the rows. Answers what ended otherwise than expected.
pub async fn play(rows: &[&Row], deadline_secs: &str) -> Vec<String> {
    let cells = cells(rows);
    let faulty = Upstream::with(answers(&cells)).await;
    let spare = Upstream::with(|seen| sound(seen.json()["stream"] == true)).await;
    let places = Places::open(&faulty).await;
    let routing = format!("[routing]\ndeadline = {deadline_secs}\n{ROUTING}");
    let mut config = Config::new().routing(&routing).tables(FAR_OFF);
    config = config.provider("spare", &spare.base_url());
    config =
        config.tables(&of_chats("spare-of-chats", &spare.base_url(), "api_key = \"sk-upstream\""));
    for cell in &cells {
        config = cell.configure(config, &places);
    }
    let app = TestApp::start(&config).await;

    let (app, faulty) = (&app, &faulty);
    let calls = cells.iter().map(|cell| async move {
        let client = cell.call(app, faulty).await;
        (cell, client)
    });
    let calls: Vec<_> = iter(calls).buffer_unordered(ABREAST).collect().await;

    let mut records: HashMap<String, Vec<Value>> = HashMap::new();
    for record in app.records().await {
        let model = record["model_name"].as_str().unwrap().to_owned();
        records.entry(model).or_default().push(record);
    }
    let (asked, spare_asked) = (requests_of(faulty), requests_of(&spare));
    let of = |asked: &HashMap<String, usize>, cell: &Cell<'_>| {
        asked.get(&cell.model).copied().unwrap_or_default()
    };
    let mut otherwise = Vec::new();
    let mut seen_words = Vec::new();
    for (cell, (client, words)) in calls {
        let (row, door, is_stream) = (cell.row, cell.door, cell.is_stream);
        if !cell.has_spare {
            seen_words.push(words::Seen { row, door, is_stream, words });
        }
        let records = records.remove(&cell.model).unwrap_or_default();
        let [record] = records.as_slice() else {
            otherwise.push(format!("{}: {} records", cell.shown(), records.len()));
            continue;
        };
        let seen = Outcome {
            client,
            recorded: outcome(record),
            attempts: record["attempts"].as_u64().unwrap(),
            knows_usage: !record["total_tokens"].is_null(),
            knows_first_chunk: !record["ttft_ms"].is_null(),
            asked: (of(&asked, cell), of(&spare_asked, cell)),
        };
        let expected = cell.expected();
        if seen != expected {
            otherwise.push(format!(
                "{}:\n  expected {expected:?}\n  seen     {seen:?}\n  {}",
                cell.shown(),
                record["error_message"]
            ));
        }
        let message = record["error_message"].as_str().unwrap_or_default();
        let is_answered = cell.has_spare && cell.row.spare_serves;
        if !is_answered && !cell.row.ended_by.is_named_in(message) {
            otherwise.push(format!("{}: another timer: {message}", cell.shown()));
        }
    }
    otherwise.extend(words::check(rows, &seen_words));
    otherwise
}

/// A provider that has no endpoint for completions.
fn of_chats(name: &str, base_url: &str, lines: &str) -> String {
    format!(
        "[[providers]]\nname = \"{name}\"\ntype = \"kimi\"\nbase_url = \"{base_url}\"\n{lines}\n"
    )
}

fn cells<'r>(rows: &[&'r Row]) -> Vec<Cell<'r>> {
    let mut cells = Vec::new();
    for row in rows {
        for is_stream in row.calls.are_streams() {
            for (has_spare, door) in [
                (false, Door::Chat),
                (true, Door::Chat),
                (false, Door::Completions),
                (true, Door::Completions),
                (false, Door::Route),
                (true, Door::Route),
                (false, Door::Messages),
                (true, Door::Messages),
                (false, Door::Responses),
                (true, Door::Responses),
                (false, Door::Gemini),
                (true, Door::Gemini),
                (false, Door::Ollama),
                (true, Door::Ollama),
            ] {
                // A frame of 17 MiB keeps all others waiting; once is enough.
                if row.fault == Fault::Oversized && *is_stream && door != Door::Chat {
                    continue;
                }
                let model = format!("cell-{}", cells.len());
                cells.push(Cell { row, door, is_stream: *is_stream, has_spare, model });
            }
        }
    }
    cells
}

/// How many requests for each model have come.
fn requests_of(upstream: &Upstream) -> HashMap<String, usize> {
    let mut counts = HashMap::new();
    for seen in upstream.requests() {
        *counts.entry(seen.json()["model"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    counts
}

/// Each model gets the script of its cell.
fn answers(cells: &[Cell<'_>]) -> impl FnMut(&Seen) -> Script + use<> {
    let scripts: HashMap<String, (Fault, bool, Moment)> = cells
        .iter()
        .map(|cell| (cell.model.clone(), (cell.row.fault, cell.is_stream, cell.row.moment)))
        .collect();
    move |seen| {
        let body = seen.json();
        let (fault, is_stream, moment) = scripts[body["model"].as_str().unwrap()];
        script(fault, is_stream, moment)
    }
}

impl Cell<'_> {
    fn configure(&self, config: Config, places: &Places) -> Config {
        let Self { row, model, .. } = self;
        let settings = row.ended_by.settings();
        let lines = format!("api_key = \"sk-upstream\"\n[providers.settings]\n{settings}");
        let place = places.of(row.fault);
        let (config, spare) = match self.door {
            Door::Completions => {
                (config.tables(&of_chats(model, &place, &lines)), "spare-of-chats")
            }
            _ => (config.provider_with(model, &place, &lines), "spare"),
        };
        let config = config.model(model, model, "[models.config]\npriority = 9");
        if self.has_spare { config.model(spare, model, "") } else { config }
    }

    fn expected(&self) -> Outcome {
        let (alone, is_stream) = (&self.row.alone, self.is_stream);
        if self.has_spare {
            alone.outcome_beside_spare(is_stream, self.row.spare_serves)
        } else {
            alone.outcome(is_stream)
        }
    }

    fn shown(&self) -> String {
        let kind = if self.is_stream { "stream" } else { "whole" };
        let company = if self.has_spare { "beside another" } else { "alone" };
        let Row { fault, moment, .. } = self.row;
        let (fault, moment) = (fault.shown(), moment.shown());
        format!("{fault}, {moment}, {kind}, {company}, {:?} ({})", self.door, self.model)
    }

    /// Makes the call. Answers what the client saw, in the same words for all APIs and in its own.
    async fn call(&self, app: &TestApp, faulty: &Upstream) -> (String, String) {
        let mut client = self.door.begin(app.addr, &self.model, self.is_stream).await;
        if let Fault::Leaves(goodbye) = self.row.fault {
            let model = self.model.clone();
            let is_ours = move |seen: &Seen| seen.json()["model"] == model.as_str();
            faulty.wait_for_request(is_ours.clone()).await;
            if self.is_stream && self.row.moment == Moment::Within {
                self.door.read_beginning(&mut client, FRAMES_BEFORE).await;
            }
            let _half_open = goodbye.say(client).await;
            faulty.wait_for_close(is_ours).await;
            return (String::from("left"), String::new());
        }
        let head = client.read_head().await;
        let (body, end) = client.read_body_and_end().await;
        let body = String::from_utf8(body).unwrap();
        if self.is_stream && head.status == 200 {
            let words = words::of_stream(self.door, &body, end);
            return (self.door.streamed(&body, end), words);
        }
        assert_eq!(
            (head.header("content-type"), end),
            (Some("application/json"), BodyEnd::Complete)
        );
        let body = serde_json::from_str(&body).unwrap();
        (self.door.whole(&head, &body), words::of_whole(self.door, &head, &body))
    }
}
