//! Frames that go on as they came, but for usage that was not asked for, and those that say nothing.

use bytes::Bytes;
use llm_router::dialects::json::RawObject;
use llm_router::dialects::sse::{self, Splitter};
use serde_json::Value;

use crate::transcript::Transcript;

/// The empty line that the last frame is given where it came without.
const FRAME_END: &[u8] = b"\n\n";

pub fn check(bytes: &[u8], transcript: &Transcript, wants_usage: bool) {
    let out = &transcript.out;
    assert!(out.len() <= bytes.len() + FRAME_END.len(), "grew to {} bytes", out.len());

    let came = datas(bytes);
    let mut rest = came.iter();
    let went = datas(out);
    for data in &went {
        assert!(
            rest.any(|came| data == came || !wants_usage && is_without_usage(data, came)),
            "made up a frame: {}\nof: {}",
            data.escape_ascii(),
            bytes.escape_ascii()
        );
        if !wants_usage {
            assert!(!tells_usage(data), "left usage in: {}", data.escape_ascii());
        }
    }
    let is_done = |data: &Vec<u8>| data.trim_ascii() == b"[DONE]";
    let dones = went.iter().filter(|data| is_done(data)).count();
    assert_eq!(dones, usize::from(transcript.seen.is_done));
    assert!(dones == 0 || went.last().is_some_and(is_done), "a frame follows `[DONE]`");
}

/// The data of each frame that has one.
fn datas(bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut datas = Vec::new();
    let mut note = |frame: &[u8]| datas.extend(sse::data(frame).map(|data| data.into_owned()));
    let mut splitter = Splitter::default();
    let pushed = splitter.push(Bytes::copy_from_slice(bytes), |bytes, place| note(&bytes[place]));
    assert_eq!(pushed, Ok(()));
    for frame in splitter.finish() {
        note(&frame);
    }
    datas
}

/// Whether it is the object that came, without its usage.
fn is_without_usage(data: &[u8], came: &[u8]) -> bool {
    let object = |text: &[u8]| serde_json::from_slice::<Value>(text).ok();
    let without_usage = |came: &[u8]| {
        let mut came = object(came)?;
        came.as_object_mut()?.shift_remove("usage")?;
        Some(came)
    };
    without_usage(came).is_some_and(|came| object(data) == Some(came))
}

/// Spelled as providers spell it. An object with a key that stands twice is not edited.
fn tells_usage(data: &[u8]) -> bool {
    let is_spelled = data.windows(7).any(|window| window == b"\"usage\"");
    let usage = || RawObject::parse(data).ok()?.get("usage");
    is_spelled && usage().is_some_and(|usage| usage.get() != "null")
}
