//! The usage of calls whose upstream told none, counted on the packing thread before their records
//! are written.
//!
//! At its end such a call is charged at once with an estimate by sizes, so that no call waits for a
//! tokenizer and no budget is open meanwhile. What is counted replaces the estimate in the record and
//! in the key's spending alike, within the time of a batch. Limits per minute keep the first one.

use std::sync::Arc;

use crate::dialects::token_count::{self, Family, MAX_BYTES};
use crate::domain::invocation::{Invocation, Uncounted};
use crate::domain::usage::Usage;
use crate::keys::Keyring;
use crate::limits::Amount;
use crate::recorder::CountUsage;

/// Bytes of bodies that are counted of a batch, so that a flood of long bodies does not hold up the
/// records: 30 to 70 ms at 8 to 15 MB/s. The calls beyond keep their estimate by sizes.
const BYTES_OF_A_BATCH: usize = 512 * 1024;

pub fn counter(keyring: &Arc<Keyring>) -> CountUsage {
    let keyring = keyring.clone();
    Arc::new(move |batch| {
        let mut left = BYTES_OF_A_BATCH;
        for call in batch {
            if let Some(uncounted) = call.uncounted.take() {
                count(call, &uncounted, &mut left, &keyring);
            }
        }
    })
}

fn count(call: &mut Invocation, uncounted: &Uncounted, left: &mut usize, keyring: &Keyring) {
    let Some(usage) = counted(call, uncounted, left) else { return };
    let prices = call.price.as_ref().map(|price| price.prices).unwrap_or_default();
    call.usage = Some(usage);
    call.cost = prices.cost(&usage);
    if let Some(charge) = &mut call.charge {
        keyring.amend(charge, Amount::of(&prices, &usage));
    }
}

/// `None` where there is nothing to count.
fn counted(call: &Invocation, uncounted: &Uncounted, left: &mut usize) -> Option<Usage> {
    let bodies = uncounted.sample.as_ref().or(call.bodies.as_ref())?;
    let estimated = call.usage?;
    let wants_prompt = uncounted.told.is_none();
    let request = if wants_prompt { bodies.request.len().min(MAX_BYTES) } else { 0 };
    *left = left.checked_sub(request + bodies.response.len().min(MAX_BYTES))?;
    let family = Family::of(&uncounted.model);
    let prompt = wants_prompt
        .then(|| token_count::prompt(&bodies.request, estimated.prompt, &token_count::count))
        .flatten()
        .map_or(estimated.prompt, |tokens| family.scaled(tokens));
    let answer = token_count::answer(&bodies.response, uncounted.answer_bytes, &token_count::count);
    let told = uncounted.told.unwrap_or_default();
    let (completion, reasoning) = answer.map_or((estimated.completion, told.reasoning), |answer| {
        let reasoning = told.reasoning.max(family.scaled(answer.reasoning));
        (told.completion.max(family.scaled(answer.completion)), reasoning)
    });
    let total = told.total.max(prompt.saturating_add(completion));
    Some(Usage { prompt, completion, reasoning, total, ..told })
}
