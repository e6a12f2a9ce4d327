//! Frames that go on as they came, but for usage that was not asked for, a model that is not
//! named, the indexes of calls, and those that say nothing.

use bytes::Bytes;
use llm_router::dialects::json::RawObject;
use llm_router::dialects::sse::{self, FrameContent, Splitter};
use llm_router::dialects::surrogates::readable;
use serde_json::Value;

use crate::transcript::Transcript;

/// What a frame may grow by: a model's name, the indexes of its calls, an empty line.
const GROWTH: usize = 64;

pub fn check(bytes: &[u8], transcript: &Transcript, wants_usage: bool) {
    let out = &transcript.out;
    let came = datas(bytes);
    let calls = bytes.windows(10).filter(|window| window == b"tool_calls").count();
    let readable = readable(bytes).len();
    let most = readable * (1 + calls.min(1)) + (came.len() + 1) * GROWTH;
    assert!(out.len() <= most, "grew from {} to {} bytes", bytes.len(), out.len());

    let mut rest = came.iter();
    let went = datas(out);
    for data in &went {
        assert!(
            rest.any(|came| data == came || is_edited(data, came, wants_usage)),
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
    assert_eq!(dones, usize::from(transcript.summary.is_done));
    assert!(dones == 0 || went.last().is_some_and(is_done), "a frame follows `[DONE]`");
}

/// The data of each frame that has one.
fn datas(bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut datas = Vec::new();
    let mut note = |frame: &[u8]| match sse::read(frame) {
        FrameContent::Data(data) | FrameContent::Error(data) => datas.push(data.into_owned()),
        FrameContent::Done => datas.push(b"[DONE]".to_vec()),
        FrameContent::Nothing | FrameContent::Body(_) => {}
    };
    let mut splitter = Splitter::default();
    let pushed = splitter.push(Bytes::copy_from_slice(bytes), |bytes, place| note(&bytes[place]));
    assert_eq!(pushed, Ok(()));
    for frame in splitter.finish() {
        note(&frame);
    }
    datas
}

/// Whether it is the object that came, but for what may be edited.
fn is_edited(data: &[u8], came: &[u8], wants_usage: bool) -> bool {
    let kept = |text: &[u8]| {
        let mut value: Value = serde_json::from_slice(text).ok()?;
        let object = value.as_object_mut()?;
        object.shift_remove("model");
        if !wants_usage {
            object.shift_remove("usage");
        }
        for choice in object.get_mut("choices").and_then(Value::as_array_mut).into_iter().flatten()
        {
            let calls = choice.pointer_mut("/delta/tool_calls").and_then(Value::as_array_mut);
            for call in calls.into_iter().flatten().filter_map(Value::as_object_mut) {
                call.shift_remove("index");
            }
        }
        Some(value)
    };
    kept(came).is_some_and(|came| kept(data) == Some(came))
}

/// Spelled as providers spell it. An object with a key that stands twice is not edited.
fn tells_usage(data: &[u8]) -> bool {
    let is_spelled = data.windows(7).any(|window| window == b"\"usage\"");
    let usage = || RawObject::parse(data).ok()?.get("usage");
    is_spelled && usage().is_some_and(|usage| usage.get() != "null")
}
