//! How a call ended: as the table expects it, and as it was seen. Both are compared, and shown in the document, as text.

use super::scripts::SOUND;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// What came over the client's socket.
    pub client: String,
    /// `error 502 upstream_closed`.
    pub recorded: String,
    /// Upstream calls that the record counts.
    pub attempts: u64,
    /// Whether the record knows the tokens.
    pub knows_usage: bool,
    /// Whether it knows when the first chunk came.
    pub knows_first_chunk: bool,
    /// How often the faulty upstream and the spare one got the request.
    pub asked: (usize, usize),
}

/// What a row says of a candidate that is alone.
#[derive(Clone, Copy, Debug)]
pub struct Alone {
    pub end: End,
    pub attempts: u64,
    /// Requests that reached the upstream.
    pub asked: usize,
}

#[derive(Clone, Copy, Debug)]
pub enum End {
    /// An ordinary HTTP error.
    Error { status: u16, code: &'static str, retry_after: Option<&'static str> },
    /// The stream went on to an error event.
    Broken { status: u16, code: &'static str },
    /// Nothing is wrong with it.
    Good,
    /// The client has left.
    Left { read_a_chunk: bool },
}

impl Alone {
    pub fn outcome(&self, is_stream: bool) -> Outcome {
        let Self { end, attempts, asked } = *self;
        let asked = (asked, 0);
        let nothing_known = Outcome {
            client: String::new(),
            recorded: String::new(),
            attempts,
            knows_usage: false,
            knows_first_chunk: false,
            asked,
        };
        match end {
            End::Error { status, code, retry_after } => {
                let wait = retry_after.map(|wait| format!(", Retry-After {wait}"));
                Outcome {
                    client: format!("{status} `{code}`{}", wait.unwrap_or_default()),
                    recorded: format!("error {status} {code}"),
                    ..nothing_known
                }
            }
            End::Broken { status, code } => Outcome {
                client: format!("200, `a`, error event `{code}`, end"),
                recorded: format!("error {status} {code}"),
                // What went by.
                knows_usage: true,
                knows_first_chunk: true,
                ..nothing_known
            },
            End::Good => Outcome { attempts, asked, ..good(is_stream) },
            End::Left { read_a_chunk } => Outcome {
                client: String::from("left"),
                recorded: String::from("cancelled 499 client_closed_request"),
                // What went by, at least the prompt: the upstream was called.
                knows_usage: true,
                knows_first_chunk: read_a_chunk,
                ..nothing_known
            },
        }
    }

    /// With another candidate that is sound: it serves after the first failed once, or is not asked.
    pub fn outcome_beside_spare(&self, is_stream: bool, spare_serves: bool) -> Outcome {
        if !spare_serves {
            return self.outcome(is_stream);
        }
        let asked_once = self.asked.min(1);
        Outcome { attempts: 2, asked: (asked_once, 1), ..good(is_stream) }
    }
}

fn good(is_stream: bool) -> Outcome {
    let end = if is_stream { ", good end" } else { "" };
    Outcome {
        client: format!("200, `{SOUND}`{end}"),
        recorded: String::from("success 200"),
        attempts: 1,
        knows_usage: true,
        knows_first_chunk: is_stream,
        asked: (1, 0),
    }
}
