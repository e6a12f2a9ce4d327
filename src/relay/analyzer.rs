//! Calls a small model that judges which side of a pair a prompt needs. It is a call like any
//! other, with its own record; without a verdict in time, the configured side serves.

use std::rc::Rc;
use std::time::Instant;

use log::warn;
use tokio::time::timeout;

use super::call::{Before, Call, Origin, RelayContext};
use super::routing_request::RoutingRequest;
use super::{Reply, relay};
use crate::catalog::Snapshot;
use crate::config::pair::{Analyzer, Side};
use crate::dialects::errors::BadRequest;
use crate::dialects::request::ClientRequest;
use crate::dialects::translate::answer::text_of;
use crate::domain::failure::Failure;
use crate::domain::times::micros;
use crate::domain::trace_context::TraceContext;
use crate::routing::Selector;
use crate::routing::pairs::{Judge, decided, requested_pair};
use crate::routing::tags::TagFilter;

const INSTRUCTIONS: &str = "You route prompts to one of two language models. Do not answer the \
    prompt. Answer with one word: `strong` if it needs careful reasoning, code of more than a few \
    lines, mathematics or several steps; `weak` if a small model answers it well.";

/// The part of the prompt that the analyzer gets, in characters.
const SHOWN: usize = 8_000;

/// Enough tokens for a model that thinks before its one word.
const MAX_TOKENS: u32 = 1_000;

/// Calls the analyzer of the requested pair, if it has one.
///
/// # Errors
/// When the call names an unknown pair.
pub async fn judge(
    context: &Rc<RelayContext>,
    snapshot: &Snapshot,
    call: &Call,
    trace: Option<TraceContext>,
    asked: &mut RoutingRequest,
) -> Result<(), Failure> {
    // An analyzer is never a pair itself.
    if call.origin == Origin::Router {
        return Ok(());
    }
    let Some(pair) = requested_pair(snapshot, &call.selector)? else { return Ok(()) };
    let Some(analyzer) = &pair.analyzer else { return Ok(()) };
    let (side, judge, reasons) = match verdict(context, call, trace, analyzer).await {
        Ok(side) => (side, Judge::Analyzer, Vec::new()),
        Err(reason) => {
            let (pair, model) = (pair.name.as_str(), analyzer.model.as_str());
            warn!(pair, model; "the analyzer of pair `{pair}` gave no verdict: {reason}");
            (analyzer.fallback, Judge::Fallback, vec![reason])
        }
    };
    asked.decision = Some(decided(pair, side, judge, reasons));
    Ok(())
}

async fn verdict(
    context: &Rc<RelayContext>,
    call: &Call,
    trace: Option<TraceContext>,
    analyzer: &Analyzer,
) -> Result<Side, String> {
    let waited_us = micros(call.arrived.elapsed());
    let question = Box::new(Call {
        origin: Origin::Router,
        selector: Selector::Named(analyzer.model.clone()),
        request: question(call).map_err(|bad| bad.to_string())?,
        form: None,
        // The tags concern the model that answers the prompt, not the analyzer.
        tags: TagFilter::default(),
        arrived: Instant::now(),
        arrived_us: call.arrived_us.saturating_add(waited_us),
        before: Before::default(),
        trace,
        session: call.session_id(),
        ..call.clone()
    });
    let answer = timeout(analyzer.deadline, Box::pin(relay(context.clone(), question))).await;
    match answer {
        Err(_) => Err(format!("it took longer than {} s", analyzer.deadline.as_secs_f64())),
        Ok(Err(failure)) => Err(failure.to_string()),
        Ok(Ok(Reply::Stream(_))) => Err(String::from("it answered with a stream")),
        Ok(Ok(Reply::Whole(whole))) => side_in(&whole.body),
    }
}

fn question(call: &Call) -> Result<ClientRequest, BadRequest> {
    let prompt: String = call.request.last_user_text().text.chars().take(SHOWN).collect();
    ClientRequest::question("analyzer", INSTRUCTIONS, &prompt, MAX_TOKENS)
}

/// The last word: a model that explains itself comes to its verdict at the end.
fn side_in(body: &[u8]) -> Result<Side, String> {
    let text = text_of(body).to_ascii_lowercase();
    match (text.rfind("strong"), text.rfind("weak")) {
        (None, None) => Err(String::from("it said neither `strong` nor `weak`")),
        (strong, weak) if strong > weak => Ok(Side::Strong),
        _ => Ok(Side::Weak),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn side(text: &str) -> Option<Side> {
        let body = json!({"choices": [{"message": {"role": "assistant", "content": text}}]});
        side_in(body.to_string().as_bytes()).ok()
    }

    #[test]
    fn the_last_word_is_the_verdict() {
        for (text, expected) in [
            ("strong", Some(Side::Strong)),
            ("Weak.", Some(Side::Weak)),
            ("`weak` would do, but: strong", Some(Side::Strong)),
            ("I cannot say", None),
            ("", None),
        ] {
            assert_eq!(side(text), expected, "{text}");
        }
    }
}
