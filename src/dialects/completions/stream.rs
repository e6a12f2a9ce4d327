//! A chat's stream as one of this API.

use super::answer::ChatAnswer;
use crate::dialects::openai::client::chunks::{self, ChunkOptions, ChunkSink, WireChunk};
use crate::domain::chat::Delta;

#[derive(Debug)]
pub struct Encoder {
    chunks: chunks::Encoder,
}

impl Encoder {
    pub fn new(options: ChunkOptions) -> Self {
        Self { chunks: chunks::Encoder::new(options) }
    }

    /// Appends the events for these deltas.
    pub fn encode(&mut self, deltas: &[Delta], out: &mut Vec<u8>) {
        self.chunks.encode(deltas, &mut Events(out));
    }

    /// Appends the event for a chunk of a chat in OpenAI's form.
    pub fn encode_chunk(chunk: &[u8], out: &mut Vec<u8>) {
        let Ok(chunk) = serde_json::from_slice::<ChatAnswer<'_>>(chunk) else { return };
        if !chunk.says_something() {
            return;
        }
        let Ok(event) = serde_json::to_vec(&chunk.completion()) else { return };
        out.extend_from_slice(b"data: ");
        out.extend_from_slice(&event);
        out.extend_from_slice(b"\n\n");
    }
}

struct Events<'o>(&'o mut Vec<u8>);

impl ChunkSink for Events<'_> {
    fn chunk(&mut self, chunk: &WireChunk<'_>) {
        if let Ok(chunk) = serde_json::to_vec(chunk) {
            Encoder::encode_chunk(&chunk, self.0);
        }
    }

    /// The end is written when the stream is closed.
    fn done(&mut self) {}
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::domain::chat::FinishReason;
    use crate::domain::usage::Usage;

    #[test]
    fn deltas_become_events_of_this_api() {
        let options = ChunkOptions { created: 5, wants_usage: true, wants_function_call: false };
        let mut out = Vec::new();
        let choice = 0;
        let deltas = [
            Delta::Begin { id: String::from("c"), model: String::from("m") },
            Delta::Thinking { choice, text: String::from("hm") },
            Delta::Text { choice, text: String::from("up") },
            Delta::Text { choice: 1, text: String::from("on") },
            Delta::Finish { choice, reason: FinishReason::Stop },
            Delta::Usage(Usage { prompt: 1, completion: 2, total: 3, ..Usage::default() }),
            Delta::Done,
        ];
        Encoder::new(options).encode(&deltas, &mut out);
        let text = String::from_utf8(out).unwrap();
        let events: Vec<Value> = text
            .split_terminator("\n\n")
            .map(|event| serde_json::from_str(event.strip_prefix("data: ").unwrap()).unwrap())
            .collect();
        let texts: Vec<_> = events
            .iter()
            .map(|event| (&event["choices"][0]["text"], &event["choices"][0]["index"]))
            .collect();
        assert_eq!(events.len(), 4, "{text}");
        assert!(
            events.iter().all(|event| event["object"] == "text_completion" && event["id"] == "c")
        );
        assert_eq!(texts[0], (&Value::from("up"), &Value::from(0)));
        assert_eq!(texts[1], (&Value::from("on"), &Value::from(1)));
        assert_eq!(events[2]["choices"][0]["finish_reason"], "stop");
        assert_eq!(events[3]["usage"]["total_tokens"], 3);
    }
}
