//! Decodes a streamed answer: events become deltas. The event's name is read from its data; the
//! `event:` line repeats it, if a server sends it.

mod place;
mod progress;

use bytes::Bytes;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use self::place::{Key, Place, Slot};
use self::progress::Progress;
use super::finish::Response;
use super::item::{Content, Item, Tag};
use crate::dialects::errors::{StreamFault, UpstreamError};
use crate::dialects::frame_reader::FrameReader;
use crate::dialects::openai::upstream::error as family;
use crate::dialects::sse::{self, FrameContent};
use crate::domain::chat::{Delta, Maker};

/// Reads one stream.
#[derive(Debug)]
pub struct Decoder {
    frames: FrameReader,
    progress: Progress,
}

/// The members of known events.
#[derive(Deserialize)]
struct Event<'a> {
    #[serde(default)]
    output_index: Option<i64>,
    #[serde(default)]
    item_id: Option<String>,
    #[serde(default)]
    content_index: Option<i64>,
    #[serde(default)]
    summary_index: Option<i64>,
    #[serde(default)]
    delta: Option<String>,
    #[serde(default)]
    text: Option<String>,
    #[serde(default)]
    refusal: Option<String>,
    #[serde(default)]
    arguments: Option<String>,
    #[serde(default)]
    logprobs: Option<Vec<Value>>,
    #[serde(borrow, default)]
    item: Option<&'a RawValue>,
    #[serde(borrow, default)]
    part: Option<&'a RawValue>,
    #[serde(borrow, default)]
    response: Option<&'a RawValue>,
}

impl Decoder {
    /// `maker`: the maker of the model, who sealed its encrypted reasoning.
    pub fn new(maker: Maker) -> Self {
        Self { frames: FrameReader::default(), progress: Progress::new(maker) }
    }

    /// Takes the next bytes and appends the deltas that they hold.
    ///
    /// # Errors
    /// When the stream is malformed or reports an error. Deltas before that are in `out`.
    pub fn push(&mut self, piece: Bytes, out: &mut Vec<Delta>) -> Result<(), StreamFault> {
        let Self { frames, progress } = self;
        frames.push(piece, |frame| take(progress, frame, out))
    }

    /// Ends the stream.
    ///
    /// # Errors
    /// When the stream ended before the answer did.
    pub fn finish(&mut self, out: &mut Vec<Delta>) -> Result<(), StreamFault> {
        let Self { frames, progress } = self;
        frames.finish(|frame| take(progress, frame, out))?;
        if progress.is_done() { Ok(()) } else { Err(StreamFault::Malformed) }
    }
}

fn take(progress: &mut Progress, frame: &[u8], out: &mut Vec<Delta>) -> Result<(), StreamFault> {
    if progress.is_done() {
        return Ok(());
    }
    let data = match sse::read(frame) {
        // Chat's last frame, which some servers of this API send.
        FrameContent::Nothing | FrameContent::Done => return Ok(()),
        FrameContent::Error(data) => return Err(StreamFault::Upstream(error_event(&data))),
        FrameContent::Data(data) => data,
        FrameContent::Body(body) => body.into(),
    };
    let tag: Tag = read(&data)?;
    let Some(kind) = tag.kind.as_deref() else {
        // The error of a gateway, without the API's envelope.
        let response: Response<'_> = read(&data)?;
        let error = response.failure().or_else(|| family::instead_of_answer(&data));
        return error.map_or(Ok(()), |error| Err(StreamFault::Upstream(error)));
    };
    if kind == "error" {
        return Err(StreamFault::Upstream(error_event(&data)));
    }
    let Some(name) = kind.strip_prefix("response.").filter(|name| is_known(name)) else {
        return Ok(());
    };
    apply(progress, name, read(&data)?, out)
}

/// The type of the event is not used as a code when the error has none.
fn error_event(data: &[u8]) -> UpstreamError {
    let error = family::decode(data);
    UpstreamError { code: error.code.filter(|code| code != "error"), ..error }
}

fn is_known(name: &str) -> bool {
    let (group, step) = name.rsplit_once('.').unwrap_or(("", name));
    match group {
        "" => matches!(
            step,
            "created"
                | "in_progress"
                | "queued"
                | "completed"
                | "incomplete"
                | "failed"
                | "cancelled"
                | "done"
        ),
        "output_item" => matches!(step, "added" | "done"),
        "content_part" | "reasoning_summary_part" => step == "done",
        "output_text"
        | "refusal"
        | "reasoning_text"
        | "reasoning_summary_text"
        | "function_call_arguments" => matches!(step, "delta" | "done"),
        _ => false,
    }
}

fn apply(
    progress: &mut Progress,
    name: &str,
    event: Event<'_>,
    out: &mut Vec<Delta>,
) -> Result<(), StreamFault> {
    let key = Key::of(event.output_index, event.item_id.as_deref());
    let place = |slot: Slot| {
        let index = if slot == Slot::Summary { event.summary_index } else { event.content_index };
        Place { key, slot, index: index.unwrap_or(0) }
    };
    let slot = match name.split_once('.') {
        Some(("output_text", _)) => Slot::Text,
        Some(("refusal", _)) => Slot::Refusal,
        Some(("reasoning_text", _)) => Slot::Reasoning,
        _ => Slot::Summary,
    };
    match name {
        "created" | "in_progress" | "queued" => {
            if let Some(raw) = event.response {
                progress.begin(Some(&read_raw(raw)?), out);
            }
            Ok(())
        }
        "output_item.added" => match item(event.item)? {
            Item::Call(call) => progress.begin_call(key, &call, out),
            _ => Ok(()),
        },
        "output_item.done" => progress.complete_item(key, item(event.item)?, out),
        "content_part.done" | "reasoning_summary_part.done" => {
            let raw = event.part.ok_or(StreamFault::Malformed)?;
            let content = Content::read(raw).map_err(|_| StreamFault::Malformed)?;
            let slot = Slot::of(&content);
            slot.map_or(Ok(()), |slot| progress.complete_content(place(slot), content, out))
        }
        "function_call_arguments.delta" => {
            progress.add_arguments(key, event.delta.unwrap_or_default(), out);
            Ok(())
        }
        "function_call_arguments.done" => {
            progress.complete_arguments(key, &event.arguments.unwrap_or_default(), out);
            Ok(())
        }
        "completed" | "incomplete" | "failed" | "cancelled" | "done" => {
            progress.end(name, read_raw(event.response.ok_or(StreamFault::Malformed)?)?, out)
        }
        _ if name.ends_with(".delta") => {
            let at = place(slot);
            progress.add(at, event.delta.unwrap_or_default(), out)?;
            progress.add_logprobs(at, event.logprobs.unwrap_or_default(), out)
        }
        _ => {
            let at = place(slot);
            let whole = event.text.or(event.refusal).unwrap_or_default();
            progress.complete(at, &whole, event.logprobs.unwrap_or_default(), out)
        }
    }
}

fn item(raw: Option<&RawValue>) -> Result<Item, StreamFault> {
    Item::read(raw.ok_or(StreamFault::Malformed)?).map_err(|_| StreamFault::Malformed)
}

fn read<'a, T: Deserialize<'a>>(data: &'a [u8]) -> Result<T, StreamFault> {
    serde_json::from_slice(data).map_err(|_| StreamFault::Malformed)
}

fn read_raw<'a, T: Deserialize<'a>>(raw: &'a RawValue) -> Result<T, StreamFault> {
    read(raw.get().as_bytes())
}

#[cfg(test)]
mod tests;
