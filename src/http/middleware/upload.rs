//! Reads a form with files (`multipart/form-data`): its fields are read as it comes, the files are
//! kept for the upstream, the most of them outside of the memory.

use std::io;
use std::sync::Arc;

use actix_web::HttpRequest;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::web::Payload;
use serde_json::{Map, Value};

use crate::dialects::forwarded::{Form, FormReader, ModelField};
use crate::http::middleware::body::{Reading, announced_length, too_large};
use crate::http::middleware::encoding::codings;
use crate::http::problem::{CODING_REFUSED, Problem};
use crate::providers::{Upload, UploadWriter};

const FORM: &str = "multipart/form-data";

/// Whether the body says that it is a form.
pub fn is_form(request: &HttpRequest) -> bool {
    let kind = content_type(request).get(..FORM.len());
    kind.is_some_and(|kind| kind.eq_ignore_ascii_case(FORM))
}

/// A form that came whole.
pub struct UploadedForm {
    pub fields: Map<String, Value>,
    pub model: ModelField,
    pub upload: Arc<Upload>,
}

/// # Errors
/// 413 beyond the limit, 415 for a packed one, 408 for one that is not complete in time, 400 for what
/// is no form.
///
/// # Cancel safety
/// Dropping it drops what was read.
pub async fn read_form(
    request: &HttpRequest,
    payload: Payload,
    limit: usize,
) -> Result<UploadedForm, Problem> {
    if !codings(request.headers())?.is_empty() {
        let message = "a form with files is not taken with a content-encoding";
        return Err(Problem::new(415, CODING_REFUSED, message));
    }
    if announced_length(request).is_some_and(|length| length > limit) {
        return Err(too_large(limit));
    }
    let content_type = content_type(request);
    let mut reader = FormReader::of(content_type)?;
    let mut writer = UploadWriter::default();
    let mut reading = Reading::of(request, payload);
    let mut left = limit;
    while let Some(piece) = reading.next().await? {
        left = left.checked_sub(piece.len()).ok_or_else(|| too_large(limit))?;
        reader.push(&piece)?;
        writer.push(&piece).await.map_err(not_kept)?;
    }
    let Form { fields, model } = reader.finish()?;
    let upload = writer.finish(content_type.to_owned()).await.map_err(not_kept)?;
    Ok(UploadedForm { fields, model, upload: Arc::new(upload) })
}

fn content_type(request: &HttpRequest) -> &str {
    request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

fn not_kept(error: io::Error) -> Problem {
    log::error!("an upload cannot be kept in a temporary file: {error}");
    Problem::new(
        503,
        "upload_not_kept",
        "the router cannot keep the upload; its log has the reason",
    )
}
