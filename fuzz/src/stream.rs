//! A streamed answer.

use llm_router::dialects::Dialect;
use llm_router::dialects::errors::StreamFault;

use crate::pieces::pieces;
use crate::transcript::Transcript;
use crate::{error, passed_on, translated};

/// # Panics
/// When the decoder breaks a promise.
pub fn check(dialect: Dialect, bytes: &[u8]) {
    let pieces = pieces(bytes);
    let with_usage = Transcript::of(dialect, true, &[bytes]);
    let without = Transcript::of(dialect, false, &[bytes]);
    // It is the joined output that must not depend on the cuts: how it is grouped does.
    with_usage.assert_same(&Transcript::of(dialect, true, &pieces), "usage is wanted");
    without.assert_same(&Transcript::of(dialect, false, &pieces), "usage is not wanted");

    assert_eq!(with_usage.outcome, without.outcome);
    assert_eq!(with_usage.summary.usage, without.summary.usage);
    assert_eq!(with_usage.summary.finish_reason, without.summary.finish_reason);
    if let Err(StreamFault::Upstream(said)) = &with_usage.outcome {
        error::check(said);
    }
    for (transcript, wants_usage) in [(&with_usage, true), (&without, false)] {
        match dialect {
            Dialect::OpenAiChat => passed_on::check(bytes, transcript, wants_usage),
            _ => translated::check(dialect, bytes, transcript, wants_usage),
        }
    }
}
