//! The files of `frontend/dist`. A release build embeds them. A debug build reads them from the
//! folder when they are asked for, so that a new build of the console needs no new router.

use std::borrow::Cow;

use bytes::Bytes;
use data_encoding::HEXLOWER;
use rust_embed::Embed;
use sha2::{Digest, Sha256};

#[derive(Embed)]
#[folder = "frontend/dist"]
#[allow_missing = true]
struct Dist;

pub struct Stored {
    pub bytes: Bytes,
    /// The opaque part of its `ETag`.
    pub etag: String,
}

pub fn read(name: &str) -> Option<Stored> {
    let file = Dist::get(name)?;
    let bytes = match file.data {
        Cow::Borrowed(bytes) => Bytes::from_static(bytes),
        Cow::Owned(bytes) => Bytes::from(bytes),
    };
    Some(Stored { bytes, etag: short(&file.metadata.sha256_hash()) })
}

pub fn etag_of(bytes: &[u8]) -> String {
    short(&Sha256::digest(bytes))
}

/// Enough of a digest to tell builds apart.
fn short(digest: &[u8]) -> String {
    let mut text = HEXLOWER.encode(digest);
    text.truncate(20);
    text
}
