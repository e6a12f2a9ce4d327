//! A form of several parts: what is found in it does not depend on how it was cut, and with another
//! model's name in its place it is a form with that name and all else as it was.

use llm_router::dialects::errors::BadRequest;
use llm_router::dialects::forwarded::{Form, FormReader, ModelField};
use serde_json::Value;

use crate::pieces::pieces;

const TYPE: &str = "multipart/form-data; boundary=x";
const MODEL: &str = "up-m";

/// # Panics
/// When the reader breaks a promise.
pub fn check(bytes: &[u8]) {
    let whole = read(&[bytes]);
    assert_eq!(whole, read(&pieces(bytes)), "it depends on the cuts");
    let form = match whole {
        Ok(form) => form,
        Err(bad) => return assert!(!bad.message.trim().is_empty(), "a refusal says nothing"),
    };
    let (place, text) = form.model.replaced(MODEL);
    let at = |place: u64| usize::try_from(place).expect("a place in memory");
    let (start, end) = (at(place.start), at(place.end));
    assert!(start <= end && end <= bytes.len(), "{place:?} is not within {}", bytes.len());
    let renamed = [&bytes[..start], text.as_bytes(), &bytes[end..]].concat();
    let again = match read(&[&renamed]) {
        Ok(again) => again,
        Err(bad) if bad.message.contains("more than") => return,
        Err(bad) => panic!("{}: {}", bad.message, renamed.escape_ascii()),
    };
    assert_eq!(again.fields.get("model"), Some(&Value::from(MODEL)));
    assert!(matches!(again.model, ModelField::Value(_)));
    let others = |form: &Form| {
        let mut fields = form.fields.clone();
        fields.shift_remove("model");
        fields
    };
    assert_eq!(others(&again), others(&form), "another field changed");
}

fn read(pieces: &[&[u8]]) -> Result<Form, BadRequest> {
    let mut reader = FormReader::of(TYPE)?;
    for piece in pieces {
        reader.push(piece)?;
    }
    reader.finish()
}

/// The header that names the boundary.
///
/// # Panics
/// When a refusal of it says nothing.
pub fn check_type(bytes: &[u8]) {
    let Ok(header) = str::from_utf8(bytes) else { return };
    if let Err(bad) = FormReader::of(header) {
        assert!(!bad.message.trim().is_empty(), "a refusal says nothing");
    }
}
