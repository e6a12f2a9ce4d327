//! A request's id as it is stored: the 16 bytes of a UUID, as the router makes them, or `=` and a
//! client's own text, so that each column and each index entry is as short as it can be.

use std::borrow::Cow;

use uuid::Uuid;

const TEXT: u8 = b'=';
/// Behind a text that would be as long as a UUID.
const PAD: u8 = 0;
const UUID_LENGTH: usize = 16;

pub fn to_bytes(id: &str) -> Vec<u8> {
    // Only the spelling that `from_bytes` gives back.
    let uuid = Uuid::try_parse(id)
        .ok()
        .filter(|uuid| uuid.hyphenated().encode_lower(&mut Uuid::encode_buffer()) == id);
    if let Some(uuid) = uuid {
        return uuid.as_bytes().to_vec();
    }
    let mut bytes = Vec::with_capacity(id.len() + 2);
    bytes.push(TEXT);
    bytes.extend_from_slice(id.as_bytes());
    if bytes.len() == UUID_LENGTH {
        bytes.push(PAD);
    }
    bytes
}

pub fn from_bytes(bytes: &[u8]) -> String {
    if let Ok(uuid) = <[u8; UUID_LENGTH]>::try_from(bytes) {
        return Uuid::from_bytes(uuid).to_string();
    }
    let text = bytes.strip_prefix(&[TEXT]).unwrap_or(bytes);
    let text = text.strip_suffix(&[PAD]).unwrap_or(text);
    match String::from_utf8_lossy(text) {
        Cow::Borrowed(text) => text.to_owned(),
        Cow::Owned(text) => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_id_comes_back_as_it_was() {
        for (id, length) in [
            ("01931f5a-6f2b-7c3d-8e4f-0123456789ab", 16),
            ("01931F5A-6F2B-7C3D-8E4F-0123456789AB", 37),
            ("01931f5a6f2b7c3d8e4f0123456789ab", 33),
            ("req-1", 6),
            ("fifteen-letters", 17),
            ("sixteen-letters-", 17),
            ("", 1),
        ] {
            let bytes = to_bytes(id);
            assert_eq!((from_bytes(&bytes).as_str(), bytes.len()), (id, length));
        }
    }
}
