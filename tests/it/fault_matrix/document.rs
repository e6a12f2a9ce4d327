//! Writes the table as `docs/FAULTS.md`.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use super::moment::Moment;
use super::rows::{ROWS, Row};
use super::words::HEADING;

const OPENING: &str = "\
# Faults

What becomes of a call when its upstream or its client fails: each fault, at each moment at which it can happen, in
whole and in streamed calls, for a lone candidate and beside another one.

This is written by the test `fault_matrix`, which plays every row over real sockets through `/v1/chat/completions`,
`/v1/completions` for a model that takes chats, `/v1/messages`, `/v1/responses`, `/v1beta/models/…:generateContent`, Ollama's
`/api/chat` and `/route/invoke`. All end alike, each in the words of its API, which stand [at the end](#by-client); the router's
code of an error is in all of them. The circuits are held closed, so that each call is made, and a candidate is asked again once
(`retries = 1`).

- **Until the first content** a failure is an ordinary HTTP error, of a stream too: chunks that only name the role are
  held back. Nothing has gone to the client, so the next candidate is asked, and then the failed ones again, unless the
  request itself is at fault.
- **After it** a failure is an error event and the end. Nobody else is asked: what was sent cannot be taken back.
- **No stream stops without a word**: it ends with `[DONE]`, or with the error (`is_final` in lines of JSON).
- **A model that gave up** (Gemini's `MALFORMED_FUNCTION_CALL`, Ollama's `load`, a reason that nobody knows) is a failure
  where it said nothing. Where it did, the answer of another dialect ends with `finish_reason` \"error\" in OpenRouter's
  way: the provider's word is in `native_finish_reason`, its message in the `error` of the choice.
- **Exactly one record** is kept for each call, whatever its end. Tokens and costs are unknown where the upstream did
  not tell them, never 0.

The columns:

- *client*: the status and the code, or what a stream said up to its end. A stream's status is 200 once it has begun;
  the record keeps the failure's own.
- *knows*: what the record knows beside the outcome: the tokens, the time of the first chunk.
- *asked*: requests that reached the lone upstream; in brackets the attempts that the record counts, where they differ.
- *ended by*: the timer that ended the wait. A call takes no longer than that timer for each attempt, and the waits of
  `backoff` between them; `deadline` bounds all attempts together. \"At once\" waits for no timer.
- *another*: what becomes of it where a sound candidate stands behind the faulty one. \"Serves\": the client gets its
  answer with a 200, and the record counts two attempts. \"Not asked\": all is as for a lone candidate.

With `heartbeat`, a stream that waits for its first chunk longer than that is sent a comment and with it the status 200;
a failure after that is an error event too. A stream whose upstream goes on sending comments, or bytes of an event that
never ends, is ended by no timer but by its client, who is sent comments meanwhile.
";

const APIS: &str = "
## In the words of each API

| API | an ordinary error | a good end of a stream | the last frame of a failed one | while it is silent |
|---|---|---|---|---|
| `/v1/chat/completions` | `{\"error\": {\"code\"}}` | `data: [DONE]` | `data: {\"error\": {\"code\"}}` | a comment |
| `/v1/completions` | `{\"error\": {\"code\"}}` | `data: [DONE]` | `data: {\"error\": {\"code\"}}` | a comment |
| `/v1/messages` | `{\"type\": \"error\", \"error\"}` | `event: message_stop` | `event: error` | `event: ping` |
| `/v1/responses` | `{\"error\": {\"code\"}}` | `event: response.completed`, or `.incomplete` | `event: response.failed` | `event: response.in_progress` |
| `/v1beta/models/…`, events | `{\"error\": {\"code\", \"status\"}}` | a frame with `finishReason` | JSON with `error`, then the connection is cut | an empty line |
| Ollama's `/api/chat` | `{\"error\", \"code\"}` | a line with `done` | a line with `error` | a line without text |
| `/route/invoke`, lines | `{\"detail\", \"code\"}` | a line with `is_final` | a line with `error` and `is_final` | nothing |
";

const HEADER: &str = "\
| fault | call | client | recorded | knows | asked | ended by | another |
|---|---|---|---|---|---|---|---|
";

/// What is written by hand below the table.
pub const AFTERWARDS: &str = "\n## The soak\n";

pub fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/FAULTS.md")
}

/// The document, with the parts below the tables as they stand: what was seen, and what is written by
/// hand.
pub fn document(written: &str) -> String {
    let mut text = [OPENING, APIS].concat();
    for moment in [Moment::BeforeHead, Moment::BeforeBody, Moment::Within] {
        write!(text, "\n## {}\n\n{HEADER}", moment.heading()).unwrap();
        for row in ROWS.iter().filter(|row| row.moment == moment) {
            line(row, &mut text);
        }
    }
    if let Some(at) = written.find(HEADING).or_else(|| written.find(AFTERWARDS)) {
        text.push_str(&written[at..]);
    }
    text
}

fn line(row: &Row, text: &mut String) {
    let is_stream = row.calls.are_streams()[0];
    let outcome = row.alone.outcome(is_stream);
    let known: Vec<&str> =
        [(outcome.knows_usage, "tokens"), (outcome.knows_first_chunk, "first chunk")]
            .iter()
            .filter_map(|(is_known, what)| is_known.then_some(*what))
            .collect();
    let (asked, attempts) = (outcome.asked.0, outcome.attempts);
    let counted = if asked as u64 == attempts { String::new() } else { format!(" ({attempts})") };
    writeln!(
        text,
        "| {} | {} | {} | {} | {} | {asked}{counted} | {} | {} |",
        row.fault.shown(),
        row.calls.shown(),
        outcome.client,
        outcome.recorded,
        known.join(", "),
        row.ended_by.shown(),
        if row.spare_serves { "serves" } else { "not asked" },
    )
    .unwrap();
}
