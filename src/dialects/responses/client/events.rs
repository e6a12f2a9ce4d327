//! The events of a stream, numbered.

use serde_json::{Value, json};

/// Writes events to the client, each with the next number.
#[derive(Debug, Default)]
pub(super) struct Events {
    pub next: u64,
}

impl Events {
    /// `event`: its members beside its type and its number.
    pub(super) fn write(&mut self, name: &str, event: Value, out: &mut Vec<u8>) {
        let Value::Object(members) = event else { return };
        self.head(name, out);
        for (name, value) in &members {
            out.push(b',');
            // Writing JSON into memory cannot fail.
            let _ = serde_json::to_writer(&mut *out, name);
            out.push(b':');
            let _ = serde_json::to_writer(&mut *out, value);
        }
        out.extend_from_slice(b"}\n\n");
    }

    /// An event about the whole response. `response`: as JSON.
    pub(super) fn of_response(&mut self, name: &str, response: &str, out: &mut Vec<u8>) {
        self.head(name, out);
        out.extend_from_slice(b",\"response\":");
        out.extend_from_slice(response.as_bytes());
        out.extend_from_slice(b"}\n\n");
    }

    fn head(&mut self, name: &str, out: &mut Vec<u8>) {
        let number = self.next;
        self.next += 1;
        out.extend_from_slice(
            format!(
                "event: response.{name}\ndata: {{\"type\":\"response.{name}\",\"sequence_number\":{number}"
            )
            .as_bytes(),
        );
    }

    pub(super) fn item_added(&mut self, index: u64, item: &Value, out: &mut Vec<u8>) {
        let event = json!({"output_index": index, "item": item});
        self.write("output_item.added", event, out);
    }

    pub(super) fn item_done(&mut self, index: u64, item: &Value, out: &mut Vec<u8>) {
        let event = json!({"output_index": index, "item": item});
        self.write("output_item.done", event, out);
    }
}
