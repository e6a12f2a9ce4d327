//! What the recorder is told about calls: how their texts are read, what is taken out of them, and
//! how long they are kept; as the configuration says at the time.

use std::sync::Arc;

use bytes::Bytes;

use crate::catalog::Catalogue;
use crate::dialects;
use crate::domain::invocation::{Bodies, Invocation};
use crate::domain::packed::{Beginning, Texts};
use crate::domain::redaction::Redaction;
use crate::recorder::{CountUsage, Hooks, OnTraced, OnWritten};

pub fn hooks(
    catalogue: &Arc<Catalogue>,
    on_written: OnWritten,
    count_usage: CountUsage,
    on_traced: OnTraced,
) -> Hooks {
    let (of_redact, of_texts, of_retention) =
        (catalogue.clone(), catalogue.clone(), catalogue.clone());
    Hooks {
        on_written,
        count_usage,
        on_traced,
        redact: Arc::new(move |call| {
            redact(call, &of_redact.snapshot().policy.recording.redaction);
        }),
        read_texts: Arc::new(move |call| {
            texts_of(call, &of_texts.snapshot().policy.recording.redaction)
        }),
        retention: Arc::new(move || of_retention.snapshot().policy.recording.retention),
    }
}

/// Bodies, the error, the session, and what the attempts say.
fn redact(call: &mut Invocation, redaction: &Redaction) {
    if redaction.is_empty() {
        return;
    }
    if let Some(Bodies { request, response, .. }) = &mut call.bodies {
        for body in [request, response] {
            if let Some(redacted) = dialects::redaction::body(body, redaction) {
                *body = Bytes::from(redacted);
            }
        }
    }
    for text in [&mut call.error_message, &mut call.session_id].into_iter().flatten() {
        if let Some(redacted) = redaction.redact_text(text) {
            *text = redacted;
        }
    }
    if let Some(route) = &mut call.route
        && let Some(redacted) = dialects::redaction::strings(route.as_bytes(), redaction)
    {
        *route = String::from_utf8_lossy(&redacted).into_owned();
    }
}

/// The beginnings of prompt and answer, which are kept where bodies are. The whole texts are
/// searched: a beginning may end in the middle of a match.
fn texts_of(call: &Invocation, redaction: &Redaction) -> Texts {
    let Some(bodies) = &call.bodies else { return Texts::default() };
    let beginning = |whole: String| match redaction.is_empty() {
        true => Beginning::of(&whole),
        false => Beginning::of(&redaction.redact_text(&whole).unwrap_or(whole)),
    };
    Texts {
        prompt: beginning(dialects::texts::prompt(&bodies.request)),
        answer: beginning(dialects::texts::answer(&bodies.response)),
    }
}
